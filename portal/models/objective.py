"""Objective: the projection an association declared for a campaign and side; ARM measures against it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from matching.vocabulary import Side
from portal.foundation.extensions import Base
from portal.models.types import AssociationKey, Key, one_of


class Objective(Base):
    """The highest version is in force. virtual_start_*: ARM's V for this version, a frozen fraction."""

    __tablename__ = "objective"
    __table_args__ = (
        UniqueConstraint("association_id", "side", "campaign_id", "version"),
        CheckConstraint(
            "amount >= 0 AND virtual_start_numerator >= 0 AND virtual_start_denominator > 0", name="positive"
        ),
    )

    id: Mapped[Key]
    association_id: Mapped[AssociationKey]
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaign.id"))
    side: Mapped[Side] = mapped_column(one_of(Side, name="side"))
    amount: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)
    virtual_start_numerator: Mapped[int] = mapped_column(BigInteger, default=0)
    virtual_start_denominator: Mapped[int] = mapped_column(BigInteger, default=1)
    provisional: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str | None] = mapped_column(Text)
    validated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    validated_by: Mapped[UUID | None]


class OutsideCount(Base):
    """Young people or mentors who came by other ways, as declared on a day; the latest adds to committed."""

    __tablename__ = "outside_count"
    __table_args__ = (UniqueConstraint("association_id", "side", "campaign_id", "declared_on"),)

    id: Mapped[Key]
    association_id: Mapped[AssociationKey]
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaign.id"))
    side: Mapped[Side] = mapped_column(one_of(Side, name="side"))
    amount: Mapped[int]
    declared_on: Mapped[date]
    declared_by: Mapped[UUID | None]
