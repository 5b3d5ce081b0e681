"""Aims 1 to 3: every policy against perfect foresight, drifting demand, and a newcomer's first week.

Seasons are lived by matching.replay, answers included; the best possible is matching.foresight's flow, which knows every
request and every answer beforehand. Nobody hands a request to staff here (hops are as many as there are associations):
that is a rule of the house, not a loss of the policy.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from itertools import product
from statistics import median
from typing import TypeVar

from matching.fairness import gini
from matching.foresight import answered, foreseen
from matching.levels import Demand, Levels
from matching.ranking import Policy, PolicyName
from matching.replay import Known, Run, known_outcomes, replay
from matching.router import Router
from matching.settings import Settings
from matching.virtual_start import competitors, virtual_start
from tests.bench.demand import FIRST_DAY
from tests.bench.figure import Effort, Figure
from tests.bench.season import BenchSeason, season

SEEDS, DRIFTS, NEWCOMERS = 20, 6, 12
OBJECTIVES = (0.6, 0.85, 1.1)
BOUNCES = ((0.0, 0.0), (0.08, 0.20), (0.20, 0.35))
APART = (0.6, 1.6)
GREEDY = (PolicyName.ARM, PolicyName.ARM_ABSOLUTE, PolicyName.FIRST_MATCH, PolicyName.NEAREST, PolicyName.RANDOM)
HOPS = 1000
JOINS_AT, WEEK = 120, 7
RECENT = timedelta(days=90)
PROCESSES = 2
A = TypeVar("A")
R = TypeVar("R")


@dataclass(frozen=True)
class Lived:
    """One policy in one season: its share of what foresight places, and how uneven both are."""

    policy: PolicyName
    share: float
    gini: float
    best_gini: float


class Stage:
    """The requests of one season, judged once, to be lived under many settings."""

    def __init__(self, bench: BenchSeason) -> None:
        self.season = answered(bench.season)
        self.router = Router(bench.settings.catalogue)
        self.known: Known = known_outcomes(self.season, self.router)

    def live(self, bench: BenchSeason, policy: PolicyName, settings: Settings | None = None) -> Run:
        under = replace(settings or bench.settings, policy=Policy(policy, hops=HOPS))
        return replay(self.season, under, habits=bench.habits, router=self.router, known=self.known)

    def against_foresight(self, bench: BenchSeason, policies: Iterable[PolicyName]) -> list[Lived]:
        ideal = foreseen(self.season, bench.settings, bench.habits, self.known).ideal
        objectives = {key: its.objective for key, its in bench.settings.standing.associations.items()}
        best = float(gini({key: (ideal.attained.get(key, 0), own) for key, own in objectives.items()}))
        runs = {policy: self.live(bench, policy) for policy in policies}
        return [
            Lived(policy, run.placed / ideal.placed, float(gini(run.attained())), best) for policy, run in runs.items()
        ]


def measure_allocation(effort: Effort) -> list[Figure]:
    """Aims 1, 2 and 3 of speed.md."""
    with ProcessPoolExecutor(PROCESSES) as pool:
        return [
            *_equal(_on(pool, _season, range(effort.of(SEEDS, 2)))),
            *_apart(_on(pool, _season_apart, range(effort.of(SEEDS, 2)))),
            *_drifting(_on(pool, _drift, range(effort.of(DRIFTS, 2)))),
            *_joining(_on(pool, _newcomer, range(effort.of(NEWCOMERS, 6)))),
        ]


def _on(pool: ProcessPoolExecutor, task: Callable[[A], R], asked: Iterable[A]) -> list[R]:
    return list(pool.map(task, asked))


def _season(seed: int) -> list[Lived]:
    """Capacity as the objective: one demand under every share of objectives and every rate of bounces."""
    stage = Stage(season(seed))
    settings = [
        season(seed, objectives=share, bounces=bounces, stream=True) for share, bounces in product(OBJECTIVES, BOUNCES)
    ]
    return [lived for each in settings for lived in stage.against_foresight(each, GREEDY)]


def _season_apart(seed: int) -> list[Lived]:
    """Capacities drawn apart from objectives."""
    bench = season(seed, capacities=APART)
    return Stage(bench).against_foresight(bench, GREEDY)


def _shares(found: Iterable[list[Lived]]) -> dict[PolicyName, list[float]]:
    shares: dict[PolicyName, list[float]] = {policy: [] for policy in GREEDY}
    for lived in found:
        for each in lived:
            shares[each.policy].append(each.share)
    return shares


def _equal(found: Sequence[list[Lived]]) -> list[Figure]:
    shares = _shares(found)
    arm = [each for lived in found for each in lived if each.policy is PolicyName.ARM]
    peer = max(median(shares[policy]) for policy in GREEDY[1:])
    uneven = [each.gini - each.best_gini for each in arm]
    assert max(map(max, shares.values())) <= 1, "a policy beat foresight"
    return [
        _at_least("allocation.arm.median", median(shares[PolicyName.ARM]), 0.999, peer),
        _at_least("allocation.arm.worst", min(shares[PolicyName.ARM]), 0.995, min(map(min, shares.values()))),
        Figure("allocation.arm.gini_beyond_the_best", median(uneven), "index", 0.005),
        Figure("allocation.arm.gini_beyond_the_best.worst", max(uneven), "index"),
        Figure("allocation.best.gini", median(each.best_gini for each in arm), "index"),
        *[_at_least(f"allocation.{policy.value}.median", median(shares[policy])) for policy in GREEDY[1:]],
        *[_at_least(f"allocation.{policy.value}.worst", min(shares[policy])) for policy in GREEDY[1:]],
    ]


def _apart(found: Sequence[list[Lived]]) -> list[Figure]:
    """ARM above every other greedy rule: its advance on the best of them, and each one's share."""
    shares = {policy: median(each) for policy, each in _shares(found).items()}
    arm = shares.pop(PolicyName.ARM)
    return [
        _at_least("allocation.apart.arm", arm, max(shares.values()), max(shares.values())),
        *[_at_least(f"allocation.apart.{policy.value}", share) for policy, share in shares.items()],
    ]


