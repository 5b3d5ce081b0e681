"""An association asks a question; whoever asked for mentoring answers from the tracking page, once."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.crypto import vault
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.models.assignment import Assignment, AssignmentState
from portal.models.campaign import Campaign
from portal.models.clarification import Clarification
from portal.models.referral import Referral
from portal.operations.clarifications import ask_clarification
from portal.queries.clarifications import clarifications_of
from tests.doors.public.walking import text_of
from tests.factories import make_assignment, make_association, make_programme, make_referral

Owner = psycopg.Connection[tuple[Any, ...]]
QUESTION = "Es-tu libre le mercredi ?\nEt le samedi ?"


def address_of(referral: Referral) -> str:
    return f"/suivi/{vault().link_token('tracking', referral.id, 1)}"


def asked(arrange: Session, campaign: Campaign, question: str = QUESTION, **fields: Any) -> Referral:
    """A request whose association, Proxité, has just asked something."""
    association = make_association(arrange, "Proxité")
    referral = make_referral(arrange, campaign)
    programme = make_programme(arrange, association)
    fields = {"state": AssignmentState.INFORMATION_ASKED, **fields}
    assignment = make_assignment(arrange, referral, association, programme, **fields)
    arrange.commit()
    with transaction(Scope(DatabaseRole.ASSOCIATION, association_id=association.id)):
        ask_clarification(assignment, question)
    return referral


def question_of(arrange: Session, referral: Referral) -> str:
    found = arrange.scalars(select(Clarification.id).where(Clarification.referral_id == referral.id)).one()
    return str(found)


def reply(client: FlaskClient, arrange: Session, referral: Referral, answer: str) -> Any:
    values = {"question": question_of(arrange, referral), "answer": answer}
    return client.post(f"{address_of(referral)}/repondre", data=values)


def answer_read_by_the_association(arrange: Session, referral: Referral) -> str | None:
    association = arrange.scalars(select(Assignment.association_id)).one()
    with transaction(Scope(DatabaseRole.ASSOCIATION, association_id=association, read_only=True)):
        return clarifications_of([referral.id])[referral.id][0].answer


def test_the_question_is_shown_with_a_place_to_answer(
    client: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    shown = text_of(client.get(address_of(asked(arrange, campaign))))
    assert "Bonjour Léa, Proxité a une question." in shown
    assert "La question de Proxité" in shown
    assert "<p>Es-tu libre le mercredi ?</p><p>Et le samedi ?</p>" in shown
    assert "Ta réponse" in shown
    assert "Rien à faire de ton côté" not in shown


def test_the_answer_reaches_the_association_and_stays_on_the_page(
    client: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    referral = asked(arrange, campaign)
    answer = reply(client, arrange, referral, " Oui, le mercredi.\r\nPas le samedi. ")
    assert (answer.status_code, answer.location) == (303, address_of(referral))
    shown = text_of(client.get(answer.location))
    assert "La réponse est partie." in shown
    assert "<p>Es-tu libre le mercredi ?</p>" in shown
    assert "<p>Oui, le mercredi.</p><p>Pas le samedi.</p>" in shown
    assert "Envoyer la réponse" not in shown
    assert "Proxité a ta demande." in shown
    assert answer_read_by_the_association(arrange, referral) == "Oui, le mercredi.\nPas le samedi."


@pytest.mark.parametrize(("typed", "words"), [("   ", "La réponse est vide"), ("é" * 1001, "1000 caractères au plus")])
def test_an_empty_or_endless_answer_is_refused_and_kept(
    client: FlaskClient, arrange: Session, campaign: Campaign, typed: str, words: str
) -> None:
    referral = asked(arrange, campaign)
    answer = reply(client, arrange, referral, typed)
    assert answer.status_code == 422
    shown = text_of(answer)
    assert words in shown
    assert typed.strip() in shown
    assert "La question de Proxité" in shown
    assert answer_read_by_the_association(arrange, referral) is None


def test_a_thousand_characters_are_taken_lines_counted_once(
    client: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    referral = asked(arrange, campaign)
    assert reply(client, arrange, referral, "é" * 499 + "\r\n" + "é" * 500).status_code == 303


def test_another_link_can_neither_read_nor_answer(
    client: FlaskClient, arrange: Session, campaign: Campaign, owner: Owner
) -> None:
    referral, other = asked(arrange, campaign), make_referral(arrange, campaign)
    arrange.commit()
    assert "mercredi" not in text_of(client.get(address_of(other)))
    values = {"question": question_of(arrange, referral), "answer": "Non"}
    absent = client.post(f"{address_of(other)}/repondre", data={**values, "question": str(uuid4())})
    foreign = client.post(f"{address_of(other)}/repondre", data=values)
    assert (foreign.status_code, foreign.data) == (absent.status_code, absent.data)
    assert foreign.status_code == 404
    assert client.post(f"{address_of(other)}/repondre", data={**values, "question": "tout"}).status_code == 404
    assert owner.execute("SELECT answered_at FROM clarification").fetchall() == [(None,)]


def test_the_first_answer_stays(client: FlaskClient, arrange: Session, campaign: Campaign) -> None:
    referral = asked(arrange, campaign)
    reply(client, arrange, referral, "Oui")
    again = reply(client, arrange, referral, "Finalement non")
    assert again.location == address_of(referral)
    shown = text_of(client.get(again.location))
    assert "Une réponse a déjà été donnée" in shown
    assert "Finalement" not in shown
    assert answer_read_by_the_association(arrange, referral) == "Oui"


@pytest.mark.parametrize(
    "fields",
    [
        {"state": AssignmentState.BOUNCED, "closed_at": clock.now()},
        {"state": AssignmentState.ACCEPTED, "answered_at": clock.now()},
    ],
    ids=["sent on", "accepted"],
)
def test_once_it_no_longer_matters_the_question_is_not_asked(
    client: FlaskClient, arrange: Session, campaign: Campaign, fields: dict[str, Any]
) -> None:
    referral = asked(arrange, campaign)
    assignment = arrange.scalars(select(Assignment)).one()
    for name, value in fields.items():
        setattr(assignment, name, value)
    arrange.commit()
    assert "mercredi" not in text_of(client.get(address_of(referral)))


def test_the_next_association_asks_its_own_question(client: FlaskClient, arrange: Session, campaign: Campaign) -> None:
    before = clock.now() - timedelta(days=2)
    with clock.at(before):
        referral = asked(arrange, campaign)
    first = arrange.scalars(select(Assignment)).one()
    first.state, first.closed_at = AssignmentState.BOUNCED, before
    following = make_association(arrange, "Télémaque")
    make_assignment(arrange, referral, following, make_programme(arrange, following))
    arrange.commit()
    shown = text_of(client.get(address_of(referral)))
    assert "Télémaque a ta demande." in shown
    assert "mercredi" not in shown


def test_a_refused_answer_asked_for_again_leads_to_the_request(
    client: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    address = address_of(asked(arrange, campaign))
    assert client.get(f"{address}/repondre").location == address
