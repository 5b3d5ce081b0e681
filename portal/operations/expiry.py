"""Silence: past its day a request goes on by itself, or is closed when its own owner is silent."""

from datetime import timedelta

from sqlalchemy import select

from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.assignment import TO_ANSWER, Assignment, AssignmentState
from portal.models.event import EventName
from portal.models.referral import Referral, ReferralState
from portal.operations.answers import Applied, Consequence, locked_with_their_requests, release, wake_router
from portal.operations.history import happened

BATCH = 200
GOES_ON = Consequence(ReferralState.TO_ROUTE)


def expire_overdue(limit: int = BATCH) -> Applied:
    """One batch (router's scope) of the offers nobody answered in time; call again until count is 0."""
    overdue = (
        Assignment.due_at <= clock.now(),
        Assignment.closed_at.is_(None),
        Assignment.state.in_(sorted(TO_ANSWER)),
    )
    found = locked_with_their_requests(*overdue, limit=limit)
    for assignment, referral in found:
        assignment.state = AssignmentState.EXPIRED
        release(assignment, referral, GOES_ON)
        happened(
            EventName.ASSIGNMENT_EXPIRED,
            referral_id=referral.id,
            association_id=assignment.association_id,
            assignment_id=assignment.id,
        )
    sides = frozenset(assignment.side for assignment, _ in found)
    wake_router(sides)
    return Applied(len(found), sides)


def close_unanswered(waited: timedelta) -> int:
    """Close the requests whose owner has not come back for that long (router's scope); returns how many."""
    silent = db.session.scalars(
        select(Referral)
        .where(Referral.state == ReferralState.AWAITING_APPLICANT, Referral.state_since <= clock.now() - waited)
        .order_by(Referral.id)
        .with_for_update(skip_locked=True)
    ).all()
    for referral in silent:
        referral.state, referral.state_since = ReferralState.CLOSED, clock.now()
        happened(EventName.REFERRAL_CLOSED, referral_id=referral.id)
    return len(silent)
