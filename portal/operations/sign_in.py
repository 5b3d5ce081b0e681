"""Signing in and out, and choosing whom one works for; all as the sign-in role."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update

from portal.foundation import clock
from portal.foundation.crypto import new_token, token_digest
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.extensions import db
from portal.foundation.permissions import SignedIn
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.models.account import Account, LoginSession
from portal.models.event import JournalAct, JournalEntry
from portal.operations.passwords import password_matches
from portal.queries.accounts import account_of_mail, associations_of


class SignInRefused(DomainError):
    """The same words whether the address, the password or the account is wrong."""

    def __init__(self) -> None:
        super().__init__("Adresse ou mot de passe incorrect.", field="password")


class NoSpace(DomainError):
    """The password is right, but the account belongs nowhere any more."""

    def __init__(self) -> None:
        super().__init__("Votre compte n’est plus rattaché à une association. Écrivez à l’équipe du Collectif.")


@dataclass(frozen=True)
class NewSession:
    """token: for the browser, known to nobody else. staff: whether it opens on the Collectif's side."""

    token: str
    staff: bool


def sign_in(mail: str, password: str, *, replacing: str | None = None) -> NewSession:
    """Open a session. replacing: the token of the session this browser had, ended at once.

    Raises SignInRefused or NoSpace; an unknown address costs the same work as a known one.
    """
    account = account_of_mail(mail)
    right = password_matches(password, account.password_hash if account else None)
    if account is None or not right or account.closed_at is not None:
        remember_refusal(account.id if account else None)
        raise SignInRefused
    associations = associations_of(account.id)
    if not account.staff and not associations:
        remember_refusal(account.id)
        raise NoSpace
    if replacing:
        end_session(token_digest(replacing))
    return _new_session(account, None if account.staff else associations[0])


def _new_session(account: Account, association_id: UUID | None) -> NewSession:
    token, now = new_token(), clock.now()
    db.session.add(
        LoginSession(
            digest=token_digest(token),
            account_id=account.id,
            association_id=association_id,
            created_at=now,
            last_seen_at=now,
        )
    )
    remember(JournalAct.SIGNED_IN, account.id, association_id)
    return NewSession(token, staff=account.staff)


def remember(act: JournalAct, account_id: UUID | None, association_id: UUID | None = None) -> None:
    """Journal an act of somebody whom the scope does not name yet."""
    db.session.add(JournalEntry(act=act, account_id=account_id, association_id=association_id))


def remember_refusal(account_id: UUID | None) -> None:
    """In a transaction of its own: what is refused is rolled back, and its trace must stay."""
    with transaction(Scope(DatabaseRole.SIGN_IN)):
        remember(JournalAct.SIGN_IN_REFUSED, account_id)


def sign_out(person: SignedIn) -> None:
    end_session(person.session_digest)
    remember(JournalAct.SIGNED_OUT, person.account_id, person.association_id)


def end_session(digest: str) -> None:
    db.session.execute(delete(LoginSession).where(LoginSession.digest == digest))


def keep_alive(digest: str, now: datetime) -> None:
    """Somebody is there: the idle time starts again."""
    db.session.execute(update(LoginSession).where(LoginSession.digest == digest).values(last_seen_at=now))


def work_for(person: SignedIn, association_id: UUID | None) -> None:
    """Choose one of one's associations, or None for the Collectif's side. Raises Hidden for any other."""
    allowed = {one.association_id for one in person.memberships} | ({None} if person.is_staff else set())
    if association_id not in allowed:
        raise Hidden
    chosen = update(LoginSession).where(LoginSession.digest == person.session_digest)
    db.session.execute(chosen.values(association_id=association_id))
