"""Outlook: what a day's history says of the rest of a season, for each association.

What is committed now holds or lapses with its age (matching.lapsing); what is still to come follows the season's rhythm
and each association's own rate of offers, drawn towards the network's where it has had few; declared places, a stop at
the objective and the requests that fit bound the whole.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil, exp, floor, log1p, sqrt

from matching.lapsing import Lapsing, Offer
from matching.rhythm import FEWEST_OFFERS, Course, Rhythm

NINE_IN_TEN = 1.645
RECENT_DAYS = 28
FEWEST_DAYS = 14
TOO_LITTLE = 1e-6  # offers
OWN_WEIGHT = 10.0  # an association's own rate counts for itself from about as many offers on
TRUST_IN_LATE = {False: 0.5, True: 0.25}  # in the last weeks' pace, without and with a past season to compare with

Kinds = Mapping[frozenset[str], float]


@dataclass(frozen=True)
class Bounds:
    """What an association can reach on one side.

    outside: those who came by other ways, for good. places: the total its declared rows allow, None when they never
    run out. stops: at its objective. opens, closes: the days from which it takes requests and takes none any more; None: until the end.
    """

    objective: int = 0
    outside: int = 0
    places: int | None = None
    stops: bool = False
    opens: int = 0
    closes: int | None = None

    def most(self, committed: int) -> float:
        """The most that could be committed, outside count included; what is already there is never taken away."""
        limits = [float("inf")]
        if self.places is not None:
            limits.append(self.places + self.outside)
        if self.stops and self.objective:
            limits.append(self.objective)
        return max(min(limits), committed)

    @property
    def weight(self) -> int:
        """Its share of the network's offers, were it an ordinary association; last of all without an objective."""
        return self.objective or 1


@dataclass(frozen=True)
class Foreseen:
    """Committed at the end of the season, outside count included: nine times in ten between low and high."""

    committed: int
    low: int
    expected: int
    high: int


@dataclass(frozen=True)
class Part:
    """One association before its bounds. sure: what nothing takes away; kept: of what it has; coming: new and lasting."""

    committed: int
    sure: int
    most: float
    kept: float = 0.0
    unsure: float = 0.0  # the variance of kept
    coming: float = 0.0

    @property
    def over(self) -> float:
        """What would come and cannot be taken."""
        return max(self.kept + self.coming - self.most, 0.0)

    @property
    def room(self) -> float:
        return max(self.most - self.kept - self.coming, 0.0)

    def foreseen(self, spread: float) -> Foreseen:
        """spread: how far, for a share of itself, what comes may lie from what was expected."""
        less, more = around(self.coming, spread)
        unsure = NINE_IN_TEN**2 * self.unsure
        middle = max(self.kept + self.coming, float(self.sure))
        low = max(middle - sqrt(unsure + (self.coming - less) ** 2), float(self.sure))
        high = middle + sqrt(unsure + (more - self.coming) ** 2)
        expected = round(min(middle, self.most))
        return Foreseen(
            committed=self.committed,
            low=min(floor(min(low, self.most)), expected),
            expected=expected,
            high=max(ceil(min(high, self.most)), expected),
        )


