"""An association's published facts, put in words for a company."""

from collections.abc import Iterator, Sequence
from typing import Any

from matching.conditions import AgeTest, LevelTest, PublicTest, SituationTest, Test
from matching.criteria import All, AnyOf, Expression, Not
from matching.programme import Programme
from portal.places import REMOTE
from portal.queries.orienter_words import Wishes
from portal.queries.orienting_panel import AssociationTold, Panel, ProgrammeTold, Room
from portal.queries.orienting_profiles import sites_of
from portal.queries.orienting_reasons import named, place_name
from portal.web.typography import number

PEOPLE = (LevelTest, SituationTest, AgeTest, PublicTest)
UNTOLD = "Non publiée"
Facts = list[tuple[str, str]]


def facts_of(panel: Panel, programme: ProgrammeTold, rooms: Sequence[Room], wishes: Wishes) -> Facts:
    """Publics, length, rhythm, places near the company: what a card says below the reasons."""
    told = panel.associations[programme.association_id].of_programme(programme.name)
    criteria = panel.young.programme(programme.id)
    rows = [
        ("Publics", publics_said(criteria) if criteria else ""),
        ("Durée", _published(told.get("duration"))),
        ("Rythme", _published(told.get("frequency"))),
        *_places(rooms, wishes),
    ]
    return [(label, words) for label, words in rows if words]


def _published(words: object) -> str:
    return "" if words in {None, "", UNTOLD} else str(words)


def publics_said(programme: Programme) -> str:
    """« de 6e à Terminale, quartier prioritaire (QPV) »; everybody when the criteria name nobody."""
    tests = dict.fromkeys(test for test in _wanted(programme.criteria) if isinstance(test, PEOPLE))
    said = [named(test) for test in sorted(tests, key=lambda test: PEOPLE.index(type(test)))]
    words = ", ".join(said)
    return f"{words[:1].upper()}{words[1:]}" if words else "Tous les jeunes, de 5 à 30 ans"


def _wanted(criteria: Expression) -> Iterator[Test]:
    """The tests that are asked to hold, not those that exclude."""
    match criteria:
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from _wanted(part)
        case Not():
            return
        case Test():
            yield criteria


def _places(rooms: Sequence[Room], wishes: Wishes) -> Facts:
    """Places declared where the company is: the rows that share ground with one of its sites."""
    inside = [site.inside for site in sites_of(wishes)]
    near = [
        room for room in rooms if room.place != REMOTE and any(known is None or room.place in known for known in inside)
    ]
    if not near:
        return []
    amount = f"{number(sum(room.amount for room in near))}{' ou plus' if any(room.or_more for room in near) else ''}"
    where = place_name(near[0].place) if len(near) == 1 else "près de vous"
    return [("Places", f"{amount} ({where})")]


def rules_of(panel: Panel, association: AssociationTold, programme: ProgrammeTold) -> tuple[Facts, Facts, Facts]:
    """The sheet's own words, then what the programme asks of young people, then of mentors."""
    told = association.of_programme(programme.name)
    words: list[tuple[str, Any]] = [
        ("Mentors attendus", told.get("mentors_wanted")),
        ("Durée", told.get("duration")),
        ("Rythme", told.get("frequency")),
        ("Rencontres", told.get("meeting")),
        ("Partenaires", ", ".join(told.get("partners", ()))),
    ]
    published = [(label, found) for label, value in words if (found := _published(value))]
    return published, _asked(panel.young.programme(programme.id)), _asked(panel.grown.programme(programme.id))


def _asked(programme: Programme | None) -> Facts:
    return [] if programme is None else list(dict.fromkeys(_rows(programme.criteria)))


def _rows(criteria: Expression) -> Iterator[tuple[str, str]]:
    """One line a condition; alternatives stand together, so that an « or » is never read as an « and »."""
    match criteria:
        case All(parts):
            for part in parts:
                yield from _rows(part)
        case AnyOf(parts):
            yield ("L’un de ces cas", " ; ou ".join(_said(part) for part in parts))
        case Not(part):
            yield ("Sauf", _said(part))
        case Test():
            yield (criteria.title, named(criteria))


def _said(criteria: Expression) -> str:
    match criteria:
        case All(parts):
            return ", ".join(map(_said, parts))
        case AnyOf(parts):
            return " ou ".join(map(_said, parts))
        case Not(part):
            return f"sauf {_said(part)}"
        case Test():
            return named(criteria)
