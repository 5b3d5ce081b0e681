"""The values that figures are told apart by, gathered and put into words."""

from collections.abc import Callable, Mapping

from matching.vocabulary import Channel, Need, Public, ReferrerType, StudyLevel
from portal.models.assignment import BounceReason
from portal.models.bounce import BOUNCES
from portal.web.typography import NBSP

Grouping = Callable[[Mapping[str, int]], dict[str, int]]
UNKNOWN = "Non renseigné"
AGES = (
    (f"moins de 11{NBSP}ans", 0, 10),
    (f"11-14{NBSP}ans", 11, 14),
    (f"15-17{NBSP}ans", 15, 17),
    (f"18-20{NBSP}ans", 18, 20),
    (f"21-25{NBSP}ans", 21, 25),
    (f"26-30{NBSP}ans", 26, 30),
    (f"31-40{NBSP}ans", 31, 40),
    (f"41-50{NBSP}ans", 41, 50),
    (f"51-60{NBSP}ans", 51, 60),
    (f"61{NBSP}ans et plus", 61, 200),
)
LEVELS = (
    ("École élémentaire", StudyLevel.CP, StudyLevel.CM2),
    ("Collège", StudyLevel.SIXIEME, StudyLevel.TROISIEME),
    ("Lycée ou CAP", StudyLevel.SECONDE, StudyLevel.TERMINALE),
    ("Bac", StudyLevel.BAC, StudyLevel.BAC),
    ("Bac+1 et Bac+2", StudyLevel.BAC_1, StudyLevel.BAC_2),
    ("Bac+3", StudyLevel.BAC_3, StudyLevel.BAC_3),
    ("Bac+4 et plus", StudyLevel.BAC_4, StudyLevel.BAC_8),
)
CHANNELS = {
    Channel.SELF: "La personne elle-même",
    Channel.FAMILY: "La famille",
    Channel.PROFESSIONAL: "Un professionnel",
}


def ages(counts: Mapping[str, int]) -> dict[str, int]:
    """By group of ages, youngest first; unknown ones last, if there are any."""
    found = {name: 0 for name, _, _ in AGES}
    for value, n in counts.items():
        group = next((name for name, low, high in AGES if value and low <= int(value) <= high), UNKNOWN)
        found[group] = found.get(group, 0) + n
    return found


def levels(counts: Mapping[str, int]) -> dict[str, int]:
    """By stage of studies, in their order; unknown ones last, if there are any."""
    found = {name: 0 for name, _, _ in LEVELS}
    for value, n in counts.items():
        group = _stage(value)
        found[group] = found.get(group, 0) + n
    return found


def _stage(value: str) -> str:
    if not value:
        return UNKNOWN
    rank = StudyLevel(value).rank
    return next(name for name, low, high in LEVELS if low.rank <= rank <= high.rank)


def channels(counts: Mapping[str, int]) -> dict[str, int]:
    return {words: counts.get(channel.value, 0) for channel, words in CHANNELS.items()}


def publics(counts: Mapping[str, int]) -> dict[str, int]:
    return _named(counts, lambda value: Public(value).label)


def needs(counts: Mapping[str, int]) -> dict[str, int]:
    return _named(counts, lambda value: Need(value).label)


def referrers(counts: Mapping[str, int]) -> dict[str, int]:
    return _named(counts, lambda value: ReferrerType(value).label)


def reasons(counts: Mapping[str, int]) -> dict[str, int]:
    return _named(counts, lambda value: BOUNCES[BounceReason(value)].label)


def _named(counts: Mapping[str, int], label: Callable[[str], str]) -> dict[str, int]:
    return {(words := label(value))[:1].upper() + words[1:]: n for value, n in counts.items()}
