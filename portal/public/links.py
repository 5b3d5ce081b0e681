"""The links that mails carry: opening one never acts, only its button does."""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.foundation.errors import Hidden
from portal.foundation.permissions import public
from portal.models.identity import LinkPurpose
from portal.models.referral import Awaited, ReferralState
from portal.operations import tracking as operations
from portal.operations.consent import GUARDIAN_LINK, WORDINGS
from portal.public.journey import facts_of, link_of, voice_of
from portal.queries.tracking import Tracked, linked
from portal.web.limits import LOOKS, refuse_too_many
from portal.web.pages import page

links = Blueprint("links", __name__)


def opened(token: str, purpose: LinkPurpose) -> Tracked:
    refuse_too_many(LOOKS, "tracking")
    found = linked(token, purpose)
    if found is None:
        raise Hidden
    return found


def awaits(request: Tracked, what: Awaited) -> bool:
    return request.state is ReferralState.AWAITING_CONSENT and what in request.awaiting


@links.get("/confirmer/<token>")
@public
def ask_to_confirm(token: str) -> ResponseReturnValue:
    request = opened(token, LinkPurpose.ADDRESS)
    return page(
        "public/confirm.html",
        about=request,
        token=token,
        awaited=awaits(request, Awaited.ADDRESS),
        guardian_awaited=awaits(request, Awaited.GUARDIAN),
        link=link_of(request),
        voice=voice_of(request),
    )


@links.post("/confirmer/<token>")
@public
def confirm(token: str) -> ResponseReturnValue:
    operations.confirm_address(opened(token, LinkPurpose.ADDRESS))
    return redirect(url_for("links.ask_to_confirm", token=token), 303)


@links.get("/accord/<token>")
@public
def ask_guardian(token: str) -> ResponseReturnValue:
    """What is asked, and for whom by first name only."""
    request = opened(token, LinkPurpose.GUARDIAN)
    return page(
        "public/guardian.html",
        about=request,
        token=token,
        awaited=awaits(request, Awaited.GUARDIAN),
        unanswered=Awaited.GUARDIAN in request.awaiting,
        facts_asked=facts_of(request),
        wording=WORDINGS[GUARDIAN_LINK],
    )


@links.post("/accord/<token>")
@public
def consent(token: str) -> ResponseReturnValue:
    operations.consent_as_guardian(opened(token, LinkPurpose.GUARDIAN))
    return redirect(url_for("links.ask_guardian", token=token), 303)


@links.post("/accord/<token>/refuser")
@public
def refuse(token: str) -> ResponseReturnValue:
    request = opened(token, LinkPurpose.GUARDIAN)
    if awaits(request, Awaited.GUARDIAN):
        operations.refuse_as_guardian(request)
        flash(_("Votre refus est enregistré. Merci de votre réponse."), "good")
    return redirect(url_for("links.ask_guardian", token=token), 303)
