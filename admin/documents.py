"""The Collectif's documents: the board's report and the brochure of a territory, drawn by a job."""

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import DateField, RadioField, StringField
from wtforms.validators import ValidationError

from admin.navigation import frame, navigation
from portal.foundation import clock
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.permissions import Permission, requires
from portal.models.document import DocumentKind
from portal.operations.documents import ask_board_report, ask_brochure, ask_policy_study
from portal.paper.printing import why_unavailable
from portal.places import UnknownPlaceError, search_places
from portal.queries.associations import current_campaign
from portal.queries.documents import PAGE, document_file, documents_asked
from portal.queries.policy_study import usual_period as study_period
from portal.web.days import day_field
from portal.web.downloads import file_name, pdf_answer
from portal.web.forms import PortalForm, one_line
from portal.web.pages import page
from portal.web.typography import NBSP

SUGGESTED = 8
LONGEST = timedelta(days=731)
KINDS = (DocumentKind.BOARD_REPORT, DocumentKind.POLICY_STUDY, DocumentKind.TERRITORY_BROCHURE)
DATE = f"Écrivez une date, par exemple{NBSP}: 01/09/2026."
NAMES = {
    DocumentKind.ASSOCIATION_REPORT: "rapport",
    DocumentKind.BOARD_REPORT: "conseil",
    DocumentKind.TERRITORY_BROCHURE: "brochure",
    DocumentKind.COMPANY_KIT: "kit",
    DocumentKind.POLICY_STUDY: "etude",
}
documents = Blueprint("documents", __name__, url_prefix="/collectif/documents")
documents.context_processor(frame)


class BoardForm(PortalForm):
    """The period, both days included."""

    first = day_field("Premier jour", DATE)
    last = day_field("Dernier jour", DATE)

    def validate_first(self, field: DateField) -> None:
        _refuse_days_to_come(field)

    def validate_last(self, field: DateField) -> None:
        _refuse_days_to_come(field)


def _refuse_days_to_come(field: DateField) -> None:
    """The years before 2000 are refused as no date at all."""
    if field.data and field.data > clock.today():
        raise ValidationError(f"Ce jour n’est pas encore venu{NBSP}: il n’y a rien à compter.")


class PlaceForm(PortalForm):
    """What staff type to find a place, then which of those found."""

    name = StringField(
        "Territoire",
        name="lieu",
        filters=[one_line],
        description=f"Commune, zone, intercommunalité, département ou région{NBSP}: par exemple Roubaix.",
    )
    place = RadioField("Lequel", choices=[], validate_choice=False)
    details: Mapping[str, str] = MappingProxyType({})

    def offer(self, typed: str) -> bool:
        """False when nothing has that name."""
        found = search_places(typed, SUGGESTED)
        self.place.choices = [(one.code, one.name) for one in found]
        self.details = {one.code: " · ".join(filter(None, (one.kind.label, one.detail))) for one in found}
        if found and self.place.data is None:
            self.place.data = found[0].code
        return bool(found)


def usual_period() -> dict[str, date]:
    """Since the campaign began, or the last whole month."""
    campaign, today = current_campaign(), clock.today()
    if campaign:
        return {"first": campaign.starts_on, "last": today}
    last = today.replace(day=1) - timedelta(days=1)
    return {"first": last.replace(day=1), "last": last}


@documents.get("")
@requires(Permission.STATISTICS_READ)
def index() -> ResponseReturnValue:
    """`lieu` in the address: the places of that name are offered."""
    places = PlaceForm(request.args)
    typed = one_line(request.args.get("lieu")) or ""
    if typed and not places.offer(typed):
        places.refuse(f"Aucun lieu ne porte ce nom. Essayez un code postal, par exemple{NBSP}: 59100.", "name")
    return documents_page(BoardForm(data=usual_period()), places)


def documents_page(board: BoardForm, places: PlaceForm) -> ResponseReturnValue:
    before = request.args.get("avant", type=UUID)
    found = documents_asked(KINDS, before)
    return page(
        "admin/documents.html",
        board=board,
        places=places,
        form=places if places.errors and request.method == "POST" else board,
        documents=found,
        older=url_for("documents.index", avant=found[-1].id) if len(found) == PAGE else "",
        newer=url_for("documents.index") if before else "",
        unavailable=why_unavailable(),
        app_nav=navigation("documents"),
    )


@documents.post("/conseil")
@requires(Permission.STATISTICS_READ)
def ask_board() -> ResponseReturnValue:
    form = BoardForm(request.form)
    if not form.validate():
        return documents_page(form, PlaceForm())
    first, last = form.first.data, form.last.data
    if last - first > LONGEST:
        form.refuse("Choisissez deux ans au plus.", "last")
        return documents_page(form, PlaceForm())
    try:
        ask_board_report(first, last, by=current_user.account_id)
    except DomainError as error:
        form.refuse(error.message, error.field)
        return documents_page(form, PlaceForm())
    return asked()


@documents.post("/etude")
@requires(Permission.STATISTICS_READ)
def ask_study() -> ResponseReturnValue:
    """Since the campaign began: nothing to choose."""
    of = study_period()
    try:
        ask_policy_study(of.first, of.last, by=current_user.account_id)
    except DomainError as error:
        form = BoardForm(data=usual_period())
        form.refuse(error.message)
        return documents_page(form, PlaceForm())
    return asked()


@documents.post("/brochure")
@requires(Permission.STATISTICS_READ)
def ask_territory() -> ResponseReturnValue:
    form = PlaceForm(request.form)
    form.offer(form.name.data or "")
    try:
        ask_brochure(form.place.data or "", by=current_user.account_id)
    except UnknownPlaceError:
        form.refuse(f"Cherchez un lieu, puis choisissez-le, par exemple{NBSP}: Roubaix.", "name")
    except DomainError as error:
        form.refuse(error.message)
    else:
        return asked()
    return documents_page(BoardForm(data=usual_period()), form)


def asked() -> ResponseReturnValue:
    flash(f"Le document se prépare{NBSP}: il sera ici dans quelques secondes.", "good")
    return redirect(url_for("documents.index"), 303)


@documents.get("/avancement")
@requires(Permission.STATISTICS_READ)
def progress() -> ResponseReturnValue:
    """The list alone, for the page that waits."""
    return render_template("admin/_documents.html", documents=documents_asked(KINDS), older="", newer="")


@documents.get("/<uuid:document_id>.pdf")
@requires(Permission.STATISTICS_READ)
def download(document_id: UUID) -> Response:
    found = document_file(document_id)
    if found is None:
        raise Hidden
    told = sorted(str(one) for one in found.parameters.values())
    return pdf_answer(found.file, file_name(NAMES[found.kind], *told))
