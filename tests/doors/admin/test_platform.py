"""The page about the platform: what staff learn at a glance, what they start again, and what is written down of it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.platform_words import MESSAGE_LABELS, reason
from portal.foundation import clock
from portal.foundation.identifiers import new_id
from portal.foundation.queue import MAIL, PAPER, Job, enqueue, queue, serializer
from portal.foundation.tenancy import DatabaseRole
from portal.jobs.rhythms import Daily
from portal.jobs.schedule import TIMETABLE
from portal.jobs.worker import PortalWorker
from portal.models.account import Account, Membership
from portal.models.association import Association
from portal.models.document import Document, DocumentKind, DocumentState
from portal.models.event import JournalAct, JournalEntry
from portal.models.job_track import JobTrack
from portal.models.morning import MorningFile, MorningMode, MorningState
from portal.models.outbox import Message, Outbox, OutboxState
from portal.models.referral import Referral
from portal.queries.platform import PAGE
from portal.web import typography
from tests.doors.admin.test_table import statements
from tests.factories import make_account, make_association, make_campaign, make_referral

HERE = "/collectif/fonctionnement"
NOBODYS = "00000000-0000-7000-8000-000000000007"
Owner = psycopg.Connection[Any]


def read(client: FlaskClient, path: str = HERE) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return unescape(answer.text).replace("\u00a0", " ")


def title(text: str) -> str:
    return text.partition("<h1>")[2].partition("</h1>")[0]


@pytest.fixture
def at_work(app: Flask) -> None:
    """A process that takes jobs."""
    PortalWorker([queue()], app.extensions["redis"], serializer()).register_birth()


@pytest.fixture
def well(arrange: Session, at_work: None) -> None:
    """Every turn of the timetable has been done when it was due."""
    now = clock.now()
    for turn in TIMETABLE:
        arrange.add(
            JobTrack(
                name=turn.name,
                job=turn.job.name,
                slot=turn.when.slot(now),
                started_at=now,
                finished_at=turn.when.began(now) if isinstance(turn.when, Daily) else now,
            )
        )
    arrange.commit()


def track(arrange: Session, name: str) -> JobTrack:
    return arrange.get_one(JobTrack, name)


def dead(
    arrange: Session, error: str | None = "smtp_550", message: Message = Message.PASSWORD_RESET, **about: Any
) -> Outbox:
    key = str(new_id())
    about = about or {"reference_id": new_id()}
    row = Outbox(
        deduplication_key=key,
        message=message,
        state=OutboxState.DEAD,
        attempts=9,
        error=error,
        dead_at=clock.now(),
        **about,
    )
    arrange.add(row)
    arrange.commit()
    return row


def test_all_is_well(staff: FlaskClient, well: None) -> None:
    text = read(staff)

    assert title(text) == "Tout tourne"
    assert text.count("À l’heure") == len(TIMETABLE)
    assert "Envoyer les courriels en attente" in text
    assert "toutes les 15 secondes" in text
    assert "chaque jour à 8 h 30" in text
    assert "n’ont pas pu" not in text


def test_the_page_is_in_the_menu(staff: FlaskClient, well: None) -> None:
    assert f'href="{HERE}"' in staff.get("/collectif/demandes").text


def test_a_new_platform_has_done_nothing_yet_and_is_not_accused_of_being_late(
    staff: FlaskClient, at_work: None
) -> None:
    text = read(staff)

    assert title(text) == "Tout tourne"
    assert text.count("Pas encore") == len(TIMETABLE)


def test_nobody_at_work_is_said_first(staff: FlaskClient) -> None:
    assert title(read(staff)) == "Aucun processus n’est au travail"


def test_routing_that_is_late_comes_before_all_else_that_is_wrong(
    staff: FlaskClient, well: None, arrange: Session
) -> None:
    dead(arrange)
    track(arrange, "send_mail").failures = 3
    track(arrange, "send_mail").failed_at = clock.now()
    track(arrange, "sweep").finished_at = clock.now() - timedelta(minutes=4, seconds=40)
    arrange.commit()

    text = read(staff)

    assert title(text) == "L’orientation est en retard de 4 min"
    assert text.index("Orienter les demandes") < text.index("Appliquer les réponses")


def test_what_fails_says_since_when_how_often_and_why(staff: FlaskClient, well: None, arrange: Session) -> None:
    failing = track(arrange, "open_morning")
    failing.failures, failing.failed_at, failing.error = (
        3,
        clock.now() - timedelta(hours=2, minutes=5),
        "OperationalError",
    )
    arrange.commit()

    text = read(staff)

    assert title(text) == "1 tâche échoue"
    assert "En échec depuis 2 h, 3 essais de suite, OperationalError" in text


def test_what_runs_now_is_under_way_and_what_was_left_by_a_dead_worker_is_late(
    staff: FlaskClient, well: None, arrange: Session
) -> None:
    now = clock.now()
    running, left = track(arrange, "fold_figures"), track(arrange, "seal_journal")
    running.leased_until, running.finished_at = now + timedelta(minutes=3), now - timedelta(hours=1)
    left.leased_until, left.finished_at = now - timedelta(minutes=3), now - timedelta(hours=1)
    arrange.commit()

    text = read(staff)

    assert text.count("En cours") == 1
    assert title(text) == "1 tâche en retard"
    assert "En retard de 58 min" in text


def test_a_daily_turn_is_late_only_once_its_hour_is_well_past(staff: FlaskClient, well: None, arrange: Session) -> None:
    daily = next(turn for turn in TIMETABLE if turn.job is Job.MEASURE_REACH)
    assert isinstance(daily.when, Daily)
    began = daily.when.began(clock.now())
    track(arrange, daily.name).slot = daily.when.slot(began - timedelta(minutes=1))
    arrange.commit()

    text = read(staff)

    late = clock.now() - began > timedelta(minutes=2)
    assert (title(text) == "1 tâche en retard") is late


def test_a_daily_turn_done_long_after_its_hour_says_both_hours_and_nothing_is_late(
    staff: FlaskClient, well: None, arrange: Session
) -> None:
    daily = next(turn for turn in TIMETABLE if turn.job is Job.MEASURE_REACH)
    assert isinstance(daily.when, Daily)
    due = daily.when.began(clock.now())
    track(arrange, daily.name).finished_at = done = due + timedelta(minutes=48)
    arrange.commit()

    text = read(staff)

    assert title(text) == "Tout tourne"
    hours = f"Attendue à {typography.hour(due)}, faite à {typography.hour(done)}"
    assert hours.replace("\u00a0", " ") in text
    assert text.count("À l’heure") == len(TIMETABLE) - 1


def test_messages_that_could_not_leave_are_told_by_reason_and_one_by_one(
    staff: FlaskClient, well: None, arrange: Session
) -> None:
    referral = make_referral(arrange, make_campaign(arrange))
    dead(arrange, message=Message.REFERRAL_PLACED, referral_id=referral.id)
    dead(arrange)
    dead(arrange, "unreachable")

    text = read(staff)

    assert title(text) == "3 messages n’ont pas pu partir"
    assert "L’adresse n’existe pas, ou refuse nos messages" in text
    assert "Le serveur de messagerie était injoignable" in text
    assert f'href="/collectif/demandes/{referral.id}">{referral.number}</a>' in text
    assert "Demande confiée" in text


def test_a_message_for_a_member_says_who_and_where(staff: FlaskClient, well: None, arrange: Session) -> None:
    association = make_association(arrange, "Proxité")
    nadia = make_account(arrange, "nadia@example.org")
    dead(
        arrange,
        message=Message.MORNING_FILE,
        reference_id=new_id(),
        association_id=association.id,
        account_id=nadia.id,
    )

    text = read(staff)

    assert nadia.name in text
    assert "Proxité" in text
    assert "nadia@example.org" not in text


def test_one_message_starts_again_and_the_journal_says_so(
    staff: FlaskClient, well: None, arrange: Session, samir: Account
) -> None:
    row = dead(arrange)

    answer = staff.post(f"{HERE}/messages/{row.id}", follow_redirects=True)

    assert "Le message repart" in answer.text
    arrange.expire_all()
    assert (row.state, row.attempts, row.error) == (OutboxState.PENDING, 0, None)
    assert row.gives_up_at > clock.now() + timedelta(hours=47)
    assert acts(arrange, samir) == [(JournalAct.MAIL_RETRIED, Message.PASSWORD_RESET.value)]
    assert [job.func_name for job in queue(MAIL).jobs] == [Job.SEND_MAIL.value]


def acts(arrange: Session, who: Account) -> list[tuple[JournalAct, str | None]]:
    query = select(JournalEntry).where(JournalEntry.account_id == who.id).order_by(JournalEntry.id)
    return [(entry.act, entry.detail) for entry in arrange.scalars(query)]


def test_a_message_that_is_not_dead_cannot_be_retried(staff: FlaskClient, well: None, arrange: Session) -> None:
    row = dead(arrange)
    row.state, row.dead_at = OutboxState.SENT, None
    arrange.commit()

    for key in (row.id, new_id()):
        answer = staff.post(f"{HERE}/messages/{key}", follow_redirects=True)
        assert "Ce message n’est plus parmi ceux qui n’ont pas pu partir" in unescape(answer.text)
    arrange.expire_all()
    assert row.state is OutboxState.SENT


def test_all_messages_of_one_reason_start_again_and_no_other(staff: FlaskClient, well: None, arrange: Session) -> None:
    full = [dead(arrange, "smtp_552"), dead(arrange, "smtp_552")]
    other, unknown = dead(arrange, "timeout"), dead(arrange, None)

    answer = staff.post(f"{HERE}/messages", data={"raison": "smtp_552"}, follow_redirects=True)

    assert "2 messages repartent" in unescape(answer.text).replace("\u00a0", " ")
    arrange.expire_all()
    assert [row.state for row in (*full, other, unknown)] == [OutboxState.PENDING] * 2 + [OutboxState.DEAD] * 2

    staff.post(f"{HERE}/messages", data={"raison": ""})

    arrange.expire_all()
    assert (other.state, unknown.state) == (OutboxState.DEAD, OutboxState.PENDING)


def test_a_reason_nobody_has_any_more_is_said(staff: FlaskClient, well: None) -> None:
    for raison in ("smtp_552' OR 1=1", "\0"):
        answer = staff.post(f"{HERE}/messages", data={"raison": raison}, follow_redirects=True)
        assert answer.status_code == 200
        assert "Plus aucun message n’attend pour cette raison" in unescape(answer.text)


def test_the_list_goes_page_by_page(staff: FlaskClient, well: None, arrange: Session) -> None:
    rows = [dead(arrange) for _ in range(PAGE + 3)]

    first = read(staff)
    after = unescape(first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0])
    second = read(staff, after)

    seen = [[str(row.id) for row in rows if f"/messages/{row.id}" in text] for text in (first, second)]
    assert [len(ids) for ids in seen] == [PAGE, 3]
    assert not set(seen[0]) & set(seen[1])
    assert "Plus récentes" in second


@pytest.mark.parametrize("cursor", ["", "x", "1.x", "99999999999999999.00000000-0000-0000-0000-000000000000", "'--"])
def test_a_page_that_makes_no_sense_is_the_first(staff: FlaskClient, well: None, arrange: Session, cursor: str) -> None:
    dead(arrange)

    assert staff.get(HERE, query_string={"apres": cursor}).status_code == 200


def test_a_turn_is_woken_by_hand(staff: FlaskClient, well: None, arrange: Session, samir: Account) -> None:
    answer = staff.post(f"{HERE}/taches/drain-mentee-waitlist", follow_redirects=True)

    assert "C’est relancé" in unescape(answer.text)
    assert [(job.func_name, job.args) for job in queue().jobs] == [(Job.DRAIN.value, ["mentee", "waitlist"])]
    assert acts(arrange, samir) == [(JournalAct.JOB_WOKEN, "drain-mentee-waitlist")]


@pytest.mark.parametrize("name", ["nothing", "drain", "draw_document", "os.system"])
def test_only_turns_of_the_timetable_are_woken(staff: FlaskClient, arrange: Session, samir: Account, name: str) -> None:
    assert staff.post(f"{HERE}/taches/{name}").status_code == 404
    assert queue().count == 0
    assert acts(arrange, samir) == []


def test_a_queue_that_does_not_answer_is_said_and_breaks_no_page(
    staff: FlaskClient, well: None, arrange: Session, samir: Account, deaf: None
) -> None:
    dead(arrange)

    text = read(staff)
    answer = staff.post(f"{HERE}/taches/sweep", follow_redirects=True)

    assert title(text) == "La file d’attente ne répond pas"
    assert "Rien n’a été perdu" in text
    assert "1 message" in text
    assert "rien n’a été relancé" in unescape(answer.text)
    assert acts(arrange, samir) == []


@pytest.fixture
def deaf(app: Flask) -> Any:
    """The queue's server is gone."""
    true = app.extensions["redis"]
    app.extensions["redis"] = type(true).from_url("unix:///nowhere/valkey.sock")
    yield
    app.extensions["redis"] = true


