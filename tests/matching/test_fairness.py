"""Fairness figures: their bounds, and what they say of cases whose answer is known."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from matching.fairness import Fairness, gini, jain, lowest, mean_shortfall, tenth_percentile

SUMS = st.dictionaries(st.text(min_size=1, max_size=3), st.tuples(st.integers(0, 50), st.integers(0, 20)), max_size=12)


@given(SUMS)
def test_every_figure_keeps_within_its_bounds(sums: dict[str, tuple[int, int]]) -> None:
    declared = [Fraction(committed, objective) for committed, objective in sums.values() if objective]
    found, count = Fairness.of(sums), max(len(declared), 1)
    assert 0 <= found.gini <= Fraction(count - 1, count)
    assert Fraction(1, count) <= found.jain <= 1
    assert 0 <= found.mean_shortfall <= 1
    assert found.lowest == min(declared, default=0) <= found.tenth_percentile <= max(declared, default=0)


@given(SUMS, st.integers(2, 5))
def test_evenness_does_not_depend_on_how_much_there_was(sums: dict[str, tuple[int, int]], times: int) -> None:
    more = {key: (committed * times, objective) for key, (committed, objective) in sums.items()}
    assert (gini(more), jain(more)) == (gini(sums), jain(sums))


@given(SUMS)
def test_gini_is_half_the_mean_difference_over_the_mean(sums: dict[str, tuple[int, int]]) -> None:
    found = [Fraction(committed, objective) for committed, objective in sums.values() if objective]
    if sum(found):
        apart = sum((abs(one - other) for one in found for other in found), Fraction(0)) / len(found) ** 2
        assert gini(sums) == apart / (2 * sum(found, Fraction(0)) / len(found))


def test_the_extremes_are_told() -> None:
    alike = {str(number): (number, 2 * number) for number in range(1, 11)}
    assert (gini(alike), jain(alike), lowest(alike), mean_shortfall(alike)) == (0, 1, Fraction(1, 2), Fraction(1, 2))
    one_has_all = {str(number): (0 if number else 30, 10) for number in range(10)}
    assert (gini(one_has_all), jain(one_has_all)) == (Fraction(9, 10), Fraction(1, 10))
    assert mean_shortfall(one_has_all) == Fraction(9, 10)


def test_the_tenth_percentile_is_the_lowest_that_a_tenth_do_not_exceed() -> None:
    twenty = {str(number): (number, 20) for number in range(1, 21)}
    assert tenth_percentile(twenty) == Fraction(2, 20)
    assert tenth_percentile({**twenty, "21": (0, 20)}) == Fraction(2, 20)


def test_who_declared_nothing_is_left_out_and_nobody_is_even() -> None:
    assert Fairness.of({"a": (7, 0)}) == Fairness(Fraction(0), Fraction(0), Fraction(0), Fraction(1), Fraction(0))
    assert gini({"a": (1, 2), "b": (2, 4), "c": (9, 0)}) == 0
    assert Fairness.of({"a": (1, 3)}).to_json()["lowest"] == 0.333333
