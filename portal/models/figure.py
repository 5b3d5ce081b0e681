"""Figures: sums by day, kept as events happen. Deltas are appended by a trigger, folded by a job; both are counted."""

from datetime import date
from uuid import UUID

from sqlalchemy import Date, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from matching.vocabulary import Side
from portal.foundation.extensions import Base
from portal.models.types import Key, Str, one_of

MADE_HERE = text("gen_random_uuid()")


class Figure:
    """What the three tables of figures hold alike."""

    id: Mapped[Key] = mapped_column(server_default=MADE_HERE)
    association_id: Mapped[UUID | None] = mapped_column(ForeignKey("association.id"))
    side: Mapped[Side] = mapped_column(one_of(Side, name="side"))
    measure: Mapped[Str]
    dimension: Mapped[Str]
    day: Mapped[date] = mapped_column(Date)
    value: Mapped[Str]
    amount: Mapped[int]


class DailyFigure(Figure, Base):
    """How many times something happened on a day in Paris; association_id None: over the whole network.

    measure: what happened (received, offered, waitlisted, unroutable, accepted, bounced, expired, contacted,
    unreachable, paired, ended, given_up). dimension and value: by what it is told apart ("total" and "", "reason" and
    a BounceReason, "hours" and the whole hours an answer or a first contact took, "wait" and those from reception to
    acceptance, "hop" and how many associations had been asked before, "age" and years, "level", "public", "need",
    "channel", "referrer", "departement"; "" when unknown). amount: their number, less what was undone.
    """

    __tablename__ = "daily_figure"
    __table_args__ = (
        UniqueConstraint(
            "association_id", "side", "measure", "dimension", "day", "value", postgresql_nulls_not_distinct=True
        ),
    )


class FigureDelta(Figure, Base):
    """One change of the sums, appended with its event: nobody waits for a counter."""

    __tablename__ = "figure_delta"
    __table_args__ = (Index("ix_figure_delta_association", "association_id", "measure"),)


class KeptFigure(Figure, Base):
    """What requests counted for whose facts are gone since: the recount goes on from there."""

    __tablename__ = "figure_kept"
    __table_args__ = (
        UniqueConstraint(
            "association_id", "side", "measure", "dimension", "day", "value", postgresql_nulls_not_distinct=True
        ),
    )
