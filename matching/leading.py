"""Who is first among those in the running, for lives of many thousand decisions: no keys kept, no record written.

The steps are those of matching.ranking, and so is the order; each step is computed only for those still tied.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

from matching.policies.contest import AssociationStep, Runner
from matching.ranking import ORDERS, Contest, Opening, PolicyName, TieBreak

Steps = Sequence[tuple[TieBreak, AssociationStep]]
STEPS: dict[str, Steps] = {name: tuple(order.associations.items()) for name, order in ORDERS.items()}
# The other policies rank associations without a look at their openings: these are then found for the first alone.
BY_OPENINGS = frozenset({PolicyName.FIRST_MATCH, PolicyName.NEAREST})


def leader(running: list[Runner], contest: Contest) -> str:
    """The association that matching.ranking.rank puts first."""
    for _, step in STEPS[contest.policy.name]:
        if len(running) == 1:
            break
        keys = step(contest, running)
        least = min(keys)
        running = [runner for runner, key in zip(running, keys, strict=True) if key == least]
    return running[0][0]


def ranking(running: list[Runner], contest: Contest) -> tuple[tuple[str, ...], TieBreak]:
    """All, first served first, and the step that told the first from the second: as matching.ranking would."""
    ordered, tie_break = _in_order(running, STEPS[contest.policy.name], contest)
    return tuple([runner[0] for runner in ordered]), tie_break


def runners_of(openings: Iterable[Opening], contest: Contest) -> list[Runner]:
    """Each association once, with its openings and where it stands."""
    by_association: dict[str, list[Opening]] = {}
    for opening in openings:
        by_association.setdefault(opening.association, []).append(opening)
    row = contest.standing.association
    return [(association, own, row(association)) for association, own in by_association.items()]


def _in_order(tied: list[Runner], steps: Steps, contest: Contest) -> tuple[list[Runner], TieBreak]:
    """Those still tied, told apart by the steps that remain; and the step between the first two."""
    many = len(tied)
    if many == 1:
        return tied, TieBreak.ALONE
    for place, (tie_break, step) in enumerate(steps):
        keys = step(contest, tied)
        values = len(set(keys))
        if values == 1:
            continue
        order = sorted(range(many), key=keys.__getitem__)
        if values == many:
            return [tied[each] for each in order], tie_break
        groups = [[tied[each] for each in group] for _, group in groupby(order, keys.__getitem__)]
        return _united(groups, tie_break, steps[place + 1 :], contest)
    return tied, TieBreak.ALONE


def _united(
    groups: list[list[Runner]], tie_break: TieBreak, steps: Steps, contest: Contest
) -> tuple[list[Runner], TieBreak]:
    """One group after the other; what told the first two apart is in the first group if it holds both."""
    found: list[Runner] = []
    for group in groups:
        if len(group) == 1:
            found += group
        else:
            ordered, within = _in_order(group, steps, contest)
            tie_break = tie_break if found else within
            found += ordered
    return found, tie_break
