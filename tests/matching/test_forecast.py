"""The forecast of a season's end: what it never says, and how far it was from seasons that were lived to their end."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.forecast import Trial, backtest, foresee
from matching.lapsing import Lapsing, Offer
from matching.outlook import Bounds, Part, seen_from
from matching.rhythm import Course, Rhythm
from tests.matching.seasons import DAYS, World, season, world

SEEDS = (1, 2, 3, 4, 5)

parts = st.builds(
    lambda sure, held, room, kept, coming: Part(
        committed=sure + held,
        sure=sure,
        most=float(sure + held + room) if room is not None else float("inf"),
        kept=sure + held * kept,
        unsure=held * kept * (1 - kept),
        coming=coming,
    ),
    sure=st.integers(0, 500),
    held=st.integers(0, 500),
    room=st.none() | st.integers(0, 500),
    kept=st.floats(0, 1),
    coming=st.floats(0, 3000),
)
spreads = st.sampled_from((0.1, 0.2, 0.4, 0.5, 1.0, 1.5))


@given(parts, spreads)
def test_the_interval_is_in_order_and_within_what_can_be(part: Part, spread: float) -> None:
    told = part.foreseen(spread)

    assert part.sure <= told.low <= told.expected <= told.high <= part.most


@given(parts, spreads, st.floats(0, 500))
def test_more_demand_never_lowers_a_forecast(part: Part, spread: float, more: float) -> None:
    told, then = part.foreseen(spread), replace(part, coming=part.coming + more).foreseen(spread)

    assert (told.low, told.expected, told.high) <= (then.low, then.expected, then.high)
    assert told.low <= then.low
    assert told.expected <= then.expected
    assert told.high <= then.high


@given(parts, st.sampled_from(((0.1, 0.2), (0.4, 0.5), (0.5, 1.5))))
def test_a_wider_spread_holds_the_narrower_interval(part: Part, spread: tuple[float, float]) -> None:
    narrow, wide = (part.foreseen(one) for one in spread)

    assert wide.low <= narrow.low
    assert narrow.expected == wide.expected
    assert part.most == float("inf") or narrow.high <= part.most


def steadily(names: tuple[str, ...], days: int, each: int = 1) -> list[Offer]:
    return [Offer(name, day) for day in range(days) for name in names for _ in range(each)]


def test_no_history_no_forecast() -> None:
    bounds = {"a": Bounds(objective=100)}
    few = Course(DAYS, steadily(("a",), 10, each=50))
    rare = Course(DAYS, [Offer("a", day) for day in range(0, 100, 10)])

    assert foresee(Course(DAYS, []), 100, bounds) == {}
    assert foresee(few, 10, bounds) == {}
    assert foresee(rare, 100, bounds) == {}
    assert backtest(Course(DAYS, []), bounds) == []


def test_an_even_season_is_foreseen_to_the_unit() -> None:
    lived = Course(DAYS, steadily(("a", "b"), DAYS))

    told = foresee(lived, 120, {"a": Bounds(objective=200), "b": Bounds(objective=200)})

    assert {name: one.expected for name, one in told.items()} == {"a": 240, "b": 240}
    assert told["a"].low < 240 < told["a"].high
    assert told["a"].committed == 120


def test_at_its_places_an_association_is_foreseen_there() -> None:
    offers = [one for one in steadily(("a", "b"), 120) if one.association == "b" or one.day < 30]
    bounds = {"a": Bounds(objective=30, places=30), "b": Bounds(objective=100)}

    told = foresee(Course(DAYS, offers), 120, bounds)["a"]

    assert (told.committed, told.expected, told.high) == (30, 30, 30)


def test_places_a_stop_and_a_closed_door_bound_it() -> None:
    lived = Course(DAYS, steadily(("a", "b", "c", "d"), 120))
    bounds = {
        "a": Bounds(objective=130, places=150),
        "b": Bounds(objective=130, stops=True),
        "c": Bounds(objective=130, opens=DAYS),
        "d": Bounds(objective=130, outside=40),
    }

    told = foresee(lived, 120, bounds)

    assert (told["a"].expected, told["a"].high) == (150, 150)
    assert (told["b"].expected, told["b"].high) == (130, 130)
    assert told["c"].expected == told["c"].high == 120
    assert told["d"].expected == 240 + 40


def test_places_never_take_back_what_is_there() -> None:
    told = foresee(Course(DAYS, steadily(("a",), 120)), 120, {"a": Bounds(objective=50, places=80, stops=True)})

    assert (told["a"].low, told["a"].high) == (120, 120)


def test_what_does_not_fit_does_not_come() -> None:
    lived = Course(DAYS, steadily(("a", "b"), 120))
    bounds = {"a": Bounds(objective=100), "b": Bounds(objective=100)}
    kinds = {frozenset({"b"}): 0.9, frozenset({"a", "b"}): 0.1}

    told = foresee(lived, 120, bounds, kinds=kinds)

    assert told["a"].expected == 120 + 24
    assert told["b"].expected == 240


def test_what_a_full_one_cannot_take_goes_to_those_it_shares_requests_with() -> None:
    lived = Course(DAYS, steadily(("full", "near", "far"), 120))
    bounds = {"full": Bounds(objective=120, places=120), "near": Bounds(objective=120), "far": Bounds(objective=120)}
    kinds = {frozenset({"full", "near"}): 2 / 3, frozenset({"far"}): 1 / 3}

    told = foresee(lived, 120, bounds, kinds=kinds)

    assert [told[name].expected for name in bounds] == [120, 360, 240]


def test_a_small_one_is_drawn_towards_the_network() -> None:
    offers = steadily(("a", "b"), 120, each=2)
    bounds = {"a": Bounds(objective=240), "b": Bounds(objective=240), "new": Bounds(objective=24)}

    told = foresee(Course(DAYS, offers), 120, bounds)["new"]

    assert 0 < told.expected < 24
    assert told.low <= 1


def test_an_association_that_loses_more_is_foreseen_lower() -> None:
    def lost(name: str, day: int, every: int) -> Offer:
        return Offer(name, day, day + 3 if day % every == 0 else None)

    offers = [lost("a", day, 10) for day in range(120)] + [lost("b", day, 2) for day in range(120)]
    told = foresee(Course(DAYS, offers), 120, {name: Bounds(objective=120) for name in "ab"})

    assert told["a"].expected > 200
    assert told["b"].expected < 160


def test_what_is_old_holds_better_than_what_is_new() -> None:
    offers = [Offer("a", day, day + 5 if day % 3 == 0 else None) for day in range(100)]

    lapsing = Lapsing.learnt(offers, 100)

    assert lapsing.holding("a", 0, 50) < 0.8
    assert lapsing.holding("a", 30, 50) == 1
    assert lapsing.holding("unknown", 0, 50) == pytest.approx(2 / 3, abs=0.05)


def test_the_past_season_gives_the_rhythm_wherever_it_began() -> None:
    late = Course(100, [Offer("a", day) for day in range(50, 100)])
    past = Course(100, [Offer("a", day) for day in range(50) for _ in range(3)] + late.offers[:50])  # type: ignore[operator]

    assert Rhythm(200, late).share(0, 100) == 0.5
    assert Rhythm(200, past).share(0, 100) == pytest.approx(0.9 * 0.75 + 0.1 * 0.5)
    assert Rhythm(200, past).share(0, 200) == pytest.approx(1)


def test_what_came_later_changes_nothing() -> None:
    where = world()
    whole = season(where, 7, 2000)
    known = Course(whole.days, [one.known_at(100) for one in whole.offers if one.day < 100], whole.received)

    first, again = (seen_from(one, 100, where.bounds).parts() for one in (whole, known))

    assert first == again


def trials(with_past: bool) -> list[Trial]:
    """Each made-up year foreseen at its quarter, half and three quarters; the year before was a seventh smaller."""
    found = []
    for seed in SEEDS:
        where: World = world(seed)
        aimed = sum(one.objective for one in where.bounds.values())
        before = season(where, seed + 10, int(aimed * 1.05)) if with_past else None
        found += backtest(season(where, seed + 20, int(aimed * 1.2)), where.bounds, before, where.kinds)
    return found


def at(day: int, found: list[Trial]) -> tuple[float, float]:
    """The mean error and coverage of those foreseen that day."""
    own = [one for one in found if one.day == day]
    return sum(one.error for one in own) / len(own), sum(one.coverage for one in own) / len(own)


def test_with_a_past_season_the_end_is_foreseen_within_a_few_hundredths() -> None:
    found = trials(with_past=True)

    errors, coverages = zip(*(at(day, found) for day in (60, 120, 180)), strict=True)
    assert errors[0] < 0.15
    assert errors[1] < 0.12
    assert errors[2] < 0.04
    assert min(coverages) >= 0.9


def test_without_one_a_peak_to_come_is_missed_but_the_interval_says_so() -> None:
    found = trials(with_past=False)

    errors, coverages = zip(*(at(day, found) for day in (60, 120, 180)), strict=True)
    assert errors[1] < 0.25
    assert errors[2] < 0.09
    assert all(one.bias < 0 for one in found if one.day == 120)
    assert min(coverages) >= 0.8
