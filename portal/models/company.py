"""Companies: the pages of the offer, those who ask to be called, and those whose employees come to mentor."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.foundation.extensions import Base
from portal.models.types import CreatedAt, Key, Sealed, Str, one_of


class OfferPage(StrEnum):
    """Every text of the offer that staff edit; the kits can be downloaded."""

    HOME = "home"
    INFORMER = "informer"
    ORIENTER = "orienter"
    CONSEILLER = "conseiller"
    EMPLOYEES = "employees"
    KIT_ANNOUNCEMENT = "kit_announcement"
    KIT_QUESTIONS = "kit_questions"
    KIT_CALL_FOR_PROJECTS = "kit_call_for_projects"

    @property
    def label(self) -> str:
        return OFFER_LABELS[self]

    @property
    def kit(self) -> bool:
        return self.value.startswith("kit_")


OFFER_LABELS = {
    OfferPage.HOME: "Accueil des entreprises",
    OfferPage.INFORMER: "Informer",
    OfferPage.ORIENTER: "Orienter",
    OfferPage.CONSEILLER: "Conseiller",
    OfferPage.EMPLOYEES: "Page des salariés",
    OfferPage.KIT_ANNOUNCEMENT: "Kit : annoncer le mentorat à vos équipes",
    OfferPage.KIT_QUESTIONS: "Kit : les questions de vos salariés",
    OfferPage.KIT_CALL_FOR_PROJECTS: "Kit : préparer un appel à projets",
}


class OfferText(Base):
    """One version of a page's text: the highest published number is shown. body: in the safe mark-up, never HTML."""

    __tablename__ = "offer_text"
    __table_args__ = (UniqueConstraint("page", "number"),)

    id: Mapped[Key]
    page: Mapped[OfferPage] = mapped_column(one_of(OfferPage, name="page"))
    number: Mapped[int]
    title: Mapped[Str]
    lead: Mapped[Str]
    body: Mapped[Str]
    created_at: Mapped[CreatedAt]
    created_by: Mapped[UUID | None]
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    published_by: Mapped[UUID | None]


class Company(Base):
    """A company with a link of its own for its employees (slug); closed, the link says so and counts no more."""

    __tablename__ = "company"

    id: Mapped[Key]
    slug: Mapped[Str] = mapped_column(Text, unique=True)
    name: Mapped[Str]
    words: Mapped[Str] = mapped_column(Text, default="")
    created_at: Mapped[CreatedAt]
    created_by: Mapped[UUID | None]
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads a plain dict


class CompanyVolunteer(Base):
    """A request that came by a company's link: counted for it, never named to it."""

    __tablename__ = "company_volunteer"

    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referral.id", ondelete="CASCADE"), primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("company.id"), index=True)
    created_at: Mapped[CreatedAt]


class LeadKind(StrEnum):
    """What a company asks for."""

    CONTACT = "contact"
    MEETING = "meeting"
    EMPLOYEES = "employees"


class LeadState(StrEnum):
    """How far staff are with it."""

    RECEIVED = "received"
    CALLED = "called"
    ORIENTED = "oriented"
    ENGAGED = "engaged"
    CLOSED = "closed"


class Lead(Base):
    """A company's request. contact_sealed: JSON (name, role, mail, telephone, message) sealed by the vault.

    answers: what it chose in Orienter, as codes. associations: ids it asked to be put in touch with.
    """

    __tablename__ = "lead"
    __table_args__ = (Index("ix_lead_state", "state", "received_at", "id"),)

    id: Mapped[Key]
    number: Mapped[Str] = mapped_column(Text, unique=True)
    kind: Mapped[LeadKind] = mapped_column(one_of(LeadKind, name="kind"))
    company_name: Mapped[Str]
    contact_sealed: Mapped[Sealed]
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    associations: Mapped[list[str]] = mapped_column(JSONB, default=list)
    received_at: Mapped[CreatedAt]
    state: Mapped[LeadState] = mapped_column(one_of(LeadState, name="state"), default=LeadState.RECEIVED)
    state_since: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    owner_id: Mapped[UUID | None]
    next_action: Mapped[str | None] = mapped_column(Text)
    next_action_on: Mapped[date | None]
    company_id: Mapped[UUID | None] = mapped_column(ForeignKey("company.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads a plain dict


class LeadStep(Base):
    """What staff did with a lead, in order; note_sealed: their words, sealed by the vault."""

    __tablename__ = "lead_step"
    __table_args__ = (Index("ix_lead_step_lead", "lead_id", "at"),)

    id: Mapped[Key]
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"))
    at: Mapped[CreatedAt]
    account_id: Mapped[UUID | None]
    state: Mapped[LeadState] = mapped_column(one_of(LeadState, name="state"))
    owner_id: Mapped[UUID | None]
    next_action_on: Mapped[date | None]
    note_sealed: Mapped[bytes | None]
