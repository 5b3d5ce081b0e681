"""The queue wakes, and is not believed: only what we signed and listed is run; the timetable wakes each turn once."""

import logging
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from redis import RedisError
from rq import Queue, Worker
from rq.job import Job as QueuedJob
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.cli import worker
from portal.foundation.queue import MAIL, PAPER, PORTAL, Job, PlainJob, enqueue, queue, redis_connection, serializer
from portal.jobs import schedule
from portal.jobs.rhythms import Daily, Every
from portal.jobs.schedule import TIMETABLE, Keeper
from portal.jobs.worker import PortalWorker, is_ours, run_worker
from portal.local.run import APPS
from portal.models.referral import Referral, ReferralState
from tests.factories import make_association, make_campaign, make_capacity, make_programme, make_referral

MORNING = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


@pytest.fixture
def waiting(arrange: Session) -> Referral:
    """A request that waits, and somebody to take it."""
    campaign = make_campaign(arrange)
    association = make_association(arrange)
    make_programme(arrange, association)
    make_capacity(arrange, association, campaign)
    referral: Referral = make_referral(arrange, campaign)
    arrange.commit()
    return referral


def state(arrange: Session, referral: Referral) -> ReferralState:
    arrange.expire_all()
    return arrange.get_one(Referral, referral.id).state


def emptied() -> None:
    for name in (PORTAL, MAIL, PAPER):
        queue(name).empty()


def work() -> None:
    run_worker([queue(PORTAL), queue(MAIL), queue(PAPER)], redis_connection(), serializer(), burst=True)


def test_a_wake_up_routes_what_waits(arrange: Session, waiting: Referral) -> None:
    enqueue(Job.DRAIN, "mentee")

    work()

    assert state(arrange, waiting) is ReferralState.PLACED
    assert queue().count == 0


def test_a_lost_wake_up_is_made_good_by_the_sweep(arrange: Session, waiting: Referral) -> None:
    redis_connection().flushdb()

    enqueue(Job.SWEEP)
    work()

    assert state(arrange, waiting) is ReferralState.PLACED


def unsigned(path: Path) -> None:
    """What whoever can write to the queue would put there: RQ's own message, in RQ's own JSON."""
    Queue("portal", connection=redis_connection(), serializer="rq.serializers.JSONSerializer").enqueue(
        "os.system", f"touch {path}"
    )


def pickled(path: Path) -> None:
    Queue("portal", connection=redis_connection()).enqueue("os.system", f"touch {path}")


def signed(path: Path) -> None:
    """Signed with our key, but not one of our jobs."""
    queue().enqueue("os.system", f"touch {path}")


def signed_with_names(path: Path) -> None:
    """One of our names, with what no wake-up ever carries."""
    queue().enqueue(Job.SWEEP.value, path=str(path))


def garbage(_: Path) -> None:
    job = QueuedJob.create(Job.SWEEP.value, connection=redis_connection(), serializer=serializer())
    job.save()
    redis_connection().hset(job.key, "data", b"\x00garbage")
    redis_connection().rpush(queue().key, job.id)


@pytest.mark.parametrize("forge", [unsigned, pickled, signed, signed_with_names, garbage])
def test_a_forged_job_is_refused_logged_and_stops_nobody(
    arrange: Session, waiting: Referral, tmp_path: Path, caplog: pytest.LogCaptureFixture, forge: Any
) -> None:
    forge(tmp_path / "owned")
    enqueue(Job.DRAIN, "mentee")

    with caplog.at_level(logging.ERROR):
        work()

    assert not (tmp_path / "owned").exists()
    assert [record.message for record in caplog.records if record.name.startswith("portal")] == ["forged_job_refused"]
    assert state(arrange, waiting) is ReferralState.PLACED
    assert queue().count == 0
    assert redis_connection().keys("rq:job:*") == []


