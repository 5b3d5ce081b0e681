"""Both servers together: found, created, started for a while and stopped without leaving anything behind."""

import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from portal.local.layout import Layout
from portal.local.postgres import Cluster, cluster_in
from portal.local.program import Program
from portal.local.valkey import Valkey, valkey_in


@dataclass(frozen=True)
class Servers:
    """A part is None when the caller's own server stands in for it (DATABASE_URL or REDIS_URL was set)."""

    cluster: Cluster | None
    valkey: Valkey | None
    database_url: str
    redis_url: str

    @property
    def ours(self) -> tuple[Cluster | Valkey, ...]:
        return tuple(part for part in (self.cluster, self.valkey) if part)

    def create(self) -> None:
        for part in self.ours:
            part.create()

    def programs(self) -> list[Program]:
        return [part.server() for part in self.ours]

    def ready(self, alive: Callable[[], bool]) -> None:
        for part in self.ours:
            part.ready(alive)


def servers_for(
    layout: Layout, keys: Mapping[str, str], environ: Mapping[str, str], *, durable: bool = True
) -> Servers:
    database, queue = environ.get("DATABASE_URL"), environ.get("REDIS_URL")
    cluster = None if database else cluster_in(layout, keys["DATABASE_PASSWORD"], environ, durable=durable)
    valkey = None if queue else valkey_in(layout, keys["REDIS_PASSWORD"])
    return Servers(
        cluster,
        valkey,
        database or (cluster.url() if cluster else ""),
        queue or (valkey.url() if valkey else ""),
    )


@contextmanager
def running(servers: Servers, logs: Path) -> Iterator[None]:
    """Start what is ours, wait until it answers, stop it at the end whatever happens."""
    servers.create()
    with ExitStack() as stack:
        children = [stack.enter_context(started(program, logs)) for program in servers.programs()]
        servers.ready(lambda: all(child.poll() is None for child in children))
        yield


@contextmanager
def started(program: Program, logs: Path) -> Iterator[subprocess.Popen[bytes]]:
    """In a session of its own: the terminal's Ctrl-C is for us, who stop things in order."""
    with (logs / f"{program.name}.log").open("ab") as log:
        child = subprocess.Popen(program.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    try:
        yield child
    finally:
        stop(child, program)


def stop(child: subprocess.Popen[bytes], program: Program) -> None:
    child.send_signal(program.signal)
    try:
        child.wait(program.patience)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
