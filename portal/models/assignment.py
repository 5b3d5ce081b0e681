"""An assignment: one referral offered to one programme of an association, and its whole life there."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from matching.vocabulary import Side
from portal.foundation.extensions import Base
from portal.models.types import AssociationKey, Key, Str, its_own, one_of


class AssignmentState(StrEnum):
    """What the association has done with the request."""

    OFFERED = "offered"
    SEEN = "seen"
    INFORMATION_ASKED = "information_asked"
    POSTPONED = "postponed"
    ACCEPTED = "accepted"
    CONTACTED = "contacted"
    UNREACHABLE = "unreachable"
    PAIRED = "paired"
    ENDED = "ended"
    GIVEN_UP = "given_up"
    BOUNCED = "bounced"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        return ASSIGNMENT_LABELS[self]


_A = AssignmentState
ASSIGNMENT_LABELS = {
    _A.OFFERED: "Proposée",
    _A.SEEN: "Vue",
    _A.INFORMATION_ASKED: "Précision demandée",
    _A.POSTPONED: "Reportée",
    _A.ACCEPTED: "Acceptée",
    _A.CONTACTED: "Contactée",
    _A.UNREACHABLE: "Injoignable",
    _A.PAIRED: "En binôme",
    _A.ENDED: "Terminée",
    _A.GIVEN_UP: "Abandonnée",
    _A.BOUNCED: "Réorientée",
    _A.EXPIRED: "Sans réponse",
    _A.WITHDRAWN: "Retirée",
}
TO_ANSWER = frozenset({_A.OFFERED, _A.SEEN, _A.INFORMATION_ASKED, _A.POSTPONED})
TAKEN = frozenset({_A.ACCEPTED, _A.CONTACTED, _A.UNREACHABLE, _A.PAIRED})
_ANSWERS = {_A.ACCEPTED, _A.BOUNCED, _A.EXPIRED, _A.WITHDRAWN}
TRANSITIONS: dict[AssignmentState, set[AssignmentState]] = {
    _A.OFFERED: {_A.SEEN, _A.INFORMATION_ASKED, _A.POSTPONED} | _ANSWERS,
    _A.SEEN: {_A.INFORMATION_ASKED, _A.POSTPONED} | _ANSWERS,
    _A.INFORMATION_ASKED: {_A.SEEN, _A.POSTPONED} | _ANSWERS,
    _A.POSTPONED: {_A.SEEN, _A.INFORMATION_ASKED} | _ANSWERS,
    _A.ACCEPTED: {_A.CONTACTED, _A.UNREACHABLE, _A.PAIRED, _A.GIVEN_UP, _A.BOUNCED, _A.WITHDRAWN, _A.OFFERED},
    _A.CONTACTED: {_A.UNREACHABLE, _A.PAIRED, _A.GIVEN_UP, _A.BOUNCED, _A.WITHDRAWN},
    _A.UNREACHABLE: {_A.CONTACTED, _A.PAIRED, _A.GIVEN_UP, _A.BOUNCED, _A.WITHDRAWN},
    _A.PAIRED: {_A.ENDED, _A.WITHDRAWN},
    _A.BOUNCED: {_A.OFFERED, _A.WITHDRAWN},
    _A.ENDED: set(),
    _A.GIVEN_UP: set(),
    _A.EXPIRED: set(),
    _A.WITHDRAWN: set(),
}


class BounceReason(StrEnum):
    """Why an association sends a request back; what follows is the table in models.bounce."""

    NO_PLACE = "no_place"
    AGE_OR_LEVEL = "age_or_level"
    TERRITORY = "territory"
    OTHER_NEED = "other_need"
    NEEDS_REFERRER = "needs_referrer"
    NO_FITTING_MATCH = "no_fitting_match"
    UNREACHABLE = "unreachable"
    NO_FOLLOW_UP = "no_follow_up"
    DUPLICATE = "duplicate"
    CHARTER_NOT_MET = "charter_not_met"
    TOO_LITTLE_TIME = "too_little_time"
    OTHER = "other"


class Assignment(Base):
    """At most one open (closed_at IS NULL) per referral: the database refuses a second.

    place: the code of the capacity row it uses. excerpt: why it came here, the association's own part of the
    decision. to_verify: what the association should check. late_at, due_at: when silence is late, when it goes on.
    undo_until: until then an answer can be taken back; its effect is applied after. contact_from/until: when the
    contact details can be read. version is raised by whoever answers: the second of two coordinators loses.
    """

    __tablename__ = "assignment"
    __table_args__ = (
        its_own("programme"),
        its_own("capacity"),
        Index("uq_assignment_current", "referral_id", unique=True, postgresql_where="closed_at IS NULL"),
        Index("ix_assignment_referral", "referral_id"),
        Index("ix_assignment_inbox", "association_id", "state", "due_at", "id"),
        Index("ix_assignment_history", "association_id", "offered_at", "id"),
        Index("ix_assignment_due", "due_at", postgresql_where="closed_at IS NULL"),
        Index("ix_assignment_to_apply", "undo_until", postgresql_where="applied_at IS NULL AND undo_until IS NOT NULL"),
    )

    id: Mapped[Key]
    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referral.id", ondelete="CASCADE"))
    association_id: Mapped[AssociationKey]
    programme_id: Mapped[UUID]
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaign.id"))
    capacity_id: Mapped[UUID | None]
    decision_id: Mapped[UUID | None]
    side: Mapped[Side] = mapped_column(one_of(Side, name="side"))
    referral_number: Mapped[Str]
    place: Mapped[Str]
    hop: Mapped[int] = mapped_column(SmallInteger, default=0)
    by_hand: Mapped[bool] = mapped_column(default=False)
    state: Mapped[AssignmentState] = mapped_column(one_of(AssignmentState, name="state"))
    offered_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    late_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    seen_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    answered_by: Mapped[UUID | None]
    answered_by_name: Mapped[str | None] = mapped_column(Text)
    bounce_reason: Mapped[BounceReason | None] = mapped_column(one_of(BounceReason, name="bounce_reason"))
    bounce_note: Mapped[str | None] = mapped_column(Text)
    undo_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    applied_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    contact_from: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    contact_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    excerpt: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    to_verify: Mapped[list[str]] = mapped_column(JSONB, default=list)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads a plain dict