def _at_least(key: str, value: float, goal: float | None = None, peer: float | None = None) -> Figure:
    return Figure(key, value, "of the best", goal, peer, at_most=False)


# Drifting demand


@dataclass(frozen=True)
class Drifted:
    """Shares of foresight: the ratio, and the projected levels with last season’s demand, right or wrong.

    steady: what it costs to foresee a drift that does not come.
    """

    ratio: float
    right: float
    wrong: dict[str, float]
    steady: float


def _drift(seed: int) -> Drifted:
    bench, last = season(seed, drift=1), demand_of(season(seed, drift=1, draw=1))
    stage = Stage(bench)
    best = foreseen(stage.season, bench.settings, bench.habits, stage.known).ideal.placed
    wrong = {
        "flat": demand_of(season(seed, draw=1)),
        "mirrored": mirrored(last),
        "foreign": foreign(last),
    }

    def share(last: list[Demand]) -> float:
        settings = replace(bench.settings, levels=Levels(last, FIRST_DAY))
        return stage.live(bench, PolicyName.PROJECTED, settings).placed / best

    return Drifted(
        stage.live(bench, PolicyName.ARM).placed / best,
        share(last),
        {name: share(each) for name, each in wrong.items()},
        _steady(seed, last),
    )


def _steady(seed: int, last: list[Demand]) -> float:
    """What it costs, of the best, to foresee a drift that does not come: the ratio's share less the projected one's."""
    bench = season(seed)
    stage = Stage(bench)
    best = foreseen(stage.season, bench.settings, bench.habits, stage.known).ideal.placed
    settings = replace(bench.settings, levels=Levels(last, FIRST_DAY))
    ratio, projected = (stage.live(bench, name, settings).placed for name in (PolicyName.ARM, PolicyName.PROJECTED))
    return (ratio - projected) / best


def demand_of(bench: BenchSeason) -> list[Demand]:
    """What came, day by day, by the associations that could have taken it."""
    bits, known = bench.settings.catalogue.bits_of, known_outcomes(bench.season, Router(bench.settings.catalogue))
    return [
        Demand(
            (arrival.at.date() - FIRST_DAY).days,
            frozenset(key for key, mask in bits.items() if mask & known[arrival.profile.key].possible),
        )
        for arrival in bench.season.kept
    ]


def mirrored(demand: list[Demand]) -> list[Demand]:
    """What came last comes first."""
    last = max(each.day for each in demand)
    return [each._replace(day=last - each.day) for each in demand]


