"""The morning file of an association: when it is wanted, its password, and what became of each day's."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField
from wtforms.fields.choices import SelectChoice

from portal.association.frame import association_page, signed_in
from portal.association.morning_words import badge_of, finding, looked_at, opened_by, passwords_said, setting_said
from portal.foundation import clock
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.permissions import Permission, requires
from portal.foundation.transactions import rollback
from portal.models.event import JournalAct
from portal.models.morning import MorningMode, RenewedBecause
from portal.operations.file_passwords import VALID_AFTER, opened, renew_password
from portal.operations.history import journal
from portal.operations.morning_settings import FEWEST_HOURS, HOURS, MOST_HOURS, MorningMoved, set_morning
from portal.queries.capacity import own_association
from portal.queries.morning_days import file_passwords, kept_workbook, latest_days
from portal.web.downloads import workbook_answer
from portal.web.forms import OneOf, PortalForm
from portal.web.numbers import WholeNumber
from portal.web.proof import proof_first

CONFLICT, REFUSED, NO_VERSION = 409, 422, -1
PASSWORD, DAYS = "mot-de-passe", "jours"  # parts of the page
PROVE = "Montrez que c’est bien vous, puis recommencez\u00a0: rien n’a encore été affiché ni changé."
HINTS = {
    MorningMode.ALWAYS: "Même si tout a été vu, dès qu’une demande attend votre réponse.",
    MorningMode.WHEN_UNSEEN: "Rien ne part quand l’équipe a ouvert toutes les demandes à temps.",
    MorningMode.NEVER: "Rien ne part à 10\u00a0h\u00a0: vos demandes vous attendent dans le portail.",
}
MODES = [SelectChoice(mode.value, mode.label, {"hint": HINTS[mode]}) for mode in MorningMode]
morning = Blueprint("morning", __name__, url_prefix="/fichier")


class MorningForm(PortalForm):
    """version: that of the association as it was on the page."""

    version = HiddenField()
    mode = OneOf("Quand le recevoir", missing="Choisissez quand le recevoir.", choices=MODES)
    hours = WholeNumber(
        "Sans avoir été vue depuis combien d’heures\u00a0?",
        description="De 1 à 168 heures (une semaine). Ne compte que pour le deuxième choix.",
        render_kw={"inputmode": "numeric", "autocomplete": "off", "required": True},
    )

    def validate_mode_and_hours(self, stored: int) -> bool:
        """What cannot be read matters only to the mode that asks for it; otherwise the hours stay as they were."""
        self.validate()
        if self.mode.data != MorningMode.WHEN_UNSEEN:
            self.hours.errors = []
            self.hours.data = self.hours.data if may_be(self.hours.data) else stored
        elif not may_be(self.hours.data):
            self.hours.errors = [HOURS]
        return not self.errors


def may_be(hours: int | None) -> bool:
    return hours is not None and FEWEST_HOURS <= hours <= MOST_HOURS


@morning.get("")
@requires(Permission.MORNING_FILE_READ)
def index() -> ResponseReturnValue:
    return morning_page()


@morning.post("")
@requires(Permission.MORNING_FILE_SET)
def save() -> ResponseReturnValue:
    own, form = own_association(own_id()), MorningForm(request.form)
    if not form.validate_mode_and_hours(own.morning_hours):
        return morning_page(REFUSED, form=form)
    seen = request.form.get("version", NO_VERSION, type=int)
    try:
        set_morning(own, mode=MorningMode(form.mode.data), hours=form.hours.data or 0, based_on=seen)
    except MorningMoved as error:
        return refused(form, error, CONFLICT)
    except DomainError as error:
        return refused(form, error, REFUSED)
    flash("C’est enregistré. Ce réglage vaut dès le prochain fichier.", "good")
    return redirect(url_for("morning.index"), 303)


def refused(form: MorningForm, error: DomainError, status: int) -> ResponseReturnValue:
    """What was typed stays; the version is the new one, so that saving once more is a choice."""
    rollback()
    form.refuse(error.message, error.field)
    form.version.data = str(own_association(own_id()).version)
    return morning_page(status, form=form)


@morning.post("/mot-de-passe")
@requires(Permission.MORNING_FILE_READ)
def show_password() -> ResponseReturnValue:
    """Those that open a file, on this answer alone.

    Where scripts run it is put into the page that asked, so that going back sends nothing again.
    """
    if proof_first() is not None:
        return led_there(prove_first(PASSWORD))
    found = {one.number: opened(one) for one in file_passwords(own_id())}
    if not found:
        return led_there(seen_other(url_for("morning.index")))
    journal(JournalAct.FILE_PASSWORD_READ, detail=",".join(str(number) for number in sorted(found)))
    return morning_page(secrets=found)


def led_there(answer: Response) -> Response:
    """A script that asks for a part of the page is told to leave the page; a browser follows by itself."""
    if not request.headers.get("HX-Request"):
        return answer
    return Response(status=204, headers={"HX-Redirect": answer.location})


@morning.route("/mot-de-passe/nouveau", methods=["GET", "POST"])
@requires(Permission.MORNING_FILE_SET)
def new_password() -> ResponseReturnValue:
    """GET says what will happen, to everybody of the team; POST does it."""
    if (proof := proof_first()) is not None:
        return proof
    if request.method == "GET":
        return association_page("morning_password.html", "morning.index", old_until=clock.now() + VALID_AFTER)
    try:
        renew_password(own_id(), RenewedBecause.ASKED)
    except DomainError as error:
        rollback()
        values = {"old_until": clock.now() + VALID_AFTER, "refusal": error.message}
        return association_page("morning_password.html", "morning.index", CONFLICT, **values)
    flash(
        "Il y a un nouveau mot de passe\u00a0: affichez-le et notez-le. L’ancien vaut encore sept jours, et l’équipe est"
        " prévenue.",
        "good",
    )
    return redirect(url_for("morning.index", _anchor=PASSWORD), 303)


@morning.post("/<uuid:file_id>")
@requires(Permission.MORNING_FILE_READ)
def download(file_id: UUID) -> Response | ResponseReturnValue:
    found = kept_workbook(file_id, own_id())
    if found is None:
        raise Hidden
    if proof_first() is not None:
        return prove_first(DAYS)
    journal(JournalAct.MORNING_FILE_READ, detail=found.day.isoformat())
    return workbook_answer(found.file, f"demandes-{found.day.isoformat()}.xlsx")


def prove_first(part: str) -> Response:
    """These acts have no page of their own: the proof leads back to their part of this one, to be asked for again."""
    flash(PROVE, "wait")
    return seen_other(url_for("account.prove", suite=url_for("morning.index", _anchor=part)))


def seen_other(address: str) -> Response:
    return Response(status=303, headers={"Location": address})


def own_id() -> UUID:
    return signed_in().association_id or abort(404)


def morning_page(
    status: int = 200, *, form: MorningForm | None = None, secrets: dict[int, str] | None = None
) -> tuple[str, int]:
    own, found, today = own_association(own_id()), file_passwords(own_id()), clock.today()
    days = latest_days(own.id, today)
    return association_page(
        "morning.html",
        "morning.index",
        status,
        finding=finding(next((day for day in days if day.day == today), None), own),
        form=form or form_of(own.version, own.morning_mode, own.morning_hours),
        edits=signed_in().can(Permission.MORNING_FILE_SET),
        setting=setting_said(own),
        passwords=passwords_said(found, secrets or {}),
        shown=bool(secrets),
        days=[(day, badge_of(day), looked_at(day), opened_by(day, found)) for day in days],
    )


def form_of(version: int, mode: MorningMode, hours: int) -> MorningForm:
    stored: dict[str, Any] = {"version": str(version), "mode": mode.value, "hours": hours}
    return MorningForm(data=stored)
