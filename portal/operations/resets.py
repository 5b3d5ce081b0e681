"""Choosing another password: by a mailed link when it is forgotten, or with the old one; all as the sign-in role."""

from uuid import UUID

from sqlalchemy import CursorResult, DateTime, bindparam, func, insert, select, update

from portal.foundation import clock
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.extensions import db
from portal.foundation.identifiers import new_id
from portal.foundation.permissions import SignedIn
from portal.models.account import Account, PasswordReset
from portal.models.event import JournalAct
from portal.models.outbox import Message
from portal.models.person import normalised_mail
from portal.operations.links import RESET_LIFE, opens_reset
from portal.operations.outbox import put
from portal.operations.passwords import hash_password, password_matches, refuse_weak_password, words_about
from portal.operations.sign_in import end_sessions, remember


def ask_reset(mail: str) -> None:
    """Have a link mailed, if somebody signs in with this address.

    The same statements run for an unknown one: its message finds nobody to go to.
    """
    reset_id, now = new_id(), clock.now()
    found = select(
        bindparam("reset", reset_id, PasswordReset.id.type),
        Account.id,
        bindparam("at", now, DateTime(timezone=True)),
        bindparam("until", now + RESET_LIFE, DateTime(timezone=True)),
    ).where(func.lower(Account.mail) == normalised_mail(mail), Account.closed_at.is_(None))
    db.session.execute(
        insert(PasswordReset).from_select(
            ["id", "account_id", "created_at", "expires_at"], found, include_defaults=False
        )
    )
    _send(Message.PASSWORD_RESET, reset_id)


def account_of_reset(reset_id: UUID, token: str) -> Account | None:
    """Whose password this link changes; None when it is wrong, used or too old."""
    if not opens_reset(token, reset_id):
        return None
    query = (
        select(Account)
        .join(PasswordReset, PasswordReset.account_id == Account.id)
        .where(
            PasswordReset.id == reset_id,
            PasswordReset.used_at.is_(None),
            PasswordReset.expires_at > clock.now(),
            Account.closed_at.is_(None),
        )
    )
    return db.session.scalars(query).one_or_none()


def use_reset(reset_id: UUID, token: str, password: str) -> None:
    """Choose a password with a mailed link; every session of the account ends, its second factor stays.

    Raises Hidden when the link no longer holds, DomainError when the password is weak.
    """
    account = account_of_reset(reset_id, token)
    if account is None:
        raise Hidden
    refuse_weak_password(password, about=words_about(account.name, account.mail))
    if not _use_up(reset_id, account.id):
        raise Hidden
    _choose(account, password)
    end_sessions(account.id)


def change_password(person: SignedIn, old: str, password: str) -> None:
    """The old one is asked; the other sessions end. Raises DomainError."""
    account = db.session.get_one(Account, person.account_id)
    if not password_matches(old, account.password_hash or None):
        raise DomainError("Ce n’est pas votre mot de passe actuel.", field="old")
    if old == password:
        raise DomainError("C’est déjà votre mot de passe\u00a0: choisissez-en un autre.", field="password")
    refuse_weak_password(password, about=words_about(account.name, account.mail))
    _choose(account, password)
    end_sessions(account.id, but=person.session_digest)


def _use_up(reset_id: UUID, account_id: UUID) -> bool:
    """This link, once; and with it every other one of the account."""
    unused = update(PasswordReset).where(PasswordReset.used_at.is_(None)).values(used_at=clock.now())
    mine = db.session.execute(unused.where(PasswordReset.id == reset_id))
    db.session.execute(unused.where(PasswordReset.account_id == account_id))
    assert isinstance(mine, CursorResult)
    return mine.rowcount == 1


def _choose(account: Account, password: str) -> None:
    account.password_hash = hash_password(password)
    remember(JournalAct.PASSWORD_CHANGED, account.id)
    _send(Message.PASSWORD_CHANGED, account.id)


def _send(message: Message, reference_id: UUID) -> None:
    put(message, str(new_id()), reference_id=reference_id)
