"""Staff see what became of every association's morning file, and have those that failed made after all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from html import unescape
from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.foundation import clock
from portal.foundation.clock import PARIS
from portal.foundation.identifiers import new_id
from portal.foundation.permissions import Role
from portal.foundation.queue import PAPER, queue
from portal.models.association import Association
from portal.models.morning import MorningFile, MorningMode, MorningState
from portal.models.outbox import Message, Outbox, OutboxState
from tests.factories import make_account, make_association

LIST = "/collectif/fichiers"
Owner = psycopg.Connection[tuple[object, ...]]
MORNING = datetime.combine(date(2026, 11, 24), time(11), PARIS)
TODAY = MORNING.date()


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    with clock.at(MORNING):
        yield


def text_of(answer: TestResponse) -> str:
    return unescape(answer.get_data(as_text=True)).replace("\u00a0", " ")


def heading(answer: TestResponse) -> str:
    return text_of(answer).split("<h1>")[1].split("</h1>")[0]


def names(answer: TestResponse) -> list[str]:
    rows = text_of(answer).split('<th scope="row"')[1:]
    return [row.split("</a>")[0].rsplit(">", 1)[1] for row in rows]


def make_file(
    session: Session, association: Association, state: MorningState, day: date = TODAY, **fields: Any
) -> MorningFile:
    at = datetime.combine(day, time(10, 0, 4), PARIS)
    made = {"at": at, "made_at": at, "lines": [["x", "00"]] * 6, "digest": b"d", "new": 2}
    row = MorningFile(
        association_id=association.id,
        day=day,
        state=state,
        mode=MorningMode.WHEN_UNSEEN,
        opened_at=at,
        next_attempt_at=at,
        unseen=0,
        **{**(made if state is MorningState.MADE else {}), **fields},
    )
    session.add(row)
    session.commit()
    return row


@pytest.fixture
def failed(arrange: Session) -> MorningFile:
    association = make_association(arrange, "Afev")
    return make_file(arrange, association, MorningState.FAILED, attempts=5, error="broken")


def some_of_each(session: Session) -> None:
    for name, state in (("Proxité", "made"), ("Télémaque", "made"), ("Article 1", "empty"), ("Zup de Co", "waiting")):
        make_file(session, make_association(session, name), MorningState(state))


def test_staff_read_in_the_title_how_many_left_and_how_many_failed(
    staff: FlaskClient, failed: MorningFile, arrange: Session
) -> None:
    some_of_each(arrange)
    page = staff.get(LIST)
    assert page.status_code == 200
    assert heading(page) == "2 fichiers prêts, 2 sans destinataire, 1 en échec, 1 en préparation"
    assert "mardi 24 novembre 2026 · 5 associations" in text_of(page)
    assert names(page) == ["Afev", "Article 1", "Proxité", "Télémaque", "Zup de Co"]
    assert "Le programme qui fait le classeur s’est arrêté sur une erreur." in text_of(page)
    assert "6" in text_of(page).split("Proxité")[1].split("</tr>")[0]


def post(session: Session, file: MorningFile, state: OutboxState) -> None:
    dead_at = clock.now() if state is OutboxState.DEAD else None
    row = Outbox(deduplication_key=str(new_id()), message=Message.MORNING_FILE, state=state, dead_at=dead_at)
    row.reference_id, row.association_id = file.id, file.association_id
    session.add(row)
    session.commit()


@pytest.mark.parametrize(
    ("states", "title", "badge", "said"),
    [
        (["spread", "sent", "sent"], "1 fichier envoyé", "Envoyé", "À 2 personnes<"),
        (["spread", "sent", "pending"], "1 fichier prêt, 1 pas encore envoyé", "Prêt, à envoyer", "1 courriel attend"),
        (["spread", "sent", "dead"], "1 fichier envoyé", "Envoyé", "1 courriel n’a pas pu partir"),
        (["spread", "dead", "dead"], "1 fichier prêt, 1 non remis", "Non remis", "2 courriels n’ont pas pu partir"),
        (["spread", "dropped"], "1 fichier prêt, 1 sans destinataire", "Sans destinataire", "Personne ne le reçoit"),
    ],
)
def test_a_file_made_is_sent_only_once_its_messages_have_left(
    staff: FlaskClient, arrange: Session, states: list[str], title: str, badge: str, said: str
) -> None:
    file = make_file(arrange, make_association(arrange, "Proxité"), MorningState.MADE)
    for state in states:
        post(arrange, file, OutboxState(state))
    page = staff.get(LIST)
    row = text_of(page).split("Proxité")[1].split("</tr>")[0]
    assert heading(page) == title
    assert f"<span>{badge}</span></span>" in row
    assert said in row
    assert ("<small>" in row) is bool(said)


def test_a_page_past_the_last_leads_to_it_and_a_day_to_come_is_said(staff: FlaskClient, failed: MorningFile) -> None:
    assert staff.get(f"{LIST}?page=99").location == LIST
    assert "Ce jour n’est pas encore venu" in text_of(staff.get(f"{LIST}?jour=2026-11-25"))
    assert "Ce jour n’est pas encore venu" not in text_of(staff.get(LIST))


def test_a_day_without_a_file_is_not_said_to_have_one_prepared(staff: FlaskClient, arrange: Session) -> None:
    at = MORNING.replace(hour=10)
    make_file(arrange, make_association(arrange, "Calme"), MorningState.EMPTY, at=at)
    make_file(arrange, make_association(arrange, "Jamais"), MorningState.NOT_WANTED, at=at)
    page = text_of(staff.get(LIST))
    assert "Regardé à </span>10 h" in page.split("Calme")[1].split("</tr>")[0]
    assert "10 h" not in page.split("Jamais")[1].split("</tr>")[0]


def test_a_code_without_words_is_told_as_it_is(staff: FlaskClient, arrange: Session) -> None:
    make_file(arrange, make_association(arrange), MorningState.FAILED, error="OperationalError")
    assert "Erreur imprévue (OperationalError)." in text_of(staff.get(LIST))


def test_staff_filter_by_state(staff: FlaskClient, failed: MorningFile, arrange: Session) -> None:
    some_of_each(arrange)
    page = staff.get(f"{LIST}?etat=prets")
    assert names(page) == ["Proxité", "Télémaque"]
    assert "Prêts 2" in text_of(page)
    assert names(staff.get(f"{LIST}?etat=echecs")) == ["Afev"]
    nobody = text_of(staff.get(f"{LIST}?etat=portail-arrete"))
    assert "Aucune association ici" in nobody
    assert "Voir toutes les associations" in nobody


def test_staff_go_from_day_to_day(staff: FlaskClient, arrange: Session) -> None:
    association = make_association(arrange, "Proxité")
    make_file(arrange, association, MorningState.MADE)
    make_file(arrange, association, MorningState.MISSED, TODAY - timedelta(days=1))
    today = text_of(staff.get(LIST))
    assert f'href="{LIST}?jour=2026-11-23"' in today
    assert "Le jour d’après" not in today
    before = text_of(staff.get(f"{LIST}?jour=2026-11-23"))
    assert "<h1>0 fichier prêt</h1>" in before
    assert "Portail arrêté" in before
    assert f'href="{LIST}"' in before
    assert "Rien ce jour-là" in text_of(staff.get(f"{LIST}?jour=2026-11-22"))


@pytest.mark.parametrize("typed", ["jour=hier", "jour=", "jour=2026-13-45", "jour=2026-11-25", "jour=0001-01-01",
                                   "etat=inconnu", "page=0", "page=-3", "page=x", "page=99999999999999999999"])  # fmt: skip
def test_what_cannot_be_read_in_the_address_is_the_page_of_today(
    staff: FlaskClient, failed: MorningFile, typed: str
) -> None:
    page = staff.get(f"{LIST}?{typed}")
    assert page.status_code == 200
    assert names(page) == ["Afev"]


@pytest.mark.parametrize(("hour", "said"), [(9, "se préparent à 10 h"), (10, "ne sont pas encore prêts")])
def test_before_there_are_any_the_page_says_so(staff: FlaskClient, hour: int, said: str) -> None:
    with clock.at(datetime.combine(TODAY, time(hour), PARIS)):
        page = staff.get(LIST)
    assert heading(page) == f"Les fichiers du jour {said}"
    assert "Pas encore de fichier aujourd’hui" in text_of(page)


def test_a_failed_file_of_today_is_made_after_all(staff: FlaskClient, failed: MorningFile, owner: Owner) -> None:
    assert "Relancer tous les échecs" not in text_of(staff.get(LIST))
    answer = staff.post(f"{LIST}/{failed.id}/relancer")
    assert (answer.status_code, answer.location) == (303, LIST)
    row = owner.execute("SELECT state, attempts, error, next_attempt_at FROM morning_file").fetchone()
    assert row == ("waiting", 0, None, MORNING)
    assert owner.execute("SELECT act, detail FROM journal_entry").fetchall() == [
        ("job_woken", f"morning_file:{failed.id}")
    ]
    assert len(queue(PAPER).jobs) == 1
    assert staff.post(f"{LIST}/{failed.id}/relancer").status_code == 404
    assert "Le fichier se prépare de nouveau" in text_of(staff.get(LIST))


def test_all_those_that_failed_today_are_retried_at_once(
    staff: FlaskClient, failed: MorningFile, arrange: Session, owner: Owner
) -> None:
    some_of_each(arrange)
    make_file(arrange, make_association(arrange), MorningState.FAILED)
    make_file(arrange, make_association(arrange), MorningState.FAILED, TODAY - timedelta(days=1))
    assert "Relancer tous les échecs" in text_of(staff.get(LIST))
    assert staff.post(f"{LIST}/relancer").status_code == 303
    assert "2 fichiers se préparent de nouveau." in text_of(staff.get(LIST))
    left = owner.execute("SELECT day, count(*) FROM morning_file WHERE state = 'failed' GROUP BY day").fetchall()
    assert left == [(TODAY - timedelta(days=1), 1)]
    assert len(queue(PAPER).jobs) == 2
    staff.post(f"{LIST}/relancer")
    assert "Aucun fichier d’aujourd’hui n’est en échec." in text_of(staff.get(LIST))
    assert owner.execute("SELECT count(*) FROM journal_entry").fetchone() == (1,)


@pytest.mark.parametrize("state", [one for one in MorningState if one is not MorningState.FAILED])
def test_only_what_failed_is_retried(staff: FlaskClient, arrange: Session, owner: Owner, state: MorningState) -> None:
    row = make_file(arrange, make_association(arrange), state)
    assert "Relancer le fichier" not in text_of(staff.get(LIST))
    assert staff.post(f"{LIST}/{row.id}/relancer").status_code == 404
    assert owner.execute("SELECT state FROM morning_file").fetchone() == (state.value,)


def test_a_day_that_is_over_is_not_retried(staff: FlaskClient, arrange: Session) -> None:
    """It would get the requests of another day."""
    row = make_file(arrange, make_association(arrange), MorningState.FAILED, TODAY - timedelta(days=1))
    assert "Relancer le fichier" not in text_of(staff.get(f"{LIST}?jour=2026-11-23"))
    assert staff.post(f"{LIST}/{row.id}/relancer").status_code == 404
    assert staff.post(f"{LIST}/{new_id()}/relancer").status_code == 404


@contextmanager
def counted() -> Iterator[list[str]]:
    seen: list[str] = []

    def listen(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", listen)


def test_a_hundred_and_fifty_associations_are_two_pages_and_no_more_queries(
    staff: FlaskClient, failed: MorningFile, arrange: Session
) -> None:
    with counted() as few:
        staff.get(LIST)
    for number in range(150):
        make_file(arrange, make_association(arrange, f"Z{number:03}"), MorningState.EMPTY)
    with counted() as many:
        first = staff.get(LIST)
    second = staff.get(f"{LIST}?page=2")
    assert len(many) == len(few)
    assert "Page suivante" in text_of(first)
    assert (len(names(first)), len(names(second))) == (100, 51)
    assert not set(names(first)) & set(names(second))


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMINISTRATOR])
def test_a_member_of_an_association_does_not_come_in(
    browser_of: Callable[..., FlaskClient], arrange: Session, failed: MorningFile, owner: Owner, role: Role
) -> None:
    association = make_association(arrange)
    browser = browser_of(make_account(arrange, association=association, role=role), association)
    assert browser.get(LIST).status_code == 403
    assert browser.post(f"{LIST}/{failed.id}/relancer").status_code == 403
    assert browser.post(f"{LIST}/relancer").status_code == 403
    assert owner.execute("SELECT state FROM morning_file").fetchone() == ("failed",)


def test_a_stranger_is_sent_to_sign_in(client: FlaskClient, failed: MorningFile) -> None:
    for answer in (client.get(LIST), client.post(f"{LIST}/relancer"), client.post(f"{LIST}/{failed.id}/relancer")):
        assert answer.location.startswith("/connexion")
