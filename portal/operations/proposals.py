"""Criteria that wait for the Collectif's approval: proposed, taken back, approved as they are, or refused with a reason."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from matching.vocabulary import Side
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.extensions import db
from portal.models.event import EventName, JournalAct
from portal.models.outbox import Message
from portal.models.programme import CriteriaProposal, ProgrammeVersion, Verdict
from portal.operations.criteria import (
    NBSP,
    CriteriaConflict,
    check_changed,
    last_number,
    programme_to_edit,
    publish_criteria,
    settle,
    withdraw_pending,
)
from portal.operations.history import happened, journal
from portal.operations.outbox import put_for_team

SHORTEST_REASON, LONGEST_REASON = 10, 1_000


def propose_criteria(
    programme_id: UUID, side: Side, criteria: object, *, by: UUID, drawn_from: int, notes: tuple[str, ...] = ()
) -> CriteriaProposal:
    """Criteria for staff to approve (association's scope); one waits at most, so an older one is withdrawn.

    Raises Hidden, DomainError or CriteriaConflict as saving would.
    """
    programme = programme_to_edit(programme_id)
    written = check_changed(programme_id, side, criteria, drawn_from)
    withdraw_pending(programme_id, side, by=by)
    proposal = CriteriaProposal(
        association_id=programme.association_id,
        programme_id=programme_id,
        side=side,
        criteria=written,
        notes=list(notes),
        based_on=drawn_from,
        created_by=by,
    )
    _add(proposal)
    happened(
        EventName.CRITERIA_PROPOSED,
        association_id=proposal.association_id,
        programme=str(programme_id),
        side=side.value,
        based_on=drawn_from,
    )
    journal(JournalAct.CRITERIA_CHANGED, detail=f"{programme_id} {side.value} proposal")
    return proposal


def _add(proposal: CriteriaProposal) -> None:
    try:
        with db.session.begin_nested():
            db.session.add(proposal)
    except IntegrityError as error:
        raise CriteriaConflict(f"Quelqu’un vient de proposer d’autres critères{NBSP}: relisez-les.") from error


def withdraw_proposal(proposal_id: UUID, *, by: UUID) -> CriteriaProposal:
    """The association changes its mind. Raises Hidden, DomainError when it has been settled already."""
    proposal = _pending(proposal_id)
    settle(proposal, Verdict.WITHDRAWN, by=by)
    journal(JournalAct.CRITERIA_CHANGED, detail=f"{proposal.programme_id} {proposal.side.value} withdrawn")
    return proposal


def approve_proposal(proposal_id: UUID, *, by: UUID, beside: int) -> ProgrammeVersion:
    """Staff publish the proposal as it is, in its author's name; beside: the version they read it beside.

    Raises Hidden, DomainError when it has been settled already or its programme is archived, CriteriaConflict when
    another version has come since they read.
    """
    proposal = _pending(proposal_id)
    if last_number(proposal.programme_id, proposal.side) != beside:
        raise CriteriaConflict("D’autres critères ont été publiés entre-temps : comparez de nouveau.")
    try:
        version = publish_criteria(
            proposal.programme_id,
            proposal.side,
            proposal.criteria,
            by=proposal.created_by,
            notes=tuple(proposal.notes),
            after=beside,
        )
    except Hidden as error:
        raise DomainError("Ce programme est archivé : il faut d’abord le rouvrir.") from error
    settle(proposal, Verdict.APPROVED, by=by)
    _tell(proposal)
    journal(JournalAct.CRITERIA_CHANGED, detail=f"{proposal.programme_id} {proposal.side.value} {version.number}")
    return version


def refuse_proposal(proposal_id: UUID, *, by: UUID, reason: str) -> CriteriaProposal:
    """Staff say why. Raises Hidden, DomainError (field "reason") without a reason, or when it has been settled."""
    proposal = _pending(proposal_id)
    said = reason.strip()
    if not SHORTEST_REASON <= len(said) <= LONGEST_REASON:
        message = f"Dites pourquoi, en {SHORTEST_REASON} à {LONGEST_REASON} caractères : l’association le lira."
        raise DomainError(message, field="reason")
    settle(proposal, Verdict.REFUSED, by=by, reason=said)
    _tell(proposal)
    journal(JournalAct.CRITERIA_CHANGED, detail=f"{proposal.programme_id} {proposal.side.value} refused")
    return proposal


def _tell(proposal: CriteriaProposal) -> None:
    put_for_team(
        Message.PROPOSAL_SETTLED, str(proposal.id), association_id=proposal.association_id, reference_id=proposal.id
    )


def _pending(proposal_id: UUID) -> CriteriaProposal:
    """Locked. The database lets nobody lock what has been settled, hence the first look."""
    query = select(CriteriaProposal).where(CriteriaProposal.id == proposal_id)
    if db.session.scalar(query) is None:
        raise Hidden
    proposal = db.session.scalar(query.with_for_update(), execution_options={"populate_existing": True})
    if proposal is None or proposal.verdict is not None:
        raise DomainError("Cette proposition n’attend plus de réponse.")
    return proposal
