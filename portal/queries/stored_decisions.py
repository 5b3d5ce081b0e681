"""Decisions as they were taken: read back, explained, and run again."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from uuid import UUID

from sqlalchemy import select

from matching.decision import Outcome
from matching.explanation import Explanation, explain
from matching.profile import Profile
from matching.programme import Catalogue
from matching.replay import rerun, unpack
from portal.foundation.extensions import db
from portal.models.routing import RoutingCatalogue, RoutingDecision


@dataclass(frozen=True)
class StoredDecision:
    """One run of the engine. profile is None once the person's facts are erased: no explanation, no replay.

    orienter_id, orienter_reason: who oriented by hand after it, and why.
    """

    id: UUID
    decided_at: datetime
    orienter_id: UUID | None
    orienter_reason: str | None
    packed: bytes
    catalogue: Catalogue
    profile: Profile | None

    @cached_property
    def outcome(self) -> Outcome:
        """Raises matching.replay.ReplayError when what is stored has been altered."""
        return unpack(self.packed, self.catalogue)

    @cached_property
    def explanation(self) -> Explanation | None:
        return explain(self.outcome, self.profile) if self.profile else None

    def replays(self) -> bool:
        """Whether the engine, run again on the same inputs, decides the same. Raises ReplayError once erased."""
        return rerun(self.packed, self.catalogue, self.profile).digest == self.outcome.digest


def decisions_of(referral_id: UUID) -> list[StoredDecision]:
    """The decisions taken for one request, newest first."""
    query = (
        select(RoutingDecision)
        .where(RoutingDecision.referral_id == referral_id)
        .order_by(RoutingDecision.decided_at.desc(), RoutingDecision.id.desc())
    )
    return [stored_decision(row) for row in db.session.scalars(query)]


def stored_decision(row: RoutingDecision) -> StoredDecision:
    return StoredDecision(
        id=row.id,
        decided_at=row.decided_at,
        orienter_id=row.orienter_id,
        orienter_reason=row.orienter_reason,
        packed=row.packed,
        catalogue=catalogue_by_id(row.catalogue_id),
        profile=Profile.from_json(row.profile) if row.profile else None,
    )


@lru_cache(maxsize=32)
def catalogue_by_id(catalogue_id: UUID) -> Catalogue:
    """Catalogues are never updated, so they are read once a process."""
    kept = db.session.scalars(select(RoutingCatalogue).where(RoutingCatalogue.id == catalogue_id)).one()
    return Catalogue.from_json(kept.programmes)
