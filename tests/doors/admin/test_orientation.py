"""Orienting by hand: the explained list, the reason, and kind refusals."""

from html import unescape
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.models.assignment import Assignment, AssignmentState
from portal.models.campaign import Campaign
from portal.models.event import Event, EventName, JournalAct, JournalEntry
from portal.models.referral import Referral, ReferralState
from tests.doors.admin.scene import Scene, route, set_scene, somebody

TABLE = "/collectif/demandes"


@pytest.fixture
def scene(arrange: Session, campaign: Campaign) -> Scene:
    return set_scene(arrange, campaign)


@pytest.fixture
def lea(arrange: Session, scene: Scene) -> Referral:
    return somebody(arrange, scene.campaign)


def place(referral: Referral) -> str:
    return f"{TABLE}/{referral.id}/orienter"


def read(client: FlaskClient, address: str) -> str:
    return unescape(client.get(address).text)


def first_of(page: str) -> str:
    """The programme that heads the list."""
    return page.split('name="programme" value="')[1].split('"', maxsplit=1)[0]


def current(arrange: Session, referral: Referral) -> Assignment:
    arrange.expire_all()
    open_one = select(Assignment).where(Assignment.referral_id == referral.id, Assignment.closed_at.is_(None))
    return arrange.scalars(open_one).one()


def test_the_list_is_explained_and_in_order(staff: FlaskClient, lea: Referral) -> None:
    page = read(staff, place(lea))
    assert "Orienter Léa M., 20\u00a0ans" in page
    fitting, rest = page.split("À vérifier</h2>")
    assert "1. " in fitting
    assert "Proxité" in fitting
    assert "Télémaque" in fitting
    assert "LA CLÉ" in rest
    assert "Afev" in rest
    assert "complet" in rest
    assert "Entraide scolaire" in rest
    assert "convenait avec un" in rest


def test_the_first_needs_no_reason(staff: FlaskClient, lea: Referral, arrange: Session, samir: object) -> None:
    chosen = first_of(read(staff, place(lea)))
    answer = staff.post(place(lea), data={"programme": chosen, "reason": ""})
    assert (answer.status_code, answer.location) == (303, f"{TABLE}/{lea.id}")
    assignment = current(arrange, lea)
    assert str(assignment.programme_id) == chosen
    assert assignment.by_hand
    assert arrange.get(Referral, lea.id).state is ReferralState.PLACED
    assert arrange.scalars(select(JournalEntry.act)).all() == [JournalAct.ORIENTED]
    assert EventName.REFERRAL_ORIENTED_BY_HAND in arrange.scalars(select(Event.name)).all()
    page = read(staff, answer.location)
    assert "orientée vers" in page
    assert "Orientée à la main vers" in page
    assert "Samir Aubert" in page


def test_another_needs_a_reason_and_nothing_typed_is_lost(staff: FlaskClient, lea: Referral, arrange: Session) -> None:
    page = read(staff, place(lea))
    other = page.split('name="programme" value="')[2].split('"')[0]
    answer = staff.post(place(lea), data={"programme": other, "reason": "  "})
    assert answer.status_code == 422
    assert "Dites pourquoi" in answer.text
    assert f'value="{other}" id="programme-{other}" checked' in answer.text
    assert arrange.scalars(select(Assignment)).all() == []
    answer = staff.post(place(lea), data={"programme": other, "reason": "Sa sœur y est déjà."})
    assert answer.status_code == 303
    assert str(current(arrange, lea).programme_id) == other
    assert "Sa sœur y est déjà." in read(staff, answer.location)


def test_a_full_programme_is_refused_in_words(staff: FlaskClient, lea: Referral, scene: Scene) -> None:
    answer = staff.post(place(lea), data={"programme": str(scene.programmes["Afev"].id), "reason": "Essai"})
    assert answer.status_code == 422
    assert "ne peut pas recevoir la demande" in answer.text


@pytest.mark.parametrize("programme", ["", "pas-un-id", "00000000-0000-0000-0000-000000000000"])
def test_no_programme_or_an_unknown_one_is_refused_in_words(staff: FlaskClient, lea: Referral, programme: str) -> None:
    answer = staff.post(place(lea), data={"programme": programme, "reason": "Essai"})
    assert answer.status_code == 422
    assert "Erreur" in answer.text


def test_too_long_a_reason_is_refused(staff: FlaskClient, lea: Referral) -> None:
    chosen = first_of(read(staff, place(lea)))
    assert staff.post(place(lea), data={"programme": chosen, "reason": "a" * 501}).status_code == 422


def test_an_open_offer_can_be_taken_back_before_it_is_answered(
    staff: FlaskClient, lea: Referral, arrange: Session
) -> None:
    route()
    held = current(arrange, lea)
    page = read(staff, place(lea))
    assert "déjà sollicitée pour cette demande" in page
    answer = staff.post(place(lea), data={"programme": first_of(page), "reason": ""})
    assert answer.status_code == 303
    assert current(arrange, lea).association_id != held.association_id


def test_a_request_taken_meanwhile_is_refused_kindly(staff: FlaskClient, lea: Referral, arrange: Session) -> None:
    chosen = first_of(read(staff, place(lea)))
    route()
    arrange.execute(update(Assignment).values(state=AssignmentState.ACCEPTED))
    arrange.commit()
    answer = staff.post(place(lea), data={"programme": chosen, "reason": "Essai"})
    assert answer.status_code == 422
    assert "ne s’oriente plus à la main" in unescape(answer.text)
    assert current(arrange, lea).state is AssignmentState.ACCEPTED
    assert "ne s’oriente plus" in read(staff, place(lea))


def test_an_unknown_request_is_a_404(staff: FlaskClient) -> None:
    assert staff.get(f"{TABLE}/{uuid4()}/orienter").status_code == 404
    assert staff.post(f"{TABLE}/{uuid4()}/orienter", data={"programme": str(uuid4())}).status_code == 404


def test_a_request_whose_facts_are_gone_is_said_not_to_be_orientable(
    staff: FlaskClient, lea: Referral, arrange: Session
) -> None:
    arrange.execute(update(Referral).values(profile={}))
    arrange.commit()
    assert "ne s’oriente plus à la main" in read(staff, place(lea))
    assert staff.post(place(lea), data={"programme": str(uuid4()), "reason": "Essai"}).status_code == 422
    assert staff.get(f"{TABLE}/{lea.id}").status_code == 200
