"""A country, programmes and requests for measuring eligibility: synthetic, and the same for the same seed.

The criteria are flat (an age, a level, needs, publics, a territory, a channel, ways of meeting), as every rule engine
can write them, so that all can be measured on the very same programmes.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import Any

from matching.conditions import AgeTest, ChannelTest, LevelTest, ModalityTest, NeedTest, PublicTest, TerritoryTest, Test
from matching.criteria import All
from matching.profile import Profile
from matching.programme import Catalogue, Programme
from matching.vocabulary import Channel, Modality, Need, Public, Side, StudyLevel

COUNTRY = "country:FR"
COMMUNES, EPCIS, DEPARTEMENTS, REGIONS = 12_000, 1_200, 100, 18
PUBLICS = tuple(public for public in Public if Side.MENTEE in public.sides)
NEEDS, LEVELS, CHANNELS = tuple(Need), tuple(StudyLevel), tuple(Channel)
WAYS = (
    *2 * (frozenset({Modality.IN_PERSON}),),
    *4 * (frozenset(Modality),),
    frozenset({Modality.REMOTE}),
    frozenset({Modality.IN_PERSON, Modality.HYBRID}),
)
SEED = 20_260_901


@dataclass(frozen=True)
class Flat:
    """One programme as a row of a table. None: nothing asked."""

    ages: tuple[int, int]
    levels: tuple[StudyLevel, StudyLevel]
    needs: frozenset[Need]
    publics: frozenset[Public] | None
    places: frozenset[str]
    channels: frozenset[Channel] | None
    ways: frozenset[Modality]

    @property
    def criteria(self) -> All:
        tests: list[Test] = [TerritoryTest(self.places), AgeTest(*self.ages), LevelTest(*self.levels)]
        tests.append(NeedTest(self.needs))
        if self.publics:
            tests.append(PublicTest(self.publics))
        if self.channels:
            tests.append(ChannelTest(self.channels))
        return All((*tests, ModalityTest(self.ways)))


def flat_programmes(count: int, seed: int = SEED) -> list[Flat]:
    chance = random.Random(seed)
    return [_flat(chance) for _ in range(count)]


def _flat(chance: random.Random) -> Flat:
    youngest, years = chance.randint(5, 20), chance.randint(5, 15)
    lowest = max(youngest - 6 + chance.randint(-2, 1), 0)
    return Flat(
        ages=(youngest, youngest + years),
        levels=(LEVELS[lowest], LEVELS[min(lowest + years + 1, len(LEVELS) - 1)]),
        needs=frozenset(chance.sample(NEEDS, chance.randint(4, 12))),
        publics=frozenset(chance.sample(PUBLICS, chance.randint(2, 5))) if chance.random() < 0.4 else None,
        places=_territory(chance),
        channels=frozenset(chance.sample(CHANNELS, 2)) if chance.random() < 0.2 else None,
        ways=chance.choice(WAYS),
    )


def _territory(chance: random.Random) -> frozenset[str]:
    """A few communes, départements or regions; one in five serves the whole country."""
    kind = chance.choices(("commune", "epci", "departement", "region", COUNTRY), (15, 15, 30, 20, 20))[0]
    if kind == COUNTRY:
        return frozenset({COUNTRY})
    homes = chance.choices(country()[0], k=chance.randint(1, 8 if kind == "commune" else 3))
    return frozenset(place for home in homes for place in home if place.startswith(f"{kind}:"))


@cache
def country() -> tuple[list[frozenset[str]], list[float]]:
    """What contains each commune, and how many people live there, summed up: few are large, many are small."""
    chance = random.Random(SEED)
    homes = [_home(commune) for commune in range(COMMUNES)]
    return homes, list(accumulate(chance.paretovariate(0.9) for _ in homes))


def _home(commune: int) -> frozenset[str]:
    epci = commune * EPCIS // COMMUNES
    departement = epci * DEPARTEMENTS // EPCIS
    region = departement * REGIONS // DEPARTEMENTS
    return frozenset(
        {f"commune:{commune:05}", f"epci:{epci:04}", f"departement:{departement:03}", f"region:{region:02}", COUNTRY}
    )


def catalogue_of(programmes: list[Flat]) -> Catalogue:
    """In the order given: bit i is programmes[i]."""
    return Catalogue.of(
        Side.MENTEE,
        [
            Programme(f"p{at:06}", f"a{at * 60 // len(programmes):02}", Side.MENTEE, one.criteria)
            for at, one in enumerate(programmes)
        ],
    )


def some_requests(count: int, seed: int = SEED, unknown: float = 0.0) -> Iterator[Profile]:
    """unknown: the share of facts left without answer. Publics are left without more than half of the time anyhow, as people do."""
    chance = random.Random(seed)
    homes, people = country()
    places = chance.choices(homes, cum_weights=people, k=count)
    return (_request(chance, f"r{at:07}", places[at], unknown) for at in range(count))


def _request(chance: random.Random, key: str, home: frozenset[str], unknown: float) -> Profile:
    def told(value: Any) -> Any:
        return None if unknown and chance.random() < unknown else value

    age = 6 + int(chance.random() * 25)
    level = min(max(age - 6 + int(chance.random() * 5) - 2, 0), len(LEVELS) - 1)
    return Profile(
        key=key,
        side=Side.MENTEE,
        channel=told(CHANNELS[int(chance.random() * 3)]),
        age=told(age),
        level=told(LEVELS[level]),
        needs=told(frozenset(chance.choices(NEEDS, k=1 + int(chance.random() * 3)))),
        publics={public: drawn < 0.15 for public in PUBLICS if (drawn := chance.random()) < 0.45},
        places=told(home),
        modalities=told(WAYS[int(chance.random() * len(WAYS))]),
    )


def flat_facts(profile: Profile) -> dict[str, Any]:
    """The facts of a request wholly answered, as plain values: what a rule engine is given."""
    return {
        "age": profile.age,
        "level": profile.level.rank,
        "needs": [need.value for need in profile.needs],
        "publics": [public.value for public, answer in profile.publics.items() if answer],
        "places": sorted(profile.places),
        "channel": profile.channel.value,
        "ways": [way.value for way in ways_of(profile.modalities)],
    }


def ways_of(modalities: frozenset[Modality]) -> frozenset[Modality]:
    """Who accepts both ways accepts a mix of them."""
    return modalities | {Modality.HYBRID} if {Modality.IN_PERSON, Modality.REMOTE} <= modalities else modalities
