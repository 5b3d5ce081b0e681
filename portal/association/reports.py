"""The association's monthly report: asked for here, drawn by a job, downloaded when it is ready."""

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField

from portal.association.frame import association_page, signed_in
from portal.foundation import clock
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.permissions import Permission, requires
from portal.models.document import DocumentKind
from portal.operations.documents import ask_association_report
from portal.paper.printing import why_unavailable
from portal.queries.documents import PAGE, document_file, documents_asked
from portal.queries.figures import first_day
from portal.web.downloads import file_name, pdf_answer
from portal.web.forms import NOT_OFFERED, PortalForm
from portal.web.typography import MONTHS

MONTHS_OFFERED = 13
KINDS = (DocumentKind.ASSOCIATION_REPORT,)
reports = Blueprint("reports", __name__, url_prefix="/chiffres/rapports")


class ReportForm(PortalForm):
    """Which month; the last whole one unless another is chosen."""

    month = SelectField("Mois", validate_choice=True)

    def __init__(self, *args: object, **more: object) -> None:
        super().__init__(*args, **more)
        self.month.choices = [
            (f"{first:%Y-%m}", said(first)) for first in months(first_day(signed_in().association_id))
        ]
        if self.month.data is None:
            self.month.data = self.month.choices[:2][-1][0]


def months(since: date | None) -> Iterator[date]:
    """The first day of this month and of those before it, twelve at most, back to the first day counted."""
    first = clock.today().replace(day=1)
    yield first
    for _ in range(MONTHS_OFFERED - 1):
        if since is None or since >= first:
            return
        first = (first - timedelta(days=1)).replace(day=1)
        yield first


def said(first: date) -> str:
    begun = " (en cours)" if first == clock.today().replace(day=1) else ""
    return f"{MONTHS[first.month - 1].capitalize()} {first.year}{begun}"


@reports.get("")
@requires(Permission.FIGURES_READ)
def index() -> ResponseReturnValue:
    return reports_page(ReportForm())


def reports_page(form: ReportForm) -> ResponseReturnValue:
    before = request.args.get("avant", type=UUID)
    found = documents_asked(KINDS, before)
    older = url_for("reports.index", avant=found[-1].id) if len(found) == PAGE else ""
    newer = url_for("reports.index") if before else ""
    return association_page(
        "reports.html",
        "figures.index",
        form=form,
        documents=found,
        older=older,
        newer=newer,
        unavailable=why_unavailable(),
    )


@reports.post("")
@requires(Permission.FIGURES_READ)
def ask() -> ResponseReturnValue:
    form, person = ReportForm(request.form), signed_in()
    if not form.validate():
        form.month.errors = [NOT_OFFERED]
        return reports_page(form)
    month = date.fromisoformat(f"{form.month.data}-01")
    try:
        ask_association_report(month, association_id=person.association_id or abort(404), by=person.account_id)
    except DomainError as error:
        form.refuse(error.message, "month")
        return reports_page(form)
    flash("Le rapport se prépare\u00a0: il sera ici dans quelques secondes.", "good")
    return redirect(url_for("reports.index"), 303)


@reports.get("/avancement")
@requires(Permission.FIGURES_READ)
def progress() -> ResponseReturnValue:
    """The list alone, for the page that waits."""
    return render_template("association/_reports.html", documents=documents_asked(KINDS), older="", newer="")


@reports.get("/<uuid:document_id>.pdf")
@requires(Permission.FIGURES_READ)
def download(document_id: UUID) -> Response:
    found = document_file(document_id)
    if found is None:
        raise Hidden
    return pdf_answer(found.file, file_name("rapport", found.parameters.get("month", "")))
