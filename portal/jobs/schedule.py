"""The whole timetable, and the process that keeps it."""

import logging
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from threading import Event as Flag
from types import FrameType

from redis import RedisError

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.queue import Job, enqueue, redis_connection

log = logging.getLogger(__name__)
PULSE_SECONDS = 1.0


@dataclass(frozen=True)
class Every:
    """Again and again, that long apart."""

    period: timedelta

    @property
    def remembered(self) -> timedelta:
        """For how long a turn taken must be remembered."""
        return 2 * self.period

    def slot(self, now: datetime) -> str:
        """The turn that `now` belongs to: one name for all who keep the timetable."""
        return str(int(now.timestamp() // self.period.total_seconds()))


@dataclass(frozen=True)
class Nightly:
    """Once a day at that hour in Paris; a process down at the hour does it when it is back."""

    hour: time

    @property
    def remembered(self) -> timedelta:
        return timedelta(days=2)

    def slot(self, now: datetime) -> str:
        local = now.astimezone(clock.PARIS)
        day = local.date() if local.time() >= self.hour else local.date() - timedelta(days=1)
        return day.isoformat()


@dataclass(frozen=True)
class Turn:
    """A job and when it is due."""

    when: Every | Nightly
    job: Job
    arguments: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return "-".join((self.job.name.lower(), *self.arguments))


def seconds(count: int) -> Every:
    return Every(timedelta(seconds=count))


def minutes(count: int) -> Every:
    return Every(timedelta(minutes=count))


TIMETABLE = (
    Turn(seconds(10), Job.APPLY_ANSWERS),
    Turn(seconds(15), Job.SWEEP),
    Turn(seconds(15), Job.SEND_MAIL),
    Turn(minutes(1), Job.SEAL_JOURNAL),
    Turn(minutes(1), Job.FOLD_FIGURES),
    Turn(minutes(1), Job.SWEEP_DOCUMENTS),
    Turn(minutes(10), Job.EXPIRE_OVERDUE),
    Turn(minutes(10), Job.DRAIN, (Side.MENTEE.value, "waitlist")),
    Turn(minutes(10), Job.DRAIN, (Side.MENTOR.value, "waitlist")),
    Turn(minutes(60), Job.ERASE_UNCONFIRMED),
    Turn(Nightly(time(3)), Job.MEASURE_REACH),
    Turn(Nightly(time(4)), Job.ERASE_EXPIRED),
    Turn(Nightly(time(23)), Job.CARRY_OVER),
)


class Keeper:
    """Wakes each turn once, however many keep the timetable, and never while it still waits in the queue."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def wake_due(self, now: datetime) -> list[str]:
        """Enqueue what is due; returns the names of the turns woken."""
        return [turn.name for turn in self._due(now) if self._claimed(turn) and enqueue(turn.job, *turn.arguments)]

    def _due(self, now: datetime) -> Iterator[Turn]:
        for turn in TIMETABLE:
            slot = turn.when.slot(now)
            if self.kept.get(turn.name) != slot:
                self.kept[turn.name] = slot
                yield turn

    def _claimed(self, turn: Turn) -> bool:
        key = f"schedule:{turn.name}:{self.kept[turn.name]}"
        return bool(redis_connection().set(key, "1", nx=True, ex=turn.when.remembered))


def run_schedule() -> None:
    """Keep the timetable until TERM or INT. A queue that does not answer costs a turn, not the process."""
    stop = Flag()

    def told_to_stop(_: int, __: FrameType | None) -> None:
        stop.set()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, told_to_stop)
    keeper = Keeper()
    while not stop.wait(PULSE_SECONDS):
        try:
            keeper.wake_due(clock.now())
        except RedisError:
            keeper.kept.clear()
            log.exception("queue_unreachable")
