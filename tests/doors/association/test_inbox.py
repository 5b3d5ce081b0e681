"""The inbox: what a coordinator finds on opening it, what it costs, and what stays hidden."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.assignment import AssignmentState
from portal.web.typography import NBSP, day
from tests import factories
from tests.doors.association.house import House, text_of


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """The SQL that goes to any engine of the application meanwhile."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    for engine in db.engines.values():
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for engine in db.engines.values():
            event.remove(engine, "before_cursor_execute", note)


def position(page: str, *names: str) -> list[int]:
    return [page.index(f">{name} M.") for name in names]


def test_nobody_reads_an_inbox_without_signing_in(client: FlaskClient) -> None:
    assert client.get("/demandes").status_code in {302, 303}


def test_a_coordinator_finds_the_oldest_due_first_and_what_presses_in_the_title(
    coordinator: FlaskClient, house: House
) -> None:
    house.offer("Léa")
    house.offer("Camille", days_ago=6)
    house.offer("Mohamed", days_ago=5)
    page = text_of(coordinator.get("/demandes"))
    assert "<h1>3 demandes à traiter, 1 part demain</h1>" in page
    assert position(page, "Camille", "Mohamed", "Léa") == sorted(position(page, "Camille", "Mohamed", "Léa"))
    assert "6 jours, part demain" in page
    assert "5 jours, en retard" in page


def test_an_empty_inbox_in_a_pause_promises_no_request(coordinator: FlaskClient, house: House) -> None:
    house.association.paused_from = clock.today()
    house.association.paused_until = clock.today() + timedelta(days=6)
    house.session.commit()
    page = text_of(coordinator.get("/demandes"))
    assert "vous êtes en pause" in page
    back = day(clock.today() + timedelta(days=7)).replace(NBSP, " ")
    assert f"Reprise le {back}." in page
    assert "s’annoncera ici" not in page


def test_an_empty_inbox_says_why_and_what_next(coordinator: FlaskClient) -> None:
    page = text_of(coordinator.get("/demandes"))
    assert "Rien à traiter pour l’instant" in page
    assert "Vérifier vos places" in page


def test_each_request_is_in_the_folder_of_its_state(coordinator: FlaskClient, house: House) -> None:
    house.offer("Aya", state=AssignmentState.INFORMATION_ASKED)
    house.offer("Paul", state=AssignmentState.CONTACTED, answered_at=clock.now())
    house.offer("Zoé", state=AssignmentState.BOUNCED, answered_at=clock.now(), closed_at=clock.now())
    for folder, name in (("en-attente", "Aya M."), ("acceptees", "Paul M."), ("toutes", "Paul M.")):
        assert name in text_of(coordinator.get(f"/demandes?dossier={folder}"))
    gone = text_of(coordinator.get("/demandes?dossier=reorientees"))
    assert "1 demande réorientée ou partie" in gone
    assert "Zoé" not in gone


def test_filters_stand_in_the_address(coordinator: FlaskClient, house: House) -> None:
    house.offer("Léa", facts={"needs": ["guidance"]})
    house.offer("Marc", side=Side.MENTOR, capacity=None)
    assert "Marc M." not in text_of(coordinator.get("/demandes?cote=jeunes"))
    assert "Léa M." not in text_of(coordinator.get("/demandes?cote=benevoles"))
    by_need = text_of(coordinator.get("/demandes?besoin=guidance"))
    assert "Léa M." in by_need
    assert "Marc M." not in by_need
    assert "Léa M." in text_of(coordinator.get("/demandes?lieu=commune:59512"))
    assert "Aucune demande ne répond" in text_of(coordinator.get("/demandes?lieu=commune:75056"))
    assert "Léa M." in text_of(coordinator.get(f"/demandes?programme={house.programme.id}"))


@pytest.mark.parametrize(
    "bad",
    [
        "dossier=autre",
        "cote=x",
        "programme=x",
        "besoin=x",
        "apres=x",
        "apres=1-x",
        "avant=-",
        "apres=99999999999999999999-0",
        "lieu=%00",
        "lieu=commune:%1b59512",
        "lieu=" + "a" * 81,
        "dossier=%00",
        "programme=%00",
    ],
)
def test_an_address_that_means_nothing_is_not_found(coordinator: FlaskClient, bad: str) -> None:
    assert coordinator.get(f"/demandes?{bad}").status_code == 404


