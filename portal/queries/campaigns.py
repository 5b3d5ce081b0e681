"""The campaigns: which one is running, what each holds, and the days that belong to none."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, exists, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.campaign import Campaign
from portal.models.capacity import Capacity
from portal.models.objective import Objective
from portal.models.routing import AssociationStanding

AnySelect = Select[*tuple[Any, ...]]
DAY = timedelta(days=1)


class Stage(StrEnum):
    """Where a campaign is in time."""

    FUTURE = "future"
    RUNNING = "running"
    OVER = "over"


@dataclass(frozen=True)
class CampaignLine:
    """One campaign. declared and provisional: objectives above 0, both sides; committed: offers that count."""

    id: UUID
    name: str
    starts_on: date
    ends_on: date
    declared: int = 0
    provisional: int = 0
    committed: int = 0
    places: int = 0

    @property
    def stage(self) -> Stage:
        return stage_of(self)


@dataclass(frozen=True)
class Gap:
    """Days, both included, that belong to no campaign; last is None when no campaign follows."""

    first: date
    last: date | None


def stage_of(campaign: Campaign | CampaignLine) -> Stage:
    today = clock.today()
    if campaign.starts_on > today:
        return Stage.FUTURE
    return Stage.OVER if campaign.ends_on < today else Stage.RUNNING


def running_campaign() -> Campaign | None:
    """The campaign of today."""
    today = clock.today()
    return db.session.scalar(select(Campaign).where(Campaign.starts_on <= today, Campaign.ends_on >= today))


def campaign_of(campaign_id: UUID) -> Campaign | None:
    return db.session.get(Campaign, campaign_id)


def campaigns() -> list[Campaign]:
    """All of them, latest first."""
    return list(db.session.scalars(select(Campaign).order_by(Campaign.starts_on.desc())))


def campaign_before(day: date) -> Campaign | None:
    """The last one that began before that day."""
    query = select(Campaign).where(Campaign.starts_on < day).order_by(Campaign.starts_on.desc())
    return db.session.scalar(query.limit(1))


def campaign_across(first: date, last: date, other_than: UUID | None = None) -> Campaign | None:
    """A campaign that shares a day with these, both included."""
    query = select(Campaign).where(Campaign.starts_on <= last, Campaign.ends_on >= first)
    if other_than is not None:
        query = query.where(Campaign.id != other_than)
    return db.session.scalar(query.order_by(Campaign.starts_on).limit(1))


def campaign_lines() -> list[CampaignLine]:
    """All of them, latest first, with what each holds: four statements."""
    objectives = {row.campaign_id: row for row in db.session.execute(_objectives())}
    committed = _sums(select(AssociationStanding.campaign_id, func.sum(AssociationStanding.committed)))
    places = _sums(select(Capacity.campaign_id, func.count(Capacity.association_id.distinct())))
    return [_line(one, objectives.get(one.id), committed, places) for one in campaigns()]


def _line(
    one: Campaign, objectives: Row[Any] | None, committed: dict[UUID, int], places: dict[UUID, int]
) -> CampaignLine:
    return CampaignLine(
        id=one.id,
        name=one.name,
        starts_on=one.starts_on,
        ends_on=one.ends_on,
        declared=objectives.declared if objectives else 0,
        provisional=objectives.provisional if objectives else 0,
        committed=committed.get(one.id, 0),
        places=places.get(one.id, 0),
    )


def _sums(query: AnySelect) -> dict[UUID, int]:
    """One figure a campaign: the first column groups."""
    key = query.selected_columns[0]
    return {row[0]: int(row[1]) for row in db.session.execute(query.group_by(key).order_by(key))}


def _objectives() -> AnySelect:
    own = Objective
    latest = (
        select(own.campaign_id, own.amount, own.provisional)
        .ext(distinct_on(own.campaign_id, own.side, own.association_id))
        .order_by(own.campaign_id, own.side, own.association_id, own.version.desc())
        .subquery()
    )
    provisional = func.count().filter(latest.c.provisional).label("provisional")
    return (
        select(latest.c.campaign_id, func.count().label("declared"), provisional)
        .where(latest.c.amount > 0)
        .group_by(latest.c.campaign_id)
        .order_by(latest.c.campaign_id)
    )


def gaps_ahead(found: list[Campaign]) -> list[Gap]:
    """The days from today on that no campaign covers, in order. found: every campaign, in any order."""
    today = clock.today()
    ahead = sorted((one for one in found if one.ends_on >= today), key=lambda one: one.starts_on)
    if not ahead:
        return [Gap(today, None)]
    gaps = [Gap(today, ahead[0].starts_on - DAY)] if ahead[0].starts_on > today else []
    gaps += [Gap(one.ends_on + DAY, after.starts_on - DAY) for one, after in pairwise(ahead)]
    after = [Gap(ahead[-1].ends_on + DAY, None)] if ahead[-1].ends_on < date.max else []
    return [gap for gap in gaps if gap.last is None or gap.first <= gap.last] + after


def anything_validated(campaign_id: UUID) -> bool:
    """Whether an objective of this campaign is more than a provisional one."""
    query = exists().where(Objective.campaign_id == campaign_id, Objective.provisional.is_(False))
    return bool(db.session.scalar(select(query)))
