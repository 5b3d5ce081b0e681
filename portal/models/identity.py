"""Who the person is: encrypted, apart from what routing knows, under keys that live in a schema of their own."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.foundation.extensions import Base
from portal.models.types import CreatedAt, Key, ReferralKey, Sealed, Str, one_of


class KeyPurpose(StrEnum):
    """What a person key opens."""

    PREVIEW = "preview"
    IDENTITY = "identity"


class PersonKey(Base):
    """A data key wrapped by the master key. Dumped apart and kept 7 days, so that erasure reaches backups."""

    __tablename__ = "person_key"
    __table_args__ = {"schema": "keys"}  # noqa: RUF012 - SQLAlchemy reads a plain dict

    referral_id: Mapped[ReferralKey] = mapped_column(primary_key=True)
    purpose: Mapped[KeyPurpose] = mapped_column(one_of(KeyPurpose, name="purpose"), primary_key=True)
    wrapped: Mapped[Sealed]


class Preview(Base):
    """First name and initial: what a coordinator sees before accepting. Sealed JSON {"first_name", "initial"}."""

    __tablename__ = "preview"

    referral_id: Mapped[ReferralKey] = mapped_column(primary_key=True)
    sealed: Mapped[Sealed]


class Identity(Base):
    """Names, contact, birth date, free text, guardian and referrer: one sealed JSON (see operations.intake)."""

    __tablename__ = "identity"

    referral_id: Mapped[ReferralKey] = mapped_column(primary_key=True)
    sealed: Mapped[Sealed]


class BlindIndexKind(StrEnum):
    """What can be found by exact value without being readable."""

    MAIL = "mail"
    TELEPHONE = "telephone"
    LAST_NAME = "last_name"


class BlindIndex(Base):
    """HMAC of a normalised value: equality only (duplicates, exact search by staff)."""

    __tablename__ = "blind_index"
    __table_args__ = (
        UniqueConstraint("referral_id", "kind", "digest"),
        Index("ix_blind_index_kind_digest", "kind", "digest"),
    )

    id: Mapped[Key]
    referral_id: Mapped[ReferralKey]
    kind: Mapped[BlindIndexKind] = mapped_column(one_of(BlindIndexKind, name="kind"))
    digest: Mapped[bytes] = mapped_column(LargeBinary)


class LinkPurpose(StrEnum):
    """What a mailed link is for."""

    ADDRESS = "address"
    GUARDIAN = "guardian"


class ReferralLink(Base):
    """A live link to one referral, apart from its tracking link. digest: that of the token; the token itself is derived again when needed."""

    __tablename__ = "referral_link"

    digest: Mapped[Str] = mapped_column(Text, primary_key=True)
    referral_id: Mapped[ReferralKey] = mapped_column(index=True)
    purpose: Mapped[LinkPurpose] = mapped_column(one_of(LinkPurpose, name="purpose"))
    created_at: Mapped[CreatedAt]


class ConsentKind(StrEnum):
    """Which agreement was given; who must give which is a rule of operations.consent."""

    APPLICANT = "applicant"
    GUARDIAN = "guardian"
    SENSITIVE = "sensitive"
    PROFESSIONAL_ATTESTATION = "professional_attestation"
    GUARDIAN_INFORMED = "guardian_informed"
    GUARDIAN_AUTHORISATION = "guardian_authorisation"


class Consent(Base):
    """An agreement given, when, and to which wording."""

    __tablename__ = "consent"
    __table_args__ = (UniqueConstraint("referral_id", "kind"),)

    id: Mapped[Key]
    referral_id: Mapped[ReferralKey]
    kind: Mapped[ConsentKind] = mapped_column(one_of(ConsentKind, name="kind"))
    wording: Mapped[Str]
    given_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Draft(Base):
    """A form being filled in: sealed answers, found only by the digest of its owner's cookie."""

    __tablename__ = "draft"

    id: Mapped[Key]
    token_digest: Mapped[Str] = mapped_column(Text, unique=True)
    form: Mapped[Str]
    sealed: Mapped[Sealed]
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    submitted_as: Mapped[UUID | None] = mapped_column(ForeignKey("referral.id", ondelete="SET NULL"))
