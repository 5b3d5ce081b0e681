"""What a hand-over has done, line by line on the disk of whoever runs it: a second call repeats nothing."""

import fcntl
import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

NAME = "ledger.jsonl"
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
PART = 1 << 20


class AlreadyRunning(Exception):
    """Somebody else hands the same folder over at this moment."""


class NotOurs(Exception):
    """Others could read, change or redirect what is put there. Its words say what, and what to do."""


Fact = Mapping[str, str | int]


class Ledger:
    """Facts, one JSON object a line. A line that a kill cut short or spoilt is left out; skipped: how many were."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        lines, self.skipped = _read_and_mend(descriptor)
        found = [_fact(line) for line in lines]
        self._facts: list[Fact] = [fact for fact in found if fact is not None]
        self.skipped += found.count(None)

    def find(self, **said: str | int) -> Fact | None:
        """The latest fact that says this, and maybe more."""
        return next((fact for fact in reversed(self._facts) if said.items() <= fact.items()), None)

    def note(self, **said: str | int) -> None:
        """On the disk when this returns."""
        os.write(self._descriptor, f"{json.dumps(said, sort_keys=True)}\n".encode())
        os.fsync(self._descriptor)
        self._facts.append(said)


def _read_and_mend(descriptor: int) -> tuple[list[bytes], int]:
    """The whole lines, and whether there was one more, begun only: the next one takes its place."""
    content = b""
    while part := os.read(descriptor, PART):
        content += part
    whole = content[: content.rfind(b"\n") + 1]
    os.ftruncate(descriptor, len(whole))
    return whole.split(b"\n")[:-1], int(whole != content)


def _fact(line: bytes) -> Fact | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    plain = isinstance(found, dict) and all(isinstance(value, str | int) for value in found.values())
    return found if plain else None


@contextmanager
def ledger_in(folder: Path) -> Iterator[Ledger]:
    """The folder, ours (made for us alone if need be), and its ledger while we hold it.

    Raises AlreadyRunning, and NotOurs: an existing folder keeps its rights, or is refused.
    """
    _take(folder)
    descriptor = _open_ledger(folder / NAME)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning from None
        _settle(folder)
        yield Ledger(descriptor)
    finally:
        os.close(descriptor)


def _take(folder: Path) -> None:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder.mkdir(mode=PRIVATE_FOLDER)
        except FileExistsError:
            _check(folder)
    except OSError as error:
        raise NotOurs(f"{folder} cannot be used ({error.strerror})") from None


def _check(folder: Path) -> None:
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise NotOurs(f"{folder} is a link, or no folder: give the folder itself")
    if found.st_uid != os.geteuid():
        raise NotOurs(f"{folder} belongs to somebody else: give a folder of your own, or one that is not there yet")
    if found.st_mode & OTHERS_WRITE:
        raise NotOurs(f"others may write in {folder}: give a folder that only you write in, or one not there yet")


def _open_ledger(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, PRIVATE_FILE)
    except OSError as error:
        raise NotOurs(f"{path} cannot be used ({error.strerror})") from None
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
        os.close(descriptor)
        raise NotOurs(f"{path} is no file of yours: take it away, or give another folder")
    os.fchmod(descriptor, PRIVATE_FILE)
    return descriptor


def keep_file(path: Path, content: bytes) -> None:
    """Whole or not at all, and on the disk when this returns. What lay there under either name is never written to."""
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, PRIVATE_FILE)
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
