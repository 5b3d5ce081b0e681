"""A draw that can be drawn again: the digest of the policy's seed, the request and the association."""

from collections.abc import Sequence

from matching.policies.contest import Contest, Order, Runner, TieBreak, digest
from matching.policies.ties import BY_SHARE


def _draw(contest: Contest, running: Sequence[Runner]) -> list[str]:
    return [digest(str(contest.policy.seed), contest.request, association) for association, _, _ in running]


ORDER = Order({TieBreak.CHANCE: _draw}, BY_SHARE)
