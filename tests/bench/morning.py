"""How long the morning files take: 200 associations of which 500 requests await an answer each.

Two workers of the paper queue, on two processors, as in production: gathered, drawn, encrypted, read back, kept, and put
in the outbox. From the opening of the day's rows to the last file.
"""

import time
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import create_engine, func, insert, select, text
from sqlalchemy.orm import Session

from matching.vocabulary import Channel, Side
from portal.app import create_app
from portal.foundation import clock
from portal.foundation.config import Settings
from portal.foundation.crypto import vault
from portal.foundation.database import owner_url
from portal.foundation.identifiers import new_id
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.models.assignment import Assignment, AssignmentState
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.identity import KeyPurpose, PersonKey, Preview
from portal.models.morning import MorningFile, MorningState
from portal.models.outbox import Message, Outbox
from portal.models.person import PersonPreview
from portal.models.programme import Programme
from portal.models.referral import Referral, ReferralState
from portal.operations.file_passwords import first_password
from portal.operations.morning import open_day
from tests import factories
from tests.bench.figure import Effort, Figure
from tests.bench.stage import FLASK, processes, staged
from tests.doors.association.house import EXCERPT

ASSOCIATIONS, REQUESTS = 200, 500
GOAL_SECONDS = 300.0
PATIENCE_SECONDS = 900.0
NO_SMTP = 9
WORKERS = ((*FLASK, "worker", "--queue", "paper"),) * 2
JOBS = Scope(DatabaseRole.JOBS)
Rows = dict[type[Any], list[dict[str, Any]]]


class Unmade(RuntimeError):
    """A file was not made, or not in time."""


def measure_morning(effort: Effort) -> list[Figure]:
    associations = effort.of(ASSOCIATIONS, 4)
    with staged(effort.folder, smtp_port=NO_SMTP) as environment:
        known = Settings(**{name.lower(): value for name, value in environment.items()})
        app: Flask = create_app(known)
        with app.app_context():
            fill(known, associations)
            with processes(environment, *WORKERS):
                seconds = made(associations)
    return [
        Figure("morning.all", seconds, f"s for {associations} files", GOAL_SECONDS),
        Figure("morning.each", seconds / associations, "s"),
    ]


def made(associations: int) -> float:
    """Seconds until every file is made and its message in the outbox."""
    started = time.monotonic()
    with transaction(JOBS):
        open_day(clock.today())
    while time.monotonic() - started < PATIENCE_SECONDS:
        done, told = counted()
        if done == told == associations:
            return time.monotonic() - started
        time.sleep(0.2)
    raise Unmade(f"{done} of {associations} made, {told} told")


def counted() -> tuple[int, int]:
    made_ones = select(func.count()).select_from(MorningFile).where(MorningFile.state == MorningState.MADE)
    told = select(func.count()).select_from(Outbox).where(Outbox.message == Message.MORNING_FILE)
    with transaction(JOBS) as session:
        return session.scalar(made_ones), session.scalar(told)


def fill(known: Settings, associations: int) -> None:
    """The associations, their programme and password, and what waits for each."""
    engine = create_engine(owner_url(known))
    with Session(engine, expire_on_commit=False) as session:
        session.execute(text("SET session_replication_role = replica"))
        campaign = factories.make_campaign(session)
        for _ in range(associations):
            association = factories.make_association(session)
            programme = factories.make_programme(session, association)
            for model, rows in waiting(association, programme, campaign).items():
                session.execute(insert(model), rows)
            session.commit()
            with transaction(JOBS):
                first_password(association.id)
        session.execute(text("ANALYZE"))
        session.commit()
    engine.dispose()


def waiting(association: Association, programme: Programme, campaign: Campaign) -> Rows:
    found: Rows = {Referral: [], PersonKey: [], Preview: [], Assignment: []}
    for number in range(REQUESTS):
        key = new_id()
        found[Referral].append(referral(key, campaign))
        sealed = vault().new_key(key, KeyPurpose.PREVIEW)
        found[PersonKey].append({"referral_id": key, "purpose": KeyPurpose.PREVIEW, "wrapped": sealed.wrapped})
        preview = sealed.seal(PersonPreview("Léa", "M").to_bytes(), column="preview.sealed", row=key)
        found[Preview].append({"referral_id": key, "sealed": preview})
        found[Assignment].append(offer(key, found[Referral][-1]["number"], association, programme, campaign, number))
    return found


def referral(key: UUID, campaign: Campaign) -> dict[str, Any]:
    return {
        "id": key,
        "number": key.hex[-12:],
        "side": Side.MENTEE,
        "channel": Channel.SELF,
        "state": ReferralState.PLACED,
        "state_since": clock.now(),
        "received_at": clock.now(),
        "campaign_id": campaign.id,
        "profile": factories.profile_json(key),
        "age": 20,
        "tracking_digest": key.hex,
    }


def offer(
    key: UUID, number: str, association: Association, programme: Programme, campaign: Campaign, rank: int
) -> dict[str, Any]:
    offered_at = clock.now() - timedelta(hours=24 + rank % 96)
    return {
        "id": new_id(),
        "referral_id": key,
        "association_id": association.id,
        "programme_id": programme.id,
        "campaign_id": campaign.id,
        "side": Side.MENTEE,
        "referral_number": number,
        "place": "country:FR",
        "state": AssignmentState.OFFERED,
        "offered_at": offered_at,
        "late_at": offered_at + timedelta(days=3),
        "due_at": offered_at + timedelta(days=7),
        "excerpt": EXCERPT,
        "to_verify": EXCERPT["to_verify"],
    }
