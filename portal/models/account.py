"""Accounts, their memberships of associations, and their sessions on the server."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.foundation.extensions import Base
from portal.foundation.permissions import Role
from portal.models.types import AssociationKey, CreatedAt, Key, Str, one_of


class Account(Base):
    """Somebody who can sign in. staff: belongs to the Collectif's team. demo: its password is public."""

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
    """A browser that signed in; digest is that of its cookie's token. Deleting the row ends it at once."""

    __tablename__ = "login_session"

    digest: Mapped[Str] = mapped_column(Text, primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    association_id: Mapped[UUID | None] = mapped_column(ForeignKey("association.id"))
    created_at: Mapped[CreatedAt]
    last_seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
