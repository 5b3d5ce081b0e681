"""Columns of bits, one for each set of literals that must hold together, and what each fact does to all of them.

One integer for each value of each test: a fact is looked up, and tells at once the columns it fails and those it leaves
unknown. What was worked out for a fact is kept, up to a bound, for the next person with the same one.
"""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Protocol, Self

from matching.conditions import AnyOfTest, PublicTest, Truth
from matching.literals import Literal
from matching.vocabulary import Public

MOST_FACTS = 8192
MOST_BYTES = 8 << 20

Columns = tuple[int, int, int]
Use = tuple[Literal, int]


class Table(Protocol):
    """What each fact does to the columns: those that fail, that fail more than one test, and that are unknown."""

    def __getitem__(self, fact: Any, /) -> Columns: ...
    def amended(self, gone: Iterable[Use], come: Iterable[Use]) -> "Table | None": ...


class Kept(dict[Hashable, Columns], ABC):
    """Facts met and what they do, forgotten all at once when they weigh too much."""

    def __init__(self) -> None:
        super().__init__()
        self._weight = 0

    def __missing__(self, fact: Hashable) -> Columns:
        found = self.judged(fact)
        self._weight += sum(columns.bit_length() for columns in found) // 8
        if len(self) >= MOST_FACTS or self._weight > MOST_BYTES:
            self.clear()
            self._weight = 0
        self[fact] = found
        return found

    @abstractmethod
    def judged(self, fact: Hashable) -> Columns:
        """What a fact not met yet does to the columns."""


class RangeTable(Kept):
    """The uses of one kind of test that is asked of each fact met: an age, a level, a day."""

    def __init__(self, uses: Mapping[Literal, int]) -> None:
        super().__init__()
        self.uses = uses

    def amended(self, gone: Iterable[Use], come: Iterable[Use]) -> Self | None:
        """Another table, without and with those uses; None when none is left."""
        uses = with_uses(self.uses, gone, come)
        return type(self)(uses) if uses else None

    def judged(self, fact: Hashable) -> Columns:
        failed = twice = unknown = 0
        for literal, columns in self.uses.items():
            held = literal.test.holds(fact)
            if held is Truth.UNKNOWN:
                unknown |= columns
            elif (held is Truth.YES) is not literal.wanted:
                twice |= failed & columns
                failed |= columns
        return failed, twice, unknown


def with_uses(uses: Mapping[Literal, int], gone: Iterable[Use], come: Iterable[Use]) -> dict[Literal, int]:
    """The uses, without some and with others."""
    left = dict(uses)
    for literal, column in gone:
        left[literal] &= ~column
        if not left[literal]:
            del left[literal]
    for literal, column in come:
        left[literal] = left.get(literal, 0) | column
    return left


class Round:
    """Uses with the same answer wanted, no two on one column: a value's integer then tells all that it brings."""

    def __init__(self, wanted: bool, laid: int = 0, values: Mapping[str, int] | None = None) -> None:
        self.wanted, self.laid, self.values = wanted, laid, dict(values or {})

    def lay(self, test: AnyOfTest, column: int) -> None:
        self.laid |= column
        for value in test.any_of:
            self.values[value] = self.values.get(value, 0) | column

    def without(self, columns: int) -> "Round":
        """A copy with nothing on these columns."""
        values = {value: left for value, held in self.values.items() if (left := held & ~columns)}
        return Round(self.wanted, self.laid & ~columns, values)


def lay_rounds(rounds: Iterable[Round], uses: Mapping[Literal, int], columns: int) -> list[Round]:
    """Copies of the rounds, with what `uses` lay on these columns in the place of all that was on them."""
    laid = [each.without(columns) for each in rounds]
    for literal, held in uses.items():
        if here := held & columns:
            assert isinstance(literal.test, AnyOfTest)
            _round_for(laid, literal, here).lay(literal.test, here)
    return [each for each in laid if each.laid]


def _round_for(rounds: list[Round], literal: Literal, columns: int) -> Round:
    for each in rounds:
        if each.wanted is literal.wanted and not each.laid & columns:
            return each
    rounds.append(Round(literal.wanted))
    return rounds[-1]


