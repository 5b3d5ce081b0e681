"""The steps that several policies share: who is declared, how ties are broken, a programme's share."""

from collections.abc import Sequence
from datetime import datetime

from matching.policies.contest import AssociationStep, Contest, Opening, ProgrammeStep, Runner, TieBreak, digest


def undeclared(_: Contest, running: Sequence[Runner]) -> list[bool]:
    """Without a declared objective: after all that have one."""
    return [not row.declared for _, _, row in running]


def _reach(_: Contest, running: Sequence[Runner]) -> list[int]:
    return [row.reach for _, _, row in running]


def _served(_: Contest, running: Sequence[Runner]) -> list[datetime]:
    return [row.served for _, _, row in running]


def _digest(contest: Contest, running: Sequence[Runner]) -> list[str]:
    return [digest(contest.request, association) for association, _, _ in running]


TIES: dict[TieBreak, AssociationStep] = {
    TieBreak.REACH: _reach,
    TieBreak.LAST_SERVED: _served,
    TieBreak.DIGEST: _digest,
}


def _part(contest: Contest, opening: Opening) -> int:
    return contest.standing.programme(opening.programme).part


def _programme_served(contest: Contest, opening: Opening) -> datetime:
    return contest.standing.programme(opening.programme).served


def _programme_digest(contest: Contest, opening: Opening) -> str:
    return digest(contest.request, opening.programme)


BY_SHARE: tuple[ProgrammeStep, ...] = (_part, _programme_served, _programme_digest)
