"""A campaign that has been lived for a while: offers made at a steady pace, some of which came to nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.models.assignment import AssignmentState
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.capacity import Capacity
from portal.models.programme import Programme
from tests import factories

LOST_AFTER = timedelta(days=3)


@dataclass
class Lived:
    """Associations by name, each with a programme, places and an objective."""

    session: Session
    campaign: Campaign
    houses: dict[str, tuple[Association, Programme, Capacity]] = field(default_factory=dict)

    def house(self, name: str, objective: int = 0, places: int = 500, **fields: Any) -> Association:
        association = factories.make_association(self.session, name, **fields)
        programme = factories.make_programme(self.session, association)
        capacity = factories.make_capacity(self.session, association, self.campaign, places)
        if objective:
            factories.make_objective(self.session, association, self.campaign, objective)
        self.houses[name] = association, programme, capacity
        self.session.commit()
        return association

    def offers(
        self, name: str, days_ago: Iterable[int], *, lost: bool = False, campaign: Campaign | None = None
    ) -> None:
        """One on each of these days; lost: sent back three days later."""
        association, programme, capacity = self.houses[name]
        for days in days_ago:
            at = clock.now() - timedelta(days=days)
            ended: dict[str, Any] = {"state": AssignmentState.BOUNCED, "closed_at": at + LOST_AFTER} if lost else {}
            referral = factories.make_referral(
                self.session, campaign or self.campaign, side=Side.MENTEE, received_at=at
            )
            factories.make_assignment(
                self.session, referral, association, programme, capacity=capacity, offered_at=at, **ended
            )
        self.session.commit()
