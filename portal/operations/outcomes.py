"""What becomes of a message after an attempt, and which mailboxes are known to refuse."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from random import SystemRandom

from sqlalchemy import ColumnElement, Update, func, select, update

from portal.foundation import clock
from portal.foundation.extensions import db
from portal.mail.mailer import Verdict
from portal.models.account import Account
from portal.models.outbox import Message, Outbox, OutboxState
from portal.models.referral import Referral
from portal.operations.addressing import GUARDIANS
from portal.operations.claims import LONGEST_DELAY

# Those to an account that name it by what they are about. A lead or an invitation goes to an address that anybody
# typed: what becomes of it says nothing of the member who has the same one.
TO_ACCOUNTS = frozenset({Message.PASSWORD_RESET, Message.PASSWORD_CHANGED, Message.SECOND_FACTOR_RESET})
FIRST_DELAY = timedelta(seconds=30)
MOST_DOUBLINGS = 12
JITTER = 0.2
chance = SystemRandom()
Column = ColumnElement[datetime | None]


def delay_after(attempts: int) -> timedelta:
    """Twice as long each time, up to six hours, and never the same for all who failed together."""
    doubled = FIRST_DELAY * 2 ** min(attempts - 1, MOST_DOUBLINGS)
    return min(doubled, LONGEST_DELAY) * chance.uniform(1 - JITTER, 1 + JITTER)


def take(row: Outbox, _: str = "") -> None:
    row.state, row.sent_at, row.error, row.leased_until = OutboxState.SENT, clock.now(), None, None


def put_off(row: Outbox, code: str) -> None:
    """Later; given up when that would be past its time."""
    later = clock.now() + delay_after(row.attempts)
    if later > row.gives_up_at:
        bury(row, code)
    else:
        row.next_attempt_at, row.error, row.leased_until = later, code, None


def bury(row: Outbox, code: str) -> None:
    row.state, row.dead_at, row.error, row.leased_until = OutboxState.DEAD, clock.now(), code, None


def drop(row: Outbox) -> None:
    """Nobody is left to write to, or there is nothing left to tell."""
    row.state, row.error, row.leased_until = OutboxState.DROPPED, None, None


SETTLED: Mapping[Verdict, Callable[[Outbox, str], None]] = {
    Verdict.TAKEN: take,
    Verdict.REFUSED: bury,
    Verdict.LATER: put_off,
    Verdict.UNREACHABLE: put_off,
}


def refusing_since(row: Outbox, to: str) -> datetime | None:
    """Since when the mailbox that this message goes to is known to refuse ours; None when it is not."""
    mark = _mark(row, to)
    return db.session.scalar(select(mark[0]).where(mark[1])) if mark else None


def mark_mailbox(row: Outbox, to: str, at: datetime | None) -> None:
    """It refuses since then; None: it takes mail again. The request's version stays: nobody has changed the request."""
    mark = _mark(row, to)
    if mark:
        db.session.execute(_marked(*mark, at))


def _marked(column: Column, whose: ColumnElement[bool], at: datetime | None) -> Update:
    return update(column.table).where(whose, column.is_(None) if at else column.is_not(None)).values({column: at})


def _mark(row: Outbox, to: str) -> tuple[Column, ColumnElement[bool]] | None:
    """Where it is noted; None when the message is neither about a request nor to an account."""
    if row.referral_id is None:
        if row.account_id is None and row.message not in TO_ACCOUNTS:
            return None
        account = Account.__table__.c
        return account.mail_refused_at, func.lower(account.mail) == to.lower()
    referral = Referral.__table__.c
    refused = referral.guardian_refused_at if row.message in GUARDIANS else referral.mail_refused_at
    return refused, referral.id == row.referral_id
