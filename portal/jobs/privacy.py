"""Erasing what may not be kept."""

import logging

from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.operations import erasure
from portal.operations.anonymising import BATCH, anonymise_old, give_notice
from portal.operations.documents import erase_expired_documents
from portal.operations.replays import erase_old_replays

log = logging.getLogger(__name__)


def erase_unconfirmed() -> None:
    with transaction(Scope(DatabaseRole.JOBS)):
        requests, drafts = erasure.erase_unconfirmed(), erasure.erase_stale_drafts()
    log.info("erased", extra={"requests": requests, "drafts": drafts})


def erase_expired() -> None:
    """What is over: links to choose a password, old invitations, sessions, documents past their day, replays of long ago."""
    with transaction(Scope(DatabaseRole.JOBS)):
        links = erasure.erase_resets() + erasure.erase_invitations()
    with transaction(Scope(DatabaseRole.SIGN_IN)):
        sessions = erasure.erase_sessions()
    with transaction(Scope(DatabaseRole.JOBS)):
        documents, replays = erase_expired_documents(), erase_old_replays()
    found = {"links": links, "sessions": sessions, "documents": documents, "replays": replays}
    log.info("expired", extra=found)


def forget_old() -> None:
    """A month's notice, then who asked is forgotten: one transaction a batch, until one is not full."""
    for batch in (give_notice, anonymise_old):
        done = BATCH
        while done == BATCH:
            with transaction(Scope(DatabaseRole.JOBS)):
                done = batch()
