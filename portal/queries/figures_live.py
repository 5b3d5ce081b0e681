"""What stands at this moment, counted from the requests themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from matching.vocabulary import Side
from portal.foundation.extensions import db
from portal.models.assignment import Assignment, AssignmentState
from portal.models.event import Event, EventName
from portal.models.referral import Referral, ReferralState
from portal.queries.figures import Period

WAITS = (
    ReferralState.AWAITING_CONSENT,
    ReferralState.AWAITING_APPLICANT,
    ReferralState.TO_ROUTE,
    ReferralState.WAITLISTED,
    ReferralState.UNROUTABLE,
)
# What counts as committed no longer, once it had been accepted; a pair that has ended still counts.
LAPSED = (AssignmentState.BOUNCED, AssignmentState.GIVEN_UP, AssignmentState.WITHDRAWN)


@dataclass(frozen=True)
class Waiting:
    """The requests of one side that no association has now, by state."""

    states: Mapping[ReferralState, int] = field(default_factory=dict)

    def of(self, state: ReferralState) -> int:
        return self.states.get(state, 0)

    @property
    def no_place(self) -> int:
        """Somebody fits, but nothing is open."""
        return self.of(ReferralState.WAITLISTED)

    @property
    def nowhere(self) -> int:
        """Nobody fits: staff decide."""
        return self.of(ReferralState.UNROUTABLE)


def waiting_now() -> dict[Side, Waiting]:
    """Staff's sight. One statement."""
    query = (
        select(Referral.side, Referral.state, func.count())
        .where(Referral.state.in_(WAITS))
        .group_by(Referral.side, Referral.state)
    )
    found: dict[Side, dict[ReferralState, int]] = {side: {} for side in Side}
    for side, state, number in db.session.execute(query):
        found[side][state] = number
    return {side: Waiting(states) for side, states in found.items()}


def lapsed_since(association_id: UUID, side: Side, period: Period) -> int:
    """How many requests accepted in the period were sent back, given up or withdrawn since. One statement."""
    first, after = period.instants
    accepted, undone = aliased(Event), aliased(Event)
    taken_back = select(undone.id).where(
        undone.assignment_id == accepted.assignment_id,
        undone.name == EventName.ASSIGNMENT_UNDONE,
        undone.at >= accepted.at,
    )
    query = (
        select(func.count(Assignment.id.distinct()))
        .join(accepted, accepted.assignment_id == Assignment.id)
        .where(
            accepted.association_id == association_id,
            accepted.name == EventName.ASSIGNMENT_ACCEPTED,
            accepted.at >= first,
            accepted.at < after,
            Assignment.side == side,
            Assignment.state.in_(LAPSED),
            ~taken_back.exists(),
        )
    )
    return db.session.scalar(query) or 0
