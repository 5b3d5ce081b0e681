"""A fresh proof of identity before the gravest acts: ending an access, granting a role, resetting a factor."""

from datetime import timedelta

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.foundation import clock
from portal.web.requests import SAFE_METHODS

FRESH = timedelta(minutes=10)
TIME_TO_FILL = timedelta(minutes=5)  # a form is only drawn while there is time left to fill it


def proof_first() -> ResponseReturnValue | None:
    """The page that asks who is there, which leads back to this one; None when they have just shown it."""
    limit = FRESH - TIME_TO_FILL if request.method in SAFE_METHODS else FRESH
    proof_at = current_user.proof_at
    if proof_at is not None and clock.now() - proof_at < limit:
        return None
    return redirect(url_for("account.prove", suite=request.full_path.rstrip("?")), 303)
