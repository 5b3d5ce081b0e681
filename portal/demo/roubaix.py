"""The ten programmes of the Cité éducative de Roubaix, as their sheets of 2022 give them.

And the founders of whom no sheet is published: they are there under their name, without
any programme, since nothing is invented under a real name.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from matching.vocabulary import Modality, Side
from portal.demo.contacts import coordinators, fictional_landline
from portal.demo.criteria import Criteria, every, modality, territory
from portal.demo.sheets import DemoAssociation, DemoCapacity, DemoObjective, DemoProgramme

HOME = "commune:59512"
LILLE_METROPOLE = "epci:200093201"
_FOUNDERS = frozenset({"afev", "article-1", "proxite", "telemaque"})
_AWAITED = "Fiche à compléter par l’association\u00a0: rien n’est publié sur ses critères, ni sur ses places."

Sheet = dict[str, Any]


def roubaix_associations() -> list[DemoAssociation]:
    """Make the ten associations that have a sheet, in its order."""
    published = _published()
    return [_with_sheet(sheet, published) for sheet in published["programmes"]]


def founders_without_facts() -> list[DemoAssociation]:
    """Make the four founders without a sheet: no programme, no place, no objective."""
    return [_without_sheet(sheet) for sheet in _published()["founders_without_facts"]]


@cache
def _published() -> Sheet:
    text = (files("portal.demo") / "data" / "roubaix.json").read_text(encoding="utf-8")
    found: Sheet = json.loads(text)
    return found


def _with_sheet(sheet: Sheet, published: Sheet) -> DemoAssociation:
    key = sheet["key"]
    return DemoAssociation(
        key=key,
        name=sheet["association"],
        summary=sheet["summary"],
        founder=key in _FOUNDERS,
        invented=False,
        created=sheet["created"],
        site=sheet["site"],
        home=HOME,
        territories=(_territory(sheet, published),),
        contact_email=f"contact.{key}@example.org",
        contact_phone=fictional_landline(key, HOME),
        coordinators=coordinators(key),
        programmes=(_programme(sheet, published),),
        capacities=_capacities(sheet, published),
        objectives=tuple(_objective(sheet, side) for side in Side),
        source=published["source"],
        notes=tuple(published["notes_for_all"]),
    )


def _programme(sheet: Sheet, published: Sheet) -> DemoProgramme:
    ways = tuple(Modality(way) for way in sheet["modalities"])
    return DemoProgramme(
        key=f"{sheet['key']}-roubaix",
        name=sheet["name"],
        summary=sheet["summary"],
        mentee_criteria=_criteria(sheet["mentees"], _territory(sheet, published), ways),
        mentor_criteria=_criteria(sheet["mentors"], published["mentor_territory"], ways),
        mentors_wanted=sheet["mentors_wanted"],
        duration=sheet["duration"],
        frequency=sheet["frequency"],
        meeting=sheet["meeting"],
        modalities=ways,
        partners=tuple(sheet["partners"]),
        notes=tuple(sheet["notes"]),
        source=published["source"],
    )


def _territory(sheet: Sheet, published: Sheet) -> str:
    return str(sheet.get("territory") or published["territory"])


def _criteria(tests: list[Criteria], place: str, ways: tuple[Modality, ...]) -> Criteria:
    both = {Modality.IN_PERSON, Modality.REMOTE} <= set(ways)
    return every(*tests, territory([place]), modality(*(tuple(Modality) if both else ways)))


def _capacities(sheet: Sheet, published: Sheet) -> tuple[DemoCapacity, ...]:
    places, or_more = sheet["capacity"], sheet.get("or_more", False)
    return (
        DemoCapacity(Side.MENTEE, published["territory"], places, or_more),
        DemoCapacity(Side.MENTOR, published["mentor_territory"], places, or_more),
    )


def _objective(sheet: Sheet, side: Side) -> DemoObjective:
    if side is Side.MENTOR:
        return DemoObjective(side, sheet["capacity"])
    return DemoObjective(side, sheet["capacity"], sheet["national"], sheet["lille_metropole"], LILLE_METROPOLE)


def _without_sheet(sheet: Sheet) -> DemoAssociation:
    key = sheet["key"]
    return DemoAssociation(
        key=key,
        name=sheet["association"],
        summary=_AWAITED,
        founder=True,
        invented=False,
        created=None,
        site="",
        home="country:FR",
        territories=(),
        contact_email=f"contact.{key}@example.org",
        contact_phone="",
        coordinators=coordinators(key),
    )
