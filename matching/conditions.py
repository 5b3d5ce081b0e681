"""The closed list of tests: each with a code, the fact it looks at, its truth, and its JSON."""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import ClassVar, Self

from matching.profile import Profile
from matching.reading import MOST_COUNTED, Node
from matching.vocabulary import (
    PLACE_KINDS,
    Channel,
    Modality,
    Need,
    Public,
    ReferrerType,
    Side,
    Situation,
    StudyLevel,
    Word,
)


class Truth(IntEnum):
    """Strong Kleene logic: `all` is the least, `any` the greatest, `not` the mirror."""

    NO = 0
    UNKNOWN = 1
    YES = 2

    def negated(self) -> "Truth":
        return _NEGATED[self]


_NEGATED = (Truth.YES, Truth.UNKNOWN, Truth.NO)


def truth(answer: bool) -> Truth:
    return Truth.YES if answer else Truth.NO


class Test(ABC):
    """One leaf of a criteria expression: immutable, hashable, knowing no person.

    `fact` takes from a profile what the test looks at (None is unknown); `holds` answers for such a fact.
    """

    __slots__ = ()
    code: ClassVar[str]
    title: ClassVar[str]
    attribute: ClassVar[str]

    @classmethod
    def fact(cls, profile: Profile) -> Hashable:
        fact: Hashable = getattr(profile, cls.attribute)
        return fact

    @abstractmethod
    def holds(self, fact: Hashable) -> Truth: ...

    @abstractmethod
    def bounds(self) -> dict[str, object]:
        """The JSON fields besides `test`."""

    @classmethod
    @abstractmethod
    def read(cls, node: Node) -> Self:
        """Read the JSON form. Raises InvalidInputError."""

    def to_json(self) -> dict[str, object]:
        return {"test": self.code, **self.bounds()}


@dataclass(frozen=True, slots=True)
class AnyOfTest(Test):
    """The fact, or one of the facts, is among those listed. `words` is the closed list, if any."""

    any_of: frozenset[str]
    words: ClassVar[type[Word] | None] = None

    def holds(self, fact: Hashable) -> Truth:
        if fact is None:
            return Truth.UNKNOWN
        if isinstance(fact, frozenset):
            return truth(not self.any_of.isdisjoint(fact))
        return truth(fact in self.any_of)

    def bounds(self) -> dict[str, object]:
        return {"any_of": sorted(str(word) for word in self.any_of)}

    @classmethod
    def read(cls, node: Node) -> Self:
        node.only("test", "any_of")
        items = node.field("any_of").items()
        if not items:
            raise node.field("any_of").fail("must not be empty")
        return cls(frozenset(cls.word(item) for item in items))

    @classmethod
    def word(cls, node: Node) -> str:
        return node.member(cls.words) if cls.words else node.key()


class ChannelTest(AnyOfTest):
    __slots__ = ()
    code, title, words = "channel", "Qui fait la demande", Channel
    attribute = "channel"


def unreferred(profile: Profile) -> bool:
    """No professional refers this person, and we know it."""
    return profile.channel is not None and profile.channel is not Channel.PROFESSIONAL


class ReferrerTypeTest(AnyOfTest):
    __slots__ = ()
    code, title, words = "referrer_type", "Prescripteur", ReferrerType

    @classmethod
    def fact(cls, profile: Profile) -> Hashable:
        return profile.referrer_type or ("" if unreferred(profile) else None)


class EstablishmentTest(AnyOfTest):
    """A named partner: the establishment that refers a young person, or a mentor's employer."""

    __slots__ = ()
    code, title = "establishment", "Établissement partenaire"

    @classmethod
    def fact(cls, profile: Profile) -> Hashable:
        if profile.establishment is not None:
            return profile.establishment
        return "" if profile.side is Side.MENTEE and unreferred(profile) else None


class SituationTest(AnyOfTest):
    __slots__ = ()
    code, title, words = "situation", "Situation", Situation
    attribute = "situations"


class NeedTest(AnyOfTest):
    __slots__ = ()
    code, title, words = "need", "Besoin", Need
    attribute = "needs"


class PublicTest(AnyOfTest):
    """Each public is answered apart: "no" to one and silence on another is unknown."""

    __slots__ = ()
    code, title, words = "public", "Public", Public
    attribute = "answers"

    def holds(self, fact: Hashable) -> Truth:
        assert isinstance(fact, frozenset)
        if any((public, True) in fact for public in self.any_of):
            return Truth.YES
        return Truth.NO if all((public, False) in fact for public in self.any_of) else Truth.UNKNOWN


