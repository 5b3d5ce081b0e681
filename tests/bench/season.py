"""The synthetic benchmark season: seeded associations, programmes and requests; nothing in it is real.

A world (departements, associations, programmes, objectives) follows from `seed`; the requests from `seed` and `draw`,
so that draw 1 is last year's demand over the same associations. Objectives add up to a share of the demand.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from math import sqrt
from random import Random

from matching.answering import Habit, Habits
from matching.conditions import AgeTest, ChannelTest, NeedTest, PublicTest, TerritoryTest
from matching.criteria import All, Expression, meeting
from matching.index import Index
from matching.profile import Profile
from matching.programme import Catalogue, Period, Programme
from matching.season import End, Season
from matching.settings import Settings
from matching.standing import AssociationStanding, Places, Standing
from matching.vocabulary import REMOTE, Channel, Modality, Side
from tests.bench.demand import COUNTRY, FIRST_DAY, IN_PERSON, NEEDS, PUBLICS, Demand, facts_of

SURVEY = 1000
FROM_AFAR = 12  # of a hundred associations
Kinds = Counter[frozenset[str]]


@dataclass(frozen=True)
class BenchSeason:
    """season: what comes. settings: as at its start. habits: how each association answers.

    newcomer: the association that opens at `joins_at`, if any. Its virtual start is left to who measures it.
    """

    season: Season
    settings: Settings
    habits: Habits
    newcomer: str | None = None

    @cached_property
    def kinds(self) -> Kinds:
        """How many requests for each set of associations that may fit; nobody's are left out."""
        catalogue, masks = self.settings.catalogue, Counter[int]()
        index, found = Index(catalogue), Kinds()
        masks.update(index.outcomes(arrival.profile).possible for arrival in self.season.kept)
        for mask, count in masks.items():
            found[frozenset(key for key, bits in catalogue.bits_of.items() if bits & mask)] += count
        del found[frozenset()]
        return found


def season(
    seed: int,
    *,
    objectives: float = 0.85,
    bounces: tuple[float, float] = (0.08, 0.20),
    requests: int = 16_000,
    associations: int = 60,
    programmes: int = 150,
    days: int = 240,
    drift: float = 0.0,
    joins_at: int | None = None,
    capacities: tuple[float, float] | None = None,
    draw: int = 0,
    stream: bool = False,
) -> BenchSeason:
    """One season.

    objectives: their sum as a share of the requests. bounces: each association's rate is drawn between these.
    drift: 0 the same mix all along, 1 another mix at the end than at the start. joins_at: the day a newcomer opens.
    capacities: drawn between these shares of the objective; as the objective when None. draw: another demand over the
    same world. stream: the arrivals are an iterator, to be lived once, whatever their number.
    """
    world = World(seed, associations, programmes)
    chance = Random(f"demand {seed} {draw}")
    demand = Demand(chance, (world.departements, world.weights), requests, days, drift, stream=stream)
    arrivals = demand.arrivals() if stream else tuple(demand.arrivals())
    newcomer = None if joins_at is None else world.typical
    catalogue = Catalogue.of(Side.MENTEE, world.offered if joins_at is None else world.joined_at(joins_at))
    return BenchSeason(
        Season(Side.MENTEE, arrivals, demand.until),
        Settings(catalogue, world.standing(round(requests * objectives), capacities)),
        world.habits(bounces),
        newcomer,
    )


