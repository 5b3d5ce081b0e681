"""The domain's history and the audit journal."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.foundation.extensions import Base
from portal.models.types import CreatedAt, Key, one_of


class EventName(StrEnum):
    """Facts, past tense."""

    REFERRAL_SUBMITTED = "referral_submitted"
    ADDRESS_CONFIRMED = "address_confirmed"
    GUARDIAN_CONSENTED = "guardian_consented"
    GUARDIAN_REFUSED = "guardian_refused"
    REFERRAL_CONFIRMED = "referral_confirmed"
    REFERRAL_PLACED = "referral_placed"
    REFERRAL_WAITLISTED = "referral_waitlisted"
    REFERRAL_UNROUTABLE = "referral_unroutable"
    REFERRAL_ORIENTED_BY_HAND = "referral_oriented_by_hand"
    REFERRAL_WITHDRAWN = "referral_withdrawn"
    REFERRAL_CLOSED = "referral_closed"
    REFERRAL_MERGED = "referral_merged"
    REFERRAL_REOPENED = "referral_reopened"
    ASSIGNMENT_SEEN = "assignment_seen"
    ASSIGNMENT_ACCEPTED = "assignment_accepted"
    ASSIGNMENT_BOUNCED = "assignment_bounced"
    ASSIGNMENT_EXPIRED = "assignment_expired"
    ASSIGNMENT_UNDONE = "assignment_undone"
    ASSIGNMENT_CONTACTED = "assignment_contacted"
    ASSIGNMENT_PAIRED = "assignment_paired"
    ASSIGNMENT_ENDED = "assignment_ended"
    ASSIGNMENT_GIVEN_UP = "assignment_given_up"
    ASSIGNMENT_UNREACHABLE = "assignment_unreachable"
    INFORMATION_ASKED = "information_asked"
    ASSIGNMENT_POSTPONED = "assignment_postponed"
    CAPACITY_CHANGED = "capacity_changed"
    PAUSE_CHANGED = "pause_changed"
    CRITERIA_CHANGED = "criteria_changed"
    OBJECTIVE_DECLARED = "objective_declared"
    CRITERIA_PROPOSED = "criteria_proposed"
    PROPOSAL_SETTLED = "proposal_settled"
    PROGRAMME_CHANGED = "programme_changed"
    OUTSIDE_COUNT_DECLARED = "outside_count_declared"
    CAMPAIGN_CHANGED = "campaign_changed"
    ASSOCIATION_CHANGED = "association_changed"
    PLACES_CONFIRMED = "places_confirmed"
    POLICY_PUBLISHED = "policy_published"


class Event(Base):
    """What happened, to what, by whom. data: codes and numbers only, never a name or a contact."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_referral", "referral_id", "at"),
        Index("ix_event_association", "association_id", "at"),
        Index("ix_event_assignment", "assignment_id", "at", postgresql_where="assignment_id IS NOT NULL"),
    )

    id: Mapped[Key]
    at: Mapped[CreatedAt]
    name: Mapped[EventName] = mapped_column(one_of(EventName, name="name"))
    referral_id: Mapped[UUID | None]
    association_id: Mapped[UUID | None]
    assignment_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)


class JournalAct(StrEnum):
    """What the audit journal records."""

    CONTACT_READ = "contact_read"
    REFERRAL_SEEN = "referral_seen"
    ANSWERED = "answered"
    ORIENTED = "oriented"
    CAPACITY_CHANGED = "capacity_changed"
    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGNED_OUT = "signed_out"
    SEARCHED = "searched"
    CONSENT_GIVEN = "consent_given"
    CRITERIA_CHANGED = "criteria_changed"
    PROGRAMME_CHANGED = "programme_changed"
    OBJECTIVE_CHANGED = "objective_changed"
    ASSOCIATION_CHANGED = "association_changed"
    MEMBER_INVITED = "member_invited"
    MEMBER_JOINED = "member_joined"
    MEMBER_LEFT = "member_left"
    ROLE_CHANGED = "role_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of an act
    SECOND_FACTOR_SET = "second_factor_set"
    SECOND_FACTOR_RESET = "second_factor_reset"
    SECOND_FACTOR_REFUSED = "second_factor_refused"
    PROVIDER_CHANGED = "provider_changed"
    IDENTITY_LINKED = "identity_linked"
    LEAD_READ = "lead_read"
    LEAD_CHANGED = "lead_changed"
    OFFER_CHANGED = "offer_changed"
    COMPANY_CHANGED = "company_changed"
    DOCUMENT_MADE = "document_made"
    FIGURES_EXPORTED = "figures_exported"
    FILE_PASSWORD_READ = "file_password_read"  # noqa: S105 - the name of an act
    FILE_PASSWORD_RENEWED = "file_password_renewed"  # noqa: S105 - the name of an act
    FILE_SETTING_CHANGED = "file_setting_changed"
    MORNING_FILE_READ = "morning_file_read"
    MAIL_RETRIED = "mail_retried"
    JOB_WOKEN = "job_woken"
    REPLAY_ASKED = "replay_asked"
    POLICY_PROPOSED = "policy_proposed"
    POLICY_SETTLED = "policy_settled"


class JournalEntry(Base):
    """Who saw or did what: append-only, ids only. mac: the chain, sealed in order by a job, never by the writer."""

    __tablename__ = "journal_entry"
    __table_args__ = (
        Index("ix_journal_entry_association", "association_id", "at"),
        Index("ix_journal_entry_referral", "referral_id", "at"),
    )

    id: Mapped[Key]
    at: Mapped[CreatedAt]
    act: Mapped[JournalAct] = mapped_column(one_of(JournalAct, name="act"))
    account_id: Mapped[UUID | None]
    association_id: Mapped[UUID | None]
    referral_id: Mapped[UUID | None]
    detail: Mapped[str | None] = mapped_column(Text)


class JournalSeal(Base):
    """One link of the chain over the journal, in the order of sealing."""

    __tablename__ = "journal_seal"

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[UUID] = mapped_column(unique=True)
    mac: Mapped[bytes] = mapped_column(LargeBinary)
