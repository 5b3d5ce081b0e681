"""The outbox: what must leave by e-mail, written in the same transaction as its cause."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.foundation import clock
from portal.foundation.extensions import Base
from portal.models.types import CreatedAt, Key, Str, one_of

GIVES_UP_AFTER = timedelta(hours=48)


class OutboxState(StrEnum):
    """Whether what must leave has left.

    SPREAD: it was for a team, and one row for each member who wants it has taken its place. DROPPED: nobody is left
    to write to, or what it told of is over. DEAD: refused, or tried for 48 hours in vain; staff see it.
    """

    PENDING = "pending"
    SENT = "sent"
    SPREAD = "spread"
    DROPPED = "dropped"
    DEAD = "dead"


class Message(StrEnum):
    """Every e-mail the portal sends (one pure function each in portal.mail).

    ERASURE_NOTICE: to whoever asked: in a month nothing personal of this old request is kept, unless they write.
    """

    REFERRAL_RECEIVED = "referral_received"
    CONFIRM_ADDRESS = "confirm_address"
    ADDRESS_REMINDER = "address_reminder"
    GUARDIAN_CONSENT = "guardian_consent"
    GUARDIAN_REMINDER = "guardian_reminder"
    GUARDIAN_INFORMED = "guardian_informed"
    REFERRAL_PLACED = "referral_placed"
    REFERRAL_WAITLISTED = "referral_waitlisted"
    REFERRAL_ACCEPTED = "referral_accepted"
    REFERRAL_PAIRED = "referral_paired"
    REFERRAL_CLOSED = "referral_closed"
    CLARIFICATION_ASKED = "clarification_asked"
    APPLICANT_AWAITED = "applicant_awaited"
    ERASURE_NOTICE = "erasure_notice"
    INVITATION = "invitation"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - the name of a message
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of a message
    SECOND_FACTOR_RESET = "second_factor_reset"
    LEAD_RECEIVED = "lead_received"
    REQUEST_OFFERED = "request_offered"
    CLARIFICATION_ANSWERED = "clarification_answered"
    REQUESTS_DIGEST = "requests_digest"
    SILENCE_REMINDER = "silence_reminder"
    FOLLOW_UP_DUE = "follow_up_due"
    PLACES_CHECK = "places_check"
    PROPOSAL_SETTLED = "proposal_settled"
    FILE_PASSWORD_RENEWED = "file_password_renewed"  # noqa: S105 - the name of a message
    MORNING_FILE = "morning_file"
    STAFF_DIGEST = "staff_digest"


def gives_up_at() -> datetime:
    return clock.now() + GIVES_UP_AFTER


class Outbox(Base):
    """One message to one mailbox; addresses are read when it leaves, never kept here.

    It is about a request (referral_id), or about something else by its id (reference_id): an invitation, the reset of
    a password, an account, a lead, an assignment, a morning file, an association. association_id: whose team it is
    for, or whose member; account_id: the member it is for. A message for a team without account_id is spread first.
    attempts is raised, and leased_until set, before each attempt; token tells attempts apart: only the latest one
    may say what became of it. error: a code ("smtp_550", "timeout"), never a server's own words.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_pending", "next_attempt_at", "id", postgresql_where="state = 'pending'"),
        Index("ix_outbox_dead", "dead_at", "id", postgresql_where="state = 'dead'"),
        Index("ix_outbox_notice", "referral_id", "created_at", postgresql_where="message = 'erasure_notice'"),
        Index("ix_outbox_reference", "reference_id", postgresql_where="reference_id IS NOT NULL"),
        CheckConstraint("num_nonnulls(referral_id, reference_id) = 1", name="about"),
    )

    id: Mapped[Key]
    deduplication_key: Mapped[Str] = mapped_column(Text, unique=True)
    message: Mapped[Message] = mapped_column(one_of(Message, name="message"))
    referral_id: Mapped[UUID | None]
    reference_id: Mapped[UUID | None]
    association_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None]
    state: Mapped[OutboxState] = mapped_column(one_of(OutboxState, name="state"), default=OutboxState.PENDING)
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    token: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[CreatedAt]
    next_attempt_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    leased_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    gives_up_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=gives_up_at)
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    dead_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    error: Mapped[str | None] = mapped_column(Text)
