"""What became of each day's morning files: one association's last days, and all associations on one day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, func, select

from portal.foundation.extensions import db
from portal.models.association import Association
from portal.models.morning import FilePassword, MorningFile, MorningMode, MorningState, MorningWorkbook

DAYS_SHOWN = 30
PAGE = 100
LINES: ColumnElement[int] = func.coalesce(func.jsonb_array_length(MorningFile.lines), 0)
AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True)
class MorningDay:
    """One association's file on one day.

    at: the instant of its content. password: the number of the latest one that opens a workbook still kept; None when
    none is kept.
    """

    id: UUID
    day: date
    state: MorningState
    at: datetime | None
    made_at: datetime | None
    lines: int
    new: int
    unseen: int
    password: int | None

    @property
    def kept(self) -> bool:
        return self.password is not None


def latest_days(association_id: UUID, today: date) -> list[MorningDay]:
    """The last thirty days that have a row, latest first (association's scope)."""
    one = MorningFile
    latest_password = (
        select(func.max(MorningWorkbook.password_number))
        .where(MorningWorkbook.morning_file_id == one.id)
        .scalar_subquery()
    )
    query: AnySelect = (
        select(one.id, one.day, one.state, one.at, one.made_at, LINES, one.new, one.unseen, latest_password)
        .where(one.association_id == association_id, one.day > today - timedelta(days=DAYS_SHOWN))
        .order_by(one.day.desc())
        .limit(DAYS_SHOWN)
    )
    return [MorningDay(*row) for row in db.session.execute(query)]


def kept_workbook(file_id: UUID, association_id: UUID) -> Row[Any] | None:
    """Its day and its bytes, encrypted under the latest password there was; None when it is not kept, or another's."""
    query: AnySelect = (
        select(MorningFile.day, MorningWorkbook.file)
        .join(MorningWorkbook, MorningWorkbook.morning_file_id == MorningFile.id)
        .where(MorningFile.id == file_id, MorningFile.association_id == association_id)
        .order_by(MorningWorkbook.password_number.desc())
        .limit(1)
    )
    return db.session.execute(query).one_or_none()


def file_passwords(association_id: UUID) -> list[FilePassword]:
    """Newest first: the current one, and those before it that still open a file."""
    own = FilePassword
    return list(db.session.scalars(select(own).where(own.association_id == association_id).order_by(own.number.desc())))


@dataclass(frozen=True)
class FileOfDay:
    """One association on a day, as staff see it."""

    id: UUID
    association_id: UUID
    association: str
    state: MorningState
    mode: MorningMode
    at: datetime | None
    lines: int
    new: int
    attempts: int
    error: str | None


@dataclass(frozen=True)
class FilesOfDay:
    """counts: how many in each state that there is. rows: those of one page, by name after those that failed. matching: of all pages."""

    counts: dict[MorningState, int]
    rows: list[FileOfDay]
    matching: int

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def files_of_day(day: date, state: MorningState | None, page: int) -> FilesOfDay:
    """Two queries whatever their number. state: those alone. page: from 1 (staff's scope)."""
    counted = select(MorningFile.state, func.count()).where(MorningFile.day == day).group_by(MorningFile.state)
    counts = {row[0]: int(row[1]) for row in db.session.execute(counted)}
    matching = sum(counts.values()) if state is None else counts.get(state, 0)
    return FilesOfDay(counts, _page_of(day, state, page) if matching else [], matching)


def _page_of(day: date, state: MorningState | None, page: int) -> list[FileOfDay]:
    one = MorningFile
    which = one.day == day if state is None else and_(one.day == day, one.state == state)
    query: AnySelect = (
        select(
            one.id, one.association_id, Association.name, one.state, one.mode, one.at, LINES, one.new, one.attempts,
            one.error,
        )
        .join(Association, Association.id == one.association_id)
        .where(which)
        .order_by(one.state != MorningState.FAILED, func.lower(Association.name), one.id)
        .offset((page - 1) * PAGE)
        .limit(PAGE)
    )  # fmt: skip
    return [FileOfDay(*row) for row in db.session.execute(query)]
