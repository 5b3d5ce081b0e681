"""How associations answer: as recorded, else drawn from their own rates, the same draw whatever the order."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from itertools import accumulate
from typing import NamedTuple

from matching.season import Arrival, End, Recorded, Season

ENDS = tuple(End)
ENOUGH = 20
MOST_DELAYS = 200
HALF = 1 << 64
DAY = timedelta(days=1)


class Answer(NamedTuple):
    """What becomes of one offer, and how long after it. KEPT needs no delay."""

    end: End
    after: timedelta


class Habit:
    """One association's answers: how many offers ended each way, and after how long, shortest first."""

    __slots__ = ("counts", "delays", "total", "until")

    def __init__(self, counts: Mapping[End, int], delays: Mapping[End, Sequence[timedelta]]) -> None:
        self.counts = {end: counts.get(end, 0) for end in ENDS}
        self.delays = {end: tuple(sorted(delays.get(end, ()))) or (DAY,) for end in ENDS}
        self.until = tuple(accumulate(self.counts.values()))
        self.total = self.until[-1]

    def drawn(self, draw: int) -> Answer:
        """The answer that stands at that place: a draw is an integer of 128 bits."""
        if not self.total:
            return SILENT_KEEPER
        end = ENDS[bisect_right(self.until, (draw % HALF) * self.total // HALF)]
        delays = self.delays[end]
        return Answer(end, delays[(draw // HALF) * len(delays) // HALF])


SILENT_KEEPER = Answer(End.KEPT, timedelta(0))


@dataclass(frozen=True)
class Habits:
    """Each association's own habit; that of the whole network for who has answered too little to tell."""

    own: Mapping[str, Habit] = field(default_factory=dict)
    network: Habit = field(default_factory=lambda: Habit({}, {}))

    def answer(self, seed: int, request: str, association: str) -> Answer:
        """Drawn from the seed, the request and the association alone."""
        text = f"{seed}\0{request}\0{association}"
        draw = int.from_bytes(sha256(text.encode()).digest()[:16])
        return self.own.get(association, self.network).drawn(draw)


def answer_to(arrival: Arrival, association: str, habits: Habits, seed: int) -> Answer:
    """As recorded where that association really had this request, else modelled."""
    for recorded in arrival.recorded:
        if recorded.association == association:
            return Answer(recorded.end, recorded.after)
    return habits.answer(seed, arrival.profile.key, association)


def habits_of(season: Season) -> Habits:
    """Learnt from what was recorded. Raises TypeError for an iterator of arrivals."""
    told: defaultdict[str, list[Recorded]] = defaultdict(list)
    for arrival in season.kept:
        for recorded in arrival.recorded:
            told[recorded.association].append(recorded)
    everyone = [recorded for each in told.values() for recorded in each]
    own = {key: _habit(each) for key, each in sorted(told.items()) if len(each) >= ENOUGH}
    return Habits(own, _habit(everyone))


def _habit(told: Iterable[Recorded]) -> Habit:
    after: dict[End, list[timedelta]] = {end: [] for end in ENDS}
    for recorded in told:
        after[recorded.end].append(recorded.after)
    return Habit({end: len(found) for end, found in after.items()}, {end: _thinned(after[end]) for end in ENDS})


def _thinned(delays: list[timedelta]) -> list[timedelta]:
    """As many as are worth keeping, evenly taken from the shortest to the longest."""
    if len(delays) <= MOST_DELAYS:
        return delays
    ordered = sorted(delays)
    return [ordered[place * len(ordered) // MOST_DELAYS] for place in range(MOST_DELAYS)]
