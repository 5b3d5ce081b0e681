"""Half-way in: the second factor is asked, or set the first time; nothing else opens before."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.auth.destinations import arrived
from portal.auth.drawing import Offer, offer_for
from portal.auth.entering import enter, factor_page, hold
from portal.auth.forms import CodeForm, RecoveryForm, SetUpForm
from portal.auth.limits import CODE, code_limit, missed, start_afresh
from portal.auth.session import pending_session
from portal.foundation.errors import DomainError
from portal.foundation.extensions import db
from portal.foundation.permissions import public_sign_in
from portal.models.account import Account
from portal.operations.second_factor import WrongCode, open_offer, set_factor, use_code, use_recovery_code
from portal.operations.sign_in import complete_session
from portal.queries.accounts import OpenSession
from portal.web.pages import page

second_factor = Blueprint("second_factor", __name__, url_prefix="/connexion")


def asked() -> str:
    return request.args.get("suite", "")


def elsewhere(begun: OpenSession | None, endpoint: str) -> ResponseReturnValue | None:
    """Where to go when this page is not the one this browser needs."""
    if begun is None:
        return redirect(url_for("auth.sign_in", suite=asked() or None), 303)
    right = factor_page(begun)
    return None if right == endpoint else redirect(url_for(right, suite=asked() or None), 303)


@second_factor.route("/code", methods=["GET", "POST"])
@code_limit
@public_sign_in
def code() -> ResponseReturnValue:
    return _asked_for(CodeForm(request.form), "auth/code.html")


@second_factor.route("/secours", methods=["GET", "POST"])
@code_limit
@public_sign_in
def recovery() -> ResponseReturnValue:
    return _asked_for(RecoveryForm(request.form), "auth/recovery.html")


def _asked_for(form: CodeForm | RecoveryForm, template: str) -> ResponseReturnValue:
    begun = pending_session()
    away = elsewhere(begun, "second_factor.code")
    if begun is None or away is not None:
        return away or ""
    account = db.session.get_one(Account, begun.person.account_id)
    if request.method == "POST" and form.validate():
        try:
            use = use_recovery_code if isinstance(form, RecoveryForm) else use_code
            use(account, form.code.data)
        except DomainError as error:
            form.refuse(error.message + missed(CODE), "code")
        else:
            start_afresh(CODE, str(account.id))
            return enter(complete_session(begun.person.session_digest), asked())
    return page(template, form=form, suite=asked(), demo_account=account.demo)


@second_factor.route("/second-facteur", methods=["GET", "POST"])
@code_limit
@public_sign_in
def set_up() -> ResponseReturnValue:
    """The first time: a secret for the application, confirmed by a first code; then the recovery codes, once."""
    begun = pending_session()
    away = elsewhere(begun, "second_factor.set_up")
    if begun is None or away is not None:
        return away or ""
    account = db.session.get_one(Account, begun.person.account_id)
    form = SetUpForm(request.form)
    offer = offer_for(account, form.offer.data)
    if request.method == "POST" and form.validate():
        try:
            codes = _confirmed(account, form, offer)
        except DomainError as error:
            form.refuse(error.message + (missed(CODE) if isinstance(error, WrongCode) else ""), "code")
        else:
            start_afresh(CODE, str(account.id))
            return codes_page(codes, begun)
    return page("auth/set_up.html", form=form, offer=offer, suite=asked())


def _confirmed(account: Account, form: SetUpForm, offer: Offer) -> list[str]:
    if open_offer(form.offer.data, account.id) is None:
        raise DomainError("Cette page était trop ancienne\u00a0: scannez le nouveau code.")
    return set_factor(account, offer.secret, form.code.data)


def codes_page(codes: list[str], begun: OpenSession) -> ResponseReturnValue:
    opened = hold(complete_session(begun.person.session_digest))
    onward = arrived(opened.person, asked()) if opened else url_for("auth.sign_in")
    return page("auth/recovery_codes.html", codes=codes, onward=onward)
