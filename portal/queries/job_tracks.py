"""How each turn of the timetable is doing, as it was written down when it ran."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from portal.foundation.extensions import db
from portal.models.job_track import JobTrack


@dataclass(frozen=True)
class Track:
    """slot: the latest turn done. failed_at: since when it fails, while failures is not 0."""

    name: str
    slot: str | None
    started_at: datetime | None
    finished_at: datetime | None
    failed_at: datetime | None
    leased_until: datetime | None
    failures: int
    error: str | None

    def running(self, now: datetime) -> bool:
        """Whoever holds it has not had all of its time yet."""
        return self.leased_until is not None and self.leased_until > now

    def open(self, slot: str, now: datetime) -> bool:
        """This turn is not done, and nobody is doing it."""
        return self.slot != slot and not self.running(now)


def tracks() -> dict[str, Track]:
    """Of every turn that ever ran, by its name (jobs, staff)."""
    query: Select[*tuple[Any, ...]] = select(
        JobTrack.name,
        JobTrack.slot,
        JobTrack.started_at,
        JobTrack.finished_at,
        JobTrack.failed_at,
        JobTrack.leased_until,
        JobTrack.failures,
        JobTrack.error,
    ).order_by(JobTrack.name)
    return {row.name: Track(*row) for row in db.session.execute(query)}
