"""Criteria as a form holds them: clauses that must all hold, each one sentence, or sentences joined by « ou ».

What a form cannot say (deeper any, all, not) is kept whole, in its place: shown as a sentence, edited by staff.
`form_of` and `expression_of` are each other's inverse, to the letter of the written JSON.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from matching.conditions import (
    AgeTest,
    AnyOfTest,
    AvailableTest,
    ChannelTest,
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
)
from matching.criteria import All, AnyOf, Expression, Not
from matching.vocabulary import StudyLevel

OLDEST, LONGEST_MONTHS, MOST_HOURS = 99, 60, 200
MOST_PLACES = 400


class Kind(StrEnum):
    """What a line of the form asks. MEETING: ways of meeting for those who live somewhere, in one branch."""

    AGE = "age"
    LEVEL = "level"
    SITUATION = "situation"
    NEED = "need"
    PUBLIC = "public"
    CHANNEL = "channel"
    REFERRER = "referrer_type"
    TERRITORY = "territory"
    MODALITY = "modality"
    MEETING = "meeting"
    MONTHS = "months"
    HOURS = "hours_a_month"
    AVAILABLE = "available_by"


LISTS: Mapping[Kind, type[AnyOfTest]] = {
    Kind.SITUATION: SituationTest,
    Kind.NEED: NeedTest,
    Kind.PUBLIC: PublicTest,
    Kind.CHANNEL: ChannelTest,
    Kind.REFERRER: ReferrerTypeTest,
    Kind.MODALITY: ModalityTest,
}
MAY_BE_EXCLUDED = frozenset({Kind.SITUATION, Kind.NEED, Kind.PUBLIC, Kind.CHANNEL, Kind.REFERRER, Kind.TERRITORY})
WITH_PLACES = frozenset({Kind.TERRITORY, Kind.MEETING})


class LineError(ValueError):
    """What is missing or wrong in a line, in French."""


class UnfinishedError(LineError):
    """Nothing is wrong yet: something is still to be written or chosen."""


@dataclass(frozen=True)
class Line:
    """One test as it is typed. chosen: values of its closed list; places: place codes, sorted; least, most: bounds."""

    kind: Kind
    excluded: bool = False
    chosen: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    least: str = ""
    most: str = ""

    def expression(self) -> Expression:
        """The test. Raises LineError when it cannot be read."""
        test = WRITTEN[self.kind](self)
        return Not(test) if self.excluded else test


@dataclass(frozen=True)
class Clause:
    """One sentence, or several of which one is enough."""

    lines: tuple[Line, ...]

    def expression(self) -> Expression:
        parts = tuple(line.expression() for line in self.lines)
        return parts[0] if len(parts) == 1 else AnyOf(parts)


@dataclass(frozen=True)
class Kept:
    """What the form cannot say: the clause at this place of the version it was drawn from."""

    place: int
    part: Expression

    def expression(self) -> Expression:
        return self.part


Part = Clause | Kept


@dataclass(frozen=True)
class Form:
    """All that a side of a programme asks, in order."""

    parts: tuple[Part, ...] = ()

    @property
    def kept(self) -> tuple[Kept, ...]:
        return tuple(part for part in self.parts if isinstance(part, Kept))

    def lines(self) -> Iterator[tuple[int, int, Line]]:
        """Every line with the numbers of its clause and of itself."""
        for clause, part in enumerate(self.parts):
            if isinstance(part, Clause):
                for number, line in enumerate(part.lines):
                    yield clause, number, line


def expression_of(form: Form) -> Expression:
    """The criteria that the form says. Raises LineError on the first line that cannot be read."""
    return All(tuple(part.expression() for part in form.parts))


def faults_of(form: Form) -> dict[tuple[int, int], str]:
    """What is wrong or not finished yet, by clause and line."""
    return {at: str(error) for at, error in _errors(form)}


def wrong_in(form: Form) -> dict[tuple[int, int], str]:
    """Those of the faults that nothing more to write will mend."""
    return {at: str(error) for at, error in _errors(form) if not isinstance(error, UnfinishedError)}


def _errors(form: Form) -> Iterator[tuple[tuple[int, int], LineError]]:
    places = 0
    for clause, number, line in form.lines():
        places += len(line.places)
        try:
            line.expression()
            _refuse_too_many(places if line.places else 0)
        except LineError as error:
            yield (clause, number), error


def _refuse_too_many(places: int) -> None:
    if places > MOST_PLACES:
        raise LineError(f"Pas plus de {MOST_PLACES} lieux en tout : retirez-en, ou choisissez un département.")


def form_of(expression: Expression) -> Form | None:
    """The criteria as a form; None when they are not a list of clauses at all."""
    if not isinstance(expression, All):
        return None
    return Form(tuple(_part(place, part) for place, part in enumerate(expression.parts)))


def _part(place: int, part: Expression) -> Part:
    alternatives = part.parts if isinstance(part, AnyOf) else (part,)
    lines = [line_of(one) for one in alternatives]
    alone = not isinstance(part, AnyOf)
    if all(lines) and (alone or len(lines) > 1):
        return Clause(tuple(line for line in lines if line))
    return Kept(place, part)


def line_of(part: Expression) -> Line | None:
    """The line that says exactly this; None when there is none."""
    match part:
        case Not(AnyOfTest() as test) if _kind(test) in MAY_BE_EXCLUDED:
            line = _simple(test)
            return replace(line, excluded=True) if line else None
        case All((ModalityTest() as ways,)):
            return Line(Kind.MEETING, chosen=_words(ways))
        case All((ModalityTest() as ways, TerritoryTest() as ground)):
            return Line(Kind.MEETING, chosen=_words(ways), places=tuple(sorted(ground.any_of)))
        case Test():
            return _simple(part)
    return None


def _kind(test: Test) -> Kind | None:
    return Kind(test.code) if test.code in set(Kind) else None


def _simple(test: Test) -> Line | None:
    match test:
        case AgeTest(least, most):
            return _readable(Line(Kind.AGE, least=_text(least), most=_text(most)))
        case LevelTest(lowest, highest):
            return Line(Kind.LEVEL, least=str(lowest or ""), most=str(highest or ""))
        case MonthsTest(least):
            return _readable(Line(Kind.HOURS if isinstance(test, HoursTest) else Kind.MONTHS, least=str(least)))
        case AvailableTest(by):
            return Line(Kind.AVAILABLE, least=by.isoformat())
        case TerritoryTest():
            return Line(Kind.TERRITORY, places=tuple(sorted(test.any_of)))
        case AnyOfTest() if kind := _kind(test):
            return Line(kind, chosen=_words(test))
    return None


def _readable(line: Line) -> Line | None:
    """A bound that the form would refuse (an age of 150) is not for the form."""
    try:
        line.expression()
    except LineError:
        return None
    return line


def _words(test: AnyOfTest) -> tuple[str, ...]:
    """The values in the order of their closed list."""
    assert test.words is not None
    return tuple(word.value for word in test.words if word in test.any_of)


def _text(bound: int | None) -> str:
    return "" if bound is None else str(bound)


def _integer(text: str, most: int, wanted: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or len(text) > len(str(most)) or int(text) > most:
        raise LineError(wanted)
    return int(text)


def _age(line: Line) -> Expression:
    wanted = f"Écrivez un âge entre 0 et {OLDEST} ans, par exemple 14."
    least, most = (_integer(text, OLDEST, wanted) for text in (line.least, line.most))
    if least is None and most is None:
        raise UnfinishedError("Écrivez au moins un âge, ou retirez ce critère.")
    if least is not None and most is not None and least > most:
        raise LineError("L’âge le plus bas dépasse le plus haut.")
    return AgeTest(least, most)


def _level(line: Line) -> Expression:
    try:
        lowest, highest = (StudyLevel(text) if text else None for text in (line.least, line.most))
    except ValueError as error:
        raise LineError("Choisissez un niveau de la liste.") from error
    if lowest is None and highest is None:
        raise UnfinishedError("Choisissez au moins un niveau, ou retirez ce critère.")
    if lowest is not None and highest is not None and lowest > highest:
        raise LineError("Le niveau le plus bas dépasse le plus haut.")
    return LevelTest(lowest, highest)


def _listed(line: Line) -> AnyOfTest:
    kind = LISTS[Kind.MODALITY if line.kind is Kind.MEETING else line.kind]
    assert kind.words is not None
    if not line.chosen:
        raise UnfinishedError("Choisissez au moins une réponse, ou retirez ce critère.")
    if not set(line.chosen) <= set(kind.words):
        raise LineError("Cette réponse n’est pas dans la liste.")
    return kind(frozenset(kind.words(value) for value in line.chosen))


def _territory(line: Line) -> Expression:
    if not line.places:
        raise UnfinishedError("Ajoutez au moins un lieu, ou retirez ce critère.")
    return TerritoryTest(frozenset(line.places))


def _meeting(line: Line) -> Expression:
    ground = (TerritoryTest(frozenset(line.places)),) if line.places else ()
    return All((_listed(line), *ground))


def _months(line: Line) -> Expression:
    return MonthsTest(_least(line, LONGEST_MONTHS, "mois"))


def _hours(line: Line) -> Expression:
    return HoursTest(_least(line, MOST_HOURS, "heures par mois"))


def _least(line: Line, most: int, unit: str) -> int:
    wanted = f"Écrivez un nombre entre 1 et {most} ({unit}), par exemple 6."
    found = _integer(line.least, most, wanted)
    if found is None:
        raise UnfinishedError(wanted)
    if not found:
        raise LineError(wanted)
    return found


def _available(line: Line) -> Expression:
    if not line.least:
        raise UnfinishedError("Choisissez une date, ou retirez ce critère.")
    try:
        return AvailableTest(date.fromisoformat(line.least))
    except ValueError as error:
        raise LineError("Cette date n’existe pas ou est mal écrite. Exemple : 05/01/2027.") from error


WRITTEN: Mapping[Kind, Callable[[Line], Any]] = {
    Kind.AGE: _age,
    Kind.LEVEL: _level,
    Kind.TERRITORY: _territory,
    Kind.MEETING: _meeting,
    Kind.MONTHS: _months,
    Kind.HOURS: _hours,
    Kind.AVAILABLE: _available,
} | dict.fromkeys(LISTS, _listed)
