"""A drainer killed in the middle of a batch leaves nothing half-written, and the next one goes on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation.extensions import db
from portal.foundation.locks import NUMBER, Lock
from portal.foundation.tenancy import DatabaseRole
from portal.jobs import leadership, routing
from portal.jobs.leadership import leading
from portal.jobs.routing import drain
from tests.factories import make_association, make_campaign, make_capacity, make_programme, make_referral

REQUESTS = 40
DRAIN = """
from portal.app import create_app
from portal.jobs.routing import drain
with create_app().app_context():
    drain("mentee")
"""
# The same one, of whom nothing need be heard for a second only.
IMPATIENT = f"""
from portal.jobs import leadership
from portal.operations import routing
leadership.SILENCE, routing.SILENCE = "2s", "1s"
{DRAIN}"""
REPLACED_SECONDS = 15  # two seconds of silence; the rest is for a busy machine
HALF_WRITTEN = (
    "SELECT (SELECT count(*) FROM assignment), (SELECT count(*) FROM routing_decision), (SELECT count(*) FROM event),"
    " (SELECT count(*) FROM outbox), (SELECT count(*) FROM referral WHERE state <> 'to_route'),"
    " (SELECT coalesce(sum(committed), 0) FROM association_standing), (SELECT coalesce(sum(taken), 0) FROM capacity_use)"
)
# Each offer is told to its owner and to the association's team: two messages.
WHOLE = (*(REQUESTS,) * 3, 2 * REQUESTS, *(REQUESTS,) * 3)

Owner = psycopg.Connection[Any]


@pytest.fixture
def waiting(arrange: Session) -> None:
    campaign = make_campaign(arrange)
    association = make_association(arrange)
    make_programme(arrange, association)
    make_capacity(arrange, association, campaign, REQUESTS)
    for _ in range(REQUESTS):
        make_referral(arrange, campaign)
    arrange.commit()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def drainer(environment: dict[str, str], program: str = DRAIN) -> Iterator["subprocess.Popen[bytes]"]:
    said = subprocess.DEVNULL if program == IMPATIENT else None
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, env={**os.environ, **environment}, stderr=said) as running:
        try:
            yield running
        finally:
            running.kill()


def blocked(owner: Owner) -> bool:
    """Whether the drainer stands in the middle of its batch, behind a lock."""
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE usename = 'portal_router' AND wait_event_type = 'Lock'"
        " AND datname = current_database()"
    )
    row = owner.execute(query).fetchone()
    return row is not None and row[0] > 0


@pytest.mark.parametrize("last_written", ["event", "outbox", "capacity_use"])
def test_a_drainer_killed_in_mid_batch_leaves_nothing(
    app: Flask, waiting: None, owner: Owner, portal_environment: dict[str, str], last_written: str
) -> None:
    with psycopg.connect(portal_environment["DATABASE_URL"]) as obstacle, drainer(portal_environment) as running:
        obstacle.execute(f"LOCK TABLE {last_written} IN SHARE MODE")
        until(lambda: blocked(owner))
        running.send_signal(signal.SIGKILL)
        running.wait(10)
        obstacle.rollback()

    until(lambda: not routers(owner))
    assert owner.execute(HALF_WRITTEN).fetchone() == (0,) * 7

    drain(Side.MENTEE.value)

    assert owner.execute(HALF_WRITTEN).fetchone() == WHOLE


def routers(owner: Owner) -> bool:
    """Whether a session of the killed process is still there; ours are idle in the pool."""
    db.engines[DatabaseRole.ROUTER].dispose()
    row = owner.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE usename = 'portal_router' AND datname = current_database()"
    ).fetchone()
    return row is not None and row[0] > 0


def test_a_drainer_stopped_in_mid_batch_is_replaced_and_does_nothing_when_it_comes_back(
    app: Flask, waiting: None, owner: Owner, portal_environment: dict[str, str]
) -> None:
    url = portal_environment["DATABASE_URL"]
    with psycopg.connect(url) as obstacle, drainer(portal_environment, IMPATIENT) as running:
        obstacle.execute("LOCK TABLE outbox IN SHARE MODE")
        until(lambda: blocked(owner))
        running.send_signal(signal.SIGSTOP)
        obstacle.rollback()
        stopped = time.monotonic()
        until(lambda: drained(owner))
        replaced = time.monotonic() - stopped
        running.send_signal(signal.SIGCONT)
        assert running.wait(30) != 0
    assert owner.execute(HALF_WRITTEN).fetchone() == WHOLE
    assert replaced < REPLACED_SECONDS


def drained(owner: Owner) -> bool:
    """Once more, as a wake-up would: whether nothing waits any more."""
    drain(Side.MENTEE.value)
    return owner.execute("SELECT count(*) FROM referral WHERE state = 'to_route'").fetchone() == (0,)


def test_a_leader_that_says_nothing_leads_no_more(app: Flask, owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leadership, "SILENCE", "100ms")
    with pytest.raises(OperationalError):
        be_silent()


def be_silent() -> None:
    with leading(Side.MENTEE) as still_here:
        assert still_here is not None
        still_here()
        until(free_to_lead)
        still_here()


def test_leadership_dies_with_its_holder(
    app: Flask, waiting: None, owner: Owner, portal_environment: dict[str, str]
) -> None:
    with psycopg.connect(portal_environment["DATABASE_URL"]) as obstacle, drainer(portal_environment) as running:
        obstacle.execute("LOCK TABLE outbox IN SHARE MODE")
        until(lambda: blocked(owner))
        with leading(Side.MENTEE) as chosen:
            assert not chosen
        with leading(Side.MENTOR) as chosen:
            assert chosen
        running.send_signal(signal.SIGKILL)
        running.wait(10)
        until(free_to_lead)
        obstacle.rollback()


def free_to_lead() -> bool:
    with leading(Side.MENTEE) as chosen:
        return chosen is not None


def test_a_drainer_stands_by_while_another_leads(app: Flask, waiting: None, owner: Owner) -> None:
    key = [Lock.DRAINER, NUMBER[Side.MENTEE]]
    owner.execute("SELECT pg_advisory_lock(%s, %s)", key)

    drain(Side.MENTEE.value)
    assert owner.execute("SELECT count(*) FROM assignment").fetchone() == (0,)

    owner.execute("SELECT pg_advisory_unlock(%s, %s)", key)
    drain(Side.MENTEE.value)
    assert owner.execute("SELECT count(*) FROM assignment").fetchone() == (REQUESTS,)


def test_a_request_that_came_as_the_leader_let_go_is_not_forgotten(
    app: Flask, arrange: Session, waiting: None, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever it woke was turned away; the leader looks once more after it has let go."""
    true_batches, late = routing.route_batches, []

    def batches_then_one_more(side: Side, still_here: Callable[[], object]) -> int:
        routed = true_batches(side, still_here)
        if not late:
            late.append(
                owner.execute(
                    "UPDATE referral SET state = 'to_route' WHERE number ="
                    " (SELECT min(number) FROM referral) RETURNING id"
                ).fetchone()
            )
            owner.execute("DELETE FROM assignment WHERE referral_id = %s", late[0])
        return routed

    monkeypatch.setattr(routing, "route_batches", batches_then_one_more)

    drain(Side.MENTEE.value)

    assert owner.execute("SELECT count(*) FROM referral WHERE state = 'to_route'").fetchone() == (0,)


def test_what_somebody_holds_is_left_for_the_sweep(app: Flask, arrange: Session, waiting: None, owner: Owner) -> None:
    with psycopg.connect(owner.info.dsn, password=owner.info.password) as holder:
        holder.execute("SELECT FROM referral ORDER BY received_at LIMIT 1 FOR UPDATE")
        drain(Side.MENTEE.value)
        assert owner.execute("SELECT count(*) FROM referral WHERE state = 'to_route'").fetchone() == (1,)
        holder.rollback()

    drain(Side.MENTEE.value)

    assert owner.execute("SELECT count(*) FROM referral WHERE state = 'to_route'").fetchone() == (0,)
