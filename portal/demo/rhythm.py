"""When requests arrive: the rhythm of 2021, laid on the 240 days that end the season.

6 May to 31 December 2021: a launch, a summer dip, a peak at the start of the school
year, a quiet end of December. The shape is shifted so that the season ends on a chosen
day; days of the week are those of the shifted calendar.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from math import exp
from random import Random
from zoneinfo import ZoneInfo

from portal.demo.seeds import Weighted

PARIS = ZoneInfo("Europe/Paris")
SEASON_DAYS = 240
LAUNCH = date(2021, 5, 6)


class Pace(StrEnum):
    """Who writes, as far as days and hours go."""

    YOUNG = "young"
    FAMILY = "family"
    PROFESSIONAL = "professional"
    VOLUNTEER = "volunteer"


_WEEKDAYS = {  # Monday first
    Pace.YOUNG: (1.15, 1.2, 1.3, 1.1, 0.9, 0.6, 0.85),
    Pace.FAMILY: (1.1, 1.1, 1.35, 1.0, 0.85, 0.7, 0.9),
    Pace.PROFESSIONAL: (1.3, 1.5, 1.2, 1.4, 1.1, 0.04, 0.02),
    Pace.VOLUNTEER: (1.25, 1.25, 1.1, 1.1, 0.9, 0.5, 0.75),
}
_HOURS = {  # from 7 o'clock to 23 o'clock
    Pace.YOUNG: (1, 2, 3, 4, 4, 5, 6, 5, 5, 6, 8, 9, 8, 8, 9, 8, 4),
    Pace.FAMILY: (1, 2, 4, 5, 5, 6, 6, 5, 4, 4, 5, 6, 7, 9, 10, 7, 2),
    Pace.PROFESSIONAL: (0, 3, 9, 12, 10, 3, 3, 9, 11, 10, 6, 2, 0, 0, 0, 0, 0),
    Pace.VOLUNTEER: (2, 4, 6, 6, 5, 8, 8, 5, 5, 5, 6, 7, 7, 8, 9, 7, 2),
}
_FIRST_HOUR = 7


def season_start(end: date) -> date:
    """Tell the first day of the season whose last day is ``end``."""
    return end - timedelta(days=SEASON_DAYS - 1)


def intensity(day: int) -> float:
    """Tell how busy the day number ``day`` (0 is 6 May) is, 1 being an ordinary day."""
    ordinary = 0.85
    launch = 2.2 * exp(-day / 9)
    summer = -0.55 if _between(day, date(2021, 7, 10), date(2021, 8, 25)) else 0.0
    new_year_of_school = 1.45 * exp(-(((day - _day(date(2021, 9, 21))) / 17) ** 2))
    holidays = -0.5 if _between(day, date(2021, 12, 18), date(2021, 12, 31)) else 0.0
    return ordinary + launch + summer + new_year_of_school + holidays


def arrivals(random: Random, end: date, paces: Iterator[Pace]) -> Iterator[datetime]:
    """Give one instant (UTC) for each pace in turn, within the season ending on ``end``, unsorted."""
    start = season_start(end)
    days = {pace: Weighted(_day_weights(start, pace)) for pace in Pace}
    hours = {pace: Weighted(list(enumerate(map(float, _HOURS[pace]), _FIRST_HOUR))) for pace in Pace}
    for pace in paces:
        day = start + timedelta(days=days[pace].draw(random))
        moment = time(hours[pace].draw(random), random.randrange(60), random.randrange(60))
        yield datetime.combine(day, moment, PARIS).astimezone(UTC)


def _day_weights(start: date, pace: Pace) -> list[tuple[int, float]]:
    weekdays = _WEEKDAYS[pace]
    return [(day, intensity(day) * weekdays[(start + timedelta(days=day)).weekday()]) for day in range(SEASON_DAYS)]


def _day(when: date) -> int:
    return (when - LAUNCH).days


def _between(day: int, first: date, last: date) -> bool:
    return _day(first) <= day <= _day(last)
