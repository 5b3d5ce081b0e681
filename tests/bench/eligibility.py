"""How long it takes to tell which programmes fit a request, why, and which nearly do: ours beside other engines.

All are measured on the same programmes and requests, in turn, round after round, and must find the very same programmes
each time. Ours gives the state of every test and the near misses, and is promised to be so many times faster than those
that give them too; a name in _match tells only who fits. Each round brings requests never seen before: only facts that
come back may be known already.
"""

import gc
import time
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import psycopg

from matching.conditions import AgeTest
from matching.criteria import All
from matching.crowd import bits_of
from matching.index import Index, Trace
from matching.profile import Profile
from matching.programme import Catalogue, Programme
from tests.bench.eligibility_peers import (
    Engine,
    Found,
    JsonLogic,
    JsonLogicMatch,
    Plain,
    RuleEngineMatch,
    Zen,
    ZenMatch,
)
from tests.bench.eligibility_sql import SqlMatch, database
from tests.bench.figure import Effort, Figure
from tests.bench.programmes import SEED, Flat, catalogue_of, flat_programmes, some_requests

SIZES = (150, 1_000, 10_000, 100_000)
LARGEST_OF_ENGINES = 10_000
AIMS = {"zen": 150.0, "json_logic": 500.0, "python": 10.0}
ROUNDS = 5
ROUND_SECONDS = 0.4
MOST_REQUESTS = 2_000
SEASON = 10_000
PAIRS = 100_000
EDITED, EDITS = 1_000, 15
GOAL_EDIT_MS = 10.0


class Mismatch(AssertionError):
    """Two engines do not find the same programmes for a request."""


class Ours:
    """The index: its trace holds who fits, who nearly does, and what each test said, as masks."""

    name = "ours"

    def __init__(self, programmes: list[Flat]) -> None:
        self.index = Index(catalogue_of(programmes))

    def asked(self, profile: Profile) -> Profile:
        return profile

    def judge(self, asked: Profile) -> Trace:
        return self.index.trace(asked)

    def read(self, judged: Trace) -> Found:
        return Found(list(bits_of(judged.outcomes.certain)), list(bits_of(judged.near)))


@dataclass(frozen=True)
class Timed:
    """An engine, and how many requests it judges in one round: as many as fit in its time."""

    engine: Engine
    requests: int

    def round(self, profiles: list[Profile]) -> tuple[float, list[Any]]:
        """Seconds a request, and what it answers to each."""
        asked = [self.engine.asked(profile) for profile in profiles[: self.requests]]
        started = time.perf_counter()
        judged = [self.engine.judge(one) for one in asked]
        return (time.perf_counter() - started) / len(asked), judged


def measure_eligibility(effort: Effort) -> list[Figure]:
    figures = [mismatches(effort.of(PAIRS, 2_000)), edit(effort)]
    with database(effort.folder) as connection:
        for size in SIZES:
            if size <= max(SIZES[-1] * effort.share, SIZES[0]):
                figures += beside_each_other(size, effort, connection)
    return figures


def beside_each_other(size: int, effort: Effort, connection: "psycopg.Connection[Any]") -> list[Figure]:
    programmes = flat_programmes(size)
    started = time.perf_counter()
    ours = Ours(programmes)
    built = time.perf_counter() - started
    peers: list[Engine] = [Plain(programmes), SqlMatch(connection, programmes)]
    if size <= LARGEST_OF_ENGINES:
        peers += [engine(programmes) for engine in (Zen, ZenMatch, JsonLogic, JsonLogicMatch, RuleEngineMatch)]
    gc.collect()
    gc.freeze()  # or the next collections would look, in everybody's time, through all that was compiled
    try:
        seconds = timed_together(ours, peers, effort)
    finally:
        gc.unfreeze()
    own = seconds.pop(ours.name) * 1e6
    key = f"eligibility.{size}"
    return [
        Figure(f"{key}.build", built * 1e3, "ms"),
        *(compared(f"{key}.{name}", own, taken * 1e6, AIMS.get(name)) for name, taken in seconds.items()),
    ]


def compared(key: str, own: float, peer: float, aim: float | None) -> Figure:
    """aim: how many times faster than the peer ours should be, if anything is promised."""
    return Figure(key, own, "µs/request", goal=peer / aim if aim else None, peer=peer)


