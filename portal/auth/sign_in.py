"""The sign-in page, signing out, and going from one association to another."""

from dataclasses import replace
from uuid import UUID

from flask import Blueprint, Response, abort, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal.auth.destinations import after_sign_in, sign_in_url
from portal.auth.entering import enter
from portal.auth.forms import SignInForm
from portal.auth.limits import SIGN_IN, mail_key, mail_limit, missed, place_limit, start_afresh
from portal.auth.session import TOKEN
from portal.foundation.errors import DomainError
from portal.foundation.permissions import Permission, SignedIn, public_sign_in, requires
from portal.operations import sign_in as operations
from portal.web.pages import page

auth = Blueprint("auth", __name__)


@auth.route("/connexion", methods=["GET", "POST"])
@place_limit
@mail_limit
@public_sign_in
def sign_in() -> ResponseReturnValue:
    asked = request.args.get("suite", "")
    if request.method == "GET" and isinstance(current_user._get_current_object(), SignedIn):  # noqa: SLF001
        return redirect(after_sign_in(current_user, asked), 303)
    form = SignInForm()
    if form.validate_on_submit():
        try:
            opened = operations.sign_in(form.mail.data, form.password.data, replacing=session.get(TOKEN))
        except DomainError as error:
            show(form, error)
        else:
            start_afresh(SIGN_IN, mail_key())
            return enter(opened, asked)
    return page("auth/sign_in.html", form=form, suite=asked)


def show(form: SignInForm, error: DomainError) -> None:
    """The reason under its field, with the tries left once they are few."""
    field = form.password if error.field == "password" else form.mail
    left = missed(SIGN_IN) if isinstance(error, operations.SignInRefused) else ""
    field.errors = [*field.errors, error.message + left]


@auth.post("/deconnexion")
@requires(Permission.SIGNED_IN)
def sign_out() -> ResponseReturnValue:
    operations.sign_out(current_user)
    session.clear()
    return redirect(url_for("auth.sign_in"), 303)


@auth.post("/association")
@requires(Permission.SIGNED_IN)
def switch() -> ResponseReturnValue:
    """association_id: one of the person's associations; empty, the Collectif's side. suite: where to come back to."""
    person: SignedIn = current_user._get_current_object()  # noqa: SLF001 - the person, not its proxy
    chosen = association_asked(request.values.get("association_id", ""))
    operations.work_for(person, chosen)
    return redirect(after_sign_in(replace(person, association_id=chosen), request.values.get("suite", "")), 303)


def association_asked(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        abort(404)


def ask_to_sign_in() -> BaseResponse:
    """Whoever is not signed in: the sign-in page, or a bare 401 for a script, which must not swallow a whole page."""
    if request.headers.get("X-Live") or request.headers.get("Sec-Fetch-Dest") == "empty":
        return Response(status=401)
    if request.headers.get("HX-Request"):
        return Response(status=401, headers={"HX-Redirect": sign_in_url()})
    return redirect(sign_in_url(), 303)
