"""Replays: asked by staff, run under a lease by a job, kept with their report."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, func, or_, select, text, update

from matching.vocabulary import Side
from matching.wording import NBSP
from portal.foundation import clock
from portal.foundation.config import settings
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.extensions import db
from portal.foundation.queue import Job, enqueue
from portal.foundation.transactions import after_commit
from portal.models.event import JournalAct
from portal.models.replay import PolicyProposal, Replay, ReplayState
from portal.operations.history import journal

KEPT = timedelta(days=365)
MOST_ATTEMPTS = 3
MOST_WAITING = 4  # of the whole team: a replay takes seconds, a queue of them would only hide the last
LONGEST_DAYS = 366
SEEDS = 10
DONE = 100
SAME_WITHIN = timedelta(minutes=1)
UNFINISHED = (ReplayState.WAITING, ReplayState.RUNNING)
TOO_MANY = f"Quatre rejeux attendent déjà{NBSP}: laissez-les se terminer avant d’en demander un autre."
INTERRUPTED = f"Ce rejeu a été interrompu trois fois{NBSP}: il est abandonné. Demandez-le sur une période plus courte."
# One question at a time: two at once would not see each other.
TAKE_TURN = text("SELECT pg_advisory_xact_lock(726406)")


@dataclass(frozen=True)
class Question:
    """What is asked of the past. since, until: days of reception, both included. changes: see portal.queries.supposed."""

    side: Side
    since: date
    until: date
    changes: Mapping[str, Any]
    title: str


@dataclass(frozen=True)
class Claimed:
    """A replay that this worker, and no other, is to run. attempt: which try this is, from 1."""

    id: UUID
    side: Side
    since: date
    until: date
    changes: Mapping[str, Any]
    seeds: int
    asked_at: datetime
    attempt: int


def ask_replay(question: Question, *, by: UUID) -> Replay:
    """Asked once (staff role); the same one when it was asked a moment ago and is not done yet.

    Raises DomainError for days that make no period (fields "since", "until"), or when enough of them wait already.
    """
    check_period(question.since, question.until)
    db.session.execute(TAKE_TURN)
    found = _same(question)
    if found is not None:
        return found
    if _waiting() >= MOST_WAITING:
        raise DomainError(TOO_MANY)
    replay = Replay(
        side=question.side,
        title=question.title,
        since=question.since,
        until=question.until,
        changes=dict(question.changes),
        seeds=SEEDS,
        asked_by=by,
    )
    db.session.add(replay)
    db.session.flush()
    journal(JournalAct.REPLAY_ASKED, detail=str(replay.id))
    after_commit(partial(enqueue, Job.RUN_REPLAY, str(replay.id)))
    return replay


def check_period(since: date, until: date) -> None:
    """Raises DomainError on the field that is wrong."""
    if until < since:
        raise DomainError("Le dernier jour vient avant le premier.", field="until")
    if until > clock.today():
        raise DomainError(f"Ce jour n’est pas encore venu{NBSP}: un rejeu ne porte que sur le passé.", field="until")
    if (until - since).days >= LONGEST_DAYS:
        raise DomainError("Choisissez un an au plus.", field="since")


def _same(question: Question) -> Replay | None:
    query = select(Replay).where(
        Replay.state.in_(UNFINISHED),
        Replay.side == question.side,
        Replay.since == question.since,
        Replay.until == question.until,
        Replay.changes == dict(question.changes),
        Replay.asked_at > clock.now() - SAME_WITHIN,
    )
    return db.session.scalars(query.order_by(Replay.asked_at.desc()).limit(1)).one_or_none()


def _waiting() -> int:
    return db.session.scalar(select(func.count()).select_from(Replay).where(Replay.state.in_(UNFINISHED))) or 0


def claim_replay(replay_id: UUID) -> Claimed | None:
    """Take the lease (jobs role). None: run already, given up, or in another worker's hands."""
    statement = (
        update(Replay)
        .where(Replay.id == replay_id, _to_run(), Replay.attempts < MOST_ATTEMPTS)
        .values(state=ReplayState.RUNNING, running_since=clock.now(), attempts=Replay.attempts + 1, progress=0)
        .returning(
            Replay.id,
            Replay.side,
            Replay.since,
            Replay.until,
            Replay.changes,
            Replay.seeds,
            Replay.asked_at,
            Replay.attempts,
        )
    )
    row = db.session.execute(statement).one_or_none()
    return Claimed(*row) if row else None


def lease() -> timedelta:
    """How long a replay is left alone without a sign of life."""
    return timedelta(seconds=settings().lease_seconds)


def _to_run() -> Any:
    """Nobody is running it, or whoever was has been silent for longer than the lease."""
    left = and_(Replay.state == ReplayState.RUNNING, Replay.running_since < clock.now() - lease())
    return or_(Replay.state == ReplayState.WAITING, left)


def _write(claimed: Claimed, **values: Any) -> None:
    """Only while the lease is ours: a worker thought dead that comes back changes nothing."""
    ours = (Replay.state == ReplayState.RUNNING, Replay.attempts == claimed.attempt)
    db.session.execute(update(Replay).where(Replay.id == claimed.id, *ours).values(**values))


def note_progress(claimed: Claimed, progress: int) -> None:
    """progress: 0 to 100."""
    _write(claimed, progress=progress)


def renew_lease(claimed: Claimed) -> None:
    """A sign of life: it is still being run."""
    _write(claimed, running_since=clock.now())


def give_back(claimed: Claimed) -> None:
    """Somebody else may run it, at once. Past the last attempt it is given up by the sweep."""
    _write(claimed, state=ReplayState.WAITING, running_since=None, progress=0)
    after_commit(partial(enqueue, Job.RUN_REPLAY, str(claimed.id)))


def finish_replay(claimed: Claimed, report: Mapping[str, Any]) -> None:
    """report: ids, codes and counts only."""
    values = {"state": ReplayState.DONE, "progress": DONE, "error": None, "finished_at": clock.now()}
    _write(claimed, report=dict(report), **values)


def fail_replay(claimed: Claimed, why: str) -> None:
    """There will be no report; why: a sentence in French for whoever asked."""
    _write(claimed, state=ReplayState.FAILED, error=why, finished_at=clock.now())


def ask_again(replay_id: UUID, *, by: UUID) -> Replay:
    """The same question once more, on the settings in force now. Raises Hidden, and what asking raises."""
    found = db.session.get(Replay, replay_id)
    if found is None:
        raise Hidden
    return ask_replay(Question(found.side, found.since, found.until, found.changes, found.title), by=by)


def sweep_replays() -> int:
    """Wake a worker for whatever waits or was left half run; give up what was left too often. How many woken."""
    left = update(Replay).where(_to_run(), Replay.attempts >= MOST_ATTEMPTS)
    given_up = {"state": ReplayState.FAILED, "error": INTERRUPTED, "finished_at": clock.now()}
    db.session.execute(left.values(**given_up))
    found = db.session.scalars(select(Replay.id).where(_to_run()).order_by(Replay.asked_at, Replay.id)).all()
    for replay_id in found:
        after_commit(partial(enqueue, Job.RUN_REPLAY, str(replay_id)))
    return len(found)


def erase_old_replays() -> int:
    """Those of more than a year ago go (jobs role), but for what a proposal rests on; how many."""
    rested_on = select(PolicyProposal.replay_id).where(PolicyProposal.replay_id == Replay.id).exists()
    old = delete(Replay).where(Replay.finished_at < clock.now() - KEPT, ~rested_on).returning(Replay.id)
    return len(db.session.execute(old).all())
