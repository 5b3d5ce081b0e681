"""An association of the tests: its coordinator, a programme, places, and requests offered to it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.crypto import new_token, token_digest
from portal.foundation.permissions import MembershipView, Role, SignedIn
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.models.account import Account, LoginSession
from portal.models.assignment import Assignment
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.capacity import Capacity
from portal.models.person import Applicant, Person
from portal.models.programme import Programme
from portal.places.folding import fold
from tests import factories

EXCERPT = {
    "programme": "p",
    "version": 3,
    "way": "in_person",
    "rows": [
        {"code": "age", "criterion": "Âge", "fact": "20 ans", "rule": "de 14 à 25 ans", "state": "held"},
        {
            "code": "public",
            "criterion": "Public",
            "fact": "non renseigné",
            "rule": "quartier prioritaire (QPV)",
            "state": "to_verify",
        },
    ],
    "to_verify": ["Public\u00a0: quartier prioritaire (QPV)"],
    "committed": 12,
    "objective": 40,
    "attainment": "12 sur 40 (30 %)",
    "rank": 1,
    "competitors": 3,
    "sentence": "De 3 associations qui convenaient, la vôtre est la plus loin de son objectif.",
}


@dataclass
class House:
    """One association, ready to be offered requests."""

    session: Session
    campaign: Campaign
    association: Association
    programme: Programme
    capacity: Capacity
    coordinator: Account

    def offer(self, first_name: str = "Léa", *, days_ago: float = 0, **fields: Any) -> Assignment:
        """A request of this person, offered that long ago; committed."""
        at = clock.now() - timedelta(days=days_ago)
        facts, age = fields.pop("facts", {}), fields.pop("age", 20)
        side = fields.pop("side", Side.MENTEE)
        person = Person(
            Applicant(first_name, "Martin", f"{fold(first_name)}@example.org", "+33639980001"),
            words="Je voudrais reprendre confiance.",
        )
        referral = factories.make_referral(
            self.session, self.campaign, received_at=at, person=person, side=side, facts={"age": age, **facts}
        )
        assignment = factories.make_assignment(
            self.session,
            referral,
            self.association,
            self.programme,
            offered_at=at,
            **{"capacity": self.capacity, "excerpt": EXCERPT, "to_verify": EXCERPT["to_verify"], **fields},
        )
        self.session.commit()
        return assignment

    @property
    def scope(self) -> Scope:
        """What the association's own requests run under."""
        return Scope(DatabaseRole.ASSOCIATION, association_id=self.association.id, account_id=self.coordinator.id)

    @property
    def person(self) -> SignedIn:
        membership = MembershipView(self.association.id, self.association.name, Role.COORDINATOR)
        return SignedIn(
            self.coordinator.id,
            self.coordinator.name,
            "",
            memberships=(membership,),
            association_id=self.association.id,
        )

    def reread(self, row: Any) -> Any:
        self.session.rollback()
        self.session.refresh(row)
        return row


def make_house(session: Session, campaign: Campaign, name: str) -> House:
    association = factories.make_association(session, name)
    programme = factories.make_programme(session, association)
    capacity = factories.make_capacity(session, association, campaign, amount=30, place="commune:59512")
    coordinator = factories.make_account(session, association=association)
    session.commit()
    return House(session, campaign, association, programme, capacity, coordinator)


class Tab(FlaskClient):
    """A tab whose pages were all drawn for one association: what it sends says so, unless told otherwise."""

    drawn_for: str | None = None

    def open(self, *args: Any, **fields: Any) -> TestResponse:
        if fields.get("method") == "POST" and self.drawn_for:
            fields["data"] = {"association": self.drawn_for, **fields.get("data", {})}
        return super().open(*args, **fields)


def signed_in_as(app: Flask, session: Session, account: Account, association: Association) -> Tab:
    """A browser that holds the token of an open session, its pages drawn for the association."""
    token, now = new_token(), clock.now()
    session.add(
        LoginSession(
            digest=token_digest(token),
            account_id=account.id,
            association_id=association.id,
            created_at=now,
            last_seen_at=now,
            second_factor_at=now,
        )
    )
    session.commit()
    client = Tab(app, app.response_class, use_cookies=True)
    client.drawn_for = str(association.id)
    with client.session_transaction() as cookie:
        cookie["token"] = token
    return client


def text_of(answer: Any) -> str:
    """The page as it is read: non-breaking spaces are spaces."""
    return str(answer.get_data(as_text=True)).replace("\u00a0", " ").replace("&nbsp;", " ")
