"""Routing in batches: first received first, each request to whom ARM names, under one true picture of the openings.

A batch is one READ COMMITTED transaction whose first act is to take the side's OPENINGS lock for itself. Whatever it
ranks on is read after that, and can no longer move: capacities, pauses, criteria and objectives change only under
the same lock shared, and it is released after their commit has become visible; the sums are written by its holder
alone; answers append deltas, each of which is either folded in by this batch's one DELETE or left whole to the next.
(Under REPEATABLE READ the snapshot would be taken by the statement that waits for the lock, hence before it.)
The requests themselves are locked as they are read, so a withdrawal comes before the batch or after it.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, text

from matching.decision import Placed, Unroutable, Waitlisted
from matching.profile import Profile
from matching.reading import InvalidInputError
from matching.standing import Standing
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.foundation.locks import NUMBER, Lock
from portal.models.referral import ReferralState, UnroutableWhy
from portal.operations.recording import Record
from portal.operations.sums import fold_answers
from portal.queries.routing import Cursor, keep_board, kept_board, tried_by, waiting

log = logging.getLogger(__name__)
BATCH = 500
SILENCE = "10s"  # a batch that says nothing for so long is ended by the server
DECISIONS_A_SIGN = 50  # a slow machine decides these well within it
SIGN_OF_LIFE = text("SELECT 1")
TAKE_OPENINGS = text(
    "SELECT set_config('idle_in_transaction_session_timeout', :silence, true), pg_advisory_xact_lock(:lock, :side)"
)
UNCHANGED = {ReferralState.WAITLISTED: Waitlisted, ReferralState.UNROUTABLE: Unroutable}


@dataclass(frozen=True)
class BatchResult:
    """How many requests a batch looked at and moved; after: where the next one of a pass goes on."""

    seen: int = 0
    placed: int = 0
    waitlisted: int = 0
    unroutable: int = 0
    after: Cursor | None = None


def take_openings(side: Side) -> None:
    """Until this transaction ends nobody changes what is open, and nobody else routes on this side.

    All of that waits for whoever holds it; so the server ends it when it is stopped between two statements.
    """
    db.session.execute(TAKE_OPENINGS, {"lock": Lock.OPENINGS, "side": NUMBER[side], "silence": SILENCE})
    fold_answers(side)


def route_waiting(side: Side, limit: int = BATCH) -> BatchResult:
    """Route the requests that wait, first received first: one batch, one transaction (router's scope)."""
    take_openings(side)
    return _route(side, waiting(side, ReferralState.TO_ROUTE, limit), ReferralState.TO_ROUTE)


def route_again(side: Side, state: ReferralState, after: Cursor | None = None, limit: int = BATCH) -> BatchResult:
    """One batch of a pass over those without a place or a solution, oldest first; writes only what changed."""
    take_openings(side)
    return _route(side, waiting(side, state, limit, after), state)


def _route(side: Side, referrals: list[Row[Any]], state: ReferralState) -> BatchResult:
    if not referrals:
        return BatchResult()
    record = Record(kept_board(side), clock.now())
    standing = _decide(record, referrals, state)
    record.write()
    keep_board(record.board, standing)
    return _result(record, referrals)


def _decide(record: Record, referrals: list[Row[Any]], state: ReferralState) -> Standing:
    """Each decision an instant after the one before, so that "served longest ago" tells within a batch too.

    Returns where everyone stands after the last.
    """
    board, standing = record.board, record.board.standing
    tried = tried_by(referral.id for referral in referrals)
    start = record.at.astimezone(clock.PARIS)
    for order, referral in enumerate(referrals):
        if order and order % DECISIONS_A_SIGN == 0:
            db.session.connection().execute(SIGN_OF_LIFE)
        profile = profile_of(referral)
        if profile is None:
            record.move(referral, ReferralState.UNROUTABLE, UnroutableWhy.OTHER)
            continue
        at = start + timedelta(microseconds=order)
        decision = board.router.route(profile, standing, tried.get(referral.id, ()), at)
        if isinstance(decision, Placed):
            standing = standing.after(decision, at)
        if not isinstance(decision, UNCHANGED.get(state, ())):
            record.decide(referral, profile, decision, standing)
    return standing


def profile_of(referral: Row[Any]) -> Profile | None:
    """None when the stored facts cannot be read: staff look at it, and the others do not wait for it."""
    try:
        return Profile.from_json(referral.profile)
    except InvalidInputError:
        log.exception("profile_unreadable", extra={"referral_id": str(referral.id)})
        return None


def _result(record: Record, referrals: list[Row[Any]]) -> BatchResult:
    states = [state for _, _, state, _ in record.moved]
    return BatchResult(
        seen=len(referrals),
        placed=states.count(ReferralState.PLACED),
        waitlisted=states.count(ReferralState.WAITLISTED),
        unroutable=states.count(ReferralState.UNROUTABLE),
        after=(referrals[-1].received_at, referrals[-1].id),
    )
