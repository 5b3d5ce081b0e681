"""A season lived the plain way: Router.route on immutable standings, every waiting request tried again each time."""

import heapq
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from itertools import count

from matching.answering import Habits, answer_to
from matching.decision import Outcome, Placed, Waitlisted
from matching.ranking import Policy
from matching.router import Router
from matching.season import Arrival, End, Season
from matching.settings import Settings
from matching.standing import Standing


@dataclass
class Slow:
    """Every decision but those that only say "still waiting", with the standing at the end."""

    season: Season
    settings: Settings
    habits: Habits
    seed: int
    decisions: list[Outcome] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.router = Router(self.settings.catalogue, self.settings.policy)
        self.standing = self.settings.standing
        self.heap: list[tuple[datetime, int, tuple[int, Placed, End] | None]] = []
        self.order = count()
        self.waiting: dict[int, tuple[Arrival, frozenset[str]]] = {}
        self.tried: dict[int, frozenset[str]] = {}
        self.arrivals = list(self.season.kept)

    def live(self) -> "Slow":
        for number, arrival in enumerate(self.arrivals):
            self.until(arrival.at)
            if number == 0:
                self.midnights(arrival.at)
            self.tried[number] = arrival.tried
            self.route(number, arrival.at)
        self.until(self.season.until)
        return self

    def midnights(self, first: datetime) -> None:
        day = first.astimezone(UTC).date() + timedelta(days=1)
        while (at := datetime.combine(day, time.min, UTC)) <= self.season.until:
            heapq.heappush(self.heap, (at, next(self.order), None))
            day += timedelta(days=1)

    def until(self, end: datetime) -> None:
        while self.heap and self.heap[0][0] <= end:
            at, _, what = heapq.heappop(self.heap)
            if what is not None:
                self.lost(*what, at)
            self.retry(at)

    def route(self, number: int, at: datetime) -> None:
        arrival = self.arrivals[number]
        decision = self.router.route(arrival.profile, self.standing, self.tried[number], at.astimezone(UTC))
        if isinstance(decision, Waitlisted) and number in self.waiting:
            return
        self.decisions.append(decision)
        self.waiting.pop(number, None)
        if isinstance(decision, Waitlisted):
            self.waiting[number] = (arrival, self.tried[number])
        if isinstance(decision, Placed):
            self.standing = self.standing.after(decision, at)
            self.tried[number] |= {decision.association}
            end, after = answer_to(arrival, decision.association, self.habits, self.seed)
            if end is not End.KEPT:
                heapq.heappush(self.heap, (at + after, next(self.order), (number, decision, end)))

    def lost(self, number: int, offer: Placed, end: End, at: datetime) -> None:
        self.standing = released(self.standing, offer)
        if end is not End.WITHDRAWN:
            self.route(number, at)

    def retry(self, at: datetime) -> None:
        for number in sorted(self.waiting):
            self.route(number, at)


def released(standing: Standing, offer: Placed) -> Standing:
    """The reverse of Standing.after, but for when they were last served."""
    its, own = standing.association(offer.association), standing.programme(offer.programme)
    rows = dict(own.places or its.places)
    rows[offer.place] = rows[offer.place]._replace(taken=rows[offer.place].taken - 1)
    its = replace(its, committed=its.committed - 1, places=its.places if own.places else rows)
    own = replace(own, committed=own.committed - 1, places=rows if own.places else own.places)
    return Standing({**standing.associations, offer.association: its}, {**standing.programmes, offer.programme: own})


def under(settings: Settings, policy: Policy) -> Settings:
    return replace(settings, policy=policy)