@dataclass(frozen=True)
class Outlook:
    """What is known at the beginning of a day of a season. until: the first day that is not foreseen.

    kinds: the share of recent requests that fit exactly these associations; None when unknown.
    """

    season: Course
    today: int
    until: int
    bounds: Mapping[str, Bounds]
    past: Course | None = None
    kinds: Kinds | None = None

    @cached_property
    def rhythm(self) -> Rhythm:
        return Rhythm(self.season.days, self.past)

    @cached_property
    def lapsing(self) -> Lapsing:
        """Learnt from the past season too: its offers are so many days older."""
        older = self.past.earlier_by(self.past.days) if self.past else []
        return Lapsing.learnt([*older, *self.season.offers], self.today)

    @property
    def left(self) -> int:
        """How many days are still to come."""
        return self.until - self.today

    @property
    def compared(self) -> bool:
        """Whether a past season gives the rhythm."""
        return self.past is not None and self.past.whole

    @property
    def enough(self) -> bool:
        """Whether there is history enough to say anything at all."""
        return self.today >= FEWEST_DAYS and self.season.offered(0, self.today) >= FEWEST_OFFERS

    def parts(self) -> dict[str, Part]:
        """One a name of bounds. What finds one of them full goes to those that it fits too and that have room."""
        weights = sum(one.weight for one in self.bounds.values())
        parts = {name: self._part(name, own, own.weight / weights) for name, own in self.bounds.items()}
        more = spilt(parts, self.kinds or {})
        return {name: replace(own, coming=own.coming + more.get(name, 0.0)) for name, own in parts.items()}

    def _part(self, name: str, own: Bounds, ordinary: float) -> Part:
        held = self._held.get(name, [])
        chances = [self.lapsing.holding(name, self.today - one.day, self.left) for one in held]
        committed, kept = len(held) + own.outside, sum(chances) + own.outside
        most, coming = own.most(committed), self._coming(name, own, ordinary)
        if committed >= most and coming:
            coming = max(coming, most - kept)  # its places held its pace down: one that comes free is taken again
        return Part(
            committed=committed,
            sure=sum(one.sure for one in held) + own.outside,
            most=most,
            kept=kept,
            unsure=sum(chance * (1 - chance) for chance in chances),
            coming=coming,
        )

    @cached_property
    def _held(self) -> dict[str, list[Offer]]:
        found: dict[str, list[Offer]] = {}
        for one in self.season.offers:
            if one.counts_at(self.today):
                found.setdefault(one.association, []).append(one)
        return found

    def _coming(self, name: str, own: Bounds, ordinary: float) -> float:
        """How many new offers will be made to it and still count at the end."""
        first, last = max(self.today, own.opens), min(self.until, self.until if own.closes is None else own.closes)
        if first >= last:
            return 0.0
        pace = self._pace({since: self._drawn(name, ordinary, since) for since in self._windows})
        if self.kinds is not None:
            pace = min(pace, self._fitting.get(name, 0.0) * self._demand)
        return pace * self._lasting(name, first, last)

    @cached_property
    def _fitting(self) -> dict[str, float]:
        """The share of requests that fit each association."""
        return shares_of(self.kinds or {})

    @cached_property
    def _demand(self) -> float:
        """The network's offers over a whole season."""
        return self._pace({since: self.season.offered(since, self.today) for since in self._windows})

    def _pace(self, made: Mapping[int, float]) -> float:
        """Offers over a whole season, by those made since its beginning and of late."""
        paces = [made[since] / self.rhythm.share(since, self.today) for since in self._windows]
        late = TRUST_IN_LATE[self.compared]
        return (1 - late) * paces[0] + late * paces[1]

    def _drawn(self, name: str, ordinary: float, since: int) -> float:
        """Its offers since that day, drawn towards those of an ordinary association of its weight."""
        usual = ordinary * self.season.offered(since, self.today)
        return usual * (self._made[since][name] + OWN_WEIGHT) / (usual + OWN_WEIGHT)

    @cached_property
    def _windows(self) -> tuple[int, int]:
        """The whole season so far, and its last weeks."""
        return 0, max(self.today - RECENT_DAYS, 0)

    @cached_property
    def _made(self) -> dict[int, Counter[str]]:
        return {
            since: Counter(one.association for one in self.season.offers if since <= one.day < self.today)
            for since in self._windows
        }

    def _lasting(self, name: str, first: int, last: int) -> float:
        """The share of a season's offers made from first to the day before last and still counting at the end."""
        days = range(first, last)
        weights = self._by_day[first - self.today : last - self.today]
        return sum(
            weight * self.lapsing.holding(name, 0, self.until - day) for day, weight in zip(days, weights, strict=True)
        )

    @cached_property
    def _by_day(self) -> list[float]:
        return [self.rhythm.share(day, day + 1) for day in range(self.today, self.until)]


def seen_from(
    season: Course,
    today: int,
    bounds: Mapping[str, Bounds],
    past: Course | None = None,
    kinds: Kinds | None = None,
    *,
    until: int | None = None,
) -> Outlook:
    """The season as it was known at the beginning of that day, whatever it holds of later ones."""
    return Outlook(season.known_at(today), today, season.days if until is None else until, bounds, past, kinds)


def shares_of(kinds: Kinds) -> dict[str, float]:
    """The share of requests that fit each association, whatever else they fit."""
    found: dict[str, float] = {}
    for fitting, share in kinds.items():
        for name in fitting:
            found[name] = found.get(name, 0.0) + share
    return found


def spilt(parts: Mapping[str, Part], kinds: Kinds) -> dict[str, float]:
    """What more comes to those with room, of what the full ones they share requests with cannot take."""
    fitting, more = shares_of(kinds), dict.fromkeys(parts, 0.0)
    full = {name: part.over / fitting[name] for name, part in parts.items() if part.over and fitting.get(name)}
    takers = {name: part.coming / fitting[name] for name, part in parts.items() if part.room and fitting.get(name)}
    for together, share in kinds.items() if full else ():
        over = share * sum(own for name, own in full.items() if name in together)
        here = [(name, own) for name, own in takers.items() if name in together] if over else []
        pull = sum(own for _, own in here)
        for name, own in here if pull else ():
            more[name] += over * own / pull
    return {name: min(own, parts[name].room) for name, own in more.items()}


def around(mean: float, spread: float) -> tuple[float, float]:
    """Between what nine in ten lie: counts of that mean, whose rate is itself uncertain by that share."""
    if mean < TOO_LITTLE:
        return 0.0, 0.0
    variation = spread**2 + 1 / mean
    width = sqrt(log1p(variation))
    middle = mean / sqrt(1 + variation)
    return middle * exp(-NINE_IN_TEN * width), middle * exp(NINE_IN_TEN * width)
