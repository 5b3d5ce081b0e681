"""A programme's intake window, and its archiving: openings, changed under the lock that routing ranks under."""

from datetime import date
from functools import partial
from uuid import UUID

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.extensions import db
from portal.foundation.locks import share_openings
from portal.foundation.queue import Job, enqueue
from portal.foundation.transactions import after_commit
from portal.models.event import EventName, JournalAct
from portal.models.programme import Programme
from portal.operations.history import happened, journal

LONGEST_WINDOW_DAYS = 1_100


def set_intake(programme_id: UUID, *, first: date | None, last: date | None) -> Programme:
    """When the programme takes new requests: both days included, None for no bound, both None for always.

    Raises Hidden for another's programme or an archived one, DomainError (field "last") for days that make no sense.
    """
    programme = _programme(programme_id)
    if programme.archived_at is not None:
        raise Hidden
    if first and last and last < first:
        raise DomainError("Le dernier jour vient après le premier.", field="last")
    if last and last < clock.today():
        raise DomainError("Le dernier jour est déjà passé : archivez plutôt le programme.", field="last")
    if first and last and (last - first).days > LONGEST_WINDOW_DAYS:
        raise DomainError("Une période d’accueil dure trois ans au plus.", field="last")
    _changing()
    programme.intake_from, programme.intake_until = first, last
    _tell(programme, f"intake {first or '…'} {last or '…'}")
    return programme


def archive_programme(programme_id: UUID) -> Programme:
    """No new request from now on; those it has stay with it. Raises Hidden, DomainError when it already is."""
    programme = _programme(programme_id)
    if programme.archived_at is not None:
        raise DomainError("Ce programme est déjà archivé.")
    _changing()
    programme.archived_at = clock.now()
    _tell(programme, "archived")
    return programme


def restore_programme(programme_id: UUID) -> Programme:
    """It takes requests again, by its last criteria. Raises Hidden, DomainError when it is not archived."""
    programme = _programme(programme_id)
    if programme.archived_at is None:
        raise DomainError("Ce programme n’est pas archivé.")
    _changing()
    programme.archived_at = None
    _tell(programme, "restored")
    return programme


def _programme(programme_id: UUID) -> Programme:
    programme = db.session.get(Programme, programme_id)
    if programme is None:
        raise Hidden
    return programme


def _changing() -> None:
    """Both sides, always in one order."""
    for side in Side:
        share_openings(side)


def _tell(programme: Programme, change: str) -> None:
    happened(
        EventName.PROGRAMME_CHANGED,
        association_id=programme.association_id,
        programme=str(programme.id),
        change=change,
    )
    for side in Side:
        after_commit(partial(enqueue, Job.DRAIN, side.value, "waitlist", "unroutable"))
    journal(JournalAct.PROGRAMME_CHANGED, detail=f"{programme.id} {change}")
