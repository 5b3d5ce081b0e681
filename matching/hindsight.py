"""Hindsight: the best that could have been done, had every request been known from the start.

One convex min-cost flow: each request goes to one of the rows of capacity that may take it. Most placements first;
among those, the least Σ x²/o over the associations (x placed there, o its objective), which is both the fairest
attainment and, since the k-th request of an association costs (2k − 1)/o, a flow of unit arcs. Who has no objective
comes after all that have one.

Exact: two allocations of as many placements differ by chains of moves, each of which takes one unit from an
association and gives one to another; costs are whole numbers of 1/scale, with scale above the product of any two
objectives, so that no two different units ever cost the same by rounding.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import numpy as np
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

Capacity = int | None  # None never runs out
MOST_COST = 1 << 62  # of a whole path, in the solver's 64-bit integers


class Slot(NamedTuple):
    """A row of capacity a request may draw on: of which association, and which of its rows."""

    association: str
    row: str = ""


Kinds = Mapping[frozenset[Slot], int]


class HindsightError(ArithmeticError):
    """Objectives or demand beyond what the solver's 64-bit integers can hold."""


@dataclass(frozen=True)
class Hindsight:
    """`moves`: how many requests of each kind went to each slot. `asked`: how many there were."""

    asked: int
    moves: Mapping[tuple[frozenset[Slot], Slot], int]

    @cached_property
    def attained(self) -> Mapping[str, int]:
        """How many requests each association took; who took none is left out."""
        found = Counter[str]()
        for (_, slot), count in self.moves.items():
            found[slot.association] += count
        return found

    @property
    def placed(self) -> int:
        return sum(self.attained.values())


def slots_of(kinds: Mapping[frozenset[str], int]) -> dict[frozenset[Slot], int]:
    """The same requests where each association has one row for all."""
    slots = {key: Slot(key) for kind in kinds for key in kind}
    return {frozenset([slots[key] for key in kind]): count for kind, count in kinds.items()}


def best(
    kinds: Kinds,
    objectives: Mapping[str, int],
    capacities: Mapping[Slot, Capacity],
    *,
    started: Mapping[str, int] | None = None,
    unit: int = 1,
) -> Hindsight:
    """The best allocation of `kinds` (the slots a request may take, and how many such requests).

    `capacities`: by row; a row not named has none. `started`: what each association has already, which counts in x.
    `unit`: how many requests each of those counted in `kinds` and `capacities` stands for, when they are a sample.
    Raises HindsightError when the numbers are too large for it.
    """
    network = _Network(kinds, objectives, capacities, _Costs(objectives, started or {}, unit))
    most, steepest = network.most(), network.level()
    while True:
        found = Hindsight(network.asked, network.solved(steepest))
        if found.placed == most and not network.could_take_more(found.attained, steepest):
            return found
        steepest *= 2


