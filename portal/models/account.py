"""Accounts, their memberships of associations, their second factor, and their sessions on the server."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from portal.foundation.extensions import Base
from portal.foundation.permissions import Role
from portal.models.types import AssociationKey, CreatedAt, Key, Sealed, Str, one_of


class Account(Base):
    """Somebody who can sign in. staff: belongs to the Collectif's team. demo: its password is public.

    password_hash: '' for who signs in by a provider only. totp_sealed: the second factor's secret; set, it counts
    only from totp_confirmed_at on. totp_last_step: the latest 30-second step a code was taken for: each code once.
    recovery_digests: those of the recovery codes not used yet. mail_refused_at: since when this mailbox refuses our
    messages, None when the latest one was taken.
    """

    __tablename__ = "account"
    __table_args__ = (Index("uq_account_mail", text("lower(mail)"), unique=True),)

    id: Mapped[Key]
    mail: Mapped[Str]
    name: Mapped[Str]
    password_hash: Mapped[Str]
    staff: Mapped[bool] = mapped_column(default=False)
    demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[CreatedAt]
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    totp_sealed: Mapped[bytes | None]
    totp_confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger)
    recovery_digests: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    mail_refused_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Membership(Base):
    """An account's role within one association, until it leaves."""

    __tablename__ = "membership"
    __table_args__ = (
        Index(
            "uq_membership_current", "account_id", "association_id", unique=True, postgresql_where="ended_at IS NULL"
        ),
    )

    id: Mapped[Key]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    association_id: Mapped[AssociationKey] = mapped_column(index=True)
    role: Mapped[Role] = mapped_column(one_of(Role, name="role"))
    created_at: Mapped[CreatedAt]
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class LoginSession(Base):
    """A browser that signed in; digest is that of its cookie's token. Deleting the row ends it at once.

    second_factor_at: until then only the pages of the second factor open. proof_at: the latest proof of identity,
    which the gravest acts want fresh. via: the provider that vouched for the person, None for a password.
    """

    __tablename__ = "login_session"

    digest: Mapped[Str] = mapped_column(Text, primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    association_id: Mapped[UUID | None] = mapped_column(ForeignKey("association.id"))
    created_at: Mapped[CreatedAt]
    last_seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    second_factor_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    proof_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    via: Mapped[UUID | None] = mapped_column(ForeignKey("identity_provider.id", ondelete="SET NULL"))


class Invitation(Base):
    """Somebody is asked to join an association, or the Collectif's team (association_id None, role STAFF).

    The link's token is derived from id and link_version, so that it can be mailed again and revoked.
    """

    __tablename__ = "invitation"
    __table_args__ = (
        Index(
            "uq_invitation_pending",
            text("lower(mail)"),
            text("coalesce(association_id, '00000000-0000-0000-0000-000000000000'::uuid)"),
            unique=True,
            postgresql_where="accepted_at IS NULL AND withdrawn_at IS NULL",
        ),
    )

    id: Mapped[Key]
    mail: Mapped[Str]
    association_id: Mapped[UUID | None] = mapped_column(ForeignKey("association.id"), index=True)
    role: Mapped[Role] = mapped_column(one_of(Role, name="role"))
    invited_by: Mapped[UUID | None]
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    link_version: Mapped[int] = mapped_column(SmallInteger, default=1)
    accepted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    accepted_by: Mapped[UUID | None]
    withdrawn_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class PasswordReset(Base):
    """A link, good once and for a short time; its token is derived from the id."""

    __tablename__ = "password_reset"

    id: Mapped[Key]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class IdentityProvider(Base):
    """The OpenID Connect provider an association set for its members. client_secret_sealed: sealed by the vault."""

    __tablename__ = "identity_provider"

    id: Mapped[Key]
    association_id: Mapped[AssociationKey] = mapped_column(unique=True)
    name: Mapped[Str]
    issuer: Mapped[Str]
    client_id: Mapped[Str]
    client_secret_sealed: Mapped[Sealed]
    enabled: Mapped[bool] = mapped_column(default=False)
    updated_at: Mapped[CreatedAt]
    updated_by: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads a plain dict


class ExternalIdentity(Base):
    """Who somebody is for a provider: matched on issuer and subject, never on a mail address."""

    __tablename__ = "external_identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[Key]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    issuer: Mapped[Str]
    subject: Mapped[Str]
    created_at: Mapped[CreatedAt]
