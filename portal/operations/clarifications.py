"""Asking for what is missing, and answering from the tracking page."""

from uuid import UUID

from sqlalchemy import select, update

from portal.foundation import clock
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.extensions import db
from portal.foundation.identifiers import new_id
from portal.foundation.tenancy import current_scope
from portal.models.assignment import Assignment
from portal.models.clarification import Clarification
from portal.models.outbox import Message
from portal.operations.outbox import put, put_for_team
from portal.queries.clarifications import ANSWER, QUESTION, preview_key


def ask_clarification(assignment: Assignment, question: str) -> Clarification:
    """Put a question to whoever asked for mentoring; a message tells them to look (association's scope)."""
    key = preview_key(assignment.referral_id)
    if key is None:
        raise Hidden
    asked = Clarification(
        id=new_id(),
        referral_id=assignment.referral_id,
        assignment_id=assignment.id,
        association_id=assignment.association_id,
        asked_by=current_scope().account_id,
    )
    asked.question_sealed = key.seal(question.encode(), column=QUESTION, row=asked.id)
    db.session.add(asked)
    put(Message.CLARIFICATION_ASKED, str(asked.id), referral_id=assignment.referral_id)
    return asked


def answer_clarification(clarification_id: UUID, answer: str) -> None:
    """Answer once, by the tracking link (public scope); the association is told.

    Raises Hidden for another request's, DomainError when done.
    """
    found = db.session.execute(
        select(Clarification.referral_id, Clarification.assignment_id, Clarification.association_id).where(
            Clarification.id == clarification_id
        )
    ).one_or_none()
    key = preview_key(found.referral_id) if found else None
    if found is None or key is None:
        raise Hidden
    changed = db.session.execute(
        update(Clarification)
        .where(Clarification.id == clarification_id, Clarification.answered_at.is_(None))
        .values(answered_at=clock.now(), answer_sealed=key.seal(answer.encode(), column=ANSWER, row=clarification_id))
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount == 0:  # type: ignore[attr-defined]
        raise DomainError("Une réponse a déjà été donnée à cette question.", field="answer")
    put_for_team(
        Message.CLARIFICATION_ANSWERED,
        str(clarification_id),
        association_id=found.association_id,
        reference_id=found.assignment_id,
    )
