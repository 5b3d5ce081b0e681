"""The criteria in force, in sentences: what the router reads, as it reads it."""

from dataclasses import dataclass

from flask import Blueprint
from flask.typing import ResponseReturnValue

from matching.sentences import Line
from matching.vocabulary import Side
from portal.association.addresses import SIDE_NAMES
from portal.association.criteria_lessons import lessons_shown
from portal.association.frame import association_page, signed_in
from portal.foundation import clock
from portal.foundation.permissions import Permission, requires
from portal.models.programme import Verdict
from portal.queries.criteria import Kept, Proposal, Version, own_programmes
from portal.web.criteria_said import UNREADABLE, lines_said, readable, written_said

criteria = Blueprint("criteria", __name__, url_prefix="/criteres")
SIDES = {Side.MENTEE: "Jeunes", Side.MENTOR: "Bénévoles"}


@dataclass(frozen=True)
class SideShown:
    """What a programme asks of one side, and what waits for approval. version: None when it asks nothing yet.

    whole: the criteria as one sentence; sentences: a line a condition.
    """

    address: str
    title: str
    version: Version | None
    whole: str
    sentences: tuple[Line, ...]
    proposal: Proposal | None
    proposed_whole: str
    proposed: tuple[Line, ...]


@criteria.get("")
@requires(Permission.CRITERIA_READ)
def index() -> ResponseReturnValue:
    programmes = own_programmes()
    running = [one for one in programmes if one.programme.archived_at is None]
    return association_page(
        "criteria.html",
        "criteria.index",
        programmes=[(one.programme, [shown(one, side) for side in Side]) for one in running],
        lessons=lessons_shown(running),
        archived=[one.programme for one in programmes if one.programme.archived_at is not None],
        may_edit=signed_in().can(Permission.CRITERIA_EDIT),
        refused=Verdict.REFUSED,
        today=clock.today(),
    )


def shown(kept: Kept, side: Side) -> SideShown:
    version, proposal = kept.version(side), kept.proposal(side)
    waiting = proposal if proposal and proposal.verdict is None else None
    return SideShown(
        SIDE_NAMES[side],
        SIDES[side],
        version,
        written_said(version.criteria) if version else "",
        said(version.criteria) if version else (),
        proposal,
        written_said(waiting.criteria) if waiting else "",
        said(waiting.criteria) if waiting else (),
    )


def said(written: object) -> tuple[Line, ...]:
    """Stored criteria a line a condition; those nobody can read are said to be so, and the rest of the page stands."""
    expression = readable(written)
    return lines_said(expression) if expression is not None else (Line(UNREADABLE, "prévenez l’équipe du Collectif"),)
