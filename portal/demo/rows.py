"""A demo request as rows: the referral, its sealed person, its agreements."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from portal.demo.identities import DemoIdentity
from portal.demo.journey import Journey
from portal.demo.season import DemoRequest
from portal.foundation.crypto import token_digest, vault
from portal.foundation.extensions import Base
from portal.foundation.identifiers import new_id
from portal.models.identity import ConsentKind
from portal.models.person import Applicant, Guardian, Person, Referrer
from portal.operations.people import sealed_rows
from portal.places import commune

ADULT = 18


def referral_row(journey: Journey, campaign_id: UUID) -> dict[str, Any]:
    request, home = journey.request, commune(journey.request.commune)
    return {
        "id": journey.id,
        "number": journey.number,
        "side": journey.facts.side,
        "channel": journey.facts.channel,
        "state": journey.state,
        "state_since": journey.state_since,
        "unroutable_why": journey.unroutable_why,
        "awaiting": journey.awaiting,
        "received_at": request.received_at,
        "campaign_id": campaign_id,
        "profile": journey.facts.to_json(),
        "age": journey.facts.age,
        "commune": home.code,
        "departement": home.departement,
        "region": home.region,
        "needs": sorted(need.value for need in journey.facts.needs or ()),
        "hops": journey.hops,
        "tracking_digest": token_digest(vault().link_token("tracking", journey.id, 1)),
        "link_version": 1,
        "version": journey.version,
    }


def person_rows(journey: Journey) -> list[Base]:
    return sealed_rows(journey.id, _person(journey.request))


def _person(request: DemoRequest) -> Person:
    who, guardian, referrer = request.identity, request.guardian, request.referrer
    return Person(
        applicant=Applicant(who.first_name, who.last_name, who.email or None, who.phone or None, request.birth_date),
        guardian=Guardian(_name(guardian), guardian.email or None, guardian.phone or None) if guardian else None,
        referrer=Referrer(
            _name(referrer.identity),
            referrer.identity.email,
            referrer.identity.phone or None,
            referrer.function,
            referrer.establishment.name,
        )
        if referrer
        else None,
        words=request.words or None,
    )


def _name(identity: DemoIdentity) -> str:
    return f"{identity.first_name} {identity.last_name}"


def consent_rows(journey: Journey, now: datetime) -> list[dict[str, Any]]:
    """The agreements given until now."""
    request, given = journey.request, journey.request.received_at
    found: list[tuple[ConsentKind, datetime | None]] = [(ConsentKind.APPLICANT, given)]
    if request.sensitive_consent:
        found.append((ConsentKind.SENSITIVE, given))
    if request.needs_guardian:
        found.append((ConsentKind.GUARDIAN, request.guardian_confirmed_at))
    elif request.guardian and (journey.facts.age or ADULT) < ADULT:
        found.append((ConsentKind.GUARDIAN_INFORMED, given + timedelta(minutes=1)))
    return [
        {"id": new_id(), "referral_id": journey.id, "kind": kind, "wording": "démonstration", "given_at": at}
        for kind, at in found
        if at is not None and at <= now
    ]
