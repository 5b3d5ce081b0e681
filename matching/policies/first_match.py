"""The first programme that fits, in the order of their ids."""

from collections.abc import Sequence

from matching.policies.contest import Contest, Opening, Order, Runner, TieBreak


def _first(_: Contest, running: Sequence[Runner]) -> list[str]:
    return [min([opening.programme for opening in own]) for _, own, _ in running]


def _programme(_: Contest, opening: Opening) -> str:
    return opening.programme


ORDER = Order({TieBreak.ORDER: _first}, (_programme,))
