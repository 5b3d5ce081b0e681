"""What routing keeps: its rules, the catalogue it saw, each decision, and the sums it ranks on."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, LargeBinary, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from matching.vocabulary import Side
from portal.foundation.extensions import Base
from portal.models.types import AssociationKey, CreatedAt, Key, ReferralKey, Str, its_own, one_of


class RoutingPolicy(Base):
    """Versioned rules of the platform; the highest version is in force."""

    __tablename__ = "routing_policy"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[Str]
    maximum_hops: Mapped[int] = mapped_column(SmallInteger)
    note: Mapped[Str] = mapped_column(Text, default="")
    created_at: Mapped[CreatedAt]
    created_by: Mapped[UUID | None]


class RoutingCatalogue(Base):
    """The programmes a decision looked at, in order, with their versions and names: stored once, never updated."""

    __tablename__ = "routing_catalogue"

    id: Mapped[Key]
    side: Mapped[Side] = mapped_column(one_of(Side, name="side"))
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    programmes: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[CreatedAt]


class RoutingDecision(Base):
    """One run of the engine for one referral.

    packed: matching.storing's form; with the catalogue and the profile it gives the whole explanation back and can
    be run again.
    """

    __tablename__ = "routing_decision"
    __table_args__ = (Index("ix_routing_decision_referral", "referral_id", "decided_at"),)

    id: Mapped[Key]
    referral_id: Mapped[ReferralKey]
    catalogue_id: Mapped[UUID] = mapped_column(ForeignKey("routing_catalogue.id"))
    decided_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    packed: Mapped[bytes] = mapped_column(LargeBinary)
    profile: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    orienter_id: Mapped[UUID | None]
    orienter_reason: Mapped[str | None] = mapped_column(Text)


class AssociationStanding(Base):
    """Sums the drainer keeps: what counts as committed, when it was last served, its reach."""

    __tablename__ = "association_standing"

    association_id: Mapped[AssociationKey] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    side: Mapped[Side] = mapped_column(one_of(Side, name="side"), primary_key=True)
    committed: Mapped[int] = mapped_column(default=0)
    last_served_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reach: Mapped[int] = mapped_column(default=0)


class ProgrammeStanding(Base):
    """The same for one programme within its association."""

    __tablename__ = "programme_standing"
    __table_args__ = (its_own("programme"),)

    programme_id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    side: Mapped[Side] = mapped_column(one_of(Side, name="side"), primary_key=True)
    association_id: Mapped[AssociationKey]
    committed: Mapped[int] = mapped_column(default=0)
    last_served_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class CapacityUse(Base):
    """How many places of one capacity row are taken."""

    __tablename__ = "capacity_use"

    capacity_id: Mapped[UUID] = mapped_column(ForeignKey("capacity.id", ondelete="CASCADE"), primary_key=True)
    association_id: Mapped[AssociationKey]
    taken: Mapped[int] = mapped_column(default=0)


class StandingDelta(Base):
    """A change of the sums appended by whoever answered; the drainer folds it in before it ranks."""

    __tablename__ = "standing_delta"
    __table_args__ = (
        its_own("programme"),
        its_own("capacity"),
        CheckConstraint("amount IN (-1, 1)", name="amount"),
    )

    id: Mapped[Key]
    association_id: Mapped[AssociationKey]
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaign.id"))
    side: Mapped[Side] = mapped_column(one_of(Side, name="side"))
    programme_id: Mapped[UUID]
    capacity_id: Mapped[UUID | None]
    amount: Mapped[int] = mapped_column(SmallInteger)
