"""Levels: the attainment each association should have reached by now, foreseen from last season's demand.

Every day, what is still to come is taken from last season and dealt out at best, on top of what each association has
(one convex min-cost flow, capacity aside, so that scarcity and plenty both show). Who may count on much should have
little by now, and who may not should be ahead: level = mean attainment + (mean − own) of what is still to come, each
as a share of the objective.

A wrong forecast washes out. What has come since is compared with what had come by the same day of last season: the
more they differ, the nearer all levels are to one another, and with equal levels `projected` is ARM. Even a trusted
forecast counts for three quarters, what takes an association beyond six fifths of its objective counts for nothing,
and no level is further than a fifth of an objective from the mean.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from matching.hindsight import Slot, best, slots_of
from matching.standing import AssociationStanding, Standing

Kind = frozenset[str]
Arrived = Mapping[Kind, int]
Reached = Counter[str]

ENOUGH = 300  # requests before a season can be compared with another
UNTIL_THEN = Fraction(1, 4)
ALIKE, UNLIKE = Fraction(8, 100), Fraction(22, 100)  # chance alone makes two seasons of 16,000 differ by .03 to .1
FORECAST = Fraction(3, 4)
FURTHEST = Fraction(1, 5)
PLENTY = Fraction(6, 5)
RECENT = timedelta(days=28)
SAMPLE = 1500
MILLIONTHS = 1_000_000


class Demand(NamedTuple):
    """Last season: how many requests of a kind (the associations that may fit) came on a day, 0 the season's first."""

    day: int
    kind: Kind
    requests: int = 1


@dataclass(frozen=True, slots=True)
class Came:
    """How many requests had come, and how many of them were in each association's reach."""

    total: int
    reached: Mapping[str, int]

    @classmethod
    def of(cls, arrived: Arrived) -> "Came":
        reached = Reached()
        for kind, count in arrived.items():
            for key in kind:
                reached[key] += count
        return cls(sum(count for kind, count in arrived.items() if kind), reached)

    def and_then(self, more: "Came") -> "Came":
        return Came(self.total + more.total, Reached(self.reached) + Reached(more.reached))

    def since(self, before: "Came") -> "Came":
        reached = {key: count - before.reached.get(key, 0) for key, count in self.reached.items()}
        return Came(self.total - before.total, reached)


def difference(first: Came, second: Came) -> Fraction:
    """Of two demands, how unlike they are in what is within reach: 0 the same mix, 2 nothing in common."""
    if not first.total or not second.total:
        return Fraction(0)
    keys = first.reached.keys() | second.reached.keys()
    ours = {key: first.reached.get(key, 0) * second.total for key in keys}
    theirs = {key: second.reached.get(key, 0) * first.total for key in keys}
    apart = sum(abs(ours[key] - theirs[key]) for key in keys)
    return Fraction(2 * apart, max(sum(ours.values()) + sum(theirs.values()), 1))


