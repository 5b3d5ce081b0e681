"""Who works for the association here: roles, invitations, and who leaves; and the journal of their last acts."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.fields.choices import SelectChoice

from portal.association.acts import act_said
from portal.association.frame import association_page, signed_in
from portal.foundation.errors import DomainError
from portal.foundation.permissions import Permission, Role, requires
from portal.foundation.transactions import rollback
from portal.models.account import Membership
from portal.operations.invitations import Wish, invite, resend, withdraw
from portal.operations.members import change_role, end_membership, member_to_change
from portal.queries.invitations import invitation_of, pending_of
from portal.queries.team import Member, latest_acts, members, names_of_all
from portal.web.forms import OneOf, PortalForm, mail_field
from portal.web.proof import proof_first

team = Blueprint("team", __name__, url_prefix="/equipe")
ROLES = {Role.COORDINATOR: "Coordination", Role.ADMINISTRATOR: "Administration"}
DUTIES = {
    Role.COORDINATOR: "Répond aux demandes, déclare les places, lit les chiffres.",
    Role.ADMINISTRATOR: "En plus\u00a0: les critères, l’équipe et sa connexion.",
}
CHOICES = [SelectChoice(role.value, label, {"hint": DUTIES[role]}) for role, label in ROLES.items()]


class RoleForm(PortalForm):
    role = OneOf("Son rôle", missing="Choisissez un rôle.", choices=CHOICES)

    @property
    def chosen(self) -> Role:
        return Role(self.role.data)


class InviteForm(RoleForm):
    mail = mail_field("Adresse e-mail", "Écrivez l’adresse de la personne à inviter.")


def own_id() -> UUID:
    return signed_in().association_id or abort(404)


@team.get("")
@requires(Permission.TEAM_READ)
def index() -> ResponseReturnValue:
    mine = own_id()
    edits = signed_in().can(Permission.TEAM_EDIT)
    return association_page(
        "team.html",
        "team.index",
        members=members(mine),
        roles=ROLES,
        edits=edits,
        me=signed_in().account_id,
        pending=pending_of(mine) if edits else [],
        acts=latest_acts(mine),
        names=names_of_all(mine),
        act_said=act_said,
    )


@team.route("/inviter", methods=["GET", "POST"])
@requires(Permission.TEAM_EDIT)
def invitation() -> ResponseReturnValue:
    if (proof := proof_first()) is not None:
        return proof
    form = InviteForm(request.form, role=Role.COORDINATOR.value)
    if request.method == "POST" and form.validate():
        try:
            invite(Wish(form.mail.data, form.chosen, own_id()), by=signed_in())
        except DomainError as error:
            rollback()
            form.refuse(error.message, error.field)
        else:
            flash("L’invitation part à l’instant. Elle vaut 14\u00a0jours.", "good")
            return redirect(url_for("team.index"), 303)
    return association_page("team_invite.html", "team.index", form=form)


@team.post("/invitations/<uuid:invitation_id>/renvoyer")
@requires(Permission.TEAM_EDIT)
def invite_again(invitation_id: UUID) -> ResponseReturnValue:
    own = own_invitation(invitation_id)
    if (proof := proof_before_list()) is not None:
        return proof
    try:
        resend(own)
    except DomainError as error:
        rollback()
        flash(error.message, "late")
        return redirect(url_for("team.index"), 303)
    flash("Un nouveau lien part à l’instant\u00a0; le précédent ne s’ouvre plus.", "good")
    return redirect(url_for("team.index"), 303)


@team.post("/invitations/<uuid:invitation_id>/retirer")
@requires(Permission.TEAM_EDIT)
def take_back(invitation_id: UUID) -> ResponseReturnValue:
    own = own_invitation(invitation_id)
    if (proof := proof_before_list()) is not None:
        return proof
    withdraw(own)
    flash("L’invitation est retirée\u00a0: son lien ne s’ouvre plus.", "good")
    return redirect(url_for("team.index"), 303)


def proof_before_list() -> ResponseReturnValue | None:
    """For an act without a page of its own: the proof leads back to the list, where it is asked for again."""
    if proof_first() is None:
        return None
    flash("Rien n’a encore changé\u00a0: montrez que c’est bien vous, puis recommencez.", "wait")
    return redirect(url_for("account.prove", suite=url_for("team.index")), 303)


def own_invitation(invitation_id: UUID) -> UUID:
    """Beside the database's own rule: an invitation of this association."""
    found = invitation_of(invitation_id)
    return invitation_id if found is not None and found.association_id == own_id() else abort(404)


@team.route("/<uuid:membership_id>/role", methods=["GET", "POST"])
@requires(Permission.TEAM_EDIT)
def role(membership_id: UUID) -> ResponseReturnValue:
    membership = member_to_change(membership_id, own_id())
    if (proof := proof_first()) is not None:
        return proof
    form = RoleForm(request.form, role=membership.role.value)
    if request.method == "POST" and form.validate():
        try:
            change_role(membership, form.chosen)
        except DomainError as error:
            return refused("team_role.html", membership_id, error, form=form)
        flash("Le rôle est changé. Il vaut dès maintenant.", "good")
        return redirect(url_for("team.index"), 303)
    return association_page("team_role.html", "team.index", form=form, **about(membership))


@team.route("/<uuid:membership_id>/fin", methods=["GET", "POST"])
@requires(Permission.TEAM_EDIT)
def end(membership_id: UUID) -> ResponseReturnValue:
    membership = member_to_change(membership_id, own_id())
    if (proof := proof_first()) is not None:
        return proof
    if request.method == "POST":
        try:
            end_membership(membership)
        except DomainError as error:
            return refused("team_end.html", membership_id, error)
        flash("L’accès est fermé, et ses sessions avec lui.", "good")
        return redirect(url_for("team.index"), 303)
    return association_page("team_end.html", "team.index", **about(membership))


def refused(template: str, membership_id: UUID, error: DomainError, **values: Any) -> ResponseReturnValue:
    rollback()
    shown = about(member_to_change(membership_id, own_id()))
    return association_page(template, "team.index", 422, refusal=error.message, **shown, **values)


def about(membership: Membership) -> dict[str, Any]:
    """The member as the list shows them."""
    found: Member = next(one for one in members(own_id()) if one.membership_id == membership.id)
    return {"member": found, "roles": ROLES, "own": found.account_id == signed_in().account_id}
