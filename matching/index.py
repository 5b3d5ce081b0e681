"""The compiled form of a catalogue: every programme judged at once, with one integer per value of each test.

Criteria spread into branches (an `any` of `all`s). Each branch is a column of bits; layer k holds the k-th branch of
every programme. For each fact a test may meet, the columns it fails and those it leaves unknown are kept as integers,
so a request costs one look-up a test. The few criteria that spread too widely are programs over literals laid out the
same way (`matching.judging`), as are the reasons and the counterfactuals of any programme.
"""

from collections import deque
from functools import cached_property
from typing import NamedTuple
from weakref import WeakValueDictionary

from matching.columns import Columns
from matching.conditions import Truth
from matching.criteria import Expression
from matching.judging import Judgement, Judges
from matching.layout import Layout
from matching.literals import Branch, Literals, Node, branches
from matching.profile import Profile
from matching.programme import Catalogue
from matching.ways import accepted_ways

MOST_AMENDED = 64
MOST_LITERALS = 8  # a programme, on average: beyond it many are of criteria that are no longer in force
SPARE_LITERALS = 4096


class Outcomes(NamedTuple):
    """Masks over a catalogue: who is certainly right, and who may be, in person and remote."""

    in_person_certain: int
    in_person_possible: int
    remote_certain: int
    remote_possible: int

    @property
    def certain(self) -> int:
        """Eligible."""
        return self.in_person_certain | self.remote_certain

    @property
    def possible(self) -> int:
        """Eligible or to verify; the others are ineligible."""
        return self.in_person_possible | self.remote_possible

    @property
    def sure(self) -> "Outcomes":
        """Only what is certain."""
        here, remote = self.in_person_certain, self.remote_certain
        return Outcomes(here, here, remote, remote)

    def among(self, mask: int) -> "Outcomes":
        here, maybe_here, remote, maybe_remote = self
        return Outcomes._make((here & mask, maybe_here & mask, remote & mask, maybe_remote & mask))


class Trace(NamedTuple):
    """All that one look at a catalogue tells.

    near: the ineligible programmes that one changed test would open. columns: for each of `Index.kinds`, the branches
    it fails, fails twice and leaves unknown; `Index.programmes_of` tells whose branches they are.
    """

    outcomes: Outcomes
    near: int
    columns: list[Columns]


class Spread(NamedTuple):
    """One programme's criteria, compiled. branches: None when there are too many."""

    node: Node
    branches: list[Branch] | None


