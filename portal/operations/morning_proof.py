"""Proving a morning file afterwards: what waited then, told again from the history, against what the file says.

Three witnesses: the history, which is only ever added to, for which requests waited; today's rows, under the
association's own sight, for what each line said; and, while it is kept, the encrypted workbook itself.
"""

import hmac
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select

from portal.foundation.crypto import vault
from portal.foundation.errors import Hidden
from portal.foundation.extensions import db
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as
from portal.models.assignment import Assignment
from portal.models.identity import Preview
from portal.models.morning import FilePassword, MorningFile, MorningState, MorningWorkbook
from portal.operations.file_passwords import opened
from portal.operations.morning_history import History, history_at
from portal.queries.morning import Cell, Line, Standing, lines_told_again

READER = Scope(DatabaseRole.JOBS, read_only=True)
PROVABLE = (MorningState.MADE, MorningState.EMPTY)
IDENTIFIER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
Pair = tuple[UUID, str]
PAIR = 2
Rows = Sequence[tuple[str, tuple[Cell, ...]]]
OpenedRows = Callable[[bytes, str], Rows]


class Unchecked(StrEnum):
    """Why a line cannot be told again."""

    ERASED = "erased since"
    OUT_OF_SIGHT = "out of the association's sight since"
    DUE_MOVED = "its due day was moved since, and the history does not say from when"
    PROGRAMME_CHANGED = "the association changed its programmes since"


@dataclass(frozen=True)
class Verdict:
    """What the proof found. Nothing to prove: state is neither made nor empty.

    missing: waited then, but not in the file; added: in the file, but did not wait; changed: the line says something
    else; unchecked: which lines nothing can be said about any more. sealed: the digest of all lines is theirs.
    opened, spoilt: numbers of the passwords whose workbook was read back, and says the same, or does not.
    by_time: the database is a copy whose transactions are numbered anew, so the instants of the history had to do.
    misdated: how many events of the history are dated before the file but were added after it; they do not count.
    """

    day: date
    association_id: UUID
    state: MorningState
    expected: int = 0
    missing: tuple[UUID, ...] = ()
    added: tuple[UUID, ...] = ()
    changed: tuple[UUID, ...] = ()
    unchecked: Mapping[UUID, Unchecked] = field(default_factory=dict)
    sealed: bool = True
    opened: tuple[int, ...] = ()
    spoilt: tuple[int, ...] = ()
    by_time: bool = False
    misdated: int = 0

    @property
    def intact(self) -> bool:
        return self.sealed and not (self.missing or self.added or self.changed or self.spoilt)

    @property
    def sentence(self) -> str:
        """What the command says of it, without a name."""
        if self.state not in PROVABLE:
            return f"nothing to prove ({self.state})"
        return "; ".join([self._found(), *self._doubts()])

    def _found(self) -> str:
        wrong = {
            "missing": len(self.missing),
            "too many": len(self.added),
            "changed": len(self.changed),
            "spoilt workbook" if len(self.spoilt) == 1 else "spoilt workbooks": len(self.spoilt),
            "digest of all lines differs": int(not self.sealed),
        }
        said = ", ".join(f"{count} {name}" for name, count in wrong.items() if count)
        return f"NOT INTACT: {said}" if said else f"intact: {_counted(self.expected, 'request')} waited"

    def _doubts(self) -> list[str]:
        doubts = [f"{_counted(count, 'line')} {why}" for why, count in sorted(Counter(self.unchecked.values()).items())]
        if self.opened:
            doubts.append(f"{_counted(len(self.opened), 'workbook')} read back")
        if self.misdated:
            doubts.append(f"{_counted(self.misdated, 'event')} dated before it but added after it: not counted")
        if self.by_time:
            doubts.append("transactions are numbered anew in this copy: proved by the instants of the history")
        return doubts


def _counted(count: int, one: str) -> str:
    return f"{count} {one}" if count == 1 else f"{count} {one}s"


def _digest(assignment_id: UUID | str, cells: Iterable[Cell]) -> str:
    told = [str(assignment_id), *(cell.isoformat() if isinstance(cell, date) else cell for cell in cells)]
    return vault().content_digest(json.dumps(told, ensure_ascii=False).encode()).hex()


def line_digest(line: Line) -> str:
    """64 hexadecimal digits that change with any cell, and that only we can work out."""
    return _digest(line.assignment_id, line.cells)


def content_digest(lines: Iterable[Line]) -> bytes:
    """32 bytes over all lines and their order."""
    return _digest_of([(line.assignment_id, line_digest(line)) for line in lines])


def _digest_of(pairs: Iterable[Pair]) -> bytes:
    return vault().content_digest("\n".join(f"{key} {digest}" for key, digest in pairs).encode())


