"""Orienting by hand: the engine's own list, explained; a reason is asked when not choosing its first."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField, validators

from admin.lines import Line
from admin.navigation import frame, navigation
from matching.explanation import Eligibility
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.permissions import Permission, requires
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.operations.orientation import Candidate, Candidates, candidates_for, orient_by_hand
from portal.queries.associations import association_names
from portal.queries.people import previews_of
from portal.queries.referrals import referral_facts
from portal.web.pages import page

LONGEST_REASON = 500
orientation = Blueprint("orientation", __name__, url_prefix="/collectif/demandes")
orientation.context_processor(frame)


class OrientForm(FlaskForm):
    """Which programme, and why when it is not the first."""

    programme = StringField("Programme", [validators.UUID("Choisissez un programme.")])
    reason = TextAreaField(
        "Votre raison",
        [validators.Length(max=LONGEST_REASON, message=f"Restez sous {LONGEST_REASON} caractères.")],
        description="Gardée avec la décision. Inutile si vous suivez le premier choix de l’ARM. Sans nom ni coordonnées.",
    )


class Groups:
    """The candidates as the page shows them, each group best first."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        usable = [one for one in candidates if one.selectable]
        self.fitting = [one for one in usable if one.eligibility is Eligibility.ELIGIBLE]
        self.to_verify = [one for one in usable if one.eligibility is Eligibility.TO_VERIFY]
        self.unfit = [one for one in usable if one.eligibility is Eligibility.INELIGIBLE]
        self.closed = [one for one in candidates if not one.selectable and _might_fit(one)]
        self.count = len(candidates)


def _might_fit(one: Candidate) -> bool:
    return one.tried or one.eligibility is not Eligibility.INELIGIBLE


@orientation.route("/<uuid:referral_id>/orienter", methods=["GET", "POST"])
@requires(Permission.REFERRALS_ORIENT)
def orient(referral_id: UUID) -> ResponseReturnValue:
    row = referral_facts(referral_id)
    if row is None:
        raise Hidden
    form = OrientForm()
    if form.validate_on_submit():
        try:
            association = send(referral_id, UUID(form.programme.data), form.reason.data or "")
        except DomainError as error:
            show(form, error)
        else:
            flash(f"Demande {row.number} orientée vers {association}.", "good")
            return redirect(url_for("referrals.show", referral_id=referral_id), 303)
    return page("admin/orient.html", form=form, **values(referral_id, row, form))


def send(referral_id: UUID, programme_id: UUID, reason: str) -> str:
    """The router does it, in a transaction of its own; returns the association's name."""
    by = current_user.account_id
    with transaction(Scope(DatabaseRole.ROUTER, account_id=by)):
        assignment = orient_by_hand(referral_id, programme_id, by=by, reason=reason.strip())
        association_id = assignment.association_id
    return association_names()[association_id]


def show(form: OrientForm, error: DomainError) -> None:
    """Under its field when it has one; at the top of the page otherwise (the request has moved meanwhile)."""
    field = {"reason": form.reason, "programme": form.programme}.get(error.field or "")
    if field is None:
        form.form_errors = [*form.form_errors, error.message]
    else:
        field.errors = [*field.errors, error.message]


def listed(referral_id: UUID) -> Candidates | None:
    """None when the facts are erased or cannot be read: nobody can be advised, by hand or otherwise."""
    try:
        return candidates_for(referral_id)
    except DomainError:
        return None


def closed_tick(one: Candidate) -> dict[str, str]:
    """Why a programme cannot take the request now, as a row for ticks."""
    icon = "undo-2" if one.tried else "pause"
    return {"strong": one.association, "text": f"{one.programme}, {one.closed}", "tone": "warn", "icon": icon}


def values(referral_id: UUID, row: Any, form: OrientForm) -> dict[str, Any]:
    found = listed(referral_id)
    groups = Groups(found.candidates if found else ())
    return {
        "line": Line(row, previews_of([referral_id]).get(referral_id)),
        "found": found if found and found.possible else None,
        "groups": groups,
        "closed_ticks": [closed_tick(one) for one in groups.closed],
        "unfit_open": any(str(one.programme_id) == form.programme.data for one in groups.unfit),
        "app_nav": navigation("referrals"),
        "longest": LONGEST_REASON,
    }
