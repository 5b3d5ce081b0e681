"""Following a request without an account: its link shows where it is, and lets its owner take it back."""

from flask import Blueprint, Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.foundation.errors import Hidden
from portal.foundation.permissions import public
from portal.operations import tracking as operations
from portal.public.journey import ENDED, facts_of, headline_of, journey_of, owned, voice_of
from portal.public.limits import LOOKS, refuse_too_many
from portal.queries.tracking import Tracked, tracked
from portal.web.pages import page

tracking = Blueprint("tracking", __name__)


def opened(token: str) -> Tracked:
    """The request of this link; any other token finds nothing at all."""
    refuse_too_many(LOOKS, "tracking")
    found = tracked(token)
    if found is None:
        raise Hidden
    return found


@tracking.get("/suivi/<token>")
@public
def follow(token: str) -> ResponseReturnValue:
    request = opened(token)
    return page(
        "public/tracking.html",
        about=request,
        token=token,
        headline=headline_of(request),
        journey=journey_of(request),
        facts_asked=facts_of(request),
        voice=voice_of(request),
        ended=request.state in ENDED,
    )


@tracking.get("/suivi/<token>/retirer")
@public
def ask_to_withdraw(token: str) -> ResponseReturnValue:
    request = opened(token)
    if request.state in ENDED:
        return to(token)
    return page("public/withdraw.html", about=request, token=token, what=owned(request), voice=voice_of(request))


@tracking.post("/suivi/<token>/retirer")
@public
def withdraw(token: str) -> ResponseReturnValue:
    request = opened(token)
    operations.withdraw(request)
    return to(token)


@tracking.post("/suivi/<token>/renvoyer")
@public
def send_again(token: str) -> ResponseReturnValue:
    request = opened(token)
    operations.send_again(request)
    flash(
        _("Le message est reparti. Il peut mettre quelques minutes ; regarder aussi les courriers indésirables."),
        "good",
    )
    return to(token)


def to(token: str) -> Response:
    answer = redirect(url_for("tracking.follow", token=token), 303)
    assert isinstance(answer, Response)
    return answer
