"""The criteria in force, in sentences: what the router reads, as it reads it."""

import logging
from dataclasses import dataclass

from flask import Blueprint
from flask.typing import ResponseReturnValue

from matching.conditions import ModalityTest, TerritoryTest, Test
from matching.criteria import All, AnyOf, Expression, Not, read_criteria, tests_of
from matching.reading import InvalidInputError
from matching.vocabulary import Side
from matching.wording import Names, rule
from portal.association.addresses import SIDE_NAMES
from portal.association.frame import association_page, signed_in
from portal.association.wording import place_said
from portal.foundation import clock
from portal.foundation.permissions import Permission, requires
from portal.models.programme import Verdict
from portal.queries.criteria import Kept, Proposal, Version, own_programmes
from portal.web.typography import french

log = logging.getLogger(__name__)
criteria = Blueprint("criteria", __name__, url_prefix="/criteres")
MEETING = {ModalityTest.title, TerritoryTest.title}
SIDES = {Side.MENTEE: "Jeunes", Side.MENTOR: "Bénévoles"}


@dataclass(frozen=True)
class Sentence:
    """One line: a subject and its rule; or a heading over choices, each a list of lines."""

    subject: str
    rule: str = ""
    choices: tuple[tuple["Sentence", ...], ...] = ()


@dataclass(frozen=True)
class SideShown:
    """What a programme asks of one side, and what waits for approval. version: None when it asks nothing yet."""

    address: str
    title: str
    version: Version | None
    sentences: tuple[Sentence, ...]
    proposal: Proposal | None
    proposed: tuple[Sentence, ...]


@criteria.get("")
@requires(Permission.CRITERIA_READ)
def index() -> ResponseReturnValue:
    programmes = own_programmes()
    running = [one for one in programmes if one.programme.archived_at is None]
    return association_page(
        "criteria.html",
        "criteria.index",
        programmes=[(one.programme, [shown(one, side) for side in Side]) for one in running],
        archived=[one.programme for one in programmes if one.programme.archived_at is not None],
        may_edit=signed_in().can(Permission.CRITERIA_EDIT),
        refused=Verdict.REFUSED,
        today=clock.today(),
    )


def shown(kept: Kept, side: Side) -> SideShown:
    version, proposal = kept.version(side), kept.proposal(side)
    return SideShown(
        SIDE_NAMES[side],
        SIDES[side],
        version,
        said(version.criteria) if version else (),
        proposal,
        said(proposal.criteria) if proposal and proposal.verdict is None else (),
    )


def said(written: object) -> tuple[Sentence, ...]:
    """Stored criteria in sentences; those nobody can read are said to be so, and the rest of the page stands."""
    try:
        expression = read_criteria(written)
    except InvalidInputError:
        log.exception("criteria_unreadable")
        return (Sentence("Critères illisibles", "prévenez l’équipe du Collectif"),)
    return sentences(expression, names_in(expression))


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
