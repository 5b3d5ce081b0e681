"""Staff have the morning files of today that failed made after all."""

from contextlib import suppress
from uuid import UUID

from sqlalchemy import select

from portal.foundation import clock
from portal.foundation.errors import Hidden
from portal.foundation.extensions import db
from portal.models.event import JournalAct
from portal.models.morning import MorningFile, MorningState
from portal.operations.history import journal
from portal.operations.morning import retry_file


def retry_one(file_id: UUID) -> None:
    """Raises Hidden when it did not fail, or not today: a day that is over would get the requests of another."""
    retry_file(file_id)
    journal(JournalAct.JOB_WOKEN, detail=f"morning_file:{file_id}")


def retry_all() -> int:
    """How many; what somebody else retries meanwhile is theirs."""
    of_today = (MorningFile.day == clock.today(), MorningFile.state == MorningState.FAILED)
    retried = 0
    for file_id in db.session.scalars(select(MorningFile.id).where(*of_today).order_by(MorningFile.id)).all():
        with suppress(Hidden):
            retry_file(file_id)
            retried += 1
    if retried:
        journal(JournalAct.JOB_WOKEN, detail=f"morning_files:{retried}")
    return retried
