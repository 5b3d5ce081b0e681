"""The accounts of the portal, as staff see them: never a password, never a secret."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, select

from portal.foundation.extensions import db
from portal.foundation.permissions import Role
from portal.models.account import Account, Membership
from portal.models.association import Association

MOST_FOUND = 50
SHORTEST_SEARCH = 3


@dataclass(frozen=True)
class AccountLine:
    """factor: a second one is set. places: the associations this account works for now, with its role there.

    mail_refused_at: since when this mailbox refuses our messages.
    """

    id: UUID
    name: str
    mail: str
    staff: bool
    created_at: datetime
    closed_at: datetime | None
    factor: bool
    mail_refused_at: datetime | None = None
    places: list[tuple[str, Role]] = field(default_factory=list)


def staff_accounts() -> list[AccountLine]:
    """The Collectif's team, closed accounts last."""
    return _lines(Account.staff.is_(True))


def accounts_like(words: str) -> list[AccountLine]:
    """Those whose name or address contains these words, 50 at most; none for fewer than 3 letters."""
    if len(words) < SHORTEST_SEARCH:
        return []
    return _lines(Account.name.icontains(words, autoescape=True) | Account.mail.icontains(words, autoescape=True))


def account_line(account_id: UUID) -> AccountLine | None:
    return next(iter(_lines(Account.id == account_id)), None)


def _lines(which: ColumnElement[bool]) -> list[AccountLine]:
    query = (
        select(
            Account.id,
            Account.name,
            Account.mail,
            Account.staff,
            Account.created_at,
            Account.closed_at,
            Account.totp_confirmed_at.is_not(None),
            Account.mail_refused_at,
        )
        .where(which)
        .order_by(Account.closed_at.is_not(None), func.lower(Account.name), Account.mail)
        .limit(MOST_FOUND)
    )
    lines = [AccountLine(*row) for row in db.session.execute(query)]
    by_id = {line.id: line for line in lines}
    for row in _places(list(by_id)):
        by_id[row.account_id].places.append((row.name, row.role))
    return lines


def _places(account_ids: list[UUID]) -> list[Row[Any]]:
    query = (
        select(Membership.account_id, Association.name, Membership.role)
        .join(Association, Association.id == Membership.association_id)
        .where(Membership.account_id.in_(account_ids), Membership.ended_at.is_(None))
        .order_by(Association.name)
    )
    return list(db.session.execute(query))
