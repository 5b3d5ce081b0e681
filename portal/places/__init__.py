"""The places of France: communes, intercommunalités, départements, régions and named zones.

Read-only reference data shipped with the code; nothing here touches the database.
"""

from portal.places.atlas import Commune, UnknownPlaceError, commune, communes_of_postal_code
from portal.places.codes import COUNTRY, REMOTE, PlaceKind, kind_of, place_code
from portal.places.containment import commune_codes_of, label, places_of, population_of
from portal.places.search import Place, search_places

__all__ = [
    "COUNTRY",
    "REMOTE",
    "Commune",
    "Place",
    "PlaceKind",
    "UnknownPlaceError",
    "commune",
    "commune_codes_of",
    "communes_of_postal_code",
    "kind_of",
    "label",
    "place_code",
    "places_of",
    "population_of",
    "search_places",
]
