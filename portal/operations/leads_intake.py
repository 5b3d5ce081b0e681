"""Receiving a company's request: written before anything else, so that it is never lost; its contact is sealed."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from portal.foundation import clock
from portal.foundation.extensions import db
from portal.foundation.identifiers import new_id
from portal.models.company import Lead, LeadKind, LeadState
from portal.models.outbox import Message
from portal.operations.outbox import put
from portal.queries.leads import Contact

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that reads like something else, aloud or on paper
NUMBER_LETTERS = 6


@dataclass(frozen=True)
class LeadAsked:
    """A company's request, checked. answers: codes only. associations: those it wants to be put in touch with."""

    kind: LeadKind
    company_name: str
    contact: Contact
    answers: Mapping[str, Any] = field(default_factory=dict)
    associations: Sequence[UUID] = ()


def submit_lead(asked: LeadAsked) -> str:
    """Receive it (public role, which may write it and never read it again). Returns its number."""
    key, now = new_id(), clock.now()
    lead = Lead(
        id=key,
        number=_number(),
        kind=asked.kind,
        company_name=asked.company_name,
        contact_sealed=asked.contact.sealed(key),
        answers=dict(asked.answers),
        associations=[str(association) for association in asked.associations],
        received_at=now,
        state=LeadState.RECEIVED,
        state_since=now,
    )
    db.session.add(lead)
    put(Message.LEAD_RECEIVED, str(key), reference_id=key)
    db.session.flush()
    return lead.number


def _number() -> str:
    """Drawn, since the public role cannot count what is there: « E-2026-7KQ4MX », one in 700 million each."""
    drawn = "".join(secrets.choice(LETTERS) for _ in range(NUMBER_LETTERS))
    return f"E-{clock.today().year}-{drawn}"
