"""Putting a message into the outbox, in the same transaction as its cause; the queue is only told afterwards."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from portal.foundation import clock
from portal.foundation.errors import Hidden
from portal.foundation.extensions import db
from portal.foundation.queue import Job, enqueue
from portal.foundation.transactions import after_commit
from portal.models.event import JournalAct
from portal.models.outbox import GIVES_UP_AFTER, Message, Outbox, OutboxState
from portal.operations.history import journal

TEAM_MESSAGES = frozenset(
    {
        Message.REQUEST_OFFERED,
        Message.CLARIFICATION_ANSWERED,
        Message.REQUESTS_DIGEST,
        Message.SILENCE_REMINDER,
        Message.FOLLOW_UP_DUE,
        Message.PLACES_CHECK,
        Message.PROPOSAL_SETTLED,
        Message.FILE_PASSWORD_RENEWED,
        Message.MORNING_FILE,
        Message.STAFF_DIGEST,
    }
)


def put(
    message: Message,
    key: str,
    *,
    referral_id: UUID | None = None,
    reference_id: UUID | None = None,
    association_id: UUID | None = None,
    account_id: UUID | None = None,
    at: datetime | None = None,
) -> None:
    """One message to one mailbox, from that instant on. key: what makes it one and the same message.

    Put twice, it is still one. What it is about must have been added to the session before: it is written at once.
    """
    leaves = at or clock.now()
    row = {
        "deduplication_key": f"{message}:{key}",
        "message": message,
        "referral_id": referral_id,
        "reference_id": reference_id,
        "association_id": association_id,
        "account_id": account_id,
        "next_attempt_at": leaves,
        "gives_up_at": leaves + GIVES_UP_AFTER,
    }
    _write([row])
    after_commit(partial(enqueue, Job.SEND_MAIL))


def put_for_team(message: Message, key: str, *, association_id: UUID | None, reference_id: UUID) -> None:
    """To whoever of the association wants it, or of the Collectif's team (None): one row each once it is spread."""
    put(message, key, association_id=association_id, reference_id=reference_id)


def put_for_each(row: Outbox, account_ids: Iterable[UUID]) -> None:
    """The team's message again, once for each of these members."""
    about = {name: getattr(row, name) for name in ("message", "referral_id", "reference_id", "association_id")}
    _write(
        [
            about | {"deduplication_key": f"{row.deduplication_key}:{account_id}", "account_id": account_id}
            for account_id in account_ids
        ]
    )


def _write(rows: list[dict[str, Any]]) -> None:
    """No conflict target is named: that would take a right to read the key, which only jobs and staff have."""
    db.session.flush()
    if rows:
        db.session.execute(insert(Outbox).on_conflict_do_nothing(), rows)


def retry_dead(outbox_id: UUID) -> None:
    """Staff have a message tried again for 48 hours, from now. Raises Hidden when it has not been given up."""
    row = db.session.scalar(
        select(Outbox).where(Outbox.id == outbox_id, Outbox.state == OutboxState.DEAD).with_for_update()
    )
    if row is None:
        raise Hidden
    now = clock.now()
    row.state, row.attempts, row.error = OutboxState.PENDING, 0, None
    row.next_attempt_at, row.gives_up_at, row.dead_at, row.leased_until = now, now + GIVES_UP_AFTER, None, None
    journal(JournalAct.MAIL_RETRIED, referral_id=row.referral_id, detail=row.message)
    after_commit(partial(enqueue, Job.SEND_MAIL))
