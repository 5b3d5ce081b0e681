"""The period and the side that an address asks for; without any, the campaign so far and young people."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from flask import url_for

from matching.vocabulary import Side
from portal.models.campaign import Campaign
from portal.queries.figures import Period
from portal.web.typography import NBSP, day, period

CAMPAIGN, YEAR = "campagne", "12-mois"
LENGTHS = {"30-jours": 30, "90-jours": 90, YEAR: 365}
CHOICES = {CAMPAIGN: "la campagne", "30-jours": "30 jours", "90-jours": "90 jours", YEAR: "12 mois"}
SIDES = {"jeunes": Side.MENTEE, "benevoles": Side.MENTOR}
SIDE_WORDS = {"jeunes": "jeunes", "benevoles": "bénévoles"}
NAMES = ("periode", "du", "au", "cote", "vue", "carte")
YEARS = range(2000, 2101)
LONGEST = 1096  # days: three years


@dataclass(frozen=True)
class Asked:
    """What an address asks for. values: as given, known names only. campaign: today's, if there is one."""

    today: date
    campaign: Campaign | None
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def side(self) -> Side:
        return SIDES.get(self.values.get("cote", ""), Side.MENTEE)

    def on(self, side: Side) -> "Asked":
        """The same, on a side that was found rather than asked for."""
        name = next(name for name, one in SIDES.items() if one is side)
        return replace(self, values={**self.values, "cote": name}) if side is not self.side else self

    @property
    def side_words(self) -> str:
        return SIDE_WORDS["jeunes" if self.side is Side.MENTEE else "benevoles"]

    @property
    def choice(self) -> str:
        """Which of CHOICES holds; "" between two dates."""
        if self.typed and not self.faults:
            return ""
        given = self.values.get("periode", "")
        known = given in LENGTHS or (given == CAMPAIGN and self.campaign is not None)
        return given if known else CAMPAIGN if self.campaign else YEAR

    @property
    def typed(self) -> bool:
        return "periode" not in self.values and ("du" in self.values or "au" in self.values)

    @property
    def faults(self) -> dict[str, str]:
        """What cannot be read of two dates: a sentence each, by name."""
        if not self.typed:
            return {}
        first, last = (day_of(self.values.get(name)) for name in ("du", "au"))
        found = {
            name: f"Écrivez la date comme 22/11/{self.today.year}, ou choisissez-la dans le calendrier."
            for name, read in (("du", first), ("au", last))
            if read is None
        }
        if first and last and last < first:
            found["au"] = "La seconde date vient avant la première."
        elif first and first > self.today:
            found["du"] = f"Ce jour n’est pas encore venu{NBSP}: il n’y a rien à compter."
        elif first and last and (last - first).days >= LONGEST:
            found["au"] = "Choisissez trois ans au plus."
        return found

    @property
    def period(self) -> Period:
        """Never past today; what cannot be read is the usual period."""
        choice = self.choice
        if not choice:
            first, last = (day_of(self.values.get(name)) for name in ("du", "au"))
            assert first is not None
            assert last is not None
            return Period(first, min(last, self.today))
        if choice == CAMPAIGN:
            assert self.campaign is not None
            return Period(self.campaign.starts_on, min(self.today, self.campaign.ends_on))
        return Period(self.today - timedelta(days=LENGTHS[choice] - 1), self.today)

    @property
    def words(self) -> str:
        """« 25 août – 22 nov. 2026 »."""
        own = self.period
        return day(own.first) if own.first == own.last else period(own.first, own.last)

    @property
    def before(self) -> str:
        """What it is compared with, in words."""
        days = self.period.days
        return "que la veille" if days == 1 else f"que les {days}{NBSP}jours d’avant"

    @property
    def chosen(self) -> str:
        return CHOICES.get(self.choice, "entre deux dates")

    def arguments(self, **changes: str | None) -> dict[str, Any]:
        """The arguments of the address with some changed; None takes one away."""
        return {name: value for name, value in {**self.values, **changes}.items() if value}

    def options(self, endpoint: str) -> list[dict[str, Any]]:
        """The periods to choose from."""
        return [
            {
                "label": words[:1].upper() + words[1:],
                "url": url_for(endpoint, **self.arguments(periode=value, du=None, au=None)),
                "active": self.choice == value,
            }
            for value, words in CHOICES.items()
            if value != CAMPAIGN or self.campaign is not None
        ]

    def sides(self, endpoint: str) -> list[dict[str, Any]]:
        return [
            {
                "label": words[:1].upper() + words[1:],
                "url": url_for(endpoint, **self.arguments(cote=value)),
                "active": SIDES[value] is self.side,
            }
            for value, words in SIDE_WORDS.items()
        ]


def day_of(text: str | None) -> date | None:
    """The day written « 2026-11-22 » or « 22/11/2026 », of this century."""
    plain = (text or "").strip()
    if plain.count("/") == 2:  # noqa: PLR2004 - day, month, year
        plain = "-".join(f"{part:0>2}" for part in reversed(plain.split("/")))
    try:
        found = date.fromisoformat(plain)
    except ValueError:
        return None
    return found if found.year in YEARS else None


def asked_by(arguments: Mapping[str, str], today: date, campaign: Campaign | None) -> Asked:
    """Unknown names, empty values and signs that are nowhere on a keyboard are left out."""
    given = {name: arguments.get(name, "") for name in NAMES}
    begun = campaign if campaign is not None and campaign.starts_on <= today else None
    return Asked(today, begun, {name: value for name, value in given.items() if value and value.isprintable()})