class World:
    """Who there is: drawn from the seed alone."""

    def __init__(self, seed: int, associations: int, programmes: int) -> None:
        self.seed = seed
        self.chance = Random(f"world {seed}")
        self.departements = [f"{number:02}" for number in range(1, min(96, max(40, associations // 8)) + 1)]
        self.weights = [self.chance.paretovariate(1.6) for _ in self.departements]
        self.keys = [f"a{number:04}" for number in range(associations)]
        self.remote = {key for key in self.keys if self.chance.randrange(100) < FROM_AFAR}
        more = Counter(self.chance.choices(self.keys, k=programmes - associations))
        self.offered = [each for key in self.keys for each in self._programmes(key, 1 + more[key])]

    @cached_property
    def typical(self) -> str:
        """The association in the middle, by what is within its reach."""
        return sorted(self.keys, key=lambda key: (self.reached[key], key))[len(self.keys) // 2]

    def joined_at(self, day: int) -> list[Programme]:
        opens = Period(start=FIRST_DAY + timedelta(days=day))
        return [replace(each, intake=opens) if each.association == self.typical else each for each in self.offered]

    def _programmes(self, key: str, count: int) -> Iterator[Programme]:
        where, youngest = self._territory(key), self.chance.choice((6, 10, 11, 14, 16))
        oldest = youngest + self.chance.choice((7, 9, 12, 15))
        for number in range(count):
            age = AgeTest(youngest, oldest + self.chance.randrange(3))
            yield Programme(f"{key}-{number}", key, Side.MENTEE, self._criteria(age, where, remote=key in self.remote))

    def _territory(self, key: str) -> frozenset[str]:
        """Some departements; who works from afar is national."""
        many = 0 if key in self.remote else self.chance.choice((1, 1, 1, 2, 2, 3, 4, 6))
        chosen = self.chance.choices(self.departements, self.weights, k=many)
        return frozenset(f"departement:{code}" for code in chosen) or frozenset({COUNTRY})

    def _criteria(self, age: AgeTest, where: frozenset[str], *, remote: bool) -> Expression:
        parts: list[Expression] = [age, NeedTest(frozenset(self.chance.sample(NEEDS, self.chance.choice((2, 3, 4)))))]
        if self.chance.randrange(100) < 35:
            parts.append(PublicTest(frozenset(self.chance.sample(list(PUBLICS), self.chance.choice((1, 2, 3))))))
        if self.chance.randrange(100) < FROM_AFAR:
            parts.append(ChannelTest(frozenset({Channel.PROFESSIONAL})))
        if not remote:
            parts.append(TerritoryTest(where))
        return All((*parts, meeting(frozenset({Modality.REMOTE}) if remote else IN_PERSON, where)))

    def standing(self, objectives: int, capacities: tuple[float, float] | None) -> Standing:
        """Objectives follow a size of one's own and what is within reach; each has one row of capacity."""
        chance = Random(f"objectives {self.seed}")
        sizes = {key: chance.lognormvariate(0, 0.5) * sqrt(self.reached[key] + 1) for key in self.keys}
        unit = objectives / sum(sizes.values())
        found = {}
        for key, size in sizes.items():
            objective = max(1, round(size * unit))
            capacity = objective if capacities is None else max(1, round(objective * chance.uniform(*capacities)))
            row = {REMOTE if key in self.remote else COUNTRY: Places(capacity)}
            found[key] = AssociationStanding(objective=objective, places=row)
        return Standing(found)

    @cached_property
    def reached(self) -> Counter[str]:
        """What each would have of a sample, were every request shared alike among those that fit it."""
        catalogue, found = Catalogue.of(Side.MENTEE, self.offered), Counter[str]()
        index, chance = Index(catalogue), Random(f"reached {self.seed}")
        for _ in range(SURVEY):
            facts = facts_of(chance, self.departements, self.weights, late=False)
            mask = index.outcomes(Profile(key="-", side=Side.MENTEE, **facts)).possible
            fitting = [key for key, bits in catalogue.bits_of.items() if bits & mask]
            found.update({key: SURVEY // len(fitting) for key in fitting})
        return found

    def habits(self, bounces: tuple[float, float]) -> Habits:
        """Of what comes to nothing, most is answered within three days and the rest expires on the seventh."""
        chance = Random(f"habits {self.seed}")
        return Habits({key: _habit(round(1000 * chance.uniform(*bounces)), chance) for key in self.keys})


def _habit(lost: int, chance: Random) -> Habit:
    answered = [timedelta(minutes=chance.randrange(20, 3 * 24 * 60)) for _ in range(12)]
    expired = lost // 5
    return Habit(
        {End.KEPT: 1000 - lost, End.BOUNCED: lost - expired, End.EXPIRED: expired},
        {End.BOUNCED: answered, End.EXPIRED: [timedelta(days=7)]},
    )
