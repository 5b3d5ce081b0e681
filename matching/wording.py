"""Sentences in French: a test's bound, a person's fact, and the small words around them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import TypeVar

from matching.conditions import (
    AgeTest,
    AnyOfTest,
    AvailableTest,
    ChannelTest,
    EstablishmentTest,
    HoursTest,
    LevelTest,
    ModalityTest,
    MonthsTest,
    NeedTest,
    PublicTest,
    ReferrerTypeTest,
    SituationTest,
    TerritoryTest,
    Test,
    unreferred,
)
from matching.profile import Profile
from matching.vocabulary import PLACE_KINDS, Public, Word

Names = Mapping[str, str]

NBSP = "\u00a0"
UNTOLD = "non renseigné"
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
    "novembre", "décembre",
)  # fmt: skip


def day(value: date) -> str:
    first = "1er" if value.day == 1 else str(value.day)
    return f"{first}{NBSP}{MONTHS[value.month - 1]} {value.year}"


def listed(words: Iterable[str], last: str = "ou") -> str:
    """Such as "A, B ou C"."""
    *others, final = words
    return f"{', '.join(others)} {last} {final}" if others else final


def quoted(text: str) -> str:
    return f"«{NBSP}{text}{NBSP}»"


def counted(count: int, one: str, several: str | None = None) -> str:
    """In French the plural starts at two."""
    return f"{count}{NBSP}{several or one + 's' if count > 1 else one}"


def percent(value: Fraction) -> str:
    return f"{int(value * 100 + Fraction(1, 2))}{NBSP}%"


def number(value: Fraction) -> str:
    """To one decimal, with a comma."""
    tenths = int(value * 10 + Fraction(1, 2))
    return f"{tenths // 10},{tenths % 10}" if tenths % 10 else str(tenths // 10)


def rule(test: Test, names: Names, *, excluded: bool = False) -> str:
    """What a programme asks, in words."""
    said = _rule(test, names)
    return f"sauf{NBSP}: {said}" if excluded else said


def _rule(test: Test, names: Names) -> str:
    match test:
        case AgeTest(least, most):
            return _age(least, most)
        case LevelTest(lowest, highest):
            return _range(lowest, highest)
        case MonthsTest(least):
            monthly = isinstance(test, HoursTest)
            return f"au moins {counted(least, 'heure')} par mois" if monthly else f"au moins {_months(least)}"
        case AvailableTest(by):
            return f"disponible au plus tard le {day(by)}"
        case AnyOfTest():
            said = listed(_words(test, names))
            return f"demande faite par {said}" if isinstance(test, ChannelTest) else said
    raise TypeError(test)


def _words(test: AnyOfTest, names: Names) -> list[str]:
    if test.words is None:
        return sorted(names.get(code, code) for code in test.any_of)
    return [word.label for word in test.words if word in test.any_of]


def _age(least: int | None, most: int | None) -> str:
    if most is None:
        return f"à partir de {least}{NBSP}ans"
    if least is None:
        return f"jusqu’à {most}{NBSP}ans"
    return f"{most}{NBSP}ans" if least == most else f"de {least} à {most}{NBSP}ans"


def _range(lowest: Word | None, highest: Word | None) -> str:
    if lowest is None or highest is None:
        return f"à partir de {lowest.label}" if lowest else f"jusqu’à {highest.label}" if highest else UNTOLD
    return lowest.label if lowest is highest else f"de {lowest.label} à {highest.label}"


def told(test: Test, profile: Profile, names: Names) -> str:
    """The person's fact that a test looks at, in words."""
    match test:
        case PublicTest():
            return _answers(test, profile)
        case EstablishmentTest():
            return _establishment(profile, names)
        case TerritoryTest():
            return _home(profile, names)
    return _TOLD[type(test)](profile) or UNTOLD


def _answers(test: PublicTest, profile: Profile) -> str:
    """Only the answers this test bears on: the others are nobody's business here."""
    given = dict(profile.answers)
    asked = [public for public in Public if public in test.any_of and public in given]
    said = [f"{public.label}{NBSP}: {'oui' if given[public] else 'non'}" for public in asked]
    return ", ".join(said) or UNTOLD


def _establishment(profile: Profile, names: Names) -> str:
    fact = EstablishmentTest.fact(profile)
    if fact is None or fact == "":
        return UNTOLD if fact is None else "aucun"
    return profile.establishment_name or names.get(str(fact), str(fact))


def _home(profile: Profile, names: Names) -> str:
    if profile.home or not profile.places:
        return f"habite {profile.home}" if profile.home else UNTOLD
    kinds = {kind: rank for rank, kind in enumerate(PLACE_KINDS)}
    nearest = min(profile.places, key=lambda place: (kinds.get(place.partition(":")[0], 9), place))
    return f"habite {names.get(nearest, nearest)}"


W = TypeVar("W", bound=Word)


def labels(words: frozenset[W] | None) -> str:
    if words is None:
        return UNTOLD
    return ", ".join(word.label for word in type(min(words)) if word in words) if words else "aucun"


def _channel(profile: Profile) -> str:
    return f"demande faite par {profile.channel.label}" if profile.channel else ""


def _referrer(profile: Profile) -> str:
    if profile.referrer_type:
        return profile.referrer_type.label
    return "sans prescripteur professionnel" if unreferred(profile) else ""


def _age_told(profile: Profile) -> str:
    return "" if profile.age is None else f"{profile.age}{NBSP}ans"


def _hours(profile: Profile) -> str:
    return "" if profile.hours_a_month is None else f"{counted(profile.hours_a_month, 'heure')} par mois"


def _months(count: int) -> str:
    return f"{count}{NBSP}mois"


def _available(profile: Profile) -> str:
    return f"disponible à partir du {day(profile.available_from)}" if profile.available_from else ""


_TOLD: Mapping[type[Test], Callable[[Profile], str]] = {
    ChannelTest: _channel,
    ReferrerTypeTest: _referrer,
    AgeTest: _age_told,
    SituationTest: lambda profile: labels(profile.situations),
    LevelTest: lambda profile: profile.level.label if profile.level else "",
    NeedTest: lambda profile: labels(profile.needs),
    ModalityTest: lambda profile: labels(profile.modalities),
    MonthsTest: lambda profile: "" if profile.months is None else _months(profile.months),
    HoursTest: _hours,
    AvailableTest: _available,
}
