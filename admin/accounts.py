"""The Collectif's own team, and any account of the portal: invitations, closing, somebody's lost second factor."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import BooleanField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from admin.navigation import frame, navigation
from admin.platform_words import reason
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.permissions import Permission, Role, requires
from portal.foundation.transactions import rollback
from portal.models.event import JournalAct
from portal.operations.history import journal
from portal.operations.invitations import Wish, invite, resend, withdraw
from portal.operations.members import FactorLoss, close_account, reopen_account, reset_factor
from portal.queries.associations import association_names
from portal.queries.invitations import pending_invitations
from portal.queries.portal_accounts import (
    MOST_FOUND,
    SHORTEST_SEARCH,
    AccountLine,
    account_line,
    accounts_like,
    staff_accounts,
)
from portal.web.forms import OneOf, OneOfMenu, PortalForm, mail_field, one_line
from portal.web.pages import page
from portal.web.proof import proof_first

TEAM = "equipe"
REFUSED = 422
accounts = Blueprint("accounts", __name__, url_prefix="/collectif/equipe")
accounts.context_processor(frame)


class InviteForm(PortalForm):
    """Somebody for the Collectif's team, or who will administer an association."""

    mail = mail_field("Adresse e-mail", "Écrivez l’adresse de la personne à inviter.")
    place = OneOfMenu("Où travaillera-t-elle\u00a0?", missing="Choisissez une équipe.")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        named = sorted(association_names().items(), key=lambda item: item[1].casefold())
        own = [SelectChoice(TEAM, "L’équipe du Collectif")]
        self.place.choices = own + [SelectChoice(str(key), f"Administration de {name}") for key, name in named]

    @property
    def wish(self) -> Wish:
        if self.place.data == TEAM:
            return Wish(self.mail.data, Role.STAFF, None)
        return Wish(self.mail.data, Role.ADMINISTRATOR, UUID(self.place.data))


class FactorForm(PortalForm):
    why = OneOf(
        "Pourquoi\u00a0?",
        missing="Choisissez une raison.",
        choices=[SelectChoice(one.value, one.label) for one in FactorLoss],
    )
    verified = BooleanField(
        "J’ai vérifié de vive voix que c’est bien cette personne qui le demande",
        [InputRequired("Vérifiez d’abord\u00a0: c’est ainsi qu’on se fait voler un compte.")],
    )


def shown(template: str, status: int = 200, **values: Any) -> ResponseReturnValue:
    return page(f"admin/{template}", status, app_nav=navigation("accounts"), **values)


def line_or_404(account_id: UUID) -> AccountLine:
    found = account_line(account_id)
    if found is None:
        raise Hidden
    return found


@accounts.get("")
@requires(Permission.ACCOUNTS_EDIT)
def index() -> ResponseReturnValue:
    told = {"lines": staff_accounts(), "pending": pending_invitations(), "me": current_user.account_id}
    return shown("accounts.html", reason=reason, **told)


@accounts.get("/chercher")
@requires(Permission.ACCOUNTS_EDIT)
def searched() -> ResponseReturnValue:
    """The address of a search, asked for again: what was searched is nowhere."""
    return redirect(url_for("accounts.index"), 303)


@accounts.post("/chercher")
@requires(Permission.ACCOUNTS_EDIT)
def search() -> ResponseReturnValue:
    words = one_line(request.form.get("q")) or ""
    found = accounts_like(words)
    journal(JournalAct.SEARCHED, detail=f"accounts:{len(found)}")
    limits = {"most": MOST_FOUND, "too_short": len(words) < SHORTEST_SEARCH}
    return shown("accounts_found.html", q=words, lines=found, me=current_user.account_id, **limits)


