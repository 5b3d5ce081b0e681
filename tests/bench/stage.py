"""Servers of its own for a measure: PostgreSQL as durable as in production, Valkey, a migrated database."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from portal.local.environment import portal_environment
from portal.local.keys import keys_in
from portal.local.layout import CLONE, layout_of
from portal.local.servers import running, servers_for

FLASK = (sys.executable, "-m", "flask", "--app", "wsgi")
PATIENCE_SECONDS = 60


@contextmanager
def staged(folder: Path, *, smtp_port: int) -> Iterator[dict[str, str]]:
    """The environment of a portal whose database is migrated and empty; all of it is gone afterwards."""
    layout = layout_of(folder)
    layout.prepare()
    keys = keys_in(layout.data)
    elsewhere = {"DATABASE_URL", "REDIS_URL"}
    servers = servers_for(layout, keys, {name: value for name, value in os.environ.items() if name not in elsewhere})
    try:
        with running(servers, layout.logs):
            told = portal_environment(keys, servers, layout.data, port=8000, smtp_port=smtp_port)
            environment = {**os.environ, **told, "ENVIRONMENT": "test", "LIMITS_ENABLED": "false"}
            subprocess.run([*FLASK, "migrate"], env=environment, cwd=CLONE, check=True)
            yield environment
    finally:
        for used in {layout.servers, layout.sockets, layout.control}:
            shutil.rmtree(used, ignore_errors=True)


@contextmanager
def processes(environment: dict[str, str], *commands: tuple[str, ...]) -> Iterator[None]:
    """These commands, from the clone, until the end of the block; each is told to stop and waited for."""
    with ExitStack() as stack:
        for command in commands:
            stack.enter_context(process(environment, command))
        yield


@contextmanager
def process(environment: dict[str, str], command: tuple[str, ...]) -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(command, env=environment, cwd=CLONE) as child:
        try:
            yield child
        finally:
            child.terminate()
            try:
                child.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
