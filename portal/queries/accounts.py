"""Who is signing in, and who is signed in: read by the sign-in role only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, func, select

from portal.foundation.extensions import db
from portal.foundation.permissions import MembershipView, SignedIn
from portal.models.account import Account, LoginSession, Membership
from portal.models.association import Association
from portal.models.person import normalised_mail

CURRENT_MEMBERSHIP = and_(Membership.account_id == Account.id, Membership.ended_at.is_(None))


@dataclass(frozen=True)
class OpenSession:
    """A browser's session and the person behind it.

    second_factor_at: None while only the password was given. factor_set: whether the account has a second factor.
    """

    person: SignedIn
    created_at: datetime
    last_seen_at: datetime
    second_factor_at: datetime | None
    factor_set: bool


@dataclass(frozen=True)
class OwnAccount:
    """What somebody sees of their own account. recovery_codes: how many are left."""

    name: str
    mail: str
    has_password: bool
    factor_since: datetime | None
    recovery_codes: int


@dataclass(frozen=True)
class SessionLine:
    """One of somebody's open sessions."""

    digest: str
    since: datetime
    last_seen_at: datetime


def account_of_mail(mail: str) -> Account | None:
    """The account that signs in with this address, closed ones included."""
    return db.session.scalars(select(Account).where(func.lower(Account.mail) == normalised_mail(mail))).one_or_none()


def associations_of(account_id: UUID) -> list[UUID]:
    """The associations this account works for now, by name."""
    query = (
        select(Membership.association_id)
        .join(Association, Association.id == Membership.association_id)
        .where(Membership.account_id == account_id, Membership.ended_at.is_(None))
        .order_by(Association.name)
    )
    return list(db.session.scalars(query))


def open_session(digest: str) -> OpenSession | None:
    """The session of that digest with its person, in one statement; None when unknown or the account is closed."""
    rows = db.session.execute(_session_query(digest)).all()
    return _open_session(digest, rows) if rows else None


def _session_query(digest: str) -> Select[*tuple[Any, ...]]:
    return (
        select(
            LoginSession.account_id,
            LoginSession.association_id.label("chosen"),
            LoginSession.created_at,
            LoginSession.last_seen_at,
            LoginSession.second_factor_at,
            LoginSession.proof_at,
            LoginSession.via,
            Account.totp_confirmed_at,
            Account.name,
            Account.staff,
            Membership.association_id,
            Membership.role,
            Association.name.label("association_name"),
        )
        .join(Account, Account.id == LoginSession.account_id)
        .outerjoin(Membership, CURRENT_MEMBERSHIP)
        .outerjoin(Association, Association.id == Membership.association_id)
        .where(LoginSession.digest == digest, Account.closed_at.is_(None))
        .order_by(Association.name)
    )


def _open_session(digest: str, rows: Sequence[Row[Any]]) -> OpenSession:
    first = rows[0]
    person = SignedIn(
        account_id=first.account_id,
        name=first.name,
        session_digest=digest,
        is_staff=first.staff,
        memberships=tuple(
            MembershipView(row.association_id, row.association_name, row.role) for row in rows if row.association_id
        ),
        association_id=first.chosen,
        proof_at=first.proof_at,
        via=first.via,
    )
    return OpenSession(
        person,
        first.created_at,
        first.last_seen_at,
        second_factor_at=first.second_factor_at,
        factor_set=first.totp_confirmed_at is not None,
    )


def own_account(account_id: UUID) -> OwnAccount:
    account = db.session.get_one(Account, account_id)
    return OwnAccount(
        account.name,
        account.mail,
        has_password=bool(account.password_hash),
        factor_since=account.totp_confirmed_at,
        recovery_codes=len(account.recovery_digests),
    )


def open_sessions(account_id: UUID) -> list[SessionLine]:
    """Those that passed the second factor, the latest used first."""
    query = (
        select(LoginSession.digest, LoginSession.created_at, LoginSession.last_seen_at)
        .where(LoginSession.account_id == account_id, LoginSession.second_factor_at.is_not(None))
        .order_by(LoginSession.last_seen_at.desc(), LoginSession.digest)
    )
    return [SessionLine(*row) for row in db.session.execute(query)]
