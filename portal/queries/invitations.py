"""Invitations: the one a link opens, those that wait for somebody."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from portal.foundation.extensions import db
from portal.foundation.permissions import Role
from portal.models.account import Account, Invitation, Membership
from portal.models.association import Association
from portal.models.person import normalised_mail

PENDING = Invitation.accepted_at.is_(None) & Invitation.withdrawn_at.is_(None)


@dataclass(frozen=True)
class Pending:
    """An invitation nobody has accepted yet; place is None for the Collectif's team."""

    id: UUID
    mail: str
    role: Role
    sent_at: datetime
    expires_at: datetime
    place: str | None


def invitation_of(invitation_id: UUID, *, lock: bool = False) -> Invitation | None:
    """None when it does not exist, or is not in sight of the scope. lock: held until the transaction ends."""
    return db.session.get(Invitation, invitation_id, with_for_update=True if lock else None)


def place_of(invitation: Invitation) -> str | None:
    """The name of the association; None for the Collectif's team."""
    return db.session.scalar(select(Association.name).where(Association.id == invitation.association_id))


def pending_of(association_id: UUID) -> list[Pending]:
    return _pending(Invitation.association_id == association_id)


def pending_invitations() -> list[Pending]:
    """All of them, the Collectif's team first."""
    return _pending(PENDING)


def _pending(which: ColumnElement[bool]) -> list[Pending]:
    query = (
        select(
            Invitation.id,
            Invitation.mail,
            Invitation.role,
            Invitation.created_at,
            Invitation.expires_at,
            Association.name,
        )
        .outerjoin(Association, Association.id == Invitation.association_id)
        .where(PENDING, which)
        .order_by(Association.name.nulls_first(), Invitation.created_at.desc(), Invitation.id)
    )
    return [Pending(*row) for row in db.session.execute(query)]


def pending_for(mail: str, association_id: UUID | None) -> Invitation | None:
    """The one that this address has already had from this association (or from the Collectif's team)."""
    query = select(Invitation).where(
        PENDING,
        func.lower(Invitation.mail) == normalised_mail(mail),
        Invitation.association_id.is_not_distinct_from(association_id),
    )
    return db.session.scalars(query).one_or_none()


def is_member(mail: str, association_id: UUID) -> bool:
    query = (
        select(Account.id)
        .join(Membership, Membership.account_id == Account.id)
        .where(
            func.lower(Account.mail) == normalised_mail(mail),
            Membership.association_id == association_id,
            Membership.ended_at.is_(None),
        )
    )
    return db.session.scalar(query) is not None


def has_account(mail: str) -> bool:
    """As far as the scope can see: staff see every account, an association its own members'."""
    return db.session.scalar(select(Account.id).where(func.lower(Account.mail) == normalised_mail(mail))) is not None
