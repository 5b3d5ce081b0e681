"""Employees' links: made from a request or directly, told, counted week by week, closed and opened again."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import Row
from wtforms import HiddenField, StringField
from wtforms.validators import Optional

from admin.company_tabs import company_tabs
from admin.fields import line_field, version_of
from admin.filters import id_of, read_cursor, write_cursor
from admin.navigation import frame, navigation
from portal.foundation.config import settings
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.permissions import Permission, requires
from portal.foundation.transactions import rollback
from portal.models.company import Lead
from portal.operations.companies import (
    Told,
    close_company,
    company_to_edit,
    create_company,
    reopen_company,
    retell_company,
)
from portal.operations.leads import lead_to_follow
from portal.queries.companies import (
    LONGEST_SLUG,
    WEEKS,
    companies_page,
    company_of,
    leads_of,
    proposed_slug,
    volunteers_by_week,
)
from portal.web.charts import Bar, Bars
from portal.web.forms import PortalForm, one_line, words_field
from portal.web.pages import page
from portal.web.typography import day_short, plural

LONGEST_NAME = 160
LONGEST_WORDS = 600
companies = Blueprint("company_links", __name__, url_prefix="/collectif/entreprises/liens")
companies.context_processor(frame)


class CompanyForm(PortalForm):
    """What the employees' page says."""

    name = line_field("Nom de l’entreprise", "Écrivez le nom de l’entreprise.", longest=LONGEST_NAME)
    words = words_field("Quelques mots pour ses salariés", LONGEST_WORDS)
    version = HiddenField()

    @property
    def told(self) -> Told:
        return Told(self.name.data or "", self.words.data or "")


class NewCompanyForm(CompanyForm):
    """And the end of its link, proposed from the name when nothing is typed."""

    slug = StringField("Fin du lien", [Optional()], filters=[one_line])


def address_of(slug: str) -> str:
    """The link as it is sent and printed."""
    return f"{settings().base_url.rstrip('/')}/e/{slug}"


@companies.get("")
@requires(Permission.LEADS_FOLLOW)
def index() -> ResponseReturnValue:
    shown = companies_page(after=read_cursor(request.args.get("apres")))
    after = write_cursor(shown.after)
    return page(
        "admin/companies.html",
        shown=shown,
        finding=finding(shown.companies, shown.volunteers),
        after=after and url_for("company_links.index", apres=after),
        address_of=address_of,
        tabs_items=company_tabs("company_links.index"),
        app_nav=navigation("leads"),
    )


def finding(links: int, volunteers: int) -> str:
    if not links:
        return "Aucune entreprise n’a encore son lien"
    came = f"{plural(volunteers, 'volontaire venu', 'volontaires venus')} par"
    return f"{came} {plural(links, 'lien d’entreprise', 'liens d’entreprise')}"


def lead_asked() -> Lead | None:
    """The request that the link answers, when the address names one. Raises Hidden for an unknown one."""
    asked = request.args.get("demande")
    if not asked:
        return None
    found = id_of(asked)
    if found is None:
        raise Hidden
    return lead_to_follow(found)


@companies.get("/nouveau")
@requires(Permission.LEADS_FOLLOW)
def new() -> ResponseReturnValue:
    lead = lead_asked()
    name = lead.company_name if lead else ""
    return blank(NewCompanyForm(data={"name": name, "slug": proposed_slug(name)}), lead)


@companies.post("/nouveau")
@requires(Permission.LEADS_FOLLOW)
def create() -> ResponseReturnValue:
    lead = lead_asked()
    form = NewCompanyForm(request.form)
    if form.validate():
        slug = (form.slug.data or "").lower() or proposed_slug(form.told.name)
        try:
            company = create_company(form.told, slug, by=current_user.account_id, lead=lead)
        except DomainError as error:
            form.refuse(error.message, error.field)
        else:
            flash(f"Le lien de {company.name} est ouvert.", "good")
            return redirect(url_for("company_links.show", company_id=company.id), 303)
    rollback()
    return blank(form, lead_asked())


def blank(form: NewCompanyForm, lead: Lead | None) -> ResponseReturnValue:
    return page(
        "admin/company_new.html",
        form=form,
        lead=lead,
        start=address_of(""),
        longest_words=LONGEST_WORDS,
        longest_slug=LONGEST_SLUG,
        app_nav=navigation("leads"),
    )


@companies.get("/<uuid:company_id>")
@requires(Permission.LEADS_FOLLOW)
def show(company_id: UUID) -> ResponseReturnValue:
    return one(company_id)


@companies.post("/<uuid:company_id>")
@requires(Permission.LEADS_FOLLOW)
def retell(company_id: UUID) -> ResponseReturnValue:
    company, form = company_to_edit(company_id), CompanyForm(request.form)
    if form.validate():
        try:
            retell_company(company, form.told, version=version_of(form.version.data))
        except DomainError as error:
            form.refuse(error.message, error.field)
        else:
            flash("La page des salariés est à jour.", "good")
            return redirect(url_for("company_links.show", company_id=company_id), 303)
    rollback()
    return one(company_id, form=form)


@companies.post("/<uuid:company_id>/fermer")
@requires(Permission.LEADS_FOLLOW)
def close(company_id: UUID) -> ResponseReturnValue:
    return settle(company_id, close_company, "Le lien est fermé\u00a0: il le dit, et ne compte plus personne.")


@companies.post("/<uuid:company_id>/rouvrir")
@requires(Permission.LEADS_FOLLOW)
def reopen(company_id: UUID) -> ResponseReturnValue:
    return settle(company_id, reopen_company, "Le lien est de nouveau ouvert.")


def settle(company_id: UUID, operation: Any, done: str) -> ResponseReturnValue:
    try:
        operation(company_to_edit(company_id), version=version_of(request.form.get("version")))
    except DomainError as error:
        rollback()
        flash(error.message, "late")
    else:
        flash(done, "good")
    return redirect(url_for("company_links.show", company_id=company_id), 303)


def one(company_id: UUID, *, form: CompanyForm | None = None) -> ResponseReturnValue:
    row = company_of(company_id)
    if row is None:
        raise Hidden
    form = form or CompanyForm(data={"name": row.name, "words": row.words})
    form.version.data = str(row.version)
    weeks = volunteers_by_week(company_id)
    return page(
        "admin/company.html",
        company=row,
        form=form,
        address=address_of(row.slug),
        leads=leads_of(company_id),
        weeks=weeks,
        chart=Bars(
            tuple(Bar(day_short(monday), amount) for monday, amount in weeks),
            ranked=False,
            name="Semaine du",
            value="Volontaires",
        ),
        weeks_said=weeks_said(row, weeks),
        longest_words=LONGEST_WORDS,
        app_nav=navigation("leads"),
    )


def weeks_said(row: Row[Any], weeks: list[tuple[Any, int]]) -> str:
    """The chart's finding."""
    recent = sum(amount for _, amount in weeks)
    if not row.volunteers:
        return "Personne n’est encore venu par ce lien"
    return f"{plural(recent, 'volontaire')} en {WEEKS} semaines"
