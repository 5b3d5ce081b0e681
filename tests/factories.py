"""What tests arrange: rows written as the owner, past every rule, so that the rules are what is tested.

All make_* functions take a plain SQLAlchemy session (fixture `arrange`) and flush; `arrange.commit()` is the test's.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from matching.vocabulary import Channel, Side
from portal.foundation import clock
from portal.foundation.config import Settings
from portal.foundation.crypto import token_digest, vault
from portal.foundation.database import owner_url
from portal.foundation.identifiers import new_id
from portal.foundation.permissions import Role
from portal.models.account import Account, Membership
from portal.models.assignment import Assignment, AssignmentState
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.capacity import Capacity
from portal.models.objective import Objective
from portal.models.person import Applicant, Person
from portal.models.programme import Programme, ProgrammeVersion
from portal.models.referral import Referral, ReferralState
from portal.models.routing import AssociationStanding, CapacityUse, ProgrammeStanding, RoutingPolicy
from portal.operations.passwords import hash_password
from portal.operations.people import sealed_rows

numbers = count(1)
PASSWORD = "correct horse battery staple 42"
ROUBAIX = ("commune:59512", "epci:200093201", "departement:59", "region:32", "country:FR")


@pytest.fixture
def arrange(app: Flask, settings: Settings) -> Iterator[Session]:
    engine = create_engine(owner_url(settings))
    with Session(engine, expire_on_commit=False) as session:
        yield session
    engine.dispose()


@cache
def hash_of_password() -> str:
    return hash_password(PASSWORD)


def _add(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row


def make_campaign(session: Session) -> Campaign:
    """A campaign around today, with the platform's rules."""
    today = clock.today()
    _add(session, RoutingPolicy(version=1, name="arm", maximum_hops=3))
    return _add(
        session,
        Campaign(name="Campagne", starts_on=today - timedelta(days=200), ends_on=today + timedelta(days=165)),
    )


def make_association(session: Session, name: str | None = None, **fields: Any) -> Association:
    number = next(numbers)
    return _add(session, Association(slug=f"association-{number}", name=name or f"Association {number}", **fields))


def make_programme(
    session: Session,
    association: Association,
    criteria: dict[str, Any] | None = None,
    side: Side = Side.MENTEE,
    **fields: Any,
) -> Programme:
    """A programme in force for one side; without criteria it takes everyone."""
    number = next(numbers)
    programme = _add(
        session,
        Programme(association_id=association.id, slug=f"programme-{number}", name=f"Programme {number}", **fields),
    )
    _add(
        session,
        ProgrammeVersion(
            association_id=association.id,
            programme_id=programme.id,
            side=side,
            number=1,
            criteria=criteria or {"all": []},
        ),
    )
    return programme


def make_capacity(
    session: Session,
    association: Association,
    campaign: Campaign,
    amount: int = 10,
    place: str = "country:FR",
    side: Side = Side.MENTEE,
    **fields: Any,
) -> Capacity:
    return _add(
        session,
        Capacity(
            association_id=association.id,
            campaign_id=campaign.id,
            side=side,
            place=place,
            amount=amount,
            updated_at=clock.now(),
            **fields,
        ),
    )


def make_objective(
    session: Session, association: Association, campaign: Campaign, amount: int = 100, side: Side = Side.MENTEE
) -> Objective:
    return _add(
        session,
        Objective(
            association_id=association.id,
            campaign_id=campaign.id,
            side=side,
            amount=amount,
            validated_at=clock.now(),
        ),
    )


def make_account(
    session: Session,
    mail: str | None = None,
    *,
    association: Association | None = None,
    role: Role = Role.COORDINATOR,
    staff: bool = False,
) -> Account:
    """An account whose password is PASSWORD, a member of the association if one is given."""
    number = next(numbers)
    hashed = hash_of_password()
    account = _add(
        session,
        Account(
            mail=mail or f"personne{number}@example.org", name=f"Personne {number}", password_hash=hashed, staff=staff
        ),
    )
    if association is not None:
        _add(session, Membership(account_id=account.id, association_id=association.id, role=role))
    return account


