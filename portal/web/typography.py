"""French on screen: spaces, apostrophes, ordinals, figures, dates and ages. Pure: `now` is always an argument.

Times are aware; they are shown in Paris. U+00A0 is used everywhere a space must not break: U+202F, which Babel writes,
is missing from most fonts.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from babel.numbers import format_decimal
from markupsafe import Markup, escape

from portal.foundation.clock import PARIS

NBSP = "\u00a0"
MINUS = "\u2212"
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
SHORT_DAYS = ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim.")
MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
SHORT_MONTHS = ("janv.", "févr.", "mars", "avril", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")

_BEFORE_HIGH_SIGN = re.compile(r"(?<=[^\s:;!?«])[ \u00a0\u202f]*(?=[;!?»]|:(?=[\s\u00a0]|$))")
_AFTER_OPENING = re.compile(r"«[ \u00a0\u202f]*")
_BEFORE_PERCENT = re.compile(r"(?<=\d)[ \u00a0\u202f]?(?=[%€])")
_AFTER_FIGURE = re.compile(r"(?<=\d) (?=[a-zà-ÿ])")
_APOSTROPHE = re.compile(r"(?<=\w)'")
_ORDINAL = re.compile(r"(?<![\w&#])(\d{1,2}|[IVX]{1,5})(ers?|res?|ère|ème|n?des?|es?)(?![\w’'])")
_LETTERS = {"ème": "e", "ère": "re", "nde": "de"}

Number = int | float | Decimal | Fraction


def french(text: object) -> str:
    """The same words with curly apostrophes, and spaces that do not break where French wants them.

    A figure keeps the word it counts. An address (https://…) or an hour (9:12) keeps its colon.
    """
    curly = _APOSTROPHE.sub("’", str(text).replace("...", "…"))
    spaced = _BEFORE_HIGH_SIGN.sub(NBSP, _AFTER_OPENING.sub("«" + NBSP, curly))
    return _BEFORE_PERCENT.sub(NBSP, _AFTER_FIGURE.sub(NBSP, spaced))


def ordinals(text: object) -> Markup:
    """4e, 1re, 2de, 1er with their letters raised; the text is escaped first."""
    return Markup(_ORDINAL.sub(_raised, str(escape(text))))  # noqa: S704 - escaped just before


def _raised(found: re.Match[str]) -> str:
    letters = found[2]
    return f"{found[1]}<sup>{_LETTERS.get(letters, letters)}</sup>"


def _exact(value: Number) -> Decimal:
    if isinstance(value, Fraction):
        return Decimal(value.numerator) / Decimal(value.denominator)
    return Decimal(str(value))


def number(value: Number | None, decimals: int = 0) -> str:
    """1386 → « 1 386 », 3.75 → « 3,8 » with one decimal, None → a dash."""
    if value is None:
        return "—"
    rounded = _exact(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    text = format_decimal(rounded, format="#,##0" + ("." + "0" * decimals if decimals else ""), locale="fr")
    return text.replace("\u202f", NBSP).replace("-", MINUS)


def signed(value: Number, decimals: int = 0) -> str:
    """A difference: +4, 0, −2."""
    return ("+" if value > 0 else "") + number(value, decimals)


def percent(share: Number | None, decimals: int = 0) -> str:
    """0.66 → « 66 % »; None → a dash."""
    return "—" if share is None else number(_exact(share) * 100, decimals) + NBSP + "%"


def share(part: Number, whole: Number, decimals: int = 0) -> str:
    """12 of 40 → « 30 % »; of nothing → a dash."""
    return percent(Fraction(part) / Fraction(whole) if whole else None, decimals)


def plural(count: int, one: str, many: str | None = None) -> str:
    """« 3 demandes », « 1 demande », « 0 demande »: French is plural from two. many defaults to one and an s."""
    return number(count) + NBSP + (one if abs(count) < 2 else many or one + "s")  # noqa: PLR2004 - grammar, not a setting


def _local(instant: datetime) -> datetime:
    return instant.astimezone(PARIS)


def _calendar_day(value: date | datetime) -> date:
    return _local(value).date() if isinstance(value, datetime) else value


def _day_number(day: date) -> str:
    return "1er" if day.day == 1 else str(day.day)


def hour(instant: datetime) -> str:
    """« 9 h 12 », « 10 h »."""
    local = _local(instant)
    return f"{local.hour}{NBSP}h" + (f"{NBSP}{local.minute:02}" if local.minute else "")


def day(value: date | datetime) -> str:
    """« 12 nov. 2026 »."""
    one = _calendar_day(value)
    return NBSP.join((_day_number(one), SHORT_MONTHS[one.month - 1], str(one.year)))


def day_long(value: date | datetime, year: bool = False) -> str:
    """« lundi 23 novembre », with the year when asked."""
    one = _calendar_day(value)
    words = f"{DAYS[one.weekday()]} {_day_number(one)}{NBSP}{MONTHS[one.month - 1]}"
    return f"{words} {one.year}" if year else words


def day_short(value: date | datetime) -> str:
    """« lun. 23 nov. »."""
    one = _calendar_day(value)
    return f"{SHORT_DAYS[one.weekday()]}{NBSP}{_day_number(one)}{NBSP}{SHORT_MONTHS[one.month - 1]}"


def period(first: date, last: date) -> str:
    """« 25 août – 22 nov. 2026 », without repeating a year that is the same."""
    start, end = _calendar_day(first), _calendar_day(last)
    opening = day(start) if start.year != end.year else f"{_day_number(start)}{NBSP}{SHORT_MONTHS[start.month - 1]}"
    return f"{opening} – {day(end)}"


def moment(instant: datetime, *, now: datetime) -> str:
    """When something happened, in the fewest exact words.

    « aujourd’hui à 9 h 12 », « hier à 9 h 12 », « lun. 9 h 12 » within six days, « lun. 23 nov., 9 h 12 » within the year,
    then « 12 nov. 2025 ». A future instant within a day is « demain à 10 h ».
    """
    one, today = _calendar_day(instant), _calendar_day(now)
    near = {0: "aujourd’hui", -1: "hier", 1: "demain"}.get((one - today).days)
    if near:
        return f"{near} à{NBSP}{hour(instant)}"
    if timedelta(0) < today - one < timedelta(days=7):
        return f"{SHORT_DAYS[one.weekday()]}{NBSP}{hour(instant)}"
    return f"{day_short(one)}, {hour(instant)}" if abs((today - one).days) < 300 else day(one)  # noqa: PLR2004 - "within the year", said above


def when(instant: datetime, *, now: datetime) -> str:
    """For a narrow column: « 12 h 52 » today, « hier », « 20 nov. », then « 12 nov. 2025 »."""
    one, today = _calendar_day(instant), _calendar_day(now)
    if one == today:
        return hour(instant)
    if one == today - timedelta(days=1):
        return "hier"
    return day(one) if one.year != today.year else f"{_day_number(one)}{NBSP}{SHORT_MONTHS[one.month - 1]}"


def lasting(instant: datetime, *, now: datetime) -> str:
    """How long it has been, for a narrow column: « 11 min », « 3 h », « 4 j »."""
    elapsed = max(now - instant, timedelta(0))
    if elapsed < timedelta(hours=1):
        return f"{elapsed // timedelta(minutes=1)}{NBSP}min"
    if elapsed < timedelta(days=1):
        return f"{elapsed // timedelta(hours=1)}{NBSP}h"
    return f"{elapsed.days}{NBSP}j"


def minutes_left(until: datetime, *, now: datetime) -> str:
    """« 4 min » until then, rounded up; « moins d’une minute » at the end."""
    left = -((now - until) // timedelta(minutes=1))
    return "moins d’une minute" if left <= 1 else f"{left}{NBSP}min"


@dataclass(frozen=True)
class Age:
    """How long a request has waited: words, a badge's tone (good, wait, late) and its icon ('' or a name)."""

    text: str
    tone: str
    icon: str = ""

    def __str__(self) -> str:
        return self.text


def age(since: datetime, *, now: datetime, late_at: datetime | None = None, leaves_at: datetime | None = None) -> Age:
    """How long a request has waited, in days of the calendar in Paris.

    late_at: from when it is late. leaves_at: when it goes on by itself, said on that day and on the day before.
    """
    days = (_calendar_day(now) - _calendar_day(since)).days
    words = "Aujourd’hui" if days <= 0 else plural(days, "jour")
    if leaves_at is not None and (_calendar_day(leaves_at) - _calendar_day(now)).days <= 1:
        return Age(f"{words}, part {moment(leaves_at, now=now)}", "late", "clock")
    if late_at is not None and now >= late_at:
        return Age(f"{words}, en retard", "late", "clock")
    return Age(words, "good" if days <= 0 else "wait")


def years_old(birth: date, *, now: datetime) -> int:
    """Completed years, in Paris."""
    today = _calendar_day(now)
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def listed(words: list[str], last: str = "et") -> str:
    """« a, b et c »."""
    if len(words) < 2:  # noqa: PLR2004 - a list of one has no conjunction
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


FILTERS: Mapping[str, Callable[..., object]] = {
    "french": french,
    "ordinals": ordinals,
    "number": number,
    "signed": signed,
    "percent": percent,
    "share": share,
    "plural": plural,
    "hour": hour,
    "day": day,
    "day_long": day_long,
    "day_short": day_short,
    "period": period,
    "listed": listed,
}
DATED_FILTERS: Mapping[str, Callable[..., object]] = {
    "moment": moment,
    "when": when,
    "lasting": lasting,
    "minutes_left": minutes_left,
    "age": age,
    "years_old": years_old,
}
