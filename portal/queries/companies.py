"""Companies with a link for their employees, and how many volunteers came by it: a number, never a name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select, tuple_

from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.company import Company, CompanyVolunteer, Lead
from portal.models.referral import Referral, ReferralState
from portal.places.folding import fold
from portal.queries.referrals import Cursor

PAGE = 50
WEEKS = 12
NO_VOLUNTEER = (ReferralState.AWAITING_CONSENT, ReferralState.WITHDRAWN, ReferralState.MERGED)
LONGEST_SLUG = 40
position = tuple_(Company.created_at, Company.id)
COLUMNS = (
    Company.id,
    Company.slug,
    Company.name,
    Company.words,
    Company.created_at,
    Company.closed_at,
    Company.version,
    func.company_volunteers(Company.id).label("volunteers"),
)


@dataclass(frozen=True)
class CompanyPage:
    """One page, newest first, with how many companies there are and how many volunteers came by all their links."""

    rows: Sequence[Row[Any]]
    companies: int
    volunteers: int
    after: Cursor | None = None


def companies_page(*, after: Cursor | None = None) -> CompanyPage:
    """The first page, or the one older than a key."""
    query = select(*COLUMNS)
    if after is not None:
        query = query.where(position < tuple_(*after))
    rows = db.session.execute(query.order_by(Company.created_at.desc(), Company.id.desc()).limit(PAGE + 1)).all()
    totals = select(func.count(), func.coalesce(func.sum(func.company_volunteers(Company.id)), 0)).select_from(Company)
    companies, volunteers = db.session.execute(totals).one()
    kept = rows[:PAGE]
    more = len(rows) > PAGE
    return CompanyPage(kept, companies, volunteers, Cursor(kept[-1].created_at, kept[-1].id) if more else None)


def company_of(company_id: UUID) -> Row[Any] | None:
    return db.session.execute(select(*COLUMNS).where(Company.id == company_id)).one_or_none()


def leads_of(company_id: UUID) -> Sequence[Row[Any]]:
    """The requests this link was made from."""
    query: Select[*tuple[Any, ...]] = select(Lead.id, Lead.number, Lead.received_at).where(
        Lead.company_id == company_id
    )
    return db.session.execute(query.order_by(Lead.received_at.desc(), Lead.id)).all()


def volunteers_by_week(company_id: UUID) -> list[tuple[date, int]]:
    """The last WEEKS weeks, each by its Monday, oldest first, those of nobody included."""
    this_week = clock.today() - timedelta(days=clock.today().weekday())
    weeks = [this_week - timedelta(weeks=back) for back in reversed(range(WEEKS))]
    monday = func.date_trunc("week", func.timezone(clock.PARIS.key, CompanyVolunteer.created_at))
    query = (
        select(monday, func.count())
        .join(Referral, Referral.id == CompanyVolunteer.referral_id)
        .where(CompanyVolunteer.company_id == company_id, Referral.state.not_in(NO_VOLUNTEER))
        .group_by(monday)
    )
    found = {day.date(): amount for day, amount in db.session.execute(query)}
    return [(week, found.get(week, 0)) for week in weeks]


def slug_taken(slug: str) -> bool:
    return db.session.scalar(select(Company.id).where(Company.slug == slug)) is not None


def proposed_slug(name: str) -> str:
    """The end of a company's link, from its name: « Filature du Nord » → filature-du-nord. Maybe empty."""
    return fold(name).replace(" ", "-")[:LONGEST_SLUG].strip("-")