def test_fields_nobody_signed_are_never_called(
    arrange: Session, waiting: Referral, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[object] = []
    monkeypatch.setattr(os, "system", called.append)
    job = queue().enqueue(Job.DRAIN.value, "mentee", result_ttl=0)
    redis_connection().hset(
        job.key,
        mapping={
            "success_callback_name": "os.system",
            "failure_callback_name": "os.system",
            "webhooks": '[{"url": "http://127.0.0.1:9/", "job_status": "finished"}]',
        },
    )

    work()

    assert state(arrange, waiting) is ReferralState.PLACED
    assert called == []
    read = PlainJob.create(Job.SWEEP.value, connection=redis_connection(), serializer=serializer())
    assert is_ours(read)


@pytest.mark.parametrize(
    ("field", "value"),
    [("created_at", "yesterday"), ("timeout", "-"), ("result_ttl", "x"), ("status", "done?"), ("retry_intervals", "{")],
)
def test_a_job_whose_unsigned_fields_make_no_sense_stops_nobody(
    arrange: Session, waiting: Referral, field: str, value: str
) -> None:
    bad = queue().enqueue(Job.SWEEP.value, result_ttl=0)
    redis_connection().hset(bad.key, field, value)
    enqueue(Job.DRAIN, "mentee")

    work()

    assert state(arrange, waiting) is ReferralState.PLACED


def test_a_job_that_fails_leaves_the_worker_at_work(
    arrange: Session, waiting: Referral, monkeypatch: pytest.MonkeyPatch
) -> None:
    enqueue(Job.DRAIN, "no such side")
    enqueue(Job.DRAIN, "mentee")

    work()

    assert state(arrange, waiting) is ReferralState.PLACED


def test_a_worker_at_work_is_counted(app: Flask) -> None:
    worker = PortalWorker([queue()], redis_connection(), serializer())

    worker.register_birth()

    assert Worker.count(connection=redis_connection()) == 1


def process(portal_environment: dict[str, str], name: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", name], env={**os.environ, **portal_environment}
    )


def listening() -> bool:
    """Whether a worker waits for jobs: it is counted a moment before it hears signals."""
    found = redis_connection()
    return any(found.hget(key, "state") == b"idle" for key in found.keys("rq:worker:*"))


@pytest.mark.parametrize("name", ["worker", "scheduler"])
def test_term_stops_the_process_in_good_order(app: Flask, portal_environment: dict[str, str], name: str) -> None:
    running = process(portal_environment, name)
    started = listening if name == "worker" else (lambda: len(redis_connection().keys("schedule:*")))
    deadline = time.monotonic() + 60
    while not started() and time.monotonic() < deadline:
        time.sleep(0.05)

    running.send_signal(signal.SIGTERM)

    assert running.wait(30) == 0
    assert Worker.count(connection=redis_connection()) == 0


def test_the_timetable_wakes_each_turn_once_however_many_keep_it(app: Flask) -> None:
    first, second = Keeper(), Keeper()

    assert sorted(first.wake_due(MORNING)) == sorted(turn.name for turn in TIMETABLE)
    assert second.wake_due(MORNING) == []
    assert {job.func_name for job in queue(PAPER).jobs} == {Job.SOLVE_LEVELS.value, Job.FORESEE.value}
    assert [job.func_name for job in queue(MAIL).jobs] == [Job.SEND_MAIL.value]
    assert queue().count == len(TIMETABLE) - 3


def test_a_turn_still_in_the_queue_is_not_doubled(app: Flask) -> None:
    keeper = Keeper()
    keeper.wake_due(MORNING)

    assert keeper.wake_due(MORNING + timedelta(hours=1)) == []

    emptied()
    assert "apply_answers" in keeper.wake_due(MORNING + timedelta(hours=2))


def test_each_turn_comes_at_its_pace(app: Flask) -> None:
    keeper = Keeper()
    keeper.wake_due(MORNING)
    woken: dict[str, int] = {}
    for second in range(1, 3601):
        emptied() if second % 10 == 0 else None
        for name in keeper.wake_due(MORNING + timedelta(seconds=second)):
            woken[name] = woken.get(name, 0) + 1
            emptied()

    assert woken == {
        "apply_answers": 360,
        "sweep": 240,
        "send_mail": 240,
        "sweep_morning": 240,
        "sweep_replays": 240,
        "find_lost_turns": 60,
        "keep_file_passwords": 60,
        "seal_journal": 60,
        "fold_figures": 60,
        "sweep_documents": 240,
        "expire_overdue": 6,
        "drain-mentee-waitlist": 6,
        "drain-mentor-waitlist": 6,
        "erase_unconfirmed": 1,
        "remind_applicants": 1,
    }


def test_a_night_missed_is_made_good_in_the_morning(app: Flask) -> None:
    keeper = Keeper()
    keeper.wake_due(datetime(2026, 3, 9, 12, tzinfo=UTC))
    emptied()

    assert "measure_reach" not in keeper.wake_due(datetime(2026, 3, 10, 1, 59, tzinfo=UTC))
    emptied()
    assert "measure_reach" in Keeper().wake_due(datetime(2026, 3, 10, 8, tzinfo=UTC))
    emptied()
    assert "measure_reach" not in Keeper().wake_due(datetime(2026, 3, 10, 9, tzinfo=UTC))


@pytest.mark.parametrize("day", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)])
def test_the_night_comes_once_when_the_clocks_change(day: datetime) -> None:
    night = TIMETABLE[-1].when
    assert isinstance(night, Daily)

    slots = {night.slot(day + timedelta(minutes=minute)) for minute in range(0, 24 * 60, 5)}

    assert len(slots) == 2


def test_the_timetable_outlives_a_queue_that_does_not_answer(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[datetime] = []

    def broken(_: Keeper, now: datetime) -> list[str]:
        asked.append(now)
        if len(asked) == 2:
            os.kill(os.getpid(), signal.SIGTERM)
        raise RedisError

    monkeypatch.setattr(schedule, "PULSE_SECONDS", 0.01)
    monkeypatch.setattr(Keeper, "wake_due", broken)
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)

    schedule.run_schedule()

    signal.signal(signal.SIGTERM, before[0])
    signal.signal(signal.SIGINT, before[1])
    assert len(asked) == 2


