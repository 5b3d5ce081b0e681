"""What an association's bounces teach: the criterion that would have avoided most of them, and what it would have cost.

Nothing is judged here: a `Crowd` of the requests answers for each candidate put beside the criteria in force. Unknown
is not no: a request of which the fact is unknown is not avoided, it comes to be verified.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from json import dumps
from typing import NamedTuple, TypeVar

from matching.conditions import AgeTest, AnyOfTest, LevelTest, ModalityTest, MonthsTest, Test
from matching.criteria import All, Expression, Not, tests_of, write_criteria
from matching.crowd import Crowd, Fits, bits_of
from matching.profile import Profile
from matching.remedies import ALL_KINDS, Kinds, remedies
from matching.vocabulary import StudyLevel

LEAST_AVOIDED = LEAST_KEPT = 3  # what keeps nobody teaches nothing: it does not tell those taken from those sent back
COST = 3  # a request accepted that would have been turned away weighs as much as three bounces avoided
MOST_TOLD = 5

B = TypeVar("B", int, StudyLevel)


class Bounced(NamedTuple):
    """A request sent back. weight: how much its reason says about the criteria; 0 teaches nothing."""

    profile: Profile
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Lesson:
    """One criterion more. avoided, of: bounces that would not have come, of those that today's criteria let through.

    lost: requests accepted that would not have come. unsure, doubted: bounced and accepted ones that would have come
    to be verified instead of for certain. worth: weights avoided less the cost of what is lost. who: a mask of
    the avoided.
    """

    criterion: Expression
    avoided: int
    of: int
    lost: int
    unsure: int
    doubted: int
    worth: int
    who: int = field(repr=False, compare=False)


def lessons(
    criteria: Expression, bounced: Sequence[Bounced], accepted: Sequence[Profile], kinds: Kinds = ALL_KINDS
) -> list[Lesson]:
    """What is worth telling, best first; kinds: the tests that may be suggested.

    Each avoids three bounces at least, keeps three accepted requests at least, loses one at most in three avoided, and
    avoids a bounce that none before it does. Of equals, the simplest, then the one that asks least. The order of the
    requests never matters.
    """
    taught = [one for one in bounced if one.weight > 0]
    crowd = Crowd([*(one.profile for one in taught), *accepted])
    before = crowd.fits(criteria)
    let_in = [one.profile for at, one in enumerate(taught) if before.possible >> at & 1]
    candidates = sorted(set(remedies(let_in, accepted, kinds)), key=_asked)
    met = Met(crowd, before, tuple(one.weight for one in taught))
    found = [met.lesson(candidate, met.with_one_more(criteria, candidate)) for candidate in candidates]
    fitting = (before.possible >> len(taught)).bit_count()
    return _distinct(sorted((one for one in found if _worth_telling(one, fitting)), key=_order))


@dataclass(frozen=True)
class Met:
    """The requests sent back, then those accepted, and how today's criteria take them. weights: of those sent back."""

    crowd: Crowd
    before: Fits
    weights: tuple[int, ...]

    def with_one_more(self, criteria: Expression, criterion: Expression) -> Fits:
        """Who fits both. What holds alike for every way of meeting needs no second look at the criteria."""
        if any(isinstance(test, ModalityTest) for test in tests_of(criterion)):
            return self.crowd.fits(All((criteria, criterion)))
        alone = self.crowd.fits(criterion)
        return Fits(self.before.certain & alone.certain, self.before.possible & alone.possible)

    def lesson(self, criterion: Expression, after: Fits) -> Lesson:
        count = len(self.weights)
        gone = self.before.possible & ~after.possible
        doubt = self.before.certain & after.possible & ~after.certain
        taught = (1 << count) - 1
        lost = (gone >> count).bit_count()
        return Lesson(
            criterion=criterion,
            avoided=(gone & taught).bit_count(),
            of=(self.before.possible & taught).bit_count(),
            lost=lost,
            unsure=(doubt & taught).bit_count(),
            doubted=(doubt >> count).bit_count(),
            worth=sum(self.weights[at] for at in bits_of(gone & taught)) - COST * lost,
            who=gone & taught,
        )


def _worth_telling(lesson: Lesson, fitting: int) -> bool:
    """fitting: how many accepted requests fit today's criteria."""
    return lesson.avoided >= max(LEAST_AVOIDED, COST * lesson.lost) and fitting - lesson.lost >= LEAST_KEPT


def _order(lesson: Lesson) -> tuple[object, ...]:
    doubts = lesson.unsure + lesson.doubted
    return -lesson.worth, -lesson.avoided, lesson.lost, doubts, _asked(lesson.criterion)


def _distinct(found: Iterable[Lesson]) -> list[Lesson]:
    kept: list[Lesson] = []
    avoided = 0
    for lesson in found:
        if lesson.who & ~avoided and len(kept) < MOST_TOLD:
            kept.append(lesson)
            avoided |= lesson.who
    return kept


def _asked(criterion: Expression) -> tuple[int, int, int, str]:
    """The simplest first: bounds before lists, what is asked before what is excluded; then what asks least."""
    text = dumps(write_criteria(criterion), sort_keys=True)
    match criterion:
        case AgeTest(least, most):
            return 0, 0, least if least is not None else -(most or 0), text
        case LevelTest(lowest, highest):
            return 0, 1, lowest.rank if lowest else -(highest.rank if highest else 0), text
        case MonthsTest(least):
            return 0, 2, least, text
        case AnyOfTest():
            return 1, 0, -len(criterion.any_of), text
        case Not(AnyOfTest() as test):
            return 2, 0, len(test.any_of), text
    return 3, 0, 0, text


def adopted(criteria: Expression, criterion: Expression) -> Expression:
    """The criteria with this one more; a bound joins the bound of its kind where there is one already."""
    parts = criteria.parts if isinstance(criteria, All) else (criteria,)
    for at, part in enumerate(parts):
        joined = _narrowed(part, criterion)
        if joined is not None:
            return All((*parts[:at], joined, *parts[at + 1 :]))
    return All((*parts, criterion))


def _narrowed(part: Expression, criterion: Expression) -> Test | None:
    """The two bounds in one; None when they are not of one kind, or leave nobody."""
    match part, criterion:
        case AgeTest(), AgeTest():
            least, most = _both(part.least, criterion.least, max), _both(part.most, criterion.most, min)
            return AgeTest(least, most) if least is None or most is None or least <= most else None
        case LevelTest(), LevelTest():
            lowest, highest = _both(part.lowest, criterion.lowest, max), _both(part.highest, criterion.highest, min)
            return LevelTest(lowest, highest) if lowest is None or highest is None or lowest <= highest else None
        case (MonthsTest(), MonthsTest()) if type(part) is type(criterion):
            return replace(part, least=max(part.least, criterion.least))
    return None


def _both(first: B | None, second: B | None, of: Callable[[B, B], B]) -> B | None:
    if first is None or second is None:
        return second if first is None else first
    return of(first, second)
