"""Levels: the attainment each association should have reached by now, foreseen from last season's demand.

Every day, what is still to come is dealt out at best, on top of what each association has (one convex min-cost flow,
capacity aside, so that scarcity and plenty both show). Who may count on much should have little by now, and who may
not should be ahead: level = mean attainment + (mean − own) of what is still to come, each as a share of the objective.

Nobody knows beforehand whether this season will change its mix as last season did. So what is still to come is
foreseen twice: as last season's from that day on, and as what has come so far, going on. Both count, the first for
three quarters, or less where more than STAKE of all objectives is at stake between them; so whoever would run short in
either is not left behind. Once they say different things, the last weeks tell which one this season follows, and that
one alone counts.

A wrong forecast washes out. The more what came differs from last season by the same day, the nearer all levels are to
one another; and so for each foresight when what came lately differs from it, unless the last weeks already told that
this season changes as the last: with equal levels `projected` is ARM. Even a confirmed foresight does not count for the
whole, one offer in LOST is taken to come to nothing, and what takes an association beyond six fifths of its objective
counts for nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from matching.hindsight import Slot, best, slots_of
from matching.standing import AssociationStanding, Standing

Kind = frozenset[str]
Arrived = Mapping[Kind, int]
Reached = Counter[str]
Shares = Mapping[str, Fraction]
Bounds = tuple[int, int]

ENOUGH = 300  # requests before a season can be compared with another
UNTIL_THEN = Fraction(1, 4)
ALIKE = Fraction(8, 100), Fraction(22, 100)  # chance alone makes two seasons of 16,000 differ by .03 to .1
LATELY = Fraction(5, 100), Fraction(12, 100)  # stricter, while it is not known which of both it follows
LAST_FIRST = Fraction(3, 4)
STAKE = Fraction(8, 100)  # of all objectives, that may be placed otherwise on a forecast nothing confirmed
SURE = Fraction(14, 1000)  # chance alone makes `leaning` .003 when both foresights are the same
FORECAST, CONFIRMED = Fraction(85, 100), Fraction(9, 10)
PLENTY = Fraction(6, 5)
LOST = 7  # a few associations send one in five back, others one in twelve
RECENT = timedelta(days=28)
SAMPLE = 1500
MILLIONTHS = 1_000_000


class Demand(NamedTuple):
    """Last season: how many requests of a kind (the associations that may fit) came on a day, 0 the season's first."""

    day: int
    kind: Kind
    requests: int = 1


class Trust(NamedTuple):
    """How far either foresight may be counted on, each from 0 to 1, and which of both this season leans to.

    leans: 1 or more to last season alone, -1 or less to what came so far alone, 0 when nothing tells yet.
    """

    as_last: Fraction
    as_so_far: Fraction
    leans: Fraction

    def weights(self, prior: Fraction) -> tuple[Fraction, Fraction]:
        """What each counts for, `prior` being the part of last season when nothing tells."""
        first = _share(prior + self.leans)
        counts = FORECAST + (CONFIRMED - FORECAST) * _share(self.leans)
        return first * self.as_last * counts, (1 - first) * self.as_so_far * counts


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

    def shares(self) -> dict[str, Fraction]:
        """Each association's part of all that was in anybody's reach."""
        whole = max(sum(self.reached.values()), 1)
        return {key: Fraction(count, whole) for key, count in self.reached.items()}


def difference(first: Came, second: Came) -> Fraction:
    """Of two demands, how unlike they are in what is within reach: 0 the same mix, 2 nothing in common."""
    if not first.total or not second.total:
        return Fraction(0)
    keys = first.reached.keys() | second.reached.keys()
    ours = {key: first.reached.get(key, 0) * second.total for key in keys}
    theirs = {key: second.reached.get(key, 0) * first.total for key in keys}
    apart = sum(abs(ours[key] - theirs[key]) for key in keys)
    return Fraction(2 * apart, max(sum(ours.values()) + sum(theirs.values()), 1))


def alike(first: Came, second: Came, limits: tuple[Fraction, Fraction] = ALIKE) -> Fraction:
    """1 while chance alone would explain their difference, 0 when they are of another mix."""
    least, most = limits
    return _share((most - difference(first, second)) / (most - least))


