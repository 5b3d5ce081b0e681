"""The blueprints of this door, and what signing in gives every page."""

from typing import Any
from uuid import UUID

from flask import Flask, g, url_for

from portal.auth.session import person_of_request
from portal.auth.sign_in import ask_to_sign_in, auth
from portal.foundation.extensions import login_manager
from portal.foundation.permissions import SignedIn

COLLECTIF = "Équipe du Collectif"
LOADED = "_login_user"  # where Flask-Login keeps the person of a request, once read


def switches(person: SignedIn) -> list[dict[str, Any]]:
    """The other sides this person may work on; nothing when there is only one."""
    places: list[tuple[UUID | None, str]] = [(None, COLLECTIF)] if person.is_staff else []
    places += [(one.association_id, one.association_name) for one in person.memberships]
    if len(places) < 2:  # noqa: PLR2004 - one place is no choice
        return []
    return [
        {
            "label": label,
            "url": url_for("auth.switch", association_id=chosen or ""),
            "active": chosen == person.association_id,
        }
        for chosen, label in places
    ]


def shared_values() -> dict[str, Any]:
    """For every page: where to sign in; for whoever has: where to sign out, and the other sides they may go to.

    Nobody is looked up for this: an error page must hold when the database does not.
    """
    person = g.get(LOADED)
    if not isinstance(person, SignedIn):
        return {"sign_in_url": url_for("auth.sign_in")}
    return {"switches": switches(person), "sign_out_url": url_for("auth.sign_out")}


def forget_person(_: BaseException | None) -> None:
    """A person is read once a request, even when the application's context outlives it."""
    g.pop(LOADED, None)


def register(app: Flask) -> None:
    login_manager.request_loader(person_of_request)
    login_manager.unauthorized_handler(ask_to_sign_in)
    login_manager.session_protection = None
    app.context_processor(shared_values)
    app.teardown_request(forget_person)
    app.register_blueprint(auth)
