"""Replays as staff read them: the list, one with its report, and those that tell a policy from ARM."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select

from matching.ranking import PolicyName
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.account import Account
from portal.models.referral import Referral
from portal.models.replay import Replay, ReplayState

AnySelect = Select[*tuple[Any, ...]]
PAGE = 20
ENOUGH_DAYS = 90  # both included: shorter, a season's rhythm would decide
NOTICED = 0.005  # of a Gini index
FRESH = timedelta(days=30)  # older, it was run on settings that are no more


@dataclass(frozen=True)
class Proof:
    """A replay of a policy alone against ARM, on one side.

    served: how many more it has welcomed, those who withdrew since included; gini: by how much unevenness grows. Each is
    the least, the middle and the most over all draws of the answers that nobody gave.
    """

    replay_id: UUID
    side: Side
    served: Sequence[float]
    gini: Sequence[float]

    @property
    def beats_arm(self) -> bool:
        """Better on one account at every draw, and not worse on the other: more served, or attainments more alike."""
        more, fairer = self.served[0] > 0, self.gini[-1] < 0
        return (more and self.as_even) or (fairer and (more or self.as_many))

    @property
    def as_many(self) -> bool:
        """Draws do not agree on who serves more."""
        return self.served[0] <= 0 <= self.served[-1]

    @property
    def as_even(self) -> bool:
        """No draw makes attainments noticeably less alike."""
        return self.gini[-1] <= NOTICED


def sides_asked() -> frozenset[Side]:
    """The sides on which somebody has come lately: a proof is wanted there."""
    since = clock.now() - timedelta(days=ENOUGH_DAYS)
    return frozenset(db.session.scalars(select(Referral.side).where(Referral.received_at > since).distinct()))


def replays_asked(before: UUID | None = None) -> Sequence[Row[Any]]:
    """One page of them, latest first: Replay (its report apart) and asker's name. before: the last of the page above."""
    query = _replays().order_by(Replay.id.desc()).limit(PAGE)
    return db.session.execute(query.where(Replay.id < before) if before else query).all()


def replay_asked(replay_id: UUID) -> Row[Any] | None:
    """Replay, asker's name and report."""
    query: AnySelect = (
        select(Replay, Account.name.label("asker"), Replay.report.label("report"))
        .outerjoin(Account, Account.id == Replay.asked_by)
        .where(Replay.id == replay_id)
    )
    return db.session.execute(query).one_or_none()


def _replays() -> AnySelect:
    return select(Replay, Account.name.label("asker")).outerjoin(Account, Account.id == Replay.asked_by)


def tries(replay_id: UUID, name: PolicyName, hops: int) -> bool:
    """That replay is done, and about these rules alone."""
    query = select(Replay.id).where(
        Replay.id == replay_id,
        Replay.state == ReplayState.DONE,
        Replay.changes == _alone(name, hops),
    )
    return db.session.scalar(query) is not None


def _alone(name: PolicyName, hops: int) -> dict[str, Any]:
    """The changes of a replay that tries nothing but these rules."""
    return {"policy": {"name": name.value, "hops": hops}}


def proofs_of(name: PolicyName, hops: int) -> Mapping[Side, Proof]:
    """The latest replay of that policy alone on each side, long and fresh enough to tell, whatever it tells."""
    proof = Replay.report["proof"]
    query: AnySelect = (
        select(Replay.id, Replay.side, proof.label("proof"))
        .where(
            Replay.state == ReplayState.DONE,
            Replay.finished_at > clock.now() - FRESH,
            Replay.until - Replay.since >= ENOUGH_DAYS - 1,
            Replay.changes == _alone(name, hops),
            func.jsonb_typeof(proof) == "object",
        )
        .order_by(Replay.finished_at)
    )
    return {row.side: Proof(row.id, row.side, **row.proof) for row in db.session.execute(query)}
