"""The associations: where each stands, and one of them with its members, its places and its criteria."""

import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import BooleanField

from admin.navigation import frame, navigation
from admin.sentences import sentences
from matching.criteria import read_criteria
from matching.reading import InvalidInputError
from matching.vocabulary import Side
from portal.foundation.errors import Hidden
from portal.foundation.permissions import Permission, requires
from portal.places import UnknownPlaceError, label
from portal.queries.associations import (
    AssociationLine,
    association_lines,
    association_of,
    capacities_of,
    criteria_in_force,
    current_campaign,
    members_of,
)
from portal.web.forms import PortalForm
from portal.web.pages import page

log = logging.getLogger(__name__)
associations = Blueprint("associations", __name__, url_prefix="/collectif/associations")
associations.context_processor(frame)
SIDES = {"jeunes": Side.MENTEE, "benevoles": Side.MENTOR}
SIDE_LABELS = {"jeunes": "Jeunes", "benevoles": "Bénévoles"}
OK = 200
NOBODY = -1


class SettingsForm(PortalForm):
    """What staff settle for an association."""

    approval_required = BooleanField(
        "Ses critères attendent notre accord",
        description="Ses changements de critères deviennent des propositions\u00a0: rien ne change pour les demandes"
        " avant qu’un membre de l’équipe ne les approuve. Sans cela, ils s’appliquent dès leur publication.",
    )
    stop_at_objective = BooleanField(
        "Elle s’arrête à son objectif",
        description="Une fois l’objectif atteint d’un côté, plus aucune demande ne lui est proposée de ce côté, même s’il"
        " lui reste des places. Sans cela, elle continue de se classer par son avancement.",
    )


def attainment(line: AssociationLine, side: Side) -> tuple[bool, float]:
    """Committed over objective; those without an objective come after all others."""
    own = line.side(side)
    return not own.objective, own.committed / own.objective if own.objective else 0.0


ORDERS: dict[str, Callable[[AssociationLine, Side], Any]] = {
    "nom": lambda line, _: line.name.casefold(),
    "avancement": attainment,
    "a-traiter": lambda line, _: -line.pending,
    "en-retard": lambda line, _: -line.late,
    "places": lambda line, side: -line.side(side).places.free,
}


@associations.get("")
@requires(Permission.ASSOCIATIONS_READ)
def index() -> ResponseReturnValue:
    chosen = request.args.get("cote", "")
    chosen = chosen if chosen in SIDES else "jeunes"
    asked = request.args.get("tri", "")
    order = asked if asked in ORDERS else "nom"
    side = SIDES[chosen]
    lines = sorted(association_lines(), key=lambda line: ORDERS[order](line, side))
    return page(
        "admin/associations.html",
        campaign=current_campaign(),
        lines=lines,
        side=side,
        chosen=chosen,
        order=order,
        tabs=[
            {"label": words, "url": url_for("associations.index", cote=name, tri=order), "active": name == chosen}
            for name, words in SIDE_LABELS.items()
        ],
        sort_url=lambda name: url_for("associations.index", cote=chosen, tri=name),
        app_nav=navigation("associations"),
    )


@associations.get("/<uuid:association_id>")
@requires(Permission.ASSOCIATIONS_READ)
def show(association_id: UUID) -> ResponseReturnValue:
    return association_page(association_id)


def association_page(association_id: UUID, form: SettingsForm | None = None, status: int = OK) -> ResponseReturnValue:
    """form: the settings as they were typed, when they could not be kept."""
    association, lines = association_of(association_id), association_lines(association_id)
    if association is None or not lines:
        raise Hidden
    return page(
        "admin/association.html",
        status,
        line=lines[0],
        own=association,
        form=form or SettingsForm(obj=association),
        may_settle=current_user.can(Permission.ASSOCIATIONS_EDIT),
        may_set=current_user.can(Permission.OBJECTIVES_SET),
        sides=[(words, name, lines[0].side(SIDES[name])) for name, words in SIDE_LABELS.items()],
        campaign=current_campaign(),
        capacities=capacities_of(association_id),
        members=members_of(association_id),
        programmes=[(row, criteria_said(row.criteria, row.id)) for row in criteria_in_force(association_id)],
        place_name=place_name,
        app_nav=navigation("associations"),
    )


def criteria_said(criteria: object, programme_id: UUID) -> list[str]:
    """In sentences; criteria nobody can read are said to be so, and the rest of the page stands."""
    try:
        return sentences(read_criteria(criteria))
    except InvalidInputError:
        log.exception("criteria_unreadable", extra={"programme_id": str(programme_id)})
        return ["Critères illisibles\u00a0: prévenez l’équipe technique."]


def place_name(place: str) -> str:
    try:
        return label(place)
    except UnknownPlaceError:
        return place
