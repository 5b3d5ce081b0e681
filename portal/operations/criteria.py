"""Publishing criteria: a new, immutable version of a programme for one side, in force from the next batch on."""

from functools import partial
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from matching.criteria import read_criteria, write_criteria
from matching.reading import InvalidInputError
from matching.vocabulary import Side
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.extensions import db
from portal.foundation.locks import share_openings
from portal.foundation.queue import Job, enqueue
from portal.foundation.tenancy import DatabaseRole, current_scope
from portal.foundation.transactions import after_commit
from portal.models.association import Association
from portal.models.event import EventName
from portal.models.programme import Programme, ProgrammeVersion
from portal.operations.history import happened

NBSP = "\u00a0"


def publish_criteria(
    programme_id: UUID, side: Side, criteria: object, *, by: UUID | None, notes: tuple[str, ...] = ()
) -> ProgrammeVersion:
    """The criteria (parsed JSON) in force for this programme and side, as a version of their own.

    Requests without a place or a solution are looked at again. Raises Hidden for another's programme, DomainError
    when they cannot be read (field "criteria", naming the place), or when the team must approve them first.
    """
    programme = db.session.get(Programme, programme_id)
    if programme is None or programme.archived_at is not None:
        raise Hidden
    _refuse_unapproved(programme)
    written = _checked(criteria)
    share_openings(side)
    version = ProgrammeVersion(
        association_id=programme.association_id,
        programme_id=programme_id,
        side=side,
        number=_next_number(programme_id, side),
        criteria=written,
        notes=list(notes),
        created_by=by,
    )
    _add(version)
    _tell(version)
    return version


def _refuse_unapproved(programme: Programme) -> None:
    """Some associations' criteria are published by the Collectif's team only."""
    association = db.session.get(Association, programme.association_id)
    own = current_scope().role is DatabaseRole.ASSOCIATION
    if own and association is not None and association.approval_required:
        raise DomainError("Vos critères sont publiés par l’équipe du Collectif, après relecture.")


def _checked(criteria: object) -> dict[str, object]:
    """The canonical form, so that equal criteria are written alike."""
    try:
        return write_criteria(read_criteria(criteria))
    except InvalidInputError as error:
        message = f"Ces critères ne se lisent pas{NBSP}: corrigez «{NBSP}{error.path}{NBSP}»."
        raise DomainError(message, field="criteria") from error


def _next_number(programme_id: UUID, side: Side) -> int:
    last = select(func.max(ProgrammeVersion.number)).where(
        ProgrammeVersion.programme_id == programme_id, ProgrammeVersion.side == side
    )
    return (db.session.scalar(last) or 0) + 1


def _add(version: ProgrammeVersion) -> None:
    try:
        with db.session.begin_nested():
            db.session.add(version)
    except IntegrityError as error:
        raise DomainError("Quelqu’un vient de publier d’autres critères : rechargez la page.") from error


def _tell(version: ProgrammeVersion) -> None:
    happened(
        EventName.CRITERIA_CHANGED,
        association_id=version.association_id,
        programme=str(version.programme_id),
        side=version.side.value,
        version=version.number,
    )
    after_commit(partial(enqueue, Job.DRAIN, version.side.value, "waitlist", "unroutable"))
