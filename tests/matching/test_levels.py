"""Levels: who may count on much should have little by now; a forecast that turns out wrong washes out."""

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from matching.levels import (
    CONFIRMED,
    FORECAST,
    LAST_FIRST,
    LOST,
    PLENTY,
    STAKE,
    UNTIL_THEN,
    Came,
    Demand,
    Levels,
    alike,
    counted_on,
    difference,
    leaning,
    levels,
    prior,
)
from matching.standing import AssociationStanding, Standing

BEGINS = date(2026, 9, 1)
NORTH, SOUTH, BOTH = frozenset({"north"}), frozenset({"south"}), frozenset({"north", "south"})
NOTHING, ALL = Fraction(0), Fraction(1)
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


def day(number: int) -> date:
    return BEGINS + timedelta(number)


def lived(last: list[Demand], now: list[Demand], until: int) -> Levels:
    """The levels that saw each morning of a season so far."""
    found = Levels(last, BEGINS)
    for number in range(until + 1):
        found.saw(day(number), arrived(now, number))
    return found


BOUNDS = {"north": (10, 100), "south": (10, 100)}


def test_who_may_count_on_much_should_have_little_by_now() -> None:
    found = levels(BOUNDS, [(counted_on({NORTH: 90, BOTH: 20}, BOUNDS), Fraction(1))])
    assert found["north"] < Fraction(1, 10) < found["south"]


def test_one_offer_in_so_many_is_taken_to_come_to_nothing() -> None:
    assert counted_on({NORTH: 10 * LOST}, BOUNDS) == {"north": Fraction(10 * (LOST - 1), 100), "south": 0}


def test_what_takes_beyond_plenty_counts_for_nothing() -> None:
    assert counted_on({NORTH: 1000}, BOUNDS)["north"] == PLENTY - Fraction(1, 10)


def test_a_forecast_that_weighs_nothing_gives_all_the_same_level() -> None:
    bounds = {"north": (10, 100), "south": (30, 100)}
    found = levels(bounds, [(counted_on({NORTH: 90}, bounds), Fraction(0))])
    assert found == {"north": Fraction(1, 5), "south": Fraction(1, 5)}


def test_two_foresights_that_weigh_as_much_and_say_the_contrary_cancel_out() -> None:
    north, south = {"north": Fraction(1, 2), "south": Fraction(0)}, {"north": Fraction(0), "south": Fraction(1, 2)}
    found = levels(BOUNDS, [(north, Fraction(1, 2)), (south, Fraction(1, 2))])
    assert found == {"north": Fraction(1, 10), "south": Fraction(1, 10)}


def test_the_more_is_at_stake_between_both_the_less_last_season_counts() -> None:
    nothing = dict.fromkeys(BOUNDS, Fraction(0))
    little, much = dict.fromkeys(BOUNDS, STAKE), dict.fromkeys(BOUNDS, 4 * STAKE)
    assert prior(nothing, nothing, BOUNDS) == prior(little, nothing, BOUNDS) == prior({}, much, BOUNDS) == LAST_FIRST
    assert prior(much, nothing, BOUNDS) == Fraction(1, 4)


def test_who_declared_nothing_has_no_level() -> None:
    undeclared = Standing({"north": AssociationStanding(3, 0), "south": AssociationStanding(5, 10)})
    found = Levels(demand(BOTH, range(5)), BEGINS)
    assert found(BEGINS, undeclared, {}).keys() == {"south"}
    assert found(BEGINS, Standing(), {}) == {}


DAYS = st.lists(
    st.tuples(st.integers(0, 60), st.frozensets(st.sampled_from("abcd"), min_size=1), st.integers(1, 90)), max_size=9
).map(lambda found: [Demand(*each) for each in found])
STANDINGS = st.dictionaries(
    st.sampled_from("abcd"),
    st.builds(AssociationStanding, st.integers(0, 60), st.integers(0, 50), st.fractions(0, 30, max_denominator=9)),
).map(Standing)


@given(DAYS, DAYS, STANDINGS, st.integers(0, 70))
@settings(max_examples=80, deadline=None)
def test_levels_are_never_negative_nor_far_apart(
    last: list[Demand], now: list[Demand], standing: Standing, today: int
) -> None:
    found = lived(last, now, today)(day(today), standing, arrived(now, today))
    assert found.keys() == {key for key, its in standing.associations.items() if its.declared}
    assert all(level >= 0 for level in found.values())
    assert max(found.values(), default=0) - min(found.values(), default=0) <= PLENTY
    assert all(level.denominator <= 1_000_000 for level in found.values())


