"""Criteria for readers of a sheet of paper: a subject and its rule a line, without what the sheet says elsewhere."""

from dataclasses import replace

from matching.conditions import AgeTest, ModalityTest, TerritoryTest
from matching.criteria import All, Expression, tests_of
from matching.sentences import Line, capital, simplified
from portal.web.criteria_said import lines_said

__all__ = ["Line", "lines"]
MEETING = (ModalityTest, TerritoryTest)


def lines(criteria: Expression, *, meeting: bool = False) -> tuple[Line, ...]:
    """One a condition, the age first, alternatives together. meeting: where and how people meet is told too."""
    found = lines_said(criteria if meeting else _without_meeting(simplified(criteria)))
    told = (replace(one, rule=capital(one.rule), choices=tuple(map(capital, one.choices))) for one in found)
    return tuple(sorted(told, key=lambda line: line.subject != AgeTest.title))


def _without_meeting(criteria: Expression) -> Expression:
    parts = criteria.parts if isinstance(criteria, All) else (criteria,)
    return All(tuple(part for part in parts if not _only_meeting(part)))


def _only_meeting(part: Expression) -> bool:
    tests = list(tests_of(part))
    return bool(tests) and all(isinstance(test, MEETING) for test in tests)
