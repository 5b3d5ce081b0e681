"""How often a turn of the timetable comes, and which turn an instant belongs to."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from matching.wording import NBSP
from portal.foundation import clock
from portal.foundation.config import settings

DAY = timedelta(days=1)
MINUTE, HOUR = 60, 3600


@dataclass(frozen=True)
class Every:
    """Again and again, that many seconds apart; None: as often as the settings say (SWEEP_SECONDS)."""

    seconds: int | None = None

    @property
    def length(self) -> int:
        return self.seconds or settings().sweep_seconds

    @property
    def remembered(self) -> timedelta:
        """For how long a turn taken must be remembered."""
        return timedelta(seconds=2 * self.length)

    @property
    def told(self) -> str:
        """In French: « toutes les 15 secondes »."""
        size, unit = next(found for found in UNITS if self.length % found[0] == 0)
        count = self.length // size
        return f"toutes les {unit}s" if count == 1 else f"toutes les {count}{NBSP}{unit}s"

    def slot(self, now: datetime) -> str:
        """The turn that `now` belongs to: one name for all who keep the timetable."""
        return str(int(now.timestamp() // self.length))

    def began(self, now: datetime) -> datetime:
        """When that turn was due."""
        return datetime.fromtimestamp(int(self.slot(now)) * self.length, UTC)


UNITS = ((HOUR, "heure"), (MINUTE, "minute"), (1, "seconde"))


@dataclass(frozen=True)
class Daily:
    """Once a day at that hour in Paris; a process down at the hour does it when it is back."""

    hour: time

    @property
    def remembered(self) -> timedelta:
        return 2 * DAY

    @property
    def told(self) -> str:
        """In French: « chaque jour à 8 h 30 »."""
        return f"chaque jour à {self.hour.hour}{NBSP}h" + (f"{NBSP}{self.hour:%M}" if self.hour.minute else "")

    def day(self, now: datetime) -> date:
        """Whose turn it is: today's once the hour has come (for the first time, when it comes twice), or yesterday's."""
        today = now.astimezone(clock.PARIS).date()
        return today if now >= self.on(today) else today - DAY

    def on(self, day: date) -> datetime:
        """The instant of that day's turn, in UTC."""
        return datetime.combine(day, self.hour, clock.PARIS).astimezone(UTC)

    def slot(self, now: datetime) -> str:
        return self.day(now).isoformat()

    def began(self, now: datetime) -> datetime:
        return self.on(self.day(now))