class Index:
    """A compiled catalogue. Agrees with the plain reading of criteria, programme by programme, and is much faster."""

    def __init__(self, catalogue: Catalogue) -> None:
        literals = Literals()
        self._set(catalogue, literals, [_spread(each.criteria, literals) for each in catalogue.programmes])

    def _set(self, catalogue: Catalogue, literals: Literals, spreads: list[Spread], laid: Layout | None = None) -> None:
        self.catalogue, self._literals, self._spreads = catalogue, literals, spreads
        self.width = max(len(spreads), 1)
        self.full = (1 << self.width) - 1
        self.scattered = [place for place, spread in enumerate(spreads) if spread.branches is None]
        self._shifts = _shifts(max([len(spread.branches or ()) for spread in spreads], default=0), self.width)
        self._laid = laid or Layout.of(
            column for place, spread in enumerate(spreads) for column in self._columns(place, spread)
        )
        _KNOWN[id(catalogue)] = self

    def _columns(self, place: int, spread: Spread) -> list[tuple[int, Branch]]:
        return [(1 << layer * self.width + place, branch) for layer, branch in enumerate(spread.branches or ())]

    def amended(self, catalogue: Catalogue) -> "Index":
        """The index of another catalogue of the same side, sharing with this one all that did not change.

        An edit of criteria touches only the columns of that programme; a programme more or less lays all columns
        again, without reading again the criteria already compiled.
        """
        if len(self._literals) > MOST_LITERALS * self.width + SPARE_LITERALS:
            return Index(catalogue)
        spreads, changed = self._respread(catalogue)
        index = object.__new__(type(self))
        laid = None
        if len(spreads) == len(self._spreads) and len(changed) <= MOST_AMENDED:
            gone = dict(column for place in changed for column in self._columns(place, self._spreads[place]))
            come = dict(column for place in changed for column in self._columns(place, spreads[place]))
            laid = self._laid.amended(gone, come)
        index._set(catalogue, self._literals, spreads, laid)
        if "_judges" in vars(self):
            index._judges = Judges([spreads[place].node for place in changed], self._judges)
        return index

    def _respread(self, catalogue: Catalogue) -> tuple[list[Spread], list[int]]:
        """The new catalogue's criteria compiled, and the places where they are not what they were at that place."""
        before = self.catalogue.programmes
        known = {each.id: (each.criteria, spread) for each, spread in zip(before, self._spreads, strict=True)}
        spreads, changed = [], []
        for place, programme in enumerate(catalogue.programmes):
            criteria, spread = known.get(programme.id, (None, None))
            if spread is None or not (criteria is programme.criteria or criteria == programme.criteria):
                spread = _spread(programme.criteria, self._literals)
            if place >= len(self._spreads) or spread is not self._spreads[place]:
                changed.append(place)
            spreads.append(spread)
        return spreads, changed

    @property
    def kinds(self) -> tuple[str, ...]:
        """The codes of the tests that a trace has columns for; the way of meeting is not one of them."""
        return self._laid.kinds

    def outcomes(self, profile: Profile) -> Outcomes:
        """Who fits, for every programme at once."""
        laid = self._laid
        failed, unknown = laid.judged(profile)
        return self._outcomes(profile, laid.columns ^ failed, unknown)

    def near(self, profile: Profile) -> int:
        """The ineligible programmes that one changed test would open."""
        return self.trace(profile).near

    def trace(self, profile: Profile) -> Trace:
        """Who fits, who nearly does, and which tests said so."""
        laid = self._laid
        failed = twice = unknown = 0
        columns = laid.each_judged(profile)
        for lost, lost_twice, unsure in columns:
            if lost:
                twice |= failed & lost
                failed |= lost
            if lost_twice:
                twice |= lost_twice
            if unsure:
                unknown |= unsure
        live = laid.columns ^ failed
        here, remote, _, once = laid.meetings[profile.modalities]
        near = (failed ^ twice) & (here | remote) | once & live
        outcomes = self._outcomes(profile, live, unknown)
        if self._shifts:
            near = self._fold(near)
        if self.scattered:
            near |= self._scattered_near(profile)
        return Trace._make((outcomes, near ^ (near & (outcomes[1] | outcomes[3])), columns))

    def _outcomes(self, profile: Profile, live: int, unknown: int) -> Outcomes:
        here, remote, each, _ = self._laid.meetings[profile.modalities]
        sure = live ^ (live & unknown)
        if profile.modalities is None:
            agreed = self.full
            for way in each:
                agreed &= self._fold(sure & way)
            found = Outcomes(agreed, self._fold(live & here), agreed, self._fold(live & remote))
        elif self._shifts:
            found = Outcomes._make(self._folded(sure & here, live & here) + self._folded(sure & remote, live & remote))
        else:
            found = Outcomes._make((sure & here, live & here, sure & remote, live & remote))
        return self._with_scattered(found, profile) if self.scattered else found

    def _folded(self, certain: int, possible: int) -> tuple[int, int]:
        """Both folded; what is certain is among what is possible, and often all of it."""
        if not possible:
            return 0, 0
        alike = certain == possible
        for shift in self._shifts:
            possible |= possible >> shift
        possible &= self.full
        return (possible if alike else self._fold(certain)), possible

    def _fold(self, columns: int) -> int:
        """From branches to programmes: one branch is enough."""
        for shift in self._shifts:
            columns |= columns >> shift
        return columns & self.full

    def programmes_of(self, columns: int) -> int:
        """The programmes with one branch at least among the columns."""
        return self._fold(columns)

    def judged(self, position: int, profile: Profile) -> Judgement:
        """One programme for one person: its truth, the tests that mattered and the fewest changes, out of the masks."""
        return self._judges.judged(self._spreads[position].node, profile)

    @cached_property
    def _judges(self) -> Judges:
        return Judges(spread.node for spread in self._spreads)

    @cached_property
    def _scattered_judges(self) -> Judges:
        """Of those criteria alone: what every request pays for them is small."""
        return Judges(self._spreads[place].node for place in self.scattered)

    def _with_scattered(self, found: Outcomes, profile: Profile) -> Outcomes:
        masks = list(found)
        for place in self.scattered:
            here, remote = self._scattered_judges.judged(self._spreads[place].node, profile).fit
            held = (here is Truth.YES, here is not Truth.NO, remote is Truth.YES, remote is not Truth.NO)
            masks = [mask | holds << place for mask, holds in zip(masks, held, strict=True)]
        return Outcomes(*masks)

    def _scattered_near(self, profile: Profile) -> int:
        mask = 0
        for place in self.scattered if accepted_ways(profile) else ():
            judged = self._scattered_judges.judged(self._spreads[place].node, profile)
            mask |= (len(judged.changes) == 1) << place
        return mask


def _spread(criteria: Expression, literals: Literals) -> Spread:
    node = literals.normal(criteria)
    return Spread(node, branches(node))


def _shifts(layers: int, width: int) -> tuple[int, ...]:
    """The steps that bring every layer down onto the first, the largest first."""
    steps = max(layers - 1, 0).bit_length()
    return tuple(width << step for step in reversed(range(steps)))


_KNOWN: WeakValueDictionary[int, Index] = WeakValueDictionary()
_LAST: deque[Index] = deque(maxlen=8)


def compiled(catalogue: Catalogue) -> Index:
    """The index of that very catalogue: one that is in use, or a new one kept for a while."""
    found = _KNOWN.get(id(catalogue))
    if found is None:
        found = Index(catalogue)
        _LAST.append(found)
    return found
