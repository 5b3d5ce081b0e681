"""V for who comes late, and reach for who has few requests to hope for."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.conditions import AgeTest, PublicTest
from matching.profile import Profile
from matching.programme import Catalogue
from matching.reach import reach
from matching.standing import AssociationStanding
from matching.virtual_start import competitors, virtual_start
from matching.vocabulary import Public, Side
from tests.matching.strategies import programme

CATALOGUE = Catalogue.of(
    Side.MENTEE,
    [
        programme("p1", "afev", AgeTest(5, 18)),
        programme("p2", "duo", AgeTest(18, 33)),
        programme("p3", "duo", AgeTest(40, 50)),
        programme("p4", "nqt", AgeTest(25, 30)),
        programme("p5", "proxite", PublicTest(frozenset({Public.QPV}))),
    ],
)


def aged(*ages: int) -> list[Profile]:
    return [Profile(key=str(age), side=Side.MENTEE, age=age, publics={Public.QPV: False}) for age in ages]


def test_competitors_are_those_who_fit_the_same_recent_requests() -> None:
    assert competitors(CATALOGUE, "duo", aged(10, 18, 27)) == {"afev", "nqt"}
    assert competitors(CATALOGUE, "duo", aged(10, 20, 45)) == frozenset()
    assert competitors(CATALOGUE, "afev", []) == frozenset()
    assert competitors(CATALOGUE, "unknown", aged(18)) == frozenset()


def test_reach_counts_the_requests_that_fit_nobody_else() -> None:
    assert reach(CATALOGUE, aged(10, 11, 18, 20, 27, 45, 60)) == {"afev": 2, "duo": 2, "nqt": 0, "proxite": 0}


KEYS = [Fraction(1, 2), Fraction(3, 10), Fraction(9, 10)]


@pytest.mark.parametrize(
    ("objective", "committed", "keys", "before", "expected"),
    [
        (100, 0, KEYS, None, Fraction(100)),
        (100, 20, KEYS, None, Fraction(60)),
        (100, 60, KEYS, None, Fraction(0)),
        (100, 0, [], None, Fraction(0)),
        (100, 0, KEYS, Fraction(2, 10), Fraction(25)),
        (100, 0, KEYS, Fraction(8, 10), Fraction(100)),
        (100, 0, [Fraction(1, 3), Fraction(2, 3)], None, Fraction(100)),
        (1000, 0, [Fraction(1, 3)], None, Fraction(333_000, 667)),
        (10, 0, [Fraction(5)], None, Fraction(990)),
        (0, 0, KEYS, None, Fraction(0)),
    ],
)
def test_v_brings_a_newcomer_to_the_median_of_its_competitors(
    objective: int, committed: int, keys: list[Fraction], before: Fraction | None, expected: Fraction
) -> None:
    assert virtual_start(objective, committed, keys, before) == expected


@given(
    st.integers(1, 1000),
    st.integers(0, 1000),
    st.lists(st.fractions(0, 2, max_denominator=500), min_size=1),
)
def test_a_newcomer_starts_at_or_just_under_the_median(objective: int, committed: int, keys: list[Fraction]) -> None:
    start = virtual_start(objective, committed, keys)
    its = AssociationStanding(committed=committed, objective=objective, virtual_start=start)
    if start:
        middle = sorted(keys)
        assert its.attainment <= (middle[(len(middle) - 1) // 2] + middle[len(middle) // 2]) / 2
        assert its.attainment <= Fraction(99, 100)
