"""Who attempts which message: a lease and a token before, the row's lock during the attempt."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, select, text, update

from portal.foundation import clock
from portal.foundation.config import Settings
from portal.foundation.extensions import db
from portal.foundation.locks import WAIT_A_LITTLE, WAIT_AS_NEEDED
from portal.models.outbox import Outbox, OutboxState

LONGEST_DELAY = timedelta(hours=6)
# A row whose lease ran out without a word may kill whoever touches it: it is taken alone, after all the others, and
# from its fifth attempt on ever later. next_attempt_at is what stands when no word comes this time either.
CLAIM = """
    WITH due AS (
        SELECT id, next_attempt_at AS turn FROM outbox
        WHERE state = 'pending' AND next_attempt_at <= :now AND {available}
        ORDER BY next_attempt_at, id LIMIT :most FOR UPDATE SKIP LOCKED)
    UPDATE outbox SET leased_until = :until, token = token + 1, attempts = attempts + 1,
        next_attempt_at = CAST(:now AS timestamptz) + least(
            CAST(:lease AS interval) * power(2, least(greatest(attempts - 4, 0), 20)), CAST(:longest AS interval))
    FROM due WHERE outbox.id = due.id
    RETURNING outbox.id, outbox.token, due.turn
"""
FRESH = text(CLAIM.format(available="leased_until IS NULL"))
LOST = text(CLAIM.format(available="leased_until < :now"))
BURY_LOST = text("""
    UPDATE outbox SET state = 'dead', dead_at = :now, leased_until = NULL, error = 'lost' WHERE id IN (
        SELECT id FROM outbox WHERE state = 'pending' AND leased_until < :now AND gives_up_at < :now
            AND next_attempt_at <= :now FOR UPDATE SKIP LOCKED)
""")


class LeaseOver(RuntimeError):
    """The attempt took so long that the message may be somebody else's by now."""


@dataclass(frozen=True)
class Claim:
    """A message that is ours to attempt until then, as long as nobody has raised the token."""

    id: UUID
    token: int
    until: datetime


def claim(settings: Settings, most: int) -> list[Claim]:
    """The oldest due messages, each attempt counted before it is made; empty when there are none. Commit at once."""
    now, lease = clock.now(), timedelta(seconds=settings.lease_seconds)
    told = {"now": now, "until": now + lease, "lease": lease, "longest": LONGEST_DELAY}
    rows = db.session.execute(FRESH, {**told, "most": most}).all()
    if not rows:
        db.session.execute(BURY_LOST, {"now": now})
        rows = db.session.execute(LOST, {**told, "most": 1}).all()
    return [Claim(row.id, row.token, now + lease) for row in sorted(rows, key=lambda row: (row.turn, row.id))]


def locked(ours: Claim) -> Outbox | None:
    """The row, locked until the transaction ends; None when it is no longer ours.

    Somebody else's claim may hold it for the time of a statement, having read it before ours: that is waited for.
    Raises the database's error when it lasts.
    """
    db.session.execute(WAIT_A_LITTLE)
    row = db.session.scalar(_ours(ours).with_for_update())
    db.session.execute(WAIT_AS_NEEDED)
    return row


def locked_at_once(ours: Claim) -> Outbox | None:
    """The same, None also when somebody holds it."""
    return db.session.scalar(_ours(ours).with_for_update(skip_locked=True))


def _ours(ours: Claim) -> Select[Outbox]:
    return select(Outbox).where(Outbox.id == ours.id, Outbox.token == ours.token, Outbox.state == OutboxState.PENDING)


def still_ours(ours: Claim) -> None:
    """Asked at the last moment. Raises LeaseOver, or the database's error when the lock went with its connection."""
    db.session.execute(text("SELECT 1"))
    if clock.now() >= ours.until:
        raise LeaseOver


def let_go(claims: Collection[Claim]) -> None:
    """These were not attempted after all: as if they had never been claimed."""
    for ours in claims:
        db.session.execute(
            update(Outbox)
            .where(Outbox.id == ours.id, Outbox.token == ours.token, Outbox.state == OutboxState.PENDING)
            .values(leased_until=None, attempts=Outbox.attempts - 1, next_attempt_at=clock.now())
            .execution_options(synchronize_session=False)
        )
