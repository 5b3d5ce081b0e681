"""Capacity: places per side and territory, with their effect before they are saved; and the association's pause."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from matching.vocabulary import Side
from portal.association.editor import Line, changes_of, stored_lines, typed_lines, unreadable
from portal.association.effects import effects_of, summary_of
from portal.association.forms import PauseForm
from portal.association.frame import association_page, signed_in
from portal.foundation import clock
from portal.foundation.errors import DomainError
from portal.foundation.permissions import Permission, requires
from portal.foundation.transactions import rollback
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.operations.capacity import (
    OR_MORE_FROM,
    CapacityConflict,
    Change,
    confirm_capacities,
    pause_association,
    resume_association,
    save_capacities,
)
from portal.places import search_places
from portal.queries.capacity import (
    Declared,
    current_campaign,
    declared_rows,
    objectives_in_force,
    own_association,
    sides_worked,
)

CONFLICT, REFUSED = 409, 422
capacity = Blueprint("capacity", __name__, url_prefix="/capacite")
UNSAVED = (
    "Ces places ne sont pas celles qui sont enregistrées : elles ne sont donc pas confirmées. « Enregistrer » les confirme"
    " du même coup ; « Tout remettre » revient aux anciennes."
)
HEADINGS = {Side.MENTEE: "Jeunes", Side.MENTOR: "Bénévoles"}


@capacity.get("")
@requires(Permission.CAPACITY_READ)
def index() -> ResponseReturnValue:
    campaign = current_campaign()
    rows = declared_rows(campaign.id) if campaign else []
    return editor_page(campaign, rows, stored_lines(rows, sides_worked(rows)))


@capacity.post("/apercu")
@requires(Permission.CAPACITY_EDIT)
def preview() -> ResponseReturnValue:
    """The effect of what is typed; also a search of a place, a line added or taken away. Nothing is saved."""
    campaign, rows, lines = typed()
    return editor_page(campaign, rows, lines, **searched())


@capacity.post("")
@requires(Permission.CAPACITY_EDIT)
def save() -> ResponseReturnValue:
    campaign, rows, lines = typed()
    bad = unreadable(lines)
    if bad:
        wrong = "Écrivez un nombre entier de places, par exemple 12."
        return editor_page(campaign, rows, lines, REFUSED, refusal=wrong, wrong_field=bad[0].field)
    try:
        save_capacities(campaign, changes_of(lines), by=signed_in())
    except CapacityConflict as error:
        return conflicted(error)
    except DomainError as error:
        rollback()
        return editor_page(campaign, rows, lines, REFUSED, refusal=error.message, wrong_field=error.field)
    flash("Vos places sont enregistrées. Les demandes en attente qui vous conviennent vont arriver.", "good")
    return redirect(url_for("capacity.index"), 303)


def conflicted(error: CapacityConflict) -> ResponseReturnValue:
    """What was typed stays; the rows are read again, so that saving once more is a choice made knowingly."""
    rollback()
    campaign, rows, lines = typed(fresh_versions=True)
    return editor_page(campaign, rows, lines, CONFLICT, refusal=error.message, wrong_field=error.field)


def typed(*, fresh_versions: bool = False) -> tuple[Campaign, list[Declared], list[Line]]:
    campaign = current_campaign() or abort(404)
    rows = declared_rows(campaign.id)
    sent = request.form.copy()
    if fresh_versions:
        for name in [name for name in sent if name.startswith("version:")]:
            sent.setlist(name, ["0"])
        for row in rows:
            sent.setlist(f"version:amount:{row.side.value}:{row.place}", [str(row.version)])
    return campaign, rows, typed_lines(sent, rows, sides_worked(rows))


def searched() -> dict[str, Any]:
    """The places found under the name typed, if one was."""
    text = request.form.get("search", "").strip()[:80]
    if not text:
        return {}
    return {"search": text, "found": search_places(text, limit=8), "looked": True}


def editor_page(
    campaign: Campaign | None, rows: list[Declared], lines: list[Line], status: int = 200, **more: Any
) -> tuple[str, int]:
    own = own_association(signed_in().association_id or abort(404))
    dated = confirmed_at(own, rows)
    values: dict[str, Any] = {"search": "", "found": [], "looked": False, "refusal": "", "wrong_field": None}
    values |= {"form": PauseForm(data={"first": clock.today()})} | more
    return association_page(
        "capacity.html",
        "capacity.index",
        status,
        campaign=campaign,
        lines=lines,
        headings=[HEADINGS[cell.side] for cell in lines[0].cells] if lines else [],
        own_caps=[row for row in rows if row.programme],
        effects_shown=effects_of(lines),
        summary=summary_of(lines),
        added={line.place for line in lines},
        objectives=objectives_in_force(campaign.id) if campaign else {},
        confirmed_at=dated,
        confirmed_today=dated is not None and dated.astimezone(clock.PARIS).date() == clock.today(),
        or_more_from=OR_MORE_FROM,
        own=own,
        today=clock.today(),
        paused=is_paused(own),
        **values,
    )


def confirmed_at(own: Association, rows: list[Declared]) -> datetime | None:
    """When the places were last declared right, by a word or by a change; None without any place."""
    if not rows:
        return None
    changed = max(row.updated_at for row in rows)
    return max(changed, own.places_confirmed_at) if own.places_confirmed_at else changed


def is_paused(own: Association) -> bool:
    """Paused now or soon: not one that is over."""
    return own.paused_from is not None and (own.paused_until is None or own.paused_until >= clock.today())


@capacity.post("/confirmer")
@requires(Permission.CAPACITY_EDIT)
def confirm() -> ResponseReturnValue:
    """The places as they are stored; what is typed and not saved stays on the page, and nothing is confirmed."""
    campaign, rows, lines = typed()
    if any(line.changed or line.added for line in lines):
        return editor_page(campaign, rows, lines, CONFLICT, refusal=UNSAVED)
    confirm_capacities()
    flash("Vos places sont confirmées : merci.", "good")
    return redirect(url_for("capacity.index"), 303)


@capacity.post("/ajuster")
@requires(Permission.CAPACITY_EDIT)
def lower() -> ResponseReturnValue:
    """One row to a given number, as offered after a bounce for want of place."""
    campaign = current_campaign() or abort(404)
    row = next((one for one in declared_rows(campaign.id) if str(one.id) == request.form.get("row")), None)
    amount, version = request.form.get("amount", type=int), request.form.get("version", 0, type=int)
    if row is None or row.programme is not None or amount is None:
        abort(404)
    try:
        save_capacities(campaign, [Change(row.side, row.place, amount, version=version)], by=signed_in())
    except DomainError as error:
        rollback()
        rows = declared_rows(campaign.id)
        return editor_page(campaign, rows, stored_lines(rows, sides_worked(rows)), CONFLICT, refusal=error.message)
    flash("Vos places sont enregistrées.", "good")
    return redirect(url_for("capacity.index"), 303)


@capacity.post("/pause")
@requires(Permission.CAPACITY_EDIT)
def pause() -> ResponseReturnValue:
    form = PauseForm(request.form)
    if form.validate():
        try:
            pause_association(own_association(own_id()), first=form.first.data, back=form.back.data)
        except DomainError as error:
            form.refuse(error.message, error.field)
        else:
            return redirect(url_for("capacity.index"), 303)
    rollback()
    campaign = current_campaign()
    rows = declared_rows(campaign.id) if campaign else []
    return editor_page(campaign, rows, stored_lines(rows, sides_worked(rows)), form=form)


@capacity.post("/reprendre")
@requires(Permission.CAPACITY_EDIT)
def resume() -> ResponseReturnValue:
    resume_association(own_association(own_id()))
    return redirect(url_for("capacity.index"), 303)


def own_id() -> UUID:
    return signed_in().association_id or abort(404)
