"""What a browser holds once a session begins or is complete, and the page it is led to."""

from flask import redirect, session, url_for
from werkzeug.wrappers import Response

from portal.auth.destinations import arrived, home_of
from portal.auth.session import TOKEN
from portal.foundation.crypto import token_digest
from portal.operations.sign_in import NewSession
from portal.queries.accounts import OpenSession, open_session


def hold(opened: NewSession) -> OpenSession | None:
    """A new identifier for this browser: nothing of what it held before outlives it."""
    session.clear()
    session[TOKEN] = opened.token
    return open_session(token_digest(opened.token))


def enter(opened: NewSession, asked: str) -> Response:
    """To the second factor, as long as it has not been given; then where the person wanted to go."""
    found = hold(opened)
    if found is None:
        return redirect(home_of(None), 303)
    if found.second_factor_at is None:
        return redirect(url_for(factor_page(found), suite=asked or None), 303)
    return redirect(arrived(found.person, asked), 303)


def factor_page(found: OpenSession) -> str:
    """The endpoint that asks the second factor, or has it set the first time."""
    return "second_factor.code" if found.factor_set else "second_factor.set_up"
