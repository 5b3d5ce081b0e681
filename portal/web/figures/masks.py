"""What may be told to anyone: no count under five, and none that the others and their total would give away.

Every figure of five or more is rounded down to five, totals included. A table whose masked counts could still be
worked out from what is shown is not shown at all; a test goes through all small tables.
"""

from collections.abc import Mapping

from portal.web.charts import MASKED, Masked, Value

LEAST = 5
GRAIN = 5
MOST_MASKED = LEAST - 1


def published(count: int) -> Value:
    """Nothing is 0, 1 to 4 is masked, anything else is rounded down to five."""
    if count <= 0:
        return 0
    return MASKED if count < LEAST else count // GRAIN * GRAIN


def published_table(counts: Mapping[str, int], *, exact_total: bool = False) -> dict[str, Value] | None:
    """The counts as they may be told beside their total; None when that would give a masked one away.

    exact_total: the total is told as it is, rather than masked and rounded like the others.
    """
    told = {name: published(count) for name, count in counts.items()}
    masked = sum(value is MASKED for value in told.values())
    whole = sum(counts.values())
    return told if not masked or _uncertain(masked, counts, (whole, whole) if exact_total else _range(whole)) else None


def _uncertain(masked: int, counts: Mapping[str, int], total: tuple[int, int]) -> bool:
    """Whether each masked count may still be at least two things, for whoever knows how all this is done.

    All they know of the masked ones together is a range, from the total and what is shown, each rounded on its own.
    """
    shown = [count // GRAIN * GRAIN for count in counts.values() if count >= LEAST]
    low, high = total
    low, high = low - sum(shown) - len(shown) * (GRAIN - 1), high - sum(shown)
    low, high = max(low, masked), min(high, masked * MOST_MASKED)
    if masked == 1:
        return low < high
    return not low == high == masked and not low == high == masked * MOST_MASKED


def _range(total: int) -> tuple[int, int]:
    """What a published total may stand for."""
    told = published(total)
    return (1, MOST_MASKED) if isinstance(told, Masked) else (int(told), int(told) + GRAIN - 1)


def elsewhere_enough(network: int, own: int) -> bool:
    """Whether a figure of the network says nothing of any few: at least five more than one's own."""
    return network - own >= LEAST
