"""Throw-away PostgreSQL and Valkey for a whole run: started by the first test that asks, gone with the run.

All xdist workers share one cluster; each has a database of its own, cloned from a migrated template.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from portal.local.environment import portal_environment as told
from portal.local.keys import keys_in
from portal.local.layout import CLONE
from portal.local.postgres import create_database
from portal.local.servers import Servers

FOLDER = pytest.StashKey[Path]()
TEMPLATE = "portal_template"
NEEDS_DATABASE = {"portal_environment", "database_url", "empty_database_url"}
PATIENCE = 120  # seconds, for servers on a busy machine


def pytest_configure(config: pytest.Config) -> None:
    inherited = getattr(config, "workerinput", {}).get("servers_folder")
    config.stash[FOLDER] = Path(inherited or tempfile.mkdtemp(prefix="mentorat-tests-"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["servers_folder"] = str(node.config.stash[FOLDER])


def pytest_unconfigure(config: pytest.Config) -> None:
    if FOLDER not in config.stash or hasattr(config, "workerinput"):
        return
    folder = config.stash[FOLDER]
    keeper = folder / "keeper.pid"
    if keeper.exists():
        dismiss(int(keeper.read_text(encoding="ascii")))
    shutil.rmtree(folder, ignore_errors=True)


def dismiss(keeper: int) -> None:
    """Ask the keeper to stop its servers, and wait until it has."""
    try:
        descriptor = os.pidfd_open(keeper)
    except ProcessLookupError:
        return
    signal.pidfd_send_signal(descriptor, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and Path(f"/proc/{keeper}").exists() and not zombie(keeper):
        time.sleep(0.02)
    os.close(descriptor)


def zombie(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if NEEDS_DATABASE & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.postgres)


@contextmanager
def alone(folder: Path, purpose: str) -> Iterator[None]:
    """One worker at a time; the others wait here."""
    with (folder / f"{purpose}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def answered(folder: Path, watched: int) -> dict[str, str]:
    """The two URLs; the keeper is started on the first call and outlives the worker that made it."""
    answer = folder / "servers.json"
    if not answer.exists():
        with (folder / "keeper.out").open("wb") as out:
            keeper = subprocess.Popen(
                [sys.executable, "-m", "portal.local.keeper", str(folder), str(watched)],
                cwd=CLONE,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        (folder / "keeper.pid").write_text(str(keeper.pid), encoding="ascii")
        deadline = time.monotonic() + PATIENCE
        while not answer.exists():
            if keeper.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"no servers for the tests: {(folder / 'keeper.out').read_text(encoding='utf-8')}")
            time.sleep(0.02)
    urls: dict[str, str] = json.loads(answer.read_text(encoding="utf-8"))
    return urls


@pytest.fixture(scope="session")
def server_urls(pytestconfig: pytest.Config) -> dict[str, str]:
    folder = pytestconfig.stash[FOLDER]
    controller = os.getppid() if hasattr(pytestconfig, "workerinput") else os.getpid()
    with alone(folder, "keeper"):
        return answered(folder, controller)


@pytest.fixture(scope="session")
def worker_number(pytestconfig: pytest.Config) -> int:
    name: str = getattr(pytestconfig, "workerinput", {}).get("workerid", "gw0")
    return int(name.removeprefix("gw"))


def on_database(url: str, database: str) -> str:
    return urlsplit(url)._replace(path=f"/{database}").geturl()


@pytest.fixture(scope="session")
def redis_url(server_urls: dict[str, str], worker_number: int) -> str:
    return server_urls["REDIS_URL"].replace("db=0", f"db={worker_number + 1}")


@pytest.fixture(scope="session")
def portal_environment(
    pytestconfig: pytest.Config, server_urls: dict[str, str], redis_url: str, worker_number: int
) -> dict[str, str]:
    """The whole environment of the portal, on a migrated database of this worker's own."""
    folder = pytestconfig.stash[FOLDER]
    owner = server_urls["DATABASE_URL"]
    data = folder / f"data-{worker_number}"
    data.mkdir(exist_ok=True)
    servers = Servers(None, None, on_database(owner, TEMPLATE), redis_url)
    environment = told(keys_in(folder), servers, data, port=8000, smtp_port=1025)
    environment |= {"ENVIRONMENT": "test", "UNDO_MINUTES": "0", "BASE_URL": "http://localhost"}
    with alone(folder, "template"):
        make_template(owner, environment)
    name = f"portal_{worker_number}"
    with alone(folder, "template"), psycopg.connect(on_database(owner, "postgres"), autocommit=True) as connection:
        create_database(connection, name, template=TEMPLATE)
    return environment | {"DATABASE_URL": on_database(owner, name)}


def make_template(owner: str, environment: dict[str, str]) -> None:
    """Migrate once for all workers; a second caller finds it done."""
    with psycopg.connect(on_database(owner, "postgres"), autocommit=True) as connection:
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", [TEMPLATE]).rowcount:
            return
        draft = f"{TEMPLATE}_draft"
        create_database(connection, draft)
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "migrate"]
        drafted = {**os.environ, **environment, "DATABASE_URL": on_database(owner, draft)}
        done = subprocess.run(command, cwd=CLONE, env=drafted, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"the migrations failed:\n{done.stdout}{done.stderr}"
        connection.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(TEMPLATE))
        )


@pytest.fixture(scope="session")
def database_url(portal_environment: dict[str, str]) -> str:
    return portal_environment["DATABASE_URL"]


@pytest.fixture
def empty_database_url(server_urls: dict[str, str]) -> Iterator[str]:
    """A database that no migration has touched, dropped after the test."""
    owner, name = server_urls["DATABASE_URL"], f"empty_{uuid4().hex[:12]}"
    with psycopg.connect(on_database(owner, "postgres"), autocommit=True) as connection:
        create_database(connection, name)
        yield on_database(owner, name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
