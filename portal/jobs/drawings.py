"""What each kind of document is made of: the data, read under the sight of whom it is for, then its pages."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.foundation import clock
from portal.foundation.config import settings
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as
from portal.models.company import OfferPage
from portal.models.document import DocumentKind
from portal.operations.documents import Claimed
from portal.paper.association_report import association_report
from portal.paper.board_report import board_report
from portal.paper.brochure import Publisher, brochure
from portal.paper.kit import company_kit
from portal.paper.policy_study import policy_study as drawn_study
from portal.queries.brochure import territory
from portal.queries.figures import Period
from portal.queries.offer_texts import text_numbered
from portal.queries.policy_study import policy_study
from portal.queries.reports import association_month, board_period


class NothingToDraw(Exception):
    """What the document was to be about is gone; the message says so in French."""


@dataclass(frozen=True)
class Drawing:
    """gather reads everything there is to say, under scope_of; compose makes the HTML of it, without a database."""

    scope_of: Callable[[Claimed], Scope]
    gather: Callable[[Claimed], Any]
    compose: Callable[[Any], str]

    def gathered(self, claimed: Claimed) -> Any:
        with acting_as(self.scope_of(claimed)):
            return self.gather(claimed)


def publisher() -> Publisher:
    known = settings()
    return Publisher(known.brand_name, known.contact_mail, known.base_url)


def as_staff(claimed: Claimed) -> Scope:
    return Scope(DatabaseRole.STAFF, account_id=claimed.asked_by, read_only=True)


def as_association(claimed: Claimed) -> Scope:
    return Scope(DatabaseRole.ASSOCIATION, claimed.association_id, claimed.asked_by, read_only=True)


def _kit_text(claimed: Claimed) -> Any:
    page = OfferPage(claimed.parameters["page"])
    text = text_numbered(page, int(claimed.parameters["number"]))
    if text is None:
        raise NothingToDraw("Ce texte n’existe plus.")
    return text


def _month(claimed: Claimed) -> Any:
    if claimed.association_id is None:
        raise NothingToDraw("Ce rapport n’appartient à aucune association.")
    return association_month(claimed.association_id, date.fromisoformat(f"{claimed.parameters['month']}-01"))


def _board(claimed: Claimed) -> Any:
    first, last = (date.fromisoformat(claimed.parameters[name]) for name in ("first", "last"))
    return board_period(Period(first, last))


def _study(claimed: Claimed) -> Any:
    first, last = (date.fromisoformat(claimed.parameters[name]) for name in ("first", "last"))
    return policy_study(Period(first, last))


DRAWINGS = {
    DocumentKind.ASSOCIATION_REPORT: Drawing(
        as_association, _month, lambda of: association_report(of, publisher(), clock.today())
    ),
    DocumentKind.BOARD_REPORT: Drawing(as_staff, _board, lambda of: board_report(of, publisher(), clock.today())),
    DocumentKind.TERRITORY_BROCHURE: Drawing(
        as_staff,
        lambda claimed: territory(claimed.parameters["place"]),
        lambda of: brochure(of, publisher(), clock.today()),
    ),
    DocumentKind.COMPANY_KIT: Drawing(
        as_staff,
        _kit_text,
        lambda text: company_kit(text, publisher(), clock.today()),
    ),
    DocumentKind.POLICY_STUDY: Drawing(as_staff, _study, lambda of: drawn_study(of, publisher(), clock.today())),
}
