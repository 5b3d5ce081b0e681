"""Criteria read aloud: one sentence a condition, in the words of the routing engine."""

from collections.abc import Iterator, Mapping

from matching.conditions import ModalityTest, TerritoryTest, Test
from matching.criteria import All, AnyOf, Expression, Not, tests_of
from matching.vocabulary import Modality
from matching.wording import rule
from portal.places import UnknownPlaceError, label
from portal.web.typography import NBSP

MOST_PLACES = 12


def sentences(criteria: Expression) -> list[str]:
    """« Âge : de 18 à 33 ans », « Public : QPV ; ou niveau : de 6e à 3e ». Everyone, when there is none."""
    names = place_names(criteria)
    parts = criteria.parts if isinstance(criteria, All) else (criteria,)
    said = [_capital(_said(part, names)) for part in parts]
    return [one for one in said if one] or ["Tout le monde"]


def place_names(criteria: Expression) -> dict[str, str]:
    tests = (test for test in tests_of(criteria) if isinstance(test, TerritoryTest))
    return {place: _place(place) for test in tests for place in test.any_of}


def _place(code: str) -> str:
    try:
        return label(code)
    except UnknownPlaceError:
        return code


def _said(part: Expression, names: Mapping[str, str], *, excluded: bool = False) -> str:
    match part:
        case All(parts):
            return ", ".join(_each(parts, names, excluded=excluded))
        case AnyOf(parts):
            return f"{NBSP}; ou ".join(_each(parts, names, excluded=excluded))
        case Not(inner):
            return _said(inner, names, excluded=not excluded)
        case Test():
            return _test(part, names, excluded=excluded)


def _each(parts: tuple[Expression, ...], names: Mapping[str, str], *, excluded: bool) -> Iterator[str]:
    return (_said(part, names, excluded=excluded) for part in parts)


def _test(test: Test, names: Mapping[str, str], *, excluded: bool) -> str:
    if isinstance(test, TerritoryTest) and len(test.any_of) > MOST_PLACES:
        known = sorted(names.get(code, code) for code in test.any_of)
        said = f"{', '.join(known[:MOST_PLACES])} et {len(known) - MOST_PLACES} autres lieux"
        return f"territoire{NBSP}: {'sauf ' if excluded else ''}{said}"
    if isinstance(test, ModalityTest) and set(test.any_of) == {Modality.IN_PERSON, Modality.HYBRID} and not excluded:
        return "en présentiel"
    return f"{test.title.lower()}{NBSP}: {rule(test, names, excluded=excluded)}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
