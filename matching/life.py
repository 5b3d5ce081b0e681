"""A life: one season under one set of rules, instant by instant. A heap of what happens next stands for the clock.

Every step is the decision that Router.route would take on the same standing. Nothing depends on chance or on floats.
"""

import heapq
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import count

from matching.answering import Habits, answer_to
from matching.decision import Why
from matching.index import Outcomes
from matching.journey import Journey, Step
from matching.leading import BY_OPENINGS, leader, ranking, runners_of
from matching.ledger import Ledger, Row, openings_among, rows_among
from matching.openings import open_mask
from matching.programme import Programme
from matching.ranking import Contest, Opening, PolicyName, TieBreak, choose_programme
from matching.router import Router
from matching.season import Arrival, End, Season
from matching.settings import Settings
from matching.waiting import WaitingList

NOT_OFFERED, WAITING, WITHDRAWN = -1, -1, -2
WHYS = {-3: Why.NONE, -4: Why.EXHAUSTED, -5: Why.HOPS}
FATES = {why: fate for fate, why in WHYS.items()}
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def turning_days(programmes: Iterable[Programme]) -> set[date]:
    """The days on which a pause or an intake window begins, or has just passed."""
    periods = [period for each in programmes for period in (*each.pauses, each.intake) if period]
    starts = {period.start for period in periods if period.start}
    return starts | {period.end + DAY for period in periods if period.end and period.end < date.max}


