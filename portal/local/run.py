"""`make run`: the whole portal on this machine, from nothing to an address in the browser.

The data folder keeps everything between two runs. Ctrl-C stops all that was started, the database last.
"""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

from portal.local.environment import portal_environment
from portal.local.keys import keys_in
from portal.local.layout import CLONE, SetupError, default_data, layout_of
from portal.local.lock import TakenError, locked, note
from portal.local.ports import smtp_port, web_port
from portal.local.program import Program
from portal.local.servers import servers_for
from portal.local.supervision import Supervisor, supervised

FLASK = (sys.executable, "-m", "flask", "--app", "wsgi")
PATIENCE = 60  # seconds for the first page
APPS = (
    Program("mailbox", (*FLASK, "mailbox")),
    Program("scheduler", (*FLASK, "scheduler")),
    Program("worker", (*FLASK, "worker", "--queue", "portal")),  # neither writes nor draws: routing goes on meanwhile
    Program("worker-2", (*FLASK, "worker", "--queue", "mail", "--queue", "portal", "--queue", "paper")),
    Program("worker-3", (*FLASK, "worker", "--queue", "paper", "--queue", "mail")),
    Program("web", (sys.executable, "-m", "gunicorn", "-c", str(Path(__file__).with_name("web.py")), "wsgi:app")),
)


def say(sentence: str) -> None:
    print(sentence, flush=True)


def run(data: Path) -> None:
    layout = layout_of(data)
    layout.prepare()
    with locked(layout.data) as lock:
        keys = keys_in(layout.data)
        servers = servers_for(layout, keys, os.environ)
        ports = {"port": web_port(os.environ.get("PORT")), "smtp_port": smtp_port()}
        note(lock, ports)
        told = portal_environment(keys, servers, layout.data, **ports)
        environment = {**os.environ, **told, "PORT": str(ports["port"]), "PYTHONUNBUFFERED": "1"}
        say("Starting the database and the queue…")
        servers.create()
        with supervised(layout, servers.programs(), APPS, environment) as supervisor:
            servers.ready(supervisor.alive)
            raise_the_portal(supervisor, environment)
            supervisor.process.wait()
            raise SetupError(f"The supervisor stopped by itself; see {layout.logs}.")


def raise_the_portal(supervisor: Supervisor, environment: dict[str, str]) -> None:
    mailbox, *others = APPS
    supervisor.start(mailbox.name)  # at once: its port is only free until somebody else takes it
    say("Bringing the database up to date…")
    flask(environment, "migrate", quiet=True)
    flask(environment, "demo", "load")
    for program in others:
        supervisor.start(program.name)
    wait_for_page(supervisor, f"{environment['BASE_URL']}/healthz")
    supervisor.check(mailbox.name)
    flask(environment, "demo", "logins")
    say(
        f"\nThe portal is ready: {environment['BASE_URL']}\nCtrl-C stops it; the data stays in {environment['DATA_DIR']}."
    )


def flask(environment: dict[str, str], *command: str, quiet: bool = False) -> None:
    """Quiet: what it says is shown only when it fails."""
    done = subprocess.run([*FLASK, *command], env=environment, cwd=CLONE, check=False, text=True, capture_output=quiet)
    if done.returncode:
        raise SetupError(
            f"{done.stdout or ''}{done.stderr or ''}`flask {' '.join(command)}` failed; its message is above."
        )


def wait_for_page(supervisor: Supervisor, address: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while (trouble := trouble_at(address)) is not None:
        supervisor.check("web")
        if time.monotonic() > deadline:
            raise SetupError(f"{address}: {trouble}. The end of its log:\n{supervisor.last_lines('web')}")
        time.sleep(0.1)


def trouble_at(address: str) -> str | None:
    """Past any proxy of the environment: the page is on this machine. None when all is well."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(address, timeout=5):
            return None
    except urllib.error.HTTPError as refusal:
        return f"{refusal}. {refusal.read(500).decode(errors='replace').strip()}"
    except OSError as silence:
        return str(silence)


def interrupted(_signal: int, _frame: FrameType | None) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # impatience must not leave a database half stopped
    raise KeyboardInterrupt


def main() -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    try:
        run(default_data(os.environ))
    except KeyboardInterrupt:
        say("\nStopped. `make run` starts it again with the same data.")
        return 0
    except TakenError as taken:
        port = taken.note.get("port")
        say(
            f"Already running: http://localhost:{port}"
            if port
            else "Another command is using the data folder; wait for it."
        )
    except SetupError as error:
        say(str(error))
    return 1


if __name__ == "__main__":
    sys.exit(main())