class _Costs:
    """What the next unit of an association costs, in whole numbers of 1/scale: (2x + unit(2k − 1))/o for the k-th."""

    def __init__(self, objectives: Mapping[str, int], started: Mapping[str, int], unit: int) -> None:
        self.objectives, self.started, self.unit = objectives, started, unit
        self.scale = 1 << 2 * max(objectives.values(), default=1).bit_length() + 1

    def of(self, key: str, room: int, steepest: int) -> list[int]:
        """Those within a marginal cost of `steepest`; all of them, and dearer, for who has no objective."""
        objective, first = self.objectives.get(key, 0), 2 * self.started.get(key, 0) + self.unit
        if objective <= 0:
            return [(steepest + 1) * self.scale + first + 2 * self.unit * place for place in range(room)]
        count = max(0, min(room, (steepest * objective - first) // (2 * self.unit) + 1))
        return [(first + 2 * self.unit * place) * self.scale // objective for place in range(count)]


class _Network:
    """Nodes: the source and the sink, then kinds, slots and associations."""

    def __init__(
        self, kinds: Kinds, objectives: Mapping[str, int], capacities: Mapping[Slot, Capacity], costs: _Costs
    ) -> None:
        self.costs = costs
        self.kinds = [(kind, count) for kind, count in kinds.items() if count > 0]
        self.asked = sum(kinds.values())
        self.slots = sorted({slot for kind, _ in self.kinds for slot in kind if capacities.get(slot, 0) != 0})
        self.keys = sorted({slot.association for slot in self.slots})
        self.rows = [_room(capacities[slot], self.asked) for slot in self.slots]
        self.objectives = objectives
        self.rooms = self._rooms()
        self.first_slot = 2 + len(self.kinds)
        self.first_key = self.first_slot + len(self.slots)
        self.choices = self._choices()

    def _rooms(self) -> Mapping[str, int]:
        """No more than what is within its reach, for each association."""
        reached, rooms = Counter[str](), Counter[str]()
        for kind, count in self.kinds:
            for key in {slot.association for slot in kind}:
                reached[key] += count
        for slot, room in zip(self.slots, self.rows, strict=True):
            rooms[slot.association] = min(rooms[slot.association] + room, reached[slot.association])
        return rooms

    def _choices(self) -> np.ndarray:
        """One row for each kind and each slot that may take it."""
        places = {slot: place for place, slot in enumerate(self.slots)}
        pairs = [
            (kind, place)
            for kind, (slots, _) in enumerate(self.kinds)
            for place in sorted([places[slot] for slot in slots if slot in places])
        ]
        return np.array(pairs, dtype=np.int64).reshape(-1, 2)

    def most(self) -> int:
        """How many can be placed at all."""
        if all(room >= self.asked for room in self.rows):
            return int(self._counts()[np.unique(self.choices[:, 0])].sum())
        places = np.arange(len(self.keys), dtype=np.int64)
        rooms = np.array([self.rooms[key] for key in self.keys], dtype=np.int64)
        return int(self._flow(places, rooms, np.zeros_like(rooms)).maximum_flow())

    def level(self) -> int:
        """The marginal cost at which all would be served, were everyone alike: where to begin."""
        declared = sum(max(self.objectives.get(key, 0), 0) for key in self.keys)
        total = self.asked * self.costs.unit + sum(self.costs.started.get(key, 0) for key in self.keys)
        room = min(total, max(declared, 1)) if all(room < self.asked for room in self.rows) else total
        return 2 * -(-room // max(declared, 1))

    def solved(self, steepest: int) -> dict[tuple[frozenset[Slot], Slot], int]:
        """The cheapest of the largest flows, no declared association going beyond a marginal cost of `steepest`.

        A unit left out costs more than any declared one in use: when all that can be placed are, and none of them by
        who has no objective, leaving it out changed nothing.
        """
        units = [self.costs.of(key, self.rooms[key], steepest) for key in self.keys]
        if max(chain(*units), default=0) * (self.first_key + len(self.keys)) >= MOST_COST:
            raise HindsightError("these objectives or this demand are too large to be solved exactly")
        places = np.repeat(np.arange(len(units), dtype=np.int64), [len(each) for each in units])
        flow = self._flow(places, np.ones_like(places), np.array(list(chain(*units)), dtype=np.int64))
        taken = flow.flows(np.arange(len(self.choices), dtype=np.int32))
        used = np.flatnonzero(taken)
        return {
            (self.kinds[kind][0], self.slots[slot]): int(count)
            for (kind, slot), count in zip(self.choices[used].tolist(), taken[used], strict=True)
        }

    def could_take_more(self, taken: Mapping[str, int], steepest: int) -> bool:
        """Whether somebody without an objective was served while units of those who have one were left out."""
        if not any(count for key, count in taken.items() if self.objectives.get(key, 0) <= 0):
            return False
        return any(len(self.costs.of(key, self.rooms[key], steepest)) < self.rooms[key] for key in self.keys)

    def _flow(self, places: np.ndarray, rooms: np.ndarray, costs: np.ndarray) -> SimpleMinCostFlow:
        """Solved: source, kinds, slots, associations, sink; the last arcs hold `rooms` at `costs`."""
        flow = SimpleMinCostFlow()
        _arcs(flow, self.choices[:, 0] + 2, self.choices[:, 1] + self.first_slot, self._counts()[self.choices[:, 0]])
        kinds = np.arange(len(self.kinds), dtype=np.int64) + 2
        _arcs(flow, np.zeros_like(kinds), kinds, self._counts())
        owner = {key: self.first_key + place for place, key in enumerate(self.keys)}
        heads = np.array([owner[slot.association] for slot in self.slots], dtype=np.int64)
        tails = np.arange(len(self.slots), dtype=np.int64) + self.first_slot
        _arcs(flow, tails, heads, np.array(self.rows, dtype=np.int64))
        flow.add_arcs_with_capacity_and_unit_cost(places + self.first_key, np.ones_like(places), rooms, costs)
        flow.set_nodes_supplies(np.array([0, 1]), np.array([self.asked, -self.asked]))
        if flow.solve_max_flow_with_min_cost() != flow.OPTIMAL:
            raise HindsightError("this demand cannot be solved")
        return flow

    def _counts(self) -> np.ndarray:
        return np.array([count for _, count in self.kinds], dtype=np.int64)


def _room(capacity: Capacity, asked: int) -> int:
    return asked if capacity is None else min(max(capacity, 0), asked)


def _arcs(flow: SimpleMinCostFlow, tails: np.ndarray, heads: np.ndarray, rooms: np.ndarray) -> None:
    flow.add_arcs_with_capacity_and_unit_cost(tails, heads, rooms, np.zeros_like(rooms))
