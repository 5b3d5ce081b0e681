"""Ten thousand new requests: one wake-up that drains them in batches, beside one RQ job each.

The wake-up goes through Valkey to a worker as `make run` starts it. Beside it, in the same run: a job a request, in a
worker that runs jobs in its own process, and in RQ's default one, which forks for each. All three write the same rows.
"""

import sys
import time
from collections.abc import Callable
from functools import cache
from statistics import median

from flask import Flask
from redis import Redis
from rq import Queue, SimpleWorker, Worker

from portal.app import create_app
from portal.foundation.queue import Job, enqueue, redis_connection
from portal.foundation.transactions import transaction
from portal.jobs.routing import ROUTER
from portal.operations.routing import route_waiting
from tests.bench.figure import Effort, Figure
from tests.bench.routing_stage import SIDE, Season, application, season_in
from tests.bench.stage import FLASK, processes, staged

ROUNDS = 3
REQUESTS, FORKED, IN_PROCESS = 10_000, 60, 300
GOAL = 50.0
NO_SMTP = 9
PATIENCE_SECONDS = 300.0
PLAIN = "one-job-each"
OURS = (*FLASK, "worker", "--queue", "portal")
FORKING = (sys.executable, "-m", "tests.bench.draining", "forking")
STAYING = (sys.executable, "-m", "tests.bench.draining", "staying")
WAITING = "SELECT count(*) FROM referral WHERE state = 'to_route'"


def measure_draining(effort: Effort) -> list[Figure]:
    rates: dict[str, list[float]] = {"ours": [], "forking": [], "staying": []}
    broken = 0
    with (
        staged(effort.folder, smtp_port=NO_SMTP) as environment,
        application(environment),
        season_in(environment) as season,
    ):
        for _ in range(ROUNDS):
            for name, command, amount, wake in (
                ("ours", OURS, effort.of(REQUESTS, 500), one_wake_up),
                ("forking", FORKING, effort.of(FORKED, 10), one_job_each),
                ("staying", STAYING, effort.of(IN_PROCESS, 10), one_job_each),
            ):
                with processes(environment, command):
                    rates[name].append(drained(season, amount, wake))
                broken += season.broken()
    return figures({name: median(found) for name, found in rates.items()}, broken)


def figures(rates: dict[str, float], broken: int) -> list[Figure]:
    ours, forking, staying = rates["ours"], rates["forking"], rates["staying"]
    return [
        Figure("draining.per_second", ours, "requests/s", peer=forking, at_most=False),
        Figure("draining.one_job_each_forking", forking, "requests/s", at_most=False),
        Figure("draining.one_job_each_in_process", staying, "requests/s", at_most=False),
        Figure("draining.times_one_job_each", ours / forking, "times", GOAL, at_most=False),
        Figure("draining.times_one_job_each_in_process", ours / staying, "times", at_most=False),
        Figure("draining.over_lost_or_double", broken, "requests", 0),
    ]


def drained(season: Season, amount: int, wake: Callable[[int], None]) -> float:
    """Requests routed a second, from the first wake-up until none waits; the worker is warm."""
    season.wait(1)
    wake(1)
    wait_for_none(season)
    season.wait(amount)
    started = time.monotonic()
    wake(amount)
    wait_for_none(season)
    return amount / (time.monotonic() - started)


def wait_for_none(season: Season) -> None:
    """Raises TimeoutError."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while season.one(WAITING):
        if time.monotonic() > deadline:
            raise TimeoutError("the requests are not drained")
        time.sleep(0.02)


def one_wake_up(_: int) -> None:
    enqueue(Job.DRAIN, SIDE.value)


def one_job_each(amount: int) -> None:
    waiting = plain_queue(redis_connection())
    for _ in range(amount):
        waiting.enqueue(route_one, result_ttl=0)


def route_one() -> None:
    """What each job does: the request that has waited longest, in a transaction of its own."""
    with web_application().app_context(), transaction(ROUTER):
        route_waiting(SIDE, 1)


@cache
def web_application() -> Flask:
    return create_app()


def plain_queue(connection: "Redis") -> Queue:
    return Queue(PLAIN, connection=connection)


if __name__ == "__main__":
    worker = {"forking": Worker, "staying": SimpleWorker}[sys.argv[1]]
    with web_application().app_context():
        worker([plain_queue(redis_connection())], connection=redis_connection()).work(logging_level="WARNING")