class TerritoryTest(AnyOfTest):
    """Where the person lives. In one branch with a modality it bears on that way of meeting only."""

    __slots__ = ()
    code, title = "territory", "Territoire"
    attribute = "places"

    @classmethod
    def word(cls, node: Node) -> str:
        kind, _, rest = node.key().partition(":")
        if kind not in PLACE_KINDS or not rest:
            raise node.fail(f"a place kind:code is expected, kind being one of {', '.join(PLACE_KINDS)}")
        return node.key()


class ModalityTest(AnyOfTest):
    """Holds for the way of meeting under test; which ways are tried is the person's choice."""

    __slots__ = ()
    code, title, words = "modality", "Forme", Modality
    attribute = "modalities"


@dataclass(frozen=True, slots=True)
class AgeTest(Test):
    """Whole years at submission, bounds included."""

    code, title = "age", "Âge"
    attribute = "age"
    least: int | None = None
    most: int | None = None

    def holds(self, fact: Hashable) -> Truth:
        if fact is None:
            return Truth.UNKNOWN
        assert isinstance(fact, int)
        above = self.least is None or fact >= self.least
        return truth(above and (self.most is None or fact <= self.most))

    def bounds(self) -> dict[str, object]:
        both = {"min": self.least, "max": self.most}
        return {name: bound for name, bound in both.items() if bound is not None}

    @classmethod
    def read(cls, node: Node) -> Self:
        node.only("test", "min", "max")
        least, most = node.get("min"), node.get("max")
        test = cls(*(each.integer(most=MOST_COUNTED) if each else None for each in (least, most)))
        if test.least is None and test.most is None:
            raise node.fail("min or max is needed")
        if test.least is not None and test.most is not None and test.least > test.most:
            raise node.fail("min is above max")
        return test


@dataclass(frozen=True, slots=True)
class LevelTest(Test):
    """A range on the scale from CP to Bac+8, ends included."""

    code, title = "level", "Niveau d’études"
    attribute = "level"
    lowest: StudyLevel | None = None
    highest: StudyLevel | None = None

    def holds(self, fact: Hashable) -> Truth:
        if fact is None:
            return Truth.UNKNOWN
        assert isinstance(fact, StudyLevel)
        above = self.lowest is None or fact >= self.lowest
        return truth(above and (self.highest is None or fact <= self.highest))

    def bounds(self) -> dict[str, object]:
        both = {"from": self.lowest, "to": self.highest}
        return {name: level.value for name, level in both.items() if level is not None}

    @classmethod
    def read(cls, node: Node) -> Self:
        node.only("test", "from", "to")
        lowest, highest = node.get("from"), node.get("to")
        test = cls(lowest.member(StudyLevel) if lowest else None, highest.member(StudyLevel) if highest else None)
        if test.lowest is None and test.highest is None:
            raise node.fail("from or to is needed")
        if test.lowest is not None and test.highest is not None and test.lowest > test.highest:
            raise node.fail("from is above to")
        return test


@dataclass(frozen=True, slots=True)
class MonthsTest(Test):
    """How many months the person commits for, at least."""

    code, title = "months", "Durée d’engagement"
    attribute = "months"
    least: int

    def holds(self, fact: Hashable) -> Truth:
        if fact is None:
            return Truth.UNKNOWN
        assert isinstance(fact, int)
        return truth(fact >= self.least)

    def bounds(self) -> dict[str, object]:
        return {"min": self.least}

    @classmethod
    def read(cls, node: Node) -> Self:
        node.only("test", "min")
        return cls(node.field("min").integer(1, MOST_COUNTED))


class HoursTest(MonthsTest):
    """How many hours a month the person gives, at least."""

    __slots__ = ()
    code, title = "hours_a_month", "Temps par mois"
    attribute = "hours_a_month"


@dataclass(frozen=True, slots=True)
class AvailableTest(Test):
    """Available on that day at the latest."""

    code, title = "available_by", "Disponibilité"
    attribute = "available_from"
    by: date

    def holds(self, fact: Hashable) -> Truth:
        if fact is None:
            return Truth.UNKNOWN
        assert isinstance(fact, date)
        return truth(fact <= self.by)

    def bounds(self) -> dict[str, object]:
        return {"date": self.by.isoformat()}

    @classmethod
    def read(cls, node: Node) -> Self:
        node.only("test", "date")
        return cls(node.field("date").day())


TESTS: Mapping[str, type[Test]] = {
    test.code: test
    for test in (
        ChannelTest, ReferrerTypeTest, EstablishmentTest, AgeTest, SituationTest, LevelTest, NeedTest,
        PublicTest, TerritoryTest, ModalityTest, MonthsTest, HoursTest, AvailableTest,
    )
}  # fmt: skip
