"""Figures of a period, for an association or the whole network: sums by day and what events have appended since.

Each function is one statement, so nothing is read twice or missed while a fold moves amounts from one to the other.
The scope decides what can be read: an association its own sums, and the network's delays; the public none of these (see
figures_public).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, Subquery, case, cast, func, select, union_all

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.figure import DailyFigure, FigureDelta

AnySelect = Select[*tuple[Any, ...]]
DAY, WEEK = timedelta(days=1), timedelta(days=7)
SUMS = (DailyFigure, FigureDelta)
HOURS_A_DAY = 24
FEW_WEEKS = 3
BEGINNINGS = ("received", "offered", "accepted", "bounced")


@dataclass(frozen=True)
class Period:
    """Days in Paris, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def instants(self) -> tuple[datetime, datetime]:
        """From the first midnight in Paris to the one after the last day, that one left out."""
        midnight = datetime.min.time()
        first, after = (datetime.combine(day, midnight, clock.PARIS) for day in (self.first, self.last + DAY))
        return first, after

    @property
    def whole_weeks(self) -> slice:
        """Which of the weeks have all their days in it; all of them when there are few."""
        weeks = self.weeks
        first = 0 if weeks[0] >= self.first else 1
        last = len(weeks) - (weeks[-1] + WEEK - DAY > self.last)
        return slice(first, last) if last - first >= FEW_WEEKS else slice(0, len(weeks))

    @property
    def previous(self) -> "Period":
        """As many days, just before."""
        return Period(self.first - self.days * DAY, self.first - DAY)

    @property
    def weeks(self) -> tuple[date, ...]:
        """Their Mondays; the first and the last week may be cut short."""
        monday, found = self.first - self.first.weekday() * DAY, []
        while monday <= self.last:
            found.append(monday)
            monday += WEEK
        return tuple(found)


@dataclass(frozen=True)
class Tally:
    """How many times what happened. amounts: by measure, dimension and value (see models.figure)."""

    amounts: Mapping[tuple[str, str, str], int] = field(default_factory=dict)

    def total(self, measure: str) -> int:
        return self.amounts.get((measure, "total", ""), 0)

    def by(self, measure: str, dimension: str) -> dict[str, int]:
        """Number by value, largest first; "" is unknown."""
        found = {value: n for (m, d, value), n in self.amounts.items() if (m, d) == (measure, dimension) and n > 0}
        return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))

    def median_days(self, measure: str, dimension: str = "hours") -> float | None:
        """Half took no longer; None when nothing was counted.

        "hours": to an answer ("accepted", "bounced") or a first contact ("contacted"); "wait" of "accepted": from
        reception to acceptance.
        """
        return median_days({int(value): n for value, n in self.by(measure, dimension).items()})

    def answering_days(self) -> float | None:
        """The median of the first answers, acceptances and bounces alike."""
        return median_days(self.answering_hours)

    @cached_property
    def answering_hours(self) -> dict[int, int]:
        found: dict[int, int] = defaultdict(int)
        for measure in ("accepted", "bounced"):
            for value, n in self.by(measure, "hours").items():
                found[int(value)] += n
        return dict(found)


@dataclass(frozen=True)
class SideFigures:
    """One side over a period. before: the previous period of that length, None when nothing was counted yet then.

    weekly: by measure, one number a week of Period.weeks; "accepted_first" are those of the first association asked.
    """

    side: Side
    period: Period
    now: Tally = field(default_factory=Tally)
    before: Tally | None = None
    weekly: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def week_by_week(self, measure: str) -> tuple[int, ...]:
        return self.weekly.get(measure) or (0,) * len(self.period.weeks)

    def total_before(self, measure: str) -> int | None:
        return self.before.total(measure) if self.before else None

    @property
    def placed(self) -> int:
        """Requests that were offered to a first association."""
        return self.now.by("offered", "hop").get("0", 0)


@dataclass(frozen=True)
class Figures:
    """Both sides over a period. since: the first day anything was counted, None when nothing ever was."""

    period: Period
    sides: Mapping[Side, SideFigures]
    since: date | None

    def side(self, side: Side) -> SideFigures:
        return self.sides[side]


def association_figures(association_id: UUID, period: Period) -> Figures:
    """Three statements. Its "received" is "offered": what the network gave it."""
    return _figures(association_id, period)


def network_figures(period: Period) -> Figures:
    """Three statements."""
    return _figures(None, period)


def network_delays(period: Period) -> dict[Side, Tally]:
    """The dimension "hours" over the whole network: what an association may compare itself with. One statement."""
    own = _between(None, period)
    query = (
        select(own.c.side, own.c.measure, own.c.dimension, own.c.value, func.sum(own.c.amount))
        .where(own.c.dimension == "hours")
        .group_by(own.c.side, own.c.measure, own.c.dimension, own.c.value)
    )
    found: dict[Side, dict[tuple[str, str, str], int]] = {side: {} for side in Side}
    for side, measure, dimension, value, amount in db.session.execute(query):
        found[side][measure, dimension, value] = amount
    return {side: Tally(amounts) for side, amounts in found.items()}


