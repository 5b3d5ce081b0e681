"""Accepting an invitation: with a new account, or with the one this address has already."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.auth.destinations import home_of
from portal.auth.entering import enter
from portal.auth.forms import JoinForm, field_of_error
from portal.auth.limits import PASSWORDS, POST_ONLY
from portal.auth.session import own_digest
from portal.foundation.errors import DomainError
from portal.foundation.extensions import limiter
from portal.foundation.permissions import Role, SignedIn, public_sign_in
from portal.models.account import Invitation
from portal.operations.invitations import accept_as_member, accept_as_newcomer, opened
from portal.operations.links import still_open
from portal.operations.sign_in import begin_session, end_session, settle_in
from portal.queries.accounts import account_of_mail, own_account
from portal.queries.invitations import place_of
from portal.web.pages import page

GONE = 410
TEAM = "l’équipe du Collectif"
invitations = Blueprint("invitations", __name__, url_prefix="/invitation")


def words(invitation: Invitation) -> dict[str, Any]:
    return {
        "place": place_of(invitation) or TEAM,
        "duties": invitation.role.label,
        "mail": invitation.mail,
        "team": invitation.role is Role.STAFF,
    }


def person_here() -> SignedIn | None:
    person = current_user._get_current_object()  # noqa: SLF001 - the person, not its proxy
    return person if isinstance(person, SignedIn) else None


@invitations.route("/<uuid:invitation_id>/<token>", methods=["GET", "POST"])
@limiter.limit(PASSWORDS, methods=POST_ONLY)
@public_sign_in
def accept(invitation_id: UUID, token: str) -> ResponseReturnValue:
    invitation = opened(invitation_id, token, lock=request.method == "POST")
    if not still_open(invitation):
        return page("auth/invitation_over.html", GONE, invitation=invitation, **words(invitation))
    if account_of_mail(invitation.mail) is not None:
        return _by_member(invitation)
    return _by_newcomer(invitation)


def _by_newcomer(invitation: Invitation) -> ResponseReturnValue:
    form = JoinForm(request.form)
    if request.method == "POST" and form.validate():
        try:
            account = accept_as_newcomer(invitation, form.name.data, form.password.data)
        except DomainError as error:
            form.refuse(error.message, field_of_error(form, error.field, "password"))
        else:
            if (held := own_digest()) is not None:
                end_session(held)
            return enter(begin_session(account, invitation.association_id), "")
    return page("auth/invitation.html", form=form, here=request.path, **words(invitation))


def _by_member(invitation: Invitation) -> ResponseReturnValue:
    """Only the very account of that address accepts, with a click, once it is signed in."""
    person, refusal, status = person_here(), "", 200
    mine = person is not None and own_account(person.account_id).mail.lower() == invitation.mail.lower()
    if request.method == "POST" and person is not None and mine:
        try:
            accept_as_member(invitation, person)
        except DomainError as error:
            refusal, status = error.message, 422
        else:
            place = invitation.association_id if person.via is None else person.association_id
            settle_in(person, place)
            flash("C’est fait\u00a0: vous faites partie de l’équipe.", "good")
            return redirect(home_of(place), 303)
    shown = {"person_here": person, "mine": mine, "refusal": refusal, "here": request.path}
    return page("auth/invitation_member.html", status, **shown, **words(invitation))
