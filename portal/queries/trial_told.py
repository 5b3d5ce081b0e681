"""What an association may be told of a trial: figures nobody can be recognised in, or none at all.

Under five and nothing at all are one same word, so that no criteria ever tell whether somebody is there; anything else
is rounded down to five. Criteria that point at too few people are not counted, whatever the count would be.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from threading import BoundedSemaphore
from uuid import UUID

from matching.conditions import AgeTest, PublicTest, TerritoryTest
from matching.criteria import Expression, tests_of
from matching.vocabulary import Side
from portal.queries.trial import Fits, Source, Trial, try_criteria

LEAST = GRAIN = 5
LEAST_SPAN = 3
AGES = {Side.MENTEE: (5, 34), Side.MENTOR: (15, 121)}  # those there are: 0 to 6 years asks for two ages only
WIDE = ("country:", "region:", "departement:")
PATIENCE = 2.0
one_at_a_time = BoundedSemaphore(1)


class Untold(StrEnum):
    """Why nothing is told."""

    NARROW = "narrow"
    BUSY = "busy"


@dataclass(frozen=True)
class ToldFits:
    """How many requests criteria fit; None under five. certain and to_verify: both None when their sum is."""

    all: int | None
    certain: int | None
    to_verify: int | None


@dataclass(frozen=True)
class Told:
    """A Trial, every count rounded down to five, None under five, none included. held: the association's own."""

    since: datetime
    partial: bool
    changed: bool
    looked_at: int | None
    before: ToldFits
    after: ToldFits
    left: tuple[int | None, ...]
    gained: int | None
    lost: int | None
    come: int | None
    leave: int | None
    stranded: int | None
    held: tuple[str, ...]
    territories: tuple[Source, ...]
    levels: tuple[Source, ...]
    waiting: int | None
    waiting_seen: int | None
    waiting_partial: bool
    places_left: int | None

    @property
    def difference(self) -> int:
        """Between what is told of before and after; 0 when one of them is not."""
        before, after = self.before.all, self.after.all
        return after - before if before is not None and after is not None else 0


def trial_told(programme_id: UUID, side: Side, draft: Expression, current: Expression | None) -> Told | Untold:
    """The trial as an association reads it, one at a time in this process. Raises Hidden for another's programme."""
    if any(too_narrow(one, side) for one in (draft, current) if one is not None):
        return Untold.NARROW
    if not one_at_a_time.acquire(timeout=PATIENCE):
        return Untold.BUSY
    try:
        return told(try_criteria(programme_id, side, draft, current))
    finally:
        one_at_a_time.release()


def too_narrow(criteria: Expression, side: Side) -> bool:
    """Whether they point at a place below the département together with a public, or with fewer than three ages.

    Wherever those tests stand: a difference of two counts says as much as a count.
    """
    tests = list(tests_of(criteria))
    places = [place for test in tests if isinstance(test, TerritoryTest) for place in test.any_of]
    if all(place.startswith(WIDE) for place in places):
        return False
    asked = side is Side.MENTEE and any(isinstance(test, PublicTest) for test in tests)
    return asked or _few_ages((test for test in tests if isinstance(test, AgeTest)), *AGES[side])


def _few_ages(tests: Iterable[AgeTest], first: int, last: int) -> bool:
    """Whether one asks for fewer than three ages, or two together can ask for those between their bounds."""
    spans = [(test.least, None if test.most is None else test.most + 1) for test in tests]
    bounds = sorted({bound for span in spans for bound in span if bound is not None})
    spans += pairwise(bounds)
    return any(min(after or last, last) - max(before or first, first) < LEAST_SPAN for before, after in spans)


def published(count: int) -> int | None:
    """Rounded down to five; None under five, and for nothing."""
    return None if count < LEAST else count // GRAIN * GRAIN


def told(trial: Trial) -> Told:
    """What may be told of it."""
    waiting = published(trial.waiting)
    return Told(
        since=trial.since,
        partial=trial.partial,
        changed=trial.changed,
        looked_at=published(trial.looked_at),
        before=_fits(trial.before),
        after=_fits(trial.after),
        left=tuple(published(count) for count in trial.left),
        gained=published(trial.gained),
        lost=published(trial.lost),
        come=published(trial.come),
        leave=published(trial.leave),
        stranded=published(trial.stranded),
        held=trial.held,
        territories=_sources(trial.territories),
        levels=_sources(trial.levels),
        waiting=waiting,
        waiting_seen=published(trial.waiting_seen),
        waiting_partial=trial.waiting_partial,
        places_left=_places_left(trial, waiting),
    )


def _fits(fits: Fits) -> ToldFits:
    if fits.all < LEAST:
        return ToldFits(None, None, None)
    return ToldFits(published(fits.all), published(fits.certain), published(fits.to_verify))


def _sources(sources: Iterable[Source]) -> tuple[Source, ...]:
    return tuple(Source(one.name, count) for one in sources if (count := published(one.count)))


def _places_left(trial: Trial, waiting: int | None) -> int | None:
    """Reckoned from what is told: the association knows its places, so the exact rest would tell who comes."""
    if waiting is None or trial.places_left is None:
        return None
    return trial.places_left + trial.waiting - waiting
