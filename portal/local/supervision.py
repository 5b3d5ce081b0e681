"""Supervisor keeps every process alive; this writes its settings and speaks to it."""

import shlex
import subprocess
import sys
import xmlrpc.client
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from portal.local.keys import write_private
from portal.local.layout import CLONE, Layout, SetupError
from portal.local.program import Program

DOWN = {"BACKOFF", "FATAL", "EXITED"}
LAST_LINES = 15

GENERAL = """\
[supervisord]
nodaemon = true
silent = true
logfile = {logs}/supervisord.log
pidfile = {control}/supervisord.pid
childlogdir = {logs}
directory = {clone}
umask = 077
{user}

[unix_http_server]
file = {control}/supervisor.sock
chmod = 0600

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""

ONE = """
[program:{name}]
command = {command}
directory = {clone}
priority = {priority}
autostart = {autostart}
autorestart = true
startsecs = 2
startretries = 20
stopsignal = {stop}
stopwaitsecs = {patience}
killasgroup = true
redirect_stderr = true
stdout_logfile = {logs}/{name}.log
stdout_logfile_maxbytes = 5MB
stdout_logfile_backups = 1
"""


def escaped(text: str | Path) -> str:
    return str(text).replace("%", "%%")


def settings(layout: Layout, servers: Iterable[Program], apps: Iterable[Program]) -> str:
    """Servers start at once and stop last; the portal's own processes start when asked."""
    places = {"logs": escaped(layout.logs), "control": escaped(layout.control), "clone": escaped(CLONE)}
    user = "user = root" if layout.account else ""
    planned = [(program, True) for program in servers] + [(program, False) for program in apps]
    parts = [
        ONE.format(
            **places,
            name=program.name,
            command=escaped(shlex.join(program.argv)),
            priority=priority,
            autostart=str(at_once).lower(),
            stop=program.stop,
            patience=program.patience,
        )
        for priority, (program, at_once) in enumerate(planned, start=1)
    ]
    return GENERAL.format(**places, user=user) + "".join(parts)


class Supervisor:
    """A running supervisord: what it keeps, and how that fares."""

    def __init__(self, layout: Layout, process: subprocess.Popen[bytes]) -> None:
        self.layout = layout
        self.process = process
        socket = f"unix://{layout.control / 'supervisor.sock'}"
        proxy = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=SupervisorTransport(None, None, socket))
        self.remote: Any = proxy.supervisor

    def start(self, name: str) -> None:
        self.remote.startProcess(name, False)

    def check(self, name: str) -> None:
        """Complain with the end of its log if `name` has just failed."""
        if self.process.poll() is not None or self.remote.getProcessInfo(name)["statename"] in DOWN:
            raise SetupError(f"{name} does not start. The end of {self.log(name)}:\n{self.last_lines(name)}")

    def alive(self) -> bool:
        return self.process.poll() is None

    def log(self, name: str) -> Path:
        return self.layout.logs / f"{name}.log"

    def last_lines(self, name: str) -> str:
        log = self.log(name)
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
        return "\n".join(lines[-LAST_LINES:])


@contextmanager
def supervised(
    layout: Layout, servers: Iterable[Program], apps: Iterable[Program], environment: Mapping[str, str]
) -> Iterator[Supervisor]:
    """Keep all these alive until the end of the block, then stop them one after the other, servers last."""
    file = layout.control / "supervisord.conf"
    write_private(file, settings(layout, servers, apps))
    (layout.control / "supervisor.sock").unlink(missing_ok=True)
    keeper = Program("supervisord", (sys.executable, "-m", "supervisor.supervisord", "-c", str(file)))
    with (layout.logs / "supervisord.out").open("wb") as out:
        process = subprocess.Popen(
            keeper.argv, env=dict(environment), stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield Supervisor(layout, process)
    finally:
        process.terminate()
        process.wait()