def leaning(recent: Came, one: Came, other: Came) -> Fraction:
    """Whether what came recently is of the mix of `one` (above 0) or of `other`; 0 when these say the same.

    By association in reach, the log-likelihood ratio to the second order: exact, where a logarithm would not be.
    """
    if not recent.total or not one.total or not other.total:
        return Fraction(0)
    now, ours, theirs = recent.shares(), one.shares(), other.shares()
    told = 0
    for key in ours.keys() | theirs.keys():
        mine, its = ours.get(key, Fraction(0)), theirs.get(key, Fraction(0))
        if mine != its:
            told += round((mine - its) * (2 * now.get(key, Fraction(0)) - mine - its) / (mine + its) * MILLIONTHS)
    return Fraction(told, MILLIONTHS)


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
        bounds, trust = _declared(standing), self.trust(today)
        last: Shares = {}
        so_far: Shares = {}
        if trust.as_last and trust.leans > -1:
            last = counted_on(self.coming(today), bounds)
        if trust.as_so_far and trust.leans < 1:
            so_far = counted_on(self.going_on(today, arrived), bounds)
        as_last, as_so_far = trust.weights(prior(last, so_far, bounds))
        return levels(bounds, [(last, as_last), (so_far, as_so_far)])

    def saw(self, today: date, arrived: Arrived) -> None:
        """What had come by the morning of that day: the days of four weeks ago are compared too, when they were seen."""
        self._came[today] = Came.of(arrived)

    def trust(self, today: date) -> Trust:
        """Nothing to be counted on while this season is not like the last from its first day on."""
        came, last = self._came[today], self._by(today)
        if came.total < ENOUGH:
            return Trust(UNTIL_THEN, Fraction(0), Fraction(0))
        earlier = max(day for day in self._came if day <= max(today - RECENT, self.begins))
        before = self._came[earlier]
        recent, expected = came.since(before), last.since(self._by(earlier))
        whole, leans = alike(came, last), leaning(recent, expected, before) / SURE
        follows = Fraction(1) if leans >= 1 else alike(recent, expected, LATELY)
        return Trust(whole * follows, whole * alike(recent, before, LATELY), leans)

    def coming(self, today: date) -> Counter[Kind]:
        """Last season's demand from that day on."""
        first, found = (today - self.begins).days, Counter[Kind]()
        for kind, day, count in self.last:
            if day >= first:
                found[kind] += count
        return found

    def going_on(self, today: date, arrived: Arrived) -> Counter[Kind]:
        """As many requests as last season had still to come for those it had had, of the mix that came so far."""
        had, found, over = self._by(today).total, Counter[Kind](), 0
        left = self._last_came[-1].total - had
        for kind in sorted((kind for kind in arrived if kind), key=sorted):
            count, over = divmod(over + arrived[kind] * left, max(had, 1))
            found[kind] += count
        return found

    def _by(self, today: date) -> Came:
        """What had come of last season by that day."""
        return self._last_came[min(max((today - self.begins).days, 0), len(self._last_came) - 1)]


def prior(last: Shares, so_far: Shares, bounds: Mapping[str, Bounds]) -> Fraction:
    """The part of last season while nothing tells: the less, the more places are at stake between both foresights."""
    whole = sum(objective for _, objective in bounds.values())
    if not last or not so_far or not whole:
        return LAST_FIRST
    apart = sum((abs(last[key] - so_far[key]) * objective for key, (_, objective) in bounds.items()), Fraction(0))
    return min(LAST_FIRST, STAKE * whole / apart) if apart else LAST_FIRST


def levels(bounds: Mapping[str, Bounds], foresights: Iterable[tuple[Shares, Fraction]]) -> dict[str, Fraction]:
    """The levels, given what each may count on by either foresight, and its weight (0: all levels are the same)."""
    whole = sum(objective for _, objective in bounds.values())
    if not whole:
        return {}
    mean = Fraction(sum(committed for committed, _ in bounds.values()), whole)
    weighed = [(counted, weight) for counted, weight in foresights if counted and weight]
    shares = {key: sum((counted[key] * weight for counted, weight in weighed), Fraction(0)) for key in bounds}
    usual = sum((shares[key] * objective for key, (_, objective) in bounds.items()), Fraction(0)) / whole
    found = {key: mean + usual - share for key, share in shares.items()}
    lift = max(-min(found.values()), Fraction(0))
    return {key: _rounded(level + lift) for key, level in found.items()}


def _declared(standing: Standing) -> dict[str, Bounds]:
    return {key: _bounds(its) for key, its in sorted(standing.associations.items()) if its.declared}


def _bounds(its: AssociationStanding) -> Bounds:
    """Committed and objective as ARM sees them, V included while it counts."""
    extra = round(its.virtual_start) if its.committed < its.objective else 0
    return its.committed + extra, its.objective + extra


def counted_on(coming: Arrived, bounds: Mapping[str, Bounds]) -> dict[str, Fraction]:
    """For each association what it may still count on, as a share of its objective."""
    unit, kinds = _sampled(coming, bounds.keys())
    dealt = best(
        slots_of(kinds),
        {key: objective for key, (_, objective) in bounds.items()},
        {Slot(key): None for key in bounds},
        started={key: committed for key, (committed, _) in bounds.items()},
        unit=unit,
    )
    return {key: _useful(dealt.attained.get(key, 0) * unit, *bounds[key]) for key in bounds}


def _useful(coming: int, committed: int, objective: int) -> Fraction:
    """As a share of the objective, no further than plenty."""
    return max(min(Fraction(coming, objective), PLENTY - Fraction(committed, objective)), Fraction(0))


def _sampled(coming: Arrived, among: Iterable[str]) -> tuple[int, Counter[Kind]]:
    """One request in so many, evenly over the kinds in their order, for those who would keep it: SAMPLE are enough."""
    declared = frozenset(among)
    unit = max(1, -(-sum(coming.values()) // SAMPLE))
    turns = {key: place % LOST for place, key in enumerate(sorted(declared))}
    kinds, seen = Counter[Kind](), unit // 2
    for kind, count in coming.items():
        taken, seen = divmod(seen + count, unit)
        if taken:
            kinds.update(_keeping(kind & declared, taken, turns))
    del kinds[frozenset()]
    return unit, kinds


def _keeping(kind: Kind, times: int, turns: dict[str, int]) -> Iterator[Kind]:
    """Each of these requests, for those with whom it would stay: each association loses every LOST-th in its reach."""
    for _ in range(times):
        for key in kind:
            turns[key] = (turns[key] + 1) % LOST
        yield frozenset(key for key in kind if turns[key])


def _share(found: Fraction) -> Fraction:
    """No less than 0, no more than 1."""
    return min(max(found, Fraction(0)), Fraction(1))


def _rounded(level: Fraction) -> Fraction:
    """To a millionth: it is written into every decision."""
    return Fraction(int(level * MILLIONTHS), MILLIONTHS)
