"""Reviewing criteria: those that wait for approval, read beside those in force; and the doors to the expert editor."""

from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import TextAreaField

from admin.navigation import frame, navigation
from admin.sentences import sentences
from matching.criteria import Expression, read_criteria
from matching.reading import InvalidInputError
from matching.vocabulary import Side
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.permissions import Permission, requires
from portal.foundation.transactions import rollback
from portal.operations.criteria import CriteriaConflict
from portal.operations.proposals import LONGEST_REASON, approve_proposal, refuse_proposal
from portal.queries.criteria import (
    Proposal,
    Version,
    pending_proposals,
    programme_kept,
    programmes_by_association,
    proposal_by_id,
    settled_proposals,
)
from portal.queries.trial_told import trial_told
from portal.web.criteria_said import whole_said
from portal.web.forms import PortalForm, tidy
from portal.web.pages import page
from portal.web.typography import NBSP

CONFLICT, REFUSED = 409, 422
WHO = {Side.MENTEE: "Jeunes", Side.MENTOR: "Bénévoles"}
SIDES = {"jeunes": Side.MENTEE, "benevoles": Side.MENTOR}
SIDE_NAMES = {side: name for name, side in SIDES.items()}

review = Blueprint("review", __name__, url_prefix="/collectif/criteres")
review.context_processor(frame)
review.context_processor(lambda: {"who": WHO, "side_names": SIDE_NAMES, "app_nav": navigation("review"), "nbsp": NBSP})


@dataclass(frozen=True)
class Compared:
    """One sentence on one side of the comparison; changed: it is not on the other side."""

    text: str
    changed: bool


class RefusalForm(PortalForm):
    """Why the proposal is refused; the association reads it."""

    reason = TextAreaField("Pourquoi", filters=[tidy], description="L’association lira ces mots.")


@review.get("")
@requires(Permission.CRITERIA_REVIEW)
def index() -> ResponseReturnValue:
    grouped = groupby(programmes_by_association(), key=lambda row: (row.association_id, row.association))
    return page(
        "admin/review.html",
        pending=pending_proposals(),
        settled=settled_proposals(),
        associations=[(name, list(rows)) for (_, name), rows in grouped],
    )


@review.get("/propositions/<uuid:proposal_id>")
@requires(Permission.CRITERIA_REVIEW)
def proposal(proposal_id: UUID) -> ResponseReturnValue:
    return _proposal_page(_known(proposal_id), RefusalForm())


@review.post("/propositions/<uuid:proposal_id>/approuver")
@requires(Permission.CRITERIA_REVIEW)
def approve(proposal_id: UUID) -> ResponseReturnValue:
    asked = _known(proposal_id)
    try:
        approve_proposal(proposal_id, by=current_user.account_id, beside=number_of(request.form.get("beside")))
    except DomainError as error:
        rollback()
        status = CONFLICT if isinstance(error, CriteriaConflict) else REFUSED
        return _proposal_page(_known(proposal_id), RefusalForm(), status, refusal=error.message)
    flash(f"Les critères de « {asked.programme} » sont en vigueur.", "good")
    return redirect(url_for("review.index"), 303)


@review.post("/propositions/<uuid:proposal_id>/refuser")
@requires(Permission.CRITERIA_REVIEW)
def refuse(proposal_id: UUID) -> ResponseReturnValue:
    form, asked = RefusalForm(request.form), _known(proposal_id)
    try:
        refuse_proposal(proposal_id, by=current_user.account_id, reason=form.reason.data or "")
    except DomainError as error:
        rollback()
        form.validate()
        form.refuse(error.message, error.field)
        return _proposal_page(_known(proposal_id), form, REFUSED)
    flash(f"{asked.association} lira pourquoi. Ses critères ne changent pas.", "good")
    return redirect(url_for("review.index"), 303)


def _known(proposal_id: UUID) -> Proposal:
    found = proposal_by_id(proposal_id)
    if found is None:
        raise Hidden
    return found


def _proposal_page(asked: Proposal, form: RefusalForm, status: int = 200, refusal: str = "") -> tuple[str, int]:
    kept = programme_kept(asked.programme_id)
    version = kept.version(asked.side) if kept else None
    draft, current = readable(asked.criteria), readable(version.criteria) if version else None
    old, new = compared(current, draft)
    waiting = asked.verdict is None and draft is not None
    return page(
        "admin/review_proposal.html",
        status,
        asked=asked,
        version=version,
        old=old,
        new=new,
        whole=whole_said(draft) if draft is not None else "",
        trial=trial_told(asked.programme_id, asked.side, draft, current) if waiting and draft else None,
        form=form,
        longest=LONGEST_REASON,
        refusal=refusal,
        archived=bool(kept and kept.programme.archived_at),
    )


def readable(written: object) -> Expression | None:
    try:
        return read_criteria(written)
    except InvalidInputError:
        return None


def said(version: Version) -> list[str]:
    expression = readable(version.criteria)
    return sentences(expression) if expression is not None else ["Critères illisibles"]


def compared(current: Expression | None, draft: Expression | None) -> tuple[list[Compared], list[Compared]]:
    """Both in sentences, those that differ marked."""
    old, new = (sentences(one) if one is not None else [] for one in (current, draft))
    return [Compared(one, one not in new) for one in old], [Compared(one, one not in old) for one in new]


def number_of(text: str | None) -> int:
    """A version's number as a form carries it. Raises DomainError for anything else."""
    if not text or not text.isdecimal() or len(text) > 6:  # noqa: PLR2004 - far above any version
        raise DomainError("Ce formulaire est incomplet : rechargez la page.")
    return int(text)
