"""The compiled form of many requests: one criteria expression judged over all of them at once, for previews.

The transpose of the index: one bit a request and, for each value of each fact, one integer telling who holds it. A
test is then the union of a few of them, and criteria a handful of ANDs: a million requests take milliseconds.
"""

import sys
from array import array
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from functools import partial
from typing import NamedTuple

from matching.conditions import TESTS, AnyOfTest, ModalityTest, PublicTest, Test, Truth
from matching.criteria import All, AnyOf, Expression, Not, tests_of
from matching.profile import Profile
from matching.vocabulary import Modality

RARE = 512


class Fits(NamedTuple):
    """Masks over a crowd, bit i for its i-th request: who fits for certain, and who fits or is to verify."""

    certain: int
    possible: int

    @property
    def counts(self) -> "Counts":
        certain = self.certain.bit_count()
        return Counts(certain, self.possible.bit_count() - certain)


class Counts(NamedTuple):
    """How many requests criteria fit."""

    certain: int
    to_verify: int


class Preview(NamedTuple):
    """An edit of criteria. gained, lost: masks of the requests that would fit, to verify or not, and no longer."""

    before: Counts
    after: Counts
    gained: int
    lost: int


class Column:
    """One fact: who holds each of its values, and of whom it is unknown.

    A value that one request in RARE holds is a mask; a rarer one (a commune, a school) is a list of requests, so that
    36,000 communes weigh no more than their requests.
    """

    def __init__(self) -> None:
        self.masks: dict[Hashable, int] = {}
        self.lists: defaultdict[Hashable, array[int]] = defaultdict(partial(array, "I"))
        self.unknown = 0
        self.size = 0

    def close(self, size: int) -> None:
        """Every request is in the lists: weigh each value."""
        self.size = size
        self.unknown = self._mask([self.lists.pop(None, array("I"))])
        for value in [value for value, found in self.lists.items() if len(found) * RARE >= size]:
            self.masks[value] = self._mask([self.lists.pop(value)])

    def held(self, values: Iterable[Hashable]) -> int:
        """Who holds one of these values at least."""
        held, rare = 0, []
        for value in values:
            if value in self.masks:
                held |= self.masks[value]
            elif value in self.lists:
                rare.append(self.lists[value])
        return held | self._mask(rare) if rare else held

    def values(self) -> Iterator[Hashable]:
        yield from self.masks
        yield from self.lists

    def _mask(self, lists: "Iterable[array[int]]") -> int:
        bits = bytearray((self.size + 7) // 8)
        for requests in lists:
            for request in requests:
                bits[request >> 3] |= 1 << (request & 7)
        return int.from_bytes(bits, "little")

    @property
    def weight(self) -> int:
        kept = (self.unknown, *self.masks.values(), *self.lists.values())
        return sum(map(sys.getsizeof, kept)) + sys.getsizeof(self.masks) + sys.getsizeof(self.lists)


class Crowd:
    """Requests of one side, compiled. Agrees with the index, request by request.

    The profiles are read once, one after the other, and not kept: some 50 bytes a request remain (`weight`), three
    times that while it is built.
    """

    def __init__(self, profiles: Iterable[Profile]) -> None:
        self.columns = {kind: Column() for kind in TESTS.values()}
        self.size = self._read(profiles)
        self.full = (1 << self.size) - 1
        for column in self.columns.values():
            column.close(self.size)
        ways = self.columns[ModalityTest]
        here, remote = ways.held([Modality.IN_PERSON]), ways.held([Modality.REMOTE])
        self.accepting = {
            Modality.IN_PERSON: here,
            Modality.HYBRID: here & remote | ways.held([Modality.HYBRID]),
            Modality.REMOTE: remote,
        }

    def _read(self, profiles: Iterable[Profile]) -> int:
        """Write down who holds what; how many they are."""
        facts = [(kind.fact, column.lists) for kind, column in self.columns.items() if kind is not PublicTest]
        answers, size = self.columns[PublicTest].lists, 0
        for profile in profiles:
            for fact_of, lists in facts:
                fact = fact_of(profile)
                if isinstance(fact, frozenset):
                    for value in fact:
                        lists[value].append(size)
                else:
                    lists[fact].append(size)
            for public, answer in profile.publics.items():
                if answer is not None:
                    answers[public, answer].append(size)
            size += 1
        return size

    @property
    def weight(self) -> int:
        """Bytes held."""
        return sum(column.weight for column in self.columns.values())

    def fits(self, criteria: Expression) -> Fits:
        """The decision tree for every request at once."""
        return _Reading(self).fits(criteria)

    def preview(self, before: Expression, after: Expression) -> Preview:
        """What replacing these criteria by those would change. What both have in common is judged once."""
        reading = _Reading(self)
        was, now = reading.fits(before), reading.fits(after)
        stay = was.possible & now.possible
        return Preview(was.counts, now.counts, now.possible ^ stay, was.possible ^ stay)


class _Reading:
    """Criteria being judged: strong Kleene truths as masks, each part and way of meeting judged once."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.known: dict[tuple[Expression, Modality | None], Fits] = {}

    def fits(self, criteria: Expression) -> Fits:
        """The ways of meeting joined: one accepted is enough; a choice unknown is certain of what all agree on."""
        undecided, agreed = self.crowd.columns[ModalityTest].unknown, self.crowd.full
        certain = possible = 0
        for way, accepting in self.crowd.accepting.items():
            truth = self._truth(criteria, way)
            agreed &= truth.certain
            certain |= truth.certain & accepting
            possible |= truth.possible & (accepting | undecided)
        return Fits(certain | agreed & undecided, possible)

    def _truth(self, criteria: Expression, way: Modality | None) -> Fits:
        if way and not any(isinstance(test, ModalityTest) for test in tests_of(criteria)):
            way = None
        found = self.known.get((criteria, way))
        if found is None:
            found = self.known[criteria, way] = self._judged(criteria, way)
        return found

    def _judged(self, criteria: Expression, way: Modality | None) -> Fits:
        full = self.crowd.full
        match criteria:
            case All(parts):
                return self._all(parts, way)
            case AnyOf(parts):
                return self._any(parts, way)
            case Not(part):
                certain, possible = self._truth(part, way)
                return Fits(full ^ possible, full ^ certain)
            case ModalityTest():
                return Fits(full, full) if way in criteria.any_of else Fits(0, 0)
            case Test():
                return self._answers(criteria)

    def _all(self, parts: tuple[Expression, ...], way: Modality | None) -> Fits:
        certain = possible = self.crowd.full
        for part in parts:
            truth = self._truth(part, way)
            certain &= truth.certain
            possible &= truth.possible
        return Fits(certain, possible)

    def _any(self, parts: tuple[Expression, ...], way: Modality | None) -> Fits:
        certain = possible = 0
        for part in parts:
            truth = self._truth(part, way)
            certain |= truth.certain
            possible |= truth.possible
        return Fits(certain, possible)

    def _answers(self, test: Test) -> Fits:
        column = self.crowd.columns[type(test)]
        match test:
            case PublicTest():
                refused = self.crowd.full
                for public in test.any_of:
                    refused &= column.held([(public, False)])
                return Fits(column.held((public, True) for public in test.any_of), self.crowd.full ^ refused)
            case AnyOfTest():
                held = column.held(test.any_of)
            case _:
                held = column.held(value for value in column.values() if test.holds(value) is Truth.YES)
        return Fits(held, held | column.unknown)


def bits_of(mask: int) -> Iterator[int]:
    """The positions of the bits set, lowest first, in a time that only grows with the length of the mask."""
    digits = f"{mask:b}"[::-1]
    place = digits.find("1")
    while place >= 0:
        yield place
        place = digits.find("1", place + 1)