def test_every_job_of_the_list_is_on_the_timetable_or_asked_for_by_somebody() -> None:
    assert {turn.job for turn in TIMETABLE} == set(Job) - {Job.DRAW_DOCUMENT, Job.MAKE_MORNING_FILE, Job.RUN_REPLAY}
    assert len({turn.name for turn in TIMETABLE}) == len(TIMETABLE)
    assert all(isinstance(turn.when, Every | Daily) for turn in TIMETABLE)


def test_nothing_is_left_of_a_finished_wake_up(arrange: Session, waiting: Referral) -> None:
    enqueue(Job.SWEEP)
    work()

    assert redis_connection().keys("rq:job:*") == []
    assert list(arrange.scalars(select(Referral.state))) == [ReferralState.PLACED]


def test_a_wake_up_that_still_waits_is_not_enqueued_again(app: Flask) -> None:
    assert enqueue(Job.DRAIN, "mentee", "waitlist")

    assert not enqueue(Job.DRAIN, "mentee", "waitlist")
    assert enqueue(Job.DRAIN, "mentor", "waitlist")
    assert enqueue(Job.DRAIN, "mentee")

    assert [job.args for job in queue().jobs] == [["mentee", "waitlist"], ["mentor", "waitlist"], ["mentee"]]
    assert len(redis_connection().keys("rq:job:*")) == 3


def test_many_who_enqueue_at_once_leave_one_wake_up(app: Flask) -> None:
    def flood(_: int) -> bool:
        with app.app_context():
            return enqueue(Job.SEND_MAIL)

    with ThreadPoolExecutor(8) as together:
        taken = list(together.map(flood, range(80)))

    assert (taken.count(True), queue(MAIL).count) == (1, 1)


def test_a_job_under_way_is_enqueued_again_and_both_are_run(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have read before our commit; and its end must not take the next one away."""
    seen: list[tuple[bool, bool]] = []

    def sweep() -> None:
        first = not seen
        seen.append((first and enqueue(Job.SWEEP), first and enqueue(Job.SWEEP)))

    monkeypatch.setattr("portal.jobs.routing.sweep", sweep)
    enqueue(Job.SWEEP)

    work()

    assert seen == [(True, False), (False, False)]
    assert redis_connection().keys("rq:job:*") == []


def test_a_wake_up_whose_message_is_gone_is_enqueued_again(app: Flask) -> None:
    """Its time was over: whatever is left of it in the list wakes nobody."""
    enqueue(Job.SEND_MAIL)
    redis_connection().delete(*redis_connection().keys("rq:job:*"))

    assert enqueue(Job.SEND_MAIL)
    assert [job.func_name for job in queue(MAIL).jobs] == [Job.SEND_MAIL.value]


def test_routing_goes_before_mail_and_mail_before_paper(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr("portal.jobs.documents.draw", lambda _: done.append("draw"))
    monkeypatch.setattr("portal.jobs.mail.send_pending", lambda: done.append("mail"))
    monkeypatch.setattr("portal.jobs.routing.sweep", lambda: done.append("sweep"))
    enqueue(Job.DRAW_DOCUMENT, "one")
    enqueue(Job.DRAW_DOCUMENT, "two")
    enqueue(Job.SEND_MAIL)
    enqueue(Job.SWEEP)

    work()

    assert done == ["sweep", "mail", "draw", "draw"]


def test_a_forged_job_on_paper_is_refused_too(app: Flask, tmp_path: Path) -> None:
    queue(PAPER).enqueue("os.system", f"touch {tmp_path / 'owned'}")

    work()

    assert not (tmp_path / "owned").exists()
    assert redis_connection().keys("rq:job:*") == []


def test_a_worker_of_one_queue_leaves_the_other_alone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[list[str]] = []
    monkeypatch.setattr("portal.cli.run_worker", lambda queues, *_: served.append([one.name for one in queues]))
    runner = app.test_cli_runner()

    ended = [runner.invoke(worker, options) for options in ([], ["--queue", "portal"], ["--queue", "x"])]

    assert [one.exit_code for one in ended] == [0, 0, 2], [one.output for one in ended]
    assert served == [["portal", "mail", "paper"], ["portal"]]


def test_on_this_machine_neither_mail_nor_paper_holds_up_routing_and_two_processes_serve_each_of_them() -> None:
    served = [queues_of(program.command) for program in APPS if "worker" in program.command]

    assert [PORTAL] in served
    assert {name: sum(name in queues for queues in served) for name in (PORTAL, MAIL, PAPER)} == dict.fromkeys(
        (PORTAL, MAIL, PAPER), 2
    )
    assert len({queues[0] for queues in served}) == len(served)


def queues_of(command: tuple[str, ...]) -> list[str]:
    return [after for option, after in pairwise(command) if option == "--queue"]
