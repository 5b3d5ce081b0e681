"""The morning file: what waits for an association, at 10:00 in Paris, as a protected workbook; and its password."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, LargeBinary, SmallInteger, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.foundation.extensions import Base
from portal.models.types import AssociationKey, CreatedAt, Key, Sealed, one_of


class MorningMode(StrEnum):
    """When an association wants its file (association.morning_mode)."""

    ALWAYS = "always"
    WHEN_UNSEEN = "when_unseen"
    NEVER = "never"

    @property
    def label(self) -> str:
        return MODE_LABELS[self]


MODE_LABELS = {
    MorningMode.ALWAYS: "Chaque matin",
    MorningMode.WHEN_UNSEEN: "Seulement quand une demande attend sans avoir été vue",
    MorningMode.NEVER: "Jamais",
}


class MorningState(StrEnum):
    """What became of one association's file on one day.

    WAITING: to be made. MADE: in the outbox, and kept for a time. EMPTY: nothing waited. NOT_NEEDED: all had been seen.
    NOT_WANTED: the association's choice. MISSED: the portal was down all that day. FAILED: given up; staff see it.
    """

    WAITING = "waiting"
    MADE = "made"
    EMPTY = "empty"
    NOT_NEEDED = "not_needed"
    NOT_WANTED = "not_wanted"
    MISSED = "missed"
    FAILED = "failed"

    @property
    def label(self) -> str:
        return STATE_LABELS[self]


STATE_LABELS = {
    MorningState.WAITING: "En préparation",
    MorningState.MADE: "Prêt",
    MorningState.EMPTY: "Rien n’attendait",
    MorningState.NOT_NEEDED: "Tout avait été vu",
    MorningState.NOT_WANTED: "Non demandé",
    MorningState.MISSED: "Portail arrêté ce jour-là",
    MorningState.FAILED: "Échec",
}


class MorningFile(Base):
    """One row an association and day, whatever happens. at: the instant of its content (a snapshot's), UTC.

    snapshot: PostgreSQL's own name of what was visible then (pg_snapshot). lines: [assignment id, digest in
    hexadecimal] in the file's order; digest: that of all of them. leased_until, token, attempts: as in the outbox.
    error: a code. unseen: how many lines nobody had opened; new: how many were received the day before or since.
    """

    __tablename__ = "morning_file"
    __table_args__ = (
        UniqueConstraint("association_id", "day"),
        Index("ix_morning_file_day", "day", "state"),
        Index("ix_morning_file_waiting", "next_attempt_at", "id", postgresql_where="state = 'waiting'"),
        CheckConstraint("(state = 'made') = (digest IS NOT NULL)", name="digest"),
    )

    id: Mapped[Key]
    association_id: Mapped[AssociationKey]
    day: Mapped[date]
    mode: Mapped[MorningMode] = mapped_column(one_of(MorningMode, name="mode"))
    state: Mapped[MorningState] = mapped_column(one_of(MorningState, name="state"))
    opened_at: Mapped[CreatedAt]
    at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    snapshot: Mapped[str | None] = mapped_column(Text)
    lines: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    unseen: Mapped[int] = mapped_column(default=0)
    new: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    token: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    leased_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    made_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    error: Mapped[str | None] = mapped_column(Text)


class MorningWorkbook(Base):
    """The encrypted workbooks of one morning file, kept for a time: one under each password valid that day."""

    __tablename__ = "morning_workbook"
    __table_args__ = (UniqueConstraint("morning_file_id", "password_number"),)

    id: Mapped[Key]
    morning_file_id: Mapped[UUID] = mapped_column(ForeignKey("morning_file.id", ondelete="CASCADE"))
    association_id: Mapped[AssociationKey]
    password_number: Mapped[int] = mapped_column(SmallInteger)
    file: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[CreatedAt]


class RenewedBecause(StrEnum):
    """Why there is a new password."""

    FIRST = "first"
    QUARTER = "quarter"
    MEMBER_LEFT = "member_left"
    ASKED = "asked"


class FilePassword(Base):
    """What opens an association's morning files. sealed: by the vault. Retired, it still counts for 7 days, unless a member left."""

    __tablename__ = "file_password"
    __table_args__ = (
        UniqueConstraint("association_id", "number"),
        Index("uq_file_password_current", "association_id", unique=True, postgresql_where="retired_at IS NULL"),
    )

    id: Mapped[Key]
    association_id: Mapped[AssociationKey]
    number: Mapped[int] = mapped_column(SmallInteger)
    sealed: Mapped[Sealed]
    because: Mapped[RenewedBecause] = mapped_column(one_of(RenewedBecause, name="because"))
    created_at: Mapped[CreatedAt]
    retired_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
