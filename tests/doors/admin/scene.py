"""A small season really routed: what the pages of decisions, orientation and associations are looked at on."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.person import Applicant, Person
from portal.models.programme import Programme
from portal.models.referral import Referral
from portal.operations.routing import route_waiting
from portal.places.folding import fold
from tests.factories import make_association, make_capacity, make_objective, make_programme, make_referral

IN_ROUBAIX = {"test": "territory", "any_of": ["commune:59512"]}
YOUNG = {"all": [{"test": "age", "min": 16, "max": 26}, {"test": "need", "any_of": ["first_job", "guidance"]}]}
PUPILS = {"all": [{"test": "age", "min": 6, "max": 15}]}
RESERVED = {"all": [{"test": "age", "min": 16}, {"test": "public", "any_of": ["qpv"]}]}


@dataclass
class Scene:
    """Who is there. Proxité is further from its objective than Télémaque; Afev is full; LA CLÉ wants to verify."""

    campaign: Campaign
    associations: dict[str, Association] = field(default_factory=dict)
    programmes: dict[str, Programme] = field(default_factory=dict)

    def join(self, arrange: Session, name: str, criteria: dict[str, Any], *, places: int, objective: int) -> None:
        association = make_association(arrange, name)
        self.associations[name] = association
        self.programmes[name] = make_programme(arrange, association, criteria)
        if objective:
            make_objective(arrange, association, self.campaign, objective)
        make_capacity(arrange, association, self.campaign, places, place="departement:59")


def set_scene(arrange: Session, campaign: Campaign) -> Scene:
    scene = Scene(campaign)
    scene.join(arrange, "Proxité", YOUNG, places=30, objective=40)
    scene.join(arrange, "Télémaque", YOUNG, places=20, objective=20)
    scene.join(arrange, "Afev", YOUNG, places=0, objective=30)
    scene.join(arrange, "LA CLÉ", RESERVED, places=10, objective=10)
    scene.join(arrange, "Entraide scolaire", PUPILS, places=10, objective=10)
    arrange.commit()
    return scene


def somebody(arrange: Session, campaign: Campaign, first: str = "Léa", last: str = "Martin", **fields: Any) -> Referral:
    person = Person(Applicant(first, last, f"{fold(first)}.{fold(last)}@example.org", "0639980001", date(2006, 3, 1)))
    referral = make_referral(arrange, campaign, person=person, **fields)
    arrange.commit()
    return referral


def route(side: Side = Side.MENTEE) -> None:
    """The engine runs once over whoever waits."""
    with transaction(Scope(DatabaseRole.ROUTER)):
        route_waiting(side)


def days_ago(days: float) -> Any:
    return clock.now() - timedelta(days=days)
