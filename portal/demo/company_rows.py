"""The demo's companies as rows: links, requests with their history, and the season's volunteers who came by a link."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from matching.vocabulary import Side
from portal.demo.companies import AT_WORK, COMPANIES, LEADS, DemoCompany, DemoLead
from portal.demo.journey import Journey
from portal.demo.logins import STAFF
from portal.demo.world import key_of
from portal.foundation.crypto import vault
from portal.models.company import Company, CompanyVolunteer, Lead, LeadStep
from portal.models.referral import ReferralState
from portal.places import commune
from portal.queries.leads import NOTE, Contact

Rows = dict[type[Any], list[dict[str, Any]]]


def company_rows(journeys: Sequence[Journey], now: datetime) -> Rows:
    """Everything about companies; requests first, since volunteers name them."""
    return {
        Company: [_company(one, now) for one in COMPANIES],
        CompanyVolunteer: [row for one in COMPANIES for row in _volunteers(one, journeys, now)],
        Lead: [_lead(one, now) for one in LEADS],
        LeadStep: [row for one in LEADS for row in _steps(one, now)],
    }


def _company(one: DemoCompany, now: datetime) -> dict[str, Any]:
    return {
        "id": key_of("company", one.slug),
        "slug": one.slug,
        "name": one.name,
        "words": one.words,
        "created_at": now - timedelta(days=one.since_days),
        "created_by": _staff(0),
    }


def _volunteers(one: DemoCompany, journeys: Iterable[Journey], now: datetime) -> list[dict[str, Any]]:
    """Volunteers of its départements, in work, since its link was made."""
    since = now - timedelta(days=one.since_days)
    found = [journey for journey in journeys if journey.request.received_at >= since and _could_come(one, journey)]
    return [
        {
            "referral_id": journey.id,
            "company_id": key_of("company", one.slug),
            "created_at": journey.request.received_at,
        }
        for journey in sorted(found, key=lambda journey: journey.id)[: one.volunteers]
    ]


def _could_come(one: DemoCompany, journey: Journey) -> bool:
    return (
        journey.facts.side is Side.MENTOR
        and journey.state is not ReferralState.AWAITING_CONSENT
        and bool(AT_WORK & (journey.facts.situations or frozenset()))
        and commune(journey.request.commune).departement in one.departements
    )


def _lead(one: DemoLead, now: datetime) -> dict[str, Any]:
    key, received = key_of("lead", one.key), now - timedelta(days=one.days_ago, hours=3)
    contact = Contact(one.name, one.role, f"{one.key}@entreprise.example.org", "", one.message)
    return {
        "id": key,
        "number": f"E-{received.year}-{one.key[:6].upper():0<6}",
        "kind": one.kind,
        "company_name": one.company_name,
        "contact_sealed": contact.sealed(key),
        "answers": one.answers,
        "associations": [str(key_of("association", slug)) for slug in one.associations],
        "received_at": received,
        "state": one.state,
        "state_since": received + timedelta(days=one.steps[-1].after_days if one.steps else 0),
        "owner_id": _staff(one.owner),
        "next_action": one.next_action,
        "next_action_on": None if one.next_in_days is None else (now + timedelta(days=one.next_in_days)).date(),
        "company_id": key_of("company", one.company) if one.company else None,
        "version": 1 + len(one.steps),
    }


def _staff(rank: int | None) -> UUID | None:
    return None if rank is None else key_of("account", STAFF[rank][0])


def _steps(one: DemoLead, now: datetime) -> list[dict[str, Any]]:
    rows = []
    for number, step in enumerate(one.steps):
        key = key_of("lead-step", one.key, str(number))
        rows.append(
            {
                "id": key,
                "lead_id": key_of("lead", one.key),
                "at": now - timedelta(days=one.days_ago - step.after_days, hours=2),
                "account_id": _staff(one.owner),
                "state": step.state,
                "owner_id": _staff(one.owner),
                "note_sealed": vault().seal(step.note.encode(), column=NOTE, row=key),
            }
        )
    return rows
