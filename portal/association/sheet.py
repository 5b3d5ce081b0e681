"""The association's sheet, as the brochure and the public pages show it."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue

from matching.vocabulary import Side
from portal.association.frame import association_page, signed_in
from portal.association.wording import place_said
from portal.foundation.permissions import Permission, requires
from portal.queries.capacity import own_association
from portal.queries.sheet import programmes_offered
from portal.web.telephones import telephone_said
from portal.web.typography import french, number

sheet = Blueprint("sheet", __name__, url_prefix="/fiche")
Facts = list[tuple[str, str]]
PROGRAMME_FACTS = (
    ("mentors_wanted", "Mentors recherchés"),
    ("duration", "Durée"),
    ("frequency", "Rythme"),
    ("meeting", "Rencontre"),
    ("partners", "Partenaires"),
)
WHO = {Side.MENTEE: "jeunes", Side.MENTOR: "bénévoles"}


@sheet.get("")
@requires(Permission.SHEET_READ)
def index() -> ResponseReturnValue:
    own = own_association(signed_in().association_id or abort(404))
    known = own.sheet
    told = {one.get("name"): one for one in known.get("programmes", [])}
    return association_page(
        "sheet.html",
        "sheet.index",
        own=own,
        summary=said(known.get("summary")),
        facts=published(known, own.contact_mail),
        figures=figures(known.get("published", [])),
        source=said(known.get("source")),
        notes=[said(note) for note in known.get("notes", [])],
        programmes=[(one, programme_facts(told.get(one.programme.name, {}))) for one in programmes_offered()],
    )


def published(known: Mapping[str, Any], mail: str | None) -> Facts:
    """The facts that are known, in a fixed order."""
    telephone = known.get("telephone")
    rows = [
        ("Créée en", said(known.get("created"))),
        ("Site", said(known.get("site"))),
        ("E-mail", mail or ""),
        ("Téléphone", telephone_said(telephone) if telephone else ""),
        ("Siège", place_said(known["home"]) if known.get("home") else ""),
        ("Territoires", ", ".join(place_said(code) for code in known.get("territories", []))),
    ]
    return [(label, words) for label, words in rows if words]


def figures(rows: Sequence[Mapping[str, Any]]) -> Facts:
    """The projections that were published, as they were: « Jeunes, France : 2 100 »."""
    found = []
    for row in rows:
        who = WHO[Side(row["side"])].capitalize()
        local = row.get("published_local_place")
        found += [
            (f"{who}, France", row.get("published_national")),
            (f"{who}, {place_said(local) if local else 'localement'}", row.get("published_local")),
        ]
    return [(label, number(figure)) for label, figure in found if figure]


def programme_facts(told: Mapping[str, Any]) -> Facts:
    rows = [(label, said(told.get(name))) for name, label in PROGRAMME_FACTS]
    return [(label, words) for label, words in rows if words]


def said(value: object) -> str:
    """A fact in words; '' when it is not known."""
    if isinstance(value, list | tuple):
        return ", ".join(said(one) for one in value)
    return french(value) if value not in (None, "") else ""
