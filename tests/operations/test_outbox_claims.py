"""Claiming from the outbox: leases, tokens and locks; and messages that do harm."""

from dataclasses import replace
from datetime import datetime
from threading import Timer
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.config import Settings
from portal.foundation.extensions import db
from portal.foundation.transactions import acting_as, transaction
from portal.jobs.mail import send_one, send_pending
from portal.mail.mailer import Mailer
from portal.models.outbox import Message, Outbox
from portal.operations import sending
from portal.operations.claims import Claim, claim, let_go
from portal.operations.outbox import put
from portal.operations.outcomes import delay_after
from tests.mail.engine import HOUR, JOBS, Desk, Owner, claimed, handed_to, in_background
from tests.mail.post_offices import Act, Stage, Trouble, opened


@pytest.fixture
def desk(arrange: Session, owner: Owner) -> Desk:
    return Desk(arrange, owner)


def lose(owner: Owner) -> None:
    """Whoever claimed them has died, and the leases have run out."""
    owner.execute("UPDATE outbox SET leased_until = now() - interval '1 s' WHERE leased_until IS NOT NULL")
    owner.execute("UPDATE outbox SET next_attempt_at = now() WHERE state = 'pending'")


def claimed_at(settings: Settings, instant: datetime) -> list[Claim]:
    with clock.at(instant):
        return claimed(settings)


def test_two_who_claim_at_once_never_claim_the_same(app: Flask, desk: Desk, settings: Settings) -> None:
    desk.messages(3)
    with acting_as(JOBS):
        first = claim(settings, 2)
        second = claimed(settings, 5)
        db.session.commit()
    assert (len(first), len(second)) == (2, 1)
    assert len({one.id for one in first + second}) == 3
    assert claimed(settings) == []


def test_an_attempt_is_counted_before_it_is_made(app: Flask, desk: Desk, settings: Settings) -> None:
    desk.message()
    (ours,) = claimed(settings)
    assert desk.rows("attempts, token, leased_until") == [(1, 1, ours.until)]


def test_a_claim_let_go_was_never_made(app: Flask, desk: Desk, settings: Settings) -> None:
    desk.message()
    with transaction(JOBS):
        let_go(claim(settings, 5))
    assert desk.rows("state, attempts, leased_until") == [("pending", 0, None)]
    assert len(claimed(settings)) == 1


def test_an_attempt_whose_lease_was_taken_over_changes_nothing(app: Flask, desk: Desk, settings: Settings) -> None:
    desk.message()
    (stale,) = claimed(settings)
    lose(desk.owner)
    (fresh,) = claimed(settings)
    assert fresh.token == stale.token + 1
    before = desk.rows("*")
    with opened() as office, handed_to(app, office), Mailer(app.config["SETTINGS"]) as mailer:
        assert send_one(stale, mailer, app.config["SETTINGS"])
        with transaction(JOBS):
            let_go([stale])
            sending.put_off_lost(stale, "late")
        assert (desk.rows("*"), office.kept) == (before, [])
        assert send_one(fresh, mailer, app.config["SETTINGS"])
    assert desk.rows() == [("sent", 2, None)]
    assert len(office.kept) == 1


def test_a_lease_that_is_over_is_not_taken_while_the_row_is_held(app: Flask, desk: Desk, settings: Settings) -> None:
    """A stopped process keeps its lock: it may yet say that the server took the message."""
    desk.message()
    (ours,) = claimed(settings)
    with acting_as(JOBS):
        assert sending.locked(ours)
        assert claimed_at(settings, clock.now() + HOUR) == []
        db.session.rollback()
    assert len(claimed_at(settings, clock.now() + HOUR)) == 1


def test_who_comes_back_after_its_lease_says_nothing_to_the_server(app: Flask, desk: Desk, settings: Settings) -> None:
    desk.message()
    (ours,) = claimed(settings)
    with opened() as office, handed_to(app, office), Mailer(app.config["SETTINGS"]) as mailer:
        assert send_one(replace(ours, until=clock.now()), mailer, app.config["SETTINGS"])
    assert office.met[Stage.DATA] == 1
    assert (office.kept, desk.rows()) == ([], [("pending", 1, None)])


def test_a_lock_that_went_with_its_connection_is_noticed_before_the_last_dot(app: Flask, desk: Desk) -> None:
    desk.message()
    slow = Trouble(Stage.DATA, Act.WAIT, seconds=1.5, times=1)
    with opened(slow) as office, handed_to(app, office):
        worker = in_background(app, send_pending)
        office.wait_for(Stage.DATA)
        desk.owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename = 'portal_jobs' AND datname = current_database()"
        )
        worker.join(20)
        assert office.kept == []
        assert desk.rows() == [("pending", 1, "OperationalError")]
        desk.due_again()
        send_pending()
    assert len(office.kept) == 1


