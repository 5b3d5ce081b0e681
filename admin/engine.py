"""The engine's rules: those in force, every version, and the proposals that a second person publishes."""

from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from admin import engine_told as told
from admin.engine_forms import SIDE_WORDS, ReasonForm, RulesForm, policies_told, policy_words
from admin.navigation import frame, navigation
from matching.ranking import PolicyName
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.permissions import Permission, requires
from portal.foundation.transactions import rollback
from portal.models.routing import RoutingPolicy
from portal.operations.policies import (
    LONGEST_REASON,
    PolicyConflict,
    propose_policy,
    propose_return,
    publish_policy,
    refuse_policy,
    withdraw_policy,
)
from portal.queries.policies import PAGE, pending_proposal, policy_versions, settled_proposals, version_numbered
from portal.queries.replays import ENOUGH_DAYS, replay_asked, replays_asked
from portal.web.forms import PortalForm
from portal.web.pages import page
from portal.web.proof import proof_first
from portal.web.typography import NBSP, french, plural

OK, CONFLICT, REFUSED = 200, 409, 422
engine = Blueprint("engine", __name__, url_prefix="/collectif/moteur")
engine.context_processor(frame)
engine.context_processor(
    lambda: {
        "policy_words": policy_words,
        "side_words": SIDE_WORDS,
        "policies_told": policies_told(),
        "app_nav": navigation("engine"),
    }
)


@engine.get("")
@requires(Permission.ENGINE_READ)
def index() -> ResponseReturnValue:
    return rules_page(ReasonForm())


def rules_page(form: ReasonForm, status: int = OK, *, refusal: str = "") -> ResponseReturnValue:
    """refusal: why an act just asked for was refused."""
    versions, pending = policy_versions(), pending_proposal()
    current = versions[0].RoutingPolicy if versions else None
    return page(
        "admin/engine.html",
        status,
        form=form,
        heading=heading_of(current),
        current=versions[0] if versions else None,
        versions=versions,
        older=len(versions) == PAGE,
        pending=pending,
        own=bool(pending and pending.PolicyProposal.proposed_by == current_user.account_id),
        settled=settled_proposals(),
        replays=replays_asked()[:3],
        refusal=refusal,
        shown=shown_beside(pending.PolicyProposal.replay_id) if pending else None,
        longest=LONGEST_REASON,
    )


def shown_beside(replay_id: UUID | None) -> dict[str, object] | None:
    """What the replay beside a proposal tells, in a line; None without one."""
    found = replay_asked(replay_id) if replay_id else None
    if found is None or found.report is None:
        return None
    return {"side": found.Replay.side, "words": told.headline(found.report, found.Replay.side)}


def heading_of(current: RoutingPolicy | None) -> str:
    if current is None:
        return "Aucune règle n’est encore publiée"
    words = policy_words(current.name)
    hops = plural(current.maximum_hops, "association essayée", "associations essayées")
    return french(f"{words}, {hops} au plus")


@engine.get("/versions")
@requires(Permission.ENGINE_READ)
def versions() -> ResponseReturnValue:
    """Every version, a page at a time."""
    before = request.args.get("avant", type=int)
    found = policy_versions(before)
    older = url_for("engine.versions", avant=found[-1].RoutingPolicy.version) if len(found) == PAGE else ""
    newer = url_for("engine.versions") if before is not None else ""
    return page("admin/engine_versions.html", versions=found, older=older, newer=newer, current=policy_versions()[:1])


@engine.route("/proposer", methods=["GET", "POST"])
@requires(Permission.POLICY_PROPOSE)
def propose() -> ResponseReturnValue:
    """`regle`, `essais` and `rejeu` in the address: what a replay has just proved."""
    form = RulesForm(request.form if request.method == "POST" else None, data=asked_rules())
    if request.method == "POST" and form.validate():
        try:
            propose_policy(
                PolicyName(form.policy.data),
                form.hops.data or 0,
                form.reason.data or "",
                by=current_user.account_id,
                replay_id=request.args.get("rejeu", type=UUID),
            )
        except DomainError as error:
            return refused("admin/engine_propose.html", form, error, days=ENOUGH_DAYS)
        return proposed()
    return page("admin/engine_propose.html", form=form, longest=LONGEST_REASON, days=ENOUGH_DAYS)


