"""Criteria: `all`, `any` and `not` over the closed list of tests, read from JSON and written back."""

from collections.abc import Iterator
from dataclasses import dataclass

from matching.conditions import TESTS, ModalityTest, TerritoryTest, Test
from matching.reading import Node
from matching.vocabulary import Modality

DEEPEST = 24


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds. Without parts it is true: no criterion means no constraint."""

    parts: tuple["Expression", ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One part at least holds. Without parts it is false."""

    parts: tuple["Expression", ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold: an exclusion."""

    part: "Expression"


Expression = All | AnyOf | Not | Test

EVERYONE = All()


def read_criteria(value: object, path: str = "$") -> Expression:
    """Read criteria from parsed JSON. Raises InvalidInputError naming the path."""
    return read(Node(value, path))


def read(node: Node, depth: int = 0) -> Expression:
    if depth > DEEPEST:
        raise node.fail(f"nested more than {DEEPEST} deep")
    if node.get("test"):
        return read_test(node)
    if len(node.mapping()) != 1:
        raise node.fail("one of all, any, not or test is expected")
    ((name, part),) = node.fields()
    match name:
        case "all":
            return All(tuple(read(item, depth + 1) for item in part.items()))
        case "any":
            return AnyOf(tuple(read(item, depth + 1) for item in part.items()))
        case "not":
            return Not(read(part, depth + 1))
    raise node.fail("one of all, any, not or test is expected")


def read_test(node: Node) -> Test:
    code = node.field("test")
    if code.text() not in TESTS:
        raise code.fail(f"{code.text()!r} is not one of {', '.join(TESTS)}")
    return TESTS[code.text()].read(node)


def write_criteria(expression: Expression) -> dict[str, object]:
    """The JSON form that `read_criteria` reads."""
    match expression:
        case All(parts):
            return {"all": [write_criteria(part) for part in parts]}
        case AnyOf(parts):
            return {"any": [write_criteria(part) for part in parts]}
        case Not(part):
            return {"not": write_criteria(part)}
        case Test():
            return expression.to_json()


def tests_of(expression: Expression) -> Iterator[Test]:
    """Every leaf, in order."""
    match expression:
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from tests_of(part)
        case Not(part):
            yield from tests_of(part)
        case Test():
            yield expression


def meeting(modalities: frozenset[Modality], places: frozenset[str]) -> Expression:
    """In person (or hybrid) for those who live in `places`, remote for anyone."""
    in_person = modalities - {Modality.REMOTE}
    branches: list[Expression] = []
    if in_person:
        here = (ModalityTest(in_person), *([TerritoryTest(places)] if places else ()))
        branches.append(All(here))
    if Modality.REMOTE in modalities:
        branches.append(ModalityTest(frozenset({Modality.REMOTE})))
    return branches[0] if len(branches) == 1 else AnyOf(tuple(branches))
