"""A programme's own page: when it takes new requests, and whether it still runs."""

from collections.abc import Callable
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.association.criteria_history import criteria
from portal.association.frame import association_page
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.permissions import Permission, requires
from portal.foundation.transactions import rollback
from portal.operations.programmes import archive_programme, restore_programme, set_intake
from portal.queries.criteria import Kept, open_requests, programme_kept
from portal.web.days import day_field
from portal.web.forms import PortalForm

__all__ = ["criteria"]
REFUSED = 422


class IntakeForm(PortalForm):
    """The days between which new requests come; both included, both optional."""

    first = day_field("À partir du", description="Laissez vide si vous en prenez déjà.")
    last = day_field("Jusqu’au", description="Laissez vide s’il n’y a pas de fin.")


@criteria.get("/<uuid:programme_id>")
@requires(Permission.CRITERIA_EDIT)
def programme(programme_id: UUID) -> ResponseReturnValue:
    return _programme_page(programme_id)


@criteria.post("/<uuid:programme_id>/accueil")
@requires(Permission.CRITERIA_EDIT)
def intake(programme_id: UUID) -> ResponseReturnValue:
    form = IntakeForm(request.form)
    _known(programme_id)
    if form.validate():
        try:
            set_intake(programme_id, first=form.first.data, last=form.last.data)
        except DomainError as error:
            form.refuse(error.message, error.field)
        else:
            flash("Votre période d’accueil est enregistrée.", "good")
            return redirect(url_for("criteria.index"), 303)
    rollback()
    return _programme_page(programme_id, form=form)


@criteria.post("/<uuid:programme_id>/archiver")
@requires(Permission.CRITERIA_EDIT)
def archive(programme_id: UUID) -> ResponseReturnValue:
    return _changed(archive_programme, programme_id, "Ce programme est archivé. Il ne reçoit plus de demandes.")


@criteria.post("/<uuid:programme_id>/rouvrir")
@requires(Permission.CRITERIA_EDIT)
def restore(programme_id: UUID) -> ResponseReturnValue:
    return _changed(restore_programme, programme_id, "Ce programme est rouvert, avec ses derniers critères.")


def _changed(change: Callable[[UUID], object], programme_id: UUID, said: str) -> ResponseReturnValue:
    try:
        change(programme_id)
    except DomainError as error:
        rollback()
        flash(error.message, "late")
    else:
        flash(said, "good")
    return redirect(url_for("criteria.index"), 303)


def _known(programme_id: UUID) -> Kept:
    kept = programme_kept(programme_id)
    if kept is None:
        raise Hidden
    return kept


def _programme_page(programme_id: UUID, form: IntakeForm | None = None) -> tuple[str, int]:
    kept = _known(programme_id)
    days = {"first": kept.programme.intake_from, "last": kept.programme.intake_until}
    return association_page(
        "criteria_programme.html",
        "criteria.index",
        kept=kept,
        form=form or IntakeForm(data=days),
        open_requests=open_requests(programme_id),
    )