def weekly_median_days(
    period: Period, measure: str = "accepted", dimension: str = "wait", whose: UUID | None = None
) -> dict[Side, tuple[float | None, ...]]:
    """The lower median of each week, in days; None for a week without any. One statement."""
    own = _between(whose, period)
    conditions = (own.c.measure == measure, own.c.dimension == dimension)
    hours, week = cast(own.c.value, Integer), _monday(own.c.day)
    counted = (
        select(own.c.side, week.label("week"), hours.label("hours"), func.sum(own.c.amount).label("amount"))
        .where(*conditions)
        .group_by(own.c.side, week, hours)
        .subquery()
    )
    of_week = (counted.c.side, counted.c.week)
    upto = func.sum(counted.c.amount).over(partition_by=of_week, order_by=counted.c.hours)
    whole = func.sum(counted.c.amount).over(partition_by=of_week)
    ranked = select(*of_week, counted.c.hours, (upto * 2 >= whole).label("half")).subquery()
    query = (
        select(ranked.c.side, ranked.c.week, func.min(ranked.c.hours))
        .where(ranked.c.half)
        .group_by(ranked.c.side, ranked.c.week)
    )
    found = {(side, week): hours / HOURS_A_DAY for side, week, hours in db.session.execute(query)}
    return {side: tuple(found.get((side, week)) for week in period.weeks) for side in Side}


def median_days(hours: Mapping[int, int]) -> float | None:
    """The median of whole hours counted, in days; None when there is none."""
    whole = sum(hours.values())
    if whole <= 0:
        return None
    middle, upto, found = ((whole - 1) // 2, whole // 2), 0, []
    for value, n in sorted(hours.items()):
        found += [value for rank in middle if upto <= rank < upto + n]
        upto += n
    return sum(found) / len(found) / HOURS_A_DAY


def _figures(whose: UUID | None, period: Period) -> Figures:
    since = first_day(whose)
    compared = since is not None and since <= period.previous.first
    now, before = _tallies(whose, period)
    weekly = _weekly(whose, period)
    sides = {
        side: SideFigures(side, period, now[side], before[side] if compared else None, weekly[side]) for side in Side
    }
    return Figures(period, sides, since)


def first_day(whose: UUID | None) -> date | None:
    """The first day anything was counted, for an association or the whole network (None); None when nothing ever was."""
    query = union_all(
        *(
            select(func.min(sums.day).label("day")).where(
                _of(sums, whose), sums.measure.in_(BEGINNINGS), sums.dimension == "total"
            )
            for sums in SUMS
        )
    ).subquery()
    return db.session.scalar(select(func.min(query.c.day)))


def _tallies(whose: UUID | None, period: Period) -> tuple[dict[Side, Tally], dict[Side, Tally]]:
    """This period and the one before."""
    own = _between(whose, Period(period.previous.first, period.last))
    current = (own.c.day >= period.first).label("current")
    key = (current, own.c.side, own.c.measure, own.c.dimension, own.c.value)
    found: dict[tuple[bool, Side], dict[tuple[str, str, str], int]] = defaultdict(dict)
    for is_now, side, measure, dimension, value, amount in db.session.execute(
        select(*key, func.sum(own.c.amount)).group_by(*key)
    ):
        found[is_now, side][measure, dimension, value] = amount
    now, before = ({side: Tally(found[which, side]) for side in Side} for which in (True, False))
    return now, before


def _weekly(whose: UUID | None, period: Period) -> dict[Side, dict[str, tuple[int, ...]]]:
    own = _between(whose, period)
    week = _monday(own.c.day)
    first = (own.c.measure == "accepted") & (own.c.dimension == "hop") & (own.c.value == "0")
    measure = case((first, "accepted_first"), else_=own.c.measure)
    query = (
        select(own.c.side, measure, week, func.sum(own.c.amount))
        .where((own.c.dimension == "total") | first)
        .group_by(own.c.side, measure, week)
    )
    found: dict[tuple[Side, str], dict[date, int]] = defaultdict(dict)
    for side, what, monday, amount in db.session.execute(query):
        found[side, what][monday] = amount
    weeks = period.weeks
    return {
        side: {
            what: tuple(max(amounts.get(monday, 0), 0) for monday in weeks)
            for (own_side, what), amounts in found.items()
            if own_side is side
        }
        for side in Side
    }


def _monday(day: ColumnElement[date]) -> ColumnElement[date]:
    return day - cast(func.extract("isodow", day), Integer) + 1


def _of(sums: type[DailyFigure | FigureDelta], whose: UUID | None) -> ColumnElement[bool]:
    return sums.association_id.is_(None) if whose is None else sums.association_id == whose


def _between(whose: UUID | None, period: Period) -> Subquery:
    return union_all(
        *(
            select(sums.side, sums.measure, sums.dimension, sums.day, sums.value, sums.amount).where(
                _of(sums, whose), sums.day.between(period.first, period.last)
            )
            for sums in SUMS
        )
    ).subquery()
