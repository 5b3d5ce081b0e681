"""The turns of the timetable as staff read them: on time, under way, late, or failing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from admin.marks import Mark
from portal.foundation.queue import Job
from portal.jobs.rhythms import Daily
from portal.jobs.schedule import TIMETABLE, Turn
from portal.queries.job_tracks import Track
from portal.web.typography import lasting, plural

TOLERANCE = timedelta(minutes=2)  # a worker may be busy with something else
MISSED_TURNS = 2
LONG_AFTER = timedelta(minutes=15)  # a daily turn done later than that says both hours


@dataclass(frozen=True)
class TurnLine:
    """One turn, what is known of it (None: it has never run), and the present instant."""

    turn: Turn
    track: Track | None
    now: datetime

    @property
    def failing(self) -> bool:
        return self.track is not None and self.track.failures > 0

    @property
    def running(self) -> bool:
        return self.track is not None and self.track.running(self.now)

    @property
    def never(self) -> bool:
        return self.track is None or (self.done_at is None and not self.failing)

    @property
    def done_at(self) -> datetime | None:
        return self.track.finished_at if self.track else None

    @property
    def late_since(self) -> datetime | None:
        """Since when it ought to have been done; None while it has time."""
        if self.track is None or self.done_at is None or self.running:
            return None
        when = self.turn.when
        if isinstance(when, Daily):
            due = when.began(self.now)
            lost = self.track.open(when.slot(self.now), self.now)
        else:
            due = self.done_at + timedelta(seconds=MISSED_TURNS * when.length)
            lost = True
        return due if lost and due + TOLERANCE < self.now else None

    @property
    def due_before(self) -> datetime | None:
        """When a daily turn was due that was done long after: the portal was down, or somebody had it done again."""
        when = self.turn.when
        if not isinstance(when, Daily) or self.done_at is None or self.troubled:
            return None
        due = when.began(self.done_at)
        return due if self.done_at - due > LONG_AFTER else None

    @property
    def mark(self) -> Mark:
        if self.failing:
            return Mark("En échec", "late", "triangle-alert")
        if self.running:
            return Mark("En cours", "act", "loader-circle")
        if self.late_since:
            return Mark("En retard", "late", "clock")
        if self.due_before:
            return Mark("Faite", "", "check")
        return Mark("Pas encore") if self.never else Mark("À l’heure", "good", "check")

    @property
    def trouble(self) -> str:
        """« depuis 3 h, 4 essais de suite, OperationalError », « de 8 min »; nothing when all is well."""
        if self.failing and self.track and self.track.failed_at:
            since = f"depuis {lasting(self.track.failed_at, now=self.now)}"
            return ", ".join(
                filter(None, (since, f"{plural(self.track.failures, 'essai')} de suite", self.track.error))
            )
        return f"de {lasting(self.late_since, now=self.now)}" if self.late_since else ""

    @property
    def troubled(self) -> bool:
        return self.failing or self.late_since is not None


def turn_lines(known: Mapping[str, Track], now: datetime) -> list[TurnLine]:
    """In the timetable's order, those in trouble first."""
    lines = [TurnLine(turn, known.get(turn.name), now) for turn in TIMETABLE]
    return sorted(lines, key=lambda line: not line.troubled)


def routing_late(lines: list[TurnLine]) -> TurnLine | None:
    """The sweep of what waits to be routed, when it is late: nothing matters more."""
    return next((line for line in lines if line.turn.job is Job.SWEEP and line.late_since), None)


def turn_named(name: str) -> Turn | None:
    return next((turn for turn in TIMETABLE if turn.name == name), None)
