"""Rhythm: a season's requests and offers, and how they spread over its days.

Days are numbered from the first day of the season, which is 0.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from matching.lapsing import Offer

FEWEST_OFFERS = 20
LATE_BEGINNING = 0.1  # of a season: one that began later does not tell the rhythm of another
TRUST_IN_PAST = 0.9


@dataclass(frozen=True)
class Course:
    """The course of a campaign on one side. days: its length, day 0 being the first; received: the day of each request.

    Without received, requests are taken for as many as the offers, on the same days.
    """

    days: int
    offers: Sequence[Offer]
    received: Sequence[int] = ()

    def known_at(self, dawn: int) -> "Course":
        """As it was known at the beginning of that day."""
        offers = [one.known_at(dawn) for one in self.offers if one.day < dawn]
        return Course(self.days, offers, [day for day in self.received if day < dawn])

    @property
    def whole(self) -> bool:
        """Whether it tells how a season goes: offers enough, from near its beginning."""
        return len(self.offers) >= FEWEST_OFFERS and self.arrived(round(self.days * LATE_BEGINNING)) > 0

    def earlier_by(self, days: int) -> list[Offer]:
        """The same offers, on the days of a season that begins so many days later."""
        return [
            one._replace(day=one.day - days, lost=None if one.lost is None else one.lost - days) for one in self.offers
        ]

    def committed(self, dawn: int) -> Counter[str]:
        """How many offers of each association count at the beginning of that day."""
        return Counter(one.association for one in self.offers if one.counts_at(dawn))

    def offered(self, first: int, last: int) -> int:
        """How many offers were made from first to the day before last."""
        return bisect_left(self._offered, last) - bisect_left(self._offered, first)

    def arrived(self, last: int) -> int:
        """How many requests had been received before that day."""
        return bisect_left(self._arrived, last)

    @cached_property
    def _offered(self) -> list[int]:
        return sorted(one.day for one in self.offers)

    @cached_property
    def _arrived(self) -> list[int]:
        return sorted(self.received) or self._offered


@dataclass(frozen=True)
class Rhythm:
    """How a season's requests spread over its days: as the past one's did, if there is one, and a little evenly."""

    days: int
    past: Course | None = None

    def share(self, first: int, last: int) -> float:
        """The share of a whole season's requests received from first to the day before last."""
        even = (last - first) / self.days
        if self.past is None or not self.past.whole:
            return even
        return TRUST_IN_PAST * (self._upto(last) - self._upto(first)) + (1 - TRUST_IN_PAST) * even

    def _upto(self, day: int) -> float:
        assert self.past is not None
        return self._counted[round(day * self.past.days / self.days)]

    @cached_property
    def _counted(self) -> list[float]:
        assert self.past is not None
        whole = self.past.arrived(self.past.days)
        return [self.past.arrived(day) / whole for day in range(self.past.days + 1)]
