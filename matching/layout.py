"""Sets of literals laid out as columns of bits, judged all together for one person."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from operator import attrgetter, getitem
from typing import Any, NamedTuple

from matching.columns import Columns, ListTable, PublicTable, RangeTable, Table, Use, with_uses
from matching.conditions import AnyOfTest, EstablishmentTest, ModalityTest, PublicTest, ReferrerTypeTest, Test
from matching.literals import Branch, Literal
from matching.profile import Profile
from matching.vocabulary import Modality
from matching.ways import WAYS, ways_among

Kind = type[Test]
Fact = Callable[[Profile], Hashable]

WORKED_OUT = (ReferrerTypeTest, EstablishmentTest)
NOTHING: Columns = (0, 0, 0)
NO_BRANCH: Branch = frozenset()


class Meeting(NamedTuple):
    """What a choice of ways of meeting does to the columns.

    here, remote: those that hold in person, or at a distance; each: those that hold, way by way. once: those that one
    test of the way fails.
    """

    here: int
    remote: int
    each: tuple[int, ...]
    once: int


class Meetings(dict[frozenset[Modality] | None, Meeting]):
    """The choices met so far, and what they do: there are eight of them, and not having chosen."""

    def __init__(self, columns: int, ways: Mapping[Modality, Columns]) -> None:
        super().__init__()
        self._columns, self._ways = columns, ways

    def __missing__(self, modalities: frozenset[Modality] | None) -> Meeting:
        held = {way: self._columns & ~self._ways[way][0] for way in ways_among(modalities)}
        here = remote = once = 0
        for way, columns in held.items():
            failed, twice, _ = self._ways[way]
            once |= failed & ~twice
            if way is Modality.REMOTE:
                remote |= columns
            else:
                here |= columns
        found = self[modalities] = Meeting(here, remote, tuple(held.values()), once)
        return found


class Layout:
    """Columns, each a set of literals that must all hold."""

    def __init__(self, columns: int, tables: dict[Kind, Table]) -> None:
        self.columns = columns
        self._tables = tables
        ways = tables.get(ModalityTest)
        self._ways = dict.fromkeys(WAYS, NOTHING) if ways is None else {way: ways[way] for way in WAYS}
        self.meetings = Meetings(columns, self._ways)
        direct = [kind for kind in tables if kind not in (ModalityTest, *WORKED_OUT)]
        self._facts = _getter([_attribute(kind) for kind in direct])
        self._direct = [tables[kind] for kind in direct]
        self._worked_out: list[tuple[Fact, Table]] = [
            (kind.fact, tables[kind]) for kind in WORKED_OUT if kind in tables
        ]
        self.kinds = tuple(kind.code for kind in (*direct, *WORKED_OUT) if kind in tables)

    @classmethod
    def of(cls, columns: Iterable[tuple[int, Iterable[Literal]]]) -> "Layout":
        """columns: a mask of one bit, and the literals of that column."""
        laid, uses = 0, defaultdict[Kind, dict[Literal, int]](dict)
        for column, literals in columns:
            laid |= column
            for literal in literals:
                known = uses[type(literal.test)]
                known[literal] = known.get(literal, 0) | column
        return cls(laid, {kind: _table(kind, found) for kind, found in uses.items()})

    def amended(self, gone: Mapping[int, Branch], come: Mapping[int, Branch]) -> "Layout":
        """Another layout, where some columns are gone and others have come, perhaps in their place.

        The tables of the tests that are no other than before are shared.
        """
        laid, changed = self.columns, defaultdict[Kind, tuple[list[Use], list[Use]]](lambda: ([], []))
        for column in {**gone, **come}:
            before, after = gone.get(column, NO_BRANCH), come.get(column, NO_BRANCH)
            laid = laid | column if column in come else laid & ~column
            for which, literals in enumerate((before - after, after - before)):
                for literal in literals:
                    changed[type(literal.test)][which].append((literal, column))
        tables = dict(self._tables)
        for kind, (left, added) in changed.items():
            known = tables.pop(kind, None)
            table = known.amended(left, added) if known is not None else _table(kind, with_uses({}, (), added))
            if table is not None:
                tables[kind] = table
        return Layout(laid, tables)

    def judged(self, profile: Profile) -> tuple[int, int]:
        """The columns that fail and those left unknown, the way of meeting apart."""
        failed = unknown = 0
        for lost, _, unsure in map(getitem, self._direct, self._facts(profile)):
            failed |= lost
            if unsure:
                unknown |= unsure
        for work_out, table in self._worked_out:
            lost, _, unsure = table[work_out(profile)]
            failed |= lost
            unknown |= unsure
        return failed, unknown

    def each_judged(self, profile: Profile) -> list[Columns]:
        """The same for each of `kinds`."""
        found: list[Columns] = list(map(getitem, self._direct, self._facts(profile)))
        for work_out, table in self._worked_out:
            found.append(table[work_out(profile)])
        return found

    def failed_by(self, way: Modality) -> int:
        """The columns that a way of meeting fails."""
        return self._ways[way][0]


def _attribute(kind: Kind) -> str:
    return "publics" if kind is PublicTest else kind.attribute


def _getter(names: list[str]) -> Callable[[Profile], tuple[Any, ...]]:
    """The facts of those names, as a tuple however few there are."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda profile: tuple(getattr(profile, name) for name in names)


def _table(kind: Kind, uses: Mapping[Literal, int]) -> Table:
    if kind is PublicTest:
        return PublicTable(uses)
    return ListTable.of(uses) if issubclass(kind, AnyOfTest) else RangeTable(uses)
