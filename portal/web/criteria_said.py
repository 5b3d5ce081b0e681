"""Criteria as pages and sheets of paper say them: the engine's sentences, with our names of places, in set French."""

import logging

from matching.conditions import TerritoryTest
from matching.criteria import Expression, read_criteria, tests_of
from matching.reading import InvalidInputError
from matching.sentences import Line, clauses, lines, sentence, words
from matching.wording import Names
from portal.places import UnknownPlaceError, label
from portal.web.typography import french

log = logging.getLogger(__name__)
MOST_PLACES = 6
UNREADABLE = "Critères illisibles"


def names_in(criteria: Expression) -> Names:
    """What the places of the criteria are called; two of one name with their codes."""
    codes = {code for test in tests_of(criteria) if isinstance(test, TerritoryTest) for code in test.any_of}
    said = {code: _name(code) for code in sorted(codes)}
    alike = [name for name in said.values() if name is not None]
    return {
        code: name if alike.count(name) == 1 else f"{name} ({code.partition(':')[2]})"
        for code, name in said.items()
        if name is not None
    }


def _name(code: str) -> str | None:
    try:
        return label(code)
    except UnknownPlaceError:
        return None


def whole_said(criteria: Expression) -> str:
    """One sentence with its full stop; a long list of places is cut."""
    return french(sentence(criteria, names_in(criteria), MOST_PLACES)) + "."


def part_said(criteria: Expression) -> str:
    """The same within another sentence: « à partir de 14 ans »."""
    return french(words(criteria, names_in(criteria), MOST_PLACES))


def written_said(written: object) -> str:
    """Stored criteria in one sentence; those nobody can read are said to be so."""
    expression = readable(written)
    return whole_said(expression) if expression is not None else f"{UNREADABLE}."


def clauses_said(criteria: Expression, most: int = MOST_PLACES) -> list[str]:
    """A sentence a condition. most: how many places are named."""
    return [french(one) for one in clauses(criteria, names_in(criteria), most)]


def lines_said(criteria: Expression) -> tuple[Line, ...]:
    """A line a condition: its subject and its rule, or choices of which one suffices."""
    return tuple(
        Line(one.subject, french(one.rule), tuple(french(choice) for choice in one.choices))
        for one in lines(criteria, names_in(criteria), MOST_PLACES)
    )


def readable(written: object) -> Expression | None:
    """The criteria; None, and a line in the log, when nobody can read them."""
    try:
        return read_criteria(written)
    except InvalidInputError:
        log.exception("criteria_unreadable")
        return None
