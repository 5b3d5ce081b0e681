"""Whoever can write to the queue, without our key, makes no worker import, call, fetch, swell, stop or wait."""

import http.server
import json
import logging
import sys
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from rq import Queue, SimpleWorker, Worker
from rq.command import send_kill_horse_command, send_shutdown_command
from rq.exceptions import NoSuchJobError
from rq.job import Job as QueuedJob
from rq.suspension import suspend

from portal.foundation.queue import (
    MOST_UNPACKED,
    WAKE_TTL_SECONDS,
    Job,
    PlainJob,
    enqueue,
    queue,
    redis_connection,
    serializer,
    unpacked,
)
from portal.jobs.worker import PortalWorker, run_worker

UNSIGNED = b"\0" * 32 + b'["portal.jobs.routing.sweep",null,[],{}]'
PLANTED = "planted_in_the_queue"
LONG_AGO = 1
SOME_TIME = "2026-03-10T09:00:00.000000Z"


@pytest.fixture
def knocks() -> Iterator[list[str]]:
    """What is fetched from a server of the attacker's, whose port comes first."""
    heard: list[str] = []

    class Door(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing on the terminal."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    heard.append(str(server.server_port))
    yield heard
    server.shutdown()
    server.server_close()


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A module that leaves a file when it is imported."""
    mark = tmp_path / "imported"
    (tmp_path / f"{PLANTED}.py").write_text(f"open({str(mark)!r}, 'w').close()\n\ndef called(*_):\n    pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield mark
    sys.modules.pop(PLANTED, None)


@pytest.fixture
def swept(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How often the worker did what it is there for."""
    done: list[str] = []
    monkeypatch.setattr("portal.jobs.routing.sweep", lambda: done.append("sweep"))
    return done


def worker() -> PortalWorker:
    return PortalWorker([queue()], redis_connection(), serializer())


def work() -> None:
    run_worker([queue()], redis_connection(), serializer(), burst=True)


def write(name: str, port: str, status: str = "started", **more: str) -> None:
    hook = {"url": f"http://127.0.0.1:{port}/{name}", "method": "GET"}
    fields: dict[str, bytes | str] = {
        "data": UNSIGNED,
        "status": status,
        "created_at": SOME_TIME,
        "origin": "portal",
        "success_callback_name": f"{PLANTED}.called",
        "failure_callback_name": f"{PLANTED}.called",
        "stopped_callback_name": f"{PLANTED}.called",
        "webhooks": json.dumps([hook | {"job_status": end} for end in ("failed", "finished")]),
        **more,
    }
    redis_connection().hset(f"rq:job:{name}", mapping=fields)  # type: ignore[arg-type]


def plant_everywhere(port: str) -> None:
    """In each list that RQ goes through of its own accord."""
    found = redis_connection()
    for name in ("wip", "finished", "failed", "deferred", "ready", "scheduled", "canceled"):
        write(name, port)
        found.zadd(f"rq:{name}:portal", {f"{name}:one" if name == "wip" else name: LONG_AGO})
    write("stuck", port)
    found.rpush("rq:queue:portal:intermediate", "stuck")
    found.set("rq:queue:portal:intermediate:first_seen:stuck", LONG_AGO)
    write("grouped", port, group_id="gang")
    found.sadd("rq:groups", "gang")
    found.sadd("rq:group:gang", "grouped")


def test_what_is_planted_does_work_on_a_worker_of_rqs_own(app: Flask, knocks: list[str], planted: Path) -> None:
    """Or the next test would prove nothing."""
    plant_everywhere(knocks[0])

    SimpleWorker([Queue("portal", connection=redis_connection())], connection=redis_connection()).clean_registries()

    assert planted.exists()
    assert {"/wip", "/stuck"} <= set(knocks)


def test_clean_up_neither_reads_nor_calls_nor_fetches_what_nobody_signed(
    swept: list[str], knocks: list[str], planted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    restore = QueuedJob.restore

    def noted(job: QueuedJob, raw: Any) -> Any:
        read.append(job.id)
        return restore(job, raw)

    monkeypatch.setattr(QueuedJob, "restore", noted)
    plant_everywhere(knocks[0])
    for name in ("portal", "mail", "paper"):
        redis_connection().delete(f"rq:clean_registries:{name}")

    one = worker()
    one.clean_registries()
    one.run_maintenance_tasks()

    assert read == []
    enqueue(Job.SWEEP)
    work()
    assert len(read) == len(swept) == 1
    assert not planted.exists()
    assert PLANTED not in sys.modules
    assert len(knocks) == 1


def test_registries_of_our_queues_read_plain_jobs_only(app: Flask, knocks: list[str], planted: Path) -> None:
    plant_everywhere(knocks[0])

    assert queue().started_job_registry.job_class is PlainJob
    queue().started_job_registry.cleanup()

    assert not planted.exists()
    assert len(knocks) == 1


def test_nothing_waits_for_a_wake_up(swept: list[str], knocks: list[str], planted: Path) -> None:
    enqueue(Job.SWEEP)
    [waiting] = queue().jobs
    write("dependent", knocks[0], status="deferred", dependency_ids=json.dumps([waiting.id]))
    redis_connection().sadd(f"rq:job:{waiting.id}:dependents", "dependent")

    work()

    assert swept == ["sweep"]
    assert redis_connection().hget("rq:job:dependent", "status") == b"deferred"
    assert not planted.exists()


@pytest.mark.parametrize(
    "data",
    [
        zlib.compress(b"\0" * 50_000_000, 9),
        zlib.compress(b"\0" * 3_000_000, 9),
        zlib.compress(zlib.compress(b"\0" * 3_000_000, 9), 9),
        b"\0" * 20_000_000,
    ],
    ids=["large", "small", "packed twice", "not packed"],
)
def test_a_bomb_in_the_queue_is_never_unpacked(swept: list[str], data: bytes, caplog: pytest.LogCaptureFixture) -> None:
    redis_connection().hset("rq:job:bomb", mapping={"data": data, "status": "queued", "created_at": SOME_TIME})
    redis_connection().rpush(queue().key, "bomb")
    enqueue(Job.SWEEP)
    tracemalloc.start()

    with caplog.at_level(logging.ERROR):
        work()

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert swept == ["sweep"]
    assert peak < 2_000_000
    assert redis_connection().keys("rq:job:*") == []
    [said] = [record.message for record in caplog.records if record.name.startswith("portal")]
    assert said in {"malformed_job_dropped", "forged_job_refused"}


@pytest.mark.parametrize("size", [0, 200, MOST_UNPACKED - 1])
def test_what_is_of_a_wake_ups_size_is_unpacked(size: int) -> None:
    assert unpacked(zlib.compress(b"\1" * size)) == b"\1" * size


def test_what_is_larger_is_not_unpacked() -> None:
    with pytest.raises(ValueError, match=r"^$"):
        unpacked(zlib.compress(b"\1" * (MOST_UNPACKED + 1)))


@pytest.mark.parametrize("field", ["status", "origin", "created_at", "data"])
def test_a_job_with_an_oversized_field_is_no_job(app: Flask, field: str) -> None:
    enqueue(Job.SWEEP)
    [waiting] = queue().jobs
    redis_connection().hset(waiting.key, field, "x" * 5000)

    with pytest.raises(NoSuchJobError):
        PlainJob.fetch(waiting.id, redis_connection(), serializer())

    assert redis_connection().keys("rq:job:*") == []


@pytest.mark.parametrize("entry", [b"\xff\xfe", b"a b", b"", b"../../x", b"not-a-hash"])
def test_an_entry_that_is_no_id_stops_nobody(swept: list[str], entry: bytes) -> None:
    redis_connection().set("rq:job:not-a-hash", "text")
    redis_connection().rpush(queue().key, entry)
    enqueue(Job.SWEEP)

    work()

    assert swept == ["sweep"]


def test_a_registry_of_another_kind_stops_nobody(swept: list[str]) -> None:
    redis_connection().set("rq:wip:portal", "text")

    worker().clean_registries()

    assert redis_connection().get("rq:wip:portal") == b"text"


def test_no_command_is_heard(app: Flask) -> None:
    one = worker()
    one.bootstrap("WARNING")

    send_shutdown_command(redis_connection(), one.name)
    send_kill_horse_command(redis_connection(), one.name)

    assert redis_connection().pubsub_channels() == []
    assert redis_connection().publish(one.pubsub_channel_name, json.dumps({"command": "shutdown"})) == 0
    one.teardown()
    assert Worker.count(connection=redis_connection()) == 0


def test_no_pause_is_kept(swept: list[str]) -> None:
    suspend(redis_connection())
    enqueue(Job.SWEEP)

    work()

    assert swept == ["sweep"]


def test_a_worker_that_died_is_forgotten_and_one_that_lives_is_not(app: Flask) -> None:
    dead, alive = worker(), worker()
    dead.register_birth()
    alive.register_birth()
    redis_connection().delete(dead.key)

    alive.clean_registries()

    assert Worker.all_keys(connection=redis_connection()) == [alive.key]
    assert redis_connection().ttl(alive.key) > 0


def test_a_job_under_way_and_one_that_failed_leave_nothing_for_ever(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a worker killed at it leaves is forgotten too, though no clean-up reads it."""
    lives: list[int] = []

    def sweep() -> None:
        lives.extend(redis_connection().ttl(key) for key in redis_connection().keys("rq:job:*"))
        raise OSError

    monkeypatch.setattr("portal.jobs.routing.sweep", sweep)
    queue().enqueue(Job.SWEEP.value, result_ttl=-1, failure_ttl=-1)

    work()

    lives.extend(redis_connection().ttl(key) for key in redis_connection().keys("rq:job:*"))
    lives.extend(redis_connection().ttl(key) for key in redis_connection().keys("rq:results:*"))
    assert len(lives) == 3
    assert all(0 < seconds <= WAKE_TTL_SECONDS for seconds in lives)
    assert redis_connection().zcount("rq:failed:portal", 0, time.time() + WAKE_TTL_SECONDS) == 1


def test_clean_up_forgets_what_is_over_and_keeps_what_is_not(app: Flask) -> None:
    redis_connection().zadd("rq:wip:portal", {"old:one": LONG_AGO, "new:one": time.time() + 60})
    redis_connection().rpush(queue().intermediate_queue_key, "old")

    worker().clean_registries()

    assert redis_connection().zrange("rq:wip:portal", 0, -1) == [b"new:one"]
    assert not redis_connection().exists(queue().intermediate_queue_key)
