"""The network's figures as the public role may have them: the database rounds them, and nothing finer leaves it."""

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import text

from matching.vocabulary import Side
from portal.foundation.extensions import db
from portal.queries.figures import Figures, Period, SideFigures, Tally

MASKED = -1  # 1 to 4
GRAIN = 5
MOST_MASKED = 4
QUERY = text("SELECT side, measure, dimension, value, amount FROM network_told(:first, :last)")
Key = tuple[Side, str, str]
Table = dict[str | None, int]


def figures_told(period: Period) -> Figures:
    """One statement. Counts are the smallest that what is told may stand for: 1 to 4 for those that are masked.

    "received", "accepted" and "paired" in all; "received" by département, age, level and channel, groups named by
    their first value; both by week; the median "wait" of "accepted". Nothing else, and nothing for a period that the
    public page never has (see network_told in the migrations).
    """
    found: dict[Key, Table] = defaultdict(dict)
    for side, measure, dimension, value, amount in db.session.execute(
        QUERY, {"first": period.first, "last": period.last}
    ):
        found[Side(side), measure, dimension][value] = amount
    sides = {side: _side(side, period, found) for side in Side}
    return Figures(period, sides, period.first if found else None)


def _side(side: Side, period: Period, found: Mapping[Key, Table]) -> SideFigures:
    amounts: dict[tuple[str, str, str], int] = {}
    weekly: dict[str, tuple[int, ...]] = {}
    for (own_side, measure, dimension), table in found.items():
        if own_side is not side:
            continue
        if dimension == "median":
            amounts |= {(measure, "wait", str(table[None])): GRAIN}
            continue
        counts = smallest(table)
        if dimension == "week":
            weekly[measure] = tuple(counts.get(monday.isoformat(), 0) for monday in period.weeks)
        else:
            amounts |= {(measure, dimension, value): n for value, n in counts.items()}
    return SideFigures(side, period, Tally(amounts), None, weekly)


def smallest(table: Mapping[str | None, int]) -> dict[str, int]:
    """The smallest counts that are told like these, their total too (under None): what a mask says of them is kept."""
    counts = {value: 1 if n == MASKED else n for value, n in table.items() if value is not None}
    lacking = max(table.get(None, 0), 0) - sum(counts.values())
    for value, n in counts.items():
        room = MOST_MASKED - n if n < GRAIN else GRAIN - 1
        more = min(max(lacking, 0), room if n else 0)
        counts[value], lacking = n + more, lacking - more
    return counts
