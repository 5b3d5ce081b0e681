"""The saved views and the filters' menus of the table, each choice an address."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from admin.filters import PERIOD_LABELS, SIDES, Asked
from admin.lines import shortened
from portal.places import label
from portal.queries.referrals import CAP, Figures, Stage, View
from portal.web.typography import number

VIEWS = {
    View.WEEK: "7 jours",
    View.TO_DECIDE: "À décider",
    View.NOWHERE: "Nulle part",
    View.NO_PLACE: "Sans place",
    View.TO_VERIFY: "À vérifier",
    View.LATE: "En retard",
    View.CONSENT: "Accord attendu",
}
SIDE_LABELS = {"jeunes": "jeunes", "benevoles": "bénévoles"}
STAGES = {
    Stage.CONSENT: "Accord attendu",
    Stage.APPLICANT: "Précision attendue",
    Stage.TO_ROUTE: "À orienter",
    Stage.NO_PLACE: "Sans place",
    Stage.NOWHERE: "Nulle part",
    Stage.OFFERED: "Proposée",
    Stage.TAKEN: "Acceptée",
    Stage.CLOSED: "Terminée",
    Stage.WITHDRAWN: "Retirée",
    Stage.MERGED: "Doublon",
    Stage.ANONYMISED: "Anonymisée",
}
assert set(SIDE_LABELS) == set(SIDES)


class Menu(NamedTuple):
    """A filter: its name, what is chosen, and its choices {label, url, active}."""

    label: str
    value: str
    options: list[dict[str, Any]]


def views(asked: Asked, figures: Figures) -> list[dict[str, Any]]:
    """The saved views, each with how many it holds."""
    return [
        {
            "url": Asked().url(vue=None if view is View.WEEK else view.value),
            "active": asked.view is view,
            **_counted(words, figures.views[view]),
        }
        for view, words in VIEWS.items()
    ]


def _counted(words: str, count: int) -> dict[str, Any]:
    """Past the cap the count is words: nobody has counted further."""
    if count > CAP:
        return {"label": f"{words}, plus de {number(CAP)}"}
    return {"label": words, "count": count}


def menus(asked: Asked, associations: Mapping[UUID, str]) -> dict[str, Menu]:
    own = {str(key): name for key, name in associations.items()}
    return {
        "cote": _menu(asked, "cote", "Côté", SIDE_LABELS, "tous"),
        "plus": Menu("Plus", _more(asked, own), []),
        "etat": _menu(asked, "etat", "État", {stage.value: words for stage, words in STAGES.items()}, "tous"),
        "recue": _period(asked),
        "ou": Menu("Territoire", _territory(asked), []),
    }


def _territory(asked: Asked) -> str:
    if asked.place:
        return label(asked.place)
    return shortened(asked.values["ou"]) if "ou" in asked.faults else "tous"


def _more(asked: Asked, associations: Mapping[str, str]) -> str:
    """What the last menu narrows to: a need, an association, both or neither."""
    chosen = [asked.wanted.need.label] if asked.wanted.need else []
    chosen += [name for key, name in associations.items() if key == asked.values.get("association")]
    return shortened(", ".join(chosen))


def _menu(asked: Asked, name: str, title: str, words: Mapping[str, str], everything: str) -> Menu:
    chosen = asked.values.get(name, "")
    options = [{"label": everything.capitalize(), "url": asked.url(**{name: None}), "active": chosen not in words}]
    options += [
        {"label": said[:1].upper() + said[1:], "url": asked.url(**{name: value}), "active": chosen == value}
        for value, said in words.items()
    ]
    said = words.get(chosen, everything)
    return Menu(title, said[:1].lower() + said[1:], options)


def _period(asked: Asked) -> Menu:
    """« 7 jours » is the view when nothing else is asked; two dates are a period too."""
    start, end = asked.values.get("du"), asked.values.get("au")
    chosen = asked.values.get("recue") or ("" if start or end else _period_of(asked.view))
    options = [
        {"label": words[:1].upper() + words[1:], "url": _period_url(asked, value), "active": chosen == value}
        for value, words in PERIOD_LABELS.items()
    ]
    return Menu("Reçue", PERIOD_LABELS.get(chosen, "entre deux dates"), options)


def _period_of(view: View) -> str:
    return "7-jours" if view is View.WEEK else "toutes"


def _period_url(asked: Asked, value: str) -> str:
    given = None if value == "7-jours" and asked.view is View.WEEK else value
    return asked.url(recue=given, du=None, au=None)
