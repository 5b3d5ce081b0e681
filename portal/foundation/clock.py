"""The only clock of the application: UTC, aware, and replaceable in tests and in the demo season."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

PARIS = ZoneInfo("Europe/Paris")
SATURDAY = 5
_frozen: ContextVar[datetime | None] = ContextVar("frozen_now", default=None)


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return _frozen.get() or datetime.now(UTC)


def today() -> date:
    """Today's date in Paris."""
    return now().astimezone(PARIS).date()


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Everything inside happens at this instant (tests, demo season)."""
    token = _frozen.set(instant)
    try:
        yield
    finally:
        _frozen.reset(token)


@lru_cache(maxsize=16)
def _french_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("FR", years=year))


def is_working_day(day: date) -> bool:
    return day.weekday() < SATURDAY and day not in _french_holidays(day.year)


def after_working_days(start: datetime, days: int) -> datetime:
    """The same hour in Paris, that many French working days later."""
    local = start.astimezone(PARIS)
    left = days
    while left > 0:
        local += timedelta(days=1)
        left -= is_working_day(local.date())
    return local.astimezone(UTC)
