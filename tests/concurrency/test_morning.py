"""Several who make the same morning files at once, several who open the same day: one file, one message each."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs import morning as jobs
from portal.models.morning import MorningMode
from portal.operations.file_passwords import keep_passwords
from portal.operations.morning import open_day
from tests import factories

JOBS = Scope(DatabaseRole.JOBS)
ASSOCIATIONS = 4
MADE = "SELECT count(*) FROM morning_file WHERE state = 'made'"
Owner = psycopg.Connection[tuple[Any, ...]]
Maker = "subprocess.Popen[str]"


@pytest.fixture
def waiting(app: Flask, arrange: Session) -> None:
    campaign = factories.make_campaign(arrange)
    for _ in range(ASSOCIATIONS):
        association = factories.make_association(arrange, morning_mode=MorningMode.ALWAYS)
        programme = factories.make_programme(arrange, association)
        for _ in range(3):
            referral = factories.make_referral(arrange, campaign)
            factories.make_assignment(arrange, referral, association, programme, excerpt={}, to_verify=[])
    arrange.commit()


def opened(owner: Owner) -> list[str]:
    with transaction(JOBS):
        open_day(clock.today())
    return [str(row[0]) for row in owner.execute("SELECT id FROM morning_file ORDER BY id").fetchall()]


def started(together: ExitStack, environment: dict[str, str], file_ids: list[str], lease: int = 60) -> Any:
    told = {**os.environ, **environment, "LEASE_SECONDS": str(lease)}
    command = [sys.executable, "-m", "tests.concurrency.morning_maker", *file_ids]
    maker = subprocess.Popen(command, env=told, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    together.callback(maker.stdout.close)
    together.callback(maker.kill)
    assert maker.stdout.readline() == "ready\n"
    return maker


def let_go(*makers: Any) -> None:
    for maker in makers:
        maker.stdin.write("\n")
        maker.stdin.flush()


def test_two_processes_make_each_file_once(waiting: None, owner: Owner, portal_environment: dict[str, str]) -> None:
    file_ids = opened(owner)
    with ExitStack() as together:
        makers = [started(together, portal_environment, file_ids) for _ in range(2)]
        let_go(*makers)
        assert [maker.wait(90) for maker in makers] == [0, 0]
    assert_one_each(owner)
    assert owner.execute("SELECT sum(attempts) FROM morning_file").fetchone() == (ASSOCIATIONS,)


def assert_one_each(owner: Owner) -> None:
    assert owner.execute(MADE).fetchone() == (ASSOCIATIONS,)
    each = "SELECT count(*), count(DISTINCT {0}) FROM {1}"
    for column, table in (
        ("morning_file_id", "morning_workbook"),
        ("reference_id", "outbox WHERE message = 'morning_file'"),
        ("association_id", "file_password"),
    ):
        assert owner.execute(each.format(column, table)).fetchone() == (ASSOCIATIONS, ASSOCIATIONS)


def test_one_killed_while_it_draws_leaves_nothing_and_another_goes_on_at_once(
    waiting: None, owner: Owner, portal_environment: dict[str, str]
) -> None:
    file_ids = opened(owner)
    held = "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE a.usename = 'portal_jobs'"
    with ExitStack() as together, psycopg.connect(portal_environment["DATABASE_URL"]) as obstacle:
        obstacle.execute("LOCK TABLE morning_workbook IN SHARE MODE")
        maker = started(together, portal_environment, file_ids, lease=1)
        let_go(maker)
        while owner.execute(f"{held} AND NOT l.granted").fetchone() == (0,):
            assert maker.poll() is None
        maker.send_signal(signal.SIGKILL)
        maker.wait(10)
        obstacle.rollback()
        assert owner.execute(MADE).fetchone() == (0,)
        assert owner.execute("SELECT count(*) FROM outbox WHERE message = 'morning_file'").fetchone() == (0,)
        while owner.execute("SELECT count(*) FROM morning_file WHERE leased_until > now()").fetchone() != (0,):
            pass
        second = started(together, portal_environment, file_ids)
        let_go(second)
        assert second.wait(90) == 0
    assert_one_each(owner)


def test_one_stopped_past_its_lease_and_resumed_does_nothing_twice(
    waiting: None, owner: Owner, portal_environment: dict[str, str]
) -> None:
    file_ids = opened(owner)
    with ExitStack() as together, psycopg.connect(portal_environment["DATABASE_URL"]) as obstacle:
        obstacle.execute("LOCK TABLE morning_workbook IN SHARE MODE")
        stopped = started(together, portal_environment, file_ids, lease=1)
        let_go(stopped)
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'morning_workbook'::regclass"
        while owner.execute(waits).fetchone() == (0,):
            assert stopped.poll() is None
        stopped.send_signal(signal.SIGSTOP)
        obstacle.rollback()
        while owner.execute("SELECT count(*) FROM morning_file WHERE leased_until > now()").fetchone() != (0,):
            pass
        other = started(together, portal_environment, file_ids)
        let_go(other)
        assert other.wait(90) == 0
        stopped.send_signal(signal.SIGCONT)
        assert stopped.wait(90) == 0
    assert_one_each(owner)


def test_many_schedulers_open_one_day_once_and_one_password_each(app: Flask, waiting: None, owner: Owner) -> None:
    def act(_: int) -> None:
        with app.app_context():
            with transaction(JOBS):
                open_day(clock.today())
            with transaction(JOBS):
                keep_passwords()
            jobs.sweep()

    with ThreadPoolExecutor(6) as together:
        list(together.map(act, range(12)))
    rows = owner.execute("SELECT count(*), count(DISTINCT association_id) FROM morning_file").fetchone()
    assert rows == (ASSOCIATIONS, ASSOCIATIONS)
    passwords = owner.execute("SELECT count(*), max(number) FROM file_password").fetchone()
    assert passwords == (ASSOCIATIONS, 1)
    assert owner.execute("SELECT count(*) FROM outbox WHERE message = 'file_password_renewed'").fetchone() == (4,)
