"""Criteria in French: one sentence for the whole, or a line for each condition.

Commas join what must all hold (semicolons when a condition has commas of its own), « ou » joins alternatives (« ou
bien » when one has an « ou » of its own), and parentheses stand around what would still be ambiguous. Two criteria
said alike mean the same.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from matching.conditions import (
    AgeTest,
    AvailableTest,
    EstablishmentTest,
    HoursTest,
    LevelTest,
    ModalityTest,
    MonthsTest,
    NeedTest,
    PublicTest,
    SituationTest,
    TerritoryTest,
    Test,
)
from matching.criteria import All, AnyOf, Expression, Not
from matching.phrases import NOBODY, exclusion, meeting_said, phrase, where
from matching.vocabulary import Modality
from matching.wording import NBSP, Names, rule

EVERYBODY = "tout le monde"
EITHER, EXCEPT = "L’une de ces situations", "Sauf si"
MEETING = "Forme et territoire"
REMOTE = frozenset({Modality.REMOTE})
FACE_TO_FACE = frozenset({Modality.IN_PERSON, Modality.HYBRID})
ORDER = (
    AgeTest, LevelTest, SituationTest, PublicTest, NeedTest, EstablishmentTest, MonthsTest, HoursTest, AvailableTest,
)  # fmt: skip
LAST = (TerritoryTest, ModalityTest)
LAST_SUBJECTS = tuple(kind.title for kind in LAST)
BRACKETS = re.compile(r"\([^()]*\)|«[^«»]*»")


@dataclass(frozen=True, slots=True)
class Meeting:
    """A way of meeting and the places it bears on, said in one breath: « en présentiel à Roubaix »."""

    ways: ModalityTest
    ground: TerritoryTest


Part = Expression | Meeting


@dataclass(frozen=True, slots=True)
class Line:
    """One condition: its subject and its rule, or choices of which one suffices."""

    subject: str
    rule: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says expressions with these names. most: how many places of a condition are named, all of them when None."""

    names: Names
    most: int | None = None

    def every(self, parts: Iterable[Part]) -> str:
        """What must all hold, the person first and the way of meeting last."""
        said = [self.alone(part) for part in sorted(parts, key=rank)]
        return (f"{NBSP}; " if any("," in bare(one) for one in said) else ", ").join(said)

    def alone(self, part: Part) -> str:
        """One condition among those that must all hold."""
        match part:
            case AnyOf(parts):
                remote = any(is_remote(inner) for inner in parts)
                return either([self.beside(inner, remote=remote) for inner in parts])
            case All(parts):
                return self.every(united(parts)) or EVERYBODY
            case Not(Test() as test):
                return exclusion(test, self.names, self.most)
            case Not(inner):
                return f"sauf ({self.alone(inner)})"
        return self.atom(part)

    def beside(self, part: Part, *, remote: bool) -> str:
        """One alternative: whatever is no single test stands in parentheses. remote: that is another of them."""
        if isinstance(part, All) and (one := meeting_in(part)):
            return meeting_said(one.ways.any_of, self._where(one), short=remote)
        return f"({self.alone(part)})" if isinstance(part, All | Not) else self.atom(part)

    def atom(self, part: Part) -> str:
        if isinstance(part, Meeting):
            return meeting_said(part.ways.any_of, self._where(part))
        assert isinstance(part, Test)
        return phrase(part, self.names, self.most)

    def _where(self, meeting: Meeting) -> str:
        return where(meeting.ground, self.names, self.most)


def sentence(criteria: Expression, names: Names, most: int | None = None) -> str:
    """The whole as one sentence without its full stop, such as « De 14 à 25 ans, à Roubaix ou à distance »."""
    return capital(words(criteria, names, most))


def words(criteria: Expression, names: Names, most: int | None = None) -> str:
    """The same, within another sentence."""
    plain = simplified(criteria)
    speaker = Speaker(names, most)
    if isinstance(plain, AnyOf) and any(isinstance(part, All) and not meeting_in(part) for part in plain.parts):
        return f"{NBSP}; ".join(f"soit {_within(speaker.alone(part))}" for part in plain.parts)
    return f"{EVERYBODY}, sans condition" if plain == All() else speaker.alone(plain)


def either(alternatives: list[str]) -> str:
    """« ou » between them, « ou bien » when one of them has its own."""
    own = any(" ou " in bare(one) for one in alternatives)
    return (" ou bien " if own else " ou ").join(alternatives) or NOBODY


def _within(said: str) -> str:
    return f"({said})" if f"{NBSP};" in bare(said) else said


def clauses(criteria: Expression, names: Names, most: int | None = None) -> list[str]:
    """Each condition that must hold, as a sentence of its own; none when there is no condition."""
    return [capital(Speaker(names, most).alone(part)) for part in conditions(criteria)]


def lines(criteria: Expression, names: Names, most: int | None = None) -> list[Line]:
    """Each condition with its subject, for a table of facts; alternatives of one subject are one rule."""
    speaker = Speaker(names, most)
    return [_line(part, speaker) for part in conditions(criteria)]


