"""A true read-only replica of the test run's PostgreSQL: a physical copy that stays in recovery for ever."""

import os
import pwd
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg

from portal.local.keys import keys_in
from portal.local.layout import Layout, layout_of
from portal.local.postgres import Cluster
from portal.local.servers import servers_for, started

# What the original says of itself, and what a copy must not take over.
OWN = shutil.ignore_patterns("postmaster.pid", "postmaster.opts", "pg_replslot", "pgsql_tmp*")


def cluster_of(layout: Layout) -> Cluster:
    cluster = servers_for(layout, keys_in(layout.data), {}, durable=False).cluster
    assert cluster
    return cluster


@contextmanager
def replica_of(original: Path, folder: Path) -> Iterator[Cluster]:
    """original: the data folder of a running cluster of ours. As it is now: nothing that follows reaches the copy."""
    source, layout = cluster_of(layout_of(original)), layout_of(folder)
    layout.prepare()
    copy = replace(source, layout=layout)
    take_copy(source, copy)
    with started(copy.server(), layout.logs):
        wait_for(copy)
        yield copy


def take_copy(source: Cluster, copy: Cluster) -> None:
    """PostgreSQL's own low-level base backup, the log included."""
    with psycopg.connect(source.url("postgres"), autocommit=True) as owner:
        owner.execute("SELECT pg_backup_start('replica', fast => true)")
        shutil.copytree(source.folder, copy.folder, ignore=OWN, symlinks=True)
        row = owner.execute("SELECT labelfile FROM pg_backup_stop(wait_for_archive => false)").fetchone()
        assert row
        shutil.copytree(source.folder / "pg_wal", copy.folder / "pg_wal", dirs_exist_ok=True)
    (copy.folder / "pg_replslot").mkdir()
    (copy.folder / "backup_label").write_text(row[0], encoding="utf-8")
    (copy.folder / "standby.signal").touch()
    give(copy.folder, copy.layout.account)


def give(folder: Path, account: str | None) -> None:
    folder.chmod(0o700)
    if account:
        entry = pwd.getpwnam(account)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, entry.pw_uid, entry.pw_gid, follow_symlinks=False)


def wait_for(copy: Cluster) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with psycopg.connect(copy.url("postgres"), connect_timeout=5) as connection:
                assert connection.execute("SELECT pg_is_in_recovery()").fetchone() == (True,)
                return
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, (copy.layout.logs / "postgres.log").read_text(encoding="utf-8")
            time.sleep(0.05)
