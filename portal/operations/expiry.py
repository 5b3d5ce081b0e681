"""Silence: past its day a request goes on by itself."""

from portal.foundation import clock
from portal.models.assignment import TO_ANSWER, Assignment, AssignmentState
from portal.models.event import EventName
from portal.models.referral import ReferralState
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