def test_fifty_a_page_forth_and_back_without_missing_any(coordinator: FlaskClient, house: House) -> None:
    for number in range(53):
        house.offer("Ana", days_ago=1 + number / 100)
    first = text_of(coordinator.get("/demandes"))
    assert first.count('class="row__name"') == 50
    following = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = text_of(coordinator.get(following))
    assert second.count('class="row__name"') == 3
    assert 'rel="next"' not in second
    back = second.split('rel="prev"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    again = text_of(coordinator.get(back))
    assert again.count('class="row__name"') == 50
    assert 'rel="prev"' not in again


def test_a_page_costs_the_same_whatever_the_number_of_rows(coordinator: FlaskClient, house: House) -> None:
    for _ in range(5):
        house.offer("Ana")
    coordinator.get("/demandes")
    with counted_statements() as few:
        coordinator.get("/demandes")
    for _ in range(45):
        house.offer("Ana")
    with counted_statements() as many:
        page = coordinator.get("/demandes")
    assert text_of(page).count('class="row__name"') == 50
    assert len(few) == len(many)


def test_one_request_shows_facts_reasons_and_own_figures_only(coordinator: FlaskClient, house: House) -> None:
    offered = house.offer("Léa", age=14, facts={"level": "4e", "channel": "professional", "referrer_type": "ase"})
    page = text_of(coordinator.get(f"/demandes/{offered.id}"))
    assert "Léa M., 14 ans" in page
    assert "12 jeunes sur 40 (30 %)" in page
    assert "la plus loin de son objectif" in page
    assert "À vérifier au premier contact" in page
    assert "20 libres sur 30" in page or "29 libres sur 30" in page
    assert "Aide sociale à l’enfance" not in page


@pytest.mark.parametrize("hidden", ["Martin", "lea@example.org", "39980001", "39 98 00 01", "reprendre confiance"])
def test_before_acceptance_neither_name_nor_contact_nor_own_words_are_shown(
    coordinator: FlaskClient, house: House, hidden: str
) -> None:
    offered = house.offer("Léa")
    assert hidden not in text_of(coordinator.get(f"/demandes/{offered.id}"))


def test_another_association_s_request_is_not_there_just_like_an_unknown_one(
    coordinator: FlaskClient, neighbour: House
) -> None:
    theirs = neighbour.offer("Léa")
    paths = ("", "/reorienter", "/attendre", "/precision")
    for path in paths:
        foreign = coordinator.get(f"/demandes/{theirs.id}{path}")
        unknown = coordinator.get(f"/demandes/{uuid4()}{path}")
        assert (foreign.status_code, foreign.data) == (404, unknown.data)
    for act in ("accepter", "reorienter", "attendre", "precision", "annuler", "suivi", "coordonnees", "vue"):
        data = {"reason": "no_place", "question": "a" * 20, "until": "2030-01-01", "etape": "contacted"}
        foreign = coordinator.post(f"/demandes/{theirs.id}/{act}", data=data)
        unknown = coordinator.post(f"/demandes/{uuid4()}/{act}", data=data)
        assert (act, foreign.status_code, foreign.data) == (act, 404, unknown.data)
    assert neighbour.reread(theirs).state is AssignmentState.OFFERED
    assert coordinator.post("/demandes/accepter", data={"chosen": str(theirs.id)}).status_code == 404


def test_opening_is_noted_once(coordinator: FlaskClient, house: House, arrange: Session) -> None:
    offered = house.offer("Léa")
    assert coordinator.post(f"/demandes/{offered.id}/vue").status_code == 204
    assert coordinator.post(f"/demandes/{offered.id}/vue").status_code == 204
    assert house.reread(offered).state is AssignmentState.SEEN
    noted = arrange.connection().exec_driver_sql("SELECT count(*) FROM journal_entry WHERE act = 'referral_seen'")
    assert noted.scalar() == 1


def test_merely_reading_a_page_changes_nothing(coordinator: FlaskClient, house: House) -> None:
    offered = house.offer("Léa")
    coordinator.get(f"/demandes/{offered.id}")
    assert house.reread(offered).state is AssignmentState.OFFERED


def test_new_requests_announce_themselves_and_only_once(coordinator: FlaskClient, house: House) -> None:
    house.offer("Léa")
    page = text_of(coordinator.get("/demandes"))
    address = page.split('data-live="')[1].split('"')[0].replace("&amp;", "&")
    assert coordinator.get(address).status_code == 204
    house.offer("Aya")
    house.offer("Zoé")
    fresh = coordinator.get(address)
    assert "2 nouvelles, les afficher" in text_of(fresh)
    tag = fresh.headers["ETag"]
    assert coordinator.get(address, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("number", ["-99999999999999999", "99999999999999999999", "-1", "x", "%00", "9" * 5000])
def test_news_since_no_real_instant_are_still_an_answer(coordinator: FlaskClient, house: House, number: str) -> None:
    house.offer("Léa")
    for name in ("depuis", "connues"):
        assert coordinator.get(f"/demandes/nouvelles?{name}={number}").status_code in {200, 204}


def test_a_volunteer_is_told_from_a_young_person_where_both_come(
    coordinator: FlaskClient, house: House, arrange: Session
) -> None:
    house.offer("Léa")
    marc = house.offer("Marc", side=Side.MENTOR, capacity=None)
    assert "Bénévole" not in text_of(coordinator.get("/demandes"))
    factories.make_programme(arrange, house.association, side=Side.MENTOR)
    arrange.commit()
    page = text_of(coordinator.get("/demandes"))
    assert page.count("Bénévole · ") == 1
    assert "Bénévole · Roubaix" in page.split(f'id="{marc.id}"')[1]
    head = text_of(coordinator.get(f"/demandes/{marc.id}")).split('id="who"')[1].split("</header>")[0]
    assert "Bénévole" in head


def test_polling_does_not_keep_a_session_alive(
    coordinator: FlaskClient, house: House, arrange: Session, app: Flask
) -> None:
    def last_seen() -> object:
        arrange.rollback()
        return arrange.connection().exec_driver_sql("SELECT max(last_seen_at) FROM login_session").scalar()

    before = last_seen()
    with clock.at(clock.now() + timedelta(minutes=5)):
        coordinator.get("/demandes/nouvelles")
    assert last_seen() == before


def test_the_navigation_counts_what_awaits_an_answer(coordinator: FlaskClient, house: House) -> None:
    house.offer("Léa")
    house.offer("Aya")
    assert '<span class="counter">2<span' in text_of(coordinator.get("/criteres"))


def test_a_coordinator_of_two_associations_can_go_to_the_other(
    coordinator: FlaskClient, house: House, neighbour: House, arrange: Session
) -> None:
    arrange.add(
        factories.Membership(
            account_id=house.coordinator.id, association_id=neighbour.association.id, role=factories.Role.COORDINATOR
        )
    )
    arrange.commit()
    page = text_of(coordinator.get("/demandes"))
    assert "Télémaque" in page
    assert f"association_id={neighbour.association.id}" in page or str(neighbour.association.id) in page
