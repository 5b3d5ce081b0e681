"""Where those who write live: where people live, more around the associations' own ground."""

from functools import cache, lru_cache
from math import fsum

from portal.demo.seeds import Weighted
from portal.places import PlaceKind, commune_codes_of, kind_of
from portal.places.atlas import Commune, atlas

ROUBAIX = "59512"
LILLE_METROPOLE = "epci:200093201"
GROUND = (  # where the demonstration's associations are at home, beside Roubaix
    "departement:93", "departement:75", "departement:69", "departement:13", "departement:31", "departement:33",
    "departement:35", "departement:44", "departement:62", "departement:67", "departement:76", "departement:974",
)  # fmt: skip
_NATION, _ROUBAIX, _LILLE, _GROUND = 0.58, 0.04, 0.08, 0.30
_FAR = frozenset({"975", "977", "978", "984", "986", "987", "988", "989"})
_FAR_SHARE = 0.2


@cache
def homes() -> Weighted[Commune]:
    """The communes to draw from, weighted."""
    weights = commune_weights()
    return Weighted((commune, weights[commune.code]) for commune in atlas().communes.values())


@cache
def commune_weights() -> dict[str, float]:
    """Share of the requests expected from each commune; cities cut in arrondissements have nought."""
    inhabited = {code: _inhabitants(commune) for code, commune in atlas().communes.items()}
    weights = _scaled(inhabited, _NATION)
    for place, share in ((f"commune:{ROUBAIX}", _ROUBAIX), (LILLE_METROPOLE, _LILLE)):
        _add(weights, inhabited, (place,), share)
    _add(weights, inhabited, GROUND, _GROUND)
    return weights


@lru_cache(maxsize=1_000)
def share_of(places: frozenset[str]) -> float:
    """Share of the requests expected from any of the places; remote reaches everybody."""
    if any(kind_of(place) in (PlaceKind.REMOTE, PlaceKind.COUNTRY) for place in places):
        return 1.0
    codes = {code for place in places for code in commune_codes_of(place)}
    return fsum(commune_weights()[code] for code in codes)


def _inhabitants(commune: Commune) -> float:
    if commune.code in _divided():
        return 0.0
    return commune.population * (_FAR_SHARE if commune.departement in _FAR else 1.0)


@cache
def _divided() -> frozenset[str]:
    return frozenset(commune.parent for commune in atlas().communes.values() if commune.parent)


def _scaled(weights: dict[str, float], total: float) -> dict[str, float]:
    whole = fsum(weights.values())  # exact, whatever the order
    return {code: weight * total / whole for code, weight in weights.items()}


def _add(weights: dict[str, float], inhabited: dict[str, float], places: tuple[str, ...], share: float) -> None:
    codes = {code for place in places for code in commune_codes_of(place)}
    for code, weight in _scaled({code: inhabited[code] for code in codes}, share).items():
        weights[code] += weight
