"""Putting many messages at once, each only once: one statement, whatever the number of requests or associations.

What was put before stays as it is. A role that may not read the outbox (the router) can do this too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from sqlalchemy import text

from portal.foundation import clock
from portal.foundation.extensions import db
from portal.foundation.identifiers import new_id
from portal.foundation.queue import Job, enqueue
from portal.foundation.transactions import after_commit
from portal.models.outbox import GIVES_UP_AFTER, Message, OutboxState

STATEMENT = (
    "INSERT INTO outbox (id, deduplication_key, message, referral_id, reference_id, association_id,"
    " state, attempts, token, created_at, next_attempt_at, gives_up_at)"
    " SELECT one.id, one.key, one.message, one.referral_id, one.reference_id, one.association_id,"
    " :pending, 0, 0, :at, :at, :over"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:keys AS text[]), CAST(:messages AS text[]),"
    " CAST(:referrals AS uuid[]), CAST(:references AS uuid[]), CAST(:associations AS uuid[]))"
    " AS one (id, key, message, referral_id, reference_id, association_id)"
    " ON CONFLICT DO NOTHING"
)
PUT = text(STATEMENT)
PUT_AND_SAY = text(f"{STATEMENT} RETURNING deduplication_key")


@dataclass(frozen=True)
class Told:
    """One message, about a request or about something else; key: what makes it one and the same, without its name.

    association_id: the association whose team it is for.
    """

    message: Message
    key: str
    referral_id: UUID | None = None
    reference_id: UUID | None = None
    association_id: UUID | None = None

    @property
    def deduplication_key(self) -> str:
        return f"{self.message}:{self.key}"


def tell_once(told: Iterable[Told]) -> None:
    """Put those that were not put yet; they leave once the transaction has committed."""
    rows = list(told)
    if rows:
        db.session.execute(PUT, _columns(rows))
        after_commit(partial(enqueue, Job.SEND_MAIL))


def tell_new(told: Iterable[Told]) -> list[Told]:
    """As tell_once (jobs' scope): those put by this very call, and by no other worker before or meanwhile."""
    rows = list(told)
    if not rows:
        return []
    put = set(db.session.scalars(PUT_AND_SAY, _columns(rows)))
    if put:
        after_commit(partial(enqueue, Job.SEND_MAIL))
    return [row for row in rows if row.deduplication_key in put]


def _columns(rows: Sequence[Told]) -> dict[str, object]:
    now = clock.now()
    return {
        "pending": OutboxState.PENDING,
        "at": now,
        "over": now + GIVES_UP_AFTER,
        "ids": [new_id() for _ in rows],
        "keys": [row.deduplication_key for row in rows],
        "messages": [row.message.value for row in rows],
        "referrals": [row.referral_id for row in rows],
        "references": [row.reference_id for row in rows],
        "associations": [row.association_id for row in rows],
    }
