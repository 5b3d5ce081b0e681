"""How many requests a second are routed in PostgreSQL, with decision, trace, event and messages written, fsync on.

One by one and in batches, as a share of pgbench's simple-update on the same server in the same run; what locking every
candidate's places would have come to; how soon a killed drainer is replaced; and that nothing was given twice or lost.
"""

import random
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from statistics import median

from portal.foundation.locks import NUMBER, Lock
from tests.bench.figure import Effort, Figure
from tests.bench.pgbench import Pgbench, pgbench_program
from tests.bench.routers import Routers, answer, order, router, routers
from tests.bench.routing_stage import SIDE, Season, application, season_in
from tests.bench.stage import staged

ROUNDS = 3
CLIENTS = (4, 8)
PGBENCH_SECONDS = 6
ONE_BY_ONE, IN_BATCHES, LOCKING = 500, 10_000, 240
KILLS, STANDING_BY = 4, 2
GOAL_ONE, GOAL_BATCHES = 0.4, 2.0
GOAL_REPLACED_SECONDS = 15.0
NO_SMTP = 9
PATIENCE_SECONDS = 300.0
WAITING = "SELECT count(*) FROM referral WHERE state = 'to_route'"
LEADER = (
    "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)"
    f" WHERE locktype = 'advisory' AND classid = {Lock.DRAINER} AND objid = {NUMBER[SIDE]} AND granted"
)
Rates = dict[str, list[float]]


def measure_routing(effort: Effort) -> list[Figure]:
    with staged(effort.folder, smtp_port=NO_SMTP) as environment, application(environment):
        program = pgbench_program(environment)
        if program is None:
            sys.stderr.write("No pgbench on this machine: routing is measured without its share of simple-update.\n")
        pgbench = Pgbench(program, environment["DATABASE_URL"]) if program else None
        with season_in(environment) as season:
            with routers(environment, max(CLIENTS)) as processes:
                rates, broken = rounds(effort, season, processes, pgbench)
            replaced, broken_by_kills = killed_again_and_again(effort, season, environment)
    return [*figures(rates), *kept(broken, broken_by_kills), *replacing(replaced)]


def rounds(effort: Effort, season: Season, processes: Routers, pgbench: Pgbench | None) -> tuple[Rates, int]:
    """All ways one after the other, several times: what disturbs the machine disturbs them all."""
    rates, broken = Rates(), 0
    ways = [("one", effort.of(ONE_BY_ONE, 20), 1), ("batches", effort.of(IN_BATCHES, 500), 1)]
    ways += [("lock_all", effort.of(LOCKING, 40), workers) for workers in CLIENTS]
    for _ in range(ROUNDS):
        for clients in CLIENTS if pgbench else ():
            assert pgbench
            rate = pgbench.simple_update(clients, effort.of(PGBENCH_SECONDS, 1))
            rates.setdefault(f"pgbench_{clients}", []).append(rate)
        for way, amount, workers in ways:
            season.wait(amount)
            rates.setdefault(f"{way}_{workers}", []).append(processes.route(way, amount, workers))
            broken += season.broken()
    return rates, broken


def figures(rates: Rates) -> list[Figure]:
    """Our rates beside the other design's; and, of each pgbench, the share that each way reaches."""
    middle = {way: median(found) for way, found in rates.items()}
    plain = max(middle[f"lock_all_{workers}"] for workers in CLIENTS)
    found = [
        Figure("routing.one_by_one", middle["one_1"], "requests/s", at_most=False),
        Figure("routing.batches", middle["batches_1"], "requests/s", peer=plain, at_most=False),
        *(
            Figure(f"routing.lock_all_{workers}", middle[f"lock_all_{workers}"], "requests/s", at_most=False)
            for workers in CLIENTS
        ),
    ]
    for clients in (clients for clients in CLIENTS if f"pgbench_{clients}" in middle):
        whole = middle[f"pgbench_{clients}"]
        found += [
            Figure(f"routing.pgbench_{clients}", whole, "transactions/s", at_most=False),
            share(f"one_by_one_of_pgbench_{clients}", middle["one_1"] / whole, GOAL_ONE),
            share(f"batches_of_pgbench_{clients}", middle["batches_1"] / whole, GOAL_BATCHES),
            share(f"lock_all_of_pgbench_{clients}", middle[f"lock_all_{clients}"] / whole),
        ]
    return found


def share(name: str, value: float, goal: float | None = None) -> Figure:
    return Figure(f"routing.{name}", value, "of simple-update", goal, at_most=False)


def kept(broken: int, broken_by_kills: int) -> list[Figure]:
    return [
        Figure("routing.over_lost_or_double", broken, "requests", 0),
        Figure("routing.over_lost_or_double_with_kills", broken_by_kills, "requests", 0),
    ]


def replacing(seconds: list[float]) -> list[Figure]:
    return [Figure("routing.replaced_after_kill", max(seconds), "s at worst", GOAL_REPLACED_SECONDS)]


def killed_again_and_again(effort: Effort, season: Season, environment: dict[str, str]) -> tuple[list[float], int]:
    """The leader killed in mid-batch while others stand by: seconds until another leads, and what is broken at the end.

    Standing by is to be woken again and again, as by wake-ups that keep coming; without any, the sweep wakes.
    """
    chance = random.Random(KILLS)
    with ExitStack() as stack:
        drainers = {}
        for number in range(KILLS + STANDING_BY):
            url = f"{environment['DATABASE_URL']}&application_name=drainer-{number}"
            drainers[f"drainer-{number}"] = stack.enter_context(router({**environment, "DATABASE_URL": url}))
        assert [answer(child) for child in drainers.values()] == ["ready"] * len(drainers)
        season.wait(effort.of(IN_BATCHES, 6000))
        for child in drainers.values():
            order(child, "drain", 0)
        found = [seconds for _ in range(KILLS) if (seconds := killed_once(season, drainers, chance)) is not None]
        until(lambda: season.one(WAITING) == 0)
    return found, season.broken()


def killed_once(season: Season, drainers: "dict[str, subprocess.Popen[str]]", chance: random.Random) -> float | None:
    """Kill who leads, at some moment; None when nothing waits any more."""
    until(lambda: season.one(LEADER) in drainers or season.one(WAITING) == 0)
    time.sleep(chance.uniform(0.1, 0.5))
    leader = str(season.one(LEADER))
    if leader not in drainers:
        return None
    drainers.pop(leader).kill()
    started = time.monotonic()
    until(lambda: season.one(LEADER) in drainers or season.one(WAITING) == 0)
    return time.monotonic() - started


def until(condition: Callable[[], bool]) -> None:
    """Raises TimeoutError."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.01)
