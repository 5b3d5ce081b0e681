"""The association furthest behind the level foreseen for it today (matching.levels), re-solved every day.

Where no level is known, its ratio alone counts, as in ARM.
"""

from collections.abc import Sequence

from matching.policies.contest import Contest, Order, Runner, TieBreak
from matching.policies.ties import BY_SHARE, TIES, undeclared


def _level(_: Contest, running: Sequence[Runner]) -> list[int]:
    return [row.ahead for _, _, row in running]


ORDER = Order({TieBreak.DECLARED: undeclared, TieBreak.LEVEL: _level, **TIES}, BY_SHARE)
