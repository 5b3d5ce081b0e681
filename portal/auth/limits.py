"""How often one may try; every door of authentication fails closed."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_limiter import RateLimitExceeded
from flask_limiter.util import get_remote_address
from flask_login import current_user
from redis.exceptions import RedisError

from portal.auth.session import pending_session
from portal.foundation import clock
from portal.foundation.crypto import vault
from portal.foundation.extensions import limiter
from portal.foundation.permissions import SignedIn
from portal.models.person import normalised_mail
from portal.web.typography import plural

PASSWORDS = "10 per 5 minutes"
CODES = "5 per 5 minutes"
RESETS = "5 per day"
RESETS_FROM_ONE_PLACE = "20 per hour"
FEW = 5
POST_ONLY = ["POST"]


def mail_key() -> str:
    """The account that is tried, known or not; the counter never holds an address."""
    return vault().blind_index("sign_in", normalised_mail(request.form.get("mail", ""))).hex()


def person_key() -> str:
    """Whose second factor or password is tried, signed in already or half-way."""
    begun = pending_session()
    if begun is not None:
        return str(begun.person.account_id)
    person = current_user._get_current_object()  # noqa: SLF001 - the person, not its proxy
    return str(person.account_id) if isinstance(person, SignedIn) else get_remote_address()


code_limit = limiter.shared_limit(CODES, scope="second_factor", key_func=person_key, methods=POST_ONLY)


def tries_left() -> str:
    """« Il reste 4 essais. », once they are few."""
    left = min((limit.remaining for limit in limiter.current_limits), default=FEW + 1)
    return f" Il reste {plural(left, 'essai')}." if left <= FEW else ""


def too_many(_: RateLimitExceeded) -> ResponseReturnValue:
    window = limiter.current_limit.reset_at if limiter.current_limit else 0
    wait = max(0, int(window - clock.now().timestamp()))
    return render_template("errors/429.html", retry_in=f"dans {waiting(wait)}"), 429, {"Retry-After": str(wait)}


def waiting(seconds: int) -> str:
    minutes = max(1, -(-seconds // 60))
    hours = -(-minutes // 60)
    return plural(minutes, "minute") if hours <= 1 else plural(hours, "heure")


def uncounted(_: RedisError) -> ResponseReturnValue:
    """Tries that cannot be counted are refused: this door fails closed."""
    return render_template("errors/503.html"), 503


def fail_closed(room: Blueprint) -> None:
    room.register_error_handler(RateLimitExceeded, too_many)
    room.register_error_handler(RedisError, uncounted)
