"""When an association wants its morning file: its administrators settle it."""

from sqlalchemy.orm.exc import StaleDataError

from portal.foundation.errors import DomainError
from portal.foundation.extensions import db
from portal.models.association import Association
from portal.models.event import EventName, JournalAct
from portal.models.morning import MorningMode
from portal.operations.history import happened, journal

FEWEST_HOURS, MOST_HOURS = 1, 168
MEANWHILE = "L’association a changé pendant ce temps\u00a0: vérifiez ce réglage, puis enregistrez de nouveau."
HOURS = f"Écrivez un nombre d’heures entre {FEWEST_HOURS} et {MOST_HOURS}, par exemple 24."


class MorningMoved(DomainError):
    """Somebody changed the association meanwhile."""


def set_morning(association: Association, *, mode: MorningMode, hours: int, based_on: int) -> None:
    """Keep both settings (association's scope; the database lets administrators alone do it).

    hours: how long a request must have waited unseen, read when the mode asks for it. Raises DomainError on `hours`, and
    MorningMoved when the association's version is no longer `based_on`.
    """
    if not FEWEST_HOURS <= hours <= MOST_HOURS:
        raise DomainError(HOURS, field="hours")
    db.session.refresh(association)
    if association.version != based_on:
        raise MorningMoved(MEANWHILE)
    if (association.morning_mode, association.morning_hours) == (mode, hours):
        return
    association.morning_mode, association.morning_hours = mode, hours
    _keep(association, mode, hours)


def _keep(association: Association, mode: MorningMode, hours: int) -> None:
    try:
        db.session.flush()
    except StaleDataError as error:
        raise MorningMoved(MEANWHILE) from error
    happened(
        EventName.ASSOCIATION_CHANGED,
        association_id=association.id,
        morning_mode=mode.value,
        morning_hours=hours,
    )
    journal(JournalAct.FILE_SETTING_CHANGED, detail=f"{mode.value}:{hours}")
