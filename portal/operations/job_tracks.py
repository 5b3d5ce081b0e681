"""What is written down while a turn of the timetable runs (jobs role)."""

import os
import socket
from datetime import timedelta
from typing import Any

from sqlalchemy import case, or_, update
from sqlalchemy.dialects.postgresql import insert

from portal.foundation import clock
from portal.foundation.extensions import db
from portal.foundation.queue import Job
from portal.models.job_track import JobTrack


def this_process() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def begin(name: str, job: Job, lease: timedelta, *, alone: bool) -> bool:
    """It runs here, for as long as lease at most. alone: False, and nothing written, while another process runs it."""
    now, here = clock.now(), this_process()
    started = {"job": job.name, "started_at": now, "running_on": here, "leased_until": now + lease}
    free = or_(JobTrack.leased_until.is_(None), JobTrack.leased_until <= now, JobTrack.running_on == here)
    statement = (
        insert(JobTrack)
        .values(name=name, failures=0, **started)
        .on_conflict_do_update(index_elements=["name"], set_=started, where=free if alone else None)
        .returning(JobTrack.name)
    )
    return db.session.execute(statement).one_or_none() is not None


def finish(name: str, slot: str) -> None:
    """The turn of that name is done."""
    _end(name, slot=slot, finished_at=clock.now(), failures=0, error=None)


def fail(name: str, error: str) -> None:
    """It broke, as often in a row as is counted. error: the class of what happened, never its words."""
    since = case((JobTrack.failures == 0, clock.now()), else_=JobTrack.failed_at)
    _end(name, failures=JobTrack.failures + 1, failed_at=since, error=error)


def _end(name: str, **values: Any) -> None:
    """Whoever has taken it up meanwhile keeps it."""
    ours = JobTrack.running_on == this_process()
    freed = {
        "running_on": case((ours, None), else_=JobTrack.running_on),
        "leased_until": case((ours, None), else_=JobTrack.leased_until),
    }
    db.session.execute(update(JobTrack).where(JobTrack.name == name).values(**values, **freed))
