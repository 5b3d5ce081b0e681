"""Seasons made up for the forecast.

Requests come in the rhythm of a school year and go to the association furthest from its objective; some of them come to
nothing. Seeded; a year's demand may differ from the last one's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp
from random import Random

from matching.lapsing import Offer
from matching.outlook import Bounds
from matching.rhythm import Course

DAYS = 240
EACH, REGIONS = 3, 10
MOST_ASKED = 3


def busy(day: int) -> float:
    """How busy a day is: a launch, a summer dip, a peak when school begins, holidays."""
    peak = 1.45 * exp(-(((day - 138) / 17) ** 2))
    dip = -0.55 if 65 <= day <= 111 else -0.5 if day >= 226 else 0.0
    return 0.85 + 2.2 * exp(-day / 9) + peak + dip


@dataclass(frozen=True)
class World:
    """Associations of ten regions, a few of them everywhere. loses: how often each lets an offer come to nothing."""

    bounds: dict[str, Bounds]
    region: dict[str, int]
    loses: dict[str, float]

    @property
    def kinds(self) -> dict[frozenset[str], float]:
        """As if as many requests came from every region."""
        return {frozenset(self.fitting(region)): 1 / REGIONS for region in range(REGIONS)}

    def fitting(self, region: int) -> list[str]:
        return [name for name, own in self.region.items() if own in {region, -1}]


def world(seed: int = 1) -> World:
    random = Random(seed)
    names = [f"a{n}" for n in range(EACH * REGIONS)]
    objectives = {name: random.choice((8, 15, 30, 60, 120, 250)) for name in names}
    bounds = {
        name: Bounds(objective=n, places=random.choice((n, int(1.4 * n), 2 * n, None)), stops=random.random() < 0.1)
        for name, n in objectives.items()
    }
    region = {name: -1 if n % 10 == 9 else n % REGIONS for n, name in enumerate(names)}
    return World(bounds, region, {name: random.uniform(0.1, 0.35) for name in names})


def season(where: World, seed: int, requests: int) -> Course:
    """Lived day by day: whoever fits, has room and is furthest from its objective is asked; three of them at most."""
    random = Random(seed)
    shares = {region: random.uniform(0.6, 1.4) for region in range(REGIONS)}
    committed, offers = dict.fromkeys(where.bounds, 0), []
    waiting: dict[int, list[tuple[int, frozenset[str]]]] = {day: [] for day in range(DAYS + 1)}
    days = random.choices(range(DAYS), [busy(day) for day in range(DAYS)], k=requests)
    for day in days:
        waiting[day].append((random.choices(list(shares), list(shares.values()))[0], frozenset()))
    freed: dict[int, list[str]] = {day: [] for day in range(DAYS + 1)}
    for day in range(DAYS):
        for name in freed[day]:
            committed[name] -= 1
        for region, tried in waiting[day]:
            found = min(_open(where, region, tried, committed), default=None)
            if found is None:
                continue
            name = found[1]
            committed[name] += 1
            lost = _lost(random, day, where.loses[name])
            offers.append(Offer(name, day, lost, sure=False))
            if lost is not None and lost <= DAYS:
                freed[lost].append(name)
                if len(tried) + 1 < MOST_ASKED:
                    waiting[lost].append((region, tried | {name}))
    return Course(DAYS, offers, days)


def _open(where: World, region: int, tried: frozenset[str], committed: dict[str, int]) -> Iterator[tuple[float, str]]:
    for name in where.fitting(region):
        own = where.bounds[name]
        full = own.places is not None and committed[name] >= own.places
        if name not in tried and not full and not (own.stops and committed[name] >= own.objective):
            yield committed[name] / own.objective, name


def _lost(random: Random, day: int, often: float) -> int | None:
    """Mostly in the days that follow, sometimes long after."""
    if random.random() >= often:
        return None
    return day + 1 + int(random.expovariate(1 / 5) if random.random() < 0.8 else random.expovariate(1 / 40))
