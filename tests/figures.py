"""A small network whose figures can be counted on one's fingers: events appended as the operations would."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation.identifiers import new_id
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs.figures import fold
from portal.models.assignment import Assignment
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.event import Event, EventName
from portal.models.programme import Programme
from portal.models.referral import Referral
from portal.operations.figures import figure_differences
from tests import factories

JOBS = Scope(DatabaseRole.JOBS)
HOUR = timedelta(hours=1)


@dataclass
class Network:
    """Associations by name, and what happens to requests there."""

    session: Session
    campaign: Campaign
    programmes: dict[str, Programme] = field(default_factory=dict)
    associations: dict[str, Association] = field(default_factory=dict)

    def association(self, name: str) -> Association:
        if name not in self.associations:
            self.associations[name] = factories.make_association(self.session, name)
            self.programmes[name] = factories.make_programme(self.session, self.associations[name])
            self.session.commit()
        return self.associations[name]

    def happened(
        self, name: EventName, at: datetime, referral: Referral, offer: Assignment | None = None, **data: Any
    ) -> None:
        row = {"referral_id": referral.id, "association_id": offer and offer.association_id}
        self.session.add(Event(id=new_id(), name=name, at=at, assignment_id=offer and offer.id, data=data, **row))
        self.session.commit()

    def received(
        self, at: datetime, side: Side = Side.MENTEE, departement: str = "59", age: int = 20, **facts: Any
    ) -> Referral:
        referral = factories.make_referral(
            self.session, self.campaign, received_at=at, side=side, facts={"age": age, **facts}
        )
        referral.departement = departement
        self.session.commit()
        self.happened(EventName.REFERRAL_CONFIRMED, at, referral)
        return referral

    def offered(self, name: str, at: datetime, hop: int = 0, referral: Referral | None = None) -> Assignment:
        own = referral or self.received(at)
        association = self.association(name)
        offer = factories.make_assignment(self.session, own, association, self.programmes[name], offered_at=at, hop=hop)
        self.session.commit()
        self.happened(EventName.REFERRAL_PLACED, at, own, offer, hop=hop)
        return offer

    def told(self, offer: Assignment, name: EventName, hours: float, **data: Any) -> None:
        """So many hours after the offer."""
        referral = self.session.get_one(Referral, offer.referral_id)
        self.happened(name, offer.offered_at + hours * HOUR, referral, offer, **data)

    def accepted(self, name: str, at: datetime, hours: float = 48) -> Assignment:
        offer = self.offered(name, at)
        self.told(offer, EventName.ASSIGNMENT_ACCEPTED, hours)
        return offer


def noon(days_ago: int) -> datetime:
    """Noon in UTC, so many days ago: the same day in Paris."""
    return (datetime.now(UTC) - timedelta(days=days_ago)).replace(hour=12, minute=0, second=0, microsecond=0)


def sums(owner: Any, dimension: str = "total", whose: Any = None) -> dict[tuple[str, str], int]:
    """(measure, value) → number, folded or not."""
    mine = "association_id IS NULL" if whose is None else "association_id = %(whose)s"
    rows = owner.execute(
        "SELECT measure, value, sum(amount) FROM (SELECT * FROM daily_figure UNION ALL SELECT * FROM figure_delta) every"
        f" WHERE {mine} AND dimension = %(dimension)s GROUP BY 1, 2 HAVING sum(amount) <> 0",
        {"whose": whose, "dimension": dimension},
    ).fetchall()
    return {(measure, value): int(n) for measure, value, n in rows}


def assert_sums_hold() -> None:
    """The sums are those of a recount, before a fold and after."""
    for _ in range(2):
        with transaction(Scope(DatabaseRole.JOBS, read_only=True)):
            assert figure_differences() == []
        fold()
