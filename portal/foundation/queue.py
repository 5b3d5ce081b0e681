"""RQ as a wake-up: signed messages, jobs by allow-listed name, ids only. The database stays the truth."""

import hmac
import json
import logging
import zlib
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from flask import Flask, current_app
from redis import Redis
from redis.exceptions import ResponseError
from rq import Queue
from rq.exceptions import NoSuchJobError
from rq.job import Job as QueuedJob

from portal.foundation import clock

log = logging.getLogger(__name__)
PORTAL, MAIL, PAPER = "portal", "mail", "paper"
SIGNATURE_BYTES = 32
WAKE_TTL_SECONDS = 3600
# Of a job only `data` is signed. Of the rest, nothing that RQ would import, call, fetch or wait for is read.
READ = (b"data", b"origin", b"status", b"created_at", b"enqueued_at")
MOST_PACKED, MOST_UNPACKED = 4096, 16384  # bytes; a wake-up of ours, names and ids, has some two hundred
READ_IF_SMALL = """
    -- KEYS: a job. ARGV: most bytes of a field, then the fields. Nothing at all when one of them is larger.
    for place = 2, #ARGV do
        if redis.call("HSTRLEN", KEYS[1], ARGV[place]) > tonumber(ARGV[1]) then
            return {}
        end
    end
    return redis.call("HMGET", KEYS[1], unpack(ARGV, 2))
"""
CALL_PARTS = 4  # function, instance, arguments, keywords
PUSH_UNLESS_WAITING = """
    -- KEYS: queue, last wake-up of this name. ARGV: this wake-up, prefix of the jobs' keys, seconds to live.
    local last = redis.call("GET", KEYS[2])
    if last and redis.call("LPOS", KEYS[1], last) and redis.call("EXPIRE", ARGV[2] .. last, ARGV[3]) == 1 then
        redis.call("EXPIRE", KEYS[2], ARGV[3])
        redis.call("DEL", ARGV[2] .. ARGV[1])
        return 0
    end
    redis.call("RPUSH", KEYS[1], ARGV[1])
    redis.call("SET", KEYS[2], ARGV[1], "EX", ARGV[3])
    return 1
"""


class Job(StrEnum):
    """Every job there is, by the dotted path of its function: nothing else is ever run."""

    DRAIN = "portal.jobs.routing.drain"
    APPLY_ANSWERS = "portal.jobs.routing.apply_answers"
    EXPIRE_OVERDUE = "portal.jobs.routing.expire_overdue"
    SWEEP = "portal.jobs.routing.sweep"
    MEASURE_REACH = "portal.jobs.routing.measure_reach"
    SEND_MAIL = "portal.jobs.mail.send_pending"
    ERASE_UNCONFIRMED = "portal.jobs.privacy.erase_unconfirmed"
    SEAL_JOURNAL = "portal.jobs.journal.seal"
    CARRY_OVER = "portal.jobs.campaigns.carry_over"
    FOLD_FIGURES = "portal.jobs.figures.fold"
    DRAW_DOCUMENT = "portal.jobs.documents.draw"
    SWEEP_DOCUMENTS = "portal.jobs.documents.sweep"
    ERASE_EXPIRED = "portal.jobs.privacy.erase_expired"
    FORGET_JOURNAL = "portal.jobs.journal.forget"
    FORGET_OLD = "portal.jobs.privacy.forget_old"
    OPEN_MORNING = "portal.jobs.morning.open_day"
    SWEEP_MORNING = "portal.jobs.morning.sweep"
    MAKE_MORNING_FILE = "portal.jobs.morning.make"
    KEEP_FILE_PASSWORDS = "portal.jobs.morning.keep_passwords"
    TELL_DIGESTS = "portal.jobs.reminders.tell_digests"
    REMIND_SILENCE = "portal.jobs.reminders.remind_silence"
    REMIND_FOLLOW_UP = "portal.jobs.reminders.remind_follow_up"
    CHECK_PLACES = "portal.jobs.reminders.check_places"
    REMIND_APPLICANTS = "portal.jobs.reminders.remind_applicants"
    RUN_REPLAY = "portal.jobs.replays.run"
    SWEEP_REPLAYS = "portal.jobs.replays.sweep"
    SOLVE_LEVELS = "portal.jobs.levels.solve"
    FORESEE = "portal.jobs.forecasts.foresee"
    FIND_LOST_TURNS = "portal.jobs.tracks.find_lost_turns"


# Slow, and nobody's place depends on it; mail waits for servers that are not ours.
QUEUES = {
    Job.DRAW_DOCUMENT: PAPER,
    Job.MAKE_MORNING_FILE: PAPER,
    Job.RUN_REPLAY: PAPER,
    Job.SOLVE_LEVELS: PAPER,
    Job.FORESEE: PAPER,
    Job.SEND_MAIL: MAIL,
}


class ForgedMessage(RuntimeError):
    """A message in the queue that this application did not sign, or a job it does not know."""


