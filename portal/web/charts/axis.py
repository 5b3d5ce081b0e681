"""The days written under a drawing: months in French, or days when the period is short, as many as there is room for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from portal.web.charts.svg import Anchor, text_width
from portal.web.typography import NBSP, SHORT_MONTHS

SHORT_PERIOD_DAYS = 62
YEAR_DAYS = 366
BETWEEN = 10
EVERY = (1, 2, 3, 4, 6, 12)


@dataclass(frozen=True)
class Tick:
    """Words under the axis, in pixels."""

    x: float
    words: str
    anchor: Anchor = "middle"

    @property
    def start(self) -> float:
        """Where the words begin."""
        return self.x - (text_width(self.words) / 2 if self.anchor == "middle" else 0)

    @property
    def end(self) -> float:
        """Where the words end."""
        return self.start + text_width(self.words)


def day_ticks(days: tuple[date, ...], x: Callable[[date], float], width: float) -> list[Tick]:
    """The words for that period, never over each other nor out of the width; days is not empty."""
    if (days[-1] - days[0]).days <= SHORT_PERIOD_DAYS:
        each = [_from_the_edge(_of_day(one, x), one == days[0] != days[-1]) for one in days]
        return _fewest([each[::step] for step in range(1, len(days) + 1)], width)
    months = list(_months(days[0], days[-1]))
    long = (days[-1] - days[0]).days > YEAR_DAYS
    whole = [_of_month(one, x, days[0], long) for one in months]
    kept = [[tick for tick, one in zip(whole, months, strict=True) if (one.month - 1) % step == 0] for step in EVERY]
    years = [Tick(x(one), str(one.year)) for one in months if one.month == 1 and one >= days[0]]
    return _fewest([whole, whole[1:], *kept[1:], *(years[::step] for step in range(1, len(years) + 1))], width)


def _of_day(one: date, x: Callable[[date], float]) -> Tick:
    return Tick(x(one), f"{'1er' if one.day == 1 else one.day}{NBSP}{SHORT_MONTHS[one.month - 1]}")


def _of_month(month: date, x: Callable[[date], float], first: date, long: bool) -> Tick:
    year = f"{NBSP}{month.year}" if long and month.month == 1 else ""
    words = SHORT_MONTHS[month.month - 1] + year
    return _from_the_edge(Tick(x(max(month, first)), words), month <= first)


def _from_the_edge(tick: Tick, edge: bool) -> Tick:
    """The same words, begun where the lines begin when they stand there."""
    return Tick(tick.x, tick.words, "start") if edge else tick


def _months(first: date, last: date) -> Iterator[date]:
    one = first.replace(day=1)
    while one <= last:
        yield one
        one = date(one.year + one.month // 12, one.month % 12 + 1, 1)


def _fewest(choices: list[list[Tick]], width: float) -> list[Tick]:
    """The first choice, in the order given, whose words all fit; else the first word alone."""
    fits = (ticks for ticks in choices if ticks and _fit(ticks, width))
    return next(fits, choices[0][:1])


def _fit(ticks: list[Tick], width: float) -> bool:
    apart = all(b.start - a.end >= BETWEEN for a, b in pairwise(ticks))
    return apart and ticks[0].start >= 0 and ticks[-1].end <= width
