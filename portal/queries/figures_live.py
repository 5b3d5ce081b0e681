"""What stands at this moment, counted from the requests themselves (staff's sight)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select

from matching.vocabulary import Side
from portal.foundation.extensions import db
from portal.models.referral import Referral, ReferralState

WAITS = (
    ReferralState.AWAITING_CONSENT,
    ReferralState.AWAITING_APPLICANT,
    ReferralState.TO_ROUTE,
    ReferralState.WAITLISTED,
    ReferralState.UNROUTABLE,
)


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
    """One statement."""
    query = (
        select(Referral.side, Referral.state, func.count())
        .where(Referral.state.in_(WAITS))
        .group_by(Referral.side, Referral.state)
    )
    found: dict[Side, dict[ReferralState, int]] = {side: {} for side in Side}
    for side, state, number in db.session.execute(query):
        found[side][state] = number
    return {side: Waiting(states) for side, states in found.items()}
