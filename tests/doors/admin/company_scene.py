"""Companies that asked, and those with a link: what the pages of « Entreprises » are looked at on."""

from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.identifiers import new_id
from portal.models.campaign import Campaign
from portal.models.company import Company, CompanyVolunteer, Lead, LeadKind, LeadState
from portal.models.referral import ReferralState
from portal.queries.leads import Contact
from tests.factories import make_referral

numbers = count(1)
CLAIRE = Contact("Claire Vasseur", "Directrice RSE", "claire.vasseur@example.org", "+33639980012", "Plutôt le matin.")


def make_lead(
    arrange: Session, name: str = "Filature du Nord", *, received_at: datetime | None = None, **fields: Any
) -> Lead:
    """A company that asks to be called, received now unless told otherwise."""
    key, at = new_id(), received_at or clock.now()
    lead = Lead(
        id=key,
        number=f"E-2026-{next(numbers):05}",
        company_name=name,
        contact_sealed=CLAIRE.sealed(key),
        received_at=at,
        **{"kind": LeadKind.CONTACT, "state": LeadState.RECEIVED, "state_since": at, **fields},
    )
    arrange.add(lead)
    arrange.commit()
    return lead


def make_company(
    arrange: Session, name: str = "Filature du Nord", slug: str = "filature-du-nord", **fields: Any
) -> Company:
    company = Company(id=new_id(), name=name, slug=slug, **{"words": "", **fields})
    arrange.add(company)
    arrange.commit()
    return company


def bring(
    arrange: Session,
    campaign: Campaign,
    company: Company,
    state: ReferralState = ReferralState.TO_ROUTE,
    at: datetime | None = None,
) -> None:
    """A volunteer who came by that company's link."""
    referral = make_referral(arrange, campaign, side=Side.MENTOR, state=state)
    arrange.add(CompanyVolunteer(referral_id=referral.id, company_id=company.id, created_at=at or clock.now()))
    arrange.commit()
