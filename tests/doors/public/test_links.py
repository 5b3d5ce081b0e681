"""Links in mails open a page; only its button acts, and only on its own request."""

from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.foundation.crypto import vault
from portal.foundation.queue import queue
from tests.doors.public.walking import PUPIL_OF_14, REFUGEE_OF_20, YOUNG, Steps, send, text_of

pytestmark = pytest.mark.usefixtures("campaign")
Owner = psycopg.Connection[tuple[Any, ...]]
CONFIRM, AGREE, FOLLOW = "/confirmer/{}", "/accord/{}", "/suivi/{}"


def one(owner: Owner, query: str) -> Any:
    row = owner.execute(query).fetchone()
    assert row is not None
    return row[0]


def sent(client: FlaskClient, owner: Owner, steps: Steps) -> UUID:
    send(client, YOUNG, steps)
    found: UUID = one(owner, "SELECT id FROM referral")
    return found


def link(address: str, purpose: str, referral: UUID) -> str:
    return address.format(vault().link_token(purpose, referral, 1))


def state(owner: Owner) -> str:
    return str(one(owner, "SELECT state FROM referral"))


def woken() -> list[str]:
    return [job.func_name for job in queue().get_jobs()]


def events(owner: Owner) -> list[str]:
    return [row[0] for row in owner.execute("SELECT name FROM event ORDER BY at, id")]


def test_opening_the_confirmation_link_changes_nothing(client: FlaskClient, owner: Owner) -> None:
    address = link(CONFIRM, "address", sent(client, owner, REFUGEE_OF_20))
    shown = client.get(address)
    assert "Cette adresse est bien la tienne ?" in text_of(shown).replace("\u00a0", " ")
    assert "Haidari" not in text_of(shown)
    assert state(owner) == "awaiting_consent"


def test_its_button_confirms_and_wakes_the_router(client: FlaskClient, owner: Owner) -> None:
    address = link(CONFIRM, "address", sent(client, owner, REFUGEE_OF_20))
    queue().empty()
    answer = client.post(address)
    assert answer.location == address
    assert "Adresse confirmée." in text_of(client.get(address))
    assert state(owner) == "to_route"
    assert sorted(events(owner)) == ["address_confirmed", "referral_confirmed", "referral_submitted"]
    assert woken() == ["portal.jobs.routing.drain"]
    client.post(address)
    assert len(events(owner)) == 3
    assert len(woken()) == 1


def test_before_15_nothing_is_routed_until_the_guardian_agrees(client: FlaskClient, owner: Owner) -> None:
    referral = sent(client, owner, PUPIL_OF_14)
    queue().empty()
    client.post(link(CONFIRM, "address", referral))
    assert "l’accord du parent" in text_of(client.get(link(CONFIRM, "address", referral)))
    assert (state(owner), woken()) == ("awaiting_consent", [])
    page = text_of(client.get(link(AGREE, "guardian", referral)))
    assert "Léa demande un mentor." in page
    assert "Martin" not in page
    assert "lea@example.org" not in page
    client.post(link(AGREE, "guardian", referral))
    assert state(owner) == "to_route"
    assert woken() == ["portal.jobs.routing.drain"]
    assert "votre accord est enregistré" in text_of(client.get(link(AGREE, "guardian", referral)))
    assert one(owner, "SELECT wording FROM consent WHERE kind = 'guardian'") == "guardian-link-1"


def test_a_guardian_may_answer_first(client: FlaskClient, owner: Owner) -> None:
    referral = sent(client, owner, PUPIL_OF_14)
    client.post(link(AGREE, "guardian", referral))
    assert state(owner) == "awaiting_consent"
    assert "confirmation d’adresse" in text_of(client.get(link(AGREE, "guardian", referral)))
    client.post(link(CONFIRM, "address", referral))
    assert state(owner) == "to_route"


