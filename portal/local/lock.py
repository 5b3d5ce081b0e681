"""One master of a data folder at a time."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

FILE = "lock"


class TakenError(Exception):
    """Somebody else runs on this data folder; `note` is what they left for us."""

    def __init__(self, note: dict[str, int]) -> None:
        super().__init__("taken")
        self.note = note


@contextmanager
def locked(data: Path) -> Iterator[TextIO]:
    """Hold the folder; the kernel lets go when we end, even killed."""
    with (data / FILE).open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise TakenError(json.loads(file.read() or "{}")) from error
        note(file, {})
        yield file


def note(file: TextIO, ports: dict[str, int]) -> None:
    file.seek(0)
    file.truncate()
    json.dump(ports, file)
    file.flush()
