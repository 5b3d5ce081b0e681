"""Counting a volunteer for the company whose link brought them: a number, never a name."""

import logging
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.crypto import token_digest, vault
from portal.foundation.extensions import db
from portal.foundation.transactions import bind_link
from portal.models.company import Company, CompanyVolunteer
from portal.models.referral import Referral
from portal.operations.intake import FIRST_VERSION
from portal.queries.tracking import TRACKING

log = logging.getLogger(__name__)


def count_volunteer(referral_id: UUID, slug: str) -> bool:
    """In the transaction that receives the request (public role). False when there is nothing to count.

    Only a mentor's request counts, only for a company whose link is open, and once however often it is sent.
    """
    bind_link(token_digest(vault().link_token(TRACKING, referral_id, FIRST_VERSION)))
    company = db.session.scalar(
        select(Company.id)
        .join(Referral, Referral.id == referral_id)
        .where(Company.slug == slug, Company.closed_at.is_(None), Referral.side == Side.MENTOR)
    )
    if company is None:
        return False
    return _written({"referral_id": referral_id, "company_id": company, "created_at": clock.now()})


def _written(row: dict[str, Any]) -> bool:
    """A count that the database refuses (the link closed this instant) never costs the request it came with."""
    try:
        with db.session.begin_nested():
            db.session.execute(insert(CompanyVolunteer).values(row).on_conflict_do_nothing())
    except DBAPIError:
        log.warning("volunteer_not_counted")
        return False
    return True
