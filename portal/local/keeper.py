"""Keep throw-away servers for a test run, and vanish with it: `keeper.py FOLDER PID`.

Writes FOLDER/servers.json (the two URLs) once both answer. When PID ends, however it ends, the servers stop and
FOLDER is removed.
"""

import json
import os
import select
import shutil
import signal
import sys
from pathlib import Path
from types import FrameType

from portal.local.keys import keys_in, write_private
from portal.local.layout import layout_of
from portal.local.servers import running, servers_for

ANSWER = "servers.json"
CALLERS_OWN = ("DATABASE_URL", "REDIS_URL")


def keep(folder: Path, watched: int) -> None:
    layout = layout_of(folder)
    layout.prepare()
    keys = keys_in(layout.data)
    environ = {name: value for name, value in os.environ.items() if name not in CALLERS_OWN}
    servers = servers_for(layout, keys, environ, durable=False)
    with running(servers, layout.logs):
        answer = {"DATABASE_URL": servers.database_url, "REDIS_URL": servers.redis_url}
        write_private(folder / ANSWER, json.dumps(answer))
        wait_for_end(watched)


def wait_for_end(watched: int) -> None:
    """A process descriptor becomes readable when its process ends, killed or not."""
    descriptor = os.pidfd_open(watched)
    try:
        select.select([descriptor], [], [])
    finally:
        os.close(descriptor)


def leave(_signal: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # asked twice, we still tidy up once
    raise SystemExit(0)


def main(folder: Path, watched: int) -> None:
    signal.signal(signal.SIGTERM, leave)
    try:
        keep(folder, watched)
    finally:
        layout = layout_of(folder)
        for used in {layout.servers, layout.sockets, layout.control, folder}:
            shutil.rmtree(used, ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