def test_the_message_is_retried_although_the_queue_is_deaf(
    staff: FlaskClient, well: None, arrange: Session, deaf: None
) -> None:
    row = dead(arrange)

    assert staff.post(f"{HERE}/messages/{row.id}").status_code == 303
    arrange.expire_all()
    assert row.state is OutboxState.PENDING


def test_queues_and_messages_that_wait_are_counted(staff: FlaskClient, well: None, arrange: Session) -> None:
    enqueue(Job.SEND_MAIL)
    enqueue(Job.DRAW_DOCUMENT, str(new_id()))
    later = dead(arrange, "smtp_451")
    later.state, later.dead_at, later.created_at = OutboxState.PENDING, None, clock.now() - timedelta(hours=3)
    arrange.commit()

    text = read(staff)

    assert "courriel 1, papier 1" in text
    assert "le plus ancien depuis 3 h" in text
    assert title(text) == "1 courriel attend un nouvel essai"
    later.created_at = clock.now()
    arrange.commit()
    assert "le plus ancien depuis moins d’une minute" in read(staff)


def test_mailboxes_that_refuse_us_are_listed(staff: FlaskClient, well: None, arrange: Session) -> None:
    association = make_association(arrange, "Télémaque")
    nadia, gone = make_account(arrange, "nadia@example.org"), make_account(arrange, "gone@example.org")
    arrange.add(Membership(account_id=nadia.id, association_id=association.id, role="coordinator"))
    nadia.name, nadia.mail_refused_at = "Nadia Bel", clock.now()
    gone.name, gone.mail_refused_at, gone.closed_at = "Ancien Membre", clock.now(), clock.now()
    referral: Referral = make_referral(arrange, make_campaign(arrange))
    referral.guardian_refused_at = clock.now()
    arrange.commit()

    text = read(staff)

    assert f'{nadia.id}">Nadia Bel</a>' in text
    assert "Télémaque" in text
    assert "Ancien Membre" not in text
    assert f">{referral.number}</a>" in text


