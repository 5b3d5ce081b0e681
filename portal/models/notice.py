"""What each person wants to be told by e-mail, and which reminders an assignment has had."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.foundation.extensions import Base
from portal.models.types import AssociationKey, CreatedAt, Key, one_of


class Notice(StrEnum):
    """A kind of e-mail that its recipient may choose; STAFF_NEWS is the Collectif's team's alone."""

    OFFERED = "offered"
    SILENCE = "silence"
    FOLLOW_UP = "follow_up"
    PLACES = "places"
    CRITERIA = "criteria"
    MORNING_FILE = "morning_file"
    STAFF_NEWS = "staff_news"


class Rhythm(StrEnum):
    """How often. AT_ONCE is also the plain yes where there is only yes or no."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"
    NEVER = "never"


class NoticeChoice(Base):
    """An account's choice for one association, or for the Collectif (association_id None). No row: the default."""

    __tablename__ = "notice_choice"
    __table_args__ = (
        Index(
            "uq_notice_choice",
            "account_id",
            "notice",
            text("coalesce(association_id, '00000000-0000-0000-0000-000000000000'::uuid)"),
            unique=True,
        ),
    )

    id: Mapped[Key]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    association_id: Mapped[UUID | None] = mapped_column(ForeignKey("association.id"))
    notice: Mapped[Notice] = mapped_column(one_of(Notice, name="notice"))
    rhythm: Mapped[Rhythm] = mapped_column(one_of(Rhythm, name="rhythm"))


class ReminderStep(StrEnum):
    """How much of the time to answer had passed."""

    HALF = "half"
    FOUR_FIFTHS = "four_fifths"


class Reminder(Base):
    """An assignment's silence was told of once at each step; the row outlives the message."""

    __tablename__ = "reminder"

    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("assignment.id", ondelete="CASCADE"), primary_key=True)
    step: Mapped[ReminderStep] = mapped_column(one_of(ReminderStep, name="step"), primary_key=True)
    association_id: Mapped[AssociationKey]
    at: Mapped[CreatedAt]
