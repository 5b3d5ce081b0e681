"""Erasing what may not be kept."""

import logging

from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.operations import erasure

log = logging.getLogger(__name__)


def erase_unconfirmed() -> None:
    with transaction(Scope(DatabaseRole.JOBS)):
        requests, drafts = erasure.erase_unconfirmed(), erasure.erase_stale_drafts()
    log.info("erased", extra={"requests": requests, "drafts": drafts})
