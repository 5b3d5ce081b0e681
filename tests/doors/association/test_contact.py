"""Contact details: nobody sees them before acceptance, and each look is written down."""

import psycopg
import pytest
from flask.testing import FlaskClient

from portal.models.assignment import AssignmentState
from tests.doors.association.house import House, text_of

Owner = psycopg.Connection[tuple[object, ...]]


def readings(owner: Owner) -> int:
    found = owner.execute("SELECT count(*) FROM journal_entry WHERE act = 'contact_read'").fetchone()
    assert found is not None
    return int(str(found[0]))


def test_before_acceptance_they_are_refused(coordinator: FlaskClient, house: House, owner: Owner) -> None:
    answer = coordinator.post(f"/demandes/{house.offer('Léa').id}/coordonnees")
    assert answer.status_code == 409
    assert "lea@example.org" not in text_of(answer)
    assert readings(owner) == 0


@pytest.mark.usefixtures("undo_window")
def test_they_wait_until_the_answer_can_no_longer_be_taken_back(
    coordinator: FlaskClient, house: House, owner: Owner
) -> None:
    offered = house.offer("Léa")
    coordinator.post(f"/demandes/{offered.id}/accepter")
    answer = coordinator.post(f"/demandes/{offered.id}/coordonnees")
    assert answer.status_code == 409
    assert "lea@example.org" not in text_of(answer)
    assert readings(owner) == 0


def test_after_acceptance_a_post_shows_them_and_writes_it_down(
    coordinator: FlaskClient, house: House, owner: Owner
) -> None:
    offered = house.offer("Léa")
    coordinator.post(f"/demandes/{offered.id}/accepter")
    page = text_of(coordinator.post(f"/demandes/{offered.id}/coordonnees"))
    for shown in ("Léa Martin", "lea@example.org", "06 39 98 00 01", "« Je voudrais reprendre confiance. »"):
        assert shown in page
    assert readings(owner) == 1
    coordinator.post(f"/demandes/{offered.id}/coordonnees")
    assert readings(owner) == 2


def test_no_address_shows_them_again(coordinator: FlaskClient, house: House) -> None:
    offered = house.offer("Léa")
    coordinator.post(f"/demandes/{offered.id}/accepter")
    coordinator.post(f"/demandes/{offered.id}/coordonnees")
    page = text_of(coordinator.get(f"/demandes/{offered.id}"))
    assert "lea@example.org" not in page
    assert "Afficher les coordonnées" in page


def test_they_are_gone_once_the_request_was_sent_back(coordinator: FlaskClient, house: House) -> None:
    offered = house.offer("Léa")
    coordinator.post(f"/demandes/{offered.id}/accepter")
    coordinator.post(f"/demandes/{offered.id}/reorienter", data={"reason": "no_fitting_match", "finalement": "1"})
    answer = coordinator.post(f"/demandes/{offered.id}/coordonnees")
    assert answer.status_code == 409
    assert "lea@example.org" not in text_of(answer)


def test_what_became_of_it_is_told_step_by_step(coordinator: FlaskClient, house: House) -> None:
    offered = house.offer("Léa")
    coordinator.post(f"/demandes/{offered.id}/accepter")
    for step in ("unreachable", "unreachable", "contacted", "paired", "ended"):
        assert coordinator.post(f"/demandes/{offered.id}/suivi", data={"etape": step}).status_code == 303
    assert house.reread(offered).state is AssignmentState.ENDED
    assert offered.closed_at is not None
    page = text_of(coordinator.get(f"/demandes/{offered.id}"))
    assert page.count("Injoignable (fait)") == 0
    assert "En binôme" in page
    assert "Mentorat terminé" in page


def test_a_minor_is_paired_only_with_the_guardian_s_authorisation(coordinator: FlaskClient, house: House) -> None:
    offered = house.offer("Léa", age=16)
    coordinator.post(f"/demandes/{offered.id}/accepter")
    refused = coordinator.post(f"/demandes/{offered.id}/suivi", data={"etape": "paired"})
    assert refused.status_code == 409
    assert "l’autorisation du responsable légal" in text_of(refused)
    assert house.reread(offered).state is AssignmentState.ACCEPTED
    coordinator.post(f"/demandes/{offered.id}/suivi", data={"etape": "paired", "autorisation": "1"})
    assert house.reread(offered).state is AssignmentState.PAIRED


@pytest.mark.parametrize("step", ["", "accepted", "invented"])
def test_a_step_that_is_none_changes_nothing(coordinator: FlaskClient, house: House, step: str) -> None:
    offered = house.offer("Léa")
    coordinator.post(f"/demandes/{offered.id}/accepter")
    coordinator.post(f"/demandes/{offered.id}/suivi", data={"etape": step})
    assert house.reread(offered).state is AssignmentState.ACCEPTED
