"""Last season's demand, and this one's so far, as `projected` foresees from them: counts by kind, nobody's facts.

A kind is the set of associations that may fit a request, under the catalogue in force.
"""

from collections import Counter
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from matching.levels import RECENT, Arrived, Demand, Kind, Levels
from matching.profile import Profile
from matching.reading import InvalidInputError
from matching.router import Router
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.campaign import Campaign
from portal.models.referral import Referral, ReferralState
from portal.queries.campaigns import campaign_before, running_campaign
from portal.queries.past_seasons import midnight
from portal.queries.routing import Board

DAY = timedelta(days=1)
YEAR = timedelta(days=364)  # whole weeks, so that a Monday is compared with a Monday
NOT_READY = (ReferralState.AWAITING_CONSENT, ReferralState.AWAITING_APPLICANT, ReferralState.ANONYMISED)


def demand(side: Side, router: Router, first: date, last: date) -> list[Demand]:
    """The requests received on these days, both included; day 0 is the first. Those erased since are missing."""
    query = select(Referral.received_at, Referral.profile).where(
        Referral.side == side,
        Referral.state.not_in(NOT_READY),
        Referral.received_at >= midnight(first),
        Referral.received_at < midnight(last + DAY),
    )
    kinds = Kinds(router)
    counts: Counter[tuple[int, Kind]] = Counter()
    for at, facts in db.session.execute(query.order_by(Referral.received_at, Referral.id)):
        kind = kinds.of(facts)
        if kind:
            counts[(at.astimezone(clock.PARIS).date() - first).days, kind] += 1
    return [Demand(day, kind, count) for (day, kind), count in counts.items()]


class Kinds:
    """The kind of each request; each mask of programmes is put in words once."""

    def __init__(self, router: Router) -> None:
        self.router = router
        self._known: dict[int, Kind] = {}

    def of(self, facts: object) -> Kind:
        """Empty for facts that cannot be read."""
        try:
            mask = self.router.index.outcomes(Profile.from_json(facts)).possible
        except InvalidInputError:
            return frozenset()
        if mask not in self._known:
            bits = self.router.catalogue.bits_of
            self._known[mask] = frozenset(key for key, own in bits.items() if own & mask)
        return self._known[mask]


def levels_for(side: Side, router: Router, since: date, until: date) -> Levels | None:
    """What a replay of these days asks each morning, from the same weeks a year before; None when nobody came then."""
    last = demand(side, router, since - YEAR, until - YEAR)
    return Levels(last, since) if last else None


def levels_today(board: Board) -> dict[UUID, tuple[int, int]]:
    """This morning's level of each association, as a fraction; none without a campaign before this one."""
    campaign = running_campaign()
    before = campaign_before(campaign.starts_on) if campaign else None
    if campaign is None or before is None:
        return {}
    last = demand(board.side, board.router, before.starts_on, before.ends_on)
    return _levels(board, campaign, last) if last else {}


def _levels(board: Board, campaign: Campaign, last: list[Demand]) -> dict[UUID, tuple[int, int]]:
    today, found = clock.today(), Levels(last, campaign.starts_on)
    so_far = demand(board.side, board.router, campaign.starts_on, today - DAY)
    recently = max(today - RECENT, campaign.starts_on)
    found.saw(recently, _by((recently - campaign.starts_on).days, so_far))
    told = found(today, board.standing, _by((today - campaign.starts_on).days, so_far))
    return {UUID(key): level.as_integer_ratio() for key, level in told.items()}


def _by(day: int, so_far: list[Demand]) -> Arrived:
    """What had come by the morning of that day."""
    found: Counter[Kind] = Counter()
    for one in so_far:
        if one.day < day:
            found[one.kind] += one.requests
    return found
