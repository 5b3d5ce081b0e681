"""What the pages tell of the forecasts: the last one of each association, and what was committed week by week."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import accumulate
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select, union_all

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.assignment import Assignment
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.forecast import Forecast
from portal.models.objective import OutsideCount
from portal.queries.forecasts import Worth, paris_day, worth_of
from portal.queries.retrospect import RELEASED

AnySelect = Select[*tuple[Any, ...]]
WEEK = timedelta(days=7)
STALE = timedelta(days=7)
MOST_KEPT = 16
_worth: dict[tuple[UUID, Side, date], Worth | None] = {}


@dataclass(frozen=True)
class ForecastLine:
    """One association's forecast, with its name; objective 0 is undeclared."""

    id: UUID
    name: str
    made_on: date
    committed: int
    objective: int
    low: int
    expected: int
    high: int

    @property
    def attained(self) -> Fraction | None:
        """Expected over objective; None when it is undeclared."""
        return Fraction(self.expected, self.objective) if self.objective else None


@dataclass(frozen=True)
class Committed:
    """What was committed at the end of each of these days, oldest first."""

    days: tuple[date, ...]
    amounts: tuple[int, ...]


def forecast_lines(campaign_id: UUID, side: Side, only: UUID | None = None) -> list[ForecastLine]:
    """Each association's as last made, no longer than a week ago, the lowest attainment first. One statement."""
    own = Forecast
    of = (own.campaign_id == campaign_id, own.side == side)
    last = select(func.max(own.made_on)).where(*of).scalar_subquery()
    query: AnySelect = (
        select(own, Association.name)
        .join(Association, Association.id == own.association_id)
        .where(*of, own.made_on == last, own.made_on > clock.today() - STALE)
        .order_by(func.lower(Association.name), own.association_id)
    )
    if only is not None:
        query = query.where(own.association_id == only)
    lines = [_line(row.Forecast, row.name) for row in db.session.execute(query)]
    return sorted(lines, key=lambda one: (one.attained is None, one.attained or 0))


def _line(own: Forecast, name: str) -> ForecastLine:
    figures = (own.committed, own.objective, own.low, own.expected, own.high)
    return ForecastLine(own.association_id, name, own.made_on, *figures)


def committed_by_week(campaign: Campaign, side: Side, last: date, only: UUID | None = None) -> Committed:
    """From the first day of the campaign to that one, of one association or of all in sight. Two statements."""
    days = _every_week(campaign.starts_on, last)
    changes: Counter[date] = Counter()
    for day, amount in db.session.execute(_changes(campaign.id, side, only)):
        changes[next((one for one in days if day <= one), days[-1])] += amount if day <= last else 0
    outside = _outside(campaign.id, side, only)
    routed = accumulate(changes[day] for day in days)
    return Committed(days, tuple(n + _declared(outside, day) for n, day in zip(routed, days, strict=True)))


def _every_week(first: date, last: date) -> tuple[date, ...]:
    """A day a week, the last one being that day."""
    weeks = max((last - first) // WEEK, 0)
    return tuple(last - WEEK * back for back in range(weeks, -1, -1))


def _changes(campaign_id: UUID, side: Side, only: UUID | None) -> AnySelect:
    """By day, what began to count less what counts no longer."""
    own = Assignment
    of = [own.campaign_id == campaign_id, own.side == side]
    if only is not None:
        of.append(own.association_id == only)
    made = select(paris_day(own.offered_at).label("day"), func.count().label("amount")).where(*of).group_by("day")
    gone = own.state.in_(RELEASED) & own.closed_at.is_not(None)
    lost = select(paris_day(own.closed_at).label("day"), -func.count()).where(*of, gone).group_by("day")
    return union_all(made, lost).order_by("day")  # type: ignore[return-value]


def _outside(campaign_id: UUID, side: Side, only: UUID | None) -> Sequence[Row[Any]]:
    own = OutsideCount
    query: AnySelect = (
        select(own.association_id, own.declared_on, own.amount)
        .where(own.campaign_id == campaign_id, own.side == side)
        .order_by(own.declared_on)
    )
    return db.session.execute(query.where(own.association_id == only) if only is not None else query).all()


def _declared(counts: Sequence[Row[Any]], day: date) -> int:
    """The latest outside counts declared by then, added up."""
    return sum({row.association_id: row.amount for row in counts if row.declared_on <= day}.values())


def worth(campaign: Campaign, side: Side, made_on: date) -> Worth | None:
    """What the forecasts of that day are worth: asked of the whole history once a day, then remembered."""
    key = (campaign.id, side, made_on)
    if key not in _worth:
        while len(_worth) >= MOST_KEPT:
            _worth.pop(next(iter(_worth)), None)
        _worth[key] = worth_of(campaign, side, made_on)
    return _worth[key]
