"""Opening and ending sessions, and choosing whom one works for; all as the sign-in role.

A session opens in two steps. begin_session: who somebody says they are has been checked (a password, a provider), and
only the pages of the second factor open. complete_session: the second factor is given, the identifier renewed.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update

from portal.foundation import clock
from portal.foundation.config import settings
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
    """token: for the browser, known to nobody else. factor_set: whether the account has a second factor already."""

    token: str
    factor_set: bool


def sign_in(mail: str, password: str, *, replacing: str | None = None) -> NewSession:
    """Begin a session with a password. replacing: the token of the session this browser had, ended at once.

    Raises SignInRefused or NoSpace; an unknown address costs the same work as a known one.
    """
    account = account_of_mail(mail)
    right = password_matches(password, account.password_hash if account else None)
    if account is None or not right or account.closed_at is not None or _never_here(account):
        remember_refusal(account.id if account else None)
        raise SignInRefused
    if replacing:
        end_session(token_digest(replacing))
    return begin_session(account)


def _never_here(account: Account) -> bool:
    """The password of a demo account is public."""
    return account.demo and settings().production


def begin_session(account: Account, association_id: UUID | None = None, *, via: UUID | None = None) -> NewSession:
    """association_id: where it opens, one of the account's own; by default its first, or the Collectif's side.

    via: the provider that vouched for the person. Raises NoSpace.
    """
    associations = associations_of(account.id)
    if not account.staff and not associations:
        remember_refusal(account.id)
        raise NoSpace
    home = None if account.staff else associations[0]
    token, now = new_token(), clock.now()
    db.session.add(
        LoginSession(
            digest=token_digest(token),
            account_id=account.id,
            association_id=association_id if association_id in associations else home,
            created_at=now,
            last_seen_at=now,
            via=via,
        )
    )
    return NewSession(token, factor_set=account.totp_confirmed_at is not None)


def complete_session(digest: str) -> NewSession:
    """The second factor was given: a new identifier, on which everything opens, takes the place of this one."""
    begun = db.session.get_one(LoginSession, digest)
    token, now = new_token(), clock.now()
    db.session.add(
        LoginSession(
            digest=token_digest(token),
            account_id=begun.account_id,
            association_id=begun.association_id,
            created_at=now,
            last_seen_at=now,
            second_factor_at=now,
            proof_at=now,
            via=begun.via,
        )
    )
    remember(JournalAct.SIGNED_IN, begun.account_id, begun.association_id)
    db.session.delete(begun)
    return NewSession(token, factor_set=True)


def remember(
    act: JournalAct, account_id: UUID | None, association_id: UUID | None = None, detail: str | None = None
) -> None:
    """Journal an act of somebody whom the scope does not name yet."""
    db.session.add(JournalEntry(act=act, account_id=account_id, association_id=association_id, detail=detail))


def remember_refusal(account_id: UUID | None, act: JournalAct = JournalAct.SIGN_IN_REFUSED) -> None:
    """In a transaction of its own: what is refused is rolled back, and its trace must stay."""
    with transaction(Scope(DatabaseRole.SIGN_IN)):
        remember(act, account_id)


def sign_out(person: SignedIn) -> None:
    end_session(person.session_digest)
    remember(JournalAct.SIGNED_OUT, person.account_id, person.association_id)


def sign_out_everywhere(person: SignedIn) -> None:
    """Every session of this person, this one included."""
    end_sessions(person.account_id)
    remember(JournalAct.SIGNED_OUT, person.account_id, person.association_id, detail="everywhere")


def end_session(digest: str) -> None:
    db.session.execute(delete(LoginSession).where(LoginSession.digest == digest))


def end_sessions(account_id: UUID, *, but: str | None = None) -> None:
    """All those of an account. but: the digest of the one that stays."""
    ended = delete(LoginSession).where(LoginSession.account_id == account_id)
    db.session.execute(ended.where(LoginSession.digest != but) if but else ended)


def keep_alive(digest: str, now: datetime) -> None:
    """Somebody is there: the idle time starts again."""
    db.session.execute(update(LoginSession).where(LoginSession.digest == digest).values(last_seen_at=now))


def give_proof(digest: str) -> None:
    """The person has just shown again who they are."""
    db.session.execute(update(LoginSession).where(LoginSession.digest == digest).values(proof_at=clock.now()))


def work_for(person: SignedIn, association_id: UUID | None) -> None:
    """Choose one of one's associations, or None for the Collectif's side. Raises Hidden for any other.

    Whoever a provider vouched for works for that provider's association alone.
    """
    if association_id not in places_of(person):
        raise Hidden
    settle_in(person, association_id)


def places_of(person: SignedIn) -> set[UUID | None]:
    """Where this session may work."""
    if person.via is not None:
        return {person.association_id}
    return {one.association_id for one in person.memberships} | ({None} if person.is_staff else set())


def settle_in(person: SignedIn, association_id: UUID | None) -> None:
    """From now on this session works for that association, which is known to be theirs."""
    chosen = update(LoginSession).where(LoginSession.digest == person.session_digest)
    db.session.execute(chosen.values(association_id=association_id))
