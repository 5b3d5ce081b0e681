"""The association's objectives: who validated them, what counts towards them, and the outside count it declares."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from matching.vocabulary import Side
from portal.association.foretold import Foretold, foretold
from portal.association.frame import association_page, signed_in
from portal.foundation import clock
from portal.foundation.errors import DomainError
from portal.foundation.permissions import Permission, requires
from portal.foundation.transactions import rollback
from portal.models.campaign import Campaign
from portal.operations.outside_counts import MOST, CountMoved, declare_outside_count, mark_of
from portal.queries.campaigns import running_campaign
from portal.queries.capacity import sides_offered
from portal.queries.objectives import ObjectiveLine, objective_lines, outside_counts_of
from portal.web.figures.forecasts import NONE_YET
from portal.web.forms import PortalForm
from portal.web.numbers import whole_number
from portal.web.typography import french, number, percent, plural, share, signed

OK, CONFLICT, REFUSED = 200, 409, 422
objective = Blueprint("objective", __name__, url_prefix="/objectif")
WHO = {Side.MENTEE: "jeunes", Side.MENTOR: "bénévoles"}
TITLES = {Side.MENTEE: "Jeunes", Side.MENTOR: "Bénévoles"}


class CountForm(PortalForm):
    """How many came by other ways than the portal, in all since the campaign began."""

    amount = whole_number("Nombre hors portail", "Indiquez un nombre, 0 s’il n’y en a pas.", MOST)


@dataclass(frozen=True)
class Half:
    """One side on the page: where it stands and will stand, the form of its outside count, what a typed one changes."""

    side: Side
    line: ObjectiveLine
    form: CountForm
    seen: str
    history: Sequence[Any]
    forecast: Foretold | None

    @property
    def title(self) -> str:
        return TITLES[self.side]

    @property
    def who(self) -> str:
        return WHO[self.side]

    @property
    def effects(self) -> list[dict[str, str]]:
        amount = self.form.amount.data
        if amount is None or self.form.amount.errors or amount == self.line.outside:
            return []
        return effects_said(self.line, amount)


@objective.get("")
@requires(Permission.FIGURES_READ)
def index() -> ResponseReturnValue:
    return objective_page()


@objective.post("/apercu")
@requires(Permission.COUNT_DECLARE)
def preview() -> ResponseReturnValue:
    """The effect of what is typed; nothing is kept."""
    form = typed_form(typed_side())
    form.amount.validate(form)
    return objective_page(form, typed_side(), OK, seen=request.form.get("seen", ""))


@objective.post("")
@requires(Permission.COUNT_DECLARE)
def declare() -> ResponseReturnValue:
    side = typed_side()
    form, seen = typed_form(side), request.form.get("seen", "")
    if not form.validate():
        return objective_page(form, side, REFUSED, seen=seen)
    try:
        count = declare_outside_count(own_id(), side, form.amount.data or 0, by=signed_in().account_id, based_on=seen)
    except CountMoved as error:
        return refused(form, side, error, CONFLICT)
    except DomainError as error:
        return refused(form, side, error, REFUSED)
    flash(
        french(f"{TITLES[side]} hors portail : {number(count.amount)} au jour d’aujourd’hui. C’est enregistré."), "good"
    )
    return redirect(url_for("objective.index"), 303)


def refused(form: CountForm, side: Side, error: DomainError, status: int) -> ResponseReturnValue:
    """What was typed stays; the count shown is the new one, so that saving once more is a choice."""
    rollback()
    form.refuse(error.message, error.field)
    return objective_page(form, side, status)


def typed_side() -> Side:
    found = request.form.get("side")
    return Side(found) if found in set(Side) else abort(404)


def typed_form(side: Side) -> CountForm:
    return CountForm(request.form, prefix=side.value)


def own_id() -> UUID:
    return signed_in().association_id or abort(404)


def objective_page(
    form: CountForm | None = None, typed: Side | None = None, status: int = OK, *, seen: str | None = None
) -> tuple[str, int]:
    campaign = running_campaign()
    halves = halves_of(campaign, form, typed, seen) if campaign else []
    return association_page(
        "objective.html",
        "figures.index",
        status,
        campaign=campaign,
        halves=halves,
        heading=finding(halves),
        none_yet=french(NONE_YET),
        may_declare=signed_in().can(Permission.COUNT_DECLARE),
        wrong=form if form is not None and form.errors else None,
        today=clock.today(),
    )


def halves_of(campaign: Campaign, form: CountForm | None, typed: Side | None, seen: str | None) -> list[Half]:
    """The sides the association works with: those of its programmes, and those it has an objective or a count for."""
    history, offered = outside_counts_of(own_id(), campaign.id), sides_offered()
    found = []
    for side in Side:
        line = objective_lines(campaign.id, side, own_id())[0]
        counts = [row for row in history if row.OutsideCount.side is side]
        if side in offered or line.version or counts:
            own = form if form is not None and side is typed else None
            found.append(half_of(campaign, line, side, counts, own, seen))
    return found


def half_of(
    campaign: Campaign,
    line: ObjectiveLine,
    side: Side,
    counts: Sequence[Any],
    form: CountForm | None,
    seen: str | None,
) -> Half:
    stored = mark_of(counts[0].OutsideCount if counts else None)
    known = stored if form is None or seen is None else seen
    shown = form or CountForm(prefix=side.value, data={"amount": line.outside if line.outside_on else None})
    return Half(side, line, shown, known, counts, foretold(campaign, side, line.id))


def finding(halves: Sequence[Half]) -> str:
    told = [half for half in halves if half.line.objective]
    if not told:
        return "Pas encore d’objectif"
    said = [f"{percent(half.line.attainment)} de l’objectif pour les {half.who}" for half in told]
    return french(", ".join([said[0], *(one.replace(" de l’objectif", "") for one in said[1:])]))


def effects_said(line: ObjectiveLine, amount: int) -> list[dict[str, str]]:
    """Rows for the macro `effects`: what would be committed, and the attainment before and after."""
    change, after = amount - line.outside, line.routed + amount
    rows = [
        {
            "figure": signed(change),
            "title": french(f"{plural(after, 'engagée')} en tout, au lieu de {number(line.committed)}"),
            "text": french(f"{number(line.routed)} par le portail, {number(amount)} hors portail."),
        }
    ]
    if not line.objective:
        return rows
    less = "moins" if change > 0 else "plus"
    words = f"À égalité de critères, vous passez {less} souvent la première : c’est compté dès l’enregistrement."
    before, now = share(line.committed, line.objective), share(after, line.objective)
    return [*rows, {"figure": now, "title": french(f"Avancement : {before} → {now}"), "text": french(words)}]