def test_a_document_that_failed_is_drawn_again(
    staff: FlaskClient, well: None, arrange: Session, samir: Account
) -> None:
    document = failed_document(arrange)

    assert title(read(staff)) == "1 document n’a pas pu être dessiné"
    answer = staff.post(f"{HERE}/documents/{document.id}", follow_redirects=True)

    assert "se dessine de nouveau" in unescape(answer.text)
    arrange.expire_all()
    assert (document.state, document.attempts, document.error) == (DocumentState.WAITING, 0, None)
    assert [job.args for job in queue(PAPER).jobs] == [[str(document.id)]]
    assert acts(arrange, samir) == [(JournalAct.JOB_WOKEN, "draw_document")]
    assert staff.post(f"{HERE}/documents/{document.id}").status_code == 404


def failed_document(arrange: Session) -> Document:
    document = Document(
        kind=DocumentKind.BOARD_REPORT,
        title="Rapport du conseil",
        state=DocumentState.FAILED,
        error="Le dessin a échoué.",
        attempts=3,
        expires_at=clock.now() + timedelta(days=9),
    )
    arrange.add(document)
    arrange.commit()
    return document


def morning_of(association: Association, state: MorningState, at: datetime) -> MorningFile:
    return MorningFile(
        association_id=association.id, day=clock.today(), mode=MorningMode.ALWAYS, state=state, next_attempt_at=at
    )


