"""A program to keep running, described once for whoever keeps it: the supervisor, a test run, one command."""

import signal
import sys
from dataclasses import dataclass
from pathlib import Path

CHILD = Path(__file__).with_name("child.py")


@dataclass(frozen=True)
class Program:
    """`stop` is a signal's short name; a server has an `account`, who it runs as when we are root."""

    name: str
    command: tuple[str, ...]
    stop: str = "TERM"
    account: str | None = None
    patience: int = 10  # seconds between the polite signal and the other one

    @property
    def signal(self) -> signal.Signals:
        return signal.Signals[f"SIG{self.stop}"]

    @property
    def argv(self) -> list[str]:
        account = [self.account] if self.account else []
        return [sys.executable, "-I", "-S", str(CHILD), self.stop, *account, "--", *self.command]
