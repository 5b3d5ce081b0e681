"""Made-up people and numbers that answer for an association."""

from portal.demo.identities import adult_first_name, landline_range, last_name
from portal.demo.seeds import chance, happens
from portal.demo.sheets import DemoCoordinator
from portal.places import PlaceKind, commune, commune_codes_of, kind_of


def coordinators(key: str) -> tuple[DemoCoordinator, ...]:
    """Invent one to three coordinators of an association, always the same."""
    random = chance("coordinators", key)
    return tuple(
        DemoCoordinator(
            adult_first_name(happens(random, 0.65), random), last_name(random), f"{key}.{number}@example.org"
        )
        for number in range(1, random.choice((1, 2, 2, 3)) + 1)
    )


def fictional_landline(key: str, place: str) -> str:
    """Give ten digits in the fictional range around a place."""
    code = place.partition(":")[2] if kind_of(place) is PlaceKind.COMMUNE else commune_codes_of(place)[0]
    return f"{landline_range(commune(code))}{chance('landline', key).randrange(10_000):04d}"
