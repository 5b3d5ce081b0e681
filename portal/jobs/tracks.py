"""Each turn of the timetable leaves a track while it runs; a daily one that got lost on its way is woken again."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from portal.foundation import clock
from portal.foundation.queue import enqueue
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs.rhythms import Daily
from portal.jobs.schedule import Turn, known_tracks, lost_turns
from portal.operations import job_tracks
from portal.queries.job_tracks import Track

log = logging.getLogger(__name__)
JOBS = Scope(DatabaseRole.JOBS)
GRACE = timedelta(minutes=1)  # what the timetable has woken a moment ago is on its way
LONGEST_PAUSE = timedelta(minutes=30)
MOST_DOUBLINGS = 5


def tracked(turn: Turn, lease: timedelta, run: Callable[[], Any]) -> Any:
    """Run it and write down what becomes of it; a daily turn that another process is at is left to it."""
    slot = turn.when.slot(clock.now())
    if not _begun(turn, lease):
        return None
    try:
        result = run()
    except BaseException as error:
        _write(job_tracks.fail, turn.name, type(error).__name__)
        raise
    _write(job_tracks.finish, turn.name, slot)
    return result


def _begun(turn: Turn, lease: timedelta) -> bool:
    """Whether to run it: also when that cannot be written down."""
    try:
        with transaction(JOBS):
            return job_tracks.begin(turn.name, turn.job, lease, alone=isinstance(turn.when, Daily))
    except Exception:
        log.exception("track_not_begun", extra={"turn": turn.name})
        return True


def _write(what: Callable[[str, str], None], name: str, detail: str) -> None:
    """A track that cannot be written takes nothing from the job."""
    try:
        with transaction(JOBS):
            what(name, detail)
    except Exception:
        log.exception("track_not_ended", extra={"turn": name})


def find_lost_turns() -> None:
    """Whatever the queue or a worker lost is woken until it is done; one that breaks, after longer and longer."""
    now, known = clock.now(), known_tracks()
    for turn in lost_turns(now, known):
        if again_at(turn, known.get(turn.name), now) <= now:
            enqueue(turn.job, *turn.arguments)
            log.warning("lost_turn_woken", extra={"turn": turn.name})


def again_at(turn: Turn, track: Track | None, now: datetime) -> datetime:
    """When a lost turn may be woken again."""
    soonest = turn.when.began(now) + GRACE
    if track is None or not track.failures or track.started_at is None:
        return soonest
    pause = min(GRACE * 2 ** min(track.failures - 1, MOST_DOUBLINGS), LONGEST_PAUSE)
    return max(soonest, track.started_at + pause)
