"""The worker: takes signed wake-ups from the queue, and nothing else that may lie there."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from types import FrameType
from typing import Any

from flask import current_app
from redis import Redis
from redis.exceptions import ResponseError
from rq import Queue, SimpleWorker
from rq.exceptions import DeserializationError
from rq.job import Job as QueuedJob
from rq.timeouts import UnixSignalDeathPenalty
from rq.utils import current_timestamp, now
from rq.worker_registration import clean_worker_registry

from portal.foundation.queue import WAKE_TTL_SECONDS, Job, PlainJob, SignedSerializer, WakeQueue
from portal.jobs.schedule import turn_of
from portal.jobs.tracks import tracked

log = logging.getLogger(__name__)
JOBS = frozenset(job.value for job in Job)
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


class TrackedJob(PlainJob):
    """A turn of the timetable leaves a track."""

    def perform(self) -> Any:
        turn = turn_of(str(self.func_name), self.args)
        if turn is None:
            return super().perform()
        return tracked(turn, timedelta(seconds=seconds_for(turn.job)), super().perform)


class PortalWorker(SimpleWorker):
    """Runs jobs in its own process, so that the compiled catalogue is kept; each in a context of its own.

    TERM lets the job under way finish, then stops. It obeys signals only: whatever else RQ would take from the queue
    (commands, a pause, jobs given up, groups, a timetable) is signed by nobody, and nothing here needs it.
    """

    death_penalty_class = Bound
    queue_class = WakeQueue
    job_class = TrackedJob

    def __init__(self, queues: Sequence[Queue], connection: "Redis", serializer: SignedSerializer) -> None:
        super().__init__(list(queues), connection=connection, log_job_description=False)
        self.serializer = serializer
        self.app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001

    def execute_job(self, job: QueuedJob, queue: Queue) -> None:
        if not is_ours(job):
            self.refuse(job, queue)
            return
        job.origin, job.timeout = queue.name, seconds_for(str(job.func_name))
        with self.app.app_context():
            super().execute_job(job, queue)

    def refuse(self, job: QueuedJob, queue: Queue) -> None:
        """Drop it without a trace in the queue, and say so."""
        log.error("forged_job_refused", extra={"job_id": job.id, "queue": queue.name})
        self.connection.lrem(queue.intermediate_queue_key, 1, job.id)
        self.connection.delete(job.key)

    def prepare_job_execution(self, job: QueuedJob, remove_from_intermediate_queue: bool = False) -> None:
        """RQ would keep for ever what a worker killed at it leaves behind."""
        super().prepare_job_execution(job, remove_from_intermediate_queue)
        self.connection.expire(job.key, WAKE_TTL_SECONDS)

    def subscribe(self) -> None:
        """No command is heard."""

    def check_for_suspension(self, burst: bool) -> None:
        """No pause is kept."""

    def run_maintenance_tasks(self) -> None:
        self.clean_registries()

    def clean_registries(self) -> None:
        """Forget workers that died and ids whose time is over. No job is read: the database knows what was not done."""
        self.last_cleaned_at = now()  # type: ignore[assignment]
        for queue in self.queues:
            try:
                tidy(queue)
            except ResponseError:
                log.exception("queue_not_tidied", extra={"queue": queue.name})


def tidy(queue: Queue) -> None:
    """A list of what is in a worker's hands serves RQ's clean-up only, and this one does without."""
    clean_worker_registry(queue)
    for registry in (queue.started_job_registry, queue.finished_job_registry, queue.failed_job_registry):
        queue.connection.zremrangebyscore(registry.key, 0, current_timestamp())
    queue.connection.unlink(queue.intermediate_queue_key)


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
