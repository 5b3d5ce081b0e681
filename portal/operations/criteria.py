"""Publishing criteria: a new, immutable version of a programme for one side, in force from the next batch on."""

import json
from functools import partial
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from matching.criteria import read_criteria, write_criteria
from matching.reading import InvalidInputError
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.extensions import db
from portal.foundation.locks import share_openings
from portal.foundation.queue import Job, enqueue
from portal.foundation.tenancy import DatabaseRole, current_scope
from portal.foundation.transactions import after_commit
from portal.models.association import Association
from portal.models.event import EventName, JournalAct
from portal.models.programme import CriteriaProposal, Programme, ProgrammeVersion, Verdict
from portal.operations.history import happened, journal

NBSP = "\u00a0"
LONGEST_CRITERIA = 60_000


class CriteriaConflict(DomainError):
    """Another version came since the form was drawn."""


def save_criteria(
    programme_id: UUID, side: Side, criteria: object, *, by: UUID, drawn_from: int, notes: tuple[str, ...] = ()
) -> ProgrammeVersion:
    """What a person has just edited, from the version of that number (0: there was none), published and journalled.

    An older proposal of the same association is withdrawn. Raises what `publish_criteria` raises, CriteriaConflict
    when another version came meanwhile, DomainError when nothing has changed.
    """
    check_changed(programme_id, side, criteria, drawn_from)
    withdraw_pending(programme_id, side, by=by)
    version = publish_criteria(programme_id, side, criteria, by=by, notes=notes, after=drawn_from)
    journal(JournalAct.CRITERIA_CHANGED, detail=f"{programme_id} {side.value} {version.number}")
    return version


def publish_criteria(
    programme_id: UUID,
    side: Side,
    criteria: object,
    *,
    by: UUID | None,
    notes: tuple[str, ...] = (),
    after: int | None = None,
) -> ProgrammeVersion:
    """The criteria (parsed JSON) in force for this programme and side, as a version of their own.

    after: the number it must follow, the last one by default. Requests without a place or a solution are looked at
    again. Raises Hidden for another's programme, DomainError when they cannot be read (field "criteria", naming the
    place), or when the team must approve them first, CriteriaConflict when that number is taken.
    """
    programme = programme_to_edit(programme_id)
    _refuse_unapproved(programme)
    written = checked(criteria)
    share_openings(side)
    version = ProgrammeVersion(
        association_id=programme.association_id,
        programme_id=programme_id,
        side=side,
        number=(last_number(programme_id, side) if after is None else after) + 1,
        criteria=written,
        notes=list(notes),
        created_by=by,
    )
    _add(version)
    _tell(version)
    return version


def programme_to_edit(programme_id: UUID) -> Programme:
    """Raises Hidden for another's programme, and for an archived one."""
    programme = db.session.get(Programme, programme_id)
    if programme is None or programme.archived_at is not None:
        raise Hidden
    return programme


def check_changed(programme_id: UUID, side: Side, criteria: object, drawn_from: int) -> dict[str, object]:
    """The criteria in their canonical form, once they differ from those in force, which are those of that number."""
    programme_to_edit(programme_id)
    written = checked(criteria)
    current = in_force(programme_id, side)
    number = current.number if current else 0
    if number != drawn_from:
        raise CriteriaConflict(
            f"Pendant ce temps, quelqu’un a publié la version{NBSP}{number}. Relisez, puis enregistrez de nouveau."
        )
    if current and written == write_criteria(read_criteria(current.criteria)):
        raise DomainError(f"Rien ne change{NBSP}: ce sont déjà les critères de la version{NBSP}{number}.")
    return written


def in_force(programme_id: UUID, side: Side) -> ProgrammeVersion | None:
    query = select(ProgrammeVersion).where(ProgrammeVersion.programme_id == programme_id, ProgrammeVersion.side == side)
    return db.session.scalar(query.order_by(ProgrammeVersion.number.desc()).limit(1))


def withdraw_pending(programme_id: UUID, side: Side, *, by: UUID) -> CriteriaProposal | None:
    """The association takes back what still waits for approval; staff never do so for it."""
    if current_scope().role is not DatabaseRole.ASSOCIATION:
        return None
    query = select(CriteriaProposal).where(
        CriteriaProposal.programme_id == programme_id,
        CriteriaProposal.side == side,
        CriteriaProposal.verdict.is_(None),
    )
    pending = db.session.scalar(query.with_for_update())
    if pending is not None:
        settle(pending, Verdict.WITHDRAWN, by=by)
    return pending


def settle(proposal: CriteriaProposal, verdict: Verdict, *, by: UUID, reason: str | None = None) -> None:
    """The proposal ends so, with its event."""
    proposal.verdict, proposal.settled_at, proposal.settled_by = verdict, clock.now(), by
    if reason:
        proposal.reason = reason
    db.session.flush()
    happened(
        EventName.PROPOSAL_SETTLED,
        association_id=proposal.association_id,
        programme=str(proposal.programme_id),
        side=proposal.side.value,
        verdict=verdict.value,
    )


def _refuse_unapproved(programme: Programme) -> None:
    """Some associations' criteria are published by the Collectif's team only."""
    association = db.session.get(Association, programme.association_id)
    own = current_scope().role is DatabaseRole.ASSOCIATION
    if own and association is not None and association.approval_required:
        raise DomainError("Vos critères sont publiés par l’équipe du Collectif, après relecture.")


def checked(criteria: object) -> dict[str, object]:
    """The canonical form, so that equal criteria are written alike.

    Raises DomainError naming the place, or when they are too long for anybody to read them again.
    """
    try:
        written = write_criteria(read_criteria(criteria))
    except InvalidInputError as error:
        message = f"Ces critères ne se lisent pas{NBSP}: corrigez «{NBSP}{error.path}{NBSP}»."
        raise DomainError(message, field="criteria") from error
    if len(json.dumps(written, ensure_ascii=False)) > LONGEST_CRITERIA:
        message = f"Ces critères sont trop longs{NBSP}: retirez des lieux, ou choisissez un département ou une région."
        raise DomainError(message, field="criteria")
    return written


def last_number(programme_id: UUID, side: Side) -> int:
    last = select(func.max(ProgrammeVersion.number)).where(
        ProgrammeVersion.programme_id == programme_id, ProgrammeVersion.side == side
    )
    return db.session.scalar(last) or 0


def _add(version: ProgrammeVersion) -> None:
    try:
        with db.session.begin_nested():
            db.session.add(version)
    except IntegrityError as error:
        raise CriteriaConflict(f"Quelqu’un vient de publier d’autres critères{NBSP}: relisez-les.") from error


def _tell(version: ProgrammeVersion) -> None:
    happened(
        EventName.CRITERIA_CHANGED,
        association_id=version.association_id,
        programme=str(version.programme_id),
        side=version.side.value,
        version=version.number,
    )
    after_commit(partial(enqueue, Job.DRAIN, version.side.value, "waitlist", "unroutable"))
