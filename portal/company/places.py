"""Which place a company means by what it types: a commune, a postal code, a département, an intercommunalité."""

from portal.places import Place, PlaceKind, communes_of_postal_code, search_places
from portal.places.folding import fold

SEEN, NAMED = 40, 3


class PlaceUnclear(ValueError):
    """Several places, or none; the message says it in French."""


def place_meant(text: str) -> str:
    """The code of the place. Raises PlaceUnclear."""
    asked = fold(text)
    if asked.replace(" ", "").isdigit() and len(asked.replace(" ", "")) > len("974"):
        return _by_postal_code(asked.replace(" ", ""))
    found = search_places(text, SEEN)
    exact = [place for place in found if asked in {fold(place.name), _number(place)}]
    communes = [place for place in exact if place.kind is PlaceKind.COMMUNE]
    if len(communes) > 1:
        raise PlaceUnclear(f"Plusieurs communes s’appellent {text} : donnez plutôt le code postal.")
    if exact:
        return exact[0].code
    return _only(found).code


def _by_postal_code(code: str) -> str:
    communes = communes_of_postal_code(code)
    if not communes:
        raise PlaceUnclear("Nous ne connaissons pas ce code postal. Il compte cinq chiffres. Exemple : 59100")
    if len(communes) > 1:
        names = ", ".join(one.name for one in sorted(communes, key=lambda one: -one.population)[:NAMED])
        raise PlaceUnclear(f"Ce code postal désigne plusieurs communes : écrivez le nom de la vôtre ({names}…).")
    return communes[0].place


def _number(place: Place) -> str:
    """« 59 » for the Nord."""
    return place.code.partition(":")[2].lower() if place.kind is PlaceKind.DEPARTEMENT else ""


def _only(found: list[Place]) -> Place:
    if not found:
        raise PlaceUnclear("Nous ne connaissons pas ce lieu. Exemple : Roubaix, 59100, ou Nord")
    if len(found) > 1:
        names = " ; ".join(f"{place.name}, {place.detail}" for place in found[:NAMED])
        raise PlaceUnclear(f"Plusieurs lieux correspondent : {names}. Écrivez le nom entier.")
    return found[0]
