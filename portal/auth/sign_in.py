"""The sign-in page, signing out, and going from one association to another."""

from datetime import timedelta
from uuid import UUID

from flask import Blueprint, Response, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import RateLimitExceeded
from flask_login import current_user
from redis.exceptions import RedisError
from werkzeug.wrappers import Response as BaseResponse

from portal.auth.destinations import after_sign_in, home_of, sign_in_url
from portal.auth.forms import SignInForm
from portal.auth.session import TOKEN, idle_of_members
from portal.foundation import clock
from portal.foundation.crypto import token_digest, vault
from portal.foundation.errors import DomainError
from portal.foundation.extensions import limiter
from portal.foundation.permissions import Permission, SignedIn, public_sign_in, requires
from portal.models.person import normalised_mail
from portal.operations import sign_in as operations
from portal.queries.accounts import open_session
from portal.web.pages import page
from portal.web.typography import plural

LIMIT = "10 per 5 minutes"
FEW = 5
auth = Blueprint("auth", __name__)


def account_key() -> str:
    """The account that is tried, known or not; the counter never holds an address."""
    return vault().blind_index("sign_in", normalised_mail(request.form.get("mail", ""))).hex()


@auth.route("/connexion", methods=["GET", "POST"])
@limiter.limit(LIMIT, methods=["POST"])
@limiter.limit(LIMIT, key_func=account_key, methods=["POST"])
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
            return enter(opened, asked)
    return page("auth/sign_in.html", form=form, suite=asked, door_facts=facts())


def facts() -> list[dict[str, str]]:
    """What to know before one signs in, beside the form."""
    return [
        {"icon": "clock", "text": f"Fermeture après {lasting(idle_of_members())} sans activité."},
        {"icon": "eye", "text": "Chaque consultation de coordonnées est notée."},
        {"icon": "mail", "text": "Nous ne demandons jamais de mot de passe par téléphone."},
    ]


def lasting(time: timedelta) -> str:
    """« 8 heures », « 30 minutes »: in hours when it is whole hours."""
    hours, rest = divmod(time, timedelta(hours=1))
    return plural(time // timedelta(minutes=1), "minute") if rest or not hours else plural(hours, "heure")


def enter(opened: operations.NewSession, asked: str) -> BaseResponse:
    """A new identifier for this browser: nothing of what it held before outlives the sign-in."""
    session.clear()
    session[TOKEN] = opened.token
    found = open_session(token_digest(opened.token))
    return redirect(after_sign_in(found.person, asked) if found else home_of(None), 303)


def show(form: SignInForm, error: DomainError) -> None:
    """The reason under its field, with the tries left once they are few."""
    left = min((limit.remaining for limit in limiter.current_limits), default=FEW + 1)
    hint = f" Il reste {plural(left, 'essai')}." if left <= FEW else ""
    field = form.password if error.field == "password" else form.mail
    field.errors = [*field.errors, error.message + hint]


@auth.post("/deconnexion")
@requires(Permission.SIGNED_IN)
def sign_out() -> ResponseReturnValue:
    operations.sign_out(current_user)
    session.clear()
    return redirect(url_for("auth.sign_in"), 303)


@auth.post("/association")
@requires(Permission.SIGNED_IN)
def switch() -> ResponseReturnValue:
    """association_id: one of the person's associations; empty, the Collectif's side."""
    chosen = association_asked(request.values.get("association_id", ""))
    operations.work_for(current_user, chosen)
    return redirect(home_of(chosen), 303)


def association_asked(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        abort(404)


@auth.errorhandler(RateLimitExceeded)
def too_many(_: RateLimitExceeded) -> ResponseReturnValue:
    window = limiter.current_limit.reset_at if limiter.current_limit else 0
    wait = max(0, int(window - clock.now().timestamp()))
    minutes = plural(max(1, -(-wait // 60)), "minute")
    return render_template("errors/429.html", retry_in=f"dans {minutes}"), 429, {"Retry-After": str(wait)}


@auth.errorhandler(RedisError)
def uncounted(_: RedisError) -> ResponseReturnValue:
    """Tries that cannot be counted are refused: this door fails closed."""
    return render_template("errors/503.html"), 503


def ask_to_sign_in() -> BaseResponse:
    """Whoever is not signed in: the sign-in page, or a bare 401 for a script, which must not swallow a whole page."""
    if request.headers.get("X-Live") or request.headers.get("Sec-Fetch-Dest") == "empty":
        return Response(status=401)
    if request.headers.get("HX-Request"):
        return Response(status=401, headers={"HX-Redirect": sign_in_url()})
    return redirect(sign_in_url(), 303)
