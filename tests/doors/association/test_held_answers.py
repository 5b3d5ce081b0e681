"""What is answered from « En attente de précision » stays there with its undo, as in « À traiter »."""

from datetime import timedelta

import pytest

from portal.foundation import clock
from portal.models.assignment import AssignmentState
from tests.doors.association.house import House, Tab, text_of

HELD = "/demandes?dossier=en-attente"


def held(house: House, coordinator: Tab, name: str = "Apolline") -> str:
    """Its id, once its answer has been put off as a coordinator does."""
    offered = house.offer(name)
    until = (clock.today() + timedelta(days=5)).isoformat()
    assert coordinator.post(f"/demandes/{offered.id}/attendre", data={"until": until}).status_code == 303
    return str(offered.id)


@pytest.mark.usefixtures("undo_window")
def test_what_is_accepted_there_stays_there_with_its_undo(coordinator: Tab, house: House) -> None:
    kept = held(house, coordinator)
    back = coordinator.post(f"/demandes/{kept}/accepter?dossier=en-attente").location
    assert back == HELD
    page = text_of(coordinator.get(back))
    assert "Acceptée · les messages partent dans" in page
    assert f"/demandes/{kept}/annuler?dossier=en-attente" in page
    assert "Rien en attente" not in page
    undone = coordinator.post(f"/demandes/{kept}/annuler?dossier=en-attente").location
    assert undone == f"/demandes/{kept}"
    assert 'aria-current="true"' in text_of(coordinator.get(undone))
    assert kept not in text_of(coordinator.get(HELD))


@pytest.mark.usefixtures("undo_window")
def test_several_accepted_there_stay_there_too(coordinator: Tab, house: House) -> None:
    kept = [held(house, coordinator, name) for name in ("Aya", "Zoé")]
    back = coordinator.post("/demandes/accepter?dossier=en-attente", data={"chosen": kept}).location
    assert text_of(coordinator.get(back)).count("les messages partent dans") == 2


@pytest.mark.usefixtures("undo_window")
def test_what_was_never_held_is_not_shown_there(coordinator: Tab, house: House) -> None:
    offered = house.offer("Léa")
    coordinator.post(f"/demandes/{offered.id}/accepter")
    assert str(offered.id) not in text_of(coordinator.get(HELD))
    assert str(offered.id) in text_of(coordinator.get("/demandes"))


def test_once_the_answer_counts_it_leaves_the_folder(coordinator: Tab, house: House) -> None:
    kept = held(house, coordinator)
    coordinator.post(f"/demandes/{kept}/accepter?dossier=en-attente")
    assert house.reread(house.session.get_one(type(house.offer()), kept)).state is AssignmentState.ACCEPTED
    assert kept not in text_of(coordinator.get(HELD))


def test_putting_off_the_answer_about_an_initial_has_one_full_stop(coordinator: Tab, house: House) -> None:
    page = text_of(coordinator.get(f"/demandes/{house.offer('Apolline').id}/attendre"))
    assert "Vous gardez la demande d’Apolline M. jusqu’au jour choisi." in page
    assert "M.." not in page
