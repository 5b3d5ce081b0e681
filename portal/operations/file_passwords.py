"""The password of an association's morning files: made by us, sealed, renewed in time.

Old and new are both valid for a week, except when somebody has left: then the old ones close no file any more.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement, Text, and_, case, cast, delete, exists, func, literal, or_, select, text, update
from sqlalchemy.orm import aliased

from portal.foundation import clock
from portal.foundation.crypto import vault
from portal.foundation.errors import DomainError
from portal.foundation.extensions import db
from portal.foundation.identifiers import new_id
from portal.foundation.queue import Job, enqueue
from portal.foundation.transactions import after_commit
from portal.models.account import Account, Membership
from portal.models.association import Association
from portal.models.event import JournalAct
from portal.models.morning import FilePassword, MorningWorkbook, RenewedBecause
from portal.models.outbox import Message, Outbox
from portal.operations.history import journal
from portal.operations.outbox import put_for_team

RENEWED_AFTER = timedelta(days=90)
VALID_AFTER = timedelta(days=7)
TOLD_WITHIN = timedelta(days=2)
AT_ONCE = frozenset({RenewedBecause.MEMBER_LEFT})  # these leave no week to those before
MOST_VALID = 3  # each morning file is made once under each of them
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # read aloud and typed without a doubt: no i, l, o, 0 or 1
GROUPS, GROUP = 5, 4
COLUMN = "file_password.sealed"
TOO_OFTEN = (
    "Le mot de passe a déjà changé deux fois en sept jours, et les trois ouvrent encore les fichiers\u00a0:"
    " attendez que le plus ancien n’ouvre plus rien."
)
# One at a time for an association: two at once would not see each other.
TAKE_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended(:whose, 726406))")


def new_password() -> str:
    """Twenty characters out of 31, that is 99 bits, in groups of four."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))


def opened(password: FilePassword) -> str:
    """What is typed to open a file."""
    return vault().open(password.sealed, column=COLUMN, row=password.id).decode()


def valid_passwords(association_id: UUID, at: datetime) -> list[FilePassword]:
    """Those that files are made under at that instant, newest first; none before the first one is made.

    They are the current one, and those retired for less than a week, but for those known to whoever left since.
    """
    query = select(FilePassword).where(FilePassword.association_id == association_id, _valid(FilePassword, at))
    return list(db.session.scalars(query.order_by(FilePassword.number.desc()).limit(MOST_VALID)))


def _valid(one: type[FilePassword], at: datetime) -> ColumnElement[bool]:
    """Whether files are made under it. Once a member has left, none of those before are."""
    later = aliased(FilePassword)
    known = exists(
        select(later.id).where(
            later.association_id == one.association_id,
            later.number > one.number,
            later.because.in_(AT_ONCE),
        )
    )
    return or_(one.retired_at.is_(None), and_(one.retired_at > at - VALID_AFTER, ~known))


def valid_until(password: FilePassword, known: Iterable[FilePassword]) -> datetime | None:
    """Until when files are, or were, made under it; None for the current one. known: all the association's."""
    if password.retired_at is None:
        return None
    left = [one.created_at for one in known if one.number > password.number and one.because in AT_ONCE]
    return min([password.retired_at + VALID_AFTER, *left])


def renew_password(association_id: UUID, because: RenewedBecause) -> FilePassword:
    """A new one from now on, because an administrator asks (ASKED, association's scope), or whatever else (jobs').

    Raises DomainError when somebody asks too often.
    """
    _take_turn(association_id)
    if because is not RenewedBecause.ASKED:
        return _replace(association_id, because)
    _refuse_too_often(association_id)
    password = _replace(association_id, because)
    after_commit(partial(enqueue, Job.KEEP_FILE_PASSWORDS))  # which tells the team
    journal(JournalAct.FILE_PASSWORD_RENEWED, detail=str(password.number))
    return password


def first_password(association_id: UUID) -> FilePassword:
    """The current one, made now if there was none (jobs' scope)."""
    _take_turn(association_id)
    current = select(FilePassword).where(FilePassword.association_id == association_id, _current())
    return db.session.scalars(current).one_or_none() or _replace(association_id, RenewedBecause.FIRST)


def _current() -> ColumnElement[bool]:
    return FilePassword.retired_at.is_(None)


