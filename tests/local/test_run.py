"""`make run` whole, on a stand-in for the portal: what is asked here is whether everything starts, lasts and stops."""

import os
import signal
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.local.layout import CLONE, layout_of
from portal.local.ports import first_free
from tests.local.processes import alive, command_line, eventually, family_of, listening_on_tcp, processes_of

STAND_IN = """
import os, signal, sys
import click, psycopg, redis
from flask import Flask

app = Flask(__name__)

@app.get("/healthz")
def healthz():
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        count = connection.execute("SELECT count(*) FROM load").fetchone()[0]
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        client.ping()
    return f"{count} {os.environ['ENVIRONMENT']} {os.environ['BASE_URL']}"

@app.cli.command("migrate")
def migrate():
    if os.environ.get("BROKEN") == "migrate":
        sys.exit("the migration is broken")
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS load (at timestamptz)")

@app.cli.group()
def demo():
    ...

@demo.command()
def load():
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute("INSERT INTO load VALUES (now())")

@demo.command()
def logins():
    click.echo("coordination@example.org")

def forever():
    signal.sigwait([signal.SIGTERM])

for name in ("worker", "scheduler", "mailbox"):
    app.cli.command(name)(forever)
"""
RUN = """
import sys
from pathlib import Path
import portal.local.run, portal.local.supervision
portal.local.run.CLONE = portal.local.supervision.CLONE = Path(sys.argv[1])
sys.exit(portal.local.run.main())
"""


class Run:
    """One `make run` in a terminal."""

    def __init__(self, data: Path, port: int, **environment: str) -> None:
        self.data, self.port = data, port
        stand_in = data.parent / "stand-in"
        stand_in.mkdir(exist_ok=True)
        (stand_in / "wsgi.py").write_text(STAND_IN, encoding="utf-8")
        told = {"DATA_DIR": str(data), "PORT": str(port), "PYTHONPATH": str(CLONE), "PYTHONUNBUFFERED": "1"}
        inherited = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN, str(stand_in)],
            env={**inherited, **told, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def until_ready(self) -> str:
        """All that was said until the address."""
        assert self.process.stdout
        said = ""
        for line in self.process.stdout:
            said += line
            if "Ctrl-C stops it" in line:
                return said
        raise AssertionError(f"it never got ready:\n{said}")

    def page(self) -> str:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://localhost:{self.port}/healthz", timeout=20) as answer:
            read: bytes = answer.read()
        return read.decode()

    def answers(self) -> bool:
        try:
            return bool(self.page())
        except OSError:
            return False

    def processes(self, mark: str = "") -> list[int]:
        """Ourselves and all that descends from us."""
        return [process for process in family_of(self.process.pid) if mark in command_line(process)]

    def stopped(self, number: signal.Signals) -> tuple[int, str]:
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=60)
        return self.process.returncode, rest


@pytest.fixture
def port() -> int:
    return first_free(range(18000 + os.getpid() % 1000, 20000))


@pytest.fixture
def run(folder: Path, port: int) -> Iterator[Run]:
    started = Run(folder, port)
    yield started
    if started.process.poll() is None:
        started.stopped(signal.SIGTERM)


def test_from_nothing_to_a_page_then_everything_stops(run: Run, folder: Path, port: int) -> None:
    said = run.until_ready()
    assert "coordination@example.org" in said
    assert f"The portal is ready: http://localhost:{port}\n" in said
    assert run.page() == f"1 demo http://localhost:{port}"
    family = run.processes()
    assert len(family) >= 8
    listening = [command_line(process) for process in family if listening_on_tcp(process)]
    assert listening
    assert all("gunicorn" in command for command in listening)
    assert stat.S_IMODE((folder / "secrets.json").stat().st_mode) == 0o600
    status, rest = run.stopped(signal.SIGINT)
    assert (status, "Stopped." in rest) == (0, True)
    assert not any(map(alive, family))


def test_the_second_run_keeps_the_data(run: Run, folder: Path, port: int) -> None:
    run.until_ready()
    run.stopped(signal.SIGTERM)
    again = Run(folder, port)
    try:
        again.until_ready()
        assert again.page().startswith("2 ")
    finally:
        again.stopped(signal.SIGTERM)


def test_what_dies_is_started_again(run: Run) -> None:
    run.until_ready()
    for mark in ("gunicorn", "flask --app wsgi worker", "valkey", "postgres -D"):
        victims = run.processes(mark)
        assert victims, f"nothing runs as {mark}"
        os.kill(victims[0], signal.SIGKILL)
        assert eventually(lambda mark=mark, victim=victims[0]: any(p != victim for p in run.processes(mark)), 30)
    assert eventually(run.answers, 30)


def test_a_second_one_says_where_the_first_one_is(run: Run, folder: Path, port: int) -> None:
    run.until_ready()
    second = Run(folder, first_free(range(port + 1, port + 50)))
    said, _ = second.process.communicate(timeout=60)
    assert (second.process.returncode, said) == (1, f"Already running: http://localhost:{port}\n")
    assert run.answers()


def test_killed_outright_it_leaves_nothing_behind(run: Run, folder: Path) -> None:
    run.until_ready()
    family = run.processes()
    run.process.kill()
    run.process.wait()
    assert eventually(lambda: not any(map(alive, family)), 40)
    assert processes_of(layout_of(folder).servers) == []


def test_a_broken_migration_stops_with_its_message(folder: Path, port: int) -> None:
    run = Run(folder, port, BROKEN="migrate")
    said, _ = run.process.communicate(timeout=60)
    assert run.process.returncode == 1
    assert "the migration is broken" in said
    assert "`flask migrate` failed" in said
    assert processes_of(layout_of(folder).servers) == []


def test_a_portal_that_does_not_start_shows_the_end_of_its_log(folder: Path, port: int) -> None:
    run = Run(folder, port, GUNICORN_CMD_ARGS="--no-such-option")
    said, _ = run.process.communicate(timeout=120)
    assert run.process.returncode == 1
    assert "no-such-option" in said
    assert str(folder / "log" / "web.log") in said
