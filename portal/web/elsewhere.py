"""An address that names one of the reader's associations (?pour=…), read while the session works for another place.

Messages to members carry such addresses. Reading one never moves the session: the page has a button that does.
"""

from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import HTTPException

from portal.foundation.permissions import MembershipView, SignedIn
from portal.mail.team_messages import NAMED
from portal.operations.sign_in import places_of
from portal.web.errors import show
from portal.web.requests import SAFE_METHODS

CONFLICT = 409


def reader() -> SignedIn | None:
    """Whoever is signed in, if anybody."""
    person = current_user._get_current_object()  # noqa: SLF001 - the person, not its proxy
    return person if isinstance(person, SignedIn) else None


def named_by(address: str, person: SignedIn) -> UUID | None:
    """The association an address names, when this session may work for it; None for any other and for none."""
    named = parse_qs(urlsplit(address).query).get(NAMED, ())
    return next((one for one in places_of(person) if one is not None and str(one) in named), None)


def other_places(person: SignedIn) -> list[MembershipView]:
    """The person's associations that this session may work for, and does not."""
    return [one for one in person.memberships if one.association_id in places_of(person) - {person.association_id}]


def offer_named_place() -> ResponseReturnValue | None:
    """Before a view: when the address is of another of one's associations, the offer to go there instead."""
    person = reader()
    if person is None or request.method not in SAFE_METHODS:
        return None
    named = named_by(request.full_path, person)
    there = next((one for one in other_places(person) if one.association_id == named), None)
    return offer_place(there) if there else None


def offer_named_place_or_refuse(error: HTTPException) -> ResponseReturnValue:
    """Whoever works for the Collectif now may not read an association's page, and may go there."""
    return offer_named_place() or show(error)


def offer_place(there: MembershipView) -> ResponseReturnValue:
    """The page that says whose the address is, and whose button switches and comes back to it."""
    person = reader()
    here = person.membership.association_name if person and person.membership else ""
    values = {"here": here, "there": there, "address": request.full_path.rstrip("?")}
    stay_url = url_for("inbox.index" if here else "referrals.index")
    return render_template("auth/elsewhere.html", stay_url=stay_url, **values), CONFLICT
