"""A company's own page for its employees: its name, how many have come, and the way to the mentors' form."""

from flask import Blueprint, Response, abort, redirect, url_for
from flask.typing import ResponseReturnValue

from portal.foundation.permissions import public
from portal.models.company import OfferPage
from portal.places.folding import fold
from portal.queries.offer import EmployeesPage, employees_page
from portal.queries.offer_texts import text_in_force
from portal.web.company_link import FORM, remember_company
from portal.web.markup import rendered
from portal.web.pages import page
from portal.web.public_frame import navigation

employees = Blueprint("employees", __name__, url_prefix="/e")
GONE = 410
VOWELS = tuple("aeiouy")


def of_name(name: str) -> str:
    """« de Filature du Nord », « d’Ateliers Rivoire »."""
    return f"d’{name}" if fold(name)[:1] in VOWELS else f"de {name}"


def company_asked(slug: str) -> EmployeesPage:
    return employees_page(slug) or abort(404)


@employees.get("/<slug>")
@public
def index(slug: str) -> ResponseReturnValue:
    company = company_asked(slug)
    if company.closed:
        return page("company/closed.html", GONE, company=company, public_nav=navigation(), form_key=FORM)
    text = text_in_force(OfferPage.EMPLOYEES)
    return page(
        "company/employees.html",
        company=company,
        title=f"Les mentors {of_name(company.name)}",
        text=text,
        body=rendered(text.body),
        public_nav=navigation(),
    )


@employees.get("/<slug>/devenir-mentor")
@public
def become_mentor(slug: str) -> ResponseReturnValue:
    """To the mentors' form; the browser remembers by whose link until the form is sent, or for a week."""
    company = company_asked(slug)
    if company.closed:
        return redirect(url_for("employees.index", slug=slug), 303)
    onwards = redirect(url_for("intake.start", form=FORM), 303)
    assert isinstance(onwards, Response)
    return remember_company(onwards, company.slug)