def conditions(criteria: Expression) -> tuple[Part, ...]:
    """What must all hold, in the order it is read."""
    plain = simplified(criteria)
    return tuple(sorted(united(plain.parts), key=rank)) if isinstance(plain, All) else (plain,)


def _line(part: Part, speaker: Speaker) -> Line:
    subjects = list(dict.fromkeys(subjects_of(part)))
    if isinstance(part, Not) and not isinstance(part.part, Test):
        return Line(EXCEPT, speaker.alone(part.part))
    if not subjects:
        return Line(capital(speaker.alone(part)), "sans condition")
    if isinstance(part, AnyOf) and not (len(subjects) == 1 or set(subjects) <= {MEETING, *LAST_SUBJECTS}):
        return Line(EITHER, choices=tuple(map(speaker.alone, part.parts)))
    subject = subjects[0] if len(subjects) == 1 else MEETING
    return Line(subject, _rule(part, speaker))


def _rule(part: Part, speaker: Speaker) -> str:
    """The rule beside its subject, which then need not be said again."""
    match part:
        case AnyOf(parts) if all(isinstance(inner, Test) and not isinstance(inner, LAST) for inner in parts):
            return either([_rule(inner, speaker) for inner in parts])
        case Not(TerritoryTest() as test):
            return exclusion(test, speaker.names, speaker.most)
        case Not(Test() as test):
            return rule(test, speaker.names, excluded=True)
        case TerritoryTest():
            return where(part, speaker.names, speaker.most)
        case Test() if not isinstance(part, LevelTest | ModalityTest):
            return rule(part, speaker.names)
    return speaker.alone(part)


def subjects_of(part: Part) -> Iterator[str]:
    match part:
        case All(parts) | AnyOf(parts):
            for inner in united(parts) if isinstance(part, All) else parts:
                yield from subjects_of(inner)
        case Not(inner):
            yield from subjects_of(inner)
        case Meeting():
            yield MEETING
        case Test():
            yield part.title


def simplified(criteria: Expression) -> Expression:
    """The same criteria without a needless level: an `all` within an `all`, one part alone, a part said twice."""
    match criteria:
        case All(parts):
            found = _spread(parts, All)
            return found[0] if len(found) == 1 else All(found)
        case AnyOf(parts):
            found = _spread(parts, AnyOf)
            return found[0] if len(found) == 1 else AnyOf(found)
        case Not(part):
            inner = simplified(part)
            return inner.part if isinstance(inner, Not) else Not(inner)
        case Test():
            return criteria


def _spread(parts: Iterable[Expression], kind: type[All | AnyOf]) -> tuple[Expression, ...]:
    found: dict[Expression, None] = {}
    for part in map(simplified, parts):
        found.update(dict.fromkeys(part.parts if isinstance(part, kind) else (part,)))
    return tuple(found)


def united(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The parts of an `all`, its only way of meeting and its only territory made one."""
    known = tuple(parts)
    ways = [part for part in known if isinstance(part, ModalityTest)]
    grounds = [part for part in known if isinstance(part, TerritoryTest)]
    if len(ways) != 1 or len(grounds) != 1 or not _one_way(ways[0]):
        return known
    return (*(part for part in known if part not in {ways[0], grounds[0]}), Meeting(ways[0], grounds[0]))


def _one_way(test: ModalityTest) -> bool:
    return test.any_of == REMOTE or test.any_of <= FACE_TO_FACE


def meeting_in(part: All) -> Meeting | None:
    """What the part is when it is nothing but a way of meeting somewhere."""
    found = united(part.parts)
    return found[0] if len(found) == 1 and isinstance(found[0], Meeting) else None


def is_remote(part: Part) -> bool:
    """Whether this is meeting at a distance, from anywhere or from somewhere."""
    one = meeting_in(part) if isinstance(part, All) else None
    ways = one.ways if one else part
    return isinstance(ways, ModalityTest) and ways.any_of == REMOTE


def rank(part: Part) -> tuple[int, int]:
    """Where a condition stands in the sentence: who, then exclusions, then where and how."""
    kinds = set(_kinds(part))
    if isinstance(part, Meeting) or kinds <= set(LAST):
        return 2, 0
    if isinstance(part, Not):
        return 1, 0
    known = [ORDER.index(kind) if kind in ORDER else len(ORDER) for kind in kinds]
    return 0, min(known, default=len(ORDER))


def _kinds(part: Part) -> Iterator[type[Test]]:
    match part:
        case All(parts) | AnyOf(parts):
            for inner in parts:
                yield from _kinds(inner)
        case Not(inner):
            yield from _kinds(inner)
        case Test():
            yield type(part)


def bare(said: str) -> str:
    """Without what stands in brackets or quotes, however deep."""
    while (shorter := BRACKETS.sub("", said)) != said:
        said = shorter
    return said


def capital(words: str) -> str:
    return words[:1].upper() + words[1:]
