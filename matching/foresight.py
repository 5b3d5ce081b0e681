"""What perfect foresight would have had to choose from: who would have kept each request, and every place there was."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, timedelta
from typing import NamedTuple

from matching.answering import Habits, answer_to
from matching.hindsight import Hindsight, Slot, best
from matching.openings import places_nearest_first
from matching.programme import Programme, places_of
from matching.replay import Known
from matching.season import Arrival, End, Season
from matching.settings import Settings
from matching.standing import covering_row
from matching.vocabulary import REMOTE

DAY = timedelta(days=1)
ANSWERED = timedelta(days=90)
WELCOMED = (End.KEPT, End.WITHDRAWN)


def answered(season: Season) -> Season:
    """The same requests, and time enough for the last offers to come to their end: what foresight is compared with.

    At the end of the season itself, an offer that will be sent back tomorrow still counts as held.
    """
    return replace(season, until=season.until + ANSWERED)


class Foreseen(NamedTuple):
    """ideal: the best allocation of the requests that stay where they are welcomed.

    leaving: how many more would be welcomed, then leave by themselves, and keep nobody's place.
    """

    ideal: Hindsight
    leaving: int

    @property
    def served(self) -> int:
        """Requests that somebody could have welcomed."""
        return self.ideal.placed + self.leaving


def foreseen(season: Season, settings: Settings, habits: Habits, known: Known, seed: int = 0) -> Foreseen:
    """The best that could have been had every request, and every answer, been known from the first day.

    A bound that no policy passes: pauses and intake windows only rule out programmes that never open again, a place
    freed in mid-season counts as free from the start, and whoever may leave is taken to leave. season: as answered.
    known: the outcomes of each request by key.
    """
    slots = _Slots(season, settings)
    kinds, leaving = Counter[frozenset[Slot]](), 0
    for arrival in season.kept:
        ends = slots.welcoming(arrival, known, habits, seed)
        if End.WITHDRAWN in ends.values():
            leaving += 1
        else:
            kinds[frozenset(ends)] += 1
    objectives = {key: its.objective for key, its in settings.standing.associations.items()}
    return Foreseen(best(kinds, objectives, slots.capacities()), leaving)


class _Slots:
    """The rows of capacity of a catalogue, as the flow knows them."""

    def __init__(self, season: Season, settings: Settings) -> None:
        self.season, self.standing, self.catalogue = season, settings.standing, settings.catalogue
        self.zone = season.until.tzinfo or UTC
        self.last_open = [self._last_open(programme) for programme in self.catalogue.programmes]

    def welcoming(self, arrival: Arrival, known: Known, habits: Habits, seed: int) -> dict[Slot, End]:
        """Where this request could have gone without being sent on, and what would have become of it there."""
        found = {slot for slot in self._open_to(arrival, known) if slot.association not in arrival.tried}
        ends = {each: answer_to(arrival, each, habits, seed).end for each in {slot.association for slot in found}}
        return {slot: ends[slot.association] for slot in found if ends[slot.association] in WELCOMED}

    def capacities(self) -> dict[Slot, int | None]:
        """What each row had left at the start; None never runs out."""
        found: dict[Slot, int | None] = {}
        for programme in self.catalogue.programmes:
            for place, row in self.standing.rows(programme.association, programme.id).items():
                left = None if row.or_more else max(row.declared - row.taken, 0)
                found[self._slot(programme, place)] = self._stopped(programme.association, left)
        return found

    def _stopped(self, association: str, left: int | None) -> int | None:
        its = self.standing.association(association)
        if not (its.stop_at_objective and its.declared):
            return left
        most = max(its.objective - its.committed, 0)
        return most if left is None else min(left, most)

    def _open_to(self, arrival: Arrival, known: Known) -> Iterator[Slot]:
        outcomes, day = known[arrival.profile.key], arrival.at.astimezone(self.zone).date()
        places = places_nearest_first(arrival.profile)
        for position in places_of(outcomes.possible):
            last, programme = self.last_open[position], self.catalogue.programmes[position]
            if last is None or last < day:
                continue
            rows = self.standing.rows(programme.association, programme.id)
            here = outcomes.in_person_possible >> position & 1 and covering_row(rows, places, remote=False)
            if here:
                yield self._slot(programme, here)
            if outcomes.remote_possible >> position & 1 and REMOTE in rows:
                yield self._slot(programme, REMOTE)

    def _slot(self, programme: Programme, place: str) -> Slot:
        """A programme's own rows are its own; the others are shared by all of its association."""
        own = bool(self.standing.programme(programme.id).places)
        return Slot(programme.association, f"{programme.id}\0{place}" if own else place)

    def _last_open(self, programme: Programme) -> date | None:
        """The last day of the season on which it takes somebody."""
        last = self.season.until.astimezone(self.zone).date()
        if not programme.pauses and programme.intake is None:
            return last
        first = self.season.kept[0].at.astimezone(self.zone).date() if self.season.kept else last
        days = (last - number * DAY for number in range((last - first).days + 1))
        return next((day for day in days if programme.closed_because(day) is None), None)
