"""Replays: asked once, run under a lease by one worker, given up after three tries."""

from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.identifiers import new_id
from portal.foundation.queue import PAPER, Job, queue, redis_connection
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.models.replay import PolicyProposal
from portal.operations.replays import (
    MOST_ATTEMPTS,
    MOST_WAITING,
    Claimed,
    Question,
    ask_again,
    ask_replay,
    claim_replay,
    erase_old_replays,
    fail_replay,
    finish_replay,
    give_back,
    lease,
    note_progress,
    renew_lease,
    sweep_replays,
)
from tests.factories import make_account

Owner = psycopg.Connection[tuple[object, ...]]
JOBS = Scope(DatabaseRole.JOBS)
NEAREST = {"policy": {"name": "nearest", "hops": 3}}


@pytest.fixture
def samir(app: Flask, arrange: Session) -> UUID:
    found: UUID = make_account(arrange, staff=True).id
    arrange.commit()
    return found


def staff(account_id: UUID) -> AbstractContextManager[Any]:
    return transaction(Scope(DatabaseRole.STAFF, account_id=account_id))


def question(days: int = 90, changes: dict[str, Any] | None = None) -> Question:
    until = clock.today()
    return Question(Side.MENTEE, until - timedelta(days=days - 1), until, changes or NEAREST, "La plus proche")


def asked(by: UUID, one: Question | None = None) -> UUID:
    with staff(by):
        return ask_replay(one or question(), by=by).id


def claimed(replay_id: UUID) -> Claimed | None:
    with transaction(JOBS):
        return claim_replay(replay_id)


def row(owner: Owner, columns: str) -> tuple[object, ...] | None:
    return owner.execute(f"SELECT {columns} FROM replay").fetchone()


def forget_wakes() -> None:
    redis_connection().flushdb()


def test_a_replay_is_asked_written_down_and_a_worker_woken(samir: UUID, owner: Owner) -> None:
    replay_id = asked(samir)
    assert row(owner, "state, progress, report, asked_by, changes") == ("waiting", 0, None, samir, NEAREST)
    assert owner.execute("SELECT act, account_id, detail FROM journal_entry").fetchall() == [
        ("replay_asked", samir, str(replay_id))
    ]
    assert [(job.func_name, job.args) for job in queue(PAPER).jobs] == [(Job.RUN_REPLAY.value, [str(replay_id)])]


def test_asking_twice_in_a_row_is_asking_once(samir: UUID, owner: Owner) -> None:
    assert asked(samir) == asked(samir)
    assert row(owner, "count(*)") == (1,)


def test_enough_replays_wait(samir: UUID, owner: Owner) -> None:
    for days in range(MOST_WAITING):
        asked(samir, question(days + 1))
    with pytest.raises(DomainError, match="attendent déjà"):
        asked(samir, question(50))
    assert row(owner, "count(*)") == (MOST_WAITING,)


@pytest.mark.parametrize(
    ("since", "until", "field", "said"),
    [
        (date(2026, 3, 2), date(2026, 3, 1), "until", "avant le premier"),
        (date(2026, 3, 2), date(2999, 3, 1), "until", "pas encore venu"),
        (date(2024, 3, 1), date(2025, 3, 2), "since", "un an au plus"),
    ],
)
def test_days_that_make_no_period_are_refused(
    samir: UUID, owner: Owner, since: date, until: date, field: str, said: str
) -> None:
    with pytest.raises(DomainError, match=said) as refusal:
        asked(samir, Question(Side.MENTEE, since, until, NEAREST, "La plus proche"))
    assert refusal.value.field == field
    assert row(owner, "count(*)") == (0,)


def test_one_worker_at_a_time_runs_a_replay(samir: UUID, owner: Owner) -> None:
    replay_id = asked(samir)
    mine = claimed(replay_id)
    assert mine is not None
    assert (mine.attempt, mine.side, mine.changes) == (1, Side.MENTEE, NEAREST)
    assert claimed(replay_id) is None
    with transaction(JOBS):
        note_progress(mine, 40)
    assert row(owner, "state, progress") == ("running", 40)
    with transaction(JOBS):
        finish_replay(mine, {"requests": 12})
    assert row(owner, "state, progress, report, finished_at IS NOT NULL") == ("done", 100, {"requests": 12}, True)
    assert claimed(replay_id) is None


def test_a_worker_thought_dead_that_comes_back_writes_nothing(samir: UUID, owner: Owner) -> None:
    replay_id = asked(samir)
    dead = claimed(replay_id)
    owner.execute("UPDATE replay SET running_since = %s", [clock.now() - 2 * lease()])
    alive = claimed(replay_id)
    assert dead is not None
    assert alive is not None
    with transaction(JOBS):
        finish_replay(dead, {"requests": 1})
        note_progress(dead, 99)
        fail_replay(dead, "Trop tard.")
    assert row(owner, "state, progress, attempts, error") == ("running", 0, 2, None)


def test_a_sign_of_life_keeps_the_lease(samir: UUID, owner: Owner) -> None:
    replay_id = asked(samir)
    mine = claimed(replay_id)
    assert mine is not None
    owner.execute("UPDATE replay SET running_since = %s", [clock.now() - 2 * lease()])
    with transaction(JOBS):
        renew_lease(mine)
    assert claimed(replay_id) is None


def test_the_sweep_wakes_what_waits_and_gives_up_what_was_left_too_often(samir: UUID, owner: Owner) -> None:
    replay_id = asked(samir)
    forget_wakes()
    for attempt in range(1, MOST_ATTEMPTS + 1):
        mine = claimed(replay_id)
        assert mine is not None
        assert mine.attempt == attempt
        with transaction(JOBS):
            give_back(mine)
        forget_wakes()
        with transaction(JOBS):
            assert sweep_replays() == (1 if attempt < MOST_ATTEMPTS else 0)
        assert len(queue(PAPER).jobs) == (1 if attempt < MOST_ATTEMPTS else 0)
        forget_wakes()
    state, error = row(owner, "state, error") or (None, None)
    assert state == "failed"
    assert "interrompu trois fois" in str(error)


def test_the_same_question_is_asked_again_on_what_is_in_force_now(samir: UUID, owner: Owner) -> None:
    first = asked(samir)
    mine = claimed(first)
    assert mine is not None
    with transaction(JOBS):
        fail_replay(mine, "Non.")
    with staff(samir):
        again = ask_again(first, by=samir).id
    assert again != first
    assert owner.execute("SELECT DISTINCT title, since, until, changes FROM replay").fetchall() == [
        ("La plus proche", mine.since, mine.until, NEAREST)
    ]
    with pytest.raises(Hidden), staff(samir):
        ask_again(new_id(), by=samir)


def test_replays_of_long_ago_are_forgotten_but_for_what_a_proposal_rests_on(samir: UUID, owner: Owner) -> None:
    old, rested_on, young = asked(samir), asked(samir, question(30)), asked(samir, question(31))
    owner.execute("UPDATE replay SET state = 'failed', finished_at = now() - interval '366 days'")
    owner.execute("UPDATE replay SET finished_at = now() - interval '364 days' WHERE id = %s", (young,))
    with staff(samir) as session:
        session.add(PolicyProposal(name="arm", maximum_hops=4, reason="r", replay_id=rested_on, proposed_by=samir))
    with transaction(JOBS):
        assert erase_old_replays() == 1
    assert {key for (key,) in owner.execute("SELECT id FROM replay")} == {rested_on, young} != {old}
