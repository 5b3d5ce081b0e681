"""Where somebody goes after the sign-in page: what they were asking for, if it is ours and theirs, else their home."""

from dataclasses import replace
from urllib.parse import urlsplit
from uuid import UUID

from flask import current_app, request, url_for
from werkzeug.exceptions import HTTPException

from portal.foundation.permissions import Guard, SignedIn
from portal.operations.sign_in import settle_in
from portal.web.elsewhere import named_by

STAFF_HOME = "/collectif/demandes"
ASSOCIATION_HOME = "/demandes"
DOORS = frozenset({"auth", "second_factor", "resets", "openid", "static"})


def home_of(association_id: UUID | None) -> str:
    return STAFF_HOME if association_id is None else ASSOCIATION_HOME


def is_ours(path: str) -> bool:
    """A path of this site and nothing else: no scheme, no host, none of the forms that browsers take for one."""
    parts = urlsplit(path)
    plain = path.isprintable() and "\\" not in path
    return plain and path.startswith("/") and not path.startswith("//") and not (parts.scheme or parts.netloc)


def is_for(person: SignedIn, path: str) -> bool:
    """Whether there is such a page, and this person may open it."""
    try:
        endpoint, _ = current_app.url_map.bind("").match(urlsplit(path).path, method="GET")
    except HTTPException:
        return False
    guard: Guard = vars(current_app.view_functions[endpoint])["guard"]
    return endpoint.partition(".")[0] not in DOORS and (guard.permission is None or person.can(guard.permission))


def after_sign_in(person: SignedIn, asked: str) -> str:
    """asked: the path kept in the sign-in page's address; anything doubtful leads home.

    A path that names another of the person's associations is kept: its page offers to go there.
    """
    return asked if is_ours(asked) and is_for(placed(person, asked), asked) else home_of(person.association_id)


def arrived(person: SignedIn, asked: str) -> str:
    """after_sign_in for a session that has just opened: it works from now on for the association the path names."""
    there = placed(person, asked)
    if there != person:
        settle_in(person, there.association_id)
    return after_sign_in(there, asked)


def placed(person: SignedIn, asked: str) -> SignedIn:
    """The person, working for the association that the path names when it is one of theirs."""
    named = named_by(asked, person) if is_ours(asked) else None
    return replace(person, association_id=named) if named else person


def sign_in_url() -> str:
    """The sign-in page, remembering what was asked for when it can be asked for again."""
    asked = request.full_path.rstrip("?") if request.method == "GET" else None
    return url_for("auth.sign_in", suite=asked)