def asked_rules() -> dict[str, object]:
    found = policy_versions()
    in_force = found[0].RoutingPolicy if found else None
    hops = request.args.get("essais", type=int) or (in_force.maximum_hops if in_force else 3)
    return {"policy": request.args.get("regle", ""), "hops": hops}


@engine.route("/versions/<int:version>/revenir", methods=["GET", "POST"])
@requires(Permission.POLICY_PROPOSE)
def back_to(version: int) -> ResponseReturnValue:
    found, form = version_numbered(version), ReasonForm(request.form)
    if found is None:
        raise Hidden
    if request.method == "POST":
        form.validate()
        try:
            propose_return(version, form.reason.data or "", by=current_user.account_id)
        except DomainError as error:
            return refused("admin/engine_return.html", form, error, found=found)
        return proposed()
    return page("admin/engine_return.html", form=form, found=found, longest=LONGEST_REASON)


def refused(template: str, form: PortalForm, error: DomainError, **values: object) -> ResponseReturnValue:
    """What was typed stays, with the sentence where it belongs."""
    rollback()
    form.refuse(error.message, error.field)
    status = CONFLICT if isinstance(error, PolicyConflict) else REFUSED
    return page(template, status, form=form, longest=LONGEST_REASON, **values)


def proposed() -> ResponseReturnValue:
    flash("La proposition attend une deuxième personne. Rien ne change d’ici là.", "good")
    return redirect(url_for("engine.index"), 303)


@engine.post("/propositions/<uuid:proposal_id>/publier")
@requires(Permission.POLICY_SETTLE)
def publish(proposal_id: UUID) -> ResponseReturnValue:
    if (proof := proof_before_rules()) is not None:
        return proof
    try:
        version = publish_policy(proposal_id, by=current_user.account_id)
    except DomainError as error:
        return not_settled(error)
    flash(f"La version{NBSP}{version.version} est en vigueur.", "good")
    return redirect(url_for("engine.index"), 303)


@engine.post("/propositions/<uuid:proposal_id>/refuser")
@requires(Permission.POLICY_SETTLE)
def refuse(proposal_id: UUID) -> ResponseReturnValue:
    form = ReasonForm(request.form)
    form.validate()
    try:
        refuse_policy(proposal_id, form.reason.data or "", by=current_user.account_id)
    except DomainError as error:
        if error.field is None:
            return not_settled(error)
        rollback()
        form.refuse(error.message, error.field)
        return rules_page(form, REFUSED)
    flash("La proposition est refusée. Les règles ne changent pas.", "good")
    return redirect(url_for("engine.index"), 303)


@engine.post("/propositions/<uuid:proposal_id>/retirer")
@requires(Permission.POLICY_PROPOSE)
def withdraw(proposal_id: UUID) -> ResponseReturnValue:
    try:
        withdraw_policy(proposal_id, by=current_user.account_id)
    except DomainError as error:
        return not_settled(error)
    flash("La proposition est retirée. Les règles ne changent pas.", "good")
    return redirect(url_for("engine.index"), 303)


def not_settled(error: DomainError) -> ResponseReturnValue:
    rollback()
    status = CONFLICT if isinstance(error, PolicyConflict) else REFUSED
    return rules_page(ReasonForm(), status, refusal=error.message)


def proof_before_rules() -> ResponseReturnValue | None:
    """Publishing has no page of its own: the proof leads back to the rules, where it is asked for again."""
    if proof_first() is None:
        return None
    flash(f"Rien n’a encore changé{NBSP}: montrez que c’est bien vous, puis recommencez.", "wait")
    return redirect(url_for("account.prove", suite=url_for("engine.index")), 303)
