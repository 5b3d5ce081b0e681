"""ARM: the association furthest from its objective, by the ratio (committed + V) / (objective + V)."""

from collections.abc import Sequence

from matching.policies.contest import Contest, Order, Runner, TieBreak
from matching.policies.ties import BY_SHARE, TIES, undeclared


def _attainment(_: Contest, running: Sequence[Runner]) -> list[int]:
    return [row.ratio for _, _, row in running]


ORDER = Order({TieBreak.DECLARED: undeclared, TieBreak.ATTAINMENT: _attainment, **TIES}, BY_SHARE)