def foreign(demand: list[Demand]) -> list[Demand]:
    """The demand of a network where each association stands in another's place."""
    keys = sorted({key for each in demand for key in each.kind})
    other = dict(zip(keys, [*keys[1:], keys[0]], strict=True))
    return [each._replace(kind=frozenset(other[key] for key in each.kind)) for each in demand]


def _drifting(found: Sequence[Drifted]) -> list[Figure]:
    ratio = median(each.ratio for each in found)
    below = max(each.ratio - share for each in found for share in (each.right, *each.wrong.values()))
    steady = max(each.steady for each in found)
    return [
        _at_least("allocation.drift.projected", median(each.right for each in found), 0.995, ratio),
        _at_least("allocation.drift.projected.worst", min(each.right for each in found)),
        Figure("allocation.drift.below_the_ratio", max(below, steady), "of the best", 0.002),
        Figure("allocation.drift.below_the_ratio.no_drift_came", steady, "of the best"),
        *[_at_least(f"allocation.drift.{name}", median(each.wrong[name] for each in found)) for name in found[0].wrong],
    ]


# A newcomer


@dataclass(frozen=True)
class Joined:
    """Its part of the requests of its first week that it could have taken, and what it has at the end."""

    median: float
    first_week: dict[str, float]
    at_the_end: dict[str, int]


def _newcomer(seed: int) -> Joined:
    bench = season(seed, joins_at=JOINS_AT)
    assert bench.newcomer is not None
    stage = Stage(bench)
    started, middle = _with_virtual_start(bench, stage)
    runs = {
        "virtual": stage.live(bench, PolicyName.ARM, started),
        "plain": stage.live(bench, PolicyName.ARM),
        "random": stage.live(bench, PolicyName.RANDOM),
    }
    return Joined(
        middle,
        {name: _first_week(bench, stage, run) for name, run in runs.items()},
        {name: run.standing.association(bench.newcomer).committed for name, run in runs.items()},
    )


def _with_virtual_start(bench: BenchSeason, stage: Stage) -> tuple[Settings, float]:
    """The settings with the newcomer's V, set from where everyone stands on its first day."""
    newcomer = bench.newcomer or ""
    opens = bench.season.kept[0].at.replace(hour=0, minute=0, second=0) + timedelta(days=JOINS_AT)
    under = replace(bench.settings, policy=Policy(hops=HOPS))
    before = replay(
        replace(stage.season, until=opens), under, habits=bench.habits, router=stage.router, known=stage.known
    )
    recent = [each.profile for each in bench.season.kept if opens - RECENT <= each.at < opens]
    rivals = competitors(bench.settings.catalogue, newcomer, recent)
    keys = [before.standing.association(rival).attainment for rival in rivals]
    its = bench.settings.standing.association(newcomer)
    start = virtual_start(its.objective, 0, keys)
    associations = {**bench.settings.standing.associations, newcomer: replace(its, virtual_start=start)}
    return replace(bench.settings, standing=replace(bench.settings.standing, associations=associations)), float(
        median(keys) if keys else Fraction(0)
    )


def _first_week(bench: BenchSeason, stage: Stage, run: Run) -> float:
    own = bench.settings.catalogue.bits_of[bench.newcomer or ""]
    days = range(JOINS_AT, JOINS_AT + WEEK)
    reached = [
        number
        for number, arrival in enumerate(bench.season.kept)
        if (arrival.at.date() - FIRST_DAY).days in days and stage.known[arrival.profile.key].possible & own
    ]
    return sum(run.first(number) == bench.newcomer for number in reached) / max(len(reached), 1)


def _joining(found: Sequence[Joined]) -> list[Figure]:
    """Beside random's share; and the greatest difference at the end between the virtual start and none."""
    kept = [each for each in found if each.median < 0.9]  # aim 3 is of those who join below a median of .9
    week = {name: median(each.first_week[name] for each in kept) for name in ("virtual", "plain", "random")}
    ends = [abs(each.at_the_end["virtual"] - each.at_the_end["plain"]) / each.at_the_end["plain"] for each in kept]
    return [
        Figure("allocation.newcomer.first_week", week["virtual"] / week["random"], "of random's", 1.2),
        Figure("allocation.newcomer.first_week.plain", week["plain"] / week["random"], "of random's"),
        Figure("allocation.newcomer.end_apart", median(ends), "of its end", 0.02),
    ]
