"""Informer and Conseiller: pages to read, kits to download."""

from flask import Response, abort, current_app, request
from flask.typing import ResponseReturnValue

from portal.company.frame import companies, company_page
from portal.foundation import clock
from portal.foundation.config import settings
from portal.foundation.permissions import public
from portal.models.company import OfferPage
from portal.places.folding import fold
from portal.queries.documents import company_kits, document_file
from portal.queries.offer import kits_in_force, places_waiting, regions_short_of_mentors
from portal.queries.offer_texts import Shown, text_in_force
from portal.queries.orienting_panel import associations_lacking_mentors, panel_in_force
from portal.web.markup import plain, rendered
from portal.web.public_frame import FIGURES

MOST_PLACES = 5
KITS = {page.value.removeprefix("kit_").replace("_", "-"): page for page in OfferPage if page.kit}


def key_of(page: OfferPage) -> str:
    """Its place in an address: « call-for-projects »."""
    return next(key for key, kit in KITS.items() if kit is page)


@companies.get("")
@public
def index() -> ResponseReturnValue:
    text, lacking = text_in_force(OfferPage.HOME), associations_lacking_mentors(clock.today())
    return company_page(
        "home.html",
        text=text,
        body=rendered(text.body),
        waiting=places_waiting(MOST_PLACES),
        short=regions_short_of_mentors(panel_in_force(), lacking, MOST_PLACES),
        figures=FIGURES if FIGURES in current_app.view_functions else "",
        host=request.host,
    )


@companies.get("/informer")
@public
def inform() -> ResponseReturnValue:
    text = text_in_force(OfferPage.INFORMER)
    return company_page("text.html", "Informer", text=text, body=rendered(text.body))


@companies.get("/conseiller")
@public
def advise() -> ResponseReturnValue:
    text = text_in_force(OfferPage.CONSEILLER)
    return company_page(
        "advise.html", "Conseiller", text=text, body=rendered(text.body), kits=kits_in_force(), key_of=key_of
    )


@companies.get("/conseiller/kits/<key>.txt")
@public
def kit_text(key: str) -> ResponseReturnValue:
    """The kit in force, as plain text: ready to be pasted into a message."""
    text = text_in_force(KITS.get(key) or abort(404))
    said = f"{text.title}\n\n{text.lead}\n\n{plain(text.body, site=settings().base_url.rstrip('/'))}\n"
    return _file(said.encode(), "text/plain; charset=utf-8", f"{_file_name(text)}.txt")


@companies.get("/conseiller/kits/<key>.pdf")
@public
def kit_pdf(key: str) -> ResponseReturnValue:
    """The same as a PDF, once exactly this version has been drawn."""
    text = text_in_force(KITS.get(key) or abort(404))
    document = company_kits().get((text.page, text.number)) or abort(404)
    found = document_file(document) or abort(404)
    return _file(found.file, "application/pdf", f"{_file_name(text)}.pdf")


def _file_name(text: Shown) -> str:
    return f"kit-{fold(text.title).replace(' ', '-')[:60].strip('-')}"


def _file(content: bytes, kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, content_type=kind, headers=headers)
