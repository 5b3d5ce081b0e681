"""Receiving a company's request: written before anything else, so that it is never lost; its contact is sealed."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from portal.foundation import clock
from portal.foundation.extensions import db
from portal.foundation.identifiers import new_id
from portal.foundation.queue import Job, enqueue
from portal.foundation.transactions import after_commit
from portal.models.company import Lead, LeadKind, LeadState
from portal.models.event import Message, Outbox
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
    db.session.add_all([lead, _letter(lead)])
    db.session.flush()
    after_commit(partial(enqueue, Job.SEND_MAIL))
    return lead.number


def _number() -> str:
    """Drawn, since the public role cannot count what is there: « E-2026-7KQ4MX », one in 700 million each."""
    drawn = "".join(secrets.choice(LETTERS) for _ in range(NUMBER_LETTERS))
    return f"E-{clock.today().year}-{drawn}"


def _letter(lead: Lead) -> Outbox:
    return Outbox(
        deduplication_key=f"{Message.LEAD_RECEIVED}:{lead.id}",
        message=Message.LEAD_RECEIVED,
        reference_id=lead.id,
        next_attempt_at=lead.received_at,
    )
