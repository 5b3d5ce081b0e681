"""What a morning file is made from, at one instant, and whether there is a file at all."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, select

from portal.foundation import clock
from portal.foundation.extensions import db
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as
from portal.models.assignment import Assignment, AssignmentState
from portal.models.association import Association
from portal.models.morning import MorningMode, MorningState
from portal.queries.morning import Content, waiting_content


@dataclass(frozen=True)
class Gathered:
    """overdue: whether something has waited unseen for as long as the association said."""

    content: Content
    overdue: bool


def gather(association_id: UUID) -> Gathered:
    """All that waits for this association now, as it alone sees it: read-only, and of one single instant."""
    now = clock.now()
    with acting_as(Scope(DatabaseRole.ASSOCIATION, association_id, read_only=True)):
        return Gathered(waiting_content(association_id, now), _overdue(association_id, now))


def _overdue(association_id: UUID, now: datetime) -> bool:
    hours = db.session.scalars(select(Association.morning_hours).where(Association.id == association_id)).one()
    unseen = (
        Assignment.association_id == association_id,
        Assignment.state == AssignmentState.OFFERED,
        Assignment.seen_at.is_(None),
        Assignment.offered_at <= now - timedelta(hours=hours),
    )
    return bool(db.session.scalar(select(exists().where(*unseen))))


def outcome(mode: MorningMode, gathered: Gathered) -> MorningState:
    """MADE, or why there is no file today."""
    if mode is MorningMode.NEVER:
        return MorningState.NOT_WANTED
    if not gathered.content.lines:
        return MorningState.EMPTY
    if mode is MorningMode.WHEN_UNSEEN and not gathered.overdue:
        return MorningState.NOT_NEEDED
    return MorningState.MADE
