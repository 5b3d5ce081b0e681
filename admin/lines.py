"""One request as a line of the table: short words, so that it stays on one line."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from admin.marks import Mark, mark_of, since
from matching.vocabulary import Need
from portal.models.person import PersonPreview
from portal.places import UnknownPlaceError, commune

LONGEST_NEEDS = 22
LONGEST_NAME = 24
SHORT_NEEDS = {
    Need.SCHOOL_SUPPORT: "école",
    Need.ACADEMIC_SUCCESS: "études",
    Need.FRENCH_SCHOOLING: "français",
    Need.MOTIVATION: "motivation",
    Need.SELF_CONFIDENCE: "confiance",
    Need.AUTONOMY: "autonomie",
    Need.MOBILITY: "mobilité",
    Need.CULTURE: "culture",
    Need.GUIDANCE: "orientation",
    Need.INTERNSHIP: "stage",
    Need.APPRENTICESHIP: "alternance",
    Need.KEEP_CONTRACT: "apprentissage",
    Need.FIRST_JOB: "premier emploi",
    Need.JOB_SEARCH: "emploi",
    Need.ENTREPRENEURSHIP: "création d’activité",
    Need.SOCIAL_TIES: "réseau",
}


@dataclass(frozen=True)
class Line:
    """A row of the table and, unless erased, who it is about; the row's own columns read through."""

    row: Row[Any]
    preview: PersonPreview | None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)

    @property
    def who(self) -> str:
        if self.preview is None:
            return "Personne anonymisée"
        return str(self.preview) if self.row.age is None else f"{self.preview}, {self.row.age}\u00a0ans"

    @property
    def where(self) -> str:
        return town(self.row.commune)

    @property
    def need(self) -> str:
        return needs_said(self.row.needs)

    @property
    def holder(self) -> str:
        """The association that has it now, shortened."""
        return shortened(self.row.association_name or "—")

    @property
    def mark(self) -> Mark:
        return mark_of(self.row)

    @property
    def lasting(self) -> datetime:
        return since(self.row)


def town(code: str | None) -> str:
    """« Lyon 8e » rather than « Lyon 8e arrondissement »; a dash when there is none we know."""
    try:
        return commune(code).name.replace(" Arrondissement", "").replace(" arrondissement", "") if code else "—"
    except UnknownPlaceError:
        return "—"


def needs_said(codes: list[str]) -> str:
    """The first need in a word, the second when both are short, and how many more."""
    found = [word for need, word in SHORT_NEEDS.items() if need.value in codes]
    shown = 2 if len(", ".join(found[:2])) <= LONGEST_NEEDS else 1
    more = len(found) - shown
    said = ", ".join(found[:shown]) + (f" +{more}" if more > 0 else "")
    return said[:1].upper() + said[1:] or "—"


def shortened(name: str) -> str:
    """Whole words up to LONGEST_NAME signs, then an ellipsis."""
    if len(name) <= LONGEST_NAME:
        return name
    return name[:LONGEST_NAME].rsplit(" ", 1)[0].rstrip(" ,") + "…"
