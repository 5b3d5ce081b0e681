"""A period that was, and the settings in force, as matching.replay lives them again (router's scope, read-only).

Facts only: no name, no contact, nothing that routing itself may not know.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from matching.profile import Profile
from matching.reading import InvalidInputError
from matching.season import Arrival, End, Recorded, Season
from matching.settings import Settings
from matching.standing import AssociationStanding, Places, ProgrammeStanding, Standing
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.assignment import Assignment, AssignmentState
from portal.models.bounce import BOUNCES, Effect
from portal.models.campaign import Campaign
from portal.models.capacity import Capacity
from portal.models.objective import Objective
from portal.models.referral import Referral, ReferralState
from portal.models.routing import RoutingDecision
from portal.queries.routing import Board, board_of

log = logging.getLogger(__name__)
AnySelect = Select[*tuple[Any, ...]]
NOW = timedelta(0)
RELEASED = (AssignmentState.BOUNCED, AssignmentState.EXPIRED, AssignmentState.WITHDRAWN, AssignmentState.GIVEN_UP)


@dataclass(frozen=True)
class Past:
    """A season of the portal. left_out: requests of the period that can no longer be read (erased since)."""

    season: Season
    left_out: int


def past_season(side: Side, since: date, until: date) -> Season:
    """The requests received on these days, both included, with what really became of each offer."""
    return past(side, since, until).season


def past(side: Side, since: date, until: date) -> Past:
    """The same, with how many requests are missing from it. Four statements, whatever the period."""
    start, end = midnight(since), min(midnight(until + timedelta(days=1)), clock.now())
    recorded = _recorded(side, start, end)
    arrivals, left_out = [], 0
    for row in db.session.execute(_requests(side, start, end)):
        arrival = _arrival(row, recorded.get(row.id, ()))
        if arrival is None:
            left_out += 1
        else:
            arrivals.append(arrival)
    arrivals.sort(key=lambda one: (one.at, one.profile.key))
    return Past(Season(side, tuple(arrivals), end.astimezone(clock.PARIS)), left_out)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), clock.PARIS)


def _requests(side: Side, start: datetime, end: datetime) -> AnySelect:
    """Those that were routed, by the instant they first were; and those that are about to be."""
    received = (Referral.side == side, Referral.received_at >= start, Referral.received_at < end)
    first = (
        select(RoutingDecision.referral_id, func.min(RoutingDecision.decided_at).label("at"))
        .where(RoutingDecision.referral_id.in_(select(Referral.id).where(*received)))
        .group_by(RoutingDecision.referral_id)
        .subquery()
    )
    routed = first.c.at.is_not(None) | (Referral.state == ReferralState.TO_ROUTE)
    return (
        select(Referral.id, Referral.profile, func.coalesce(first.c.at, Referral.received_at).label("at"))
        .outerjoin(first, first.c.referral_id == Referral.id)
        .where(*received, routed)
        .order_by(Referral.received_at, Referral.id)
    )


def _arrival(row: Row[Any], recorded: Iterable[Recorded]) -> Arrival | None:
    """None when its facts can no longer be read."""
    try:
        profile = Profile.from_json(row.profile)
    except InvalidInputError:
        return None
    return Arrival(profile, row.at.astimezone(clock.PARIS), recorded=tuple(recorded))


def _recorded(side: Side, start: datetime, end: datetime) -> Mapping[UUID, list[Recorded]]:
    """What each request was offered, in order, and how that ended."""
    query: AnySelect = (
        select(
            Assignment.referral_id,
            Assignment.association_id,
            Assignment.state,
            Assignment.bounce_reason,
            Assignment.offered_at,
            Assignment.answered_at,
            Assignment.undo_until,
            Assignment.applied_at,
            Assignment.closed_at,
        )
        .join(Referral, Referral.id == Assignment.referral_id)
        .where(Referral.side == side, Referral.received_at >= start, Referral.received_at < end)
        .order_by(Assignment.offered_at, Assignment.id)
    )
    found: dict[UUID, list[Recorded]] = defaultdict(list)
    for row in db.session.execute(query):
        found[row.referral_id].append(recorded_of(row))
    return found


def recorded_of(row: Row[Any]) -> Recorded:
    """How an offer ended, and how long after it. One still unanswered keeps its place, as one accepted does."""
    end, at = _end(row)
    return Recorded(str(row.association_id), end, max((at or row.offered_at) - row.offered_at, NOW))


def _end(row: Row[Any]) -> tuple[End, datetime | None]:
    """A bounce that sends the request nowhere else leaves as a withdrawal does: the place comes free, nothing goes on."""
    match row.state:
        case AssignmentState.BOUNCED:
            goes_on = row.bounce_reason is None or BOUNCES[row.bounce_reason].effect is Effect.NEXT
            return (End.BOUNCED if goes_on else End.WITHDRAWN), row.applied_at or row.undo_until or row.answered_at
        case AssignmentState.EXPIRED:
            return End.EXPIRED, row.closed_at
        case AssignmentState.WITHDRAWN | AssignmentState.GIVEN_UP:
            return End.WITHDRAWN, row.closed_at or row.answered_at
    return End.KEPT, None


def settings_in_force(side: Side, since: date | None = None) -> Settings:
    """The catalogue, objectives, places and policy of today, with the standing of the morning of `since`.

    Without a day (or on the campaign's first) nothing is committed yet. What was offered before that day in its
    campaign and had not come to nothing by then is committed, and holds its place.
    """
    return settings_of(board_of(side), since)


def settings_of(board: Board, since: date | None = None) -> Settings:
    held = _held(board.side, midnight(since)) if since else Held()
    there = _declared_before(board, midnight(since)) if since else frozenset()
    standing = Standing(
        {key: _association(key, its, held, there) for key, its in board.standing.associations.items()},
        {key: _programme(key, own, held) for key, own in board.standing.programmes.items()},
    )
    return Settings(board.router.catalogue, standing, board.router.policy, None)


class Held:
    """What was committed at a moment: by association, by programme, and by place of either, whoever has declared it."""

    def __init__(self, rows: Iterable[Row[Any]] = ()) -> None:
        self.of: Counter[tuple[str, ...]] = Counter()
        for row in rows:
            association, programme = str(row.association_id), str(row.programme_id)
            whose = programme if row.own else association
            for key in ((association,), (programme,), (whose, row.place)):
                self.of[key] += row.amount

    def places(self, key: str, rows: Mapping[str, Places]) -> dict[str, Places]:
        return {place: row._replace(taken=self.of[key, place]) for place, row in rows.items()}


def _held(side: Side, moment: datetime) -> Held:
    """Offers of the campaign of that moment, made before it and not released by then."""
    day = moment.astimezone(clock.PARIS).date()
    campaign = _campaign_of(day)
    still = Assignment.state.not_in(RELEASED) | (func.coalesce(Assignment.closed_at, clock.now()) >= moment)
    own = Capacity.programme_id.is_not(None).label("own")
    by = (Assignment.association_id, Assignment.programme_id, Assignment.place, own)
    query: AnySelect = (
        select(*by, func.count().label("amount"))
        .outerjoin(Capacity, Capacity.id == Assignment.capacity_id)
        .where(Assignment.side == side, Assignment.offered_at < moment, Assignment.campaign_id == campaign, still)
        .group_by(*by)
        .order_by(*by)
    )
    return Held(db.session.execute(query))


def _campaign_of(day: date) -> Any:
    own = Campaign
    return select(own.id).where(own.starts_on <= day, own.ends_on >= day).limit(1).scalar_subquery()


def _association(key: str, its: AssociationStanding, held: Held, there: frozenset[str]) -> AssociationStanding:
    start = its.virtual_start if key in there else Fraction(0)
    places = held.places(key, its.places)
    return replace(its, committed=held.of[key,], last_served=None, virtual_start=start, places=places)


def _programme(key: str, own: ProgrammeStanding, held: Held) -> ProgrammeStanding:
    return replace(own, committed=held.of[key,], last_served=None, places=held.places(key, own.places))


def _declared_before(board: Board, moment: datetime) -> frozenset[str]:
    """Those whose objective in force was declared before: their virtual start was already theirs."""
    own = Objective
    query = (
        select(own.association_id, own.validated_at)
        .where(own.side == board.side, own.campaign_id == board.campaign_id)
        .ext(distinct_on(own.association_id))
        .order_by(own.association_id, own.version.desc())
    )
    return frozenset(str(row.association_id) for row in db.session.execute(query) if row.validated_at < moment)
