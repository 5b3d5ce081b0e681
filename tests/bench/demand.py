"""The requests of the benchmark season: who asks, where they live, and when; drawn in order, in a stream."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Any

from matching.profile import Profile
from matching.season import Arrival
from matching.vocabulary import Channel, Modality, Need, Public, Side, Situation, StudyLevel

FIRST_DAY = date(2026, 9, 1)
COUNTRY = "country:FR"
COMMUNES = 12
POOL = 16_384
NEEDS = tuple(Need)[:8]
PUBLICS = {Public.QPV: 35, Public.MODEST: 50, Public.REP: 30, Public.RURAL: 25, Public.WOMAN: 50}
CHANNELS = (Channel.SELF, Channel.SELF, Channel.FAMILY, Channel.PROFESSIONAL)
IN_PERSON = frozenset({Modality.IN_PERSON, Modality.HYBRID})
PREFERRED_LATE = (IN_PERSON, IN_PERSON, IN_PERSON, frozenset(Modality))
RHYTHM = (10, 14, 12, 7, 9, 8, 6, 4)  # of each eighth of the season
OF_A_WEEK = (12, 12, 11, 11, 9, 3, 2)
YOUNGEST, OLDEST = 8, 26
LEVELS = tuple(StudyLevel)


def facts_of(chance: Random, departements: Sequence[str], weights: Sequence[float], late: bool) -> dict[str, Any]:
    """The facts of one request. late: of the mix that drifting demand tends to (older, elsewhere, other needs)."""
    crowds = [weight**1.5 for weight in weights]
    departement = chance.choices(departements, crowds[::-1] if late else crowds)[0]
    commune = f"commune:{departement}{chance.randrange(COMMUNES):03}"
    age = round(chance.triangular(YOUNGEST, OLDEST, 21 if late else 13))
    return {
        "channel": chance.choice(CHANNELS),
        "age": age,
        "level": LEVELS[min(age - 5, 17)],
        "situations": frozenset({Situation.COLLEGE if age < 15 else Situation.STUDENT}),
        "needs": frozenset(_need(chance, late) for _ in range(chance.choice((1, 2, 2, 3)))),
        "publics": {public: chance.randrange(100) < share for public, share in PUBLICS.items()},
        "places": frozenset({commune, f"departement:{departement}", COUNTRY}),
        "modalities": chance.choice(PREFERRED_LATE) if late else frozenset(Modality),
    }


def _need(chance: Random, late: bool) -> Need:
    """The first of the list most often; the last, late."""
    place = min(chance.randrange(len(NEEDS)) for _ in range(3))
    return NEEDS[-1 - place if late else place]


class Demand:
    """A number of requests over a number of days: the rhythm of a school year, and of a week.

    drift: the share that is of the late mix once it has set in, between a quarter and two thirds of the season.
    """

    def __init__(
        self,
        chance: Random,
        where: tuple[Sequence[str], Sequence[float]],
        requests: int,
        days: int,
        drift: float,
        *,
        stream: bool = False,
    ) -> None:
        self.chance, self.where, self.requests, self.days, self.drift = chance, where, requests, days, drift
        self.pool = [self._drawn(0.0, f"p{number}") for number in range(POOL if stream else 0)]
        self.until = self._morning(days)

    def arrivals(self) -> Iterator[Arrival]:
        """In order. In a stream, which may be without end, people come from a pool, each under a key of its own."""
        number = 0
        for day, count in enumerate(self._counts()):
            seconds = sorted(self.chance.randrange(8 * 3600, 20 * 3600) for _ in range(count))
            morning = self._morning(day)
            for second in seconds:
                profile = self._profile(day, f"r{number:07}")
                yield Arrival(profile, morning + timedelta(seconds=second))
                number += 1

    def _morning(self, day: int) -> datetime:
        return datetime.combine(FIRST_DAY, datetime.min.time(), UTC) + timedelta(days=day)

    def _counts(self) -> list[int]:
        weights = [RHYTHM[day * len(RHYTHM) // self.days] * OF_A_WEEK[day % 7] for day in range(self.days)]
        until = [each * self.requests // sum(weights) for each in accumulate(weights)]
        return [last - first for first, last in zip([0, *until], until, strict=False)]

    def _profile(self, day: int, key: str) -> Profile:
        if self.pool:
            return renamed(self.chance.choice(self.pool), key)
        return self._drawn(self.drift * min(1.0, max(0.0, 2.5 * (day / self.days - 0.25))), key)

    def _drawn(self, late: float, key: str) -> Profile:
        facts = facts_of(self.chance, *self.where, late=self.chance.random() < late)
        return Profile(key=key, side=Side.MENTEE, **facts)


def renamed(profile: Profile, key: str) -> Profile:
    """The same facts under another key; what was computed from the facts is kept."""
    return replace(profile, key=key)
