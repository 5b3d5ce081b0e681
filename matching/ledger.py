"""The ledger: a standing that changes in place, for lives of many thousand decisions.

It ranks like matching.standing's values, and knows at any time, as masks over the catalogue, which programmes have room
for those who live in a place. Masks change only when a row of capacity fills up or comes free.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from fractions import Fraction

from matching.openings import NATIONAL
from matching.policies.contest import Runner
from matching.programme import Catalogue, Programme, places_of
from matching.ranking import Opening
from matching.standing import (
    NEVER,
    AssociationStanding,
    Places,
    ProgrammeStanding,
    Standing,
    ahead_of,
    exact,
    ratio_of,
    specificity,
)
from matching.vocabulary import REMOTE, Modality


class Row:
    """A row of capacity and what is taken of it.

    `homes`: for whom it is the row covering them, and for which programmes. `queue`: who waits for it, a heap.
    """

    __slots__ = ("declared", "homes", "or_more", "queue", "taken")

    def __init__(self, places: Places) -> None:
        self.declared, self.taken, self.or_more = places
        self.homes: list[tuple[Home, int]] = []
        self.queue: list[int] = []

    @property
    def open(self) -> bool:
        return self.or_more or self.taken < self.declared


Rows = Mapping[str, Row]


class Home:
    """Where people live, as capacity sees it. `room`: the programmes with a row open for them.

    `rows` and `openings` give, for each programme, the row it would draw on and the opening that would be.
    """

    __slots__ = ("openings", "room", "rows")

    def __init__(self, programmes: int) -> None:
        self.room = 0
        self.rows: list[Row | None] = [None] * programmes
        self.openings: list[Opening | None] = [None] * programmes

    def draw_on(self, row: Row, bits: int) -> None:
        row.homes.append((self, bits))
        if row.open:
            self.room |= bits


class Association:
    """Where an association stands. `ratio` is kept up to date, so that ranking only reads it; `ahead` once asked."""

    __slots__ = (
        "_ahead", "bits", "committed", "declared", "level", "objective", "ratio", "reach", "rows", "served", "stop_at_objective",
        "virtual_start",
    )  # fmt: skip

    def __init__(self, its: AssociationStanding, bits: int) -> None:
        self.committed, self.objective, self.declared = its.committed, its.objective, its.declared
        self.virtual_start, self.reach, self.level = its.virtual_start, its.reach, its.level
        self.served, self.stop_at_objective, self.bits = its.served, its.stop_at_objective, bits
        self.rows: Rows = {place: Row(each) for place, each in its.places.items()}
        self.ratio = its.ratio
        self._ahead: int | None = None

    @property
    def ahead(self) -> int:
        if self._ahead is None:
            self._ahead = ahead_of(self.committed, self.objective, self.virtual_start, self.level)
        return self._ahead

    @property
    def stopped(self) -> bool:
        return self.stop_at_objective and self.declared and self.committed >= self.objective

    def count(self, one: int) -> None:
        self.committed += one
        self.ratio = ratio_of(self.committed, self.objective, self.virtual_start)
        self._ahead = None

    def foresee(self, level: Fraction | None) -> None:
        self.level, self._ahead = level, None

    def value(self) -> AssociationStanding:
        served = None if self.served == NEVER else self.served
        return AssociationStanding(
            self.committed,
            self.objective,
            self.virtual_start,
            self.reach,
            served,
            self.stop_at_objective,
            _values(self.rows),
            self.level,
        )


class Share:
    """Where a programme stands within its association. `own`: its own rows of capacity, if it has any."""

    __slots__ = ("committed", "own", "part", "served", "weight")

    def __init__(self, its: ProgrammeStanding) -> None:
        self.committed, self.weight, self.served, self.part = its.committed, its.weight, its.served, its.part
        self.own: Rows = {place: Row(each) for place, each in its.places.items()}

    def count(self, one: int) -> None:
        self.committed += one
        self.part = exact(self.committed, max(self.weight, 1))

    def value(self) -> ProgrammeStanding:
        served = None if self.served == NEVER else self.served
        return ProgrammeStanding(self.committed, self.weight, served, _values(self.own))


class Ledger:
    """Every association, programme and row of one side. `going`: the programmes of those that have not stopped."""

    def __init__(self, catalogue: Catalogue, standing: Standing) -> None:
        self.catalogue = catalogue
        bits = catalogue.bits_of
        keys = dict.fromkeys((*standing.associations, *catalogue.associations))
        self.associations = {key: Association(standing.association(key), bits.get(key, 0)) for key in keys}
        known = dict.fromkeys((*standing.programmes, *catalogue.positions))
        self.programmes = {key: Share(standing.programme(key)) for key in known}
        self.association, self.programme = self.associations.__getitem__, self.programmes.__getitem__
        self.going = sum(its.bits for its in self.associations.values() if not its.stopped)
        self._runners = [self._runner(each) for each in catalogue.programmes]
        self._capacities = [self._rows(each) for each in catalogue.programmes]
        self._declared = frozenset(place for rows in self._capacities for place in rows)
        self._homes: dict[frozenset[str], Home] = {}
        self.afar = self._home((REMOTE,))

    def _runner(self, programme: Programme) -> tuple[Runner, int]:
        its = self.associations[programme.association]
        return (programme.association, (), its), ~its.bits

    def runners(self, mask: int) -> list[Runner]:
        """The associations of those programmes, their openings left out."""
        found, runners = [], self._runners
        while mask:
            runner, others = runners[(mask & -mask).bit_length() - 1]
            found.append(runner)
            mask &= others
        return found

    def _rows(self, programme: Programme) -> Rows:
        return self.programmes[programme.id].own or self.associations[programme.association].rows

    def home(self, places: frozenset[str] | None) -> Home:
        """Those who live there. Homes that no row of capacity tells apart are one."""
        known = self._declared.intersection(places or NATIONAL) - {REMOTE}
        found = self._homes.get(known)
        if found is None:
            found = self._homes[known] = self._home(tuple(sorted(known, key=specificity)))
        return found

    def _home(self, nearest_first: tuple[str, ...]) -> Home:
        home, drawn = Home(len(self._capacities)), dict[Row, int]()
        remote = nearest_first == (REMOTE,)
        for position, rows in enumerate(self._capacities):
            place = next((place for place in nearest_first if place in rows), None)
            if place is not None:
                programme, way = self.catalogue.programmes[position], Modality.REMOTE if remote else Modality.IN_PERSON
                home.rows[position] = row = rows[place]
                home.openings[position] = Opening(programme.id, programme.association, way, place)
                drawn[row] = drawn.get(row, 0) | 1 << position
        for row, bits in drawn.items():
            home.draw_on(row, bits)
        return home

    def row(self, opening: Opening) -> Row:
        """The row of capacity that an opening draws on."""
        own = self.programmes[opening.programme].own
        return (own or self.associations[opening.association].rows)[opening.place]

    def take(self, opening: Opening, at: datetime) -> None:
        """One more offered there."""
        its, share, row = self.associations[opening.association], self.programmes[opening.programme], self.row(opening)
        its.count(1)
        share.count(1)
        its.served = share.served = at
        row.taken += 1
        if row.taken == row.declared and not row.or_more:
            for home, bits in row.homes:
                home.room &= ~bits
        if its.stopped:
            self.going &= ~its.bits

    def release(self, opening: Opening) -> list[Row]:
        """One fewer: the rows that somebody may now draw on who could not before."""
        its, share, row = self.associations[opening.association], self.programmes[opening.programme], self.row(opening)
        stopped, closed = its.stopped, not row.open
        its.count(-1)
        share.count(-1)
        row.taken -= 1
        if closed and row.open:
            for home, bits in row.homes:
                home.room |= bits
        if stopped and not its.stopped:
            self.going |= its.bits
            return self.drawn_on(its.bits)
        return [row] if closed and row.open else []

    def drawn_on(self, mask: int) -> list[Row]:
        """The open rows that those programmes may draw on."""
        rows = dict.fromkeys(row for position in places_of(mask) for row in self._capacities[position].values())
        return [row for row in rows if row.open]

    def foresee(self, levels: Mapping[str, Fraction]) -> None:
        """The level each should have reached by now; none for who is not named."""
        for key, its in self.associations.items():
            its.foresee(levels.get(key))

    def standing(self) -> Standing:
        """The same as a value."""
        return Standing(
            {key: its.value() for key, its in self.associations.items()},
            {key: share.value() for key, share in self.programmes.items()},
        )


def _values(rows: Rows) -> dict[str, Places]:
    return {place: Places(row.declared, row.taken, row.or_more) for place, row in rows.items()}


def openings_among(here: int, home: Home, remote: int, afar: Home) -> list[Opening]:
    """The openings of programmes with room: in person where that fits, else remote; in the order of the catalogue."""
    near, far = home.openings, afar.openings
    found: list[Opening | None] = []
    left = here | remote
    while left:
        lowest = left & -left
        found.append((near if here & lowest else far)[lowest.bit_length() - 1])
        left ^= lowest
    return found  # type: ignore[return-value]


def rows_among(fits: Iterable[tuple[int, Home]]) -> list[Row]:
    """Every row, open or not, that those programmes would draw on."""
    found = dict.fromkeys(home.rows[position] for mask, home in fits for position in places_of(mask))
    return [row for row in found if row is not None]
