"""Criteria in their JSON form, briefly written."""

from collections.abc import Iterable

from matching.vocabulary import Channel, Modality, Need, Public, ReferrerType, Situation, StudyLevel, Word

Criteria = dict[str, object]


def every(*parts: Criteria) -> Criteria:
    """All of the parts."""
    return {"all": list(parts)}


def either(*parts: Criteria) -> Criteria:
    """One of the parts at least."""
    return {"any": list(parts)}


def excluding(part: Criteria) -> Criteria:
    """Not the part."""
    return {"not": part}


def age(least: int | None = None, most: int | None = None) -> Criteria:
    """Years at submission, bounds included."""
    return {"test": "age", **_bounds(min=least, max=most)}


def level(lowest: StudyLevel | None = None, highest: StudyLevel | None = None) -> Criteria:
    """A range of study levels, ends included."""
    return {"test": "level", **_bounds(**{"from": lowest and lowest.value, "to": highest and highest.value})}


def situation(*words: Situation) -> Criteria:
    """One of the situations."""
    return _any_of("situation", words)


def need(*words: Need) -> Criteria:
    """One of the needs."""
    return _any_of("need", words)


def public(*words: Public) -> Criteria:
    """One of the publics."""
    return _any_of("public", words)


def channel(*words: Channel) -> Criteria:
    """Sent by one of these."""
    return _any_of("channel", words)


def referrer(*words: ReferrerType) -> Criteria:
    """Referred by one of these."""
    return _any_of("referrer_type", words)


def months(least: int) -> Criteria:
    """Committed for so long at least."""
    return {"test": "months", "min": least}


def hours(least: int) -> Criteria:
    """So many hours a month at least."""
    return {"test": "hours_a_month", "min": least}


def modality(*words: Modality) -> Criteria:
    """One of these ways of meeting."""
    return _any_of("modality", words)


def territory(places: Iterable[str]) -> Criteria:
    """Living in one of the places."""
    return {"test": "territory", "any_of": sorted(places)}


def _any_of(test: str, words: Iterable[Word]) -> Criteria:
    return {"test": test, "any_of": [word.value for word in words]}


def _bounds(**bounds: object) -> Criteria:
    return {name: bound for name, bound in bounds.items() if bound is not None}
