"""A programme: what an association offers, its immutable versions of criteria per side, and those it proposes."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from matching.vocabulary import Side
from portal.foundation.extensions import Base
from portal.models.types import AssociationKey, CreatedAt, Key, Str, its_own, one_of


class Programme(Base):
    """Pause and intake window are openings, not criteria: days, both included. weight: its share of what comes."""

    __tablename__ = "programme"
    __table_args__ = (UniqueConstraint("id", "association_id"),)

    id: Mapped[Key]
    association_id: Mapped[AssociationKey] = mapped_column(index=True)
    slug: Mapped[Str] = mapped_column(Text, unique=True)
    name: Mapped[Str]
    description: Mapped[Str] = mapped_column(Text, default="")
    weight: Mapped[int] = mapped_column(default=1)
    paused_from: Mapped[date | None]
    paused_until: Mapped[date | None]
    intake_from: Mapped[date | None]
    intake_until: Mapped[date | None]
    archived_at: Mapped[datetime | None]


class ProgrammeVersion(Base):
    """Criteria of one programme for one side; the highest number is in force. Never updated.

    criteria: the expression of matching.criteria, as JSON. notes: what was interpreted, and from which source.
    """

    __tablename__ = "programme_version"
    __table_args__ = (
        UniqueConstraint("programme_id", "side", "number"),
        its_own("programme"),
        Index("ix_programme_version_association_id", "association_id"),
    )

    id: Mapped[Key]
    association_id: Mapped[AssociationKey]
    programme_id: Mapped[UUID]
    side: Mapped[Side] = mapped_column(one_of(Side, name="side"))
    number: Mapped[int]
    criteria: Mapped[dict[str, Any]] = mapped_column(JSONB)
    notes: Mapped[list[str]] = mapped_column(JSONB, default=list)
    created_at: Mapped[CreatedAt]
    created_by: Mapped[UUID | None]


class Verdict(StrEnum):
    """How a proposal ended."""

    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class CriteriaProposal(Base):
    """Criteria that wait for the Collectif's approval; at most one pending per programme and side.

    based_on: the number of the version it was drawn from, 0 for none. reason: why staff refused it.
    """

    __tablename__ = "criteria_proposal"
    __table_args__ = (
        its_own("programme"),
        Index("ix_criteria_proposal_association", "association_id", "created_at"),
        Index("uq_criteria_proposal_pending", "programme_id", "side", unique=True, postgresql_where="verdict IS NULL"),
    )

    id: Mapped[Key]
    association_id: Mapped[AssociationKey]
    programme_id: Mapped[UUID]
    side: Mapped[Side] = mapped_column(one_of(Side, name="side"))
    criteria: Mapped[dict[str, Any]] = mapped_column(JSONB)
    notes: Mapped[list[str]] = mapped_column(JSONB, default=list)
    based_on: Mapped[int]
    created_at: Mapped[CreatedAt]
    created_by: Mapped[UUID | None]
    verdict: Mapped[Verdict | None] = mapped_column(one_of(Verdict, name="verdict"))
    settled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    settled_by: Mapped[UUID | None]
    reason: Mapped[str | None] = mapped_column(Text)
