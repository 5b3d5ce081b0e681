"""Sending what waits in the outbox, for as long as one turn may last."""

import logging
from collections import deque
from time import monotonic

from portal.foundation.config import Settings, settings
from portal.foundation.queue import Job, enqueue
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.mail.mailer import Mailer
from portal.operations.claims import Claim, LeaseOver, claim, let_go
from portal.operations.sending import attempt, put_off_lost

log = logging.getLogger(__name__)
BATCH = 20
RUN_SECONDS = 30.0
JOBS = Scope(DatabaseRole.JOBS)


def send_pending() -> None:
    """Send all that is due, over one connection; several may at once. What is left after a while asks for a new turn."""
    told, ends_at = settings(), monotonic() + RUN_SECONDS
    with Mailer(told) as mailer:
        while monotonic() < ends_at:
            batch = claimed(told)
            if not batch or not send_batch(batch, mailer, told):
                return
    enqueue(Job.SEND_MAIL)


def claimed(told: Settings) -> list[Claim]:
    with transaction(JOBS):
        return claim(told, BATCH)


def send_batch(batch: list[Claim], mailer: Mailer, told: Settings) -> bool:
    """Those begun in the first half of their lease; False when the server is not to be reached: the others wait."""
    left, half_time, reachable = deque(batch), monotonic() + told.lease_seconds / 2, True
    while left and reachable and monotonic() < half_time:
        reachable = send_one(left.popleft(), mailer, told)
    if left:
        with transaction(JOBS):
            let_go(left)
    return reachable


def send_one(ours: Claim, mailer: Mailer, told: Settings) -> bool:
    """Whatever goes wrong with one message is written on its own row, and the next one leaves all the same."""
    try:
        with transaction(JOBS):
            return attempt(ours, mailer, told)
    except LeaseOver:
        log.warning("lease_over", extra={"outbox_id": str(ours.id)})
    except Exception as error:  # noqa: BLE001 - a message that cannot be made must not stop the others
        reason = type(error).__name__
        log.warning("message_not_sent", extra={"outbox_id": str(ours.id), "reason": reason})
        with transaction(JOBS):
            put_off_lost(ours, reason)
    return True
