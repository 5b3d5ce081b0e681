"""The decision tree is right, and the compiled index says the same."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.columns import Kept
from matching.conditions import TESTS, AgeTest, ModalityTest, Truth
from matching.criteria import All, AnyOf, Expression, Not, read_criteria, write_criteria
from matching.index import Index
from matching.literals import Literals, branches
from matching.profile import Profile
from matching.programme import Catalogue, Programme
from matching.vocabulary import Modality, Side
from tests.matching.oracle import accepted_ways, evaluate, fewest_changes, fit, near_miss, reasons
from tests.matching.strategies import HOMES, criteria, leaves, profiles, programme, programmes


def one(expression: Expression) -> Catalogue:
    return Catalogue.of(Side.MENTEE, [programme("p", "a", expression)])


@given(st.lists(criteria(), max_size=6), profiles())
@settings(max_examples=400, deadline=None)
def test_the_index_agrees_with_the_tree(expressions: list[Expression], profile: Profile) -> None:
    catalogue = Catalogue.of(Side.MENTEE, [programme(f"p{n}", "a", each) for n, each in enumerate(expressions)])
    index = Index(catalogue)
    outcomes = index.outcomes(profile)
    for position, each in enumerate(catalogue.programmes):
        here, remote = fit(each.criteria, profile)
        found = [mask >> position & 1 for mask in outcomes]
        wanted = [here is Truth.YES, here is not Truth.NO, remote is Truth.YES, remote is not Truth.NO]
        assert found == [int(each) for each in wanted]


@given(criteria(), profiles(), profiles())
@settings(max_examples=200, deadline=None)
def test_an_index_answers_the_same_to_the_same_person_whoever_came_before(
    expression: Expression, first: Profile, second: Profile
) -> None:
    index = Index(one(expression))
    index.outcomes(first)
    assert index.outcomes(second) == Index(one(expression)).outcomes(second)


def test_an_index_forgets_facts_rather_than_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matching.columns.MOST_FACTS", 3)
    index = Index(one(AgeTest(10, 20)))
    fits = [index.outcomes(Profile(key="r", side=Side.MENTEE, age=age)).certain for age in range(5, 25)]
    assert fits == [int(10 <= age <= 20) for age in range(5, 25)]
    assert max(len(table) for table in index._laid._direct if isinstance(table, Kept)) <= 3


def test_criteria_that_spread_too_widely_are_left_to_the_tree() -> None:
    choices = tuple(
        AnyOf((read_criteria({"test": "age", "min": n}), read_criteria({"test": "months", "min": n})))
        for n in range(1, 9)
    )
    assert branches(Literals().normal(All(choices))) is None
    index = Index(one(All(choices)))
    person = Profile(key="r", side=Side.MENTEE, age=20)
    assert index.outcomes(person).certain == 1
    assert index.outcomes(replace(person, age=4, months=3)).possible == 0
    assert index.outcomes(replace(person, age=7, months=None)).certain == 0
    assert index.near(replace(person, age=7, months=3)) == 1


@given(criteria(), profiles())
@settings(max_examples=300, deadline=None)
def test_near_programmes_of_the_index_are_one_change_away_in_the_tree(expression: Expression, profile: Profile) -> None:
    near = Index(one(expression)).near(profile)
    single = fit(expression, profile).outcome is Truth.NO and len(near_miss(expression, profile)) == 1
    assert bool(near) == single


@given(criteria(), profiles())
@settings(max_examples=300, deadline=None)
def test_criteria_survive_json(expression: Expression, profile: Profile) -> None:
    again = read_criteria(write_criteria(expression))
    assert again == expression
    assert Profile.from_json(profile.to_json()).canonical == profile.canonical


@given(st.lists(criteria(), min_size=1, max_size=4), profiles(), st.data())
@settings(max_examples=300, deadline=None)
def test_dropping_a_condition_never_makes_a_programme_ineligible(
    parts: list[Expression], profile: Profile, data: st.DataObject
) -> None:
    dropped = data.draw(st.integers(0, len(parts) - 1))
    fewer = [part for place, part in enumerate(parts) if place != dropped]
    assert fit(All(tuple(fewer)), profile).outcome >= fit(All(tuple(parts)), profile).outcome


@given(criteria(), profiles(), profiles())
@settings(max_examples=500, deadline=None)
def test_learning_what_was_unknown_never_overturns_what_was_certain(
    expression: Expression, profile: Profile, other: Profile
) -> None:
    learnt = filled(profile, other)
    before, after = fit(expression, profile).outcome, fit(expression, learnt).outcome
    assert before is Truth.UNKNOWN or after is before


def filled(profile: Profile, other: Profile) -> Profile:
    """The same person, with the unknown facts taken from another one."""
    unreferred = profile.channel is not None and profile.referrer_type is None and profile.establishment is None
    skipped = {"publics", *(("referrer_type", "establishment") if unreferred else ())}
    facts = {
        name: getattr(other, name)
        for name in profile.__dataclass_fields__
        if name not in skipped and getattr(profile, name) is None
    }
    answers = {**dict(other.answers), **dict(profile.answers)}
    if facts.get("channel") and (profile.referrer_type or profile.establishment):
        facts["channel"] = "professional"
    return replace(profile, **facts, publics=answers)


@given(criteria(least=1), profiles())
@settings(max_examples=300, deadline=None)
def test_the_reasons_carry_the_truth(expression: Expression, profile: Profile) -> None:
    for way in accepted_ways(profile):
        found = evaluate(expression, profile, way)
        if profile.modalities is None:
            continue
        states = {reason.state for reason in reasons(expression, profile, way)}
        if found is Truth.YES:
            assert states <= {Truth.YES}
        elif found is Truth.UNKNOWN:
            assert Truth.UNKNOWN in states
        else:
            assert Truth.NO in states


@given(criteria(), profiles())
@settings(max_examples=300, deadline=None)
def test_only_what_failed_has_changes_to_make(expression: Expression, profile: Profile) -> None:
    for way in accepted_ways(profile):
        changes = fewest_changes(expression, profile, way)
        if evaluate(expression, profile, way) is not Truth.NO:
            assert changes == frozenset()
        for test, wanted in changes:
            held = evaluate(test, profile, way)
            assert held is (Truth.NO if wanted else Truth.YES)


@given(leaves(), profiles())
@settings(max_examples=200, deadline=None)
def test_not_mirrors(leaf: Expression, profile: Profile) -> None:
    for way in accepted_ways(profile):
        assert evaluate(Not(leaf), profile, way) == 2 - evaluate(leaf, profile, way)


def test_nothing_asked_fits_everyone_and_no_choice_fits_nobody() -> None:
    stranger = Profile(key="r", side=Side.MENTEE)
    assert fit(All(), stranger).outcome is Truth.YES
    assert fit(AnyOf(), stranger).outcome is Truth.NO
    assert near_miss(AnyOf(), stranger) == frozenset()
    assert Index(one(AnyOf())).near(stranger) == 0


HERE_OR_REMOTE = read_criteria(
    {
        "any": [
            {
                "all": [
                    {"test": "modality", "any_of": ["in_person"]},
                    {"test": "territory", "any_of": ["commune:59512"]},
                ]
            },
            {"test": "modality", "any_of": ["remote"]},
        ]
    }
)


def someone(ways: set[Modality] | None, home: frozenset[str] | None = HOMES[0]) -> Profile:
    chosen = None if ways is None else frozenset(ways)
    return Profile(key="r", side=Side.MENTEE, places=home, modalities=chosen)


def test_in_person_here_or_remote_anywhere() -> None:
    roubaix, marseille = HOMES
    both = {Modality.IN_PERSON, Modality.REMOTE}
    assert fit(HERE_OR_REMOTE, someone(both, roubaix)) == (Truth.YES, Truth.YES)
    assert fit(HERE_OR_REMOTE, someone(both, marseille)) == (Truth.NO, Truth.YES)
    assert fit(HERE_OR_REMOTE, someone({Modality.IN_PERSON}, marseille)) == (Truth.NO, Truth.NO)
    assert fit(HERE_OR_REMOTE, someone({Modality.REMOTE}, roubaix)) == (Truth.NO, Truth.YES)
    assert fit(HERE_OR_REMOTE, someone({Modality.IN_PERSON}, None)).outcome is Truth.UNKNOWN


def test_a_way_of_meeting_nobody_asked_about_is_to_verify_not_refused() -> None:
    only_here = ModalityTest(frozenset({Modality.IN_PERSON}))
    assert fit(only_here, someone(None)) == (Truth.UNKNOWN, Truth.NO)
    assert fit(ModalityTest(frozenset(Modality)), someone(None)) == (Truth.YES, Truth.YES)
    (reason,) = reasons(only_here, someone(None), Modality.IN_PERSON)
    assert reason.state is Truth.UNKNOWN


def test_who_accepts_both_ways_accepts_a_mix_of_them() -> None:
    hybrid = ModalityTest(frozenset({Modality.HYBRID}))
    assert fit(hybrid, someone({Modality.IN_PERSON, Modality.REMOTE})).in_person is Truth.YES
    assert fit(hybrid, someone({Modality.IN_PERSON})).outcome is Truth.NO


@given(programmes(criteria()))
@settings(max_examples=50, deadline=None)
def test_a_catalogue_is_the_same_in_any_order_and_after_json(found: list[Programme]) -> None:
    catalogue = Catalogue.of(Side.MENTEE, found, {"afev": "Afev"})
    assert Catalogue.of(Side.MENTEE, reversed(found), {"afev": "Afev"}).digest == catalogue.digest
    assert Catalogue.from_json(catalogue.to_json()) == catalogue


def test_every_test_of_the_closed_list_is_generated_somewhere() -> None:
    assert len(TESTS) == 13
