"""An association's figures: its own, its delays beside the network's, and nothing else of anybody."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation.permissions import Role
from portal.jobs.figures import fold
from portal.models.assignment import AssignmentState
from portal.models.campaign import Campaign
from portal.models.event import EventName
from tests import factories
from tests.doors.association.house import House, signed_in_as, text_of
from tests.doors.association.test_inbox import counted_statements
from tests.figures import Network, assert_sums_hold, noon

E = EventName


@pytest.fixture
def network(arrange: Session, campaign: Campaign, house: House, neighbour: House) -> Network:
    """Proxité and Télémaque, known by the network."""
    found = Network(arrange, campaign)
    for one in (house, neighbour):
        found.associations[one.association.name] = one.association
        found.programmes[one.association.name] = one.programme
    return found


def figure(page: str, label: str) -> str:
    """What a key figure says under this label."""
    return page.split(f">{label}</dt>")[1].split("</span>", maxsplit=1)[0].rsplit(">", 1)[1]


def test_nobody_reads_them_without_signing_in(client: FlaskClient) -> None:
    for address in ("/chiffres", "/chiffres/donnees?graphique=semaines"):
        assert client.get(address).status_code in {302, 303}


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMINISTRATOR])
def test_every_member_reads_them(app: Any, arrange: Session, house: House, role: Role) -> None:
    member = factories.make_account(arrange, association=house.association, role=role)
    assert signed_in_as(app, arrange, member, house.association).get("/chiffres").status_code == 200


def test_an_empty_house_says_when_figures_begin(coordinator: FlaskClient) -> None:
    page = text_of(coordinator.get("/chiffres"))
    assert "<h1>Aucune demande sur cette période</h1>" in page
    assert "Aucune demande ne vous est encore parvenue" in page
    assert "<svg xmlns" not in page


def test_what_was_received_and_what_became_of_it(coordinator: FlaskClient, house: House, network: Network) -> None:
    factories.make_objective(network.session, house.association, network.campaign, 10)
    for days in (9, 8, 7, 6):
        network.accepted("Proxité", noon(days), hours=24)
    sent_back = network.offered("Proxité", noon(5))
    network.told(sent_back, E.ASSIGNMENT_BOUNCED, 24, reason="no_place")
    paired = network.accepted("Proxité", noon(4), hours=24)
    network.told(paired, E.ASSIGNMENT_PAIRED, 48)
    fold()
    network.offered("Proxité", noon(0))
    page = text_of(coordinator.get("/chiffres"))
    assert "<h1>1 binôme formé, 5 demandes acceptées</h1>" in page
    assert (figure(page, "Demandes reçues"), figure(page, "Délai médian de réponse")) == ("7", "1,0 j")
    assert "5 sur 7" in page
    assert "7 engagées sur 10" in page
    assert "Plus de place" in page
    assert_sums_hold()


def test_what_was_accepted_is_told_from_what_is_committed(
    coordinator: FlaskClient, network: Network, house: House
) -> None:
    network.accepted("Proxité", noon(9), hours=24)
    assert "engagées »" not in text_of(coordinator.get("/chiffres"))
    factories.make_objective(network.session, house.association, network.campaign, 10)
    network.session.commit()
    assert "accords donnés dans la période, dont aucun rendu depuis" in text_of(coordinator.get("/chiffres"))
    for state, event in (
        (AssignmentState.BOUNCED, E.ASSIGNMENT_BOUNCED),
        (AssignmentState.GIVEN_UP, E.ASSIGNMENT_GIVEN_UP),
    ):
        lapsed = network.accepted("Proxité", noon(8), hours=24)
        network.told(lapsed, event, 48, **({"reason": "no_place"} if state is AssignmentState.BOUNCED else {}))
        for step in (AssignmentState.ACCEPTED, state):
            lapsed.state = step
            network.session.commit()
    undone = network.accepted("Proxité", noon(7), hours=24)
    network.told(undone, E.ASSIGNMENT_UNDONE, 25, answer="accepted")
    undone.state = AssignmentState.BOUNCED
    network.session.commit()
    page = text_of(coordinator.get("/chiffres"))
    assert "accords donnés dans la période, dont 2 rendus, abandonnés ou retirés depuis" in page
    assert "« Réorientées » compte celles que vous avez rendues dans la période" in page


def test_its_delays_stand_beside_the_network_s_once_others_make_it(coordinator: FlaskClient, network: Network) -> None:
    network.accepted("Proxité", noon(9), hours=72)
    for days in (9, 8, 7, 6):
        network.accepted("Télémaque", noon(days), hours=24)
    page = text_of(coordinator.get("/chiffres"))
    assert "réseau :" not in page
    assert "Trop peu de réponses ailleurs" in page
    network.accepted("Télémaque", noon(5), hours=24)
    page = text_of(coordinator.get("/chiffres"))
    assert "<h1>Vous répondez en 3,0 jours, le réseau en 1,0</h1>" in page
    assert "réseau : 1,0 j" in page
    assert "Télémaque" not in page


def test_nothing_of_another_association_is_told(coordinator: FlaskClient, network: Network) -> None:
    for days in (9, 8, 7):
        sent_back = network.offered("Télémaque", noon(days))
        network.told(sent_back, E.ASSIGNMENT_BOUNCED, 24, reason="other_need")
    page = text_of(coordinator.get("/chiffres"))
    assert "Aucune demande ne vous est encore parvenue" in page
    for name in ("semaines", "parcours", "motifs", "delais"):
        sheet = coordinator.get(f"/chiffres/donnees?graphique={name}").get_data(as_text=True)
        assert not any(cell.isdigit() and int(cell) for cell in sheet.replace("\r\n", ";").split(";")), name
        assert "Besoin" not in sheet


def test_mentors_alone_are_shown_without_being_asked_for(coordinator: FlaskClient, network: Network) -> None:
    volunteer = network.received(noon(3), Side.MENTOR)
    network.offered("Proxité", noon(3), referral=volunteer)
    assert "Proxité · bénévoles" in text_of(coordinator.get("/chiffres"))
    assert "Proxité · jeunes" in text_of(coordinator.get("/chiffres?cote=jeunes"))


def test_a_period_narrows_everything(coordinator: FlaskClient, network: Network) -> None:
    for days in (100, 45, 3):
        network.offered("Proxité", noon(days))
    for asked, received in (
        ("", "3"),
        ("?periode=90-jours", "2"),
        ("?periode=30-jours", "1"),
        ("?periode=12-mois", "3"),
    ):
        assert figure(text_of(coordinator.get(f"/chiffres{asked}")), "Demandes reçues") == received
    page = text_of(coordinator.get("/chiffres?periode=30-jours"))
    assert "autant" in page or "de plus" in page
    assert "que les 30 jours d’avant" in page


def test_a_period_that_cannot_be_read_is_told_on_its_field(coordinator: FlaskClient, network: Network) -> None:
    network.offered("Proxité", noon(3))
    page = text_of(coordinator.get("/chiffres?du=hier&au=2026-01-01"))
    assert "Cette période ne se lit pas" in page
    assert 'id="du" name="du" value="hier" aria-invalid="true" aria-describedby="du-error"' in page
    assert figure(page, "Demandes reçues") == "1"


def test_each_chart_has_its_sheet(coordinator: FlaskClient, network: Network) -> None:
    network.accepted("Proxité", noon(3))
    page = coordinator.get("/chiffres").get_data(as_text=True)
    for name in ("semaines", "parcours", "delais"):
        assert f"graphique={name}" in page
        answer = coordinator.get(f"/chiffres/donnees?graphique={name}")
        assert answer.content_type == "text/csv; charset=utf-8"
        assert len(answer.get_data(as_text=True).splitlines()) > 1
    for wrong in ("", "?graphique=carte", "?graphique=../etc"):
        assert coordinator.get(f"/chiffres/donnees{wrong}").status_code == 404


def test_the_page_asks_the_same_number_of_questions_however_much_happened(
    coordinator: FlaskClient, network: Network
) -> None:
    network.accepted("Proxité", noon(3))
    coordinator.get("/chiffres")
    with counted_statements() as few:
        coordinator.get("/chiffres")
    for days in range(1, 25):
        network.accepted("Proxité" if days % 2 else "Télémaque", noon(days), hours=days)
    with counted_statements() as many:
        coordinator.get("/chiffres?periode=90-jours")
    assert len(many) == len(few) < 20


def test_what_cannot_be_taken_back_is_asked_first(coordinator: FlaskClient, house: House) -> None:
    offered = house.offer("Léa", age=16)
    coordinator.post(f"/demandes/{offered.id}/accepter")
    page = text_of(coordinator.get(f"/demandes/{offered.id}"))
    assert f"/demandes/{offered.id}/suivi/confirmer?etape=paired" in page
    asked = text_of(coordinator.get(f"/demandes/{offered.id}/suivi/confirmer?etape=paired"))
    assert "Le binôme est formé, pour la demande de Léa M. ?" in asked
    assert "autorisation du responsable légal" in asked
    assert house.reread(offered).state is AssignmentState.ACCEPTED
    refused = coordinator.post(f"/demandes/{offered.id}/suivi", data={"etape": "paired"})
    assert refused.status_code == 409
    assert 'aria-describedby="authorised-error"' in text_of(refused)
    assert "Recueillez d’abord l’autorisation du responsable légal. Rien n’a été enregistré." in text_of(refused)
    assert house.reread(offered).state is AssignmentState.ACCEPTED
    given_up = text_of(coordinator.get(f"/demandes/{offered.id}/suivi/confirmer?etape=given_up"))
    assert "La demande est close pour de bon" in given_up
    assert "autorisation" not in given_up
    for step in ("ended", "invented", ""):
        assert coordinator.get(f"/demandes/{offered.id}/suivi/confirmer?etape={step}").status_code == 303


def test_figures_follow_what_is_recorded_in_the_inbox(coordinator: FlaskClient, house: House) -> None:
    taken, sent_back = house.offer("Léa", days_ago=2), house.offer("Aya", days_ago=1)
    coordinator.post(f"/demandes/{taken.id}/accepter")
    for step in ("unreachable", "contacted", "paired"):
        coordinator.post(f"/demandes/{taken.id}/suivi", data={"etape": step})
    coordinator.post(f"/demandes/{sent_back.id}/reorienter", data={"reason": "no_place"})
    sheet = coordinator.get("/chiffres/donnees?graphique=parcours").get_data(as_text=True)
    assert [line.split(";")[:2] for line in sheet.splitlines()[2:]] == [
        ["Acceptées", "1"],
        ["Contactées", "1"],
        ["En binôme", "1"],
    ]
    assert "Plus de place;1" in coordinator.get("/chiffres/donnees?graphique=motifs").get_data(as_text=True)
    assert "Injoignables" in text_of(coordinator.get("/chiffres"))
    assert_sums_hold()
