"""Which place lies in which, and what each is called."""

from collections import defaultdict
from functools import cache, lru_cache

from portal.places.atlas import Commune, UnknownPlaceError, atlas, commune
from portal.places.codes import COUNTRY, PlaceKind, kind_of, place_code


@lru_cache(maxsize=50_000)
def places_of(commune_code: str) -> frozenset[str]:
    """List every written place containing a commune, itself included; remote is not one.

    An arrondissement of Paris, Lyon or Marseille lies in its commune too.
    """
    found = commune(commune_code)
    places = {
        COUNTRY,
        place_code(PlaceKind.REGION, found.region),
        place_code(PlaceKind.DEPARTEMENT, found.departement),
        *_own_places(found),
    }
    if found.parent:
        places.update(_own_places(commune(found.parent)))
    return frozenset(places)


def _own_places(found: Commune) -> set[str]:
    places = {found.place, *atlas().zones_of_commune.get(found.code, ())}
    if found.epci:
        places.add(place_code(PlaceKind.EPCI, found.epci))
    return places


def label(place: str) -> str:
    """Name a written place in French: ``departement:59`` is "Nord"; UnknownPlaceError otherwise."""
    kind, _, code = place.partition(":")
    if kind == PlaceKind.COMMUNE:
        return commune(code).name
    try:
        return atlas().names[place]
    except KeyError:
        raise UnknownPlaceError(place) from None


def commune_codes_of(place: str) -> tuple[str, ...]:
    """List the INSEE codes of the communes in a place, in order, arrondissements included.

    Remote holds every commune, as the country does; UnknownPlaceError for an unknown place.
    """
    label(place)
    return _contents().get(COUNTRY if kind_of(place) is PlaceKind.REMOTE else place, ())


@cache
def _contents() -> dict[str, tuple[str, ...]]:
    inside: defaultdict[str, list[str]] = defaultdict(list)
    for code in atlas().communes:
        for place in places_of(code):
            inside[place].append(code)
    return {place: tuple(codes) for place, codes in inside.items()}


def population_of(place: str) -> int:
    """Count the inhabitants of a place, each once; UnknownPlaceError for an unknown place."""
    communes = [commune(code) for code in commune_codes_of(place)]
    present = {found.code for found in communes}
    return sum(found.population for found in communes if found.parent not in present)