def _take_turn(association_id: UUID) -> None:
    db.session.execute(TAKE_TURN, {"whose": f"file_password:{association_id}"})


def _refuse_too_often(association_id: UUID) -> None:
    if len(valid_passwords(association_id, clock.now())) >= MOST_VALID:
        raise DomainError(TOO_OFTEN)


def sealed_password(association_id: UUID, number: int, because: RenewedBecause, at: datetime) -> FilePassword:
    """A new one, in no session yet."""
    key = new_id()
    sealed = vault().seal(new_password().encode(), column=COLUMN, row=key)
    return FilePassword(
        id=key, association_id=association_id, number=number, sealed=sealed, because=because, created_at=at
    )


def _replace(association_id: UUID, because: RenewedBecause) -> FilePassword:
    now = clock.now()
    of_association = FilePassword.association_id == association_id
    latest = db.session.scalar(select(func.max(FilePassword.number)).where(of_association)) or 0
    db.session.execute(update(FilePassword).where(of_association, _current()).values(retired_at=now))
    password = sealed_password(association_id, latest + 1, because, now)
    db.session.add(password)
    db.session.flush()
    return password


def keep_passwords() -> int:
    """Make, renew, tell and forget whatever is due (jobs' scope). How many were made."""
    made = sum(_keep(association_id) for association_id, _ in _due())
    _tell()
    _forget()
    return made


def _keep(association_id: UUID) -> int:
    """Asked again in our turn: of two who keep the passwords at once, one finds it done."""
    _take_turn(association_id)
    due = _due(Association.id == association_id)
    for _, because in due:
        _replace(association_id, because)
    return len(due)


def _due(*which: ColumnElement[bool]) -> list[tuple[UUID, RenewedBecause]]:
    """The associations whose password is missing, known to somebody who left since, or a quarter old; and why."""
    left = _left_since()
    old = FilePassword.created_at <= clock.now() - RENEWED_AFTER
    why = case(
        (FilePassword.id.is_(None), literal(RenewedBecause.FIRST.value)),
        (left, literal(RenewedBecause.MEMBER_LEFT.value)),
        else_=literal(RenewedBecause.QUARTER.value),
    )
    query = (
        select(Association.id, why)
        .outerjoin(FilePassword, and_(FilePassword.association_id == Association.id, _current()))
        .where(or_(FilePassword.id.is_(None), left, old), *which)
        .order_by(Association.id)
    )
    return [(association_id, RenewedBecause(because)) for association_id, because in db.session.execute(query)]


def _left_since() -> ColumnElement[bool]:
    """Whether a member left, or their account was closed, after a password still valid was made.

    Not the current one alone: an administrator may have asked for another before we looked.
    """
    known_until = func.least(Membership.ended_at, Account.closed_at)
    known = aliased(FilePassword)
    return exists(
        select(Membership.id)
        .join(Account, Account.id == Membership.account_id)
        .join(known, known.association_id == Membership.association_id)
        .where(known.association_id == Association.id, _valid(known, clock.now()), known_until > known.created_at)
        .correlate(Association)
    )


def _tell() -> None:
    """Whoever gets the morning file, of each new password, once: also of one asked for in the association's scope."""
    told = exists(
        select(Outbox.id).where(
            Outbox.deduplication_key == literal(f"{Message.FILE_PASSWORD_RENEWED}:") + cast(FilePassword.id, Text)
        )
    )
    recent = FilePassword.created_at > clock.now() - TOLD_WITHIN
    query = select(FilePassword.id, FilePassword.association_id).where(_current(), recent, ~told)
    for password_id, association_id in db.session.execute(query).all():
        put_for_team(
            Message.FILE_PASSWORD_RENEWED,
            str(password_id),
            association_id=association_id,
            reference_id=association_id,
        )


def _forget() -> None:
    """Those that open nothing any more: no longer valid, and no workbook kept was made under them."""
    opens = exists(
        select(MorningWorkbook.id).where(
            MorningWorkbook.association_id == FilePassword.association_id,
            MorningWorkbook.password_number == FilePassword.number,
        )
    )
    over = FilePassword.retired_at <= clock.now() - VALID_AFTER
    db.session.execute(delete(FilePassword).where(over, ~opens).execution_options(synchronize_session=False))
