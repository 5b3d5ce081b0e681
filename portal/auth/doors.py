"""The blueprints of this door, and what signing in gives every page."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Flask, g, url_for

from portal.auth.account import account
from portal.auth.invitations import invitations
from portal.auth.limits import fail_closed
from portal.auth.notices import notices
from portal.auth.provider import openid
from portal.auth.resets import resets
from portal.auth.second_factor import second_factor
from portal.auth.session import forget_pending, idle_of_members, person_of_request
from portal.auth.sign_in import ask_to_sign_in, auth
from portal.foundation.extensions import login_manager
from portal.foundation.permissions import SignedIn
from portal.web.typography import plural

COLLECTIF = "Équipe du Collectif"
ROOMS = (auth, second_factor, resets, invitations, account, openid, notices)
LOADED = "_login_user"  # where Flask-Login keeps the person of a request, once read


def switches(person: SignedIn) -> list[dict[str, Any]]:
    """The other sides this person may work on; nothing when there is only one."""
    places: list[tuple[UUID | None, str]] = [(None, COLLECTIF)] if person.is_staff else []
    places += [(one.association_id, one.association_name) for one in person.memberships]
    if len(places) < 2 or person.via is not None:  # noqa: PLR2004 - one place is no choice
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
    own = {"label": "Mon compte", "url": url_for("account.show"), "icon": "settings"}
    return {"switches": switches(person), "account_links": [own], "sign_out_url": url_for("auth.sign_out")}


def door_values() -> dict[str, Any]:
    return {"door_facts": facts()}


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


def forget_person(_: BaseException | None) -> None:
    """A person is read once a request, even when the application's context outlives it."""
    g.pop(LOADED, None)
    forget_pending()


for _room in ROOMS:
    fail_closed(_room)
    _room.context_processor(door_values)


def register(app: Flask) -> None:
    login_manager.request_loader(person_of_request)
    login_manager.unauthorized_handler(ask_to_sign_in)
    login_manager.session_protection = None
    app.context_processor(shared_values)
    app.teardown_request(forget_person)
    for room in ROOMS:
        app.register_blueprint(room)
