"""Invitations: the one a link opens, those that wait for somebody."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, select

from portal.foundation.extensions import db
from portal.foundation.permissions import Role
from portal.models.account import Account, Invitation, Membership
from portal.models.association import Association
from portal.models.outbox import Message, Outbox, OutboxState
from portal.models.person import normalised_mail

PENDING = Invitation.accepted_at.is_(None) & Invitation.withdrawn_at.is_(None)


@dataclass(frozen=True)
class Pending:
    """An invitation nobody has accepted yet; place is None for the Collectif's team.

    invited_by: a name; None when the scope does not see that person (for an association: the Collectif's team).
    undelivered: why its latest mail could not leave, a code of the outbox; None when it has left or is on its way,
    and for whoever may not read the outbox (an association).
    """

    id: UUID
    mail: str
    role: Role
    sent_at: datetime
    expires_at: datetime
    place: str | None
    invited_by: str | None
    undelivered: str | None = None


def invitation_of(invitation_id: UUID, *, lock: bool = False) -> Invitation | None:
    """None when it does not exist, or is not in sight of the scope. lock: held until the transaction ends."""
    return db.session.get(Invitation, invitation_id, with_for_update=True if lock else None)


def place_of(invitation: Invitation) -> str | None:
    """The name of the association; None for the Collectif's team."""
    return db.session.scalar(select(Association.name).where(Association.id == invitation.association_id))


def pending_of(association_id: UUID) -> list[Pending]:
    return _pending(Invitation.association_id == association_id)


def pending_invitations() -> list[Pending]:
    """All of them, the Collectif's team first, and whether their mails could leave (staff)."""
    return _pending(PENDING, _undelivered())


def _undelivered() -> ColumnElement[str | None]:
    """What stopped the latest mail of an invitation for good."""
    why = case((Outbox.state == OutboxState.DEAD, func.coalesce(Outbox.error, "")))
    mailed = select(why).where(Outbox.reference_id == Invitation.id, Outbox.message == Message.INVITATION)
    return mailed.order_by(Outbox.created_at.desc(), Outbox.id.desc()).limit(1).scalar_subquery()


def _pending(which: ColumnElement[bool], *more: ColumnElement[str | None]) -> list[Pending]:
    query: Select[*tuple[Any, ...]] = (
        select(
            Invitation.id,
            Invitation.mail,
            Invitation.role,
            Invitation.created_at,
            Invitation.expires_at,
            Association.name,
            Account.name,
            *more,
        )
        .outerjoin(Association, Association.id == Invitation.association_id)
        .outerjoin(Account, Account.id == Invitation.invited_by)
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


def latest_for(mail: str, association_id: UUID | None) -> Invitation | None:
    """The one mailed last to this address from there, whatever became of it."""
    query = (
        select(Invitation)
        .where(
            func.lower(Invitation.mail) == normalised_mail(mail),
            Invitation.association_id.is_not_distinct_from(association_id),
        )
        .order_by(Invitation.expires_at.desc())
        .limit(1)
    )
    return db.session.scalars(query).one_or_none()


def sent_since(start: datetime, association_id: UUID | None) -> int:
    """How many invitations to there wait for an answer, or were made since and withdrawn."""
    query = select(func.count()).where(
        Invitation.association_id.is_not_distinct_from(association_id),
        Invitation.accepted_at.is_(None),
        PENDING | (Invitation.created_at > start),
    )
    return db.session.scalar(query) or 0


def role_of(mail: str, association_id: UUID) -> Role | None:
    """What the person of this address does for the association now; None when they are no member."""
    query = (
        select(Membership.role)
        .join(Account, Membership.account_id == Account.id)
        .where(
            func.lower(Account.mail) == normalised_mail(mail),
            Membership.association_id == association_id,
            Membership.ended_at.is_(None),
        )
    )
    return db.session.scalar(query)


def has_account(mail: str) -> bool:
    """As far as the scope can see: staff see every account, an association its own members'."""
    return db.session.scalar(select(Account.id).where(func.lower(Account.mail) == normalised_mail(mail))) is not None
