"""Applying answers once their undo window has passed: only then does a request move on and a place come free.

Rows are locked in one order everywhere: the request, then its assignment. What somebody holds is left for next time.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import DBAPIError

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.foundation.queue import Job, enqueue
from portal.foundation.transactions import after_commit
from portal.models.assignment import Assignment, AssignmentState
from portal.models.bounce import BOUNCES, Effect
from portal.models.event import EventName
from portal.models.outbox import Message
from portal.models.referral import REFERRAL_TRANSITIONS, Referral, ReferralState, UnroutableWhy
from portal.operations.history import happened
from portal.operations.sums import give_back
from portal.operations.telling import Told, tell_once

log = logging.getLogger(__name__)
BATCH = 200


@dataclass(frozen=True)
class Consequence:
    """What an effect does to the request, and the fact it leaves; None: the next offer tells it."""

    state: ReferralState
    event: EventName | None = None
    why: UnroutableWhy | None = None


CONSEQUENCES = {
    Effect.NEXT: Consequence(ReferralState.TO_ROUTE),
    Effect.BACK_TO_APPLICANT: Consequence(ReferralState.AWAITING_APPLICANT),
    Effect.CLOSED: Consequence(ReferralState.CLOSED, EventName.REFERRAL_CLOSED),
    Effect.MERGED: Consequence(ReferralState.MERGED, EventName.REFERRAL_MERGED),
    Effect.STAFF: Consequence(ReferralState.UNROUTABLE, EventName.REFERRAL_UNROUTABLE, UnroutableWhy.OTHER),
}
# What whoever asked must know of it; where the request goes next is told when it arrives there.
TOLD = {Effect.BACK_TO_APPLICANT: Message.APPLICANT_AWAITED, Effect.CLOSED: Message.REFERRAL_CLOSED}
# After these a place comes free; a request that ended after pairing keeps counting.
FREEING = frozenset({AssignmentState.BOUNCED, AssignmentState.GIVEN_UP})


@dataclass(frozen=True)
class Applied:
    """How many answers took effect, and on which sides a place came free."""

    count: int
    freed: frozenset[Side]


def apply_answers(limit: int = BATCH) -> Applied:
    """One batch (router's scope); call again until count is 0. Applying twice changes nothing."""
    due = (Assignment.undo_until <= clock.now(), Assignment.applied_at.is_(None))
    assignments = locked_with_their_requests(*due, limit=limit)
    applied = [
        (assignment, freed)
        for assignment, referral in assignments
        if (freed := _apply_alone(assignment, referral)) is not None
    ]
    sides = frozenset(assignment.side for assignment, freed in applied if freed)
    wake_router(sides)
    return Applied(len(applied), sides)


def locked_with_their_requests(*conditions: ColumnElement[bool], limit: int) -> list[tuple[Assignment, Referral]]:
    """The assignments that meet the conditions, oldest first, with their requests; both locked, or left out."""
    query = select(Assignment.id, Assignment.referral_id).where(*conditions)
    found = db.session.execute(query.order_by(Assignment.offered_at, Assignment.id).limit(limit)).all()
    referrals = _locked_requests([row.referral_id for row in found])
    assignments = db.session.scalars(
        select(Assignment)
        .where(Assignment.id.in_([row.id for row in found]), Assignment.referral_id.in_(list(referrals)), *conditions)
        .order_by(Assignment.offered_at, Assignment.id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return [(assignment, referrals[assignment.referral_id]) for assignment in assignments]


def _locked_requests(ids: Sequence[UUID]) -> dict[UUID, Referral]:
    query = select(Referral).where(Referral.id.in_(ids)).order_by(Referral.id)
    locked = query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return {referral.id: referral for referral in db.session.scalars(locked)}


def _apply_alone(assignment: Assignment, referral: Referral) -> bool | None:
    """As _apply, in a savepoint: one answer that cannot be applied never holds the others. None: it failed."""
    try:
        with db.session.begin_nested():
            return _apply(assignment, referral)
    except DBAPIError:
        log.exception("answer_not_applied", extra={"assignment_id": str(assignment.id)})
        return None


def _apply(assignment: Assignment, referral: Referral) -> bool:
    """Whether a place came free."""
    assignment.applied_at = clock.now()
    match assignment.state:
        case AssignmentState.BOUNCED:
            assert assignment.bounce_reason is not None
            effect = BOUNCES[assignment.bounce_reason].effect
            release(assignment, referral, CONSEQUENCES[effect])
            if effect in TOLD:
                _tell_applicant(assignment, TOLD[effect])
        case AssignmentState.ENDED | AssignmentState.GIVEN_UP:
            _move(referral, CONSEQUENCES[Effect.CLOSED])
            _tell_applicant(assignment, Message.REFERRAL_CLOSED)
        case _:
            _tell_applicant(assignment, Message.REFERRAL_ACCEPTED)
    return assignment.state in FREEING


def release(assignment: Assignment, referral: Referral, consequence: Consequence) -> None:
    """The association is done with the request: it loses sight of it, and the request moves on."""
    assignment.closed_at = clock.now()
    assignment.contact_from = assignment.contact_until = None
    db.session.add(give_back(assignment))
    referral.hops += 1
    _move(referral, consequence)


def _move(referral: Referral, consequence: Consequence) -> None:
    """A request that has left meanwhile (withdrawn, merged) stays where it is."""
    if consequence.state not in REFERRAL_TRANSITIONS[referral.state]:
        return
    referral.state, referral.state_since = consequence.state, clock.now()
    referral.unroutable_why = consequence.why
    if consequence.event:
        happened(consequence.event, referral_id=referral.id, why=consequence.why and consequence.why.value)


def _tell_applicant(assignment: Assignment, message: Message) -> None:
    """Once an assignment, even when it is accepted, taken back and accepted again."""
    tell_once([Told(message, str(assignment.id), referral_id=assignment.referral_id)])


def wake_router(sides: frozenset[Side]) -> None:
    """Once committed: the requests that moved on are routed, and the places that came free are offered."""
    for side in sorted(sides):
        after_commit(partial(enqueue, Job.DRAIN, side.value, "waitlist"))
