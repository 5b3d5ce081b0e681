"""A crowd says of every request what the index says."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.conditions import AgeTest, NeedTest, TerritoryTest
from matching.criteria import All, AnyOf, Expression, Not
from matching.crowd import Counts, Crowd, bits_of
from matching.index import Index
from matching.profile import Profile
from matching.programme import Catalogue, Programme
from matching.vocabulary import Modality, Need, Side
from tests.matching.strategies import criteria, likely_criteria, profiles

ANYONE = [Profile(key=f"r{age}", side=Side.MENTEE, age=age, modalities=frozenset(Modality)) for age in range(10, 30)]


def index_of(expression: Expression) -> Index:
    return Index(Catalogue.of(Side.MENTEE, [Programme("p", "a", Side.MENTEE, expression)]))


def by_the_index(expression: Expression, people: list[Profile]) -> tuple[list[int], list[int]]:
    index = index_of(expression)
    found = [index.outcomes(one) for one in people]
    return [at for at, one in enumerate(found) if one.certain], [at for at, one in enumerate(found) if one.possible]


@pytest.mark.parametrize("rare", [1, 512], ids=["rare values kept as lists", "all values kept as masks"])
@given(people=st.lists(profiles(), max_size=12), expression=st.one_of(criteria(), likely_criteria()))
@settings(max_examples=250, deadline=None)
def test_a_crowd_agrees_with_the_index(rare: int, people: list[Profile], expression: Expression) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("matching.crowd.RARE", rare)
        fits = Crowd(people).fits(expression)
    assert (list(bits_of(fits.certain)), list(bits_of(fits.possible))) == by_the_index(expression, people)


@given(st.lists(profiles(), max_size=12), criteria(), criteria())
@settings(max_examples=150, deadline=None)
def test_a_preview_tells_who_is_gained_and_lost(people: list[Profile], before: Expression, after: Expression) -> None:
    crowd = Crowd(people)
    found = crowd.preview(before, after)
    (was_certain, was), (now_certain, now) = by_the_index(before, people), by_the_index(after, people)
    assert set(bits_of(found.gained)) == set(now) - set(was)
    assert set(bits_of(found.lost)) == set(was) - set(now)
    assert found.before == Counts(len(was_certain), len(was) - len(was_certain))
    assert found.after == Counts(len(now_certain), len(now) - len(now_certain))


def test_lowering_an_age_gains_those_of_that_age() -> None:
    need = NeedTest(frozenset({Need.GUIDANCE}))
    found = Crowd(ANYONE).preview(All((AgeTest(18, 25), need)), All((AgeTest(16, 24), need)))
    assert [ANYONE[at].age for at in bits_of(found.gained)] == [16, 17]
    assert [ANYONE[at].age for at in bits_of(found.lost)] == [25]
    assert (found.before, found.after) == (Counts(0, 8), Counts(0, 9))


def test_nothing_asked_fits_everyone_and_no_choice_fits_nobody() -> None:
    crowd = Crowd(ANYONE)
    assert crowd.fits(All()).certain == crowd.full == (1 << len(ANYONE)) - 1
    assert crowd.fits(AnyOf()).possible == crowd.fits(Not(All())).possible == 0
    assert Crowd([]).fits(All()) == (0, 0)


def test_a_value_nobody_holds_fits_nobody_known() -> None:
    nowhere = TerritoryTest(frozenset({"commune:97105"}))
    assert Crowd(ANYONE).fits(nowhere).possible == Crowd(ANYONE).full
    at_home = [Profile(key="r", side=Side.MENTEE, places=frozenset({"country:FR"}), modalities=frozenset(Modality))]
    assert Crowd(at_home).fits(nowhere).possible == 0


def test_many_communes_weigh_no_more_than_their_requests() -> None:
    ways = frozenset({Modality.REMOTE})
    many = 20_000
    crowd = Crowd(
        Profile(key="r", side=Side.MENTEE, places=frozenset({"country:FR", f"commune:{at}"}), modalities=ways)
        for at in range(many)
    )
    assert crowd.weight < 200 * many
    some = frozenset(f"commune:{at}" for at in range(0, many, 7))
    assert list(bits_of(crowd.fits(TerritoryTest(some)).certain)) == list(range(0, many, 7))
