"""Sending what waits in the outbox: one claimed row, one message, one transaction; the database is the truth."""

from datetime import timedelta
from functools import partial

from sqlalchemy import select

from portal.foundation import clock
from portal.foundation.config import Settings
from portal.foundation.extensions import db
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import after_commit, transaction
from portal.mail.letter import as_message
from portal.mail.mailer import Mailer, Outcome, Verdict
from portal.models.outbox import GIVES_UP_AFTER, Message, Outbox, OutboxState
from portal.models.referral import Referral, ReferralState
from portal.operations.addressing import Addressed, addressed
from portal.operations.claims import Claim, locked, locked_at_once, still_ours
from portal.operations.notices import recipients
from portal.operations.outbox import TEAM_MESSAGES, put_for_each
from portal.operations.outcomes import SETTLED, drop, mark_mailbox, put_off, refusing_since

AFTER_CONFIRMATION = frozenset({Message.GUARDIAN_INFORMED})
UNTIL_CONFIRMED = timedelta(seconds=15)
CONVERSATION_SECONDS = 20.0


def attempt(ours: Claim, mailer: Mailer, settings: Settings) -> bool:
    """One attempt at a message, in a transaction of its own; False when the mail server is not to be reached at all.

    The row stays locked throughout: a stopped process keeps it, a killed one loses it. Whatever it raises, nothing has
    been written.
    """
    row = locked(ours)
    if row is None:
        return True
    if row.message in TEAM_MESSAGES and row.account_id is None:
        spread(row)
        return True
    if too_early(row):
        wait(row)
        return True
    found = addressed(row, settings)
    if found is None:
        drop(row)
        return True
    refusing = refusing_since(row, found.to) is not None
    outcome = hand_over(row, found, ours, mailer, settings)
    settle(row, found.to, outcome, refusing=refusing)
    return outcome.verdict is not Verdict.UNREACHABLE


def spread(row: Outbox) -> None:
    """For each member who wants it now, a row of their own takes its place."""
    put_for_each(row, recipients(row.message, row.association_id, clock.now()))
    row.state, row.leased_until = OutboxState.SPREAD, None


def too_early(row: Outbox) -> bool:
    """Nobody is told about a request that its own author has not confirmed yet."""
    if row.message not in AFTER_CONFIRMATION:
        return False
    state = db.session.scalar(select(Referral.state).where(Referral.id == row.referral_id))
    return state is ReferralState.AWAITING_CONSENT


def wait(row: Outbox) -> None:
    """No attempt was made, and its time has not begun."""
    row.attempts -= 1
    row.next_attempt_at, row.leased_until = clock.now() + UNTIL_CONFIRMED, None
    row.gives_up_at = row.next_attempt_at + GIVES_UP_AFTER


def hand_over(row: Outbox, found: Addressed, ours: Claim, mailer: Mailer, settings: Settings) -> Outcome:
    message = as_message(
        found.letter,
        to=found.to,
        sender=settings.mail_from,
        brand=settings.brand_name,
        contact=settings.contact_mail,
        message_id=f"<{row.id}@{settings.mail_from.partition('@')[2]}>",  # a repeat is known by it
        attachments=found.attachments,
    )
    return mailer.hand_over(message, seconds=conversation_seconds(settings), sure=partial(still_ours, ours))


def conversation_seconds(settings: Settings) -> float:
    """Well within the lease: whoever starts in its first half ends before it does."""
    return min(CONVERSATION_SECONDS, settings.lease_seconds / 2)


def settle(row: Outbox, to: str, outcome: Outcome, *, refusing: bool) -> None:
    """Write down what became of it; nothing may delay this commit once the server has taken the message.

    refusing: whether this mailbox was known to refuse.
    """
    SETTLED[outcome.verdict](row, outcome.code)
    if outcome.verdict is Verdict.REFUSED:
        mark_mailbox(row, to, clock.now())
    elif outcome.verdict is Verdict.TAKEN and refusing:
        after_commit(partial(takes_mail_again, row.id, to))


def takes_mail_again(outbox_id: object, to: str) -> None:
    """In a transaction of its own: waiting for the request's row must not hold back what is already sent."""
    with transaction(Scope(DatabaseRole.JOBS)):
        mark_mailbox(db.session.get_one(Outbox, outbox_id), to, None)


def put_off_lost(ours: Claim, code: str) -> None:
    """An attempt that broke in mid-air, on its row if it is still ours."""
    row = locked_at_once(ours)
    if row is not None:
        put_off(row, code)
