"""Bounce lessons: the criterion that would have avoided most, what it would have cost, and never a word too many."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.conditions import (
    AgeTest,
    ChannelTest,
    LevelTest,
    MonthsTest,
    NeedTest,
    PublicTest,
    SituationTest,
    TerritoryTest,
    Truth,
)
from matching.criteria import EVERYONE, All, AnyOf, Expression, Not, meeting, read_criteria, write_criteria
from matching.criteria import tests_of as leaves_of
from matching.lessons import COST, LEAST_AVOIDED, LEAST_KEPT, Bounced, Lesson, adopted, lessons
from matching.profile import Profile
from matching.vocabulary import (
    SENSITIVE_PUBLICS,
    Channel,
    Modality,
    Need,
    Public,
    ReferrerType,
    Side,
    Situation,
    StudyLevel,
)
from tests.matching.oracle import fit
from tests.matching.strategies import ages, levels, likely_criteria, profiles

ANYWAY = frozenset(Modality)
NORD = frozenset({"commune:59512", "departement:59", "region:32", "country:FR"})
RHONE = frozenset({"commune:69123", "departement:69", "region:84", "country:FR"})


def someone(**facts: Any) -> Profile:
    return Profile("r", Side.MENTEE, **{"modalities": ANYWAY, "places": NORD, "age": 18, **facts})


def bounced(*profiles: Profile) -> list[Bounced]:
    return [Bounced(one) for one in profiles]


def best(found: list[Lesson]) -> tuple[Expression, int, int, int]:
    return found[0].criterion, found[0].avoided, found[0].of, found[0].lost


def test_the_bound_that_avoids_most_is_found_with_what_it_costs() -> None:
    young = bounced(*(someone(age=age) for age in (10, 11, 11, 12, 13, 13, 13, 16, 17)))
    taken = [someone(age=age) for age in (13, 15, 16, 16, 17, 18, 19)]
    assert best(lessons(EVERYONE, young, taken)) == (AgeTest(least=14), 7, 9, 1)


def test_of_two_bounds_that_do_the_same_the_loosest_is_told() -> None:
    found = lessons(EVERYONE, bounced(*(someone(age=age) for age in (10, 11, 12))), [someone(age=20)] * 3)
    assert best(found) == (AgeTest(least=13), 3, 3, 0)
    assert len(found) == 1


@pytest.mark.parametrize(
    ("facts", "kept", "criterion"),
    [
        ({"level": StudyLevel.CM2}, {"level": StudyLevel.SIXIEME}, LevelTest(lowest=StudyLevel.SIXIEME)),
        ({"level": StudyLevel.BAC}, {"level": StudyLevel.TROISIEME}, LevelTest(highest=StudyLevel.TERMINALE)),
        ({"months": 3}, {"months": 6}, MonthsTest(4)),
        ({"situations": frozenset({Situation.STUDENT})}, {"situations": frozenset({Situation.COLLEGE})},
         SituationTest(frozenset({Situation.COLLEGE}))),
        ({"needs": frozenset({Need.MOBILITY})}, {"needs": frozenset({Need.GUIDANCE})},
         NeedTest(frozenset({Need.GUIDANCE}))),
        ({"publics": {Public.QPV: False}}, {"publics": {Public.QPV: True}}, PublicTest(frozenset({Public.QPV}))),
        ({"channel": Channel.SELF}, {"channel": Channel.PROFESSIONAL}, ChannelTest(frozenset({Channel.PROFESSIONAL}))),
        ({"places": RHONE}, {}, TerritoryTest(frozenset({"departement:59"}))),
    ],
)  # fmt: skip
def test_each_kind_of_reason_has_its_remedy(facts: Any, kept: Any, criterion: Expression) -> None:
    sent_back = bounced(*[someone(**facts)] * 4)
    assert best(lessons(EVERYONE, sent_back, [someone(**kept)] * 4)) == (criterion, 4, 4, 0)


def test_what_is_done_at_a_distance_may_stay_open_to_everywhere() -> None:
    here = replace(someone(places=RHONE), modalities=frozenset({Modality.IN_PERSON}))
    far = replace(someone(places=RHONE), modalities=frozenset({Modality.REMOTE}))
    found = lessons(EVERYONE, bounced(*[here] * 4), [far] * 6)
    assert found[0].lost == 0
    assert isinstance(found[0].criterion, AnyOf)
    assert {type(test) for test in leaves_of(found[0].criterion)} >= {TerritoryTest}


def test_unknown_is_not_no() -> None:
    known, unknown = [someone(age=10)] * 3, [someone(age=None)] * 2
    (lesson,) = lessons(EVERYONE, bounced(*known, *unknown), [someone(age=None), *[someone(age=30)] * 3])
    assert (lesson.avoided, lesson.unsure, lesson.lost, lesson.doubted) == (3, 2, 0, 1)


def test_bounces_that_today_s_criteria_refuse_already_teach_nothing() -> None:
    assert lessons(AgeTest(14), bounced(*[someone(age=10)] * 5), [someone(age=20)] * 3) == []


def test_a_reason_without_weight_teaches_nothing() -> None:
    young, taken = someone(age=10), [someone(age=20)] * 3
    assert lessons(EVERYONE, [Bounced(young, 0)] * 5, taken) == []
    assert lessons(EVERYONE, [Bounced(young)] * 5, taken)


def test_what_costs_too_much_or_avoids_too_little_is_not_told() -> None:
    assert lessons(EVERYONE, bounced(*[someone(age=10)] * 2), [someone(age=20)] * 3) == []
    assert lessons(EVERYONE, bounced(*[someone(age=10)] * 5), [someone(age=20)] * 2) == []
    assert lessons(EVERYONE, bounced(*[someone()] * 5), [someone()] * 5) == []


def test_nobody_is_turned_away_for_their_health_their_origin_or_what_befell_them() -> None:
    cared_for = someone(
        channel=Channel.PROFESSIONAL,
        referrer_type=ReferrerType.ASE,
        publics=dict.fromkeys((*SENSITIVE_PUBLICS, Public.WOMAN), True),
    )
    others = someone(channel=Channel.PROFESSIONAL, referrer_type=ReferrerType.ASE, publics=dict.fromkeys(Public, False))
    assert lessons(EVERYONE, bounced(*[cared_for] * 5), [others] * 5) == []
    assert lessons(EVERYONE, bounced(*[others] * 5), [cared_for] * 5) == []


def some_profiles(most: int) -> st.SearchStrategy[list[Profile]]:
    return st.lists(profiles(), max_size=most)


@settings(max_examples=60, deadline=None)
@given(likely_criteria(), some_profiles(12), some_profiles(8), st.randoms(use_true_random=False))
def test_what_is_told_is_what_the_criteria_would_have_done(
    criteria: Expression, sent_back: list[Profile], taken: list[Profile], random: Any
) -> None:
    found = lessons(criteria, bounced(*sent_back), taken)
    let_in = [one for one in sent_back if fit(criteria, one).outcome is not Truth.NO]
    for lesson in found:
        draft = adopted(criteria, lesson.criterion)
        assert lesson.of == len(let_in)
        assert lesson.avoided == sum(fit(draft, one).outcome is Truth.NO for one in let_in) >= LEAST_AVOIDED
        turned = [fit(criteria, one).outcome is not Truth.NO and fit(draft, one).outcome is Truth.NO for one in taken]
        assert lesson.lost == sum(turned) <= lesson.avoided / COST
        assert sum(fit(draft, one).outcome is not Truth.NO for one in taken) >= LEAST_KEPT
        assert read_criteria(write_criteria(draft)) == draft
    shuffled = random.sample(sent_back, len(sent_back)), random.sample(taken, len(taken))
    assert lessons(criteria, bounced(*shuffled[0]), shuffled[1]) == found


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(ages(), levels()), max_size=3), st.one_of(ages(), levels()), profiles())
def test_a_criterion_adopted_means_the_same_as_one_more(
    parts: list[Expression], criterion: Expression, profile: Profile
) -> None:
    before = All(tuple(parts))
    assert fit(adopted(before, criterion), profile) == fit(All((before, criterion)), profile)


def test_a_bound_adopted_joins_the_one_there_is() -> None:
    before = All((AgeTest(10, 25), meeting(ANYWAY, NORD)))
    assert adopted(before, AgeTest(least=14)) == All((AgeTest(14, 25), before.parts[1]))
    assert adopted(before, AgeTest(least=30)) == All((*before.parts, AgeTest(least=30)))
    assert adopted(AgeTest(10), Not(AgeTest(12))) == All((AgeTest(10), Not(AgeTest(12))))
