"""A clarification: what an association asks before it answers, and what it is told. Both are sealed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.foundation.extensions import Base
from portal.models.types import AssociationKey, CreatedAt, Key, ReferralKey, Sealed


class Clarification(Base):
    """Sealed with the referral's preview key: read by the association while the request is with it, and by its link."""

    __tablename__ = "clarification"
    __table_args__ = (Index("ix_clarification_referral", "referral_id", "asked_at"),)

    id: Mapped[Key]
    referral_id: Mapped[ReferralKey]
    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("assignment.id", ondelete="CASCADE"))
    association_id: Mapped[AssociationKey]
    asked_at: Mapped[CreatedAt]
    asked_by: Mapped[UUID | None]
    question_sealed: Mapped[Sealed]
    answered_at: Mapped[datetime | None]
    answer_sealed: Mapped[bytes | None]
