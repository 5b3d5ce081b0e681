"""The history that a forecast is made from: a campaign's offers, and what bounds each association. No identity."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Row, Select, case, cast, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from matching.forecast import Trial, backtest
from matching.lapsing import Offer
from matching.outlook import Bounds
from matching.programme import Programme as Candidate
from matching.rhythm import Course
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.assignment import Assignment, AssignmentState
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.capacity import Capacity
from portal.models.objective import Objective, OutsideCount
from portal.models.referral import Referral, ReferralState
from portal.queries.campaigns import campaign_before
from portal.queries.catalogue import router_of
from portal.queries.retrospect import RELEASED

AnySelect = Select[*tuple[Any, ...]]
DAY = timedelta(days=1)
FORMED = (AssignmentState.PAIRED, AssignmentState.ENDED)
UNREADY = (ReferralState.AWAITING_CONSENT,)
TOLD = (0.5,)


@dataclass(frozen=True)
class Worth:
    """What the forecast is worth: made again in the middle of a season. lived: the days of it that are over."""

    trial: Trial
    lived: int
    whole: bool  # the season is over; else only its days until now are looked at


def paris_day(instant: Any) -> ColumnElement[date]:
    """The day of an instant in Paris."""
    return cast(func.timezone(clock.PARIS.key, instant), Date)


def offers_of(campaign: Campaign, side: Side) -> Course:
    """Every offer of the campaign, and the day each request came, as staff or the jobs see them. Two statements."""
    lost = case((Assignment.state.in_(RELEASED), paris_day(Assignment.closed_at)))
    query: AnySelect = (
        select(
            Assignment.association_id,
            (paris_day(Assignment.offered_at) - campaign.starts_on).label("day"),
            (lost - campaign.starts_on).label("lost"),
            Assignment.state.in_(FORMED).label("sure"),
        )
        .where(Assignment.campaign_id == campaign.id, Assignment.side == side)
        .order_by(Assignment.offered_at, Assignment.id)
    )
    offers = [Offer(str(row[0]), row.day, row.lost, row.sure) for row in db.session.execute(query)]
    return Course(days_of(campaign), offers, _received(campaign, side))


def _received(campaign: Campaign, side: Side) -> list[int]:
    """The day of each request that was to be routed."""
    query = (
        select(paris_day(Referral.received_at) - campaign.starts_on)
        .where(Referral.campaign_id == campaign.id, Referral.side == side, Referral.state.not_in(UNREADY))
        .order_by(Referral.received_at, Referral.id)
    )
    return list(db.session.scalars(query))


def season_before(campaign: Campaign, side: Side) -> tuple[Campaign, Course] | None:
    """The last campaign before that one, when it tells how a season goes."""
    before = campaign_before(campaign.starts_on)
    season = offers_of(before, side) if before else None
    return (before, season) if before and season and season.whole else None


def days_of(campaign: Campaign) -> int:
    return (campaign.ends_on - campaign.starts_on).days + 1


def days_over(campaign: Campaign, today: date) -> int:
    """How many days of the campaign are over at the beginning of that day."""
    return min(max((today - campaign.starts_on).days, 0), days_of(campaign))


def bounds_of(campaign: Campaign, side: Side, season: Course) -> dict[str, Bounds]:
    """What each association can reach: those with a programme or an objective, or who were offered something."""
    programmes = _programmes(side)
    rows, taken = _places(campaign.id, side), _taken(campaign.id, side)
    asked = {one.association for one in season.offers}
    found = {}
    for row in db.session.execute(_declared(campaign.id, side)):
        key = str(row.id)
        if row.objective or key in programmes or key in asked:
            opens, closes = _open_days(programmes.get(key, ()), campaign)
            found[key] = Bounds(
                objective=row.objective or 0,
                outside=row.outside or 0,
                places=_most(rows[key], programmes.get(key, ()), taken),
                stops=row.stop_at_objective,
                opens=opens,
                closes=closes,
            )
    return found


def _declared(campaign_id: UUID, side: Side) -> AnySelect:
    """Every association with its objective in force and its latest outside count, None when it declared none."""
    objective, outside = Objective, OutsideCount
    aimed = (
        select(objective.association_id, objective.amount)
        .where(objective.campaign_id == campaign_id, objective.side == side)
        .ext(distinct_on(objective.association_id))
        .order_by(objective.association_id, objective.version.desc())
        .subquery()
    )
    counted = (
        select(outside.association_id, outside.amount)
        .where(outside.campaign_id == campaign_id, outside.side == side, outside.declared_on <= clock.today())
        .ext(distinct_on(outside.association_id))
        .order_by(outside.association_id, outside.declared_on.desc())
        .subquery()
    )
    return (
        select(
            Association.id,
            Association.stop_at_objective,
            aimed.c.amount.label("objective"),
            counted.c.amount.label("outside"),
        )
        .outerjoin(aimed, aimed.c.association_id == Association.id)
        .outerjoin(counted, counted.c.association_id == Association.id)
        .order_by(Association.id)
    )


def _programmes(side: Side) -> dict[str, list[Candidate]]:
    found: dict[str, list[Candidate]] = defaultdict(list)
    for programme in router_of(side).catalogue.programmes:
        found[programme.association].append(programme)
    return found


def _places(campaign_id: UUID, side: Side) -> dict[str, list[Row[Any]]]:
    query: AnySelect = (
        select(Capacity.id, Capacity.association_id, Capacity.programme_id, Capacity.amount, Capacity.or_more)
        .where(Capacity.campaign_id == campaign_id, Capacity.side == side)
        .order_by(Capacity.id)
    )
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in db.session.execute(query):
        found[str(row.association_id)].append(row)
    return found


def _taken(campaign_id: UUID, side: Side) -> Counter[UUID]:
    """How many offers that count stand under each row of capacity."""
    gone = Assignment.state.in_(RELEASED) & Assignment.closed_at.is_not(None)
    query: AnySelect = (
        select(Assignment.capacity_id, func.count())
        .where(Assignment.campaign_id == campaign_id, Assignment.side == side, ~gone)
        .group_by(Assignment.capacity_id)
        .order_by(Assignment.capacity_id)
    )
    return Counter({row[0]: row[1] for row in db.session.execute(query)})


def _most(rows: Iterable[Row[Any]], programmes: Iterable[Candidate], taken: Counter[UUID]) -> int | None:
    """The most its rows allow, None when one of them never runs out: those of its programmes, and those they share."""
    own = {str(row.programme_id) for row in rows if row.programme_id}
    shared = any(programme.id not in own for programme in programmes)
    used = [row for row in rows if row.programme_id or shared]
    if any(row.or_more for row in used):
        return None
    return sum(max(row.amount, taken[row.id]) for row in used)


def _open_days(programmes: Iterable[Candidate], campaign: Campaign) -> tuple[int, int]:
    """The first day, from today on, that one of them is neither paused nor out of its window, and the day after the last."""
    today, whole = days_over(campaign, clock.today()), days_of(campaign)
    known = list(programmes)
    if any(not one.pauses and one.intake is None for one in known):
        return 0, whole
    days = [day for day in range(today, whole) if _open_on(known, campaign.starts_on + day * DAY)]
    return (days[0], days[-1] + 1) if days else (whole, whole)


def _open_on(programmes: Iterable[Candidate], day: date) -> bool:
    return any(one.closed_because(day) is None for one in programmes)


def worth_of(campaign: Campaign, side: Side, today: date) -> Worth | None:
    """What a forecast made in the middle of the last campaign was worth; without one, of the days of this one so far.

    None when neither holds enough to say.
    """
    past = season_before(campaign, side)
    if past is None:
        season, lived = offers_of(campaign, side), days_over(campaign, today)
        return _worth(campaign, side, season, None, lived, whole=False)
    before, season = past
    earlier = season_before(before, side)
    return _worth(before, side, season, earlier[1] if earlier else None, season.days, whole=True)


def _worth(
    campaign: Campaign, side: Side, season: Course, past: Course | None, lived: int, *, whole: bool
) -> Worth | None:
    trials = backtest(season, bounds_of(campaign, side, season), past, until=lived, shares=TOLD)
    return Worth(trials[0], lived, whole) if trials else None
