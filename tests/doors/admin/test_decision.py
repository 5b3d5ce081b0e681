"""One request: its decision told whole, its history, running it again, and the person's details."""

from collections.abc import Callable
from html import unescape
from uuid import uuid4

import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.models.campaign import Campaign
from portal.models.event import JournalAct, JournalEntry
from portal.models.referral import Referral, ReferralState
from portal.models.routing import RoutingDecision
from tests.doors.admin.scene import Scene, route, set_scene, somebody

TABLE = "/collectif/demandes"


@pytest.fixture
def scene(arrange: Session, campaign: Campaign) -> Scene:
    return set_scene(arrange, campaign)


@pytest.fixture
def lea(arrange: Session, scene: Scene) -> Referral:
    referral = somebody(arrange, scene.campaign)
    route()
    return referral


def read(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return unescape(answer.text)


@pytest.fixture(params=["page", "row"])
def page_of(request: pytest.FixtureRequest, staff: FlaskClient) -> Callable[[Referral], str]:
    """The decision reads the same on its own page and under its row."""
    if request.param == "page":
        return lambda referral: read(staff, f"{TABLE}/{referral.id}")
    return lambda referral: read(staff, f"{TABLE}?ouverte={referral.id}")


def test_the_chosen_programme_is_told_with_its_criteria(page_of: Callable[[Referral], str], lea: Referral) -> None:
    page = page_of(lea)
    assert "Confiée à Proxité" in page or "Confiée à Télémaque" in page
    assert "20\u00a0ans" in page
    assert "de 16 à 26\u00a0ans" in page
    assert "Places" in page


def test_the_ranking_is_told_with_its_figures(page_of: Callable[[Referral], str], lea: Referral) -> None:
    page = page_of(lea)
    assert "Deux en lice, l’ARM a classé" in page
    assert "0 / 40" in page
    assert "0 / 20" in page
    assert "0,0\u00a0%" in page


def test_each_other_is_told_with_the_one_reason_that_kept_it_out(
    page_of: Callable[[Referral], str], lea: Referral
) -> None:
    page = page_of(lea)
    assert "Trois autres\u00a0: pourquoi pas elles" in page
    assert "complet\u00a0: Nord 0 sur 0" in page or "complet" in page
    assert "à vérifier\u00a0: public" in page
    assert "20\u00a0ans\u00a0; règle\u00a0: de 6 à 15\u00a0ans" in page


def test_what_would_have_changed_it_is_told(page_of: Callable[[Referral], str], lea: Referral) -> None:
    assert "LA CLÉ entrait en lice" in page_of(lea)


def test_the_rules_the_moment_and_the_digest_are_told(
    page_of: Callable[[Referral], str], lea: Referral, arrange: Session
) -> None:
    page = page_of(lea)
    assert "Règles v1, critères v1 · décision du" in page
    assert "empreinte" in page


def test_a_waitlisted_request_names_who_would_fit(staff: FlaskClient, arrange: Session, scene: Scene) -> None:
    hugo = somebody(
        arrange, scene.campaign, "Hugo", "Tran", facts={"places": ["commune:13055", "departement:13", "country:FR"]}
    )
    route()
    page = read(staff, f"{TABLE}/{hugo.id}")
    assert "Sans place" in page
    assert "conviennent, sans place" in page
    assert "aucune place déclarée pour cette personne" in page


def test_an_unroutable_request_names_the_nearest_and_the_single_test(
    staff: FlaskClient, arrange: Session, scene: Scene
) -> None:
    ethan = somebody(arrange, scene.campaign, "Ethan", "Petit", facts={"age": 28, "publics": {"qpv": False}})
    route()
    page = read(staff, f"{TABLE}?vue=nulle-part&ouverte={ethan.id}")
    assert "Nulle part\u00a0: aucun programme ne convient" in page
    assert "convenait avec une limite d’âge à 28\u00a0ans" in page
    assert "28\u00a0ans\u00a0; règle\u00a0: de 16 à 26\u00a0ans" in page


def test_a_request_that_waits_for_an_agreement_has_no_decision_yet(
    staff: FlaskClient, arrange: Session, scene: Scene
) -> None:
    awa = somebody(
        arrange, scene.campaign, "Awa", "Diallo", state=ReferralState.AWAITING_CONSENT, awaiting=["guardian"]
    )
    page = read(staff, f"{TABLE}/{awa.id}")
    assert "Un accord est attendu" in page
    assert "L’accord du responsable légal" in page or "l’accord du responsable légal" in page
    assert "Orienter à la main" not in page


def test_history_tells_what_happened(staff: FlaskClient, lea: Referral) -> None:
    page = read(staff, f"{TABLE}/{lea.id}")
    assert "Ce qui s’est passé" in page
    assert page.count("Confiée à ") >= 2


def decision_of(arrange: Session, referral: Referral) -> RoutingDecision:
    return arrange.scalars(select(RoutingDecision).where(RoutingDecision.referral_id == referral.id)).one()


def test_a_decision_run_again_gives_the_same_digest(staff: FlaskClient, lea: Referral, arrange: Session) -> None:
    address = f"{TABLE}/{lea.id}/rejouer/{decision_of(arrange, lea).id}"
    page = read(staff, address)
    assert "même décision, même empreinte" in page
    assert "<html" in page
    fragment = staff.get(address, headers={"HX-Request": "true"}).text
    assert "même empreinte" in fragment
    assert "<html" not in fragment


def test_once_the_facts_are_erased_nothing_is_explained_nor_run_again(
    staff: FlaskClient, lea: Referral, arrange: Session
) -> None:
    decision = decision_of(arrange, lea)
    arrange.execute(update(RoutingDecision).values(profile=None))
    arrange.commit()
    assert "ne peut plus être expliquée ni rejouée" in read(staff, f"{TABLE}/{lea.id}")
    assert (
        "Ne peut plus être rejouée"
        in staff.get(f"{TABLE}/{lea.id}/rejouer/{decision.id}", headers={"HX-Request": "true"}).text
    )


def test_another_requests_decision_is_not_run_again_here(
    staff: FlaskClient, lea: Referral, arrange: Session, scene: Scene
) -> None:
    other = somebody(arrange, scene.campaign, "Noé", "Vidal")
    assert staff.get(f"{TABLE}/{other.id}/rejouer/{decision_of(arrange, lea).id}").status_code == 404
    assert staff.get(f"{TABLE}/{lea.id}/rejouer/{uuid4()}").status_code == 404


def test_an_unknown_request_is_a_404(staff: FlaskClient) -> None:
    assert staff.get(f"{TABLE}/{uuid4()}").status_code == 404
    assert staff.post(f"{TABLE}/{uuid4()}/coordonnees").status_code == 404
    assert staff.get(f"{TABLE}/pas-un-id").status_code == 404


def test_contact_details_are_hidden_until_asked_for(staff: FlaskClient, lea: Referral) -> None:
    page = read(staff, f"{TABLE}/{lea.id}")
    assert "lea.martin@example.org" not in page
    assert "Martin" not in page


def test_asking_shows_them_once_and_writes_it_down(
    staff: FlaskClient, lea: Referral, arrange: Session, samir: object
) -> None:
    answer = staff.post(f"{TABLE}/{lea.id}/coordonnees")
    assert answer.status_code == 200
    for said in ("Léa Martin", "lea.martin@example.org", "06\u00a039\u00a098\u00a000\u00a001"):
        assert said in answer.text
    entry = arrange.scalars(select(JournalEntry).where(JournalEntry.act == JournalAct.CONTACT_READ)).one()
    assert (entry.referral_id, entry.account_id) == (lea.id, samir.id)
    assert "lea.martin@example.org" not in staff.get(f"{TABLE}/{lea.id}").text


def test_details_are_never_read_by_a_link(staff: FlaskClient, lea: Referral) -> None:
    assert staff.get(f"{TABLE}/{lea.id}/coordonnees").status_code == 405


def test_an_erased_person_is_said_to_be_erased(
    staff: FlaskClient, lea: Referral, arrange: Session, owner: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    owner.execute("DELETE FROM identity")
    owner.execute("DELETE FROM preview")
    answer = staff.post(f"{TABLE}/{lea.id}/coordonnees")
    assert "ont été effacées" in answer.text
    assert "Personne anonymisée" in answer.text
    assert arrange.scalars(select(JournalEntry)).all() == []


def test_a_stored_decision_nobody_can_read_does_not_hide_the_request(
    staff: FlaskClient, lea: Referral, arrange: Session
) -> None:
    arrange.execute(update(RoutingDecision).values(packed=b"rubbish"))
    arrange.commit()
    page = read(staff, f"{TABLE}/{lea.id}")
    assert "Aucune décision n’est gardée" in page
