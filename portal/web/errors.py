"""The designed error pages: what happened, what next, nothing lost."""

from datetime import timedelta

from flask import Flask, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from werkzeug.exceptions import HTTPException

from portal.foundation.errors import Hidden
from portal.foundation.extensions import login_manager
from portal.web.maintenance import bare_page, unavailable
from portal.web.requests import guard_of_request

DESIGNED = (400, 403, 404, 405, 409, 413, 419, 429, 500, 503)
EXPIRED = 419
AGAIN = timedelta(seconds=30)
GONE = ("08", "57P", "53300")  # SQLSTATE: connection exceptions, shut down or starting, too many connections


def drawn(template: str) -> str:
    """With what surrounds every page, or alone when that cannot be read."""
    try:
        return render_template(template)
    except SQLAlchemyError:
        return bare_page(template)


def show(error: HTTPException) -> tuple[str, int]:
    code = error.code or 500
    return drawn(f"errors/{code}.html" if code in DESIGNED else "errors/404.html"), code


def show_hidden(_: Hidden) -> tuple[str, int]:
    return drawn("errors/404.html"), 404


def show_expired(_: CSRFError) -> ResponseReturnValue:
    """A form that is too old; whoever is no longer signed in is told so instead."""
    guard = guard_of_request()
    if guard is not None and guard.permission is not None and not current_user.is_authenticated:
        return login_manager.unauthorized()
    return drawn("errors/419.html"), EXPIRED


def show_without_database(error: DBAPIError) -> ResponseReturnValue:
    """The database is away, and everything in it is safe; any other trouble with it is a fault of ours (500)."""
    if not unreachable(error):
        raise error
    return unavailable("errors/503_database.html", AGAIN)


def unreachable(error: DBAPIError) -> bool:
    """Whether the connection is what failed; the driver gives no SQLSTATE when nobody has answered."""
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or (
        type(error.orig).__name__ == "OperationalError" if state is None else state.startswith(GONE)
    )


def register(app: Flask) -> None:
    for code in DESIGNED:
        if code != EXPIRED:
            app.register_error_handler(code, show)
    app.register_error_handler(Hidden, show_hidden)
    app.register_error_handler(CSRFError, show_expired)
    app.register_error_handler(DBAPIError, show_without_database)