class Levels:
    """The levels of one season, day after day. `last`: last season's demand; `begins`: this season's first day."""

    def __init__(self, last: Iterable[Demand], begins: date) -> None:
        self.begins = begins
        found = sorted((tuple(sorted(each.kind)), each.day, each.requests) for each in last if each.kind)
        self.last = [(frozenset(kind), day, count) for kind, day, count in found]
        self._last_came = self._by_day()
        self._came: dict[date, Came] = {begins: Came(0, {})}

    def _by_day(self) -> list[Came]:
        """What had come of last season by the morning of each day, and of the day after its last."""
        arrived: defaultdict[int, Counter[Kind]] = defaultdict(Counter)
        for kind, day, count in self.last:
            arrived[max(day, 0)][kind] += count
        found = [Came(0, {})]
        for day in range(max(arrived, default=-1) + 1):
            found.append(found[-1].and_then(Came.of(arrived[day])))
        return found

    def __call__(self, today: date, standing: Standing, arrived: Arrived) -> dict[str, Fraction]:
        """The level of each declared association this morning. `arrived`: what came this season, by kind."""
        self.saw(today, arrived)
        trust = self.trust(today)
        coming = self.coming(today) if trust else Counter[Kind]()
        return levels(coming, standing, trust * FORECAST)

    def saw(self, today: date, arrived: Arrived) -> None:
        """What had come by the morning of that day: the days of four weeks ago are compared too, when they were seen."""
        self._came[today] = Came.of(arrived)

    def trust(self, today: date) -> Fraction:
        """How far last season's demand may be counted on: 1 while this one is like it, 0 when it is another."""
        came = self._came[today]
        if came.total < ENOUGH:
            return UNTIL_THEN
        earlier = max(day for day in self._came if day <= max(today - RECENT, self.begins))
        recent = difference(came.since(self._came[earlier]), self._by(today).since(self._by(earlier)))
        apart = max(recent, difference(came, self._by(today)))
        return min(max((UNLIKE - apart) / (UNLIKE - ALIKE), Fraction(0)), Fraction(1))

    def coming(self, today: date) -> Counter[Kind]:
        """Last season's demand from that day on."""
        first, found = (today - self.begins).days, Counter[Kind]()
        for kind, day, count in self.last:
            if day >= first:
                found[kind] += count
        return found

    def _by(self, today: date) -> Came:
        """What had come of last season by that day."""
        return self._last_came[min(max((today - self.begins).days, 0), len(self._last_came) - 1)]


def levels(coming: Arrived, standing: Standing, weight: Fraction) -> dict[str, Fraction]:
    """The levels, given what is still to come and how much that counts (0: all levels are the same)."""
    declared = {key: its for key, its in sorted(standing.associations.items()) if its.declared}
    bounds = {key: _bounds(its) for key, its in declared.items()}
    whole = sum(objective for _, objective in bounds.values())
    if not whole:
        return {}
    mean = Fraction(sum(committed for committed, _ in bounds.values()), whole)
    shares = _shares(coming, bounds, weight)
    usual = sum((shares[key] * objective for key, (_, objective) in bounds.items()), Fraction(0)) / whole
    found = {key: mean + min(max(usual - share, -FURTHEST), FURTHEST) for key, share in shares.items()}
    lift = max(-min(found.values()), Fraction(0))
    return {key: _rounded(level + lift) for key, level in found.items()}


def _bounds(its: AssociationStanding) -> tuple[int, int]:
    """Committed and objective as ARM sees them, V included while it counts."""
    extra = round(its.virtual_start) if its.committed < its.objective else 0
    return its.committed + extra, its.objective + extra


def _shares(coming: Arrived, bounds: Mapping[str, tuple[int, int]], weight: Fraction) -> dict[str, Fraction]:
    """For each association what it may still count on, as a share of its objective, for what the forecast weighs."""
    if not weight:
        return dict.fromkeys(bounds, Fraction(0))
    unit, kinds = _sampled(coming, bounds.keys())
    dealt = best(
        slots_of(kinds),
        {key: objective for key, (_, objective) in bounds.items()},
        {Slot(key): None for key in bounds},
        started={key: committed for key, (committed, _) in bounds.items()},
        unit=unit,
    )
    return {key: weight * _useful(dealt.attained.get(key, 0) * unit, *bounds[key]) for key in bounds}


def _useful(coming: int, committed: int, objective: int) -> Fraction:
    """As a share of the objective, no further than plenty."""
    return max(min(Fraction(coming, objective), PLENTY - Fraction(committed, objective)), Fraction(0))


def _sampled(coming: Arrived, among: Iterable[str]) -> tuple[int, Counter[Kind]]:
    """One request in so many, evenly over the kinds in their order: SAMPLE are enough for a forecast."""
    declared = frozenset(among)
    unit = max(1, -(-sum(coming.values()) // SAMPLE))
    kinds, seen = Counter[Kind](), unit // 2
    for kind, count in coming.items():
        taken, seen = divmod(seen + count, unit)
        if taken and kind & declared:
            kinds[kind & declared] += taken
    return unit, kinds


def _rounded(level: Fraction) -> Fraction:
    """To a millionth: it is written into every decision."""
    return Fraction(int(level * MILLIONTHS), MILLIONTHS)