class ListTable(Kept):
    """The uses of a test of the form "one of these", united over the person's values."""

    def __init__(self, uses: Mapping[Literal, int], rounds: Iterable[Round]) -> None:
        super().__init__()
        self.uses, self.rounds = uses, tuple(rounds)

    @classmethod
    def of(cls, uses: Mapping[Literal, int]) -> Self:
        return cls(uses, lay_rounds((), uses, _united(uses.values())))

    def amended(self, gone: Iterable[Use], come: Iterable[Use]) -> Self | None:
        """A column that changes is laid anew whole: its other lists may have to move to another round."""
        gone, come = list(gone), list(come)
        uses = with_uses(self.uses, gone, come)
        changed = _united(column for _, column in (*gone, *come))
        return type(self)(uses, lay_rounds(self.rounds, uses, changed)) if uses else None

    def judged(self, fact: Hashable) -> Columns:
        if fact is None:
            return 0, 0, _united(each.laid for each in self.rounds)
        values: Iterable[Any] = fact if isinstance(fact, frozenset) else (fact,)
        failed = twice = 0
        for each in self.rounds:
            held = _united([each.values.get(value, 0) for value in values])
            lost = each.laid ^ held if each.wanted else held
            twice |= failed & lost
            failed |= lost
        return failed, twice, 0


def _united(masks: Iterable[int]) -> int:
    mask = 0
    for each in masks:
        mask |= each
    return mask


class PublicTable:
    """Publics are answered one by one: a list of them is refused only when each of its publics is.

    Each list has as many slots as the longest has publics: a "no" is marked in the slot of its public, slots without a
    public are marked from the start, and a list is refused where all its slots are. A column with two lists has the
    second one in another round of slots.
    """

    def __init__(self, uses: Mapping[Literal, int]) -> None:
        self.uses = uses
        self._width = max(columns.bit_length() for columns in uses.values())
        most = max(len(_publics_of(literal)) for literal in uses)
        steps = max(most - 1, 0).bit_length()
        self._slots = 1 << steps
        self._shifts = [self._width << step for step in reversed(range(steps))]
        self._rounds: list[int] = []
        self._yes: dict[str, int] = dict.fromkeys(Public, 0)
        self._no: dict[str, int] = dict.fromkeys(Public, 0)
        self._unused = self._wanted = self._excluded = 0
        for literal, columns in uses.items():
            self._lay(literal, columns, self._round_for(columns))
        self._laid = self._wanted | self._excluded

    def _round_for(self, columns: int) -> int:
        for number, laid in enumerate(self._rounds):
            if not laid & columns:
                self._rounds[number] |= columns
                return number
        self._rounds.append(columns)
        return len(self._rounds) - 1

    def _lay(self, literal: Literal, columns: int, number: int) -> None:
        slots = [columns << (number * self._slots + slot) * self._width for slot in range(self._slots)]
        publics = _publics_of(literal)
        for public, slot in zip(publics, slots, strict=False):
            self._yes[public] |= slots[0]
            self._no[public] |= slot
        for slot in slots[len(publics) :]:
            self._unused |= slot
        if literal.wanted:
            self._wanted |= slots[0]
        else:
            self._excluded |= slots[0]

    def amended(self, gone: Iterable[Use], come: Iterable[Use]) -> Self | None:
        uses = with_uses(self.uses, gone, come)
        return type(self)(uses) if uses else None

    def __getitem__(self, publics: Mapping[str, bool | None], /) -> Columns:
        yes, no = self._yes, self._no
        given, refused = 0, self._unused
        for public, answer in publics.items():
            if answer:
                given |= yes[public]
            elif answer is not None:
                refused |= no[public]
        for shift in self._shifts:
            refused &= refused >> shift
        refused &= self._laid
        lost = refused & self._wanted | given & self._excluded if self._excluded else refused
        unknown = self._laid ^ given ^ refused
        return (lost, 0, unknown) if len(self._rounds) == 1 else self._joined(lost, unknown)

    def _joined(self, lost: int, unknown: int) -> Columns:
        """The rounds brought together."""
        failed = twice = unsure = 0
        each, whole = self._slots * self._width, (1 << self._width) - 1
        for number in range(len(self._rounds)):
            part = lost >> number * each & whole
            twice |= failed & part
            failed |= part
            unsure |= unknown >> number * each & whole
        return failed, twice, unsure


def _publics_of(literal: Literal) -> list[str]:
    assert isinstance(literal.test, PublicTest)
    return sorted(literal.test.any_of)