class Life:
    """fates, firsts: for each request, the association that holds it at the end and the first that was offered it.

    Both are places in `catalogue.associations`; below 0: WAITING, WITHDRAWN, or one of WHYS (NOT_OFFERED for firsts).
    hours: how many held offers came so many hours after reception. steps: the trace, when asked for.
    """

    def __init__(
        self,
        settings: Settings,
        habits: Habits,
        seed: int,
        zone: tzinfo,
        *,
        router: Router | None = None,
        steps: list[Step] | None = None,
    ) -> None:
        self.settings, self.habits, self.seed, self.zone, self.steps = settings, habits, seed, zone, steps
        self.catalogue, self.policy = settings.catalogue, settings.policy
        self.router = router or Router(settings.catalogue)
        self.ledger = Ledger(settings.catalogue, settings.standing)
        self.fates, self.firsts = array("i"), array("i")
        self.hours, self.at_once, self.hops = Counter[int](), 0, 0
        self.waiting = WaitingList()
        self.arrived: Counter[frozenset[str]] = Counter()
        self.today, self.open = date.min, 0
        self._heap: list[tuple[datetime, int, Journey | None]] = []
        self._order = count()
        self._foresees = settings.levels is not None and self.policy.name is PolicyName.PROJECTED
        self._by_openings = self.policy.name in BY_OPENINGS
        self._fitting: dict[int, frozenset[str]] = {}

    def live(self, season: Season, outcomes: Mapping[str, Outcomes] | None = None) -> None:
        """Everything that happens until the season's end. outcomes: those already known, by request."""
        judge, heap, until = self.router.index.outcomes, self._heap, season.until
        for arrival in season.arrivals:
            if arrival.at > until:
                break
            if heap and heap[0][0] <= arrival.at:
                self._happen(arrival.at)
            if not self.fates:
                self._begin(arrival.at, until)
            self._receive(arrival, outcomes[arrival.profile.key] if outcomes else judge(arrival.profile))
        self._happen(until)

    def _happen(self, until: datetime) -> None:
        """What was to come until then, at its own instant."""
        heap = self._heap
        while heap and heap[0][0] <= until:
            at, _, journey = heapq.heappop(heap)
            if journey is None:
                self._morning(at)
            else:
                self._end(journey, at)

    def _begin(self, at: datetime, until: datetime) -> None:
        """The first day; the days on which an opening may change are known beforehand."""
        self._dawn(at.astimezone(self.zone).date())
        last = until.astimezone(self.zone).date()
        days = turning_days(self.catalogue.programmes)
        if self._foresees:
            days |= {self.today + number * DAY for number in range((last - self.today).days + 1)}
        for day in sorted(day for day in days if self.today < day <= last):
            self._at(datetime.combine(day, time.min, self.zone), None)

    def _morning(self, at: datetime) -> None:
        before = self.open
        self._dawn(at.date())
        self._reopen(self.ledger.drawn_on(self.open & ~before), at)

    def _dawn(self, today: date) -> None:
        self.today, self.open = today, open_mask(self.catalogue, today)
        if self._foresees and self.settings.levels:
            self.ledger.foresee(self.settings.levels(today, self.ledger.standing(), self.arrived))

    def _at(self, instant: datetime, journey: Journey | None) -> None:
        heapq.heappush(self._heap, (instant, next(self._order), journey))

    def _receive(self, arrival: Arrival, outcomes: Outcomes) -> None:
        home = self.ledger.home(arrival.profile.places)
        gone = self._gone(arrival.tried) if arrival.tried else 0
        journey = Journey(len(self.fates), arrival, outcomes, home, gone)
        self.fates.append(WAITING)
        self.firsts.append(NOT_OFFERED)
        if self._foresees:
            self.arrived[self._fit_of(outcomes.possible)] += 1
        if self._decide(journey, arrival.at):
            self.at_once += 1

    def _gone(self, tried: frozenset[str]) -> int:
        """The programmes of associations already tried."""
        bits = self.catalogue.bits_of
        return sum(bits.get(association, 0) for association in tried)

    def _decide(self, journey: Journey, at: datetime) -> bool:
        """A new decision: an offer, else nobody's, else the waiting list. True when there is an offer."""
        why = self._why_nobodys(journey)
        if why is None and self._offer(journey, at):
            return True
        if why is None:
            self._wait(journey)
        self.fates[journey.number] = FATES[why] if why else WAITING
        if self.steps is not None:
            self.steps.append(Step(journey.arrival.profile.key, at, journey.outcomes, why=why))
        return False

    def _why_nobodys(self, journey: Journey) -> Why | None:
        _, here, _, remote = journey.outcomes
        if not here | remote:
            return Why.NONE
        if journey.tried:
            if not (here | remote) & ~journey.gone:
                return Why.EXHAUSTED
            if len(journey.tried) >= self.policy.hops:
                return Why.HOPS
        return None

    def _offer(self, journey: Journey, at: datetime) -> bool:
        """To the first of those with room for this person now, certain before to verify."""
        sure_here, may_here, sure_remote, may_remote = journey.outcomes
        ledger, home, now = self.ledger, journey.home, self.open & self.ledger.going & ~journey.gone
        room, afar = home.room & now, ledger.afar.room & now
        here, remote = sure_here & room, sure_remote & afar
        certain = bool(here | remote)
        if not certain:
            here, remote = may_here & room, may_remote & afar
            if not here | remote:
                return False
        chosen, names, tie_break = self._chosen(journey, here, remote)
        if self.steps is not None:
            key = journey.arrival.profile.key
            self.steps.append(Step(key, at, journey.outcomes, chosen, certain, tie_break, names))
        self._place(journey, chosen, at)
        return True

    def _chosen(self, journey: Journey, here: int, remote: int) -> tuple[Opening, tuple[str, ...], TieBreak | None]:
        """The opening among those masks; with a trace, the order of all and what decided it."""
        ledger, home = self.ledger, journey.home
        contest = Contest(journey.arrival.profile.key, ledger, self.policy)
        if self._by_openings:
            running = runners_of(openings_among(here, home, remote, ledger.afar), contest)
        else:
            running = ledger.runners(here | remote)
        names: tuple[str, ...] = ()
        tie_break = None
        if self.steps is None:
            first = leader(running, contest)
        else:
            names, tie_break = ranking(running, contest)
            first = names[0]
        own = ledger.associations[first].bits
        openings = openings_among(here & own, home, remote & own, ledger.afar)
        return choose_programme(openings, contest), names, tie_break

    def _place(self, journey: Journey, opening: Opening, at: datetime) -> None:
        """Offered: the place is taken, and the answer will come in its time."""
        arrival, association = journey.arrival, opening.association
        self.ledger.take(opening, at)
        self.fates[journey.number] = position = self.catalogue.association_positions[association]
        if self.firsts[journey.number] == NOT_OFFERED:
            self.firsts[journey.number] = position
        if at is not arrival.at:
            journey.hours = (at - arrival.at) // HOUR
        self.hours[journey.hours] += 1
        journey.end, after = answer_to(arrival, association, self.habits, self.seed)
        if journey.end is not End.KEPT:
            journey.offer = opening
            journey.tried |= {association}
            journey.gone |= self.ledger.associations[association].bits
            self._at(at + after, journey)

    def _wait(self, journey: Journey) -> None:
        left, outcomes = ~journey.gone, journey.outcomes
        here, remote = outcomes.in_person_possible & left, outcomes.remote_possible & left
        self.waiting.join(journey, rows_among(((here, journey.home), (remote, self.ledger.afar))))

    def _end(self, journey: Journey, at: datetime) -> None:
        """The offer came to nothing: its place is free, and the request goes on unless it was withdrawn."""
        assert journey.offer is not None
        freed = self.ledger.release(journey.offer)
        self.hours[journey.hours] -= 1
        if journey.end is End.WITHDRAWN:
            self.fates[journey.number] = WITHDRAWN
        else:
            self.hops += 1
            self._decide(journey, at)
        self._reopen(freed, at)

    def _reopen(self, rows: list[Row], at: datetime) -> None:
        if rows and self.waiting.journeys:
            self.waiting.served(rows, lambda journey: self._offer(journey, at))

    def _fit_of(self, mask: int) -> frozenset[str]:
        """The associations that may fit."""
        found = self._fitting.get(mask)
        if found is None:
            bits = self.catalogue.bits_of
            found = self._fitting[mask] = frozenset(key for key, own in bits.items() if own & mask)
        return found
