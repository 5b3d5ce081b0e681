"""The versions of a side's criteria: read, compared with today's, and put back; a proposal taken back."""

from uuid import UUID

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from matching.criteria import read_criteria
from matching.vocabulary import Side
from portal.association.addresses import SIDE_NAMES, SIDES
from portal.association.criteria import SIDES as SIDE_TITLES
from portal.association.criteria import criteria, said
from portal.association.criteria_editor import Subject, publish, subject_of, trial_of
from portal.association.criteria_typed import number_sent
from portal.association.frame import association_page, signed_in
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.permissions import Permission, requires
from portal.foundation.transactions import rollback
from portal.operations.criteria import CriteriaConflict
from portal.operations.proposals import withdraw_proposal
from portal.queries.criteria import VERSIONS_SHOWN, Kept, Version, programme_kept, version_by_id, versions_of

__all__ = ["criteria"]
CONFLICT, REFUSED = 409, 422


@criteria.get("/<uuid:programme_id>/<side>/versions")
@requires(Permission.CRITERIA_READ)
def versions(programme_id: UUID, side: str) -> ResponseReturnValue:
    kept = programme_kept(programme_id)
    if kept is None or side not in SIDES:
        raise Hidden
    found = versions_of(programme_id, SIDES[side], _before())
    shown = found[:VERSIONS_SHOWN]
    return association_page(
        "criteria_versions.html",
        "criteria.index",
        kept=kept,
        side=side,
        side_title=SIDE_TITLES[SIDES[side]],
        in_force=kept.version(SIDES[side]),
        versions=[(version, said(version.criteria)) for version in shown],
        older=shown[-1].number if len(found) > VERSIONS_SHOWN else None,
        waits=waits(kept, SIDES[side]),
        may_edit=may_edit() and kept.programme.archived_at is None,
    )


def waits(kept: Kept, side: Side) -> bool:
    """Whether a proposal of this side waits for the team."""
    last = kept.proposal(side)
    return last is not None and last.verdict is None


def _before() -> int | None:
    """?avant=12: the versions before that one."""
    text = request.args.get("avant", "")
    if text and (not text.isdecimal() or len(text) > 6):  # noqa: PLR2004 - far above any version
        abort(404)
    return int(text) if text else None


@criteria.get("/versions/<uuid:version_id>")
@requires(Permission.CRITERIA_EDIT)
def version(version_id: UUID) -> ResponseReturnValue:
    """An earlier version with what putting it back would change."""
    earlier, subject = _earlier(version_id)
    return _version_page(earlier, subject)


@criteria.post("/versions/<uuid:version_id>/remettre")
@requires(Permission.CRITERIA_EDIT)
def put_back(version_id: UUID) -> ResponseReturnValue:
    earlier, subject = _earlier(version_id)
    notes = (f"Reprise de la version {earlier.number}.", *earlier.notes)
    try:
        publish(subject, earlier.criteria, notes, number_sent(request.form, "drawn"))
    except CriteriaConflict as error:
        rollback()
        return _version_page(*_earlier(version_id), CONFLICT, refusal=error.message)
    except DomainError as error:
        rollback()
        return _version_page(earlier, subject, REFUSED, refusal=error.message)
    return redirect(url_for("criteria.index"), 303)


def _earlier(version_id: UUID) -> tuple[Version, Subject]:
    found = version_by_id(version_id)
    if found is None:
        raise Hidden
    return found, subject_of(found.programme_id, SIDE_NAMES[found.side])


def _version_page(earlier: Version, subject: Subject, status: int = 200, refusal: str = "") -> tuple[str, int]:
    return association_page(
        "criteria_version.html",
        "criteria.index",
        status,
        earlier=earlier,
        subject=subject,
        said=said(earlier.criteria),
        trial=trial_of(subject, read_criteria(earlier.criteria)),
        refusal=refusal,
    )


@criteria.post("/propositions/<uuid:proposal_id>/retirer")
@requires(Permission.CRITERIA_EDIT)
def withdraw(proposal_id: UUID) -> ResponseReturnValue:
    try:
        withdraw_proposal(proposal_id, by=signed_in().account_id)
    except DomainError as error:
        rollback()
        flash(error.message, "late")
    else:
        flash("Votre proposition est retirée. Vos critères ne changent pas.", "good")
    return redirect(url_for("criteria.index"), 303)


def may_edit() -> bool:
    return signed_in().can(Permission.CRITERIA_EDIT)
