"""Working hours in an association: Monday to Friday, nine to six in Paris, bank holidays aside."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from portal.demo.rhythm import PARIS

_OPENS, _CLOSES = time(9), time(18)
_DAY_HOURS = 9.0
_SATURDAY = 5
_HOLIDAYS = frozenset({(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)})


def works(day: date) -> bool:
    """Tell whether somebody is at work that day; moving holidays are not known here."""
    return day.weekday() < _SATURDAY and (day.month, day.day) not in _HOLIDAYS


def next_working_moment(moment: datetime) -> datetime:
    """Give the moment itself when somebody is at work, else the next opening; UTC."""
    local = moment.astimezone(PARIS)
    if works(local.date()) and local.time() < _CLOSES:
        return max(local, _opening(local.date())).astimezone(UTC)
    return _opening(_next_day(local.date())).astimezone(UTC)


def working_hours_after(moment: datetime, hours: float) -> datetime:
    """Add working hours to a moment; UTC, always within working hours."""
    local = next_working_moment(moment).astimezone(PARIS)
    left = (datetime.combine(local.date(), _CLOSES, PARIS) - local) / timedelta(hours=1)
    if hours < left:
        return (local + timedelta(hours=hours)).astimezone(UTC)
    days, rest = divmod(hours - left, _DAY_HOURS)
    day = local.date()
    for _ in range(int(days) + 1):
        day = _next_day(day)
    return (_opening(day) + timedelta(hours=rest)).astimezone(UTC)


def _opening(day: date) -> datetime:
    return datetime.combine(day, _OPENS, PARIS)


@cache
def _next_day(day: date) -> date:
    following = day + timedelta(days=1)
    return following if works(following) else _next_day(following)
