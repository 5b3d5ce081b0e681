"""Objectives per association and side: where each stands, and a new version with its effect before it is kept."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from admin.chosen import Chosen, chosen
from admin.filters import id_of
from admin.navigation import frame, navigation
from admin.objective_effects import effects_said
from matching.vocabulary import Side
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.permissions import Permission, requires
from portal.foundation.transactions import rollback
from portal.models.campaign import Campaign
from portal.operations.objectives import MOST, ObjectiveMoved, declare_objective, effect_of, validate_objectives
from portal.queries.campaigns import Stage, campaigns, stage_of
from portal.queries.objectives import (
    ObjectiveLine,
    median_attainment,
    objective_lines,
    outside_counts_of,
    versions_of,
)
from portal.web.forms import PortalForm, name_field
from portal.web.numbers import whole_number
from portal.web.pages import page
from portal.web.typography import french, number, percent, plural

OK, CONFLICT = 200, 409
LONGEST_SOURCE = 200
objectives = Blueprint("objectives", __name__, url_prefix="/collectif/objectifs")
objectives.context_processor(frame)
NOBODY = -1
LONG = 9
ORDERS: dict[str, Callable[[ObjectiveLine], Any]] = {
    "avancement": lambda line: -(NOBODY if line.attainment is None else line.attainment),
    "retard": lambda line: (line.attainment is None, line.attainment or 0),
    "nom": lambda line: line.name.casefold(),
}


class ObjectiveForm(PortalForm):
    """How many, and where the number comes from."""

    amount = whole_number("Objectif", "Indiquez un objectif, 0 pour le retirer.", MOST)
    source = name_field("D’où vient ce nombre ?", "Dites d’où vient ce nombre.", longest=LONGEST_SOURCE)


@objectives.get("")
@requires(Permission.OBJECTIVES_SET)
def index() -> ResponseReturnValue:
    here = chosen()
    asked = request.args.get("tri", "")
    order = asked if asked in ORDERS else "avancement"
    lines = objective_lines(here.campaign.id, here.side) if here.campaign else []
    return page(
        "admin/objectives.html",
        here=here,
        heading=finding(lines, here),
        lines=sorted(lines, key=ORDERS[order]),
        median=median_attainment(lines),
        order=order,
        campaigns=campaigns(),
        stage=stage_of(here.campaign) if here.campaign else None,
        to_validate=sum(line.provisional and line.objective > 0 for line in lines) if may_change(here) else 0,
        app_nav=navigation("objectives"),
    )


def may_change(here: Chosen) -> bool:
    return here.campaign is not None and stage_of(here.campaign) is not Stage.OVER


@objectives.post("/valider")
@requires(Permission.OBJECTIVES_SET)
def validate() -> ResponseReturnValue:
    """The provisional objectives ticked in the table, as they are."""
    here, seen = chosen(), ticked()
    if here.campaign is None or not seen:
        flash("Cochez au moins un objectif provisoire.", "wait")
        return redirect(here.url("objectives.index"), 303)
    try:
        kept = validate_objectives(here.campaign.id, here.side, seen, by=current_user.account_id)
    except DomainError as error:
        rollback()
        flash(error.message, "late")
        return redirect(chosen().url("objectives.index"), 303)
    flash(french(plural(kept, "objectif validé.", "objectifs validés.")), "good")
    if kept < len(seen):
        left = plural(len(seen) - kept, "a changé entre-temps", "ont changé entre-temps")
        flash(french(f"{left} : à revoir avant de valider."), "wait")
    return redirect(here.url("objectives.index"), 303)


def ticked() -> dict[UUID, int]:
    """The version of each association's objective as its box tells it: « id:version »."""
    rows = (row.partition(":") for row in request.form.getlist("row"))
    return {key: int(last) for one, _, last in rows if (key := id_of(one)) and last.isdecimal() and len(last) < LONG}


def finding(lines: Sequence[ObjectiveLine], here: Chosen) -> str:
    """What matters most about a side of a campaign, in a line."""
    if here.campaign is None:
        return "Aucune campagne n’est ouverte"
    declared = [line for line in lines if line.attainment is not None]
    missing, provisional = len(lines) - len(declared), sum(line.provisional for line in declared)
    if missing and (declared or here.side is Side.MENTEE):
        return french(
            plural(missing, "association n’a pas encore d’objectif", "associations n’ont pas encore d’objectif")
        )
    if provisional:
        return french(plural(provisional, "objectif provisoire à valider", "objectifs provisoires à valider"))
    return _range(declared) if declared else "Aucun objectif n’est déclaré de ce côté"


