"""What waited for an association at one instant, told again from the history of events (jobs' scope).

A snapshot's name says which transactions had ended: an event is of that instant when its own transaction had. Not its
date: one written before and committed after was not to be seen, and whoever may add an event may date it as they like.
What was added before the instant is believed: nothing here tells a false event that was seen then from a true one.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from portal.foundation.extensions import db
from portal.models.assignment import AssignmentState
from portal.models.event import EventName
from portal.models.morning import MorningFile
from portal.queries.morning import Standing

_E, _S = EventName, AssignmentState
OFFERING = frozenset({_E.REFERRAL_PLACED, _E.REFERRAL_ORIENTED_BY_HAND})
WAITING = {
    _E.ASSIGNMENT_SEEN: _S.SEEN,
    _E.INFORMATION_ASKED: _S.INFORMATION_ASKED,
    _E.ASSIGNMENT_POSTPONED: _S.POSTPONED,
    _E.ASSIGNMENT_UNDONE: _S.OFFERED,
}
LEAVING = frozenset({_E.ASSIGNMENT_ACCEPTED, _E.ASSIGNMENT_BOUNCED, _E.ASSIGNMENT_EXPIRED, _E.REFERRAL_WITHDRAWN})
MOVING_DUE = frozenset({_E.INFORMATION_ASKED, _E.ASSIGNMENT_POSTPONED, _E.ASSIGNMENT_UNDONE})
SNAPSHOT = re.compile(r"\d{1,19}:\d{1,19}:(\d{1,19}(,\d{1,19})*)?")
MARGIN = timedelta(hours=1)  # no transaction lasts that long

# A row tells the last 32 bits of the transaction that wrote it; the rest is that of the latest number below today's.
SEEN_AT = """
CASE WHEN CAST(:snapshot AS text) IS NULL THEN NULL WHEN {row}.xmin::text::bigint < 3 THEN true
    ELSE pg_visible_in_snapshot(
        (latest - ((latest - {row}.xmin::text::bigint) & 4294967295))::text::xid8, CAST(:snapshot AS pg_snapshot))
