"""The criteria that might have avoided bounces: drawn from the closed list of tests and from the facts met, never judged.

A word or a place is named only when three requests at least share it. What would turn somebody away for their health,
their origin, the law, child welfare or their sex is never suggested.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from matching.conditions import (
    AgeTest,
    AnyOfTest,
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
from matching.criteria import AnyOf, Expression, Not
from matching.profile import Profile
from matching.vocabulary import SENSITIVE_PUBLICS, Modality, Public, ReferrerType, StudyLevel

LEAST_SHARED = 3
GROUNDS = ("region:", "departement:", "epci:")
AT_A_DISTANCE = ModalityTest(frozenset({Modality.REMOTE}))
LEVELS = tuple(StudyLevel)

Kinds = frozenset[type[Test]]
Facts = Callable[[Profile], Iterable[str]]
Profiles = Sequence[Profile]


def remedies(bounced: Profiles, accepted: Profiles, kinds: Kinds) -> Iterator[Expression]:
    """Every candidate of these kinds, some more than once."""
    for kind in kinds:
        yield from CANDIDATES[kind](bounced, accepted)


def _ages(bounced: Profiles, _: Profiles) -> Iterator[Expression]:
    """The whole year on either side of each age met."""
    for age in {one.age for one in bounced if one.age is not None}:
        yield AgeTest(least=age + 1)
        if age:
            yield AgeTest(most=age - 1)


def _levels(bounced: Profiles, _: Profiles) -> Iterator[Expression]:
    for level in {one.level for one in bounced if one.level is not None}:
        if level is not LEVELS[-1]:
            yield LevelTest(lowest=LEVELS[level.rank + 1])
        if level is not LEVELS[0]:
            yield LevelTest(highest=LEVELS[level.rank - 1])


def _months(bounced: Profiles, _: Profiles) -> Iterator[Expression]:
    yield from (MonthsTest(months + 1) for months in {one.months for one in bounced} if months is not None)


def _hours(bounced: Profiles, _: Profiles) -> Iterator[Expression]:
    yield from (HoursTest(hours + 1) for hours in {one.hours_a_month for one in bounced} if hours is not None)


def _listed(kind: type[AnyOfTest], facts: Facts) -> Callable[[Profiles, Profiles], Iterator[Expression]]:
    """Leaving out a word of the bounced; asking for one of the accepted, or for any of those they share."""

    def candidates(bounced: Profiles, accepted: Profiles) -> Iterator[Expression]:
        shared = _shared(accepted, facts)
        yield from (Not(kind(frozenset({word}))) for word in _shared(bounced, facts))
        yield from (kind(frozenset({word})) for word in shared)
        if shared:
            yield kind(frozenset(shared))

    return candidates


def _shared(profiles: Profiles, facts: Facts) -> list[str]:
    count = Counter(word for one in profiles for word in set(facts(one)))
    return sorted(word for word, times in count.items() if times >= LEAST_SHARED)


def _publics(_: Profiles, accepted: Profiles) -> Iterator[Expression]:
    """Asking for a public; leaving one out is for people to think of."""
    yield from (PublicTest(frozenset({Public(word)})) for word in _shared(accepted, _answered))


def _answered(profile: Profile) -> Iterator[str]:
    apart = SENSITIVE_PUBLICS | {Public.WOMAN}
    return (public for public, answer in profile.publics.items() if answer and public not in apart)


def _referrers(profile: Profile) -> list[str]:
    found = profile.referrer_type
    return [found] if isinstance(found, ReferrerType) and found.sensitive is None else []


def _territories(bounced: Profiles, accepted: Profiles) -> Iterator[Expression]:
    """Each also for meetings in person only: whoever meets at a distance may live anywhere."""
    for kind in GROUNDS:
        for ground in _listed(TerritoryTest, partial(_grounds, kind))(bounced, accepted):
            yield ground
            yield AnyOf((ground, AT_A_DISTANCE))


def _grounds(kind: str, profile: Profile) -> list[str]:
    return [place for place in profile.places or () if place.startswith(kind)]


CANDIDATES: Mapping[type[Test], Callable[[Profiles, Profiles], Iterator[Expression]]] = {
    AgeTest: _ages,
    LevelTest: _levels,
    MonthsTest: _months,
    HoursTest: _hours,
    SituationTest: _listed(SituationTest, lambda profile: profile.situations or ()),
    NeedTest: _listed(NeedTest, lambda profile: profile.needs or ()),
    ChannelTest: _listed(ChannelTest, lambda profile: (profile.channel,) if profile.channel else ()),
    ReferrerTypeTest: _listed(ReferrerTypeTest, _referrers),
    PublicTest: _publics,
    TerritoryTest: _territories,
}
ALL_KINDS: Kinds = frozenset(CANDIDATES)
