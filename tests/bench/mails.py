"""How soon mail leaves after its cause is committed, and how much of it a second.

At 700 an hour (Poisson) and in a burst of 200, with the workers of `make run` (two of them send), the scheduler,
PostgreSQL, Valkey and a real SMTP server; then the same 200 in the plain way (tests/bench/naive.py), in the same run.
"""

import logging
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from statistics import quantiles
from uuid import UUID

from flask import Flask
from rq import Worker
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from portal.app import create_app
from portal.foundation.config import Settings
from portal.foundation.database import owner_url
from portal.foundation.queue import MAIL, PAPER, queue, redis_connection
from portal.foundation.queue import PORTAL as ROUTING
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.local.run import APPS
from portal.models.outbox import Message, Outbox
from portal.operations.outbox import put
from tests import factories
from tests.bench import naive
from tests.bench.figure import Effort, Figure
from tests.bench.stage import processes, staged
from tests.mail.post_offices import PostOffice, opened

AN_HOUR = 700
MINUTES = 4
BURST = 200
BACKLOG = 1000
GOAL_SECONDS = 10.0
PATIENCE_SECONDS = 300.0
DOMAIN = "collectif.example.org"
PORTAL = tuple(program.command for program in APPS if program.name.startswith(("worker", "scheduler")))
PLAIN = ((sys.executable, "-m", "tests.bench.naive"),) * 2
numbers = count(1)


def measure_mails(effort: Effort) -> list[Figure]:
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    with opened() as office, staged(effort.folder, smtp_port=office.port) as environment, application(environment):
        requests = some_requests(environment, effort.of(BURST, 20))
        with processes(environment, *PORTAL):
            wait_until_calm()
            steady = at_random_moments(requests, office, seconds=effort.of(MINUTES * 60, 20))
            burst = all_at_once(requests, office)
            backlog = all_at_once(requests * effort.of(BACKLOG / BURST), office)
        with processes(environment, *PLAIN):
            plainly(requests[:1], office)
            plain = plainly(requests, office)
    return [
        *delays("mails.steady", steady),
        *delays("mails.burst", burst, plain),
        Figure("mails.per_second", len(backlog) / max(backlog), "mails/s", peer=len(plain) / max(plain), at_most=False),
    ]


def wait_until_calm() -> None:
    """All workers are up, and have done what was due at the start. Raises TimeoutError."""
    connection, deadline = redis_connection(), time.monotonic() + PATIENCE_SECONDS
    expected = sum("worker" in command for command in PORTAL)
    while time.monotonic() < deadline:
        workers = Worker.all(connection=connection)
        waiting = sum(queue(name).count for name in (ROUTING, MAIL, PAPER))
        if len(workers) == expected and waiting == 0 and all(one.get_state() == "idle" for one in workers):
            return
        time.sleep(0.2)
    raise TimeoutError("the workers have not come to rest")


def delays(key: str, seconds: list[float], plain: list[float] | None = None) -> list[Figure]:
    """At the 50th and the 99th percentile; plain: the peer's."""
    found = []
    for rank in (50, 99):
        peer = percentile(plain, rank) if plain else None
        found.append(Figure(f"{key}_p{rank}", percentile(seconds, rank), "s", GOAL_SECONDS, peer))
    return found


def percentile(values: list[float], rank: int) -> float:
    return quantiles(values, n=100, method="inclusive")[rank - 1]


@contextmanager
def application(environment: dict[str, str]) -> Iterator[Flask]:
    app = create_app(settings_of(environment))
    with app.app_context():
        yield app


def settings_of(environment: dict[str, str]) -> Settings:
    return Settings(**{name.lower(): value for name, value in environment.items()})


def some_requests(environment: dict[str, str], amount: int) -> list[UUID]:
    engine = create_engine(owner_url(settings_of(environment)))
    with Session(engine) as session:
        campaign = factories.make_campaign(session)
        found = [factories.make_referral(session, campaign).id for _ in range(amount)]
        session.commit()
    engine.dispose()
    return found


def committed(requests: list[UUID]) -> dict[str, float]:
    """One message about each, all in one transaction: the instant of its commit by Message-ID."""
    keys = [f"{request}:{next(numbers)}" for request in requests]
    with transaction(Scope(DatabaseRole.JOBS)) as session:
        for request, key in zip(requests, keys, strict=True):
            put(Message.REFERRAL_RECEIVED, key, referral_id=request)
        told = {f"{Message.REFERRAL_RECEIVED}:{key}" for key in keys}
        put_now = session.scalars(select(Outbox.id).where(Outbox.deduplication_key.in_(told))).all()
        at = time.monotonic()
    return {f"<{one}@{DOMAIN}>": at for one in put_now}


def waited(sent: dict[str, float], office: PostOffice) -> list[float]:
    """Seconds from each commit to its 250. Raises TimeoutError when one does not come."""
    arrived = office.arrivals(sent, PATIENCE_SECONDS)
    return [arrived[mark] - at for mark, at in sent.items()]


def at_random_moments(requests: list[UUID], office: PostOffice, *, seconds: float) -> list[float]:
    """Delays of messages that come as a Poisson process of 700 an hour."""
    chance, sent = random.Random(AN_HOUR), committed(requests[:1])
    ends_at = time.monotonic() + seconds
    while (pause := chance.expovariate(AN_HOUR / 3600)) < ends_at - time.monotonic():
        time.sleep(pause)
        sent |= committed([chance.choice(requests)])
    return waited(sent, office)


def all_at_once(requests: list[UUID], office: PostOffice) -> list[float]:
    return waited(committed(requests), office)


def plainly(requests: list[UUID], office: PostOffice) -> list[float]:
    """The same by one job each, without outbox."""
    marks = {f"plain-{next(numbers)}": str(request) for request in requests}
    queue, at = naive.plain_queue(redis_connection()), time.monotonic()
    for mark, request in marks.items():
        queue.enqueue(naive.send, request, mark)
    return waited({f"<{mark}@{DOMAIN}>": at for mark in marks}, office)