CHANGED = demand(NORTH, range(50), 30) + demand(BOTH, range(100), 30) + demand(SOUTH, range(50, 100), 30)
STEADY = demand(NORTH, range(100), 30) + demand(BOTH, range(100), 30)


def test_while_both_foresights_say_the_same_nothing_tells_which_it_follows() -> None:
    trust = lived(CHANGED, CHANGED, 40).trust(day(40))
    assert trust == (ALL, ALL, NOTHING)
    assert trust.weights(LAST_FIRST) == (LAST_FIRST * FORECAST, (1 - LAST_FIRST) * FORECAST)


def test_a_season_that_changes_as_the_last_did_follows_it() -> None:
    assert lived(CHANGED, CHANGED, 80).trust(day(80)).weights(LAST_FIRST) == (CONFIRMED, NOTHING)


def test_a_season_that_goes_on_where_the_last_changed_counts_on_what_came() -> None:
    as_last, as_so_far = lived(CHANGED, STEADY, 60).trust(day(60)).weights(LAST_FIRST)
    assert (as_last, as_so_far > FORECAST / 2) == (NOTHING, True)


def test_a_season_that_changes_where_the_last_went_on_counts_on_nothing() -> None:
    assert lived(STEADY, CHANGED, 80).trust(day(80)).weights(LAST_FIRST) == (NOTHING, NOTHING)


def test_a_season_unlike_the_last_from_its_first_day_has_equal_levels() -> None:
    now = demand(SOUTH, range(100), 40)
    other = lived(CHANGED, now, 40)
    assert other.trust(day(40)).weights(LAST_FIRST) == (NOTHING, NOTHING)
    found = other(day(40), standing(north=10, south=30), arrived(now, 40))
    assert found["north"] == found["south"]


def test_what_came_in_the_last_weeks_tells_sooner_than_the_whole() -> None:
    last = demand(NORTH, range(200), 20)
    now = demand(NORTH, range(100), 20) + demand(SOUTH, range(100, 200), 20)
    blind = Levels(last, BEGINS)
    blind.saw(day(105), arrived(now, 105))
    assert sum(lived(last, now, 105).trust(day(105)).weights(LAST_FIRST)) == 0
    assert sum(blind.trust(day(105)).weights(LAST_FIRST)) > 0


def test_before_enough_came_last_season_counts_for_little() -> None:
    early = Levels(demand(NORTH, range(100)), BEGINS)
    found = early(BEGINS, standing(north=0, south=0), {})
    assert early.trust(BEGINS).weights(LAST_FIRST) == (UNTIL_THEN * LAST_FIRST * FORECAST, NOTHING)
    assert found["south"] - found["north"] == UNTIL_THEN * LAST_FIRST * FORECAST * PLENTY


def test_what_is_still_to_come_is_last_seasons_from_that_day_on() -> None:
    last = demand(NORTH, range(10), 2) + demand(SOUTH, range(5, 20))
    assert Levels(last, BEGINS).coming(day(8)) == {NORTH: 4, SOUTH: 120}
    assert Levels(last, BEGINS).coming(day(20)) == {}


def test_what_came_goes_on_as_last_seasons_number_did() -> None:
    last = Levels(demand(NORTH, range(10)) + demand(SOUTH, range(10, 40)), BEGINS)
    assert last.going_on(day(10), {NORTH: 30, BOTH: 10, frozenset(): 9}) == {NORTH: 90, BOTH: 30}
    assert last.going_on(day(40), {NORTH: 30}).total() == 0


def test_two_demands_are_unlike_by_what_is_within_reach() -> None:
    north, south = Came.of({NORTH: 10}), Came.of({SOUTH: 30})
    assert (difference(north, Came.of({NORTH: 50})), difference(north, south)) == (NOTHING, 2 * ALL)
    assert (alike(north, Came.of({NORTH: 50})), alike(north, south)) == (ALL, NOTHING)
    assert difference(north, Came(0, {})) == 0
    assert Came.of({BOTH: 3, frozenset(): 7}) == Came(3, {"north": 3, "south": 3})


def test_it_leans_to_the_mix_it_is_of() -> None:
    north, south, between = Came.of({NORTH: 10}), Came.of({SOUTH: 30}), Came.of({BOTH: 4})
    assert leaning(north, north, south) == -leaning(north, south, north) == 2
    assert leaning(between, north, south) == leaning(south, north, north) == leaning(north, Came(0, {}), south) == 0
