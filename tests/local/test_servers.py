import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from portal.local.binaries import every_postgres
from portal.local.keys import keys_in
from portal.local.layout import SetupError, layout_of
from portal.local.postgres import cluster_in
from portal.local.servers import Servers, running, servers_for
from tests.local.processes import listening_on_tcp, processes_of

FLAVOURS = sorted({found.flavour for found in every_postgres()})


def servers_in(data: Path, flavour: str = "wheel") -> Servers:
    layout = layout_of(data)
    layout.prepare()
    return servers_for(layout, keys_in(layout.data), {"PG_FLAVOUR": flavour}, durable=False)


@pytest.fixture(params=FLAVOURS)
def servers(request: pytest.FixtureRequest, folder: Path) -> Iterator[Servers]:
    found = servers_in(folder, request.param)
    with running(found, folder / "log"):
        yield found


def test_both_servers_answer_and_neither_listens_on_the_network(servers: Servers, folder: Path) -> None:
    with psycopg.connect(servers.database_url) as connection:
        connection.execute("SELECT 'Élodie' ILIKE 'élodie'")
        assert connection.execute("SELECT lower('ÉLODIE')").fetchone() == ("élodie",)
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    with redis.Redis.from_url(servers.redis_url) as client:
        assert client.config_get("port") == {"port": "0"}
    found = processes_of(folder)
    assert len(found) >= 2
    assert not any(listening_on_tcp(process) for process in found)


def test_nobody_enters_without_the_password(servers: Servers) -> None:
    wrong = servers.database_url.replace("owner:", "owner:x")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)
    socket = servers.valkey.socket if servers.valkey else Path()
    with redis.Redis(unix_socket_path=str(socket)) as client, pytest.raises(redis.AuthenticationError):
        client.ping()


def test_the_passwords_are_on_no_command_line(servers: Servers, folder: Path) -> None:
    keys = keys_in(folder)
    for process in processes_of(folder):
        said = Path(f"/proc/{process}/cmdline").read_text(encoding="utf-8")
        assert not any(key in said for key in keys.values())


def test_the_servers_never_run_as_root(servers: Servers, folder: Path) -> None:
    owners = {Path(f"/proc/{process}").stat().st_uid for process in processes_of(folder)}
    assert owners
    assert 0 not in owners


def test_as_another_account_the_servers_see_none_of_our_secrets(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASTER_KEY", "not-for-servers")
    found = servers_in(folder)
    with running(found, folder / "log"):
        environments = [Path(f"/proc/{process}/environ").read_bytes() for process in processes_of(folder)]
    assert environments
    assert not any(b"not-for-servers" in environment for environment in environments)


def test_they_stop_with_us_and_the_data_is_there_the_next_time(folder: Path) -> None:
    for expected in (1, 2):
        found = servers_in(folder)
        with running(found, folder / "log"), psycopg.connect(found.database_url) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS visit (day int)")
            connection.execute("INSERT INTO visit VALUES (1)")
            assert connection.execute("SELECT count(*) FROM visit").fetchone() == (expected,)
        assert processes_of(folder) == []


def test_an_interrupted_first_start_is_begun_again(folder: Path) -> None:
    found = servers_in(folder)
    found.create()
    assert found.cluster
    found.cluster.draft.mkdir()
    (found.cluster.folder / "global" / "pg_control").unlink()
    with running(found, folder / "log"), psycopg.connect(found.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_database_that_cannot_start_says_where_its_log_is(folder: Path) -> None:
    found = servers_in(folder)
    found.create()
    assert found.cluster
    (found.cluster.folder / "global" / "pg_control").unlink()
    with pytest.raises(SetupError, match=r"(?s)does not answer.*postgres\.log"), running(found, folder / "log"):
        pass
    assert processes_of(folder) == []


def test_a_deep_data_folder_works_too(folder: Path, request: pytest.FixtureRequest) -> None:
    deep = folder / ("profond" * 10) / ("é" * 60)
    layout = layout_of(deep)
    request.addfinalizer(lambda: [shutil.rmtree(used) for used in (layout.sockets, layout.control)])
    found = servers_in(deep)
    with running(found, deep / "log"), psycopg.connect(found.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_servers_of_the_callers_own_are_used_as_they_are(folder: Path) -> None:
    layout = layout_of(folder)
    theirs = {"DATABASE_URL": "postgresql://theirs/portal", "REDIS_URL": "redis://theirs/0"}
    found = servers_for(layout, {}, theirs)
    assert (found.database_url, found.redis_url, found.ours) == (*theirs.values(), ())
    assert not folder.exists()


def test_data_of_another_postgres_is_refused_before_anything_starts(folder: Path) -> None:
    layout = layout_of(folder)
    layout.prepare()
    (layout.servers / "postgres").mkdir()
    (layout.servers / "postgres" / "PG_VERSION").write_text("14\n", encoding="ascii")
    with pytest.raises(SetupError, match="PostgreSQL 14"):
        cluster_in(layout, "password", {}, durable=False)
