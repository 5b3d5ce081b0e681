"""A forgotten password: a link by mail, good once and for half an hour; opening it changes nothing."""

from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.auth.forms import NewPasswordForm, ResetRequestForm, field_of_error
from portal.auth.limits import PASSWORDS, POST_ONLY, RESETS, RESETS_FROM_ONE_PLACE, mail_key, start_all_afresh
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.extensions import limiter
from portal.foundation.permissions import public_sign_in
from portal.operations.links import RESET_MINUTES
from portal.operations.resets import account_of_reset, ask_reset, use_reset
from portal.web.pages import page

GONE = 410
resets = Blueprint("resets", __name__, url_prefix="/mot-de-passe")


@resets.route("", methods=["GET", "POST"])
@limiter.limit(RESETS_FROM_ONE_PLACE, methods=POST_ONLY)
@limiter.limit(RESETS, key_func=mail_key, methods=POST_ONLY)
@public_sign_in
def ask() -> ResponseReturnValue:
    form = ResetRequestForm(request.form)
    if request.method == "POST" and form.validate():
        ask_reset(form.mail.data)
        return redirect(url_for("resets.asked"), 303)
    return page("auth/reset_ask.html", form=form, minutes=RESET_MINUTES)


@resets.get("/demande")
@public_sign_in
def asked() -> ResponseReturnValue:
    return page("auth/reset_asked.html", minutes=RESET_MINUTES)


@resets.route("/<uuid:reset_id>/<token>", methods=["GET", "POST"])
@limiter.limit(PASSWORDS, methods=POST_ONLY)
@public_sign_in
def choose(reset_id: UUID, token: str) -> ResponseReturnValue:
    account = account_of_reset(reset_id, token)
    if account is None:
        return over()
    form = NewPasswordForm(request.form)
    if request.method == "POST" and form.validate():
        try:
            use_reset(reset_id, token, form.password.data)
        except Hidden:
            return over()
        except DomainError as error:
            form.refuse(error.message, field_of_error(form, error.field, "password"))
        else:
            start_all_afresh(account)
            flash("Votre mot de passe est changé, et vos sessions sont fermées. Connectez-vous.", "good")
            return redirect(url_for("auth.sign_in"), 303)
    return page("auth/reset_choose.html", form=form, reset_id=reset_id, token=token)


def over() -> ResponseReturnValue:
    """Wrong, used or too old: the same page, and the way to another one."""
    return page("auth/reset_over.html", GONE, minutes=RESET_MINUTES)
