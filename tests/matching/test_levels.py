"""Levels: who may count on much should have little by now; a forecast that turns out wrong washes out."""

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from matching.levels import FURTHEST, Came, Demand, Levels, difference, levels
from matching.standing import AssociationStanding, Standing

BEGINS = date(2026, 9, 1)
NORTH, SOUTH, BOTH = frozenset({"north"}), frozenset({"south"}), frozenset({"north", "south"})
Kinds = Counter[frozenset[str]]


def standing(**committed: int) -> Standing:
    return Standing({key: AssociationStanding(count, 100) for key, count in committed.items()})


def demand(kind: frozenset[str], days: range, a_day: int = 10) -> list[Demand]:
    return [Demand(day, kind, a_day) for day in days]


def arrived(season: list[Demand], until: int) -> Kinds:
    found = Kinds()
    for each in season:
        if each.day < until:
            found[each.kind] += each.requests
    return found


def test_who_may_count_on_much_should_have_little_by_now() -> None:
    found = levels(Kinds({NORTH: 90, BOTH: 20}), standing(north=10, south=10), Fraction(1))
    assert found["north"] < Fraction(1, 10) + FURTHEST < found["south"] + FURTHEST
    assert found["south"] - found["north"] <= 2 * FURTHEST


def test_a_forecast_that_weighs_nothing_gives_all_the_same_level() -> None:
    found = levels(Kinds({NORTH: 90}), standing(north=10, south=30), Fraction(0))
    assert found == {"north": Fraction(1, 5), "south": Fraction(1, 5)}


def test_who_declared_nothing_has_no_level() -> None:
    undeclared = Standing({"north": AssociationStanding(3, 0), "south": AssociationStanding(5, 10)})
    assert levels(Kinds({BOTH: 5}), undeclared, Fraction(1)).keys() == {"south"}
    assert levels(Kinds({BOTH: 5}), Standing(), Fraction(1)) == {}


KINDS = st.dictionaries(st.frozensets(st.sampled_from("abcd"), min_size=1), st.integers(1, 40), max_size=6)
STANDINGS = st.dictionaries(
    st.sampled_from("abcd"),
    st.builds(AssociationStanding, st.integers(0, 60), st.integers(0, 50), st.fractions(0, 30, max_denominator=9)),
).map(Standing)


@given(KINDS, STANDINGS, st.fractions(0, 1, max_denominator=100))
@settings(max_examples=80, deadline=None)
def test_levels_are_never_negative_nor_far_apart(kinds: Kinds, standing: Standing, weight: Fraction) -> None:
    found = levels(kinds, standing, weight)
    assert found.keys() == {key for key, its in standing.associations.items() if its.declared}
    assert all(level >= 0 for level in found.values())
    assert max(found.values(), default=0) - min(found.values(), default=0) <= 2 * FURTHEST + Fraction(1, 1_000_000)
    assert all(level.denominator <= 1_000_000 for level in found.values())


def test_a_season_like_the_last_is_trusted_and_another_is_not() -> None:
    last = demand(NORTH, range(50)) + demand(BOTH, range(100)) + demand(SOUTH, range(50, 100))
    followed = Levels(last, BEGINS)
    followed.saw(BEGINS + timedelta(40), arrived(last, 40))
    assert followed.trust(BEGINS + timedelta(40)) == 1
    other = Levels(last, BEGINS)
    other.saw(BEGINS + timedelta(40), arrived(demand(SOUTH, range(100), 20), 40))
    assert other.trust(BEGINS + timedelta(40)) == 0


def test_what_came_in_the_last_weeks_tells_sooner_than_the_whole() -> None:
    last = demand(NORTH, range(200), 20)
    now = demand(NORTH, range(100), 20) + demand(SOUTH, range(100, 200), 20)
    followed, blind = Levels(last, BEGINS), Levels(last, BEGINS)
    for day in range(70, 106):
        followed.saw(BEGINS + timedelta(day), arrived(now, day))
    today = BEGINS + timedelta(105)
    blind.saw(today, arrived(now, 105))
    assert followed.trust(today) == 0 < blind.trust(today)


def test_before_enough_came_the_forecast_counts_for_a_quarter() -> None:
    last = demand(NORTH, range(100))
    early = Levels(last, BEGINS)
    assert early(BEGINS, standing(north=0, south=0), {}).keys() == {"north", "south"}
    assert early.trust(BEGINS) == Fraction(1, 4)


def test_what_is_still_to_come_is_last_seasons_from_that_day_on() -> None:
    last = demand(NORTH, range(10), 2) + demand(SOUTH, range(5, 20))
    assert Levels(last, BEGINS).coming(BEGINS + timedelta(8)) == {NORTH: 4, SOUTH: 120}
    assert Levels(last, BEGINS).coming(BEGINS + timedelta(20)) == {}


def test_two_demands_are_unlike_by_what_is_within_reach() -> None:
    north, south = Came.of({NORTH: 10}), Came.of({SOUTH: 30})
    assert (difference(north, Came.of({NORTH: 50})), difference(north, south)) == (0, 2)
    assert difference(north, Came(0, {})) == 0
    assert Came.of({BOTH: 3, frozenset(): 7}) == Came(3, {"north": 3, "south": 3})
