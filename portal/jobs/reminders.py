"""Reminders and digests: what the timetable wakes each day; each of them decides what is due."""

import logging
from collections.abc import Callable

from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.operations import digests, reminders

log = logging.getLogger(__name__)


def tell_digests() -> None:
    _tell("digests_told", digests.tell_digests)


def remind_silence() -> None:
    _tell("silence_reminded", reminders.remind_silence)


def remind_follow_up() -> None:
    _tell("follow_up_reminded", digests.remind_follow_up)


def check_places() -> None:
    _tell("places_asked", digests.check_places)


def remind_applicants() -> None:
    _tell("applicants_reminded", reminders.remind_applicants)


def _tell(event: str, operation: Callable[[], int]) -> None:
    """One transaction: the messages and what they are about are written together, or not at all."""
    with transaction(Scope(DatabaseRole.JOBS)):
        told = operation()
    log.info(event, extra={"told": told})
