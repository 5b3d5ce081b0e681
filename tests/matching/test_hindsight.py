"""Hindsight is the best there is: against every allocation of small cases, and against chains of moves on large ones."""

import random
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.foresight import answered, foreseen
from matching.hindsight import Hindsight, HindsightError, Slot, best, slots_of
from matching.ranking import Policy, PolicyName
from matching.replay import known_outcomes, replay
from matching.router import Router
from tests.bench.season import season

KEYS = ["a", "b", "c"]
SLOTS = [Slot("a", "north"), Slot("a", "south"), Slot("b"), Slot("c")]
Kinds = dict[frozenset[Slot], int]


def cost(taken: Counter[str], objectives: dict[str, int]) -> tuple[int, Fraction, int]:
    """Placed (negated), in whole those without an objective, and Σ x²/o: what hindsight makes least, in this order."""
    undeclared = [key for key in taken if not objectives[key]]
    squares = sum((Fraction(count**2, objectives[key]) for key, count in taken.items() if objectives[key]), Fraction(0))
    return (-sum(taken.values()), sum(taken[key] for key in undeclared), squares)


def by_hand(kinds: Kinds, objectives: dict[str, int], capacities: dict[Slot, int | None]) -> tuple[int, Fraction, int]:
    """The least cost over every way of sending each request somewhere, or nowhere."""
    requests = [kind for kind, count in kinds.items() for _ in range(count)]
    found = []
    for choice in product(*[[None, *sorted(kind)] for kind in requests]):
        rows = Counter(slot for slot in choice if slot)
        if all(capacities[slot] is None or count <= capacities[slot] for slot, count in rows.items()):
            found.append(cost(Counter(slot.association for slot in choice if slot), objectives))
    return min(found)


def small_cases() -> st.SearchStrategy:
    kinds = st.lists(st.frozensets(st.sampled_from(SLOTS), max_size=3), max_size=6).map(Counter)
    capacity = st.one_of(st.none(), st.integers(0, 3))
    return st.tuples(
        kinds,
        st.fixed_dictionaries({key: st.integers(0, 4) for key in KEYS}),
        st.fixed_dictionaries(dict.fromkeys(SLOTS, capacity)),
    )


@given(small_cases())
@settings(max_examples=120, deadline=None)
def test_no_allocation_of_a_small_case_is_better(case: tuple[Kinds, dict[str, int], dict[Slot, int | None]]) -> None:
    kinds, objectives, capacities = case
    found = best(kinds, objectives, capacities)
    assert cost(Counter(found.attained), objectives) == by_hand(kinds, objectives, capacities)
    keeps_the_rules(found, kinds, capacities)


def keeps_the_rules(found: Hindsight, kinds: Kinds, capacities: dict[Slot, int | None]) -> None:
    rows, sent = Counter[Slot](), Counter[frozenset[Slot]]()
    for (kind, slot), count in found.moves.items():
        assert slot in kind
        rows[slot] += count
        sent[kind] += count
    assert all(sent[kind] <= kinds[kind] for kind in sent)
    assert all(room is None or rows[slot] <= room for slot, room in capacities.items())
    assert found.placed == sum(sent.values()) <= found.asked == sum(kinds.values())


def test_who_has_no_objective_comes_after_all_that_have_one() -> None:
    kinds, rooms = slots_of({frozenset("ab"): 5}), {Slot("a"): 3, Slot("b"): 3}
    assert best(kinds, {"a": 1}, rooms).attained == {"a": 3, "b": 2}
    assert best(kinds, {"a": 1}, {Slot("a"): None, Slot("b"): None}).attained == {"a": 5}


@pytest.mark.parametrize("share", [None, 0.8, 1.5])
def test_no_chain_of_moves_improves_a_large_case(share: float | None) -> None:
    chance = random.Random(f"hindsight {share}")
    keys = [f"a{number:02}" for number in range(20)]
    objectives = {key: chance.randint(1, 120) for key in keys}
    kinds = slots_of(Counter(frozenset(chance.sample(keys, chance.randint(1, 5))) for _ in range(1200)))
    rooms = {Slot(key): None if share is None else round(share * objectives[key]) for key in keys}
    found = best(kinds, objectives, rooms)
    keeps_the_rules(found, kinds, rooms)
    assert not improvable(found, kinds, objectives, rooms)


def improvable(found: Hindsight, kinds: Kinds, objectives: dict[str, int], rooms: dict[Slot, int | None]) -> bool:
    """Whether a request could pass from hand to hand so that one more is placed, or Σ x²/o is less. Exact."""
    taken, sent = found.attained, Counter[frozenset[Slot]]()
    onward: dict[str, set[str]] = {key: set() for key in objectives}
    for (kind, slot), count in found.moves.items():
        sent[kind] += count
        onward[slot.association] |= {other.association for other in kind}
    open_now = {key for key in objectives if rooms[Slot(key)] is None or taken.get(key, 0) < (rooms[Slot(key)] or 0)}
    left_out = {slot.association for kind, count in kinds.items() if sent[kind] < count for slot in kind}
    if reached(left_out, onward) & open_now:
        return True
    return any(
        Fraction(2 * taken.get(last, 0) + 1, objectives[last]) < Fraction(2 * taken[first] - 1, objectives[first])
        for first in taken
        for last in reached({first}, onward) & open_now
    )


def reached(start: set[str], onward: dict[str, set[str]]) -> set[str]:
    found, todo = set(start), list(start)
    while todo:
        for key in onward[todo.pop()] - found:
            found.add(key)
            todo.append(key)
    return found


def test_a_sample_counts_for_as_many_and_what_was_there_before_counts_too() -> None:
    rooms: dict[Slot, int | None] = {Slot("a"): None, Slot("b"): None}
    two, three = slots_of({frozenset("ab"): 2}), slots_of({frozenset("ab"): 3})
    assert best(two, {"a": 10, "b": 10}, rooms, started={"a": 20}, unit=10).attained == {"b": 2}
    assert best(three, {"a": 10, "b": 20}, rooms, unit=10).attained == {"a": 1, "b": 2}


@pytest.mark.parametrize("seed", range(3))
def test_no_policy_does_better_than_hindsight(seed: int) -> None:
    bench = season(seed, requests=400, associations=12, programmes=30, capacities=(0.6, 1.4))
    router = Router(bench.settings.catalogue)
    lived, known = answered(bench.season), known_outcomes(bench.season, router)
    most = foreseen(lived, bench.settings, bench.habits, known).ideal.placed
    for name in PolicyName:
        under = replace(bench.settings, policy=Policy(name, hops=12))
        run = replay(lived, under, habits=bench.habits, router=router, known=known)
        assert 0.7 * most < run.placed <= most


def test_nothing_asked_or_nowhere_to_go_places_nobody() -> None:
    assert best({}, {}, {}).placed == 0
    nowhere = best(slots_of({frozenset("a"): 2, frozenset(): 1}), {"a": 5}, {})
    assert (nowhere.placed, nowhere.asked) == (0, 3)


def test_numbers_that_cannot_be_solved_exactly_are_refused() -> None:
    with pytest.raises(HindsightError, match="too large"):
        best(slots_of({frozenset("a"): 2}), {"a": 1, "b": 2**40}, {Slot("a"): None})
