"""French in a letter: spaces that do not break, counted words, days and hours of Paris. Pure."""

import re
from datetime import datetime

from babel.dates import format_date

from portal.foundation.clock import PARIS

NBSP = "\u00a0"
_SIGN = re.compile(r"(?<=«) | (?=[;:!?»])")
_FIGURE = re.compile(r"(?<=\d) (?=[a-zà-ÿ])")
_HYPHEN = re.compile(
    r"(?<=[a-zà-ÿ])-(?=(?:la|le|les|lui|leur|moi|toi|nous|vous|elles?|ils?|on|ce|tu|je|en|y|là|mêmes?|mails?)\b)",
    re.IGNORECASE,
)


def set_in_french(words: str) -> str:
    """The same words, with U+00A0 before ; : ! ? », after « and between a figure and what it counts."""
    return _FIGURE.sub(NBSP, _SIGN.sub(NBSP, words))


def set_unbroken(words: str) -> str:
    """Set in French for a page, whose lines break at hyphens: « reprenez-la » and « e-mail » stay whole (U+2011)."""
    return _HYPHEN.sub("\u2011", set_in_french(words))


def plural(count: int, one: str, many: str | None = None) -> str:
    """« 3 demandes », « 1 demande »: French is plural from two. many defaults to one and an s."""
    return f"{count}{NBSP}{word(count, one, many)}"


def word(count: int, one: str, many: str | None = None) -> str:
    """The word alone, without its figure."""
    return one if count < 2 else many or f"{one}s"  # noqa: PLR2004 - grammar, not a setting


def day(instant: datetime) -> str:
    """« lundi 23 novembre », in Paris."""
    local = instant.astimezone(PARIS).date()
    name, number, month = format_date(local, "EEEE d MMMM", locale="fr").split(" ")
    return f"{name} {'1er' if number == '1' else number}{NBSP}{month}"


def hour(instant: datetime) -> str:
    """« 9 h 05 », « 10 h », in Paris."""
    local = instant.astimezone(PARIS)
    return f"{local.hour}{NBSP}h" + (f"{NBSP}{local.minute:02}" if local.minute else "")
