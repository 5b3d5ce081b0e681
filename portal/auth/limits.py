"""How often one may try; every door of authentication fails closed.

Where a secret is tried only failures count, and a success starts the account's own counter afresh. The counter is
looked at before and written after: tries under way at the same moment all pass, so at most as many as the site has
threads go beyond the limit, once in its time.
"""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_limiter import RateLimitExceeded
from flask_limiter.util import get_remote_address
from flask_login import current_user
from limits import parse
from redis.exceptions import RedisError

from portal.auth.session import pending_session
from portal.foundation import clock
from portal.foundation.crypto import vault
from portal.foundation.extensions import limiter
from portal.foundation.permissions import SignedIn
from portal.models.account import Account
from portal.models.person import normalised_mail
from portal.web.typography import plural

PASSWORDS = "10 per 5 minutes"
FROM_ONE_PLACE = "60 per 5 minutes"
CODES = "5 per 5 minutes"
RESETS = "5 per day"
RESETS_FROM_ONE_PLACE = "20 per hour"
FEW = 5
POST_ONLY = ["POST"]
PREFIX = "limits"  # RATELIMIT_KEY_PREFIX
MISSED = "portal.missed"
SIGN_IN, CODE, OWN_PASSWORD = "sign_in", "second_factor", "own_password"


def key_of_mail(mail: str) -> str:
    """The counter never holds an address."""
    return vault().blind_index("sign_in", normalised_mail(mail)).hex()


def mail_key() -> str:
    """The account that is tried, known or not."""
    return key_of_mail(request.form.get("mail", ""))


def person_key() -> str:
    """Whose second factor or password is tried, signed in already or half-way."""
    begun = pending_session()
    if begun is not None:
        return str(begun.person.account_id)
    person = current_user._get_current_object()  # noqa: SLF001 - the person, not its proxy
    return str(person.account_id) if isinstance(person, SignedIn) else get_remote_address()


def _failures(limit: str, scope: str, key: Callable[[], str], what: str) -> Callable[..., Any]:
    """A limit on the failures of one kind, whichever page they happen on."""

    def missed_here(_: Response) -> bool:
        return bool(request.environ.get(MISSED) == what)

    return limiter.shared_limit(limit, scope=scope, key_func=key, methods=POST_ONLY, deduct_when=missed_here)


place_limit = _failures(FROM_ONE_PLACE, "sign_in_place", get_remote_address, SIGN_IN)
mail_limit = _failures(PASSWORDS, SIGN_IN, mail_key, SIGN_IN)
code_limit = _failures(CODES, CODE, person_key, CODE)
password_limit = _failures(CODES, OWN_PASSWORD, person_key, OWN_PASSWORD)


def missed(what: str) -> str:
    """Count this try as a failure (once answered); « Il reste 4 essais. », once they are few."""
    request.environ[MISSED] = what
    left = min((limit.remaining for limit in limiter.current_limits), default=FEW + 2) - 1
    if left > FEW:
        return ""
    return f" Il reste {plural(left, 'essai')}." if left > 0 else " C’était le dernier essai avant une pause."


def start_afresh(what: str, key: str) -> None:
    """A success: what this account failed before is forgotten."""
    if limiter.enabled:
        limit = PASSWORDS if what == SIGN_IN else CODES
        limiter.limiter.clear(parse(limit), PREFIX, key, what)


def start_all_afresh(account: Account) -> None:
    start_afresh(SIGN_IN, key_of_mail(account.mail))
    start_afresh(CODE, str(account.id))
    start_afresh(OWN_PASSWORD, str(account.id))


def too_many(error: RateLimitExceeded) -> ResponseReturnValue:
    window = limiter.current_limit.reset_at if limiter.current_limit else 0
    wait = max(0, int(window - clock.now().timestamp()))
    told = {"retry_in": f"dans {waiting(wait)}", "on_account": error.limit.key_func in {mail_key, person_key}}
    return render_template("errors/429.html", **told), 429, {"Retry-After": str(wait)}


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
