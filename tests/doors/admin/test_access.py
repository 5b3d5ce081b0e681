"""Only the Collectif's team comes in by this door, whatever the route and the method."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.foundation.permissions import Role
from portal.models.assignment import Assignment
from portal.models.campaign import Campaign
from portal.models.event import JournalEntry
from portal.models.referral import Referral
from tests.doors.admin.scene import Scene, set_scene, somebody
from tests.factories import make_account, make_association

DOOR = ("referrals.", "orientation.", "associations.")


@pytest.fixture
def scene(arrange: Session, campaign: Campaign) -> Scene:
    return set_scene(arrange, campaign)


def addresses(app: Flask, referral: Referral, scene: Scene) -> list[tuple[str, str]]:
    """Every method of every route of this door, on objects that exist."""
    association = scene.associations["Proxité"]
    known = {"referral_id": referral.id, "decision_id": referral.id, "association_id": association.id}
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith(DOOR):
            path = app.url_map.bind("localhost").build(rule.endpoint, {name: known[name] for name in rule.arguments})
            found += [(method, path) for method in (rule.methods or set()) & {"GET", "POST"}]
    return found


def test_the_door_has_all_its_routes(app: Flask, arrange: Session, scene: Scene) -> None:
    assert len(addresses(app, somebody(arrange, scene.campaign), scene)) == 11


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMINISTRATOR])
def test_a_member_of_an_association_gets_a_403_everywhere(
    app: Flask, arrange: Session, scene: Scene, browser_of: Callable[..., FlaskClient], role: Role
) -> None:
    referral = somebody(arrange, scene.campaign)
    association = make_association(arrange)
    browser = browser_of(make_account(arrange, association=association, role=role), association)
    for method, path in addresses(app, referral, scene):
        answer = browser.open(path, method=method)
        assert answer.status_code == 403, (method, path)
        assert referral.number not in answer.text
        assert "Léa" not in answer.text
    assert arrange.scalars(select(JournalEntry)).all() == []
    assert arrange.scalars(select(Assignment)).all() == []


def test_a_stranger_is_sent_to_sign_in_everywhere(
    app: Flask, arrange: Session, scene: Scene, client: FlaskClient
) -> None:
    for method, path in addresses(app, somebody(arrange, scene.campaign), scene):
        answer = client.open(path, method=method)
        assert answer.status_code == 303, (method, path)
        assert answer.location.startswith("/connexion")
    assert arrange.scalars(select(JournalEntry)).all() == []


def test_staff_find_every_room_in_the_navigation(staff: FlaskClient) -> None:
    page = staff.get("/collectif/demandes").text
    side = page.split('class="side-nav"')[1].split("</nav>")[0]
    rooms = (
        "Demandes",
        "Associations",
        "Chiffres",
        "Entreprises",
        "Critères",
        "Objectifs",
        "Moteur",
        "Documents",
        "Fonctionnement",
        "Équipe",
    )
    assert [word for word in rooms if word not in side] == []
    assert side.count("<a ") == len(rooms)
    assert "Équipe du Collectif" in page
    assert 'action="/deconnexion"' in page
