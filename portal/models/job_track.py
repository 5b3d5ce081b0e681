"""How each turn of the timetable is doing: what the staff's page of jobs shows, and what finds a lost one."""

from datetime import datetime

from sqlalchemy import DateTime, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.foundation.extensions import Base
from portal.models.types import Str


class JobTrack(Base):
    """One row a turn, by its name. slot: the latest turn done, as the timetable names it.

    running_on: "host:process" while it runs, until leased_until at the latest. failures: those in a row, 0 when all is
    well; error: the class of the latest one.
    """

    __tablename__ = "job_track"

    name: Mapped[Str] = mapped_column(Text, primary_key=True)
    job: Mapped[Str]
    slot: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    failed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    running_on: Mapped[str | None] = mapped_column(Text)
    leased_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    failures: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)
