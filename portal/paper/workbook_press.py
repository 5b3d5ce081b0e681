"""The press of workbooks, a process of its own: rows and passwords in, protected files out, in bounded memory and time.

`python -m portal.paper.workbook_press` reads JSON from standard input: a sheet and the passwords to lock it under. It
answers a line of JSON (how many rows, how long each file is), then the files. Each has been opened again: its rows are
those it was given, and another password does not open it. What goes wrong is named, never quoted: it would be somebody.
"""

import json
import resource
import sys
from collections.abc import Iterator, Sequence

from portal.paper.bounds import TOO_BIG, bound
from portal.paper.protecting import NotOpened, locked, unlocked
from portal.paper.sheets import Cell, Sheet, drawn, rows_of

BROKEN = 1


class Unlike(Exception):
    """Read back, the file is not what was to be made."""


def protected(sheet: Sheet, passwords: Sequence[str]) -> Iterator[bytes]:
    """One file a password, each proved. Raises Unlike."""
    file = drawn(sheet)
    expected = [(*row, link) for row, link in zip(sheet.rows, sheet.links, strict=True)]
    for password in passwords:
        found = locked(file, password)
        prove(found, password, expected)
        yield found


def prove(file: bytes, password: str, expected: list[tuple[Cell, ...]]) -> None:
    """The password opens the file, which says what is expected; one that differs by a letter does not."""
    if rows_of(unlocked(file, password)) != expected:
        raise Unlike
    try:
        unlocked(file, another(password))
    except NotOpened:
        return
    raise Unlike


def another(password: str) -> str:
    return password[:-1] + ("a" if password[-1:] != "a" else "b")


def main() -> int:
    bound()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        asked = json.loads(sys.stdin.buffer.read())
        files = list(protected(Sheet.from_json(asked["sheet"]), asked["passwords"]))
        answer = {"rows": len(asked["sheet"]["rows"]), "files": [len(file) for file in files]}
        sys.stdout.buffer.write(b"".join((json.dumps(answer).encode(), b"\n", *files)))
    except MemoryError:
        return TOO_BIG
    except Exception as broken:  # noqa: BLE001 - whatever it is, only its name may leave
        sys.stderr.write(type(broken).__name__)
        return BROKEN
    return 0


if __name__ == "__main__":
    sys.exit(main())