def timed_together(ours: Engine, peers: list[Engine], effort: Effort) -> dict[str, float]:
    """Seconds a request, the median of the rounds. Raises Mismatch."""
    most = effort.of(MOST_REQUESTS, 5)
    profiles = list(some_requests(most * (ROUNDS + 1)))
    timed = [warmed(engine, profiles[:most], ROUND_SECONDS * effort.share) for engine in (ours, *peers)]
    taken: dict[str, list[float]] = {one.engine.name: [] for one in timed}
    for turn in range(1, ROUNDS + 1):
        known: list[Any] = []
        for one in timed:
            seconds, judged = one.round(profiles[turn * most : (turn + 1) * most])
            taken[one.engine.name].append(seconds)
            known = known or judged
            verify(ours, known, one.engine, judged)
    return {name: median(each) for name, each in taken.items()}


def warmed(engine: Engine, profiles: list[Profile], seconds: float) -> Timed:
    """Ours has met a season's requests, and knows the facts that come back; a peer is tried on a few."""
    if isinstance(engine, Ours):
        for profile in some_requests(SEASON, SEED + 1):
            engine.judge(profile)
        return Timed(engine, len(profiles))
    each, _ = Timed(engine, 3).round(profiles)
    return Timed(engine, min(max(int(seconds / each), 2), len(profiles)))


def verify(ours: Engine, known: list[Any], engine: Engine, judged: list[Any]) -> None:
    if engine is ours:
        return
    for own, its in zip(known, judged, strict=False):
        expected, found = ours.read(own), engine.read(its)
        if sorted(found.fits) != expected.fits or found.near not in (None, expected.near):
            raise Mismatch(f"{engine.name} finds {found} where the index finds {expected}")


def mismatches(pairs: int) -> Figure:
    """Programmes and requests, unknown facts included, that ours and plain Python do not judge alike."""
    programmes = flat_programmes(SIZES[0])
    plain, index, wrong = Plain(programmes), Index(catalogue_of(programmes)), 0
    for profile in some_requests(-(-pairs // len(programmes)), unknown=0.05):
        told, trace = plain.judge(profile), index.trace(profile)
        differing = (
            (trace.outcomes.certain ^ mask(told.fits))
            | (trace.outcomes.possible ^ mask(told.fits + told.doubtful))
            | (trace.near ^ mask(told.near))
        )
        wrong += differing.bit_count()
    return Figure("eligibility.mismatches", wrong, f"of {pairs} pairs", goal=0.0)


def mask(places: list[int]) -> int:
    return sum(1 << place for place in places)


def edit(effort: Effort) -> Figure:
    """From one programme's new criteria to the first request judged by them; peer: everything compiled again."""
    programmes = flat_programmes(EDITED)
    index = Index(catalogue_of(programmes))
    profiles = list(some_requests(50))
    for profile in profiles:
        index.outcomes(profile)
    visible, afresh = [], []
    for turn in range(effort.of(EDITS, 2)):
        before = index.catalogue
        started = time.perf_counter()
        index = index.amended(edited(before, turn))
        index.outcomes(profiles[0])
        visible.append(time.perf_counter() - started)
        started = time.perf_counter()
        again = Index(edited(before, turn))
        again.outcomes(profiles[0])
        afresh.append(time.perf_counter() - started)
        if any(index.outcomes(profile) != again.outcomes(profile) for profile in profiles):
            raise Mismatch("an amended index and a fresh one differ")
    return Figure(f"eligibility.{EDITED}.edit", median(visible) * 1e3, "ms", GOAL_EDIT_MS, peer=median(afresh) * 1e3)


def edited(catalogue: Catalogue, turn: int) -> Catalogue:
    """One programme takes one year more."""
    position = turn * 7 % len(catalogue.programmes)
    known = catalogue.programmes[position]
    programmes = [*catalogue.programmes]
    programmes[position] = replace(known, version=known.version + 1, criteria=one_year_more(known))
    return Catalogue.of(catalogue.side, programmes)


def one_year_more(programme: Programme) -> All:
    assert isinstance(programme.criteria, All)
    return All(
        tuple(
            AgeTest(test.least, test.most + 1) if isinstance(test, AgeTest) and test.most else test
            for test in programme.criteria.parts
        )
    )
