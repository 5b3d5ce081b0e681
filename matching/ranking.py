"""Ranking: the associations in the running put in the order of a policy. ARM is the default.

The step that tells the first from the second is the tie-break that decided. All is exact; nothing depends on the
order of rows or on chance. A step is computed only for those still tied when its turn comes.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from matching.policies import arm, arm_absolute, first_match, nearest, projected, random
from matching.policies.contest import (
    AssociationRow,
    AssociationStep,
    Contest,
    Key,
    Opening,
    Order,
    Policy,
    PolicyName,
    ProgrammeRow,
    Runner,
    Standings,
    TieBreak,
    digest,
)

__all__ = [
    "AssociationRow",
    "Contest",
    "Opening",
    "Policy",
    "PolicyName",
    "ProgrammeRow",
    "Ranked",
    "Standings",
    "TieBreak",
    "choose_programme",
    "decided_by",
    "digest",
    "rank",
]

ORDERS: Mapping[PolicyName, Order] = {
    PolicyName.ARM: arm.ORDER,
    PolicyName.ARM_ABSOLUTE: arm_absolute.ORDER,
    PolicyName.FIRST_MATCH: first_match.ORDER,
    PolicyName.NEAREST: nearest.ORDER,
    PolicyName.RANDOM: random.ORDER,
    PolicyName.PROJECTED: projected.ORDER,
}
STEPS = {name: tuple(order.associations.values()) for name, order in ORDERS.items()}


class Ranked(NamedTuple):
    """An association in the running: its openings and its place in the order.

    `key` holds what each step gave, as far as it had to be told from another.
    """

    association: str
    openings: Sequence[Opening]
    key: tuple[Key, ...]


def rank(openings: Iterable[Opening], contest: Contest) -> list[Ranked]:
    """The associations in the running, first served first."""
    by_association: dict[str, list[Opening]] = {}
    for opening in openings:
        association = opening.association
        if association in by_association:
            by_association[association].append(opening)
        else:
            by_association[association] = [opening]
    row = contest.standing.association
    running = [(association, own, row(association)) for association, own in by_association.items()]
    return _in_order(running, (), STEPS[contest.policy.name], contest)


def _in_order(
    tied: Sequence[Runner], key: tuple[Key, ...], steps: Sequence[AssociationStep], contest: Contest
) -> list[Ranked]:
    """Those whom the steps so far could not tell apart, told apart by those that remain."""
    if len(tied) == 1 or not steps:
        return [Ranked(association, own, key) for association, own, _ in tied]
    keys = steps[0](contest, tied)
    values = set(keys)
    if len(values) == 1:
        return _in_order(tied, (*key, keys[0]), steps[1:], contest)
    order = sorted(range(len(tied)), key=keys.__getitem__)
    if len(values) == len(tied):
        return [Ranked(tied[place][0], tied[place][1], (*key, keys[place])) for place in order]
    found: list[Ranked] = []
    for value, places in groupby(order, keys.__getitem__):
        found += _in_order([tied[place] for place in places], (*key, value), steps[1:], contest)
    return found


def decided_by(ranking: Sequence[Ranked], policy: Policy) -> TieBreak:
    """The step that told the first from the second."""
    if len(ranking) == 1:
        return TieBreak.ALONE
    steps = zip(ORDERS[policy.name].associations, ranking[0].key, ranking[1].key, strict=False)
    return next(name for name, first, second in steps if first != second)


def choose_programme(openings: Sequence[Opening], contest: Contest) -> Opening:
    """Within the chosen association: the programme furthest from its share, then the same ties."""
    left: Sequence[Opening] = openings
    for step in ORDERS[contest.policy.name].programmes:
        if len(left) == 1:
            break
        keys = [step(contest, opening) for opening in left]
        least = min(keys)
        left = [opening for opening, key in zip(left, keys, strict=True) if key == least]
    return left[0]
