"""The morning files: opened at 10:00 in Paris, made one at a time under a lease; and the passwords that open them."""

import logging
from uuid import UUID

from portal.foundation import clock
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.models.morning import MorningState
from portal.operations import file_passwords, morning
from portal.operations.morning import Claimed
from portal.operations.morning_content import Gathered, gather, outcome
from portal.paper.workbook import NotProtected, protected_workbooks

log = logging.getLogger(__name__)
JOBS = Scope(DatabaseRole.JOBS)


def open_day() -> None:
    """Today's rows from 10:00 on. Before, nothing: a turn that comes late is the day before's, and that one is over."""
    day = morning.due_day()
    if day:
        with transaction(JOBS):
            morning.open_day(day)


def sweep() -> None:
    """Whatever waits without a worker, was left half made, or was never opened."""
    with transaction(JOBS):
        woken = morning.sweep_files()
    if woken:
        log.info("morning_files_woken", extra={"files": woken})


def make(file_id: str) -> None:
    """Make it, unless somebody else does or it is done. What goes wrong is written on its row, for later."""
    with transaction(JOBS):
        claimed = morning.claim_file(UUID(file_id))
    if claimed is None:
        return
    try:
        with transaction(JOBS):
            if morning.hold_file(claimed):
                _make(claimed)
    except NotProtected as why:
        _put_off(claimed, why.code)
    except Exception as error:
        log.exception("morning_file_not_made", extra={"morning_file_id": file_id})
        _put_off(claimed, type(error).__name__)


def _put_off(claimed: Claimed, error: str) -> None:
    with transaction(JOBS):
        morning.put_off(claimed, error)


def _make(claimed: Claimed) -> None:
    gathered = gather(claimed.association_id)
    state = outcome(claimed.mode, gathered)
    workbooks = _drawn(claimed, gathered) if state is MorningState.MADE else []
    morning.finish_file(claimed, gathered, state, workbooks)


def _drawn(claimed: Claimed, gathered: Gathered) -> list[tuple[int, bytes]]:
    """The number of each password valid now, and the workbook it opens."""
    passwords = _passwords(claimed.association_id)
    files = protected_workbooks(gathered.content, [password for _, password in passwords])
    return [(number, file) for (number, _), file in zip(passwords, files, strict=True)]


def _passwords(association_id: UUID) -> list[tuple[int, str]]:
    """Newest first; the first one is made in a transaction of its own, so that nobody waits for the drawing."""
    with transaction(JOBS):
        file_passwords.first_password(association_id)
        valid = file_passwords.valid_passwords(association_id, clock.now())
        return [(password.number, file_passwords.opened(password)) for password in valid]


def keep_passwords() -> None:
    """Passwords that are missing, old, or known to somebody who left; and what is kept for a time only."""
    with transaction(JOBS):
        file_passwords.keep_passwords()
    with transaction(JOBS):
        morning.erase_old_workbooks()