def stored_lines(lines: Iterable[Line]) -> list[list[str]]:
    """As morning_file.lines keeps them."""
    return [[str(line.assignment_id), line_digest(line)] for line in lines]


def verify_file(morning_file_id: UUID, opened_rows: OpenedRows) -> Verdict:
    """Prove one file. opened_rows: reads a workbook (its bytes, its password), whatever it raises is its spoiling.

    Opens scopes of its own, all read-only. Raises Hidden for an unknown file.
    """
    with acting_as(READER):
        file = db.session.get(MorningFile, morning_file_id)
        if file is None:
            raise Hidden
        if file.state not in PROVABLE or file.at is None:
            return Verdict(file.day, file.association_id, file.state)
        history = history_at(file)
        kept = _kept_workbooks(file.id, opened_rows)
    pairs = _pairs(file.lines or [])
    changed, unchecked = _compared(file, pairs, history)
    ids = [key for key, _ in pairs]
    waited = history.waiting
    return Verdict(
        day=file.day,
        association_id=file.association_id,
        state=file.state,
        expected=len(waited),
        missing=tuple(sorted(waited.keys() - set(ids))),
        added=tuple(sorted((Counter(ids) - Counter(dict.fromkeys(waited, 1))).elements())),
        changed=changed,
        unchecked=unchecked,
        sealed=file.state is not MorningState.MADE or hmac.compare_digest(file.digest or b"", _digest_of(pairs)),
        opened=tuple(number for number, found in kept.items() if found == pairs),
        spoilt=tuple(number for number, found in kept.items() if found != pairs),
        by_time=history.by_time,
        misdated=history.misdated,
    )


def _pairs(lines: list[Any]) -> list[Pair]:
    """What is no line at all is left out: the digest of all lines tells."""
    found = [[str(part) for part in one] for one in lines if isinstance(one, list)]
    return [(UUID(one[0]), one[1]) for one in found if len(one) == PAIR and IDENTIFIER.fullmatch(one[0])]


def _kept_workbooks(file_id: UUID, opened_rows: OpenedRows) -> dict[int, list[Pair] | None]:
    """What each workbook still kept says, by number of password; None when it does not open."""
    query = (
        select(MorningWorkbook, FilePassword)
        .outerjoin(
            FilePassword,
            (FilePassword.association_id == MorningWorkbook.association_id)
            & (FilePassword.number == MorningWorkbook.password_number),
        )
        .where(MorningWorkbook.morning_file_id == file_id)
        .order_by(MorningWorkbook.password_number)
    )
    return {row[0].password_number: _read_back(*row, opened_rows) for row in db.session.execute(query)}


def _read_back(kept: MorningWorkbook, password: FilePassword | None, opened_rows: OpenedRows) -> list[Pair] | None:
    try:
        if password is None:
            return None
        return [(UUID(key), _digest(key, cells)) for key, cells in opened_rows(kept.file, opened(password))]
    except Exception:  # noqa: BLE001 - whatever a spoilt file does to its reader, it is spoilt
        return None


def _compared(file: MorningFile, pairs: list[Pair], history: History) -> tuple[tuple[UUID, ...], dict[UUID, Unchecked]]:
    """Which lines say something else than they would be told, and which cannot be told again."""
    stored = {key: digest for key, digest in pairs if key in history.waiting}
    unchecked = {key: Unchecked.DUE_MOVED for key in stored if key in history.due_lost}
    told = _told_again(file, {key: history.waiting[key] for key in stored if key not in unchecked})
    unchecked |= _gone(stored.keys() - told.keys() - unchecked.keys())
    changed = sorted(key for key, digest in stored.items() if key in told and line_digest(told[key]) != digest)
    if changed and history.programmes_changed:
        return (), unchecked | dict.fromkeys(changed, Unchecked.PROGRAMME_CHANGED)
    return tuple(changed), unchecked


def _told_again(file: MorningFile, standings: Mapping[UUID, Standing]) -> dict[UUID, Line]:
    assert file.at is not None
    with acting_as(Scope(DatabaseRole.ASSOCIATION, association_id=file.association_id, read_only=True)):
        return lines_told_again(standings, file.at)


def _gone(ids: Iterable[UUID]) -> dict[UUID, Unchecked]:
    """Why lines cannot be told: the request or its name is no more, or the association may not see it any longer."""
    named = exists().where(Preview.referral_id == Assignment.referral_id)
    with acting_as(READER):
        there = set(db.session.scalars(select(Assignment.id).where(Assignment.id.in_(list(ids)), named)))
    return {key: Unchecked.OUT_OF_SIGHT if key in there else Unchecked.ERASED for key in ids}