def test_this_morning_s_files_are_summed_up(staff: FlaskClient, well: None, arrange: Session) -> None:
    for state in (MorningState.EMPTY, MorningState.NOT_NEEDED, MorningState.FAILED, MorningState.WAITING):
        arrange.add(morning_of(make_association(arrange), state, clock.now()))
    arrange.commit()

    text = read(staff)

    assert title(text) == "1 fichier du matin n’a pas pu être fait"
    assert ">prêt, 2 sans objet, 1 en préparation, 1 en échec</a>" in text
    assert 'href="/collectif/fichiers"' in text


def test_the_page_says_when_it_is_out_of_date(staff: FlaskClient, well: None, arrange: Session) -> None:
    seen = read(staff).split("/nouvelles?vu=")[1].split('"')[0]
    assert staff.get(f"{HERE}/nouvelles?vu={seen}").status_code == 204

    dead(arrange)

    answer = staff.get(f"{HERE}/nouvelles?vu={seen}")
    assert "L’état a changé" in unescape(answer.text)
    again = staff.get(f"{HERE}/nouvelles?vu={seen}", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_the_number_of_queries_does_not_grow_with_what_is_shown(
    app: Flask, staff: FlaskClient, well: None, arrange: Session
) -> None:
    with statements(app, DatabaseRole.STAFF) as few:
        read(staff)
    campaign = make_campaign(arrange)
    for _ in range(5):
        dead(arrange, message=Message.REFERRAL_PLACED, referral_id=make_referral(arrange, campaign).id)
        failed_document(arrange)
        make_account(arrange).mail_refused_at = clock.now()
    arrange.commit()

    with statements(app, DatabaseRole.STAFF) as many:
        read(staff)

    assert len(few) == len(many) <= 12


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", ""),
        ("get", "/nouvelles"),
        ("post", "/taches/sweep"),
        ("post", "/messages"),
        ("post", f"/messages/{NOBODYS}"),
        ("post", f"/documents/{NOBODYS}"),
    ],
)
def test_nobody_else_comes_in(
    client: FlaskClient, arrange: Session, browser_of: Callable[..., FlaskClient], method: str, path: str
) -> None:
    association = make_association(arrange)
    nadia = make_account(arrange, "nadia@example.org")
    arrange.add(Membership(account_id=nadia.id, association_id=association.id, role="administrator"))
    arrange.commit()
    coordinator = browser_of(nadia, association)

    assert getattr(client, method)(HERE + path).status_code in {303, 401}
    assert getattr(coordinator, method)(HERE + path, data={"association": str(association.id)}).status_code == 403
    assert queue().count == 0


def test_every_message_has_its_name_and_every_code_its_reason() -> None:
    assert set(MESSAGE_LABELS) == set(Message)
    said = {code: reason(code) for code in ("smtp_550", "smtp_571", "smtp_451", "timeout", "KeyError", None)}
    assert len(set(said.values())) == len(said)
