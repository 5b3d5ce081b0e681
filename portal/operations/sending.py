"""Sending what waits in the outbox: one row, one message, one transaction; the database is the truth."""

import logging
from datetime import timedelta

from sqlalchemy import select

from portal.foundation import clock
from portal.foundation.config import Settings
from portal.foundation.extensions import db
from portal.mail.letter import as_message
from portal.mail.mailer import hand_over
from portal.models.event import Message, Outbox, OutboxState
from portal.models.referral import Referral, ReferralState
from portal.operations.addressing import addressed

log = logging.getLogger(__name__)
AFTER_CONFIRMATION = frozenset({Message.GUARDIAN_INFORMED})
UNTIL_CONFIRMED = timedelta(seconds=15)
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(hours=6)
GIVES_UP_AFTER = timedelta(hours=48)


def send_next(settings: Settings) -> bool:
    """Send the oldest message that is due; False when none is. The row stays locked meanwhile: nobody sends it twice."""
    row = db.session.scalar(
        select(Outbox)
        .where(Outbox.state == OutboxState.PENDING, Outbox.next_attempt_at <= clock.now())
        .order_by(Outbox.next_attempt_at, Outbox.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if row is None:
        return False
    _attempt(row, settings)
    return True


def _attempt(row: Outbox, settings: Settings) -> None:
    """Whatever goes wrong with one message is written on its own row, and the next one leaves all the same."""
    if _too_early(row):
        row.next_attempt_at = clock.now() + UNTIL_CONFIRMED
        return
    row.attempts += 1
    try:
        sent = _send(row, settings)
    except Exception as error:  # noqa: BLE001 - a message that cannot be made must not stop the others
        log.warning("message_not_sent", extra={"outbox_id": str(row.id), "reason": type(error).__name__})
        _try_later(row, type(error).__name__)
    else:
        row.state, row.error = (OutboxState.SENT, None) if sent else (OutboxState.DEAD, "no_recipient")
        row.sent_at = clock.now() if sent else None


def _too_early(row: Outbox) -> bool:
    """Nobody is told about a request that its own author has not confirmed yet."""
    if row.message not in AFTER_CONFIRMATION:
        return False
    state = db.session.scalar(select(Referral.state).where(Referral.id == row.referral_id))
    return state is ReferralState.AWAITING_CONSENT


def _send(row: Outbox, settings: Settings) -> bool:
    """Hand it over; False when there is nobody left to send it to."""
    found = addressed(row, settings)
    if found is None:
        return False
    look = {"sender": settings.mail_from, "brand": settings.brand_name, "contact": settings.contact_mail}
    message = as_message(found.letter, to=found.to, **look)
    hand_over(message, host=settings.smtp_host, port=settings.smtp_port)
    return True


def _try_later(row: Outbox, error: str) -> None:
    row.error = error
    row.next_attempt_at = clock.now() + min(FIRST_DELAY * 2 ** (row.attempts - 1), LONGEST_DELAY)
    if row.next_attempt_at - row.created_at > GIVES_UP_AFTER:
        row.state = OutboxState.DEAD
