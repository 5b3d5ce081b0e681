"""Who works for an association here, and what they did last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from portal.foundation.extensions import db
from portal.foundation.permissions import Role
from portal.models.account import Account, Membership
from portal.models.assignment import Assignment
from portal.models.event import EventName, JournalAct, JournalEntry

LATEST_ACTS = 50


@dataclass(frozen=True)
class Member:
    """Somebody of the association. last_act: in the journal, None when there is none. factor: a second one is set.

    mail_refused_at: since when this mailbox refuses our messages.
    """

    name: str
    mail: str
    role: Role
    since: datetime
    last_act: datetime | None
    membership_id: UUID
    account_id: UUID
    factor: bool
    mail_refused_at: datetime | None


@dataclass(frozen=True)
class Act:
    """One line of the journal. number: of the request it is about. assignment_id: to open it."""

    at: datetime
    who: str | None
    act: JournalAct
    detail: str | None
    number: str | None
    assignment_id: UUID | None

    @property
    def event(self) -> EventName | None:
        """What was answered, when the act is an answer."""
        return EventName(self.detail) if self.detail in set(EventName) else None


def members(association_id: UUID) -> list[Member]:
    """The current members, by name."""
    last = (
        select(JournalEntry.account_id, func.max(JournalEntry.at).label("at"))
        .where(JournalEntry.association_id == association_id)
        .group_by(JournalEntry.account_id)
        .subquery()
    )
    query = (
        select(
            Account.name,
            Account.mail,
            Membership.role,
            Membership.created_at,
            last.c.at,
            Membership.id,
            Account.id,
            Account.totp_confirmed_at.is_not(None),
            Account.mail_refused_at,
        )
        .join(Membership, Membership.account_id == Account.id)
        .outerjoin(last, last.c.account_id == Account.id)
        .where(Membership.association_id == association_id, Membership.ended_at.is_(None))
        .order_by(Account.name, Account.id)
    )
    return [Member(*row) for row in db.session.execute(query)]


def names_of_all(association_id: UUID) -> dict[UUID, str]:
    """Everybody who works or has worked for the association, by account."""
    query = (
        select(Account.id, Account.name)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.association_id == association_id)
    )
    return {row.id: row.name for row in db.session.execute(query)}


def latest_acts(association_id: UUID) -> Sequence[Act]:
    """The association's own last acts, newest first: answers, readings, changes."""
    query = (
        select(
            JournalEntry.at,
            Account.name,
            JournalEntry.act,
            JournalEntry.detail,
            Assignment.referral_number,
            Assignment.id,
        )
        .outerjoin(Account, Account.id == JournalEntry.account_id)
        .outerjoin(
            Assignment,
            (Assignment.referral_id == JournalEntry.referral_id) & (Assignment.association_id == association_id),
        )
        .where(JournalEntry.association_id == association_id)
        .order_by(JournalEntry.at.desc(), JournalEntry.id.desc())
        .limit(LATEST_ACTS)
    )
    return [Act(*row) for row in db.session.execute(query)]