def profile_json(key: UUID, side: Side = Side.MENTEE, **facts: Any) -> dict[str, Any]:
    """A young person of 20 in Roubaix, looking for a first job, ready to meet in person or remotely."""
    return {
        "key": str(key),
        "side": side.value,
        "channel": "self",
        "age": 20,
        "situations": ["seeking_job"],
        "level": "bac+2",
        "needs": ["first_job"],
        "places": sorted(ROUBAIX),
        "home": "Roubaix",
        "modalities": ["hybrid", "in_person", "remote"],
        **facts,
    }


def make_referral(
    session: Session,
    campaign: Campaign,
    *,
    side: Side = Side.MENTEE,
    state: ReferralState = ReferralState.TO_ROUTE,
    received_at: datetime | None = None,
    person: Person | None = None,
    facts: dict[str, Any] | None = None,
    **fields: Any,
) -> Referral:
    """A request with its sealed person (Léa Martin unless told otherwise)."""
    number, key = next(numbers), new_id()
    profile = profile_json(key, side, **(facts or {}))
    token = vault().link_token("tracking", key, 1)
    referral = _add(
        session,
        Referral(
            id=key,
            number=f"2026-{number:05}",
            side=side,
            channel=Channel(profile["channel"]),
            state=state,
            state_since=received_at or clock.now(),
            received_at=received_at or clock.now(),
            campaign_id=campaign.id,
            profile=profile,
            age=profile["age"],
            commune="59512",
            departement="59",
            region="32",
            needs=profile["needs"],
            tracking_digest=token_digest(token),
            **fields,
        ),
    )
    who = person or Person(Applicant("Léa", "Martin", f"lea{number}@example.org", "0639980001", date(2006, 3, 1)))
    session.add_all(sealed_rows(key, who))
    session.flush()
    return referral


def make_assignment(
    session: Session,
    referral: Referral,
    association: Association,
    programme: Programme,
    *,
    capacity: Capacity | None = None,
    state: AssignmentState = AssignmentState.OFFERED,
    offered_at: datetime | None = None,
    **fields: Any,
) -> Assignment:
    """The request offered to this programme, the sums kept in step."""
    at = offered_at or clock.now()
    assignment = _add(
        session,
        Assignment(
            referral_id=referral.id,
            association_id=association.id,
            programme_id=programme.id,
            campaign_id=referral.campaign_id,
            capacity_id=capacity.id if capacity else None,
            side=referral.side,
            referral_number=referral.number,
            place=capacity.place if capacity else "country:FR",
            state=state,
            offered_at=at,
            late_at=clock.after_working_days(at, 3),
            due_at=at + timedelta(days=7),
            **fields,
        ),
    )
    referral.state = ReferralState.PLACED
    _commit_one(session, assignment)
    session.flush()
    return assignment


def _commit_one(session: Session, assignment: Assignment) -> None:
    of = (assignment.campaign_id, assignment.side)
    standing = session.get(AssociationStanding, (assignment.association_id, *of)) or _add(
        session,
        AssociationStanding(association_id=assignment.association_id, campaign_id=of[0], side=of[1], committed=0),
    )
    own = session.get(ProgrammeStanding, (assignment.programme_id, *of)) or _add(
        session,
        ProgrammeStanding(
            programme_id=assignment.programme_id,
            association_id=assignment.association_id,
            campaign_id=of[0],
            side=of[1],
            committed=0,
        ),
    )
    standing.committed += 1
    own.committed += 1
    if assignment.capacity_id:
        use = session.get(CapacityUse, assignment.capacity_id) or _add(
            session,
            CapacityUse(capacity_id=assignment.capacity_id, association_id=assignment.association_id, taken=0),
        )
        use.taken += 1