@accounts.route("/inviter", methods=["GET", "POST"])
@requires(Permission.ACCOUNTS_EDIT)
def invitation() -> ResponseReturnValue:
    if (proof := proof_first()) is not None:
        return proof
    form = InviteForm(request.form, place=request.args.get("pour", TEAM))
    if request.method == "POST" and form.validate():
        try:
            invite(form.wish, by=current_user._get_current_object())  # noqa: SLF001 - the person, not its proxy
        except DomainError as error:
            rollback()
            form.refuse(error.message, error.field)
        else:
            flash("L’invitation part à l’instant. Elle vaut 14\u00a0jours.", "good")
            return redirect(url_for("accounts.index"), 303)
    return shown("accounts_invite.html", form=form)


@accounts.post("/invitations/<uuid:invitation_id>/renvoyer")
@requires(Permission.ACCOUNTS_EDIT)
def invite_again(invitation_id: UUID) -> ResponseReturnValue:
    if (proof := proof_before_list()) is not None:
        return proof
    try:
        resend(invitation_id)
    except DomainError as error:
        rollback()
        flash(error.message, "late")
        return redirect(url_for("accounts.index"), 303)
    flash("Un nouveau lien part à l’instant\u00a0; le précédent ne s’ouvre plus.", "good")
    return redirect(url_for("accounts.index"), 303)


@accounts.post("/invitations/<uuid:invitation_id>/retirer")
@requires(Permission.ACCOUNTS_EDIT)
def take_back(invitation_id: UUID) -> ResponseReturnValue:
    if (proof := proof_before_list()) is not None:
        return proof
    withdraw(invitation_id)
    flash("L’invitation est retirée\u00a0: son lien ne s’ouvre plus.", "good")
    return redirect(url_for("accounts.index"), 303)


def proof_before_list() -> ResponseReturnValue | None:
    """For an act without a page of its own: the proof leads back to the list, where it is asked for again."""
    if proof_first() is None:
        return None
    flash("Rien n’a encore changé\u00a0: montrez que c’est bien vous, puis recommencez.", "wait")
    return redirect(url_for("account.prove", suite=url_for("accounts.index")), 303)


@accounts.get("/<uuid:account_id>")
@requires(Permission.ACCOUNTS_EDIT)
def show(account_id: UUID) -> ResponseReturnValue:
    return shown("account.html", line=line_or_404(account_id), own=account_id == current_user.account_id)


@accounts.route("/<uuid:account_id>/fermer", methods=["GET", "POST"])
@requires(Permission.ACCOUNTS_EDIT)
def close(account_id: UUID) -> ResponseReturnValue:
    line = line_or_404(account_id)
    if (proof := proof_first()) is not None:
        return proof
    if request.method == "POST":
        try:
            close_account(account_id, by=current_user._get_current_object())  # noqa: SLF001 - the person
        except DomainError as error:
            rollback()
            return shown("accounts_close.html", REFUSED, line=line, refusal=error.message)
        flash("Le compte est fermé, et ses sessions avec lui.", "good")
        return redirect(url_for("accounts.show", account_id=account_id), 303)
    return shown("accounts_close.html", line=line)


@accounts.route("/<uuid:account_id>/rouvrir", methods=["GET", "POST"])
@requires(Permission.ACCOUNTS_EDIT)
def reopen(account_id: UUID) -> ResponseReturnValue:
    line = line_or_404(account_id)
    if (proof := proof_first()) is not None:
        return proof
    if request.method == "POST":
        reopen_account(account_id)
        flash("Le compte est rouvert, avec son mot de passe et son second facteur d’avant.", "good")
        return redirect(url_for("accounts.show", account_id=account_id), 303)
    return shown("accounts_reopen.html", line=line)


@accounts.route("/<uuid:account_id>/second-facteur", methods=["GET", "POST"])
@requires(Permission.ACCOUNTS_EDIT)
def factor(account_id: UUID) -> ResponseReturnValue:
    line = line_or_404(account_id)
    if (proof := proof_first()) is not None:
        return proof
    form = FactorForm(request.form)
    if request.method == "POST" and form.validate():
        reset_factor(account_id, FactorLoss(form.why.data))
        flash("Le second facteur est retiré. La personne est prévenue par e-mail.", "good")
        return redirect(url_for("accounts.show", account_id=account_id), 303)
    return shown("accounts_factor.html", form=form, line=line)
