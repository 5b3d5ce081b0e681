"""The morning files: a row for each association and day, made under a lease by a job from 10:00 in Paris on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from portal.foundation import clock
from portal.foundation.config import settings
from portal.foundation.errors import Hidden
from portal.foundation.extensions import db
from portal.foundation.locks import WAIT_A_LITTLE, WAIT_AS_NEEDED
from portal.foundation.queue import Job, enqueue
from portal.foundation.transactions import after_commit
from portal.models.association import Association
from portal.models.morning import MorningFile, MorningMode, MorningState, MorningWorkbook
from portal.models.outbox import Message
from portal.operations.morning_content import Gathered
from portal.operations.morning_proof import content_digest, stored_lines
from portal.operations.outbox import put_for_team

HOUR = time(10)
ONE_DAY = timedelta(days=1)
MOST_ATTEMPTS = 5
FIRST_DELAY, GROWTH = timedelta(seconds=30), 4  # then 2, 8 and 32 minutes
BATCH = 2000
WORKBOOKS_KEPT = timedelta(days=30)
ABANDONED, DAY_OVER = "abandoned", "day_over"
WAITS: ColumnElement[bool] = MorningFile.state == MorningState.WAITING


@dataclass(frozen=True)
class Claimed:
    """A file that this worker, and no other, is to make. attempt: which try this is, from 1."""

    id: UUID
    association_id: UUID
    mode: MorningMode
    token: int
    attempt: int


def due_day() -> date | None:
    """The day whose files are due: today from 10:00 in Paris on, until midnight."""
    local = clock.now().astimezone(clock.PARIS)
    return local.date() if local.time() >= HOUR else None


def open_day(day: date) -> int:
    """A row for each association that has none on that day, and for each day it missed since its latest one.

    Jobs' scope; whoever calls it twice, or at the same time, adds nothing. Returns how many rows were added.
    """
    opened = _without_row(day)
    rows = [row for one in opened for row in _rows(*one, day)]
    return sum(_add(rows[first : first + BATCH]) for first in range(0, len(rows), BATCH))


def _add(rows: list[dict[str, Any]]) -> int:
    """One statement; a statement takes 65,535 values at most."""
    added = insert(MorningFile).values(rows).on_conflict_do_nothing(index_elements=["association_id", "day"])
    found = db.session.execute(added.returning(MorningFile.id, MorningFile.state)).all()
    for file_id, state in found:
        if state is MorningState.WAITING:
            _wake(file_id)
    return len(found)


def _without_row(day: date) -> list[tuple[UUID, MorningMode, date | None]]:
    """The associations without a row on that day, how they want it, and the day of their latest one."""
    own = MorningFile.association_id == Association.id
    latest = select(func.max(MorningFile.day)).where(own, MorningFile.day < day).scalar_subquery()
    query = select(Association.id, Association.morning_mode, latest)
    there = exists(select(MorningFile.id).where(own, MorningFile.day == day))
    return [(row[0], row[1], row[2]) for row in db.session.execute(query.where(~there).order_by(Association.id))]


def _rows(association_id: UUID, mode: MorningMode, latest: date | None, day: date) -> list[dict[str, Any]]:
    """That of the day, and of each day since the latest one when nobody opened any."""
    missed = range(1, (day - latest).days) if latest else range(0)
    days = [(day - timedelta(days=back), MorningState.MISSED) for back in missed]
    return [
        {"association_id": association_id, "day": one, "mode": mode, "next_attempt_at": clock.now(), "state": state}
        for one, state in (
            (one, MorningState.NOT_WANTED if mode is MorningMode.NEVER else state)
            for one, state in [*days, (day, MorningState.WAITING)]
        )
    ]


def _wake(file_id: UUID) -> None:
    after_commit(partial(enqueue, Job.MAKE_MORNING_FILE, str(file_id)))


def _free() -> ColumnElement[bool]:
    """Nobody is making it, or whoever was has been silent for longer than the lease."""
    return or_(MorningFile.leased_until.is_(None), MorningFile.leased_until < clock.now())


def _to_make() -> ColumnElement[bool]:
    now = clock.now()
    return and_(WAITS, MorningFile.next_attempt_at <= now, _free(), MorningFile.attempts < MOST_ATTEMPTS)


def claim_file(file_id: UUID) -> Claimed | None:
    """Take the lease, the attempt counted before it is made (jobs' scope; commit before making).

    None: made already, given up, not due yet, its day over, or in another worker's hands, were its lease over.
    """
    which = select(MorningFile.id).where(MorningFile.id == file_id, _to_make(), MorningFile.day == clock.today())
    statement = (
        update(MorningFile)
        .where(MorningFile.id.in_(which.with_for_update(skip_locked=True)))
        .values(
            leased_until=clock.now() + timedelta(seconds=settings().lease_seconds),
            token=MorningFile.token + 1,
            attempts=MorningFile.attempts + 1,
        )
        .returning(
            MorningFile.id, MorningFile.association_id, MorningFile.mode, MorningFile.token, MorningFile.attempts
        )
        .execution_options(synchronize_session=False)
    )
    row = db.session.execute(statement).one_or_none()
    return Claimed(*row) if row else None


def _ours(claimed: Claimed) -> tuple[ColumnElement[bool], ...]:
    """Only while the file waits and nobody claimed it after us."""
    return (MorningFile.id == claimed.id, MorningFile.token == claimed.token, WAITS)


def hold_file(claimed: Claimed) -> bool:
    """Lock the row until the transaction ends; False when it is no longer ours.

    A worker stopped for longer than its lease keeps it, a killed one loses it at once. Whoever's claim only looked at
    the row is waited for, as in the outbox.
    """
    db.session.execute(WAIT_A_LITTLE)
    held = db.session.scalar(select(MorningFile.id).where(*_ours(claimed)).with_for_update())
    db.session.execute(WAIT_AS_NEEDED)
    return held is not None


def finish_file(
    claimed: Claimed, gathered: Gathered, state: MorningState, workbooks: Sequence[tuple[int, bytes]] = ()
) -> bool:
    """The file's end: row, workbooks (number of the password, bytes) and message, all in this transaction, or nothing.

    False when it is no longer ours: nothing is written then.
    """
    lines, now = gathered.content.lines, clock.now()
    values: dict[str, Any] = {
        "state": state,
        "at": gathered.content.at,
        "snapshot": gathered.content.snapshot,
        "unseen": sum(not line.seen for line in lines),
        "new": sum(line.new for line in lines),
        "made_at": now,
        "leased_until": None,
        "error": None,
    }
    if state is MorningState.MADE:
        values |= {
            "lines": stored_lines(lines),
            "digest": content_digest(lines),
        }
    if not _write(claimed, **values):
        return False
    if state is MorningState.MADE:
        _put(claimed, workbooks)
    return True


def _put(claimed: Claimed, workbooks: Sequence[tuple[int, bytes]]) -> None:
    own: dict[str, Any] = {"morning_file_id": claimed.id, "association_id": claimed.association_id}
    db.session.add_all(MorningWorkbook(password_number=number, file=file, **own) for number, file in workbooks)
    put_for_team(Message.MORNING_FILE, str(claimed.id), association_id=claimed.association_id, reference_id=claimed.id)


def _write(claimed: Claimed, **values: Any) -> bool:
    statement = update(MorningFile).where(*_ours(claimed)).values(**values).returning(MorningFile.id)
    return db.session.scalar(statement.execution_options(synchronize_session=False)) is not None


def put_off(claimed: Claimed, error: str) -> None:
    """It could not be made: later, or never after the fifth attempt. error: a code, never a name."""
    if claimed.attempt >= MOST_ATTEMPTS:
        _write(claimed, state=MorningState.FAILED, error=error, leased_until=None)
        return
    later = clock.now() + FIRST_DELAY * GROWTH ** (claimed.attempt - 1)
    _write(claimed, error=error, leased_until=None, next_attempt_at=later)


def sweep_files() -> int:
    """Open the day's rows if nobody did, end what cannot be made any more, wake a worker for what waits.

    Jobs' scope. How many were woken; those just opened are woken with their rows.
    """
    day = due_day()
    if day:
        open_day(day)
    _give_up()
    waiting = select(MorningFile.id).where(_to_make(), MorningFile.day == clock.today())
    found = db.session.scalars(waiting.order_by(MorningFile.next_attempt_at, MorningFile.id)).all()
    for file_id in found:
        _wake(file_id)
    return len(found)


def _give_up() -> None:
    """What nobody makes any more: left too often, or its day is over."""
    over = MorningFile.day < clock.today()
    spent = MorningFile.attempts >= MOST_ATTEMPTS
    never_tried = and_(over, MorningFile.attempts == 0)
    # What somebody is still making, were its lease over, is left to them.
    which = select(MorningFile.id).where(WAITS, _free(), or_(over, spent)).with_for_update(skip_locked=True)
    statement = (
        update(MorningFile)
        .where(MorningFile.id.in_(which))
        .values(
            state=case((never_tried, MorningState.MISSED.value), else_=MorningState.FAILED.value),
            error=func.coalesce(MorningFile.error, case((over, DAY_OVER), else_=ABANDONED)),
            leased_until=None,
        )
    )
    db.session.execute(statement.execution_options(synchronize_session=False))


def retry_file(file_id: UUID) -> None:
    """Today's file that failed is made after all (staff's scope). Raises Hidden when there is none to retry."""
    statement = (
        update(MorningFile)
        .where(MorningFile.id == file_id, MorningFile.state == MorningState.FAILED, MorningFile.day == clock.today())
        .values(state=MorningState.WAITING, attempts=0, next_attempt_at=clock.now(), leased_until=None, error=None)
        .returning(MorningFile.id)
        .execution_options(synchronize_session=False)
    )
    if db.session.scalar(statement) is None:
        raise Hidden
    _wake(file_id)


def erase_old_workbooks() -> int:
    """Those kept for 30 days (jobs' scope); what they were made from stays provable by its digests."""
    old = delete(MorningWorkbook).where(MorningWorkbook.made_at <= clock.now() - WORKBOOKS_KEPT)
    return len(db.session.execute(old.returning(MorningWorkbook.id)).all())
