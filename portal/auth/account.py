"""« Mon compte »: one's password, second factor, recovery codes and open sessions; and a fresh proof of identity."""

from typing import Any

from flask import Blueprint, flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.auth.destinations import after_sign_in, home_of
from portal.auth.drawing import offer_for
from portal.auth.forms import (
    ChangePasswordForm,
    CodeForm,
    PasswordProofForm,
    RenewForm,
    field_of_error,
)
from portal.auth.limits import CODE, OWN_PASSWORD, code_limit, missed, password_limit, start_afresh
from portal.foundation.errors import DomainError
from portal.foundation.extensions import db
from portal.foundation.permissions import Permission, SignedIn, requires
from portal.models.account import Account
from portal.operations.passwords import password_matches
from portal.operations.resets import change_password
from portal.operations.second_factor import renew_factor, renew_recovery_codes, use_code, use_either
from portal.operations.sign_in import give_proof, sign_out_everywhere
from portal.queries.accounts import open_sessions, own_account
from portal.web.pages import page

account = Blueprint("account", __name__, url_prefix="/compte")
PROVEN = "C’est bien vous, et pour dix minutes\u00a0: rien n’a encore été fait, vous pouvez continuer."
WRONG_PASSWORD = "Ce n’est pas votre mot de passe."  # noqa: S105 - what is said of it


def person() -> SignedIn:
    found: SignedIn = current_user._get_current_object()  # noqa: SLF001 - the person, not its proxy
    return found


def own() -> Account:
    return db.session.get_one(Account, person().account_id)


@account.context_processor
def frame() -> dict[str, Any]:
    home = home_of(person().association_id)
    entries = [
        ("Demandes", home, "arrow-left", False),
        ("Mon compte", url_for("account.show"), "settings", request.blueprint == account.name),
    ]
    if person().can(Permission.NOTICES_CHOOSE):
        entries.append(("Courriels", url_for("notices.show"), "mail", request.blueprint == "notices"))
    return {
        "home_url": home,
        "app_nav": [dict(zip(("label", "url", "icon", "active"), entry, strict=True)) for entry in entries],
    }


@account.get("")
@requires(Permission.SIGNED_IN)
def show() -> ResponseReturnValue:
    me = person()
    return page(
        "auth/account.html",
        own=own_account(me.account_id),
        sessions=open_sessions(me.account_id),
        this_one=me.session_digest,
    )


@account.route("/mot-de-passe", methods=["GET", "POST"])
@password_limit
@requires(Permission.SIGNED_IN)
def password() -> ResponseReturnValue:
    form = ChangePasswordForm(request.form)
    if request.method == "POST" and form.validate():
        try:
            change_password(person(), form.old.data, form.password.data)
        except DomainError as error:
            left = missed(OWN_PASSWORD) if error.field == "old" else ""
            form.refuse(error.message + left, field_of_error(form, error.field, "password"))
        else:
            start_afresh(OWN_PASSWORD, str(person().account_id))
            flash("Votre mot de passe est changé. Vos autres sessions sont fermées.", "good")
            return redirect(url_for("account.show"), 303)
    return page("auth/account_password.html", form=form)


@account.route("/second-facteur", methods=["GET", "POST"])
@code_limit
@requires(Permission.SIGNED_IN)
def factor() -> ResponseReturnValue:
    """Another application takes the place of the one that gives this code."""
    mine, form = own(), RenewForm(request.form)
    offer = offer_for(mine, form.offer.data)
    if request.method == "POST" and form.validate():
        try:
            codes = renew_factor(mine, offer.secret, form.code.data, current=form.current.data, keep=person())
        except DomainError as error:
            form.refuse(error.message + missed(CODE), field_of_error(form, error.field, "code"))
        else:
            start_afresh(CODE, str(mine.id))
            return page("auth/account_codes.html", codes=codes)
    return page("auth/account_factor.html", form=form, offer=offer)


@account.route("/codes-de-secours", methods=["GET", "POST"])
@code_limit
@requires(Permission.SIGNED_IN)
def codes() -> ResponseReturnValue:
    form = CodeForm(request.form)
    if request.method == "POST" and form.validate():
        try:
            use_either(own(), form.code.data)
        except DomainError as error:
            form.refuse(error.message + missed(CODE), "code")
        else:
            start_afresh(CODE, str(person().account_id))
            return page("auth/account_codes.html", codes=renew_recovery_codes(person().account_id))
    return page("auth/account_codes_ask.html", form=form)


@account.post("/sessions")
@requires(Permission.SIGNED_IN)
def leave_everywhere() -> ResponseReturnValue:
    sign_out_everywhere(person())
    session.clear()
    flash("Toutes vos sessions sont fermées, celle-ci comprise.", "good")
    return redirect(url_for("auth.sign_in"), 303)


@account.route("/preuve", methods=["GET", "POST"])
@password_limit
@code_limit
@requires(Permission.SIGNED_IN)
def prove() -> ResponseReturnValue:
    """Who is there, again: the password, or a code for who signs in by a provider."""
    mine, suite = own(), request.args.get("suite", "")
    by_password = bool(mine.password_hash)
    form = PasswordProofForm(request.form) if by_password else CodeForm(request.form)
    tried = OWN_PASSWORD if by_password else CODE
    if request.method == "POST" and form.validate():
        try:
            shown(mine, form)
        except DomainError as error:
            form.refuse(error.message + missed(tried), error.field)
        else:
            start_afresh(tried, str(mine.id))
            give_proof(person().session_digest)
            flash(PROVEN, "good")
            return redirect(after_sign_in(person(), suite), 303)
    return page("auth/prove.html", form=form, suite=suite, by_password=by_password)


def shown(mine: Account, form: PasswordProofForm | CodeForm) -> None:
    """Raises DomainError."""
    if isinstance(form, CodeForm):
        use_code(mine, form.code.data)
    elif not password_matches(form.password.data, mine.password_hash):
        raise DomainError(WRONG_PASSWORD, field="password")
