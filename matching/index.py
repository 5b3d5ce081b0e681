"""The compiled form of a catalogue: every programme judged at once, with one integer per value of each test.

Strong Kleene logic is a distributive lattice, so criteria spread into branches (an `any` of `all`s) without
changing their truth. Each branch is a column of bits; layer k holds the k-th branch of every programme. For
each fact a test may meet, the columns it fails and those it leaves unknown are kept as integers, so a request
costs one look-up a test. The few criteria that spread too widely are left to the tree.
"""

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from matching.conditions import AnyOfTest, ModalityTest, PublicTest, Test, Truth
from matching.criteria import All, AnyOf, Expression, Not
from matching.profile import Profile
from matching.programme import Catalogue
from matching.tree import IN_PERSON, accepted_ways, fit, near_miss
from matching.vocabulary import Modality

MOST_BRANCHES = 16
MOST_FACTS = 8192

Literal = tuple[Test, bool]
Branch = frozenset[Literal]
Uses = dict[Literal, int]


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
        return Outcomes(*(each & mask for each in self))


class Columns(NamedTuple):
    """Columns that fail, that fail more than one test, and that are left unknown."""

    failed: int
    failed_twice: int
    unknown: int


class KindIndex:
    """All the uses of one kind of test, and what each fact met so far does to the columns."""

    def __init__(self, uses: Uses) -> None:
        self.uses = uses
        self.met: dict[Hashable, Columns] = {}

    def columns(self, fact: Hashable) -> Columns:
        found = self.met.get(fact)
        if found is None:
            found = self._judge(fact)
            if len(self.met) >= MOST_FACTS:
                self.met.clear()
            self.met[fact] = found
        return found

    def _judge(self, fact: Hashable) -> Columns:
        failed = twice = unknown = 0
        for (test, wanted), columns in self.uses.items():
            held = test.holds(fact)
            if held is Truth.UNKNOWN:
                unknown |= columns
            elif (held is Truth.YES) is not wanted:
                twice |= failed & columns
                failed |= columns
        return Columns(failed, twice, unknown)


