"""Criteria for readers of a sheet of paper: a subject and its rule a line, without what the sheet says elsewhere."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from matching.conditions import AgeTest, ChannelTest, ModalityTest, PublicTest, SituationTest, TerritoryTest, Test
from matching.criteria import All, AnyOf, Expression, Not, tests_of
from matching.wording import rule
from portal.places import UnknownPlaceError, label
from portal.web.typography import NBSP

MOST_PLACES = 6
PLAIN = (AgeTest, ChannelTest, ModalityTest, PublicTest, SituationTest)
MEETING = (ModalityTest, TerritoryTest)
EITHER = "L’une de ces situations"


@dataclass(frozen=True)
class Line:
    """« Âge » and « de 5 à 18 ans »; choices when any one of several suffices."""

    subject: str
    rule: str = ""
    choices: tuple[str, ...] = ()


def lines(criteria: Expression, *, meeting: bool = False) -> tuple[Line, ...]:
    """One a condition, the age first, alternatives together. meeting: where and how people meet is told too."""
    names = {
        code: _place(code) for test in tests_of(criteria) if isinstance(test, TerritoryTest) for code in test.any_of
    }
    found = _lines(criteria, names, meeting=meeting)
    return tuple(sorted(found, key=lambda line: line.subject != AgeTest.title))


def _place(code: str) -> str:
    try:
        return label(code)
    except UnknownPlaceError:
        return code


def _lines(part: Expression, names: Mapping[str, str], *, meeting: bool) -> Iterator[Line]:
    match part:
        case All(parts):
            for inner in parts:
                yield from _lines(inner, names, meeting=meeting)
        case _ if not meeting and _only_meeting(part):
            return
        case AnyOf(parts):
            yield _either(parts, names)
        case Not(inner) if not isinstance(inner, Test):
            yield Line("Sauf", _capital(_said(inner, names)))
        case _:
            yield _line(part, names)


def _only_meeting(part: Expression) -> bool:
    tests = list(tests_of(part))
    return bool(tests) and all(isinstance(test, MEETING) for test in tests)


def _either(parts: tuple[Expression, ...], names: Mapping[str, str]) -> Line:
    subjects = {part.title for part in parts if isinstance(part, Test)}
    if len(subjects) == 1 and all(isinstance(part, Test) for part in parts):
        rules = (_rule(part, names) for part in parts if isinstance(part, Test))
        return Line(subjects.pop(), _capital(" ou ".join(rules)))
    return Line(EITHER, choices=tuple(_capital(_said(part, names)) for part in parts))


def _line(part: Expression, names: Mapping[str, str]) -> Line:
    excluded = isinstance(part, Not)
    test = part.part if isinstance(part, Not) else part
    assert isinstance(test, Test)
    return Line(test.title, _capital(_rule(test, names, excluded=excluded)))


def _said(part: Expression, names: Mapping[str, str]) -> str:
    """A part within an alternative, on one line; a rule that speaks for itself goes without its subject."""
    match part:
        case All(parts):
            return ", ".join(_said(inner, names) for inner in parts)
        case AnyOf(parts):
            return " ou ".join(_said(inner, names) for inner in parts)
        case Not(inner):
            return f"sauf {_said(inner, names)}"
        case Test() if isinstance(part, PLAIN):
            return _rule(part, names)
        case Test():
            return f"{part.title.lower()}{NBSP}: {_rule(part, names)}"


def _rule(test: Test, names: Mapping[str, str], *, excluded: bool = False) -> str:
    if isinstance(test, TerritoryTest) and len(test.any_of) > MOST_PLACES:
        known = sorted(names.get(code, code) for code in test.any_of)
        return f"{', '.join(known[:MOST_PLACES])} et {len(known) - MOST_PLACES} autres lieux"
    return rule(test, names, excluded=excluded)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
