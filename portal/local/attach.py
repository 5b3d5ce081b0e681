"""Run one command with the portal's environment: `python -m portal.local.attach -- COMMAND…`.

On the servers of the running portal if there is one, else on servers started for the time of the command.
`psql` needs no path: the one beside our PostgreSQL is found.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from portal.local.environment import portal_environment
from portal.local.keys import keys_in
from portal.local.layout import SetupError, default_data, layout_of
from portal.local.lock import TakenError, locked
from portal.local.ports import SMTP, WEB
from portal.local.servers import Servers, running, servers_for

PSQL = "psql"


def attach(data: Path, command: list[str]) -> int:
    layout = layout_of(data)
    layout.prepare()
    keys = keys_in(layout.data)
    servers = servers_for(layout, keys, os.environ)
    ports = {"port": WEB, "smtp_port": SMTP}
    try:
        with locked(layout.data), running(servers, layout.logs):
            return spoken(servers, command, portal_environment(keys, servers, layout.data, **ports))
    except TakenError as taken:
        ports |= taken.note
        return spoken(servers, command, portal_environment(keys, servers, layout.data, **ports))


def spoken(servers: Servers, command: list[str], told: dict[str, str]) -> int:
    """Run it in the terminal; Ctrl-C is the command's business, not ours."""
    if command == [PSQL]:
        folder = servers.cluster.binaries if servers.cluster else Path()
        command = [str(folder / PSQL) if (folder / PSQL).exists() else PSQL, servers.database_url]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return subprocess.run(command, env={**os.environ, **told}, check=False, preexec_fn=heed_the_terminal).returncode


def heed_the_terminal() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def main(arguments: list[str]) -> int:
    try:
        return attach(default_data(os.environ), arguments[arguments.index("--") + 1 :])
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