class ListIndex:
    """The same for tests of the form "one of these": one integer for each value, united over the person's.

    Uses are laid in rounds within which no column appears twice, so that a round is judged in one operation.
    """

    def __init__(self, uses: Uses) -> None:
        self.rounds: list[tuple[bool, int, dict[object, int]]] = []
        self.all_columns = 0
        for (test, wanted), columns in uses.items():
            assert isinstance(test, AnyOfTest)
            self.all_columns |= columns
            self._lay(test, columns, wanted=wanted)

    def _lay(self, test: AnyOfTest, columns: int, *, wanted: bool) -> None:
        for place, (kind, laid, values) in enumerate(self.rounds):
            if kind is wanted and not laid & columns:
                self.rounds[place] = (kind, laid | columns, values)
                break
        else:
            values = {}
            self.rounds.append((wanted, columns, values))
        for value in test.any_of:
            values[value] = values.get(value, 0) | columns

    def columns(self, fact: Hashable) -> Columns:
        if fact is None:
            return Columns(0, 0, self.all_columns)
        failed = twice = 0
        for wanted, laid, values in self.rounds:
            held = 0
            for value in fact if isinstance(fact, frozenset) else (fact,):
                held |= values.get(value, 0)
            lost = laid & ~held if wanted else held
            twice |= failed & lost
            failed |= lost
        return Columns(failed, twice, 0)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One way of meeting: programmes that hold for certain, that may hold, and that fail by one test only."""

    certain: int
    possible: int
    near: int


class Index:
    """A compiled catalogue. Agrees with the tree, programme by programme, and is much faster."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.width = max(len(catalogue.programmes), 1)
        self.full = (1 << self.width) - 1
        self.columns = 0
        self.scattered: list[int] = []
        uses: defaultdict[type[Test], Uses] = defaultdict(dict)
        for place, programme in enumerate(catalogue.programmes):
            spread = branches(programme.criteria)
            if spread is None:
                self.scattered.append(place)
            else:
                self._lay(place, spread, uses)
        self.ways = KindIndex(uses.pop(ModalityTest, {}))
        self.tests = [(kind.fact, _index(kind, found)) for kind, found in uses.items()]

    def _lay(self, place: int, spread: list[Branch], uses: defaultdict[type[Test], Uses]) -> None:
        for layer, branch in enumerate(spread):
            column = 1 << (layer * self.width + place)
            self.columns |= column
            for literal in branch:
                known = uses[type(literal[0])]
                known[literal] = known.get(literal, 0) | column

    def outcomes(self, profile: Profile) -> Outcomes:
        """The decision tree for every programme at once."""
        verdicts = self._verdicts(profile)
        here = [verdicts[way] for way in IN_PERSON if way in verdicts]
        remote = verdicts.get(Modality.REMOTE, NOBODY)
        found = Outcomes(_certain(here), _possible(here), remote.certain, remote.possible)
        if profile.modalities is None:
            agreed = self.full
            for verdict in verdicts.values():
                agreed &= verdict.certain
            found = found._replace(in_person_certain=agreed, remote_certain=agreed)
        return self._with_scattered(found, profile) if self.scattered else found

    def near(self, profile: Profile) -> int:
        """The ineligible programmes that one changed test would open."""
        mask = 0
        for verdict in self._verdicts(profile).values():
            mask |= verdict.near
        for place in self.scattered:
            if len(near_miss(self.catalogue.programmes[place].criteria, profile)) == 1:
                mask |= 1 << place
        return mask & ~self.outcomes(profile).possible

    def _verdicts(self, profile: Profile) -> dict[Modality, Verdict]:
        failed = twice = unknown = 0
        for fact, test in self.tests:
            columns = test.columns(fact(profile))
            twice |= columns.failed_twice | (failed & columns.failed)
            failed |= columns.failed
            unknown |= columns.unknown
        so_far = Columns(failed, twice, unknown)
        return {way: self._verdict(way, so_far) for way in accepted_ways(profile)}

    def _verdict(self, way: Modality, so_far: Columns) -> Verdict:
        columns = self.ways.columns(way)
        twice = so_far.failed_twice | columns.failed_twice | (so_far.failed & columns.failed)
        failed = so_far.failed | columns.failed
        live = self.columns & ~failed
        return Verdict(
            self._fold(live & ~so_far.unknown),
            self._fold(live),
            self._fold(self.columns & failed & ~twice),
        )

    def _fold(self, columns: int) -> int:
        """From branches to programmes: one branch is enough."""
        programmes = 0
        while columns:
            programmes |= columns & self.full
            columns >>= self.width
        return programmes

    def _with_scattered(self, found: Outcomes, profile: Profile) -> Outcomes:
        masks = list(found)
        for place in self.scattered:
            here, remote = fit(self.catalogue.programmes[place].criteria, profile)
            held = (here is Truth.YES, here is not Truth.NO, remote is Truth.YES, remote is not Truth.NO)
            masks = [mask & ~(1 << place) | (holds << place) for mask, holds in zip(masks, held, strict=True)]
        return Outcomes(*masks)


NOBODY = Verdict(0, 0, 0)


def _index(kind: type[Test], uses: Uses) -> KindIndex | ListIndex:
    """Publics are answered one by one, so a list of them has a logic of its own."""
    listed = issubclass(kind, AnyOfTest) and kind is not PublicTest
    return ListIndex(uses) if listed else KindIndex(uses)


def _certain(verdicts: list[Verdict]) -> int:
    mask = 0
    for verdict in verdicts:
        mask |= verdict.certain
    return mask


def _possible(verdicts: list[Verdict]) -> int:
    mask = 0
    for verdict in verdicts:
        mask |= verdict.possible
    return mask


def branches(criteria: Expression) -> list[Branch] | None:
    """The criteria as alternatives, each a set of tests with the answer wanted; None when too many."""
    spread = _spread(criteria, wanted=True)
    return None if spread is None else list(dict.fromkeys(spread))


def _spread(criteria: Expression, *, wanted: bool) -> list[Branch] | None:
    match criteria:
        case All(parts) | AnyOf(parts):
            choices = [found for part in parts if (found := _spread(part, wanted=wanted)) is not None]
            complete = len(choices) == len(parts)
            return _joined(choices, together=isinstance(criteria, All) is wanted) if complete else None
        case Not(part):
            return _spread(part, wanted=not wanted)
        case Test():
            return [frozenset({(criteria, wanted)})]


def _joined(choices: list[list[Branch]], *, together: bool) -> list[Branch] | None:
    if not together:
        spread = [branch for choice in choices for branch in choice]
        return spread if len(spread) <= MOST_BRANCHES else None
    united: list[Branch] = [frozenset()]
    for choice in choices:
        united = [first | second for first, second in product(united, choice)]
        if len(united) > MOST_BRANCHES:
            return None
    return united
