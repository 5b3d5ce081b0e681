"""The criteria in force, in sentences: what the router reads, as it reads it."""

from dataclasses import dataclass

from flask import Blueprint
from flask.typing import ResponseReturnValue

from matching.conditions import ModalityTest, TerritoryTest, Test
from matching.criteria import All, AnyOf, Expression, Not, read_criteria, tests_of
from matching.vocabulary import Side
from matching.wording import Names, rule
from portal.association.frame import association_page
from portal.association.wording import place_said
from portal.foundation.permissions import Permission, requires
from portal.queries.sheet import InForce, Offered, programmes_offered
from portal.web.typography import french

criteria = Blueprint("criteria", __name__, url_prefix="/criteres")
MEETING = {ModalityTest.title, TerritoryTest.title}
SIDES = {Side.MENTEE: "Jeunes", Side.MENTOR: "Bénévoles"}


@dataclass(frozen=True)
class Sentence:
    """One line: a subject and its rule; or a heading over choices, each a list of lines."""

    subject: str
    rule: str = ""
    choices: tuple[tuple["Sentence", ...], ...] = ()


@criteria.get("")
@requires(Permission.CRITERIA_READ)
def index() -> ResponseReturnValue:
    offered = programmes_offered()
    return association_page(
        "criteria.html",
        "criteria.index",
        programmes=[(one.programme, [shown(version) for version in one.versions]) for one in offered],
        latest=latest_change(offered),
    )


def latest_change(offered: list[Offered]) -> InForce | None:
    versions = [version for one in offered for version in one.versions]
    return max(versions, key=lambda version: version.created_at, default=None)


def shown(version: InForce) -> dict[str, object]:
    expression = read_criteria(version.criteria)
    return {
        "side": SIDES[version.side],
        "number": version.number,
        "created_at": version.created_at,
        "notes": version.notes,
        "sentences": sentences(expression, names_in(expression)),
    }


def names_in(expression: Expression) -> Names:
    """The places the criteria speak of, in words."""
    codes = {code for test in tests_of(expression) for code in getattr(test, "any_of", ()) if ":" in code}
    return {code: place_said(code) for code in codes}


def either(choices: tuple[tuple[Sentence, ...], ...]) -> Sentence:
    """Alternatives: on one line when each is short enough to be read so, else a list of lists."""
    subjects = list(dict.fromkeys(line.subject for choice in choices for line in choice))
    plain = all(choice and not any(line.choices for line in choice) for choice in choices)
    if plain and (len(subjects) == 1 or set(subjects) == MEETING):
        return Sentence(subjects[0], ", ou bien ".join(" · ".join(line.rule for line in choice) for choice in choices))
    return Sentence("L’une de ces situations", choices=choices)


def sentences(expression: Expression, names: Names) -> tuple[Sentence, ...]:
    """Every condition on its own line; alternatives under a heading."""
    match expression:
        case All(parts):
            return tuple(line for part in parts for line in sentences(part, names))
        case AnyOf(parts):
            return (either(tuple(sentences(part, names) for part in parts)),)
        case Not(Test() as test):
            return (Sentence(test.title, french(rule(test, names, excluded=True))),)
        case Not(part):
            return (Sentence("Sauf si", choices=(sentences(part, names),)),)
        case Test():
            return (Sentence(expression.title, french(rule(expression, names))),)
