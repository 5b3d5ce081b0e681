"""Capacity: the places an association declares, per side, place and campaign. Never the objective."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from matching.vocabulary import Side
from portal.foundation.extensions import Base
from portal.models.types import AssociationKey, Key, Str, its_own, one_of


class Capacity(Base):
    """A total over the campaign, not a stock: what is free is amount less what is taken.

    place: a code of matching's places ("commune:59512", "remote"). or_more: the amount is a floor and never runs
    out. programme_id: a programme's own cap; None, shared by the association's programmes.
    """

    __tablename__ = "capacity"
    __table_args__ = (
        UniqueConstraint(
            "association_id", "side", "campaign_id", "place", "programme_id", postgresql_nulls_not_distinct=True
        ),
        UniqueConstraint("id", "association_id"),
        its_own("programme"),
        CheckConstraint("amount >= 0", name="amount"),
    )

    id: Mapped[Key]
    association_id: Mapped[AssociationKey]
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaign.id"))
    programme_id: Mapped[UUID | None]
    side: Mapped[Side] = mapped_column(one_of(Side, name="side"))
    place: Mapped[Str] = mapped_column(Text)
    amount: Mapped[int]
    or_more: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    updated_by: Mapped[UUID | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads a plain dict