def test_a_guardian_who_refuses_ends_the_request(client: FlaskClient, owner: Owner) -> None:
    referral = sent(client, owner, PUPIL_OF_14)
    queue().empty()
    client.post(link(AGREE, "guardian", referral) + "/refuser")
    assert state(owner) == "withdrawn"
    assert "La demande s’arrête là." in text_of(client.get(link(AGREE, "guardian", referral)))
    client.post(link(CONFIRM, "address", referral))
    assert (state(owner), woken()) == ("withdrawn", [])


@pytest.mark.parametrize(
    ("address", "purpose"),
    [(CONFIRM, "guardian"), (CONFIRM, "tracking"), (AGREE, "address"), (FOLLOW, "address"), (FOLLOW, "guardian")],
)
def test_a_link_opens_nothing_but_what_it_was_made_for(
    client: FlaskClient, owner: Owner, address: str, purpose: str
) -> None:
    wrong = link(address, purpose, sent(client, owner, PUPIL_OF_14))
    assert client.get(wrong).status_code == 404
    assert owner.execute("SELECT awaiting FROM referral").fetchall() == [(["address", "guardian"],)]


@pytest.mark.parametrize(
    "address", ["/confirmer/x", "/accord/x", "/accord/x/refuser", "/suivi/x/retirer", "/suivi/x/renvoyer"]
)
def test_an_unknown_link_acts_on_nothing(client: FlaskClient, address: str) -> None:
    assert client.post(address).status_code == 404


def test_a_mail_can_be_asked_for_again_once_a_day(app: Flask, client: FlaskClient, owner: Owner) -> None:
    referral = sent(client, owner, PUPIL_OF_14)
    again = link(FOLLOW, "tracking", referral) + "/renvoyer"
    for _ in range(3):
        assert client.post(again).status_code == 303
    assert one(owner, "SELECT count(*) FROM outbox WHERE message = 'confirm_address'") == 2
    assert one(owner, "SELECT count(*) FROM outbox WHERE message = 'guardian_consent'") == 2
    assert "Le message est reparti." in text_of(client.get(link(FOLLOW, "tracking", referral)))


def test_a_guardian_who_has_just_refused_is_thanked_once(client: FlaskClient, owner: Owner) -> None:
    address = link(AGREE, "guardian", sent(client, owner, PUPIL_OF_14))
    assert "Merci de votre réponse." in text_of(client.post(address + "/refuser", follow_redirects=True))
    later = text_of(client.get(address))
    assert "Merci" not in later
    assert "votre accord refusé" in later


def test_a_guardian_learns_that_the_request_was_withdrawn_before_any_answer(client: FlaskClient, owner: Owner) -> None:
    referral = sent(client, owner, PUPIL_OF_14)
    client.post(link(FOLLOW, "tracking", referral) + "/retirer")
    for page in (
        client.get(link(AGREE, "guardian", referral)),
        client.post(link(AGREE, "guardian", referral) + "/refuser", follow_redirects=True),
    ):
        assert "Elle a été retirée" in text_of(page)
        assert "Merci" not in text_of(page)


def test_a_guardian_who_agreed_learns_that_the_request_was_withdrawn(client: FlaskClient, owner: Owner) -> None:
    referral = sent(client, owner, PUPIL_OF_14)
    client.post(link(AGREE, "guardian", referral))
    client.post(link(FOLLOW, "tracking", referral) + "/retirer")
    assert "retirée depuis votre accord" in text_of(client.get(link(AGREE, "guardian", referral)))


@pytest.mark.parametrize("ended", ["closed", "merged"])
def test_a_request_that_ended_without_the_guardian_thanks_for_nothing(
    client: FlaskClient, owner: Owner, ended: str
) -> None:
    referral = sent(client, owner, PUPIL_OF_14)
    owner.execute("UPDATE referral SET state = %s", (ended,))
    page = text_of(client.get(link(AGREE, "guardian", referral)))
    assert "Cette demande est terminée." in page
    assert "Merci" not in page
