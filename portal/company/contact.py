"""Asking to be called: to be put in touch, to meet the team, to get a link for one's employees."""

from dataclasses import dataclass

from flask import redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal.company.forms import AskForm, MeetingForm, OrienterForm
from portal.company.frame import companies, company_page
from portal.foundation.config import settings
from portal.foundation.permissions import public
from portal.models.company import LeadKind
from portal.operations.leads_intake import LeadAsked, submit_lead
from portal.queries.leads import Contact
from portal.queries.offer import NamedAssociation, associations_named
from portal.queries.orienter_words import said
from portal.web.limits import FULL, SUBMISSIONS, refuse_too_many, written_too_often

NUMBER = "lead_number"


@dataclass(frozen=True)
class Asking:
    """One of the three requests: its form, and how its page speaks."""

    kind: LeadKind
    form: type[AskForm]
    title: str
    lead: str


CONTACT = Asking(
    LeadKind.CONTACT,
    AskForm,
    "Être mis en relation",
    "Dites-nous qui vous êtes : une personne de l’équipe vous rappelle, puis vous présente aux associations.",
)
MEETING = Asking(
    LeadKind.MEETING,
    MeetingForm,
    "Prendre rendez-vous",
    "Une demi-heure au téléphone ou en visio, avec une personne de l’équipe.",
)
LINK = Asking(
    LeadKind.EMPLOYEES,
    AskForm,
    "Une page pour vos salariés",
    "Nous créons votre lien après un échange avec vous, et nous vous le donnons.",
)


@companies.get("/contact")
@public
def ask_contact() -> ResponseReturnValue:
    return shown(CONTACT, AskForm())


@companies.post("/contact")
@public
def send_contact() -> ResponseReturnValue:
    return received(CONTACT)


@companies.get("/rendez-vous")
@public
def ask_meeting() -> ResponseReturnValue:
    return shown(MEETING, MeetingForm())


@companies.post("/rendez-vous")
@public
def send_meeting() -> ResponseReturnValue:
    return received(MEETING)


@companies.get("/lien-salaries")
@public
def ask_link() -> ResponseReturnValue:
    return shown(LINK, AskForm())


@companies.post("/lien-salaries")
@public
def send_link() -> ResponseReturnValue:
    return received(LINK)


def shown(asking: Asking, form: AskForm) -> tuple[str, int]:
    return company_page(
        "ask.html",
        asking.title,
        asking=asking,
        form=form,
        chosen=chosen(),
        answers=said(wishes_of_address()),
        days=settings().late_working_days,
    )


def received(asking: Asking) -> ResponseReturnValue:
    form = asking.form(request.form)
    if not form.validate():
        return shown(asking, form)
    refuse_too_many(SUBMISSIONS, "lead")
    if written_too_often([form.mail.data]):
        form.refuse(FULL, "mail")
        return shown(asking, form)
    session[NUMBER] = submit_lead(lead_of(asking, form))
    return redirect(url_for("companies.asked"), 303)


def lead_of(asking: Asking, form: AskForm) -> LeadAsked:
    return LeadAsked(
        kind=asking.kind,
        company_name=form.company.data,
        contact=Contact(
            name=form.name.data,
            role=form.role.data or "",
            mail=form.mail.data,
            telephone=form.telephone.data or "",
            message=form.message.data or "",
        ),
        answers=wishes_of_address() | form.answers(),
        associations=[one.id for one in chosen()],
    )


def chosen() -> list[NamedAssociation]:
    """The associations the address names; unknown ones are left out."""
    return associations_named(request.args.getlist("association"))


def wishes_of_address() -> dict[str, object]:
    """The answers given in Orienter, as codes; none when the address carries none, or they no longer hold."""
    form = OrienterForm(MultiDict(request.args))
    return form.wishes().to_json() if "rencontre" in request.args and form.validate() else {}


@companies.get("/recue")
@public
def asked() -> ResponseReturnValue:
    """The request's number, said to the browser that sent it."""
    number = session.get(NUMBER)
    if not number:
        return redirect(url_for("companies.ask_contact"), 303)
    return company_page("asked.html", "Demande reçue", number=number, days=settings().late_working_days)
