"""What a turn leaves behind while it runs, and how a daily one that got lost is found again."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from rq.job import Job as QueuedJob
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.queue import PAPER, PORTAL, Job, enqueue, queue, redis_connection, serializer
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs import schedule, worker
from portal.jobs.schedule import TIMETABLE, Keeper
from portal.jobs.tracks import find_lost_turns
from portal.jobs.worker import MORE_SECONDS, SECONDS, run_worker, seconds_for
from portal.models.job_track import JobTrack
from portal.operations import job_tracks
from portal.paper.printing import PATIENCE_SECONDS

NOON = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
JOBS = Scope(DatabaseRole.JOBS)
MINUTES = timedelta(minutes=3)


def work() -> None:
    run_worker([queue()], redis_connection(), serializer(), burst=True)


def track(arrange: Session, name: str) -> JobTrack | None:
    arrange.expire_all()
    return arrange.get(JobTrack, name)


def at_it(name: str, job: Job, *, alone: bool = True) -> bool:
    with transaction(JOBS):
        return job_tracks.begin(name, job, MINUTES, alone=alone)


def somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_tracks, "this_process", lambda: "elsewhere:1")


def woken(*queues: str) -> list[str]:
    return [str(job.func_name) for name in queues or (PORTAL,) for job in queue(name).jobs]


def test_a_turn_leaves_its_track(arrange: Session, app: Flask) -> None:
    with clock.at(NOON):
        enqueue(Job.CHECK_PLACES)
        work()

    left = track(arrange, "check_places")

    assert left is not None
    assert (left.job, left.slot, left.failures) == ("CHECK_PLACES", "2026-03-10", 0)
    assert (left.started_at, left.finished_at) == (NOON, NOON)
    assert (left.running_on, left.leased_until) == (None, None)


def test_what_only_answers_somebody_s_act_leaves_none(arrange: Session, app: Flask) -> None:
    enqueue(Job.DRAIN, "mentee")
    work()

    assert track(arrange, "drain-mentee") is None


def test_while_it_runs_it_says_where_and_until_when(
    arrange: Session, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[object, ...]] = []

    def look() -> None:
        left = track(arrange, "fold_figures")
        assert left is not None
        seen.append((left.running_on, left.leased_until, left.finished_at))

    monkeypatch.setattr("portal.jobs.figures.fold", look)
    with clock.at(NOON):
        enqueue(Job.FOLD_FIGURES)
        work()

    until = NOON + timedelta(seconds=MORE_SECONDS[Job.FOLD_FIGURES])
    assert seen == [(job_tracks.this_process(), until, None)]


def test_a_turn_that_breaks_is_counted_until_one_succeeds(
    arrange: Session, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise KeyError("a name that nobody should read")

    with monkeypatch.context() as patch:
        patch.setattr("portal.jobs.figures.fold", broken)
        for minute in range(3):
            with clock.at(NOON + timedelta(minutes=minute)):
                enqueue(Job.FOLD_FIGURES)
                work()

    left = track(arrange, "fold_figures")
    assert left is not None
    assert (left.failures, left.failed_at, left.error) == (3, NOON, "KeyError")
    assert (left.slot, left.running_on) == (None, None)

    enqueue(Job.FOLD_FIGURES)
    work()

    left = track(arrange, "fold_figures")
    assert left is not None
    assert (left.failures, left.error) == (0, None)


@pytest.mark.parametrize("broken", ["begin", "finish"])
def test_a_track_that_cannot_be_written_stops_no_job(
    arrange: Session, app: Flask, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    done: list[int] = []
    monkeypatch.setattr("portal.jobs.figures.fold", lambda: done.append(1))

    def impossible(*_: Any, **__: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(job_tracks, broken, impossible)
    enqueue(Job.FOLD_FIGURES)
    work()

    assert done == [1]
    assert redis_connection().keys("rq:job:*") == []


def test_a_daily_turn_is_left_to_whoever_is_at_it_and_taken_up_once_they_are_silent(
    arrange: Session, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[int] = []
    monkeypatch.setattr("portal.jobs.reminders.check_places", lambda: done.append(1))
    with monkeypatch.context() as patch, clock.at(NOON):
        somebody_else(patch)
        assert at_it("check_places", Job.CHECK_PLACES)
    with clock.at(NOON + timedelta(minutes=2)):
        enqueue(Job.CHECK_PLACES)
        work()
        find_lost_turns()
    assert done == []
    assert Job.CHECK_PLACES.value not in woken()

    queue().empty()
    with clock.at(NOON + timedelta(minutes=4)):
        find_lost_turns()
        assert Job.CHECK_PLACES.value in woken()
        work()

    assert done == [1]


def test_other_turns_run_side_by_side_and_the_first_to_end_frees_only_its_own(
    arrange: Session, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert at_it("send_mail", Job.SEND_MAIL, alone=False)
    with monkeypatch.context() as patch:
        somebody_else(patch)
        assert at_it("send_mail", Job.SEND_MAIL, alone=False)
    with transaction(JOBS):
        job_tracks.finish("send_mail", "7")

    left = track(arrange, "send_mail")

    assert left is not None
    assert (left.slot, left.running_on) == ("7", "elsewhere:1")
    assert left.leased_until is not None


def test_turns_of_the_day_are_found_again_when_the_queue_forgot_them(app: Flask) -> None:
    with clock.at(NOON):
        Keeper().wake_due(NOON)
        redis_connection().flushdb()
        find_lost_turns()

    daily = {turn.job.value for turn in TIMETABLE if turn.when.remembered == timedelta(days=2)}
    assert set(woken(PORTAL, PAPER)) == daily


def test_what_has_just_been_woken_is_on_its_way(app: Flask) -> None:
    ten = NOON - timedelta(hours=2)
    with clock.at(ten + timedelta(seconds=59)):
        find_lost_turns()
    assert Job.OPEN_MORNING.value not in woken()

    with clock.at(ten + timedelta(seconds=61)):
        find_lost_turns()
    assert Job.OPEN_MORNING.value in woken()


def test_a_turn_that_keeps_breaking_is_tried_again_after_longer_and_longer(
    app: Flask, arrange: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise KeyError

    monkeypatch.setattr("portal.jobs.campaigns.carry_over", broken)
    only = tuple(turn for turn in TIMETABLE if turn.job is Job.CARRY_OVER)
    monkeypatch.setattr(schedule, "TIMETABLE", only)
    tried: list[int] = []
    for minute in range(120):
        with clock.at(NOON + timedelta(minutes=minute)):
            find_lost_turns()
            tried += [minute] * len(woken())
            work()

    assert tried == [0, 1, 3, 7, 15, 31, 61, 91]
    left = track(arrange, "carry_over")
    assert left is not None
    assert left.failures == len(tried)


def test_a_job_that_takes_too_long_is_stopped_although_it_catches_everything(
    arrange: Session, app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []

    def endless() -> None:
        while True:
            try:
                time.sleep(30)
            except Exception:  # noqa: BLE001 - what a careless job does
                done.append("caught")

    monkeypatch.setattr("portal.jobs.figures.fold", endless)
    monkeypatch.setattr("portal.jobs.journal.seal", lambda: done.append("the next one"))
    monkeypatch.setattr(worker, "MORE_SECONDS", {Job.FOLD_FIGURES: 1})
    enqueue(Job.FOLD_FIGURES)
    enqueue(Job.SEAL_JOURNAL)
    began = time.monotonic()

    work()

    assert done == ["the next one"]
    assert time.monotonic() - began < 20
    left = track(arrange, "fold_figures")
    assert left is not None
    assert (left.failures, left.error, left.running_on) == (1, "OutOfTime", None)


def test_every_job_is_bounded_and_drawing_has_time_to_say_that_it_failed() -> None:
    assert {seconds_for(job.value) for job in Job} <= {SECONDS, *MORE_SECONDS.values()}
    assert seconds_for(Job.DRAW_DOCUMENT.value) > PATIENCE_SECONDS
    assert seconds_for(Job.SEND_MAIL.value) == SECONDS


def test_the_bound_is_ours_not_what_lies_in_the_queue(
    arrange: Session, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds: list[int | None] = []

    class Spy(worker.Bound):
        def __init__(self, timeout: int, *rest: Any, **more: Any) -> None:
            bounds.append(timeout)
            super().__init__(timeout, *rest, **more)

    monkeypatch.setattr(worker.PortalWorker, "death_penalty_class", Spy)
    enqueue(Job.SEAL_JOURNAL)
    [job] = queue().jobs
    assert isinstance(job, QueuedJob)
    redis_connection().hset(job.key, "timeout", "-1")

    work()

    assert bounds[-1] == MORE_SECONDS[Job.SEAL_JOURNAL]


def test_a_worker_killed_in_the_middle_leaves_a_turn_that_is_taken_up(
    arrange: Session, app: Flask, portal_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "TIMETABLE", tuple(turn for turn in TIMETABLE if turn.job is Job.CARRY_OVER))
    with psycopg.connect(portal_environment["DATABASE_URL"]) as obstacle:
        obstacle.execute("LOCK TABLE campaign IN ACCESS EXCLUSIVE MODE")
        enqueue(Job.CARRY_OVER)
        running = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "wsgi", "worker"], env={**os.environ, **portal_environment}
        )
        deadline = time.monotonic() + 60
        while track(arrange, "carry_over") is None and time.monotonic() < deadline:
            time.sleep(0.05)
        running.send_signal(signal.SIGKILL)
        running.wait(10)
        obstacle.rollback()

    left = track(arrange, "carry_over")
    assert left is not None
    assert left.running_on is not None
    assert left.leased_until is not None
    for seconds, found in ((-1, False), (1, True)):
        with clock.at(left.leased_until + timedelta(seconds=seconds)):
            find_lost_turns()
            assert woken() == [Job.CARRY_OVER.value] * found
            work()

    left = track(arrange, "carry_over")
    assert left is not None
    assert (left.slot is not None, left.failures) == (True, 0)
