"""The worker: takes signed wake-ups from the queue, and nothing else that may lie there."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from types import FrameType
from typing import Any

from flask import current_app
from redis import Redis
from rq import Queue, SimpleWorker
from rq.exceptions import DeserializationError, NoSuchJobError
from rq.job import Job as QueuedJob
from rq.timeouts import UnixSignalDeathPenalty

from portal.foundation.queue import Job, SignedSerializer
from portal.jobs.schedule import turn_of
from portal.jobs.tracks import tracked

log = logging.getLogger(__name__)
JOBS = frozenset(job.value for job in Job)
# Of a job only `data` is signed. Of the rest, nothing that the worker would import, call or write to is read.
READ = frozenset({b"data", b"origin", b"status", b"created_at", b"enqueued_at", b"result_ttl", b"ttl"})
SECONDS = 180  # what a job may take; it is stopped then, and what it had not committed is left for its next turn
MORE_SECONDS = {
    Job.DRAIN: 1800,
    Job.SWEEP: 1800,
    Job.MEASURE_REACH: 1800,
    Job.EXPIRE_OVERDUE: 600,
    Job.FOLD_FIGURES: 600,
    Job.SEAL_JOURNAL: 600,
    Job.ERASE_EXPIRED: 600,
    Job.CARRY_OVER: 600,
}


class OutOfTime(BaseException):
    """The job has had its time. No `except Exception` within it takes this for a failure of its own."""


class Bound(UnixSignalDeathPenalty):
    """Raises OutOfTime in the job."""

    def handle_death_penalty(self, _: int, __: FrameType | None) -> None:
        raise OutOfTime


def seconds_for(job: str) -> int:
    return MORE_SECONDS.get(Job(job), SECONDS)


class PlainJob(QueuedJob):
    """A job read back from the queue without what nobody signed; one that makes no sense is no job."""

    def restore(self, raw_data: dict[bytes, bytes]) -> Any:
        try:
            return super().restore({name: value for name, value in raw_data.items() if name in READ})
        except Exception as error:
            log.error("malformed_job_dropped", extra={"job_id": self.id})  # noqa: TRY400 - what it holds is nobody's
            raise NoSuchJobError from error

    def perform(self) -> Any:
        """A turn of the timetable leaves a track."""
        turn = turn_of(str(self.func_name), self.args)
        if turn is None:
            return super().perform()
        return tracked(turn, timedelta(seconds=seconds_for(turn.job)), super().perform)


class PortalWorker(SimpleWorker):
    """Runs jobs in its own process, so that the compiled catalogue is kept; each in a context of its own.

    TERM lets the job under way finish, then stops.
    """

    death_penalty_class = Bound

    def __init__(self, queues: Sequence[Queue], connection: "Redis", serializer: SignedSerializer) -> None:
        super().__init__(list(queues), connection=connection, job_class=PlainJob, log_job_description=False)
        self.serializer = serializer
        self.app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001

    def execute_job(self, job: QueuedJob, queue: Queue) -> None:
        if not is_ours(job):
            self.refuse(job, queue)
            return
        job.timeout = seconds_for(str(job.func_name))
        with self.app.app_context():
            super().execute_job(job, queue)

    def refuse(self, job: QueuedJob, queue: Queue) -> None:
        """Drop it without a trace in the queue, and say so."""
        log.error("forged_job_refused", extra={"job_id": job.id, "queue": queue.name})
        self.connection.lrem(queue.intermediate_queue_key, 1, job.id)
        self.connection.delete(job.key)


def is_ours(job: QueuedJob) -> bool:
    """Signed with our key, on the list of jobs, a plain function of texts."""
    try:
        name = job.func_name
    except DeserializationError:
        return False
    return name in JOBS and job.instance is None and not job.kwargs and all(isinstance(one, str) for one in job.args)


def run_worker(
    queues: Sequence[Queue], connection: "Redis", serializer: SignedSerializer, *, burst: bool = False
) -> None:
    """Work until told to stop, the first queue before the second; burst: until all are empty."""
    PortalWorker(queues, connection, serializer).work(burst=burst, logging_level="WARNING")
