"""The data files, read once per process and indexed."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from portal.places.codes import COUNTRY, REMOTE, PlaceKind, place_code
from portal.places.folding import fold

_DATA = files("portal.places") / "data"


class UnknownPlaceError(LookupError):
    """No such commune or place in the shipped vintage."""


class Commune(NamedTuple):
    """One commune, or one municipal arrondissement of Paris, Lyon or Marseille.

    ``parent`` is the commune an arrondissement belongs to, else empty; ``epci`` is
    empty on a few islands; ``population`` is in inhabitants.
    """

    code: str
    name: str
    postal_codes: tuple[str, ...]
    departement: str
    region: str
    epci: str
    population: int
    parent: str

    @property
    def place(self) -> str:
        """The commune as a written place."""
        return place_code(PlaceKind.COMMUNE, self.code)


class Zone(NamedTuple):
    """A named territory made of whole communes, with where the list comes from."""

    code: str
    name: str
    kind: str
    communes: tuple[str, ...]
    source: str
    vintage: str

    @property
    def place(self) -> str:
        """The zone as a written place."""
        return place_code(PlaceKind.ZONE, self.code)


class Atlas(NamedTuple):
    """Everything known of French places; ``names`` is by written place, communes left out."""

    communes: dict[str, Commune]
    by_postal_code: dict[str, tuple[Commune, ...]]
    names: dict[str, str]
    zones: dict[str, Zone]
    zones_of_commune: dict[str, tuple[str, ...]]


@cache
def atlas() -> Atlas:
    """Read the shipped files; the first call takes a few tenths of a second at most."""
    names = {COUNTRY: "France", REMOTE: "À distance"}
    regions: dict[str, str] = {}
    for kind, code, name, region in _rows("territories.csv"):
        names[f"{kind}:{code}"] = name
        if region:
            regions[code] = region
    communes = _read_communes(regions)
    zones = _read_zones()
    names |= {zone.place: zone.name for zone in zones.values()}
    return Atlas(communes, _by_postal_code(communes), names, zones, _zones_of_commune(zones))


def commune(code: str) -> Commune:
    """Find a commune by its INSEE code ("59512"); UnknownPlaceError when there is none."""
    try:
        return atlas().communes[code]
    except KeyError:
        raise UnknownPlaceError(code) from None


def communes_of_postal_code(postal_code: str) -> list[Commune]:
    """List the communes a postal code serves, by name; none when the code is unknown.

    "75011" gives Paris 11e, not Paris as a whole.
    """
    found = atlas().by_postal_code.get(postal_code.replace(" ", ""), ())
    return sorted(found, key=lambda one: fold(one.name))


def _rows(name: str) -> Iterator[list[str]]:
    raw = (_DATA / name).read_bytes()
    text = (gzip.decompress(raw) if name.endswith(".gz") else raw).decode()
    rows = csv.reader(text.splitlines(), delimiter=";")
    next(rows)
    return rows


def _read_communes(regions: dict[str, str]) -> dict[str, Commune]:
    return {
        code: Commune(
            code,
            name,
            tuple(postal.split()),
            departement,
            regions[departement],
            epci,
            int(population),
            parent,
        )
        for code, name, postal, departement, epci, population, parent in _rows("communes.csv.gz")
    }


def _read_zones() -> dict[str, Zone]:
    return {
        code: Zone(code, name, kind, tuple(communes.split()), source, vintage)
        for code, name, kind, communes, source, vintage in _rows("zones.csv")
    }


def _by_postal_code(communes: dict[str, Commune]) -> dict[str, tuple[Commune, ...]]:
    divided = {found.parent for found in communes.values() if found.parent}
    index: defaultdict[str, list[Commune]] = defaultdict(list)
    for found in communes.values():
        if found.code not in divided:
            for postal_code in found.postal_codes:
                index[postal_code].append(found)
    return {code: tuple(sorted(found, key=_by_name)) for code, found in index.items()}


def _by_name(found: Commune) -> tuple[str, str]:
    return found.name, found.code


def _zones_of_commune(zones: dict[str, Zone]) -> dict[str, tuple[str, ...]]:
    index: defaultdict[str, list[str]] = defaultdict(list)
    for zone in zones.values():
        for code in zone.communes:
            index[code].append(zone.place)
    return {code: tuple(found) for code, found in index.items()}
