"""A kit for companies: one of the offer's texts, to print and hand out."""

from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from portal.paper.brochure import Publisher
from portal.paper.pages import rendered
from portal.queries.offer_texts import Shown
from portal.web.markup import rendered as marked_up
from portal.web.typography import day, french


@dataclass(frozen=True)
class KitText:
    """The text in words and in safe HTML."""

    title: str
    lead: str
    body: Markup


def company_kit(text: Shown, publisher: Publisher, drawn_on: date) -> str:
    """The HTML of the kit."""
    kit = KitText(french(text.title), french(text.lead), absolute(marked_up(text.body), publisher.address))
    dated = day(text.published_at or drawn_on)
    return rendered(
        "kit.html",
        title=kit.title,
        subject=kit.title,
        brand=publisher.brand,
        edition=f"Texte du {dated}",
        kit=kit,
        publisher=publisher,
    )


def absolute(body: Markup, address: str) -> Markup:
    """Links to pages of the portal lead there from paper too; only links of the mark-up have this attribute."""
    return Markup(str(body).replace('href="/', f'href="{address}/'))  # noqa: S704 - the mark-up's own output
