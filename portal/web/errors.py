"""The designed error pages: what happened, what next, nothing lost."""

from flask import Flask, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from portal.foundation.errors import Hidden
from portal.foundation.extensions import login_manager
from portal.web.requests import guard_of_request

DESIGNED = (400, 403, 404, 405, 409, 413, 419, 429, 500, 503)
EXPIRED = 419


def show(error: HTTPException) -> tuple[str, int]:
    code = error.code or 500
    return render_template(f"errors/{code}.html" if code in DESIGNED else "errors/404.html"), code


def show_hidden(_: Hidden) -> tuple[str, int]:
    return render_template("errors/404.html"), 404


def show_expired(_: CSRFError) -> ResponseReturnValue:
    """A form that is too old; whoever is no longer signed in is told so instead."""
    guard = guard_of_request()
    if guard is not None and guard.permission is not None and not current_user.is_authenticated:
        return login_manager.unauthorized()
    return render_template("errors/419.html"), EXPIRED


def register(app: Flask) -> None:
    for code in DESIGNED:
        if code != EXPIRED:
            app.register_error_handler(code, show)
    app.register_error_handler(Hidden, show_hidden)
    app.register_error_handler(CSRFError, show_expired)
