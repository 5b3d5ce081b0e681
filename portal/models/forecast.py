"""What is expected: where each association's attainment will stand at the end, and the level it should reach."""

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from matching.vocabulary import Side
from portal.foundation.extensions import Base
from portal.models.types import AssociationKey, one_of


class Forecast(Base):
    """Committed at the campaign's end, as foreseen on a day: nine times in ten between low and high.

    committed, objective: as they stood that day.
    """

    __tablename__ = "forecast"
    __table_args__ = (CheckConstraint("low <= expected AND expected <= high", name="interval"),)

    association_id: Mapped[AssociationKey] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    side: Mapped[Side] = mapped_column(one_of(Side, name="side"), primary_key=True)
    made_on: Mapped[date] = mapped_column(Date, primary_key=True)
    committed: Mapped[int]
    objective: Mapped[int]
    low: Mapped[int]
    expected: Mapped[int]
    high: Mapped[int]


class ProjectedLevel(Base):
    """The attainment an association should reach by the end were all placed at best: what `projected` ranks by."""

    __tablename__ = "projected_level"
    __table_args__ = (CheckConstraint("numerator >= 0 AND denominator > 0", name="positive"),)

    association_id: Mapped[AssociationKey] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    side: Mapped[Side] = mapped_column(one_of(Side, name="side"), primary_key=True)
    solved_on: Mapped[date] = mapped_column(Date)
    numerator: Mapped[int] = mapped_column(BigInteger)
    denominator: Mapped[int] = mapped_column(BigInteger)
