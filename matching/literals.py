"""Criteria in normal form: exclusions pushed down to the tests, each test with the answer it has to give.

Strong Kleene logic is a distributive lattice, so neither this form nor spreading it into branches changes its truth.
"""

from dataclasses import dataclass
from itertools import product

from matching.conditions import Test
from matching.criteria import All, AnyOf, Expression, Not

MOST_BRANCHES = 16


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """A test and the answer wanted. One object for one meaning within a compiled catalogue: compared by identity."""

    test: Test
    wanted: bool


@dataclass(frozen=True, slots=True, eq=False)
class Every:
    """Every part has to hold."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True, eq=False)
class Either:
    """One part at least has to hold."""

    parts: tuple["Node", ...]


Node = Every | Either | Literal
Branch = frozenset[Literal]


class Literals:
    """The literals met so far: equal tests with the same answer wanted are one object."""

    def __init__(self) -> None:
        self._known: dict[tuple[Test, bool], Literal] = {}

    def __len__(self) -> int:
        return len(self._known)

    def normal(self, criteria: Expression, *, wanted: bool = True) -> Node:
        """The criteria (or, not wanted, their contrary) in normal form."""
        match criteria:
            case All(parts) | AnyOf(parts):
                kind = Every if isinstance(criteria, All) is wanted else Either
                return kind(tuple([self.normal(part, wanted=wanted) for part in parts]))
            case Not(part):
                return self.normal(part, wanted=not wanted)
            case Test():
                return self._literal(criteria, wanted)

    def _literal(self, test: Test, wanted: bool) -> Literal:
        key = (test, wanted)
        found = self._known.get(key)
        return found if found is not None else self._known.setdefault(key, Literal(test, wanted))


def literals_of(node: Node) -> list[Literal]:
    """Every leaf, in order."""
    if isinstance(node, Literal):
        return [node]
    return [literal for part in node.parts for literal in literals_of(part)]


def branches(node: Node) -> list[Branch] | None:
    """The criteria as alternatives, each a set of literals that must all hold; None when there are too many."""
    spread = _spread(node)
    return None if spread is None else list(dict.fromkeys(spread))


def _spread(node: Node) -> list[Branch] | None:
    if isinstance(node, Literal):
        return [frozenset({node})]
    choices = [found for part in node.parts if (found := _spread(part)) is not None]
    if len(choices) < len(node.parts):
        return None
    return _product(choices) if isinstance(node, Every) else _union(choices)


def _union(choices: list[list[Branch]]) -> list[Branch] | None:
    spread = [branch for choice in choices for branch in choice]
    return spread if len(spread) <= MOST_BRANCHES else None


def _product(choices: list[list[Branch]]) -> list[Branch] | None:
    united: list[Branch] = [frozenset()]
    for choice in choices:
        united = [first | second for first, second in product(united, choice)]
        if len(united) > MOST_BRANCHES:
            return None
    return united
