"""The form in words: each line as a sentence about « les jeunes qui… » or « les bénévoles qui… », and its choices."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from matching.vocabulary import Modality, Public, Side, Situation, StudyLevel, Word
from portal.association.criteria_form import (
    LISTS,
    MAY_BE_EXCLUDED,
    WITH_PLACES,
    Clause,
    Form,
    Kept,
    Kind,
    Line,
)
from portal.association.criteria_typed import Search
from portal.association.wording import capital, place_said
from portal.web.typography import listed

TITLES: Mapping[Kind, str] = {
    Kind.AGE: "Âge",
    Kind.LEVEL: "Niveau d’études",
    Kind.SITUATION: "Situation",
    Kind.NEED: "Besoins",
    Kind.PUBLIC: "Public",
    Kind.CHANNEL: "Qui fait la demande",
    Kind.REFERRER: "Prescripteur",
    Kind.TERRITORY: "Territoire",
    Kind.MODALITY: "Forme",
    Kind.MEETING: "Forme et territoire",
    Kind.MONTHS: "Durée d’engagement",
    Kind.HOURS: "Temps par mois",
    Kind.AVAILABLE: "Disponibilité",
}
VERBS: Mapping[Kind, tuple[str, str]] = {
    Kind.SITUATION: ("sont", "ne sont pas"),
    Kind.NEED: ("cherchent", "ne cherchent pas"),
    Kind.PUBLIC: ("sont concernés par", "ne sont pas concernés par"),
    Kind.CHANNEL: ("ont une demande faite par", "n’ont pas une demande faite par"),
    Kind.REFERRER: ("sont envoyés par", "ne sont pas envoyés par"),
    Kind.TERRITORY: ("habitent l’un de ces lieux\u00a0:", "n’habitent aucun de ces lieux\u00a0:"),
    Kind.MODALITY: ("acceptent de se voir", ""),
    Kind.MEETING: ("acceptent de se voir", ""),
}
HELPING = ("veulent aider pour", "ne veulent pas aider pour")
OFFERED: Mapping[Side, tuple[Kind, ...]] = {
    Side.MENTEE: (
        Kind.AGE, Kind.LEVEL, Kind.SITUATION, Kind.NEED, Kind.PUBLIC, Kind.CHANNEL, Kind.REFERRER,
        Kind.MEETING, Kind.TERRITORY, Kind.MODALITY,
    ),
    Side.MENTOR: (
        Kind.AGE, Kind.LEVEL, Kind.SITUATION, Kind.NEED, Kind.PUBLIC,
        Kind.MEETING, Kind.TERRITORY, Kind.MODALITY, Kind.MONTHS, Kind.HOURS, Kind.AVAILABLE,
    ),
}  # fmt: skip
SHORTER: Mapping[Word, str] = {Modality.HYBRID: "en partie à distance"}
MOST_NAMED = 6


class Choice(NamedTuple):
    """One answer to tick."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class LineShown:
    """One line as the page draws it. said: what is chosen, in words; bounds are in the line itself."""

    key: str
    line: Line
    verbs: tuple[str, str]
    said: str
    choices: tuple[Choice, ...]
    places: tuple[tuple[str, str], ...]
    places_said: str
    fault: str
    search: Search | None

    @property
    def may_be_excluded(self) -> bool:
        return self.line.kind in MAY_BE_EXCLUDED

    @property
    def has_places(self) -> bool:
        return self.line.kind in WITH_PLACES


@dataclass(frozen=True)
class ClauseShown:
    """One clause: its sentences; or kept, what only staff edit, at its place of the version."""

    number: int
    title: str
    lines: tuple[LineShown, ...] = ()
    kept: Kept | None = None


def clauses_shown(
    form: Form, side: Side, faults: Mapping[tuple[int, int], str], search: Search | None
) -> list[ClauseShown]:
    return [_clause(number, part, side, faults, search) for number, part in enumerate(form.parts)]


def _clause(
    number: int, part: Clause | Kept, side: Side, faults: Mapping[tuple[int, int], str], search: Search | None
) -> ClauseShown:
    if isinstance(part, Kept):
        return ClauseShown(number, "Condition particulière", kept=part)
    titles = list(dict.fromkeys(TITLES[line.kind] for line in part.lines))
    lines = tuple(
        _line(f"{number}.{at}", line, side, faults.get((number, at), ""), _of(search, number, at))
        for at, line in enumerate(part.lines)
    )
    return ClauseShown(number, capital(listed([title.lower() for title in titles], "ou")), lines)


def _of(search: Search | None, clause: int, number: int) -> Search | None:
    return search if search and (search.clause, search.number) == (clause, number) else None


def _line(key: str, line: Line, side: Side, fault: str, search: Search | None) -> LineShown:
    choices = choices_of(line, side)
    return LineShown(
        key,
        line,
        HELPING if line.kind is Kind.NEED and side is Side.MENTOR else VERBS.get(line.kind, ("", "")),
        listed([choice.label for choice in choices if choice.chosen], "ou"),
        choices,
        tuple((code, place_said(code)) for code in line.places),
        places_named(line.places),
        fault,
        search,
    )


def choices_of(line: Line, side: Side) -> tuple[Choice, ...]:
    """The closed list, without what is never asked on this side unless it is chosen already."""
    kind = LISTS.get(Kind.MODALITY if line.kind is Kind.MEETING else line.kind)
    if kind is None or kind.words is None:
        return ()
    words = [word for word in kind.words if word.value in line.chosen or _asked(word, side)]
    return tuple(Choice(word.value, SHORTER.get(word, word.label), word.value in line.chosen) for word in words)


def _asked(word: Word, side: Side) -> bool:
    return not isinstance(word, Situation | Public) or side in word.sides


def places_named(codes: tuple[str, ...]) -> str:
    """« Lille, Roubaix ou Tourcoing », « Lille, Roubaix… et 12 autres lieux »."""
    names = sorted(place_said(code) for code in codes)
    if len(names) > MOST_NAMED:
        return f"{', '.join(names[:MOST_NAMED])} et {len(names) - MOST_NAMED} autres lieux"
    return listed(names, "ou")


def kinds_offered(side: Side) -> list[tuple[str, str]]:
    """(act, words) of « Ajouter un critère »; excluding a public is one of them."""
    found = [(f"add:{kind.value}", TITLES[kind]) for kind in OFFERED[side]]
    return [*found, ("add:public:not", "Public à exclure")]


def alternatives_offered(number: int, side: Side) -> list[tuple[str, str]]:
    """(act, words) of « ou bien »."""
    found = [(f"or:{number}:{kind.value}", TITLES[kind]) for kind in OFFERED[side]]
    sent = [(f"or:{number}:professional", "envoyés par un professionnel")] if side is Side.MENTEE else []
    return [*sent, *found]


LEVELS = [("", "sans limite"), *((level.value, level.label) for level in StudyLevel)]
WHO = {Side.MENTEE: "jeunes", Side.MENTOR: "bénévoles"}
