"""Chance that repeats itself: a generator made from words, the same on every machine."""

from bisect import bisect
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


def chance(*parts: object) -> Random:
    """Make a generator that depends on nothing but the given words and figures."""
    digest = blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest()
    return Random(int.from_bytes(digest, "big"))


def happens(random: Random, odds: float) -> bool:
    """Tell whether something of these odds (0 to 1) happens this time."""
    return random.random() < odds


class Weighted(Generic[T]):
    """Items drawn in proportion to their weights, in logarithmic time."""

    def __init__(self, weights: Iterable[tuple[T, float]]) -> None:
        """Keep the items whose weight is above nought; ValueError when none is."""
        kept = [(item, weight) for item, weight in weights if weight > 0]
        if not kept:
            raise ValueError("nothing to draw from")
        self._items: Sequence[T] = [item for item, _ in kept]
        self._sums = list(accumulate(weight for _, weight in kept))

    def draw(self, random: Random) -> T:
        """Draw one item."""
        return self._items[bisect(self._sums, random.random() * self._sums[-1], 0, len(self._items) - 1)]


def shares(total: int, weights: Sequence[float]) -> list[int]:
    """Cut a whole number in proportion to weights, largest remainders first; the sum is exact."""
    whole = sum(weights)
    exact = [total * weight / whole for weight in weights]
    parts = [int(part) for part in exact]
    by_remainder = sorted(range(len(parts)), key=lambda at: (parts[at] - exact[at], at))
    for at in by_remainder[: total - sum(parts)]:
        parts[at] += 1
    return parts