class SignedSerializer:
    """JSON behind an HMAC checked in constant time before anything is decoded."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def dumps(self, value: Any) -> bytes:
        body = json.dumps(value, default=str).encode()
        return hmac.digest(self._key, body, "sha256") + body

    def loads(self, message: bytes) -> Any:
        signature, body = message[:SIGNATURE_BYTES], message[SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, hmac.digest(self._key, body, "sha256")):
            raise ForgedMessage("unsigned message refused")
        value = json.loads(body)
        self._refuse_unknown_job(value)
        return value

    def _refuse_unknown_job(self, value: Any) -> None:
        is_call = isinstance(value, list) and len(value) == CALL_PARTS and isinstance(value[0], str)
        if is_call and value[0] not in set(Job):
            raise ForgedMessage("unknown job refused")


class PlainJob(QueuedJob):
    """A job read back from the queue without what nobody signed; one too large, or that makes no sense, is no job."""

    def refresh(self) -> None:
        try:
            found = self.connection.eval(READ_IF_SMALL, 1, self.key, MOST_PACKED, *READ)
        except ResponseError as error:  # no hash at all
            self._drop()
            raise NoSuchJobError from error
        if found and not any(found):
            raise NoSuchJobError(self.key)
        self.restore({name: value for name, value in zip(READ, found, strict=False) if value})

    def restore(self, raw_data: dict[bytes, bytes]) -> None:
        """RQ is given no `data`: it would unpack without end, and before any signature is looked at."""
        try:
            data = unpacked(raw_data[b"data"])
            super().restore({**{name: raw_data[name] for name in READ if name in raw_data}, b"data": b""})
        except Exception as error:
            self._drop()
            raise NoSuchJobError from error
        self.data = data
        self.result_ttl, self.failure_ttl = 0, WAKE_TTL_SECONDS

    @classmethod
    def fetch(cls, id: str, connection: Redis | None = None, serializer: Any = None) -> QueuedJob:  # noqa: A002 - RQ's
        try:
            return super().fetch(id, connection=connection, serializer=serializer)
        except ValueError as error:  # an id that RQ itself would never give
            raise NoSuchJobError from error

    @classmethod
    def fetch_many(cls, job_ids: Iterable[str], connection: Redis, serializer: Any = None) -> "list[QueuedJob | None]":
        return [cls._found(job_id, connection, serializer) for job_id in job_ids]

    @classmethod
    def _found(cls, job_id: str, connection: Redis, serializer: Any) -> QueuedJob | None:
        try:
            return cls.fetch(job_id, connection=connection, serializer=serializer)
        except NoSuchJobError:
            return None

    def _drop(self) -> None:
        log.error("malformed_job_dropped", extra={"job_id": self.id})
        self.connection.unlink(self.key)


class WakeQueue(Queue):
    """A queue of wake-ups, read as PlainJob. None waits for another one, whatever the queue may say."""

    job_class = PlainJob

    def move_dependents_to_ready(self, *_: Any, **__: Any) -> dict[str, list[str]]:
        return {}

    @classmethod
    def dequeue_any(cls, *settings: Any, **more: Any) -> tuple[QueuedJob, Queue] | None:
        while True:
            try:
                return super().dequeue_any(*settings, **more)
            except UnicodeDecodeError:
                log.error("malformed_id_dropped")  # noqa: TRY400 - what it holds is nobody's


def unpacked(data: bytes) -> bytes:
    """What RQ packed, or the same when it did not. Raises ValueError when there is more of it than MOST_UNPACKED."""
    packed = zlib.decompressobj()
    try:
        found = packed.decompress(data, MOST_UNPACKED)
    except zlib.error:
        return data
    if not packed.eof:
        raise ValueError
    return found


def serializer() -> SignedSerializer:
    return SignedSerializer(current_app.config["SETTINGS"].queue_key.get_secret_value().encode())


def redis_connection() -> Redis:
    return current_app.extensions["redis"]


def queue(name: str = PORTAL) -> Queue:
    return WakeQueue(name, connection=redis_connection(), serializer=serializer())


def queue_of(job: Job) -> Queue:
    """Drawing and mail have queues of their own: neither delays routing."""
    return queue(QUEUES.get(job, PORTAL))


def enqueue(job: Job, *arguments: str) -> bool:
    """Wake a worker up; False when the same wake-up still waits, which is as good.

    One that is under way already is no such thing: it may have read before our commit. Each wake-up therefore has an
    id of its own, or the end of one would take away the next. arguments: identifiers or codes only, never personal data.
    """
    waking = queue_of(job)
    found = waking.create_job(
        job.value, args=arguments, result_ttl=0, failure_ttl=WAKE_TTL_SECONDS, ttl=WAKE_TTL_SECONDS
    )
    found.enqueued_at = clock.now()
    name = f"wake:{json.dumps([job.value, *arguments])}"
    with redis_connection().pipeline() as together:
        together.sadd(Queue.redis_queues_keys, waking.key)
        found.save(pipeline=together)
        found.cleanup(ttl=WAKE_TTL_SECONDS, pipeline=together)
        prefix = found.key.removesuffix(found.id)
        together.eval(PUSH_UNLESS_WAITING, 2, waking.key, name, found.id, prefix, WAKE_TTL_SECONDS)
        return together.execute()[-1] == 1


def init_queue(app: Flask) -> None:
    app.extensions["redis"] = Redis.from_url(app.config["SETTINGS"].redis_url)
