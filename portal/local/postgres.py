"""A private PostgreSQL cluster: one superuser with a password, one unix socket, no TCP at all."""

import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from portal.local.binaries import postgres_binaries, within_reach
from portal.local.keys import write_private
from portal.local.layout import Layout, SetupError
from portal.local.program import Program

OWNER = "owner"
DATABASE = "portal"
PATIENCE = 60  # seconds: a cluster that was killed replays its log first
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=4GB", "autovacuum=off")
QUIET = "log_min_messages=warning"
TERSE = "log_error_verbosity=terse"  # a refused row is not written out


@dataclass(frozen=True)
class Cluster:
    """`durable` off trades safety on power loss for speed: for tests only."""

    layout: Layout
    password: str
    binaries: Path
    durable: bool

    @property
    def folder(self) -> Path:
        return self.layout.servers / "postgres"

    def url(self, database: str = DATABASE) -> str:
        host = quote(str(self.layout.sockets), safe="/")
        return f"postgresql://{OWNER}:{quote(self.password, safe='')}@/{database}?host={host}"

    def create(self) -> None:
        """Make the cluster once; a half-made one (interrupted the first time) is made again."""
        if (self.folder / "PG_VERSION").exists() and not self.draft.exists():
            return
        for stale in (self.folder, self.draft):
            shutil.rmtree(stale, ignore_errors=True)
        for fresh in (self.draft, self.folder):
            fresh.mkdir(mode=0o700)
            self.layout.hand_over(fresh)
        self.initialise()
        shutil.rmtree(self.draft)

    @property
    def draft(self) -> Path:
        return self.layout.servers / "postgres.unfinished"

    def initialise(self) -> None:
        word = self.draft / "password"
        write_private(word, self.password)
        self.layout.hand_over(word)
        options = (f"--pgdata={self.folder}", f"--username={OWNER}", f"--pwfile={word}", "--auth=scram-sha-256")
        locale = ("--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")
        program = self.program("initdb", (str(self.binaries / "initdb"), *options, *locale))
        done = subprocess.run(program.argv, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SetupError(f"PostgreSQL could not create its data in {self.folder}:\n{done.stderr.strip()}")

    def server(self) -> Program:
        settings = (
            "listen_addresses=",
            f'unix_socket_directories="{self.layout.sockets}"',
            "unix_socket_permissions=0700",
            "max_connections=200",
            "timezone=UTC",
            QUIET,
            TERSE,
            *(() if self.durable else FAST),
        )
        flags = [part for setting in settings for part in ("-c", setting)]
        return self.program("postgres", (str(self.binaries / "postgres"), "-D", str(self.folder), *flags))

    def program(self, name: str, command: tuple[str, ...]) -> Program:
        return Program(name, command, stop="INT", account=self.layout.account or "ours", patience=30)

    def ready(self, alive: Callable[[], bool]) -> None:
        """Wait for the server, then make sure that our database is there."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                with psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=5) as connection:
                    create_database(connection, DATABASE)
                    return
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline or not alive():
                    log = self.layout.logs / "postgres.log"
                    raise SetupError(f"PostgreSQL does not answer ({error}); its log is {log}.") from error
            time.sleep(0.05)


def create_database(connection: psycopg.Connection, name: str, template: str | None = None) -> None:
    if connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount:
        return
    copied = sql.SQL(" TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)) + copied)


def cluster_in(layout: Layout, password: str, environ: Mapping[str, str], *, durable: bool) -> Cluster:
    """The cluster of this data folder, with the binaries that can read it."""
    version = layout.servers / "postgres" / "PG_VERSION"
    major = int(version.read_text(encoding="ascii")) if version.exists() else None
    found = postgres_binaries(environ, major)
    server = within_reach(found.folder / "postgres", layout.account, layout.servers / "binaries")
    return Cluster(layout, password, server.parent, durable)
