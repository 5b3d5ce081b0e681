"""A request whose person was forgotten: its pages still open, and nobody is in them."""

from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.foundation.crypto import vault
from portal.jobs.privacy import forget_old
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.referral import Referral
from tests.doors.admin.scene import route, set_scene, somebody
from tests.factories import make_account

TABLE = "/collectif/demandes"
Owner = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def forgotten(arrange: Session, campaign: Campaign, owner: Owner) -> Referral:
    """Routed long ago, told of its end, and forgotten."""
    scene = set_scene(arrange, campaign)
    referral = somebody(arrange, scene.campaign)
    route()
    owner.execute("UPDATE event SET at = at - interval '731 days'")
    owner.execute("UPDATE referral SET state_since = state_since - interval '731 days'")
    forget_old()
    owner.execute("UPDATE outbox SET created_at = created_at - interval '31 days'")
    forget_old()
    assert owner.execute("SELECT state FROM referral").fetchone() == ("anonymised",)
    return referral


@pytest.mark.parametrize("address", ["", "?ouverte={0}", "/{0}", "?vue=toutes", "?etat=anonymisee"])
def test_staff_open_its_pages_and_find_nobody(staff: FlaskClient, forgotten: Referral, address: str) -> None:
    answer = staff.get(f"{TABLE}{address.format(forgotten.id)}")
    assert answer.status_code == 200
    for fact in ("Léa", "Martin", "example.org", "Roubaix"):
        assert fact not in answer.text


def test_its_decision_is_forgotten_too(staff: FlaskClient, forgotten: Referral, owner: Owner) -> None:
    assert "Personne anonymisée" in staff.get(f"{TABLE}/{forgotten.id}").text
    assert owner.execute("SELECT packed, profile FROM routing_decision").fetchone() == (b"", None)


def test_the_association_keeps_a_number_alone(
    arrange: Session, browser_of: Any, forgotten: Referral, owner: Owner
) -> None:
    row = owner.execute("SELECT id, association_id FROM assignment").fetchone()
    assert row
    association = arrange.get_one(Association, row[1])
    member = browser_of(make_account(arrange, association=association), association)
    for address in (f"/demandes/{row[0]}", "/demandes", "/demandes?dossier=toutes"):
        answer = member.get(address)
        assert answer.status_code == 200
        assert "Léa" not in answer.text


def test_the_tracking_link_opens_nothing_any_more(staff: FlaskClient, forgotten: Referral) -> None:
    token = vault().link_token("tracking", forgotten.id, 1)
    assert staff.get(f"/suivi/{token}").status_code == 404
