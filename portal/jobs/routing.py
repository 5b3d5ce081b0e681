"""Routing, woken up: drain what waits, apply answers, let silence expire, sweep up what no wake-up told."""

from collections.abc import Callable
from datetime import timedelta

from matching.vocabulary import Side
from portal.foundation.config import settings
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs.leadership import leading
from portal.models.referral import ReferralState
from portal.operations import answers, expiry, reach, routing
from portal.queries.routing import Cursor, anything_waiting

ROUTER = Scope(DatabaseRole.ROUTER)
PASSES = {"waitlist": ReferralState.WAITLISTED, "unroutable": ReferralState.UNROUTABLE}
IDLE_ROUNDS = 3


def drain(side: str, *what: str) -> None:
    """Route what waits. what: also look again at the "waitlist", at the "unroutable", which have waited longer."""
    for name in what:
        look_again(Side(side), PASSES[name])
    drain_waiting(Side(side))


def drain_waiting(side: Side) -> None:
    """Lead until nothing waits, or leave it to who leads already.

    Who is turned away had committed before; so the leader looks once more after it has let go, and misses nobody.
    A few rounds that move nothing (all is locked by somebody) end it: the sweep comes back.
    """
    idle = 0
    while idle < IDLE_ROUNDS:
        with leading(side) as still_here:
            if still_here is None:
                return
            routed = route_batches(side, still_here)
        idle = 0 if routed else idle + 1
        if not still_waiting(side):
            return


def route_batches(side: Side, still_here: Callable[[], object]) -> int:
    """How many requests were routed, a transaction each batch, until one finds none."""
    routed = 0
    while True:
        still_here()
        with transaction(ROUTER):
            batch = routing.route_waiting(side)
        routed += batch.seen
        if batch.seen == 0:
            return routed


def still_waiting(side: Side) -> bool:
    with transaction(Scope(DatabaseRole.ROUTER, read_only=True)):
        return anything_waiting(side)


def look_again(side: Side, state: ReferralState) -> None:
    """One pass over all of them, oldest first, a transaction each batch."""
    after: Cursor | None = None
    while True:
        with transaction(ROUTER):
            batch = routing.route_again(side, state, after)
        if batch.after is None:
            return
        after = batch.after


def apply_answers() -> None:
    until_none(answers.apply_answers)


def expire_overdue() -> None:
    """Offers nobody answered go on; requests whose owner is silent are closed."""
    until_none(expiry.expire_overdue)
    with transaction(ROUTER):
        expiry.close_unanswered(timedelta(days=settings().applicant_days))


def until_none(batch: Callable[[], answers.Applied]) -> None:
    """One transaction a batch, until a batch finds nothing."""
    while True:
        with transaction(ROUTER):
            done = batch()
        if done.count == 0:
            return


def sweep() -> None:
    """The queue may have lost a wake-up; the database has not."""
    for side in Side:
        if still_waiting(side):
            drain_waiting(side)


def measure_reach() -> None:
    for side in Side:
        with transaction(ROUTER):
            reach.measure_reach(side)
