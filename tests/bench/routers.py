"""Processes that route when told to: python -m tests.bench.routers, then a line of JSON {"way": …, "amount": …} each.

Ways: "batches" as the drainer does, "one" a transaction for each request, "lock_all" as a design without drainer would:
several at once, each locking every place its request could take before it decides. All write the same rows. Answers
are lines too: "ready", then how many it routed.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from uuid import UUID

from sqlalchemy import text

from matching.profile import Profile
from portal.app import create_app
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.foundation.transactions import transaction
from portal.jobs.routing import ROUTER, drain
from portal.local.layout import CLONE
from portal.models.referral import ReferralState
from portal.operations import routing
from portal.operations.recording import Record
from portal.queries.catalogue import router_of
from portal.queries.routing import board_of, tried_by, waiting
from tests.bench.routing_stage import SIDE

COMMAND = (sys.executable, "-m", "tests.bench.routers")
LOCK = text(
    "SELECT FROM capacity_use WHERE association_id = ANY(CAST(:candidates AS uuid[])) ORDER BY capacity_id FOR UPDATE"
)


def in_batches(amount: int) -> int:
    return until(amount, lambda: seen(routing.BATCH))


def one_by_one(amount: int) -> int:
    return until(amount, lambda: seen(1))


def seen(limit: int) -> int:
    with transaction(ROUTER):
        return routing.route_waiting(SIDE, limit).seen


def until(amount: int, act: Callable[[], int]) -> int:
    done = 0
    while done < amount and (now := act()):
        done += now
    return done


def locking_all(amount: int) -> int:
    return until(amount, lock_all_and_route)


def lock_all_and_route() -> int:
    """One request that nobody else has taken, decided once nobody else can touch whatever fits it."""
    with transaction(ROUTER):
        found = waiting(SIDE, ReferralState.TO_ROUTE, 1)
        if not found:
            return 0
        (referral,) = found
        profile = Profile.from_json(referral.profile)
        db.session.execute(LOCK, {"candidates": candidates(profile)})
        board, now = board_of(SIDE), clock.now()
        at = now.astimezone(clock.PARIS)
        record = Record(board, now)
        decision = board.router.route(profile, board.standing, tried_by([referral.id]).get(referral.id, ()), at)
        record.decide(referral, profile, decision, board.standing)
        record.write()
        return 1


def candidates(profile: Profile) -> list[UUID]:
    """Every association that fits, whether or not it has room."""
    router = router_of(SIDE)
    possible, programmes = router.index.outcomes(profile).possible, router.catalogue.programmes
    return list({UUID(programmes[at].association) for at in range(len(programmes)) if possible >> at & 1})


def to_the_end(_: int) -> int:
    """As workers do that are woken again and again: one leads, the others stand by. Ends when it is killed."""
    while True:
        drain(SIDE.value)
        time.sleep(0.05)


WAYS: Mapping[str, Callable[[int], int]] = {
    "batches": in_batches,
    "one": one_by_one,
    "lock_all": locking_all,
    "drain": to_the_end,
}


class Routers:
    """So many processes that wait for orders."""

    def __init__(self, children: "list[subprocess.Popen[str]]") -> None:
        self.children = children
        for child in children:
            assert answer(child) == "ready"

    def route(self, way: str, amount: int, workers: int = 1) -> float:
        """Requests routed a second by so many of them at once."""
        started = time.monotonic()
        chosen = self.children[:workers]
        for child in chosen:
            order(child, way, -(-amount // workers))
        return sum(int(answer(child)) for child in chosen) / (time.monotonic() - started)


def order(child: "subprocess.Popen[str]", way: str, amount: int) -> None:
    assert child.stdin is not None
    child.stdin.write(json.dumps({"way": way, "amount": amount}) + "\n")
    child.stdin.flush()


def answer(child: "subprocess.Popen[str]") -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


@contextmanager
def routers(environment: Mapping[str, str], amount: int) -> Iterator[Routers]:
    with ExitStack() as stack:
        yield Routers([stack.enter_context(router(environment)) for _ in range(amount)])


@contextmanager
def router(environment: Mapping[str, str]) -> Iterator["subprocess.Popen[str]"]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(COMMAND, env=dict(environment), cwd=CLONE, text=True, **pipes) as child:  # type: ignore[call-overload]
        try:
            yield child
        finally:
            child.kill()


def serve() -> None:
    with create_app().app_context():
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        for line in sys.stdin:
            told = json.loads(line)
            sys.stdout.write(f"{WAYS[told['way']](told['amount'])}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    serve()
