"""A period of history lived again under other settings: asked by staff, run by a job, kept with its report."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, DateTime, ForeignKey, Index, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, deferred, mapped_column

from matching.vocabulary import Side
from portal.foundation.extensions import Base
from portal.models.types import CreatedAt, Key, Str, one_of


class ReplayState(StrEnum):
    """How far it is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Replay(Base):
    """One question put to the past of a side.

    since, until: first and last day of reception. changes: what differs from the settings in force, in codes (policy,
    objectives, capacities, criteria; matching.replay reads them). seeds: how many draws of the modelled answers.
    report: matching.replay's comparison, ids and counts only; there when done. error: a sentence in French.
    attempts, running_since: as for documents, so that one left by a dead worker is taken up again.
    """

    __tablename__ = "replay"
    __table_args__ = (
        Index("ix_replay_asked", "asked_at"),
        Index("ix_replay_waiting", "asked_at", postgresql_where="state IN ('waiting', 'running')"),
        CheckConstraint("since <= until", name="period"),
        CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
        CheckConstraint("(state = 'done') = (report IS NOT NULL)", name="report"),
    )

    id: Mapped[Key]
    side: Mapped[Side] = mapped_column(one_of(Side, name="side"))
    title: Mapped[Str]
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date] = mapped_column(Date)
    changes: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    seeds: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[ReplayState] = mapped_column(one_of(ReplayState, name="state"), default=ReplayState.WAITING)
    progress: Mapped[int] = mapped_column(SmallInteger, default=0)
    report: Mapped[dict[str, Any] | None] = deferred(mapped_column(JSONB(none_as_null=True)))
    error: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    asked_at: Mapped[CreatedAt]
    asked_by: Mapped[UUID | None]
    running_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    @property
    def unfinished(self) -> bool:
        """It waits, or is being run."""
        return self.state in {ReplayState.WAITING, ReplayState.RUNNING}


class PolicyOutcome(StrEnum):
    """What became of a proposal."""

    PUBLISHED = "published"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class PolicyProposal(Base):
    """A policy that waits for a second person; at most one pending.

    replay_id: the replay it rests on. returns_to: the version it brings back, when it rolls back. version: the one
    published. reason: why it was proposed; verdict_reason: why it was refused.
    """

    __tablename__ = "policy_proposal"
    __table_args__ = (
        Index(
            "uq_policy_proposal_pending",
            "outcome",
            unique=True,
            postgresql_where="outcome IS NULL",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("maximum_hops BETWEEN 1 AND 10", name="hops"),
        CheckConstraint("(outcome = 'published') = (version IS NOT NULL)", name="version"),
        CheckConstraint("(outcome IS NULL) = (settled_at IS NULL)", name="settled"),
    )

    id: Mapped[Key]
    name: Mapped[Str]
    maximum_hops: Mapped[int] = mapped_column(SmallInteger)
    reason: Mapped[Str]
    replay_id: Mapped[UUID | None] = mapped_column(ForeignKey("replay.id"))
    returns_to: Mapped[int | None] = mapped_column(ForeignKey("routing_policy.version"))
    proposed_by: Mapped[UUID]
    proposed_at: Mapped[CreatedAt]
    outcome: Mapped[PolicyOutcome | None] = mapped_column(one_of(PolicyOutcome, name="outcome"))
    settled_by: Mapped[UUID | None]
    settled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    verdict_reason: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int | None] = mapped_column(ForeignKey("routing_policy.version"), unique=True)
