"""A link to one of one's associations, opened while working for another: it is said, and nothing moves by reading."""

from html import unescape
from re import findall
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.permissions import Role
from portal.models.account import LoginSession, Membership
from portal.models.campaign import Campaign
from tests.doors.association.house import House, Tab, make_house, signed_in_as, text_of
from tests.doors.auth.conftest import give_factor, pass_both

LISTS = ("/demandes", "/demandes?dossier=en-attente", "/capacite", "/fichier", "/criteres", "/compte/courriels")


@pytest.fixture
def telemaque(house: House, neighbour: House, arrange: Session) -> House:
    """The other association of the same coordinator."""
    arrange.add(
        Membership(account_id=house.coordinator.id, association_id=neighbour.association.id, role=Role.COORDINATOR)
    )
    arrange.commit()
    return neighbour


@pytest.fixture
def stranger(arrange: Session, campaign: Campaign) -> House:
    """An association the coordinator has nothing to do with."""
    return make_house(arrange, campaign, "Afev")


def named(address: str, house: House) -> str:
    return f"{address}{'&' if '?' in address else '?'}pour={house.association.id}"


def offer_of(page: str) -> str:
    """Where the button that switches posts."""
    (found,) = findall(r'action="(/association\?[^"]*)"', page)
    return unescape(found)


def works_for(session: Session) -> UUID | None:
    session.rollback()
    return session.scalars(select(LoginSession.association_id)).one()


@pytest.mark.usefixtures("telemaque")
def test_a_request_of_ones_other_association_is_said_to_be_there(
    coordinator: Tab, house: House, neighbour: House, arrange: Session
) -> None:
    theirs = neighbour.offer("Apolline")
    answer = coordinator.get(f"/demandes/{theirs.id}")
    page = text_of(answer)
    assert answer.status_code == 409
    assert "Cette page s’ouvre chez Télémaque." in page
    assert "Vous travaillez en ce moment pour Proxité." in page
    assert "Apolline" not in page
    assert works_for(arrange) == house.association.id
    moved = coordinator.post(offer_of(page))
    assert (moved.status_code, moved.location) == (303, f"/demandes/{theirs.id}")
    assert works_for(arrange) == neighbour.association.id
    assert "Apolline" in text_of(coordinator.get(moved.location))


@pytest.mark.usefixtures("telemaque")
@pytest.mark.parametrize("page", ["", "/reorienter", "/precision", "/attendre", "/suivi/confirmer"])
def test_a_request_of_nobody_or_of_a_stranger_stays_the_same_404(coordinator: Tab, stranger: House, page: str) -> None:
    theirs = coordinator.get(f"/demandes/{stranger.offer('Aya').id}{page}")
    nobodys = coordinator.get(f"/demandes/{uuid4()}{page}")
    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert theirs.text == nobodys.text


@pytest.mark.usefixtures("telemaque")
def test_an_answer_sent_to_it_is_never_given_from_here(coordinator: Tab, neighbour: House) -> None:
    theirs = neighbour.offer()
    assert coordinator.post(f"/demandes/{theirs.id}/accepter").status_code == 404
    assert neighbour.reread(theirs).answered_at is None


@pytest.mark.parametrize("address", LISTS)
def test_a_list_that_names_ones_other_association_offers_to_go_there(
    coordinator: Tab, telemaque: House, arrange: Session, address: str
) -> None:
    asked = named(address, telemaque)
    answer = coordinator.get(asked)
    assert answer.status_code == 409
    moved = coordinator.post(offer_of(text_of(answer)))
    assert moved.location == asked
    assert works_for(arrange) == telemaque.association.id
    shown = coordinator.get(asked)
    assert shown.status_code == 200
    assert "Cette page s’ouvre chez" not in text_of(shown)


@pytest.mark.usefixtures("telemaque")
@pytest.mark.parametrize("address", LISTS)
def test_one_that_names_the_present_one_a_stranger_or_nothing_opens_as_it_is(
    coordinator: Tab, house: House, stranger: House, address: str
) -> None:
    plain = coordinator.get(address)
    joint = "&" if "?" in address else "?"
    for asked in (named(address, house), named(address, stranger), f"{address}{joint}pour=x", f"{address}{joint}pour="):
        answer = coordinator.get(asked)
        assert answer.status_code == plain.status_code == 200, asked
        assert "Passer à" not in text_of(answer), asked


def test_whoever_left_that_association_is_offered_nothing(
    app: Flask, house: House, telemaque: House, arrange: Session
) -> None:
    left = arrange.query(Membership).filter_by(association_id=telemaque.association.id, account_id=house.coordinator.id)
    left.one().ended_at = clock.now()
    arrange.commit()
    tab = signed_in_as(app, arrange, house.coordinator, house.association)
    assert tab.get(f"/demandes/{telemaque.offer().id}").status_code == 404
    assert tab.get(named("/capacite", telemaque)).status_code == 200


def test_a_member_of_the_collectif_is_offered_their_association(app: Flask, arrange: Session, house: House) -> None:
    house.coordinator.staff = True
    arrange.commit()
    tab = signed_in_as(app, arrange, house.coordinator, house.association)
    tab.post("/association", data={"association_id": ""})
    assert tab.get("/capacite").status_code == 403
    answer = tab.get(named("/capacite", house))
    assert "Vous travaillez en ce moment pour l’équipe du Collectif." in text_of(answer)
    moved = tab.post(offer_of(text_of(answer)))
    assert tab.get(moved.location).status_code == 200


@pytest.mark.usefixtures("telemaque")
@pytest.mark.parametrize(
    "suite", ["https://mechant.example/", "//mechant.example", "/\\mechant.example", "/nulle-part", ""]
)
def test_switching_never_leads_out_of_the_portal(coordinator: Tab, neighbour: House, suite: str) -> None:
    chosen = {"association_id": str(neighbour.association.id), "suite": suite}
    assert coordinator.post("/association", data=chosen).location == "/demandes"


@pytest.mark.parametrize("suite", ["/capacite", "/demandes?dossier=en-attente"])
def test_signing_in_from_a_message_opens_the_association_it_names(
    client: FlaskClient, arrange: Session, house: House, telemaque: House, suite: str
) -> None:
    give_factor(arrange, house.coordinator)
    arrange.commit()
    asked = named(suite, telemaque)
    sent_away = client.get(asked)
    assert sent_away.location.startswith("/connexion?suite=")
    answer = pass_both(client, house.coordinator.mail, asked)
    assert (answer.status_code, answer.location) == (303, asked)
    assert works_for(arrange) == telemaque.association.id
    assert client.get(asked).status_code == 200


def test_signing_in_for_a_strangers_association_opens_ones_own(
    client: FlaskClient, arrange: Session, house: House, stranger: House
) -> None:
    give_factor(arrange, house.coordinator)
    arrange.commit()
    asked = named("/capacite", stranger)
    assert pass_both(client, house.coordinator.mail, asked).location == asked
    assert works_for(arrange) == house.association.id
