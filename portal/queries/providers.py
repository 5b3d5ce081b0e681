"""The providers by which members of an association may sign in, and whom each knows."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import defer

from portal.foundation.extensions import db
from portal.models.account import Account, ExternalIdentity, IdentityProvider, Invitation
from portal.models.association import Association


@dataclass(frozen=True)
class Provider:
    """All that signing in by it needs (sign-in role only)."""

    id: UUID
    association_id: UUID
    association: str
    name: str
    issuer: str
    client_id: str
    secret_sealed: bytes = field(repr=False)


@dataclass(frozen=True)
class ProviderChoice:
    """A provider as it is offered to whoever signs in."""

    id: UUID
    association_id: UUID
    association: str
    name: str


@dataclass(frozen=True)
class ProviderLink:
    """The provider of somebody's association, and since when it knows them (None: not yet)."""

    id: UUID
    name: str
    since: datetime | None


def usable_provider(provider_id: UUID) -> Provider | None:
    """None when it does not exist or is switched off."""
    own = IdentityProvider
    row = db.session.execute(
        select(
            own.id,
            own.association_id,
            Association.name.label("association"),
            own.name,
            own.issuer,
            own.client_id,
            own.client_secret_sealed,
        )
        .join(Association, Association.id == own.association_id)
        .where(own.id == provider_id, own.enabled)
    ).one_or_none()
    return Provider(*row) if row else None


def _choices() -> Select[*tuple[Any, ...]]:
    own = IdentityProvider
    return (
        select(own.id, own.association_id, Association.name, own.name)
        .join(Association, Association.id == own.association_id)
        .where(own.enabled)
        .order_by(Association.name, own.id)
    )


def providers_offered() -> list[ProviderChoice]:
    """Those that are switched on, by association."""
    return [ProviderChoice(*row) for row in db.session.execute(_choices())]


def any_provider() -> bool:
    return db.session.scalar(select(IdentityProvider.id).where(IdentityProvider.enabled).limit(1)) is not None


def provider_for_invitation(invitation_id: UUID) -> ProviderChoice | None:
    """That of the association which invites, if it is switched on."""
    found = _choices().join(Invitation, Invitation.association_id == IdentityProvider.association_id)
    row = db.session.execute(found.where(Invitation.id == invitation_id)).one_or_none()
    return ProviderChoice(*row) if row else None


def provider_link(account_id: UUID, association_id: UUID) -> ProviderLink | None:
    """None when the association has no provider that is switched on."""
    own, known = IdentityProvider, ExternalIdentity
    row = db.session.execute(
        select(own.id, own.name, known.created_at)
        .outerjoin(known, (known.issuer == own.issuer) & (known.account_id == account_id))
        .where(own.association_id == association_id, own.enabled)
        .order_by(known.created_at)
        .limit(1)
    ).one_or_none()
    return ProviderLink(*row) if row else None


def account_known_as(issuer: str, subject: str) -> Account | None:
    """The account linked to this person of this issuer, closed ones included."""
    known = ExternalIdentity
    query = (
        select(Account)
        .join(known, known.account_id == Account.id)
        .where(known.issuer == issuer, known.subject == subject)
    )
    return db.session.scalars(query).one_or_none()


def provider_of(association_id: UUID) -> IdentityProvider | None:
    """The association's own, for its settings; its sealed secret stays out of sight (association's role)."""
    query = select(IdentityProvider).where(IdentityProvider.association_id == association_id)
    return db.session.scalars(query.options(defer(IdentityProvider.client_secret_sealed, raiseload=True))).one_or_none()
