"""The same season lived before and after a change, seed by seed, and what differs: in figures, and for whom."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median
from typing import NamedTuple

from matching.answering import habits_of
from matching.fairness import Fairness
from matching.programme import Catalogue
from matching.replay import Known, Run, known_outcomes, replay
from matching.router import Router
from matching.season import Season
from matching.settings import Settings

HALF, MOST = Fraction(1, 2), Fraction(9, 10)
DIGITS = 4
COMMUNE = "commune:"
Figure = int | float | None
Told = Callable[[int, int], None]


class Move(NamedTuple):
    """A request that goes elsewhere: from whom, to whom; None is nobody."""

    request: str
    before: str | None
    after: str | None


class Interval(NamedTuple):
    """A difference, after less before, over the seeds."""

    low: Figure
    middle: Figure
    high: Figure


class Attained(NamedTuple):
    """Committed and objective of one association at the end."""

    association: str
    before: tuple[int, int]
    after: tuple[int, int]


@dataclass(frozen=True)
class Figures:
    """What came of one life. served: placed at the end, or welcomed until they withdrew. Days count from reception to the offer held; fairness is of those with an objective."""

    policy: str
    received: int
    served: int
    placed: int
    placed_at_once: int
    placed_later: int
    waitlisted: int
    unroutable: Mapping[str, int]
    withdrawn: int
    hops: int
    hops_mean: float
    days_median: Figure
    days_p90: Figure
    lowest: float
    tenth_percentile: float
    gini: float
    jain: float
    mean_shortfall: float

    def to_json(self) -> dict[str, object]:
        return {**vars(self), "unroutable": dict(self.unroutable)}


COUNTS = ("received", "served", "placed", "placed_at_once", "placed_later", "waitlisted", "withdrawn", "hops")
MEASURES = (
    "hops_mean", "days_median", "days_p90", "lowest", "tenth_percentile", "gini", "jain", "mean_shortfall",
)  # fmt: skip
# What is compared seed by seed.
COMPARED = (
    "served", "placed", "placed_at_once", "waitlisted", "withdrawn", "hops", "days_median", "days_p90",
    "lowest", "tenth_percentile", "gini", "jain", "mean_shortfall",
)  # fmt: skip


def figures_of(run: Run) -> Figures:
    fairness = Fairness.of(run.attained())
    return Figures(
        policy=run.policy.name.value,
        received=run.received,
        served=run.placed + run.withdrawn(),
        placed=run.placed,
        placed_at_once=run.placed_at_once,
        placed_later=run.offered - run.placed_at_once,
        waitlisted=run.waitlisted(),
        unroutable={why.value: count for why, count in run.unroutable().items()},
        withdrawn=run.withdrawn(),
        hops=run.hops,
        hops_mean=_rounded(Fraction(run.hops, run.received)) if run.received else 0.0,
        days_median=_told(run.days(HALF)),
        days_p90=_told(run.days(MOST)),
        lowest=_rounded(fairness.lowest),
        tenth_percentile=_rounded(fairness.tenth_percentile),
        gini=_rounded(fairness.gini),
        jain=_rounded(fairness.jain),
        mean_shortfall=_rounded(fairness.mean_shortfall),
    )


@dataclass(frozen=True)
class Comparison:
    """before, after: figures of the first seed, as are associations, lost, gained and moved. differences: over all.

    lost, gained: communes where some request was offered before and none after, and the other way round. same, recorded:
    of the requests that were really offered to somebody, in how many the life before chooses that very association.
    """

    seeds: int
    before: Figures
    after: Figures
    differences: Mapping[str, Interval]
    associations: tuple[Attained, ...]
    lost: tuple[str, ...]
    gained: tuple[str, ...]
    moved: tuple[Move, ...]
    same: int
    recorded: int

    def to_json(self) -> dict[str, object]:
        """Plain JSON values, described by matching.schema."""
        return {
            "requests": self.before.received,
            "seeds": self.seeds,
            "before": self.before.to_json(),
            "after": self.after.to_json(),
            "differences": {name: list(each) for name, each in self.differences.items()},
            "associations": [
                {"id": each.association, "before": list(each.before), "after": list(each.after)}
                for each in self.associations
            ],
            "lost": list(self.lost),
            "gained": list(self.gained),
            "moved": [list(move) for move in self.moved],
            "same_as_recorded": {"same": self.same, "of": self.recorded},
        }


def compare(
    season: Season, before: Settings, after: Settings, *, seeds: int = 5, told: Told | None = None
) -> Comparison:
    """Live the season under both, for each seed from 0. told: after each life, how many are done and of how many.

    Raises TypeError when the arrivals are an iterator, ValueError when `seeds` is below 1.
    """
    return compare_all(season, before, [after], seeds=seeds, told=told)[0]


def compare_all(
    season: Season, before: Settings, afters: Sequence[Settings], *, seeds: int = 5, told: Told | None = None
) -> list[Comparison]:
    """The same against several settings: what is before is lived once a seed for all of them."""
    if seeds < 1:
        raise ValueError("at least one seed is needed")
    lives = Lives(season, seeds * (1 + len(afters)), told)
    firsts, lived = lives.under(before, seeds), [lives.under(after, seeds) for after in afters]
    return [_compared(season, firsts, each) for each in lived]


class Lives:
    """Many lives of one season: what each request fits is judged once for each catalogue."""

    def __init__(self, season: Season, planned: int, told: Told | None) -> None:
        self.season, self.habits, self.planned, self.told = season, habits_of(season), planned, told
        self.done = 0
        self._known: tuple[Router, Known] | None = None

    def under(self, settings: Settings, seeds: int) -> "Lived":
        """The first run whole, and the figures of all."""
        router, known = self._judged(settings.catalogue)
        runs: Iterator[Run] = (
            replay(self.season, settings, seed=seed, habits=self.habits, router=router, known=known)
            for seed in range(seeds)
        )
        first, figures = None, []
        for run in runs:
            first = first or run
            figures.append(figures_of(run))
            self.done += 1
            if self.told:
                self.told(self.done, self.planned)
        assert first is not None
        return Lived(first, figures)

    def _judged(self, catalogue: Catalogue) -> tuple[Router, Known]:
        if self._known is None or self._known[0].catalogue is not catalogue:
            router = Router(catalogue)
            self._known = (router, known_outcomes(self.season, router))
        return self._known


class Lived(NamedTuple):
    """The lives under one settings, seed after seed."""

    run: Run
    figures: list[Figures]


def _compared(season: Season, before: Lived, after: Lived) -> Comparison:
    lost, gained = _communes(season, before.run, after.run)
    same, recorded = faithful(season, before.run)
    return Comparison(
        seeds=len(before.figures),
        before=before.figures[0],
        after=after.figures[0],
        differences={name: _interval(name, before, after) for name in COMPARED},
        associations=_attained(before.run, after.run),
        lost=lost,
        gained=gained,
        moved=tuple(_moves(season, before.run, after.run)),
        same=same,
        recorded=recorded,
    )


def _interval(name: str, before: Lived, after: Lived) -> Interval:
    pairs = [(getattr(one, name), getattr(two, name)) for one, two in zip(before.figures, after.figures, strict=True)]
    found = [round(two - one, DIGITS) for one, two in pairs if one is not None and two is not None]
    return Interval(min(found), round(median(found), DIGITS), max(found)) if found else Interval(None, None, None)


def _attained(before: Run, after: Run) -> tuple[Attained, ...]:
    """Of every association that is in either."""
    one, two = before.attained(), after.attained()
    nothing = (0, 0)
    return tuple(Attained(key, one.get(key, nothing), two.get(key, nothing)) for key in sorted({*one, *two}))


def _communes(season: Season, before: Run, after: Run) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Those where nobody is offered to anybody any more, and those where somebody is at last."""
    served: tuple[set[str], set[str]] = (set(), set())
    for number, arrival in enumerate(season.kept):
        places = arrival.profile.places or ()
        home = next((place for place in sorted(places) if place.startswith(COMMUNE)), None)
        for run, communes in zip((before, after), served, strict=True):
            if home and number < run.received and run.firsts[number] >= 0:
                communes.add(home)
    return tuple(sorted(served[0] - served[1])), tuple(sorted(served[1] - served[0]))


def _moves(season: Season, before: Run, after: Run) -> Iterator[Move]:
    for number, arrival in enumerate(season.kept[: before.received]):
        one, two = before.holder(number), after.holder(number)
        if one != two:
            yield Move(arrival.profile.key, one, two)


def faithful(season: Season, run: Run) -> tuple[int, int]:
    """In how many requests the first choice is the first that was recorded, and of how many."""
    told = [
        (number, arrival.recorded[0]) for number, arrival in enumerate(season.kept[: run.received]) if arrival.recorded
    ]
    return sum(run.first(number) == recorded.association for number, recorded in told), len(told)


def _told(value: Fraction | None) -> Figure:
    return None if value is None else _rounded(value)


def _rounded(value: Fraction) -> float:
    return round(float(value), DIGITS)
