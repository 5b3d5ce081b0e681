"""What routing asks: what a batch ranks on, who waits, who was already tried."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, exists, select, tuple_

from matching.decision import Placed
from matching.ranking import Opening
from matching.router import Router
from matching.standing import Standing
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.assignment import Assignment
from portal.models.campaign import Campaign
from portal.models.referral import Referral, ReferralState, UnroutableWhy
from portal.models.routing import StandingDelta
from portal.queries.catalogue import router_of
from portal.queries.standing import CapacityKey, standing_of

Cursor = tuple[datetime, UUID]

_WITHIN = {
    ReferralState.UNROUTABLE: (Referral.unroutable_why.in_([UnroutableWhy.NONE, UnroutableWhy.EXHAUSTED]),),
}


@dataclass(frozen=True)
class Board:
    """All that a batch ranks on. capacity_ids: by association, programme (None: shared) and place.

    campaign_id is None outside any campaign: then nothing is open.
    """

    side: Side
    campaign_id: UUID | None
    router: Router
    standing: Standing
    capacity_ids: Mapping[CapacityKey, UUID]

    def capacity_of(self, offer: Opening | Placed) -> UUID:
        """The capacity row an offer draws on."""
        own = offer.programme if self.standing.programme(offer.programme).places else None
        return self.capacity_ids[offer.association, own, offer.place]


def board_of(side: Side) -> Board:
    """What is in force for a side at this moment."""
    router = router_of(side)
    campaign_id = current_campaign()
    if campaign_id is None:
        return Board(side, None, router, Standing(), {})
    return Board(side, campaign_id, router, *standing_of(side, campaign_id))


def current_campaign() -> UUID | None:
    today = clock.today()
    query = select(Campaign.id).where(Campaign.starts_on <= today, Campaign.ends_on >= today)
    return db.session.scalar(query.order_by(Campaign.starts_on))


def waiting(side: Side, state: ReferralState, limit: int, after: Cursor | None = None) -> list[Row[Any]]:
    """Requests in that state, first received first, locked until the transaction ends.

    Those that somebody is changing at this very moment (a withdrawal) are left out, and so are those without a
    solution that were handed to staff.
    """
    query = (
        select(Referral.id, Referral.number, Referral.version, Referral.profile, Referral.hops, Referral.received_at)
        .where(Referral.side == side, Referral.state == state, *_WITHIN.get(state, ()))
        .order_by(Referral.received_at, Referral.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    if after is not None:
        query = query.where(tuple_(Referral.received_at, Referral.id) > after)
    return list(db.session.execute(query))


def anything_waiting(side: Side) -> bool:
    """Whether there is work for the drainer: requests to route, or answers whose sums are not folded in yet."""
    requests = exists().where(Referral.side == side, Referral.state == ReferralState.TO_ROUTE)
    answers = exists().where(StandingDelta.side == side)
    return bool(db.session.scalar(select(requests | answers)))


def tried_by(referral_ids: Iterable[UUID]) -> dict[UUID, frozenset[str]]:
    """The associations each request was ever offered to."""
    query = (
        select(Assignment.referral_id, Assignment.association_id)
        .where(Assignment.referral_id.in_(list(referral_ids)))
        .order_by(Assignment.offered_at, Assignment.id)
    )
    found: dict[UUID, set[str]] = defaultdict(set)
    for referral_id, association_id in db.session.execute(query):
        found[referral_id].add(str(association_id))
    return {referral_id: frozenset(associations) for referral_id, associations in found.items()}
