"""Orienter: a guided choice, an answer whose address can be shared, and the sheet of each association."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal.company.forms import FIRST, OrienterForm
from portal.company.frame import companies, company_page
from portal.company.sheets import facts_of, rules_of
from portal.foundation import clock
from portal.foundation.permissions import public
from portal.models.company import OfferPage
from portal.queries.offer_texts import text_in_force
from portal.queries.orienter_words import COUNTS, Wishes, said
from portal.queries.orienting import Answer, Oriented, orient
from portal.queries.orienting_panel import Panel, associations_lacking_mentors, panel_in_force, places_declared
from portal.web.limits import ANSWERS, refuse_too_many
from portal.web.markup import rendered


@companies.get("/orienter")
@public
def orient_company() -> ResponseReturnValue:
    form = OrienterForm(MultiDict(request.args) if request.args else None, data=FIRST)
    return asked(form)


def asked(form: OrienterForm) -> tuple[str, int]:
    text = text_in_force(OfferPage.ORIENTER)
    return company_page("orient.html", "Orienter", form=form, text=text, body=rendered(text.body))


@companies.get("/orienter/resultat")
@public
def oriented() -> ResponseReturnValue:
    """The answer, from the answers in the address: the same address always says the same of the same rules."""
    form = OrienterForm(MultiDict(request.args))
    if not form.validate():
        return asked(form)
    refuse_too_many(ANSWERS, "orienter")
    wishes, panel = form.wishes(), panel_in_force()
    found = orient(wishes, panel, lacking=associations_lacking_mentors(clock.today()))
    return company_page(
        "oriented.html",
        "Orienter",
        found=found,
        counts=COUNTS,
        title=title_of(found),
        cards=cards_of(found, panel, wishes),
        answers=[words for _, words in said(wishes.to_json())],
        again=url_for("companies.orient_company", **repeated()),
        address=request.url,
        everyone=contact_address([one.slug for one in found.answers]),
    )


def title_of(found: Oriented) -> str:
    """The finding."""
    if found.fitting > 1:
        return f"{COUNTS[found.fitting]} associations pour votre entreprise"
    if found.fitting:
        return "Une association convient tout à fait à votre entreprise"
    return "Aucune association ne convient tout à fait"


def repeated() -> dict[str, Any]:
    """The answers of the address, to put them in another."""
    return {name: values for name, values in request.args.lists() if name in OrienterForm()._fields}


def contact_address(slugs: Iterable[str]) -> str:
    return url_for("companies.ask_contact", association=list(slugs), **repeated())


@dataclass(frozen=True)
class Card:
    """One association as its card shows it."""

    answer: Answer
    kicker: str
    line: str
    facts: list[tuple[str, str]]
    contact: str


def cards_of(found: Oriented, panel: Panel, wishes: Wishes) -> list[Card]:
    rooms = places_declared(one.association for one in found.answers)
    cards = []
    for rank, one in enumerate(found.answers):
        programme = panel.programmes[one.programme]
        facts = facts_of(panel, programme, rooms.get(one.association, []), wishes)
        cards.append(Card(one, kicker_of(one, rank, found), programme.name, facts, contact_address([one.slug])))
    return cards


def kicker_of(one: Answer, rank: int, found: Oriented) -> str:
    """No equal is called nearer than another."""
    if not one.fits:
        return "Pour élargir"
    if rank:
        return "Convient" if rank < found.tied else "Convient aussi"
    return "Convient" if found.tied else "Le plus proche de vos choix"


@companies.get("/associations/<slug>")
@public
def sheet(slug: str) -> ResponseReturnValue:
    """What an association publishes: its programmes, whom they are for, what they ask of mentors."""
    panel = panel_in_force()
    association = next((one for one in panel.associations.values() if one.slug == slug), None) or abort(404)
    programmes = sorted(
        (one for one in panel.programmes.values() if one.association_id == association.id),
        key=lambda one: (one.name, str(one.id)),
    )
    return company_page(
        "sheet.html",
        "Association",
        association=association,
        lacking=association.id in associations_lacking_mentors(clock.today()),
        programmes=[(one, *rules_of(panel, association, one)) for one in programmes],
        contact=contact_address([slug]),
    )
