"""A portal of its own to kill: PostgreSQL, Valkey, a mail server that remembers, and the product's processes."""

import json
import logging
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from typing import Any

import psycopg
import redis
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession

from portal.app import create_app
from portal.foundation.config import Settings
from portal.local.environment import portal_environment
from portal.local.keys import keys_in
from portal.local.layout import CLONE, layout_of
from portal.local.program import Program
from portal.local.servers import Servers, servers_for, stop

logging.getLogger("mail.log").setLevel(logging.WARNING)
FLASK = ["flask", "--app", "wsgi"]
PATIENCE_SECONDS = 60
# Commits reach the system before they are told, which is all that a killed process can put to the proof.
DURABLE_ENOUGH = ("ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET autovacuum = off", "SELECT pg_reload_conf()")


@dataclass
class PostOffice:
    """Takes every message, and remembers how often it came and for whom, by its Message-ID."""

    taken: Counter[str] = field(default_factory=Counter)
    mailbox_of: dict[str, set[str]] = field(default_factory=dict)

    async def handle_DATA(self, server: SMTP, session: SmtpSession, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        message_id = str(message_from_bytes(content)["Message-ID"]).strip().strip("<>")
        self.mailbox_of.setdefault(message_id, set()).update(envelope.rcpt_tos)
        self.taken[message_id] += 1
        return "250 2.0.0 Kept"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Keeper:
    """PostgreSQL and Valkey, started again after each death, as a supervisor would."""

    servers: Servers
    logs: Path
    running: "dict[str, subprocess.Popen[bytes]]" = field(default_factory=dict)

    def program(self, name: str) -> Program:
        return next(one for one in self.servers.programs() if one.name == name)

    def start(self, name: str) -> None:
        """Until it stays: a killed PostgreSQL leaves children that must be gone first."""
        with (self.logs / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                self.program(name).argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def revive(self) -> None:
        """Start again whatever has died."""
        for name, process in list(self.running.items()):
            if process.poll() is not None:
                self.start(name)

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        self.running[name].send_signal(number)
        self.running[name].wait(PATIENCE_SECONDS)

    def end(self) -> None:
        for name, process in self.running.items():
            stop(process, self.program(name))


@dataclass
class Launcher:
    """The other end of tests.kills.launch: what to start, and what has died so far."""

    process: "subprocess.Popen[bytes]"
    deaths: Counter[str] = field(default_factory=Counter)
    pids: dict[str, int] = field(default_factory=dict)
    waiting: bytes = b""

    def order(self, **order: Any) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()

    def listen(self, seconds: float = 0) -> list[dict[str, Any]]:
        """What it has told meanwhile."""
        assert self.process.stdout
        if not select.select([self.process.stdout], [], [], seconds)[0]:
            return []
        read = os.read(self.process.stdout.fileno(), 65536)
        assert read, "the launcher itself has died"
        *lines, self.waiting = (self.waiting + read).split(b"\n")
        facts = [json.loads(line) for line in lines]
        for fact in facts:
            if "died" in fact:
                self.deaths[fact["died"]] += 1
            if "started" in fact:
                self.pids[fact["started"]] = fact["pid"]
        return facts

    def wait_for(self, name: str) -> Any:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            for fact in self.listen(0.1):
                if name in fact:
                    return fact[name]
        raise RuntimeError(f"the launcher never said « {name} »")

    def end(self) -> None:
        if self.process.poll() is None:
            self.order(end=True)
        self.process.wait(PATIENCE_SECONDS)


class World:
    """One portal, in a folder of its own. leisure: the product's own leases and sweeps, 60 s and 15 s."""

    def __init__(self, folder: Path, *, leisure: bool = False) -> None:
        self.folder = folder
        self.leisure = leisure
        self.layout = layout_of(folder / "servers")
        self.layout.prepare()
        keys = keys_in(self.layout.data)
        self.servers = servers_for(self.layout, keys, {}, durable=True)
        self.keeper = Keeper(self.servers, self.layout.logs)
        self.control = folder / "control"
        self.control.mkdir()
        self.port, smtp = free_port(), free_port()
        self.environment = portal_environment(keys, self.servers, folder / "data", port=self.port, smtp_port=smtp) | {
            "ENVIRONMENT": "test",
            "UNDO_MINUTES": "0",
            "LIMITS_ENABLED": "false",
            "LEASE_SECONDS": "60" if leisure else "2",
            "SWEEP_SECONDS": "15" if leisure else "1",
            "KILLS_FOLDER": str(self.control),
        }
        self.post_office = PostOffice()
        self.smtp = Controller(self.post_office, hostname="127.0.0.1", port=smtp, enable_SMTPUTF8=True)
        values = {name.lower(): value for name, value in self.environment.items()}
        self.settings = Settings(**{**values, "pool_size": 1})  # type: ignore[arg-type]
        self.app = create_app(self.settings)
        self.known: psycopg.Connection[Any] | None = None
        self.launched: Launcher | None = None

    @property
    def launcher(self) -> Launcher:
        assert self.launched, "nothing has started yet"
        return self.launched

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self.port

    @property
    def processes(self) -> dict[str, list[str]]:
        """Two workers that route and mail, one that draws, the timetable, the web."""
        web = ["gunicorn", "-b", f"127.0.0.1:{self.port}", "-w", "1", "-k", "gthread", "--threads", "4"]
        return {
            "worker-1": [*FLASK, "worker", "--queue", "portal", "--queue", "mail"],
            "worker-2": [*FLASK, "worker", "--queue", "mail", "--queue", "portal"],
            "worker-3": [*FLASK, "worker", "--queue", "paper"],
            "scheduler": [*FLASK, "scheduler"],
            "web": [*web, "--graceful-timeout", "3", "--log-level", "warning", "wsgi:app"],
        }

    def start(self) -> None:
        self.servers.create()
        for program in self.servers.programs():
            self.keeper.start(program.name)
        self.servers.ready(lambda: all(one.poll() is None for one in self.keeper.running.values()))
        for statement in DURABLE_ENOUGH:
            self.owner().execute(statement)
        self.smtp.start()
        self.launched = Launcher(self.launching())
        self.launcher.wait_for("ready")
        self.launcher.order(run=[*FLASK, "migrate"])
        assert self.launcher.wait_for("ran") == 0, (self.control / "once.log").read_text(encoding="utf-8")

    def launching(self) -> "subprocess.Popen[bytes]":
        told = {**os.environ, **self.environment, **({"AT_LEISURE": "1"} if self.leisure else {})}
        with (self.control / "launcher.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.kills.launch"],
                cwd=CLONE,
                env=told,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )

    def open(self) -> None:
        for name, argv in self.processes.items():
            self.launcher.order(start=name, argv=argv)

    def end(self) -> None:
        if self.launched:
            self.launched.end()
        if self.smtp.server:
            self.smtp.stop()
        if self.known:
            self.known.close()
        self.keeper.end()

    def owner(self) -> psycopg.Connection[Any]:
        """A connection that sees everything; made anew when the server was killed. Raises psycopg.OperationalError."""
        if self.known is None or self.known.closed:
            self.known = psycopg.connect(self.environment["DATABASE_URL"], autocommit=True, connect_timeout=3)
        return self.known

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.owner().execute(query, values).fetchall()

    def queue(self) -> redis.Redis:
        return redis.Redis.from_url(self.environment["REDIS_URL"])

    def disarm(self) -> None:
        """No point kills any more."""
        for folder in ("armed", "fired"):
            for left in (self.control / folder).iterdir():
                left.unlink(missing_ok=True)

    def name_of(self, pid: int) -> str:
        """Of the process that has, or last had, this number."""
        return next(name for name, known in self.launcher.pids.items() if known == pid)

    def live(self) -> None:
        """What a supervisor does all the time."""
        self.launcher.listen()
        self.keeper.revive()


@contextmanager
def world(*, leisure: bool = False) -> Iterator[World]:
    """A portal of its own, started but for the product's processes; nothing of it stays. leisure: see World."""
    made = World(Path(tempfile.mkdtemp(prefix="mentorat-kills-")), leisure=leisure)
    try:
        made.start()
        yield made
    finally:
        made.end()
        for used in {made.layout.servers, made.layout.sockets, made.layout.control, made.folder}:
            shutil.rmtree(used, ignore_errors=True)
