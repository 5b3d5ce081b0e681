"""Answering: who accepts, sends back, holds or takes back a request, and what each then sees."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from threading import Barrier, Thread
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.models.assignment import AssignmentState
from tests import factories
from tests.doors.association.house import House, signed_in_as, text_of

Owner = psycopg.Connection[tuple[object, ...]]


def acts_of(owner: Owner) -> list[tuple[object, ...]]:
    return owner.execute("SELECT act, detail FROM journal_entry ORDER BY at, id").fetchall()


@pytest.mark.usefixtures("undo_window")
def test_accepting_is_one_click_and_the_row_stays_with_its_undo(coordinator: FlaskClient, house: House) -> None:
    offered = house.offer("Léa")
    answer = coordinator.post(f"/demandes/{offered.id}/accepter", follow_redirects=True)
    page = text_of(answer)
    assert "Acceptée · les messages partent dans 5 min" in page
    assert f"/demandes/{offered.id}/annuler" in page
    assert "Rien à traiter pour l’instant" in page
    assert house.reread(offered).state is AssignmentState.ACCEPTED


@pytest.mark.usefixtures("undo_window")
def test_an_answer_taken_back_gives_the_request_again(coordinator: FlaskClient, house: House, owner: Owner) -> None:
    offered = house.offer("Léa")
    coordinator.post(f"/demandes/{offered.id}/accepter")
    coordinator.post(f"/demandes/{offered.id}/annuler")
    assert house.reread(offered).state is AssignmentState.OFFERED
    assert (offered.answered_by, offered.undo_until, offered.contact_from) == (None, None, None)
    assert [detail for _, detail in acts_of(owner)] == ["assignment_accepted", "assignment_undone"]


@pytest.mark.usefixtures("undo_window")
def test_after_the_window_an_answer_stays(coordinator: FlaskClient, house: House) -> None:
    offered = house.offer("Léa")
    coordinator.post(f"/demandes/{offered.id}/accepter")
    with clock.at(clock.now() + timedelta(minutes=6)):
        answer = coordinator.post(f"/demandes/{offered.id}/annuler")
    assert answer.status_code == 409
    assert "Il est trop tard pour annuler" in text_of(answer)
    assert house.reread(offered).state is AssignmentState.ACCEPTED


def test_the_later_of_two_coordinators_is_told_who_answered_and_when(
    app: Flask, arrange: Session, coordinator: FlaskClient, house: House
) -> None:
    colleague = factories.make_account(arrange, association=house.association)
    offered = house.offer("Léa")
    coordinator.post(f"/demandes/{offered.id}/accepter")
    answer = signed_in_as(app, arrange, colleague, house.association).post(f"/demandes/{offered.id}/accepter")
    local = clock.now().astimezone(clock.PARIS)
    assert answer.status_code == 409
    assert f"{house.coordinator.name} a déjà accepté cette demande à {local.hour} h" in text_of(answer)


def race(*acts: Callable[[], Any]) -> list[Any]:
    """All at once; what each got."""
    barrier, got = Barrier(len(acts)), []

    def run(act: Callable[[], Any]) -> None:
        barrier.wait()
        got.append(act())

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def test_of_two_coordinators_at_the_same_instant_exactly_one_answers(
    app: Flask, arrange: Session, coordinator: FlaskClient, house: House, owner: Owner
) -> None:
    colleague = factories.make_account(arrange, association=house.association)
    other = signed_in_as(app, arrange, colleague, house.association)
    for _ in range(10):
        offered = house.offer("Léa")
        answers = race(
            partial(coordinator.post, f"/demandes/{offered.id}/accepter"),
            partial(other.post, f"/demandes/{offered.id}/reorienter", data={"reason": "no_place"}),
        )
        assert sorted(answer.status_code for answer in answers) == [303, 409]
        refused = next(answer for answer in answers if answer.status_code == 409)
        assert "a déjà" in text_of(refused)
    assert owner.execute("SELECT count(*) FROM event WHERE name LIKE 'assignment_%'").fetchone() == (10,)


def test_a_second_click_is_told_it_was_done(coordinator: FlaskClient, house: House) -> None:
    offered = house.offer("Léa")
    coordinator.post(f"/demandes/{offered.id}/accepter")
    assert "Vous avez déjà accepté" in text_of(coordinator.post(f"/demandes/{offered.id}/accepter"))


def test_sending_back_offers_only_the_reasons_of_its_side_each_with_what_follows(
    coordinator: FlaskClient, house: House
) -> None:
    page = text_of(coordinator.get(f"/demandes/{house.offer('Léa').id}/reorienter"))
    assert "Plus de place" in page
    assert "part vers une autre association" in page
    assert "C’est une prévision" in page
    assert "est classée comme doublon" in page
    assert "Charte" not in page


@pytest.mark.usefixtures("undo_window")
def test_sent_back_for_want_of_place_offers_to_lower_the_capacity(coordinator: FlaskClient, house: House) -> None:
    offered = house.offer("Léa")
    answer = coordinator.post(f"/demandes/{offered.id}/reorienter", data={"reason": "no_place"}, follow_redirects=True)
    page = text_of(answer)
    assert "Et pour les prochaines ?" in page
    assert "Passer à 0 place" in page
    assert "Réorientée · la demande part dans 5 min" in page
    assert house.reread(offered).state is AssignmentState.BOUNCED
    assert offered.closed_at is None


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "Choisissez une raison"),
        ({"reason": "invented"}, "pas dans la liste"),
        ({"reason": "charter_not_met"}, "pas dans la liste"),
        ({"reason": "other", "note": "   "}, "Précisez en une phrase"),
        ({"reason": "unreachable"}, "Précisez en une phrase"),
        ({"reason": "other", "note": "a" * 1001}, "Restez sous 1000 caractères"),
    ],
)
def test_a_reason_that_is_missing_or_not_explained_is_asked_again(
    coordinator: FlaskClient, house: House, data: dict[str, str], said: str
) -> None:
    offered = house.offer("Léa")
    answer = coordinator.post(f"/demandes/{offered.id}/reorienter", data=data)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert house.reread(offered).state is AssignmentState.OFFERED


def test_a_request_is_held_until_a_day_and_leaves_the_first_folder(coordinator: FlaskClient, house: House) -> None:
    offered = house.offer("Léa")
    until = clock.today() + timedelta(days=10)
    coordinator.post(f"/demandes/{offered.id}/attendre", data={"until": until.isoformat()})
    assert house.reread(offered).state is AssignmentState.POSTPONED
    assert offered.due_at.astimezone(clock.PARIS).date() == until
    assert "Réponse reportée jusqu’au" in text_of(coordinator.get("/demandes?dossier=en-attente"))


@pytest.mark.parametrize("days", [-1, 0, 15, 400])
def test_a_request_cannot_be_held_for_ever(coordinator: FlaskClient, house: House, days: int) -> None:
    offered = house.offer("Léa")
    until = clock.today() + timedelta(days=days)
    data = {"until": until.isoformat()}
    answer = coordinator.post(f"/demandes/{offered.id}/attendre", data=data)
    assert answer.status_code == 422
    assert "Choisissez un jour entre demain et le" in text_of(answer)


@pytest.mark.parametrize("until", ["", "demain", "2026-02-31"])
def test_a_day_that_does_not_exist_is_asked_again(coordinator: FlaskClient, house: House, until: str) -> None:
    offered = house.offer("Léa")
    answer = coordinator.post(f"/demandes/{offered.id}/attendre", data={"until": until})
    assert answer.status_code == 422
    assert house.reread(offered).state is AssignmentState.OFFERED


def test_several_are_accepted_at_once(coordinator: FlaskClient, house: House) -> None:
    offered = [house.offer(name) for name in ("Léa", "Aya")]
    answer = coordinator.post("/demandes/accepter", data={"chosen": [str(one.id) for one in offered]})
    assert answer.status_code == 303
    assert {house.reread(one).state for one in offered} == {AssignmentState.ACCEPTED}


def test_more_than_the_places_left_and_it_is_asked_first(
    coordinator: FlaskClient, house: House, arrange: Session
) -> None:
    offered = [house.offer(name, days_ago=days) for name, days in (("Léa", 1), ("Aya", 3), ("Zoé", 2))]
    house.capacity.amount = 2
    arrange.commit()
    ids = [str(one.id) for one in offered]
    answer = coordinator.post("/demandes/accepter", data={"chosen": ids})
    page = text_of(answer)
    assert "3 demandes choisies, 2 places" in page
    assert "Accepter les 2 plus anciennes" in page
    assert {house.reread(one).state for one in offered} == {AssignmentState.OFFERED}
    coordinator.post("/demandes/accepter", data={"chosen": ids, "quand_meme": "1"})
    assert {house.reread(one).state for one in offered} == {AssignmentState.ACCEPTED}


def test_when_one_of_several_was_answered_meanwhile_none_is_accepted(coordinator: FlaskClient, house: House) -> None:
    first, second = house.offer("Léa"), house.offer("Aya")
    coordinator.post(f"/demandes/{first.id}/accepter")
    answer = coordinator.post("/demandes/accepter", data={"chosen": [str(second.id), str(first.id)]})
    assert answer.status_code == 409
    assert house.reread(second).state is AssignmentState.OFFERED


def test_choosing_nothing_accepts_nothing(coordinator: FlaskClient) -> None:
    assert coordinator.post("/demandes/accepter").status_code == 303
    assert coordinator.post("/demandes/accepter", data={"chosen": "x"}).status_code == 404


def test_a_get_never_answers(coordinator: FlaskClient, house: House) -> None:
    offered = house.offer("Léa")
    for act in ("accepter", "annuler", "suivi", "coordonnees", "vue"):
        assert coordinator.get(f"/demandes/{offered.id}/{act}").status_code == 405
    coordinator.get(f"/demandes/{offered.id}/reorienter?reason=no_place")
    assert house.reread(offered).state is AssignmentState.OFFERED


def test_every_answer_is_in_the_journal(coordinator: FlaskClient, house: House, owner: Owner) -> None:
    coordinator.post(f"/demandes/{house.offer('Léa').id}/accepter")
    coordinator.post(f"/demandes/{house.offer('Aya').id}/reorienter", data={"reason": "territory"})
    assert acts_of(owner) == [("answered", "assignment_accepted"), ("answered", "assignment_bounced")]


def test_a_request_accepted_meanwhile_is_not_sent_back_unawares(coordinator: FlaskClient, house: House) -> None:
    offered = house.offer("Léa")
    assert 'name="finalement"' not in text_of(coordinator.get(f"/demandes/{offered.id}/reorienter"))
    coordinator.post(f"/demandes/{offered.id}/accepter")
    unaware = coordinator.post(f"/demandes/{offered.id}/reorienter", data={"reason": "no_place"})
    assert unaware.status_code == 409
    assert 'name="finalement"' in text_of(coordinator.get(f"/demandes/{offered.id}/reorienter"))
    coordinator.post(f"/demandes/{offered.id}/reorienter", data={"reason": "no_place", "finalement": "1"})
    assert house.reread(offered).state is AssignmentState.BOUNCED


@pytest.mark.parametrize(
    ("step", "asked"),
    [
        ("contacted", "Premier contact fait, pour la demande de Léa M. ?"),
        ("unreachable", "Injoignable, à réessayer, pour la demande de Léa M. ?"),
        ("paired", "Le binôme est formé, pour la demande de Léa M. ?"),
        ("given_up", "Abandonnée avant le binôme, pour la demande de Léa M. ?"),
    ],
)
def test_every_step_of_the_follow_up_is_asked_before_it_is_written(
    coordinator: FlaskClient, house: House, step: str, asked: str
) -> None:
    offered = house.offer("Léa")
    coordinator.post(f"/demandes/{offered.id}/accepter")
    page = text_of(coordinator.get(f"/demandes/{offered.id}"))
    assert f"/demandes/{offered.id}/suivi/confirmer?etape={step}" in page
    assert f'action="/demandes/{offered.id}/suivi"' not in page
    confirm = text_of(coordinator.get(f"/demandes/{offered.id}/suivi/confirmer?etape={step}"))
    assert asked in confirm
    assert "Cela ne se défait pas" in confirm
    assert house.reread(offered).state is AssignmentState.ACCEPTED
    coordinator.post(f"/demandes/{offered.id}/suivi", data={"etape": step})
    assert house.reread(offered).state is AssignmentState(step)


def test_somebody_unreachable_may_be_tried_again_and_a_contact_made_is_not_asked_twice(
    coordinator: FlaskClient, house: House
) -> None:
    offered = house.offer("Léa")
    coordinator.post(f"/demandes/{offered.id}/accepter")
    coordinator.post(f"/demandes/{offered.id}/suivi", data={"etape": "unreachable"})
    confirm = f"/demandes/{offered.id}/suivi/confirmer?etape="
    assert coordinator.get(confirm + "unreachable").status_code == 200
    coordinator.post(f"/demandes/{offered.id}/suivi", data={"etape": "contacted"})
    assert coordinator.get(confirm + "contacted").status_code == 303
