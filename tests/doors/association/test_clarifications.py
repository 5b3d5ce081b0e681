"""Asking for what is missing: the question, the day, the answer, and where both are read."""

from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from flask.testing import FlaskClient

from portal.foundation import clock
from portal.foundation.crypto import token_digest, vault
from portal.foundation.queue import Job, queue_of
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import bind_link, transaction
from portal.models.assignment import Assignment, AssignmentState
from portal.operations.clarifications import answer_clarification
from tests.doors.association.house import House, text_of

Owner = psycopg.Connection[tuple[object, ...]]
QUESTION = "À quelle heure finissent les cours le mercredi ?"


def asked(client: FlaskClient, one: Assignment, question: str = QUESTION, days: int = 5) -> int:
    """Ask, and say what came back."""
    until = (clock.today() + timedelta(days=days)).isoformat()
    return client.post(f"/demandes/{one.id}/precision", data={"question": question, "until": until}).status_code


def answered(owner: Owner, one: Assignment, words: str = "À midi.\nParfois à 13 h.") -> None:
    """As the tracking page does."""
    row = owner.execute("SELECT id FROM clarification WHERE answered_at IS NULL").fetchone()
    assert row is not None
    assert isinstance(row[0], UUID)
    with transaction(Scope(DatabaseRole.PUBLIC)):
        bind_link(token_digest(vault().link_token("tracking", one.referral_id, 1)))
        answer_clarification(row[0], words)


def test_the_action_opens_a_question_and_a_day(coordinator: FlaskClient, house: House) -> None:
    offered = house.offer("Élodie")
    assert f"/demandes/{offered.id}/precision" in text_of(coordinator.get(f"/demandes/{offered.id}"))
    page = text_of(coordinator.get(f"/demandes/{offered.id}/precision"))
    assert "<textarea" in page
    assert 'type="date"' in page
    assert "Vous gardez la demande d’Élodie M. en attendant" in page


def test_a_question_keeps_the_request_and_a_mail_leaves(coordinator: FlaskClient, house: House, owner: Owner) -> None:
    offered = house.offer("Léa")
    assert asked(coordinator, offered) == 303
    assert house.reread(offered).state is AssignmentState.INFORMATION_ASKED
    assert offered.due_at.astimezone(clock.PARIS).date() == clock.today() + timedelta(days=5)
    assert owner.execute("SELECT message FROM outbox").fetchall() == [("clarification_asked",)]
    assert Job.SEND_MAIL.value in [job.func_name for job in queue_of(Job.SEND_MAIL).get_jobs()]
    page = text_of(coordinator.get(f"/demandes/{offered.id}"))
    assert QUESTION in page
    assert "Pas encore de réponse" in page
    assert "Précision attendue jusqu’au" in page
    assert "1 demande en attente<" in text_of(coordinator.get("/demandes?dossier=en-attente"))


def test_the_answer_is_read_in_the_detail_and_announced_in_the_list(
    coordinator: FlaskClient, house: House, owner: Owner
) -> None:
    offered, other = house.offer("Léa"), house.offer("Aya")
    asked(coordinator, offered)
    answered(owner, offered)
    asked(coordinator, other)
    page = text_of(coordinator.get(f"/demandes/{offered.id}"))
    assert "À midi.<br>Parfois à 13 h." in page
    assert "Pas encore de réponse" not in page
    folder = text_of(coordinator.get("/demandes?dossier=en-attente"))
    assert "<h1>2 demandes en attente, 1 réponse reçue</h1>" in folder
    row, waiting = (folder.split(f'id="{one.id}"')[1].split("</li>")[0] for one in (offered, other))
    assert "Réponse reçue" in row
    assert "À vous de répondre jusqu’au" in row
    assert "Réponse reçue" not in waiting


def test_one_question_at_a_time_and_another_once_answered(coordinator: FlaskClient, house: House, owner: Owner) -> None:
    offered = house.offer("Léa")
    assert [asked(coordinator, offered), asked(coordinator, offered)] == [303, 422]
    assert owner.execute("SELECT count(*) FROM outbox").fetchone() == (1,)
    answered(owner, offered)
    assert asked(coordinator, offered, "Et le samedi, est-ce possible ?") == 303
    page = text_of(coordinator.get(f"/demandes/{offered.id}"))
    assert page.index(QUESTION) < page.index("Et le samedi")
    assert (
        "Réponse reçue"
        not in text_of(coordinator.get("/demandes?dossier=en-attente")).split("<main")[1].split('id="who"')[0]
    )


@pytest.mark.parametrize(
    ("question", "days", "said"),
    [
        ("", 5, "Écrivez votre question."),
        ("   \n ", 5, "Écrivez votre question."),
        ("Quand ?", 5, "Écrivez une question de 10 à 500 caractères."),
        ("a" * 501, 5, "Écrivez une question de 10 à 500 caractères."),
        (QUESTION, 0, "Choisissez un jour entre demain et le"),
        (QUESTION, 60, "Choisissez un jour entre demain et le"),
    ],
)
def test_a_question_or_a_day_that_makes_no_sense_is_asked_again(
    coordinator: FlaskClient, house: House, owner: Owner, question: str, days: int, said: str
) -> None:
    offered = house.offer("Léa")
    until = (clock.today() + timedelta(days=days)).isoformat()
    answer = coordinator.post(f"/demandes/{offered.id}/precision", data={"question": question, "until": until})
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert question.strip() in text_of(answer)
    assert house.reread(offered).state is AssignmentState.OFFERED
    assert owner.execute("SELECT count(*) FROM clarification").fetchone() == (0,)


def test_postponing_sends_no_question(coordinator: FlaskClient, house: House, owner: Owner) -> None:
    offered = house.offer("Léa")
    assert "Reporter la réponse" in text_of(coordinator.get(f"/demandes/{offered.id}/attendre"))
    until = (clock.today() + timedelta(days=5)).isoformat()
    assert coordinator.post(f"/demandes/{offered.id}/attendre", data={"until": until}).status_code == 303
    assert house.reread(offered).state is AssignmentState.POSTPONED
    assert owner.execute("SELECT count(*) FROM outbox").fetchone() == (0,)


def test_once_the_request_is_elsewhere_the_exchange_is_out_of_sight(
    coordinator: FlaskClient, house: House, owner: Owner
) -> None:
    offered = house.offer("Léa")
    asked(coordinator, offered)
    answered(owner, offered)
    owner.execute("UPDATE assignment SET state = 'expired', closed_at = now()")
    page = text_of(coordinator.get(f"/demandes/{offered.id}"))
    assert QUESTION not in page
    assert "À midi" not in page
    assert asked(coordinator, offered) == 409


def test_a_question_is_never_markup(coordinator: FlaskClient, house: House) -> None:
    offered = house.offer("Léa")
    asked(coordinator, offered, "Est-ce <b>vrai</b> & certain ?")
    assert "Est-ce &lt;b&gt;vrai&lt;/b&gt; &amp; certain ?" in text_of(coordinator.get(f"/demandes/{offered.id}"))
