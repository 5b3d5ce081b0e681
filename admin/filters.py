"""The table's filters as they stand in the address, so that a view can be kept, sent and come back to.

A word of ours that the address has wrong is no filter: an old link still opens. A territory or a date that we cannot
read was typed by somebody: it is told, and filters everything out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from flask import url_for

from matching.vocabulary import Need, Side
from portal.foundation import clock
from portal.places import UnknownPlaceError, label
from portal.queries.referrals import Cursor, ReferralFilter, Stage, View, midnight
from portal.web.typography import NBSP

SIDES = {"jeunes": Side.MENTEE, "benevoles": Side.MENTOR}
PERIODS = {"aujourdhui": 0, "7-jours": 6, "30-jours": 29}
PERIOD_LABELS = {"aujourdhui": "aujourd’hui", "7-jours": "7 jours", "30-jours": "30 jours", "toutes": "toutes"}
YEARS = range(2000, 2101)
FILTERS = ("vue", "cote", "etat", "ou", "association", "besoin", "recue", "du", "au", "numeros")
MOST_NUMBERS = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
Word = TypeVar("Word", bound=StrEnum)


def member(words: type[Word], text: str | None) -> Word | None:
    return next((word for word in words if word.value == text), None)


def day_of(text: str | None) -> date | None:
    """The day written « 2026-11-22 », of this century."""
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.year in YEARS else None


def id_of(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def place_of(text: str | None) -> str | None:
    """The place, if we know it by that code."""
    try:
        return text if text and label(text) else None
    except UnknownPlaceError:
        return None


def write_cursor(key: Cursor | None) -> str | None:
    """« microseconds.id »: exact, since rounding would show a request twice or never."""
    return key and f"{(key.received_at - EPOCH) // MICROSECOND}.{key.id}"


def read_cursor(text: str | None) -> Cursor | None:
    moment, _, own = (text or "").partition(".")
    found = id_of(own)
    if found is None or not moment.isdecimal() or len(moment) > 17:  # noqa: PLR2004 - year 5138, and no overflow
        return None
    return Cursor(EPOCH + int(moment) * MICROSECOND, found)


@dataclass(frozen=True)
class Asked:
    """The filters of one address: kept as given (values), and as the query wants them (wanted)."""

    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def wanted(self) -> ReferralFilter:
        given = self.values
        start, end = self.period
        return ReferralFilter(
            view=self.view,
            side=SIDES.get(given.get("cote", "")),
            stage=member(Stage, given.get("etat")),
            place=self.place,
            association_id=self.association_id,
            need=member(Need, given.get("besoin")),
            received_from=midnight(start) if start else None,
            received_until=midnight(end + timedelta(days=1)) if end else None,
            numbers=self.numbers,
        )

    @property
    def view(self) -> View:
        """Seven days when nothing else is said; all of them once a period or numbers are."""
        dated = any(name in self.values for name in ("recue", "du", "au", "numeros"))
        return member(View, self.values.get("vue")) or (View.ALL if dated else View.WEEK)

    @property
    def place(self) -> str | None:
        return place_of(self.values.get("ou"))

    @property
    def association_id(self) -> UUID | None:
        return id_of(self.values.get("association"))

    @property
    def numbers(self) -> frozenset[str] | None:
        given = self.values.get("numeros")
        return frozenset(given.split(",")[:MOST_NUMBERS]) if given else None

    @property
    def period(self) -> tuple[date | None, date | None]:
        """First and last day, both included."""
        days = PERIODS.get(self.values.get("recue", ""))
        if days is not None:
            return clock.today() - timedelta(days=days), None
        return day_of(self.values.get("du")), day_of(self.values.get("au"))

    @property
    def faults(self) -> dict[str, str]:
        """What cannot be read, by filter: a sentence each."""
        start, end = self.period
        found = {
            name: f"«{NBSP}{self.values[name]}{NBSP}» n’est pas une date{NBSP}: écrivez-la comme 2026-11-22."
            for name, read in (("du", start), ("au", end))
            if name in self.values and "recue" not in self.values and read is None
        }
        if start and end and end < start:
            found["au"] = "La seconde date vient avant la première."
        if "ou" in self.values and self.place is None:
            found["ou"] = f"Nous ne connaissons aucun territoire «{NBSP}{self.values['ou']}{NBSP}»."
        return found

    @property
    def narrowed(self) -> bool:
        """Whether anything but the view is chosen."""
        return any(name != "vue" for name in self.values)

    def url(self, endpoint: str = "referrals.index", /, **changes: str | None) -> str:
        """The address with these filters changed (None takes one away); a change goes back to the first page."""
        values: dict[str, Any] = {**self.values, **changes}
        return url_for(endpoint, **{name: value for name, value in values.items() if value})


def asked_by(arguments: Mapping[str, str]) -> Asked:
    """The filters of an address; unknown names, empty values and signs that are nowhere on a keyboard left out."""
    given = {name: arguments.get(name, "") for name in FILTERS}
    return Asked({name: value for name, value in given.items() if value and value.isprintable()})
