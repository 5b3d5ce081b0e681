"""The association whose row of capacity is the most specific to where the person lives."""

from collections.abc import Sequence

from matching.policies.contest import Contest, Opening, Order, Runner, TieBreak
from matching.policies.ties import BY_SHARE, TIES
from matching.standing import specificity


def _distance(_: Contest, running: Sequence[Runner]) -> list[int]:
    return [min([specificity(opening.place)[0] for opening in own]) for _, own, _ in running]


def _programme_distance(_: Contest, opening: Opening) -> int:
    return specificity(opening.place)[0]


ORDER = Order({TieBreak.NEAREST: _distance, **TIES}, (_programme_distance, *BY_SHARE))