def _range(declared: Sequence[ObjectiveLine]) -> str:
    shares = sorted(line.attainment for line in declared if line.attainment is not None)
    low, high = percent(shares[0]), percent(shares[-1])
    if low == high:
        return french(f"{high} de l’objectif")
    return french(f"De {number(shares[0] * 100)} à {high} de l’objectif")


@objectives.get("/<uuid:association_id>")
@requires(Permission.OBJECTIVES_SET)
def show(association_id: UUID) -> ResponseReturnValue:
    here, line = chosen_line(association_id)
    return objective_page(here, line, ObjectiveForm(data={"amount": line.objective or None, "source": line.source}))


@objectives.post("/<uuid:association_id>/apercu")
@requires(Permission.OBJECTIVES_SET)
def preview(association_id: UUID) -> ResponseReturnValue:
    """The effect of what is typed; nothing is kept."""
    here, line = chosen_line(association_id)
    form = ObjectiveForm(request.form)
    form.amount.validate(form)
    return objective_page(here, line, form, OK, version=typed_version())


@objectives.post("/<uuid:association_id>")
@requires(Permission.OBJECTIVES_SET)
def declare(association_id: UUID) -> ResponseReturnValue:
    here, line = chosen_line(association_id)
    form = ObjectiveForm(request.form)
    if not form.validate():
        return objective_page(here, line, form, version=typed_version())
    try:
        declared = keep(here, association_id, form)
    except ObjectiveMoved as error:
        return moved(association_id, form, error)
    except DomainError as error:
        rollback()
        form.refuse(error.message, error.field)
        return objective_page(*chosen_line(association_id), form, version=typed_version())
    flash(french(f"{line.name} : objectif de {number(declared)}, enregistré."), "good")
    return redirect(here.url("objectives.show", association_id=association_id), 303)


def keep(here: Chosen, association_id: UUID, form: ObjectiveForm) -> int:
    campaign_id = here.campaign.id if here.campaign else None
    declared = declare_objective(
        association_id,
        here.side,
        form.amount.data or 0,
        by=current_user.account_id,
        source=form.source.data,
        campaign_id=campaign_id,
        based_on=typed_version(),
    )
    return declared.amount


def moved(association_id: UUID, form: ObjectiveForm, error: ObjectiveMoved) -> ResponseReturnValue:
    """What was typed stays; the version shown is the new one, so that saving once more is a choice."""
    rollback()
    form.refuse(error.message, error.field)
    return objective_page(*chosen_line(association_id), form, CONFLICT)


def chosen_line(association_id: UUID) -> tuple[Chosen, ObjectiveLine]:
    """Raises Hidden without any campaign, or for an association that does not exist."""
    here = chosen()
    lines = objective_lines(here.campaign.id, here.side, association_id) if here.campaign else []
    if not lines:
        raise Hidden
    return here, lines[0]


def changes_said(campaign: Campaign, side: Side, line: ObjectiveLine, amount: int | None) -> list[dict[str, str]]:
    """Nothing while there is no other number to look at."""
    if amount is None or amount == line.objective:
        return []
    return effects_said(effect_of(campaign, line.id, side, amount))


def typed_version() -> int:
    return request.form.get("version", NOBODY, type=int)


def objective_page(
    here: Chosen, line: ObjectiveLine, form: ObjectiveForm, status: int = 0, *, version: int | None = None
) -> ResponseReturnValue:
    assert here.campaign is not None
    amount = form.amount.data if not form.amount.errors else None
    counts = outside_counts_of(line.id, here.campaign.id)
    given = {"status": status} if status else {}
    return page(
        "admin/objective.html",
        **given,
        here=here,
        line=line,
        form=form,
        version=line.version if version is None else version,
        effects_shown=changes_said(here.campaign, here.side, line, amount),
        versions=versions_of(line.id, here.campaign.id, here.side),
        counts=[row for row in counts if row.OutsideCount.side is here.side],
        open=stage_of(here.campaign) is not Stage.OVER,
        stage=stage_of(here.campaign),
        app_nav=navigation("objectives"),
    )
