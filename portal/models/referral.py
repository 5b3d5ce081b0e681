"""A referral: one request to be handed to an association, from either side."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, SmallInteger, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from matching.vocabulary import Channel, Side
from portal.foundation.extensions import Base
from portal.models.types import Key, Str, one_of


class ReferralState(StrEnum):
    """Where the request stands; what happens with an association is its assignment's."""

    AWAITING_CONSENT = "awaiting_consent"
    AWAITING_APPLICANT = "awaiting_applicant"
    TO_ROUTE = "to_route"
    WAITLISTED = "waitlisted"
    UNROUTABLE = "unroutable"
    PLACED = "placed"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    ANONYMISED = "anonymised"

    @property
    def label(self) -> str:
        return STATE_LABELS[self]


STATE_LABELS = {
    ReferralState.AWAITING_CONSENT: "Accord attendu",
    ReferralState.AWAITING_APPLICANT: "Précision attendue",
    ReferralState.TO_ROUTE: "À orienter",
    ReferralState.WAITLISTED: "Sans place",
    ReferralState.UNROUTABLE: "Nulle part",
    ReferralState.PLACED: "Confiée",
    ReferralState.CLOSED: "Terminée",
    ReferralState.WITHDRAWN: "Retirée",
    ReferralState.MERGED: "Doublon",
    ReferralState.ANONYMISED: "Anonymisée",
}


class UnroutableWhy(StrEnum):
    """Why no association can be offered the request, as staff read it."""

    NONE = "none"
    EXHAUSTED = "exhausted"
    HOPS = "hops"
    OTHER = "other"

    @property
    def label(self) -> str:
        return WHY_LABELS[self]


WHY_LABELS = {
    UnroutableWhy.NONE: "Aucune association ne convient",
    UnroutableWhy.EXHAUSTED: "Toutes celles qui convenaient ont été essayées",
    UnroutableWhy.HOPS: "Trop de réorientations",
    UnroutableWhy.OTHER: "Motif à lire",
}

_R = ReferralState
_LEAVING = {_R.WITHDRAWN, _R.MERGED, _R.ANONYMISED}
REFERRAL_TRANSITIONS: dict[ReferralState, set[ReferralState]] = {
    _R.AWAITING_CONSENT: {_R.TO_ROUTE, _R.CLOSED} | _LEAVING,
    _R.AWAITING_APPLICANT: {_R.TO_ROUTE, _R.CLOSED} | _LEAVING,
    _R.TO_ROUTE: {_R.PLACED, _R.WAITLISTED, _R.UNROUTABLE} | _LEAVING,
    _R.WAITLISTED: {_R.PLACED, _R.UNROUTABLE, _R.TO_ROUTE} | _LEAVING,
    _R.UNROUTABLE: {_R.PLACED, _R.WAITLISTED, _R.TO_ROUTE, _R.CLOSED} | _LEAVING,
    _R.PLACED: {_R.TO_ROUTE, _R.UNROUTABLE, _R.AWAITING_APPLICANT, _R.CLOSED} | _LEAVING,
    _R.CLOSED: {_R.TO_ROUTE, _R.ANONYMISED},
    _R.WITHDRAWN: {_R.ANONYMISED},
    _R.MERGED: {_R.ANONYMISED},
    _R.ANONYMISED: set(),
}


class Awaited(StrEnum):
    """What a request still lacks before it may be routed."""

    ADDRESS = "address"
    GUARDIAN = "guardian"


class News(StrEnum):
    """What whoever made the request wants to be told by mail; what it must answer is always told."""

    EVERY_STEP = "every_step"
    OUTCOME = "outcome"
    NONE = "none"


class Referral(Base):
    """What routing may know, and where the request stands. Names and contact live elsewhere (identity, preview).

    profile: matching.Profile as JSON. commune, departement, region, age, needs: copies of it, for lists and
    filters. places: every place code around the commune. version is raised by whoever changes the row.
    tracking_digest: what the tracking link's token hashes to. news: which steps are told by mail. mail_refused_at,
    guardian_refused_at: since when the mailbox of whoever asked, or of the guardian, refuses our messages.
    """

    __tablename__ = "referral"
    __table_args__ = (
        Index("ix_referral_received", "received_at", "id"),
        Index("ix_referral_state_received", "state", "received_at", "id"),
        Index("ix_referral_departement_received", "departement", "received_at", "id"),
        Index("ix_referral_waiting", "side", "received_at", "id", postgresql_where="state = 'to_route'"),
        Index(
            "ix_referral_refused",
            "received_at",
            "id",
            postgresql_where="mail_refused_at IS NOT NULL OR guardian_refused_at IS NOT NULL",
        ),
        Index("ix_referral_waitlisted", "side", "received_at", "id", postgresql_where="state = 'waitlisted'"),
    )

    id: Mapped[Key]
    number: Mapped[Str] = mapped_column(Text, unique=True)
    side: Mapped[Side] = mapped_column(one_of(Side, name="side"))
    channel: Mapped[Channel] = mapped_column(one_of(Channel, name="channel"))
    state: Mapped[ReferralState] = mapped_column(one_of(ReferralState, name="state"))
    state_since: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    unroutable_why: Mapped[UnroutableWhy | None] = mapped_column(one_of(UnroutableWhy, name="unroutable_why"))
    awaiting: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaign.id"))
    profile: Mapped[dict[str, Any]] = mapped_column(JSONB)
    age: Mapped[int | None] = mapped_column(SmallInteger)
    commune: Mapped[str | None] = mapped_column(Text)
    departement: Mapped[str | None] = mapped_column(Text)
    region: Mapped[str | None] = mapped_column(Text)
    needs: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    hops: Mapped[int] = mapped_column(SmallInteger, default=0)
    tracking_digest: Mapped[Str] = mapped_column(Text, unique=True)
    link_version: Mapped[int] = mapped_column(SmallInteger, default=1)
    merged_into: Mapped[UUID | None]
    news: Mapped[News] = mapped_column(one_of(News, name="news"), default=News.EVERY_STEP)
    mail_refused_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    guardian_refused_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads a plain dict