def test_several_send_at_once_and_each_message_leaves_once(app: Flask, desk: Desk) -> None:
    desk.messages(45)
    slow = Trouble(Stage.CONTENT, Act.WAIT, seconds=0.02)
    with opened(slow) as office, handed_to(app, office):
        for worker in [in_background(app, send_pending) for _ in range(3)]:
            worker.join(60)
    assert office.most_lines >= 2
    assert office.times_kept == {f"<{key}@collectif.example.org>": 1 for (key,) in desk.rows("id")}


def test_a_claim_that_only_looked_at_the_row_does_not_put_its_attempt_off(
    app: Flask, desk: Desk, settings: Settings, database_url: str
) -> None:
    """Another claim, begun before ours was committed, holds the row until its own transaction ends."""
    desk.message("lea@example.org")
    (ours,) = claimed(settings)
    looking = psycopg.connect(database_url)
    looking.execute("SELECT id FROM outbox FOR UPDATE")
    Timer(0.3, looking.rollback).start()
    with transaction(JOBS):
        assert sending.locked(ours)
    looking.close()


def test_a_message_that_kills_its_worker_is_taken_alone_after_the_others_and_ever_later(
    app: Flask, desk: Desk, settings: Settings
) -> None:
    killer, *others = desk.messages(3)
    assert len(claimed(settings)) == 3
    lose(desk.owner)
    fresh = desk.message("fresh@example.org")
    assert [[one.id for one in claimed(settings)] for _ in range(5)] == [
        [fresh.id],
        [killer.id],
        [others[0].id],
        [others[1].id],
        [],
    ]
    waits = []
    for _ in range(8):
        lose(desk.owner)
        desk.owner.execute("UPDATE outbox SET state = 'sent' WHERE id <> %s", [killer.id])
        claimed(settings)
        waits += desk.rows("next_attempt_at - clock_timestamp()")[:1]
    seconds = [round(wait.total_seconds() / settings.lease_seconds) for (wait,) in waits]
    assert seconds == [1, 1, 1, 2, 4, 8, 16, 32]


def test_a_message_that_killed_all_its_workers_is_given_up(app: Flask, desk: Desk, settings: Settings) -> None:
    desk.message()
    claimed(settings)
    lose(desk.owner)
    assert claimed_at(settings, clock.now() + 49 * HOUR) == []
    assert desk.rows("state, error, dead_at IS NOT NULL") == [("dead", "lost", True)]


def test_what_was_never_tried_is_tried_even_after_its_time(app: Flask, desk: Desk) -> None:
    desk.message(gives_up_at=clock.now() - HOUR)
    with opened() as office, handed_to(app, office):
        send_pending()
    assert desk.rows() == [("sent", 1, None)]


def test_an_error_of_the_database_under_one_message_holds_no_other(
    app: Flask, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned, *_ = desk.messages(3)
    true_addressed = sending.addressed

    def addressed(row: Outbox, settings: Settings) -> Any:
        if row.id == poisoned.id:
            db.session.execute(text("SELECT 1 / 0"))
        return true_addressed(row, settings)

    monkeypatch.setattr(sending, "addressed", addressed)
    with opened() as office, handed_to(app, office):
        send_pending()
    assert desk.rows() == [("pending", 1, "DataError"), ("sent", 1, None), ("sent", 1, None)]


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 30), (2, 60), (5, 480), (10, 15360), (11, 21600), (900, 21600)])
def test_delays_double_up_to_six_hours_and_differ(attempts: int, seconds: int) -> None:
    delays = [delay_after(attempts).total_seconds() for _ in range(200)]
    assert seconds * 0.8 <= min(delays) < max(delays) <= seconds * 1.2
    assert len(set(delays)) > 100


def test_what_is_for_later_waits_and_has_its_48_hours_then(app: Flask, desk: Desk, settings: Settings) -> None:
    then = clock.now() + 3 * HOUR
    with transaction(JOBS):
        put(Message.REFERRAL_RECEIVED, "one", referral_id=desk.request().id, at=then)
    assert claimed(settings) == []
    assert desk.rows("gives_up_at") == [(then + 48 * HOUR,)]
    with clock.at(then):
        assert len(claimed(settings)) == 1
