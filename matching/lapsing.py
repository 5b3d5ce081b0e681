"""Lapsing: how offers come to nothing as they age, over the whole network and at each association.

Days are numbered from the first day of a season, which is 0.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from math import exp
from typing import NamedTuple, Self

OWN_WEIGHT = 5.0  # an association counts for itself from about as many losses on


class Offer(NamedTuple):
    """A request offered to an association. lost: the day it began to count no longer; sure: a pair was formed."""

    association: str
    day: int
    lost: int | None = None
    sure: bool = False

    def counts_at(self, dawn: int) -> bool:
        """Whether it counts at the beginning of that day."""
        return self.day < dawn and (self.lost is None or self.lost >= dawn)

    def known_at(self, dawn: int) -> "Offer":
        """As it was known at the beginning of that day."""
        return self if self.lost is None or self.lost < dawn else self._replace(lost=None)


@dataclass(frozen=True)
class Lapsing:
    """risk: the network's cumulated hazard before each age in days; factors: how much more an association loses."""

    risk: tuple[float, ...]
    factors: dict[str, float]

    @classmethod
    def learnt(cls, offers: Iterable[Offer], dawn: int) -> Self:
        """From what is known at the beginning of that day. One that saw few losses is taken for an ordinary one."""
        known = [one.known_at(dawn) for one in offers if one.day < dawn]
        lives = [(one, max((dawn - 1 if one.lost is None else one.lost) - one.day, 0)) for one in known]
        ages, losses = Counter(age for _, age in lives), Counter(age for one, age in lives if one.lost is not None)
        risk = _cumulated(ages, losses)
        lost = Counter(one.association for one in known if one.lost is not None)
        expected: dict[str, float] = {}
        for one, age in lives:
            expected[one.association] = expected.get(one.association, 0.0) + risk[age + 1]
        factors = {name: (lost[name] + OWN_WEIGHT) / (usual + OWN_WEIGHT) for name, usual in expected.items()}
        return cls(risk, factors)

    def before(self, age: int) -> float:
        """The cumulated hazard of the network before that age; past the oldest seen, nothing more is lost."""
        return self.risk[min(max(age, 0), len(self.risk) - 1)]

    def holding(self, association: str, age: int, days: int) -> float:
        """How likely an offer that counts at that age still counts so many days later; age 0 is a new one's."""
        factor = self.factors.get(association, 1.0)
        return exp(-factor * (self.before(age + days) - self.before(age)))


def _cumulated(ends: Counter[int], losses: Counter[int]) -> tuple[float, ...]:
    """ends: how many offers were last seen at each age; losses: how many of them were lost there."""
    oldest = max(ends, default=0)
    at_risk = list(accumulate(ends[age] for age in range(oldest, -1, -1)))[::-1]
    hazards = (losses[age] / at_risk[age] if at_risk[age] else 0.0 for age in range(oldest + 1))
    return tuple(accumulate(hazards, initial=0.0))
