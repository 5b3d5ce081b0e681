"""One programme for one person, out of the compiled masks: its truth, the tests that mattered, the fewest changes.

Each literal is a column of its own, laid out and judged as the catalogue's branches are. Criteria are then a program
over its bits: nothing here asks a test again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import NamedTuple

from matching.conditions import ModalityTest, Test, Truth
from matching.layout import Layout
from matching.literals import Branch, Every, Literal, Node, literals_of
from matching.profile import Profile
from matching.vocabulary import Modality
from matching.ways import IN_PERSON, WAYS, accepted_ways

KEPT = 16

Change = tuple[Test, bool]
Changes = frozenset[Change]


class Fit(NamedTuple):
    """Truth of a programme for a person, for each place capacity is counted at: here, or remote."""

    in_person: Truth
    remote: Truth

    @property
    def outcome(self) -> Truth:
        """YES: eligible. UNKNOWN: to verify. NO: ineligible."""
        return max(self)


@dataclass(frozen=True, slots=True)
class Reason:
    """One test that mattered. `excluded` is true under a `not`; `state` is its truth, exclusion included."""

    test: Test
    excluded: bool
    state: Truth


@dataclass(frozen=True, slots=True)
class States:
    """The state of every literal for one person and one way of meeting: masks over the literals' bits."""

    bits: Mapping[Literal, int]
    failed: int
    unknown: int

    def of(self, literal: Literal) -> Truth:
        bit = self.bits[literal]
        if self.failed >> bit & 1:
            return Truth.NO
        return Truth.UNKNOWN if self.unknown >> bit & 1 else Truth.YES

    def truth(self, node: Node) -> Truth:
        """Strong Kleene truth: `all` is the least, `any` the greatest."""
        if isinstance(node, Literal):
            return self.of(node)
        truths = [self.truth(part) for part in node.parts]
        return min(truths, default=Truth.YES) if isinstance(node, Every) else max(truths, default=Truth.NO)

    def reasons(self, node: Node) -> list[Reason]:
        """The tests that made the truth what it is: all of an `all`, of an `any` only those parts that tell."""
        if isinstance(node, Literal):
            return [Reason(node.test, not node.wanted, self.of(node))]
        told = node.parts if isinstance(node, Every) else self._telling(node.parts)
        return [reason for part in told for reason in self.reasons(part)]

    def _telling(self, parts: tuple[Node, ...]) -> list[Node]:
        truths = [self.truth(part) for part in parts]
        best = max(truths, default=Truth.NO)
        return [part for part, found in zip(parts, truths, strict=True) if found is best]

    def repairs(self, node: Node) -> list[Changes]:
        """Ways to bring the criteria to not-false, smallest first; none when impossible."""
        if isinstance(node, Literal):
            broken = self.of(node) is Truth.NO
            return [frozenset({(node.test, node.wanted)})] if broken else [frozenset()]
        choices = [self.repairs(part) for part in node.parts]
        if isinstance(node, Every):
            return _together(choices)
        return _smallest(change for choice in choices for change in choice)


class Judges:
    """Literals laid out one by one, for the criteria of some programmes."""

    def __init__(self, nodes: Iterable[Node], before: "Judges | None" = None) -> None:
        """before: judges whose literals stay laid out as they are."""
        self.bits: dict[Literal, int] = dict(before.bits) if before else {}
        come: dict[int, Branch] = {}
        for literal in (literal for node in nodes for literal in literals_of(node)):
            if literal not in self.bits:
                bit = self.bits[literal] = len(self.bits)
                come[1 << bit] = frozenset({literal})
        self.laid: Layout = before.laid.amended({}, come) if before else Layout.of(come.items())
        self._last: tuple[Profile | None, int, int] = (None, 0, 0)

    def judged(self, node: Node, profile: Profile) -> "Judgement":
        """One of those criteria for one person."""
        return Judgement(node, profile, self)

    def states(self, profile: Profile, way: Modality) -> States:
        last, failed, unknown = self._last
        if last is not profile:
            failed, unknown = self.laid.judged(profile)
            self._last = (profile, failed, unknown)
        return States(self.bits, failed | self.laid.failed_by(way), unknown)


class Judgement:
    """What criteria say of one person."""

    def __init__(self, node: Node, profile: Profile, judges: Judges) -> None:
        self._node, self._profile, self._judges = node, profile, judges
        self._states: dict[Modality, States] = {}

    def _under(self, way: Modality) -> States:
        if way not in self._states:
            self._states[way] = self._judges.states(self._profile, way)
        return self._states[way]

    def truth(self, way: Modality) -> Truth:
        """For one way of meeting."""
        return self._under(way).truth(self._node)

    @cached_property
    def fit(self) -> Fit:
        """An unknown choice of modality is certain only of what every way agrees on."""
        truths = {way: self.truth(way) for way in accepted_ways(self._profile)}
        here = max((truths[way] for way in IN_PERSON if way in truths), default=Truth.NO)
        remote = truths.get(Modality.REMOTE, Truth.NO)
        if self._profile.modalities is None and min(truths.values()) < Truth.YES:
            return Fit(min(here, Truth.UNKNOWN), min(remote, Truth.UNKNOWN))
        return Fit(here, remote)

    def best_way(self, *, remote: bool | None = None) -> Modality:
        """The way of meeting to explain: the best one, the fewest changes away among equals."""
        tried = [way for way in accepted_ways(self._profile) if remote in (None, way is Modality.REMOTE)]
        return max(tried or WAYS, key=lambda way: (self.truth(way), -len(self.fewest_changes(way)), -WAYS.index(way)))

    def reasons(self, way: Modality) -> list[Reason]:
        """The tests that mattered for one way of meeting."""
        found = list(dict.fromkeys(self._under(way).reasons(self._node)))
        if self._profile.modalities is None and self.fit.outcome is Truth.UNKNOWN:
            return [_unchosen(reason) for reason in found]
        return found

    def fewest_changes(self, way: Modality) -> Changes:
        """The smallest set of failed tests that, answered otherwise, would make the criteria not false.

        Each is (test, wanted answer). Empty when nothing failed, or when nothing could help.
        """
        return min(self._under(way).repairs(self._node), key=len, default=frozenset())

    @cached_property
    def changes(self) -> Changes:
        """The fewest changes over the ways of meeting that the person accepts."""
        found = [self.fewest_changes(way) for way in accepted_ways(self._profile) or WAYS]
        return min(found, key=lambda changes: (not changes, len(changes)))


def _unchosen(reason: Reason) -> Reason:
    """A way of meeting that fits is still to be verified while the person's choice is unknown."""
    if isinstance(reason.test, ModalityTest) and reason.state is Truth.YES:
        return Reason(reason.test, reason.excluded, Truth.UNKNOWN)
    return reason


def _together(choices: list[list[Changes]]) -> list[Changes]:
    """One change set from each part, united."""
    united: list[Changes] = [frozenset()]
    for choice in choices:
        united = _smallest(first | second for first, second in product(united, choice))
    return united


def _smallest(found: Iterable[Changes]) -> list[Changes]:
    return sorted(dict.fromkeys(found), key=len)[:KEPT]
