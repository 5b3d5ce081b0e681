"""What staff settle for an association: whether its criteria wait for approval, whether it stops at its objective."""

from functools import partial

from sqlalchemy.orm.exc import StaleDataError

from matching.vocabulary import Side
from portal.foundation.errors import DomainError
from portal.foundation.extensions import db
from portal.foundation.locks import share_openings
from portal.foundation.queue import Job, enqueue
from portal.foundation.transactions import after_commit
from portal.models.association import Association
from portal.models.event import EventName, JournalAct
from portal.operations.history import happened, journal

MEANWHILE = "Cette association a changé pendant ce temps\u00a0: vérifiez les réglages, puis enregistrez de nouveau."


class AssociationMoved(DomainError):
    """Somebody changed the association meanwhile."""


def settle_association(
    association: Association, *, approval_required: bool, stop_at_objective: bool, based_on: int
) -> None:
    """Keep both settings (staff's scope). Raises AssociationMoved when its version is no longer `based_on`."""
    for side in sorted(Side):
        share_openings(side)
    db.session.refresh(association)
    if association.version != based_on:
        raise AssociationMoved(MEANWHILE)
    settings = {"approval_required": approval_required, "stop_at_objective": stop_at_objective}
    if settings == {name: getattr(association, name) for name in settings}:
        return
    association.approval_required, association.stop_at_objective = approval_required, stop_at_objective
    _keep(association)
    for side in sorted(Side):
        after_commit(partial(enqueue, Job.DRAIN, side.value, "waitlist"))


def _keep(association: Association) -> None:
    approval, stop = association.approval_required, association.stop_at_objective
    try:
        db.session.flush()
    except StaleDataError as error:
        raise AssociationMoved(MEANWHILE) from error
    happened(
        EventName.ASSOCIATION_CHANGED,
        association_id=association.id,
        approval_required=approval,
        stop_at_objective=stop,
    )
    detail = f"{association.id} approval_required={approval} stop_at_objective={stop}"
    journal(JournalAct.ASSOCIATION_CHANGED, detail=detail)
