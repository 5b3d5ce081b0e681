"""A company's link for its employees: made, told in its own words, closed and opened again. Its address never changes."""

import re
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from portal.foundation import clock
from portal.foundation.errors import AlreadyAnswered, DomainError, Hidden
from portal.foundation.extensions import db
from portal.models.company import Company, Lead
from portal.models.event import JournalAct
from portal.operations.history import journal
from portal.queries.companies import LONGEST_SLUG, slug_taken

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
SHORTEST_SLUG = 2
TAKEN = "Ce lien existe déjà\u00a0: ajoutez une ville ou un service. Exemple\u00a0: filature-lille."
MOVED = "Quelqu’un vient de changer cette entreprise\u00a0: relisez-la avant d’enregistrer."


@dataclass(frozen=True)
class Told:
    """What an employees' page says: the company's name, and its own words (without marks)."""

    name: str
    words: str = ""


def company_to_edit(company_id: UUID) -> Company:
    """Raises Hidden when there is none."""
    company = db.session.get(Company, company_id, populate_existing=True)
    if company is None:
        raise Hidden
    return company


def create_company(told: Told, slug: str, *, by: UUID, lead: Lead | None = None) -> Company:
    """A link that works at once. lead: the request it answers. Raises DomainError (field "slug") for a link that cannot be."""
    _refuse_slug(slug)
    company = Company(slug=slug, name=told.name, words=told.words, created_by=by)
    try:
        with db.session.begin_nested():
            db.session.add(company)
    except IntegrityError as error:
        raise DomainError(TAKEN, field="slug") from error
    if lead is not None:
        lead.company_id = company.id
        journal(JournalAct.LEAD_CHANGED, detail=str(lead.id))
    _record(company)
    return company


def _refuse_slug(slug: str) -> None:
    if not SLUG.fullmatch(slug) or not SHORTEST_SLUG <= len(slug) <= LONGEST_SLUG:
        raise DomainError(
            f"Des lettres sans accent, des chiffres et des tirets, {LONGEST_SLUG} au plus. Exemple\u00a0: filature-du-nord.",
            field="slug",
        )
    if slug_taken(slug):
        raise DomainError(TAKEN, field="slug")


def retell_company(company: Company, told: Told, *, version: int) -> None:
    """Another name or other words; the link stays, since it is printed and sent."""
    _refuse_if_moved(company, version)
    company.name, company.words = told.name, told.words
    _record(company)


def close_company(company: Company, *, version: int) -> None:
    """From now on the link says that it is closed, and counts nobody more."""
    _refuse_if_moved(company, version)
    company.closed_at = company.closed_at or clock.now()
    _record(company)


def reopen_company(company: Company, *, version: int) -> None:
    _refuse_if_moved(company, version)
    company.closed_at = None
    _record(company)


def _refuse_if_moved(company: Company, version: int) -> None:
    if company.version != version:
        raise AlreadyAnswered(MOVED)


def _record(company: Company) -> None:
    try:
        db.session.flush()
    except StaleDataError as error:
        raise AlreadyAnswered(MOVED) from error
    journal(JournalAct.COMPANY_CHANGED, detail=str(company.id))
