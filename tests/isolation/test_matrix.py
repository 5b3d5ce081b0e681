"""Every route × method × person × whose object: generated from the URL map, so that no route can be left out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.app import create_app
from portal.foundation import clock
from portal.foundation.config import Settings
from portal.foundation.crypto import new_token, token_digest, vault
from portal.foundation.identifiers import new_id
from portal.foundation.permissions import GRANTS, Permission, Role
from portal.models.account import LoginSession
from portal.models.person import Applicant, Person
from tests import factories
from tests.isolation.belongings import belongings_of, belongings_of_the_collectif

CANARY = "Canarella"
PEOPLE = ("nobody", "coordinator", "administrator", "staff")
WHOSE = ("own", "another's", "unknown")
ROLE_OF = {"coordinator": Role.COORDINATOR, "administrator": Role.ADMINISTRATOR, "staff": Role.STAFF}
TEXTS = {
    "form": "je-cherche-un-mentor",
    "key": "1",
    "filename": "css/tokens.css",
    "slug": "filature-du-nord",
    "side": "jeunes",
    "page_slug": "informer",
    "number": "1",
    "message": "morning_file",
    "rank": "0",
    "name": "send_mail",
    "table": "mesures",
}
WATCHED = (
    "referral",
    "assignment",
    "capacity",
    "association",
    "programme",
    "programme_version",
    "criteria_proposal",
    "objective",
    "outside_count",
    "campaign",
    "standing_delta",
    "membership",
    "invitation",
    "identity_provider",
    "external_identity",
    "document",
    "offer_text",
    "company",
    "lead",
    "lead_step",
    "outbox",
    "morning_file",
    "morning_workbook",
    "file_password",
    "notice_choice",
    "replay",
    "policy_proposal",
    "routing_policy",
    "forecast",
    "projected_level",
)
SIGNED_OUT = {303, 401}


@dataclass
class Rule:
    """One line of the URL map."""

    endpoint: str
    path: str
    method: str
    permission: Permission | None
    arguments: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def rules(app: Flask) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        guard = app.view_functions[rule.endpoint].guard
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Rule(rule.endpoint, rule.rule, method, guard.permission, sorted(rule.arguments))


class Town:
    """Two associations and everything an address can name, for each of them."""

    def __init__(self, app: Flask, session: Any) -> None:
        self.app, campaign = app, factories.make_campaign(session)
        self.ids: dict[str, dict[str, UUID]] = {"own": {}, "another's": {}}
        self.accounts: dict[str, tuple[Any, Any]] = {}
        with app.app_context():
            collectifs = belongings_of_the_collectif(session, campaign)
        for whose, name in (("own", "Proxité"), ("another's", f"Association {CANARY}")):
            association = factories.make_association(session, name)
            programme = factories.make_programme(session, association)
            capacity = factories.make_capacity(session, association, campaign)
            who = Person(Applicant("Léa" if whose == "own" else CANARY, "Martin", "lea@example.org", "0639980001"))
            referral = factories.make_referral(session, campaign, person=who)
            assignment = factories.make_assignment(session, referral, association, programme, capacity=capacity)
            if whose == "own":
                for role in (Role.COORDINATOR, Role.ADMINISTRATOR):
                    self.accounts[role.value] = (
                        factories.make_account(session, association=association, role=role),
                        association,
                    )
            self.ids[whose] = {
                "association_id": association.id,
                "programme_id": programme.id,
                "referral_id": referral.id,
                "assignment_id": assignment.id,
                "capacity_id": capacity.id,
                "decision_id": new_id(),
                **belongings_of(session, association, programme),
            }
        for its in self.ids.values():
            its.update(collectifs)
        self.accounts["staff"] = (factories.make_account(session, staff=True), None)
        session.commit()

    def client(self, person: str, session: Any) -> FlaskClient:
        client = self.app.test_client()
        if person == "nobody":
            return client
        account, association = self.accounts[person]
        token, now = new_token(), clock.now()
        session.add(
            LoginSession(
                digest=token_digest(token),
                account_id=account.id,
                association_id=association.id if association else None,
                created_at=now,
                last_seen_at=now,
                second_factor_at=now,
            )
        )
        session.commit()
        with client.session_transaction() as cookie:
            cookie["token"] = token
        return client

    def address(self, rule: Rule, whose: str) -> str:
        values: dict[str, Any] = dict.fromkeys(rule.arguments, "1") | TEXTS
        for name in rule.arguments:
            if name.endswith("_id"):
                values[name] = new_id() if whose == "unknown" else self.ids[whose][name]
            elif name == "token":
                whole = {"own": "own", "another's": "another's"}.get(whose)
                values[name] = vault().link_token("tracking", self.ids[whole]["referral_id"], 1) if whole else "x" * 32
        with self.app.test_request_context():
            adapter = self.app.url_map.bind("localhost")
            return adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments}, method=rule.method)


def watched(owner: Any) -> list[Any]:
    return [owner.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in WATCHED]


def normal(body: str) -> str:
    """Without what differs between two readings of one page."""
    return re.sub(r'value="[^"]{40,}"|content="[^"]{40,}"', "", body)


@pytest.fixture
def town(app: Flask, arrange: Any) -> Town:
    return Town(app, arrange)


def has_object(rule: Rule) -> bool:
    return any(name.endswith("_id") for name in rule.arguments)


@pytest.mark.parametrize("person", PEOPLE)
def test_every_route_lets_in_only_those_it_names(town: Town, arrange: Any, owner: Any, person: str) -> None:
    """Whoever lacks the permission is sent to sign in, or told 403 before anything is looked up; nothing moves."""
    client = town.client(person, arrange)
    role = ROLE_OF.get(person)
    before = watched(owner)
    for rule in rules(town.app):
        if rule.permission is None or (role and rule.permission in GRANTS[role]):
            continue
        for whose in WHOSE if has_object(rule) else WHOSE[:1]:
            answer = client.open(town.address(rule, whose), method=rule.method)
            expected = SIGNED_OUT if person == "nobody" else {403}
            assert answer.status_code in expected, f"{person}: {rule} ({whose}): {answer.status_code}"
            assert CANARY not in answer.text, f"{person}: {rule}"
    assert watched(owner) == before


@pytest.mark.parametrize("person", ["coordinator", "administrator"])
def test_anothers_object_is_the_same_404_as_one_that_does_not_exist(
    town: Town, arrange: Any, owner: Any, person: str
) -> None:
    client = town.client(person, arrange)
    before = watched(owner)
    asked = 0
    for rule in rules(town.app):
        if not has_object(rule) or rule.permission is None or rule.permission not in GRANTS[ROLE_OF[person]]:
            continue
        sent = {"association": str(town.ids["own"]["association_id"])} if rule.method == "POST" else None
        theirs = client.open(town.address(rule, "another's"), method=rule.method, data=sent)
        nobodys = client.open(town.address(rule, "unknown"), method=rule.method, data=sent)
        assert theirs.status_code == nobodys.status_code == 404, f"{rule}: {theirs.status_code}, {nobodys.status_code}"
        assert normal(theirs.text) == normal(nobodys.text), rule
        asked += 1
    assert asked >= 8
    assert watched(owner) == before


@pytest.mark.parametrize("person", ["coordinator", "administrator"])
def test_no_page_of_an_association_shows_anything_of_another(town: Town, arrange: Any, person: str) -> None:
    client = town.client(person, arrange)
    shown = 0
    for rule in rules(town.app):
        mine = rule.permission in GRANTS[ROLE_OF[person]] if rule.permission else False
        if rule.method != "GET" or not mine:
            continue
        answer = client.get(town.address(rule, "own"))
        assert answer.status_code in {200, 204, 303, 304, 404}, f"{rule}: {answer.status_code}"
        assert CANARY not in answer.text, rule
        shown += answer.status_code == 200
    assert shown >= 6


@pytest.mark.parametrize("person", PEOPLE)
def test_public_pages_show_nothing_of_anybodys_request(town: Town, arrange: Any, person: str) -> None:
    client = town.client(person, arrange)
    for rule in rules(town.app):
        if rule.permission is None and rule.method == "GET" and "token" not in rule.arguments:
            answer = client.get(town.address(rule, "own"))
            assert answer.status_code < 500 or rule.endpoint == "health.healthz", f"{rule}: {answer.status_code}"
            assert CANARY not in answer.text.replace(f"Association {CANARY}", ""), rule


def test_a_route_without_a_guard_does_not_boot(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.foundation.permissions import UnguardedRoute  # noqa: PLC0415
    from portal.web import health  # noqa: PLC0415

    register = health.register

    def with_an_open_door(app: Flask) -> None:
        register(app)
        app.add_url_rule("/porte-ouverte", "open_door", lambda: "")

    monkeypatch.setattr(health, "register", with_an_open_door)
    with pytest.raises(UnguardedRoute, match="open_door"):
        create_app(settings)


def test_a_get_never_writes(town: Town, arrange: Any, owner: Any) -> None:
    """Opening any page, as anybody, changes no row of the domain."""
    before = watched(owner)
    for person in PEOPLE:
        client = town.client(person, arrange)
        for rule in rules(town.app):
            if rule.method == "GET":
                client.get(town.address(rule, "own"))
    assert watched(owner) == before
