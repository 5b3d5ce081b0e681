"""The filters of companies' requests as they stand in the address, and the menus that change them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import url_for

from admin.filters import id_of, member
from portal.models.company import LeadKind
from portal.queries.leads import KIND_LABELS, LeadFigures, LeadFilter, LeadView

MINE, NOBODYS = "moi", "personne"
FILTERS = ("vue", "motif", "qui")
VIEW_LABELS = {
    LeadView.OPEN: "En cours",
    LeadView.LATE: "En retard",
    LeadView.RECEIVED: "Reçues",
    LeadView.CALLED: "Appelées",
    LeadView.ORIENTED: "Orientées",
    LeadView.ENGAGED: "Engagées",
    LeadView.CLOSED: "Closes",
}
KIND_WORDS = {"rappel": LeadKind.CONTACT, "rendez-vous": LeadKind.MEETING, "lien": LeadKind.EMPLOYEES}


@dataclass(frozen=True)
class LeadsAsked:
    """The filters of one address, as given. me: who is looking."""

    me: UUID
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def wanted(self) -> LeadFilter:
        whose = self.values.get("qui", "")
        return LeadFilter(
            view=self.view,
            kind=KIND_WORDS.get(self.values.get("motif", "")),
            owner_id=self.me if whose == MINE else id_of(whose),
            unowned=whose == NOBODYS,
        )

    @property
    def view(self) -> LeadView:
        return member(LeadView, self.values.get("vue")) or LeadView.OPEN

    @property
    def narrowed(self) -> bool:
        """Whether anything but the view is chosen."""
        return any(name != "vue" for name in self.values)

    def url(self, **changes: str | None) -> str:
        """The address with these filters changed (None takes one away); a change goes back to the first page."""
        values: dict[str, Any] = {**self.values, **changes}
        return url_for("leads.index", **{name: value for name, value in values.items() if value})


def leads_asked(arguments: Mapping[str, str], me: UUID) -> LeadsAsked:
    """Unknown names, empty values and signs that are nowhere on a keyboard are left out."""
    given = {name: arguments.get(name, "") for name in FILTERS}
    return LeadsAsked(me, {name: value for name, value in given.items() if value and value.isprintable()})


def view_pills(asked: LeadsAsked, figures: LeadFigures) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "url": asked.url(vue=view.value),
            "active": view is asked.view,
            "count": figures.views[view],
        }
        for view, label in VIEW_LABELS.items()
    ]


def filter_menus(asked: LeadsAsked, names: Mapping[UUID, str]) -> list[dict[str, Any]]:
    """Whose, and what for. names: the staff, by id."""
    whose = {MINE: "moi", NOBODYS: "personne"} | {str(key): name for key, name in names.items() if key != asked.me}
    kinds = {word: KIND_LABELS[kind] for word, kind in KIND_WORDS.items()}
    return [_menu(asked, "qui", "Suivie par", "tous", whose), _menu(asked, "motif", "Motif", "tous", kinds)]


def _menu(asked: LeadsAsked, name: str, label: str, every: str, words: Mapping[str, str]) -> dict[str, Any]:
    chosen = asked.values.get(name)
    options = [
        (None, every[0].upper() + every[1:]),
        *((value, said[0].upper() + said[1:]) for value, said in words.items()),
    ]
    return {
        "label": label,
        "value": words.get(chosen or "", every),
        "options": [
            {"label": said, "url": asked.url(**{name: value}), "active": value == chosen} for value, said in options
        ],
    }
