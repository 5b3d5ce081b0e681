"""How a place is written: ``kind:code``, and two that stand alone."""

from enum import StrEnum

COUNTRY = "country:FR"
REMOTE = "remote"


class PlaceKind(StrEnum):
    """Kinds of places, from the widest to the narrowest, remote last."""

    COUNTRY = "country"
    REGION = "region"
    DEPARTEMENT = "departement"
    EPCI = "epci"
    ZONE = "zone"
    COMMUNE = "commune"
    REMOTE = "remote"

    @property
    def label(self) -> str:
        """The kind in French, lower case."""
        return _LABELS[self]


_LABELS = {
    PlaceKind.COUNTRY: "pays",
    PlaceKind.REGION: "région",
    PlaceKind.DEPARTEMENT: "département",
    PlaceKind.EPCI: "intercommunalité",
    PlaceKind.ZONE: "zone",
    PlaceKind.COMMUNE: "commune",
    PlaceKind.REMOTE: "à distance",
}


def place_code(kind: PlaceKind, code: str) -> str:
    """Write a place: ``place_code(PlaceKind.COMMUNE, "59512")`` is ``commune:59512``."""
    return f"{kind.value}:{code}"


def kind_of(place: str) -> PlaceKind:
    """Tell the kind of a written place; ValueError when it is not one of ours."""
    return PlaceKind(place.partition(":")[0])