END
"""
LATEST = "(SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS latest) AS counter"
EVENTS = text(
    "SELECT event.id, event.at, event.name, event.referral_id, event.association_id, event.assignment_id, event.data, "  # noqa: S608 - nothing comes from outside
    + SEEN_AT.format(row="event")
    + " AS seen FROM event, "
    + LATEST
    + " WHERE event.association_id = :association OR event.assignment_id IS NOT NULL AND event.referral_id IN"
    " (SELECT own.referral_id FROM event own WHERE own.association_id = :association AND own.assignment_id IS NOT NULL)"
    " ORDER BY event.at, event.id"
)
NUMBERING = text(
    "SELECT latest < pg_snapshot_xmax(CAST(:snapshot AS pg_snapshot))::text::bigint AS ahead, "  # noqa: S608 - likewise
    + SEEN_AT.format(row="morning_file")
    + " AS before FROM morning_file, "
    + LATEST
    + " WHERE id = :file"
)
# Whether any event of anybody's says that the numbers are those of the snapshot. Of the late ones only those that this
# association cannot add: one of its own, dated late, would be the only one for a while.
WITNESSES = text(
    "SELECT count(*) FILTER (WHERE early) > 0 AND count(*) FILTER (WHERE early AND seen) = 0 AS none_before, "  # noqa: S608 - likewise
    "count(*) FILTER (WHERE late) > 0 AND count(*) FILTER (WHERE late AND NOT seen) = 0 AS none_after "
    "FROM (SELECT event.at < :early AS early, event.at > :late AND event.association_id IS DISTINCT FROM :association"
    " AS late, "
    + SEEN_AT.format(row="event")
    + " AS seen FROM event, "
    + LATEST
    + " WHERE event.at < :early OR event.at > :late) AS witness"
)


@dataclass(frozen=True)
class History:
    """waiting: how each request that waited then stood. due_lost: those whose due day then is not known any more.

    programmes_changed: whether the association changed a programme since. by_time: transactions are numbered anew.
    misdated: how many events are dated well before the instant, and were added after it.
    """

    waiting: dict[UUID, Standing]
    due_lost: frozenset[UUID]
    programmes_changed: bool
    by_time: bool = False
    misdated: int = 0


@dataclass
class _Stay:
    """One request at one association, as its events tell it up to the instant."""

    referral_id: UUID
    state: AssignmentState = _S.OFFERED
    seen: bool = False
    open: bool = True


def history_at(file: MorningFile) -> History:
    """file: with its instant. A snapshot that cannot be one, or of another numbering, gives way to that instant."""
    assert file.at is not None
    snapshot = file.snapshot if _is_snapshot(file.snapshot) else None
    values = {"association": file.association_id, "snapshot": snapshot}
    events = list(db.session.execute(EVENTS, values))
    by_time = snapshot is None or _numbered_anew(file, file.at)
    was_there: Callable[[Row[Any]], bool] = (lambda one: one.at <= file.at) if by_time else (lambda one: one.seen)
    before = [one for one in events if was_there(one)]
    after = [one for one in events if not was_there(one)]
    misdated = sum(one.at < file.at - MARGIN for one in after)
    return replace(_told(file.association_id, before, after), by_time=by_time, misdated=misdated)


def _is_snapshot(words: str | None) -> bool:
    if words is None or not SNAPSHOT.fullmatch(words):
        return False
    least, most, between = words.split(":")
    running = [int(number) for number in between.split(",") if number]
    return (
        0 < int(least) <= int(most) < 2**63
        and running == sorted(running)
        and all(int(least) <= number < int(most) for number in running)
    )


def _numbered_anew(file: MorningFile, at: datetime) -> bool:
    """In a copy restored from a dump every row is of one transaction: then no event at all agrees with the snapshot.

    That some do not proves nothing: an association may date an event of its own as it likes.
    """
    ahead, before = db.session.execute(NUMBERING, {"snapshot": file.snapshot, "file": file.id}).one()
    if ahead or before:
        return True
    values = {"snapshot": file.snapshot, "association": file.association_id, "early": at - MARGIN, "late": at + MARGIN}
    none_before, none_after = db.session.execute(WITNESSES, values).one()
    return bool(none_before or none_after)


def _told(association_id: UUID, before: Iterable["Row[Any]"], after: Iterable["Row[Any]"]) -> History:
    stays = _stays(association_id, before)
    due, lost = _due_then(after)
    waiting = {key: Standing(one.state, due.get(key), one.seen) for key, one in stays.items() if one.open}
    changed = any(one.name == _E.PROGRAMME_CHANGED and one.association_id == association_id for one in after)
    return History(waiting, frozenset(lost & waiting.keys()), changed)


def _stays(association_id: UUID, events: Iterable["Row[Any]"]) -> dict[UUID, _Stay]:
    """By assignment of this association. A request offered elsewhere waits here no longer."""
    stays: dict[UUID, _Stay] = {}
    for one in events:
        if one.name in OFFERING:
            for stay in stays.values():
                stay.open = stay.open and stay.referral_id != one.referral_id
            if one.association_id == association_id:
                stays[one.assignment_id] = _Stay(one.referral_id)
        elif one.assignment_id in stays:
            _move(stays[one.assignment_id], EventName(one.name))
    return stays


def _move(stay: _Stay, name: EventName) -> None:
    if name in LEAVING:
        stay.open, stay.seen = False, True
    elif name in WAITING:
        stay.open, stay.seen, stay.state = True, True, WAITING[name]


def _due_then(after: Iterable["Row[Any]"]) -> tuple[dict[UUID, datetime], set[UUID]]:
    """The due day before the first event that moved it since; and for which requests that event does not say it."""
    due: dict[UUID, datetime] = {}
    lost: set[UUID] = set()
    for one in after:
        if one.name in MOVING_DUE and one.assignment_id not in due.keys() | lost:
            if "was_due" in one.data:
                due[one.assignment_id] = datetime.fromisoformat(one.data["was_due"])
            else:
                lost.add(one.assignment_id)
    return due, lost
