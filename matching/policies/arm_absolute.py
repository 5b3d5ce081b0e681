"""The association that lacks most requests, in number: large ones first, whatever the small ones have."""

from collections.abc import Sequence

from matching.policies.contest import Contest, Order, Runner, TieBreak
from matching.policies.ties import BY_SHARE, TIES, undeclared


def _gap(_: Contest, running: Sequence[Runner]) -> list[int]:
    return [row.committed - row.objective for _, _, row in running]


ORDER = Order({TieBreak.DECLARED: undeclared, TieBreak.GAP: _gap, **TIES}, BY_SHARE)
