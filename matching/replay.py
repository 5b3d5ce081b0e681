"""A period of history lived again under other rules, and what came of it."""

from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from fractions import Fraction

from matching.answering import Habits, habits_of
from matching.decision import Why
from matching.index import Outcomes
from matching.journey import Step
from matching.life import WAITING, WHYS, WITHDRAWN, Life
from matching.programme import Catalogue
from matching.ranking import Policy
from matching.router import Router
from matching.season import Season
from matching.settings import Settings
from matching.standing import Standing

Known = Mapping[str, Outcomes]


@dataclass(frozen=True)
class Run:
    """One life of a season.

    standing: at the end. fates, firsts: for each request, in order, the place in `catalogue.associations` of who holds
    it at the end and of who was offered it first, below 0 for nobody (matching.life). hours: how many of the offers
    held came so many whole hours after reception. hops: offers that came to nothing and went on. steps: the trace.
    """

    catalogue: Catalogue
    policy: Policy
    standing: Standing
    fates: "array[int]"
    firsts: "array[int]"
    hours: Mapping[int, int]
    placed_at_once: int
    hops: int
    steps: tuple[Step, ...] = ()

    @property
    def received(self) -> int:
        return len(self.fates)

    @property
    def placed(self) -> int:
        """Requests that an association holds at the end."""
        return sum(self.hours.values())

    @property
    def offered(self) -> int:
        """Requests that were offered to somebody, at once or later."""
        return sum(first >= 0 for first in self.firsts)

    @property
    def tally(self) -> Counter[int]:
        return Counter(self.fates)

    def holder(self, number: int) -> str | None:
        """The association that holds a request at the end, by its place in the order of arrival."""
        fate = self.fates[number]
        return self.catalogue.associations[fate] if fate >= 0 else None

    def first(self, number: int) -> str | None:
        """The association to which it was offered first."""
        first = self.firsts[number]
        return self.catalogue.associations[first] if first >= 0 else None

    def days(self, share: Fraction) -> Fraction | None:
        """The days from reception to the offer held within which that share of those placed were; None when nobody."""
        wanted, seen = share * self.placed, 0
        for hours in sorted(self.hours):
            seen += self.hours[hours]
            if self.hours[hours] and seen >= wanted:
                return Fraction(hours, 24)
        return None

    def attained(self) -> dict[str, tuple[int, int]]:
        """Committed and objective of each association at the end."""
        return {
            key: (its.committed, its.objective)
            for key in self.catalogue.associations
            for its in [self.standing.association(key)]
        }

    def unroutable(self) -> dict[Why, int]:
        tally = self.tally
        return {why: tally[fate] for fate, why in WHYS.items()}

    def waitlisted(self) -> int:
        return self.tally[WAITING]

    def withdrawn(self) -> int:
        return self.tally[WITHDRAWN]


def replay(
    season: Season,
    settings: Settings,
    *,
    seed: int = 0,
    habits: Habits | None = None,
    router: Router | None = None,
    known: Known | None = None,
    trace: bool = False,
) -> Run:
    """Live the season once. The same arguments give the same run, on any machine.

    habits: how associations answer where nothing was recorded; learnt from the season when not given. router, known:
    the compiled catalogue and the outcomes of each request by key, for who lives a season many times. trace: keep the
    steps. Raises TypeError when habits must be learnt from an iterator.
    """
    habits = habits_of(season) if habits is None else habits
    steps: list[Step] | None = [] if trace else None
    life = Life(settings, habits, seed, season.until.tzinfo or UTC, router=router, steps=steps)
    life.live(season, known)
    return Run(
        catalogue=settings.catalogue,
        policy=settings.policy,
        standing=life.ledger.standing(),
        fates=life.fates,
        firsts=life.firsts,
        hours=life.hours,
        placed_at_once=life.at_once,
        hops=life.hops,
        steps=tuple(steps or ()),
    )


def known_outcomes(season: Season, router: Router) -> dict[str, Outcomes]:
    """What the decision tree says of each request, judged once for many lives over the same catalogue."""
    outcomes = router.index.outcomes
    return {arrival.profile.key: outcomes(arrival.profile) for arrival in season.kept}
