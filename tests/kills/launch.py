"""Starts the portal's own processes so that they can be killed at named points, and keeps them alive.

`python -m tests.kills.launch`: imports the product once, then forks on request, as a supervisor that need not wait
for Python. It reads a JSON line an order: {"start": NAME, "argv": [...]}, {"signal": NAME, "number": N},
{"run": [...]} and {"end": true}; it writes one a fact: {"started": NAME, "pid": N}, {"died": NAME, "status": N},
{"ran": STATUS}. What dies unasked is started again at once. Nothing in the product knows of it.
"""

import ctypes
import json
import os
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any

from tests.kills.hooks import hook_points

SPENT_SECONDS = 0.02
PATIENCE_SECONDS = 10
PR_SET_PDEATHSIG = 1


def run(argv: list[str]) -> None:
    """Become the flask command or gunicorn, as its own script would."""
    sys.argv = argv
    if argv[0] == "gunicorn":
        from gunicorn.app.wsgiapp import run as program  # noqa: PLC0415 - in the child only
    else:
        from flask.cli import main as program  # noqa: PLC0415
    program()


class Nursery:
    """The processes it has started, by name."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.orders: dict[str, list[str]] = {}
        self.alive: dict[int, str] = {}
        self.ending = False

    def tell(self, **fact: Any) -> None:
        sys.stdout.write(json.dumps(fact) + "\n")
        sys.stdout.flush()

    def fork(self, name: str, argv: list[str]) -> int:
        parent = os.getpid()
        child = os.fork()
        if child == 0:
            self.become(name, argv, parent)
        return child

    def become(self, name: str, argv: list[str], parent: int) -> None:
        """In the child: a session, a log and a program of its own; it never comes back."""
        status = 1
        try:
            os.setsid()
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            log = os.open(self.logs / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            nothing = os.open(os.devnull, os.O_RDONLY)
            for source, target in ((nothing, 0), (log, 1), (log, 2)):
                os.dup2(source, target)
            if os.getppid() == parent:
                run(argv)
            status = 0
        except SystemExit as leaving:
            status = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
        except BaseException:  # noqa: BLE001 - whatever it was is in its log
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stderr.flush()
            os._exit(status)

    def start(self, name: str, argv: list[str]) -> None:
        self.orders[name] = argv
        child = self.fork(name, argv)
        self.alive[child] = name
        self.tell(started=name, pid=child)

    def bury(self) -> None:
        """Whoever died is replaced, as a supervisor does."""
        while self.alive:
            child, status = os.waitpid(-1, os.WNOHANG)
            if child == 0:
                return
            name = self.alive.pop(child, None)
            if name is not None:
                self.tell(died=name, status=os.waitstatus_to_exitcode(status))
            if name is not None and not self.ending:
                self.start(name, self.orders[name])

    def obey(self, order: dict[str, Any]) -> None:
        if "start" in order:
            self.start(order["start"], order["argv"])
        elif "signal" in order:
            for child, name in list(self.alive.items()):
                if name == order["signal"]:
                    os.kill(child, order["number"])
        elif "run" in order:
            _, status = os.waitpid(self.fork("once", order["run"]), 0)
            self.tell(ran=os.waitstatus_to_exitcode(status))
        elif "end" in order:
            self.ending = True

    def work(self) -> None:
        """Until told to end, or whoever gives the orders is gone."""
        waiting = b""
        while not self.ending:
            self.bury()
            if not select.select([sys.stdin], [], [], SPENT_SECONDS)[0]:
                continue
            read = os.read(sys.stdin.fileno(), 65536)
            *lines, waiting = (waiting + read).split(b"\n")
            self.ending = not read
            for line in lines:
                self.obey(json.loads(line))
        self.end()

    def end(self) -> None:
        for child in self.alive:
            os.kill(child, signal.SIGCONT)
            os.kill(child, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.alive and time.monotonic() < deadline:
            self.bury()
            time.sleep(SPENT_SECONDS)
        for child in self.alive:
            os.killpg(child, signal.SIGKILL)


def main() -> None:
    control = Path(os.environ["KILLS_FOLDER"])
    hook_points(control)
    nursery = Nursery(control)
    nursery.tell(ready=True)
    nursery.work()


if __name__ == "__main__":
    main()
