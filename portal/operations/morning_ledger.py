"""What a hand-over has done, line by line on the disk of whoever runs it: a second call repeats nothing."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

NAME = "ledger.jsonl"
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
PART = 1 << 20


class AlreadyRunning(Exception):
    """Somebody else hands the same folder over at this moment."""


Fact = Mapping[str, str | int]


class Ledger:
    """Facts, one JSON object a line. A line cut short by a kill is forgotten, as if it had not been begun."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._facts: list[Fact] = [json.loads(line) for line in _read_and_mend(descriptor)]

    def find(self, **said: str | int) -> Fact | None:
        """The latest fact that says this, and maybe more."""
        return next((fact for fact in reversed(self._facts) if said.items() <= fact.items()), None)

    def note(self, **said: str | int) -> None:
        """On the disk when this returns."""
        os.write(self._descriptor, f"{json.dumps(said, sort_keys=True)}\n".encode())
        os.fsync(self._descriptor)
        self._facts.append(said)


def _read_and_mend(descriptor: int) -> list[bytes]:
    content = b""
    while part := os.read(descriptor, PART):
        content += part
    whole = content[: content.rfind(b"\n") + 1]
    os.ftruncate(descriptor, len(whole))
    return whole.splitlines()


@contextmanager
def ledger_in(folder: Path) -> Iterator[Ledger]:
    """The folder, ours alone (made if need be), and its ledger while we hold it. Raises AlreadyRunning."""
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    folder.chmod(PRIVATE_FOLDER)
    descriptor = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning from None
        _settle(folder)
        yield Ledger(descriptor)
    finally:
        os.close(descriptor)


def keep_file(path: Path, content: bytes) -> None:
    """Whole or not at all, and on the disk when this returns."""
    draft = path.with_suffix(".draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    draft.replace(path)
    _settle(path.parent)


def _settle(folder: Path) -> None:
    """The names in it are on the disk too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
