"""Finding a place by the beginning of a word of its name, accents aside."""

import re
from collections import Counter
from functools import cache
from typing import NamedTuple

from portal.places.atlas import Commune, Zone, atlas, communes_of_postal_code
from portal.places.codes import COUNTRY, REMOTE, PlaceKind, kind_of, place_code
from portal.places.folding import fold

_SAINT = re.compile(r"\bst(e?) ")


class Place(NamedTuple):
    """A place found: its written code, French name, what tells it from namesakes, inhabitants."""

    code: str
    name: str
    detail: str
    population: int

    @property
    def kind(self) -> PlaceKind:
        """Commune, département, région ..."""
        return kind_of(self.code)


class _Entry(NamedTuple):
    haystack: str
    place: Place


def search_places(text: str, limit: int = 10) -> list[Place]:
    """Find places whose name, or a word of it, begins with ``text``; also by postal code.

    Whole names first, then beginnings of names, then of words; the most populous first.
    """
    words = _SAINT.sub(r"saint\1 ", fold(text))
    if not words or limit < 1:
        return []
    by_postal_code = [_of_commune(found) for found in communes_of_postal_code(words)]
    found = _matching(words)
    found.sort(key=lambda entry: _rank(entry, words))
    return (by_postal_code + [entry.place for entry in found])[:limit]


def _matching(words: str) -> list[_Entry]:
    needle = f" {words}"
    return [entry for entry in _entries() if needle in entry.haystack]


def _rank(entry: _Entry, words: str) -> tuple[int, int, str]:
    name = entry.haystack[1:]
    nearness = 0 if name == words else 1 if name.startswith(words) else 2
    return nearness, -entry.place.population, entry.place.code


@cache
def _entries() -> tuple[_Entry, ...]:
    known = atlas()
    communes = [_of_commune(found) for found in known.communes.values()]
    population = _populations()
    others = [
        Place(code, name, _detail(code), population[code])
        for code, name in known.names.items()
        if code not in (COUNTRY, REMOTE)
    ]
    return tuple(_Entry(_haystack(place), place) for place in others + communes)


def _haystack(place: Place) -> str:
    name = f" {fold(place.name)}"
    if place.kind is PlaceKind.DEPARTEMENT:
        return f"{name} {place.code.partition(':')[2].lower()}"
    return name


def _of_commune(found: Commune) -> Place:
    departement = atlas().names[place_code(PlaceKind.DEPARTEMENT, found.departement)]
    return Place(found.place, found.name, f"{departement} ({found.departement})", found.population)


def _populations() -> Counter[str]:
    known = atlas()
    total: Counter[str] = Counter()
    for found in known.communes.values():
        if not found.parent:
            total[place_code(PlaceKind.REGION, found.region)] += found.population
            total[place_code(PlaceKind.DEPARTEMENT, found.departement)] += found.population
            total[place_code(PlaceKind.EPCI, found.epci)] += found.population
    for zone in known.zones.values():
        total[zone.place] = sum(known.communes[code].population for code in zone.communes)
    return total


def _detail(code: str) -> str:
    kind, _, own = code.partition(":")
    if kind == PlaceKind.ZONE:
        return _zone_detail(atlas().zones[own])
    kind_label = PlaceKind(kind).label
    return f"{kind_label} {own}" if kind == PlaceKind.DEPARTEMENT else kind_label


def _zone_detail(zone: Zone) -> str:
    return f"{zone.kind}, {zone.vintage}"
