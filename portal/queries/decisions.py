"""What was decided for one request, on what grounds, and what happened since (staff's sight)."""

import logging
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from matching.decision import Outcome
from matching.explanation import Explanation, explain
from matching.profile import Profile
from matching.programme import Catalogue
from matching.reading import InvalidInputError
from matching.storing import ReplayError, rerun, unpack
from portal.foundation.extensions import db
from portal.models.account import Account
from portal.models.assignment import Assignment
from portal.models.association import Association
from portal.models.event import Event
from portal.models.programme import Programme
from portal.models.routing import RoutingCatalogue, RoutingDecision

log = logging.getLogger(__name__)
MOST = 20


@dataclass(frozen=True)
class StoredDecision:
    """One run of the engine, read back.

    orienter_id, orienter: who then oriented by hand, if somebody did; outcome stays the engine's own advice.
    profile: the facts decided on; None once they have been erased, and then nothing can be explained or run again.
    """

    id: UUID
    decided_at: datetime
    orienter_id: UUID | None
    orienter: str | None
    orienter_reason: str | None
    packed: bytes
    outcome: Outcome
    profile: Profile | None

    @cached_property
    def explanation(self) -> Explanation | None:
        return explain(self.outcome, self.profile) if self.profile else None

    def replayed(self) -> Outcome:
        """The engine run again on what was stored. Raises ReplayError once the facts have been erased."""
        return rerun(self.packed, self.outcome.catalogue, self.profile)

    def replays(self) -> bool:
        """Whether the engine, run again on the same inputs, decides the same."""
        return self.replayed().digest == self.outcome.digest


def decisions_of(referral_id: UUID) -> list[StoredDecision]:
    """The last decisions, newest first; those that can no longer be read, or were forgotten, are left out."""
    query = (
        select(RoutingDecision, Account.name)
        .outerjoin(Account, Account.id == RoutingDecision.orienter_id)
        .where(RoutingDecision.referral_id == referral_id, RoutingDecision.packed != b"")
        .order_by(RoutingDecision.decided_at.desc(), RoutingDecision.id.desc())
        .limit(MOST)
    )
    read = (_read(row, orienter) for row, orienter in db.session.execute(query))
    return [decision for decision in read if decision]


@lru_cache(maxsize=32)
def catalogue_by_id(catalogue_id: UUID) -> Catalogue:
    """Catalogues are never updated, so each is read once a process."""
    kept = db.session.scalars(select(RoutingCatalogue).where(RoutingCatalogue.id == catalogue_id)).one()
    return Catalogue.from_json(kept.programmes)


def _read(row: RoutingDecision, orienter: str | None) -> StoredDecision | None:
    try:
        return stored_decision(row, orienter)
    except (ReplayError, InvalidInputError):
        log.exception("decision_unreadable", extra={"decision_id": str(row.id)})
        return None


def stored_decision(row: RoutingDecision, orienter: str | None = None) -> StoredDecision:
    """Raises ReplayError or InvalidInputError when what is stored has been altered."""
    return StoredDecision(
        id=row.id,
        decided_at=row.decided_at,
        orienter_id=row.orienter_id,
        orienter=orienter,
        orienter_reason=row.orienter_reason,
        packed=row.packed,
        outcome=unpack(row.packed, catalogue_by_id(row.catalogue_id)),
        profile=Profile.from_json(row.profile) if row.profile else None,
    )


def assignments_of(referral_id: UUID) -> list[Row[Any]]:
    """Every association the request was offered to, the last one first."""
    query = (
        select(
            Assignment.id,
            Assignment.decision_id,
            Assignment.programme_id,
            Assignment.hop,
            Assignment.state,
            Assignment.by_hand,
            Assignment.offered_at,
            Assignment.due_at,
            Assignment.closed_at,
            Assignment.answered_at,
            Assignment.answered_by_name,
            Assignment.bounce_reason,
            Assignment.bounce_note,
            Association.id.label("association_id"),
            Association.name.label("association"),
            Programme.name.label("programme"),
        )
        .join(Association, Association.id == Assignment.association_id)
        .join(Programme, Programme.id == Assignment.programme_id)
        .where(Assignment.referral_id == referral_id)
        .order_by(Assignment.offered_at.desc(), Assignment.id.desc())
    )
    return list(db.session.execute(query))


def events_of(referral_id: UUID) -> list[Row[Any]]:
    """What happened to the request, the last thing first, with the names of whom it concerns."""
    query = (
        select(Event.at, Event.name, Event.data, Association.name.label("association"), Account.name.label("account"))
        .outerjoin(Association, Association.id == Event.association_id)
        .outerjoin(Account, Account.id == Event.account_id)
        .where(Event.referral_id == referral_id)
        .order_by(Event.at.desc(), Event.id.desc())
    )
    return list(db.session.execute(query))
