"""Following a request without an account: its link shows where it is, and lets its owner take it back."""

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, url_for
from flask import request as http
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.foundation.errors import DomainError, Hidden
from portal.foundation.permissions import public
from portal.models.referral import News, ReferralState
from portal.operations import tracking as operations
from portal.operations.clarifications import answer_clarification
from portal.public.exchange import LONGEST_ANSWER, AnswerForm, exchange_of
from portal.public.journey import ENDED, facts_of, headline_of, journey_of, owned, voice_of
from portal.public.news import NewsForm, news_form
from portal.queries.tracking import Tracked, tracked
from portal.web.limits import LOOKS, refuse_too_many
from portal.web.pages import OK, UNPROCESSABLE, page

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
    return show(token, opened(token), AnswerForm())


def show(token: str, request: Tracked, form: AnswerForm, news: NewsForm | None = None) -> tuple[str, int]:
    exchange, news = exchange_of(request), news or news_form(request)
    for one in (form, news):
        one.adapt(voice_of(request))
    return page(
        "public/tracking.html",
        UNPROCESSABLE if news.errors else OK,
        about=request,
        token=token,
        headline=headline_of(request, asked=exchange.awaited is not None),
        journey=journey_of(request),
        facts_asked=facts_of(request),
        voice=voice_of(request),
        ended=request.state in ENDED,
        exchange=exchange,
        form=form,
        news=news,
        longest=LONGEST_ANSWER,
    )


@tracking.get("/suivi/<token>/repondre")
@public
def question(token: str) -> ResponseReturnValue:
    """The address of a refused answer, asked for again."""
    return to(token)


@tracking.post("/suivi/<token>/repondre")
@public
def reply(token: str) -> ResponseReturnValue:
    """Answer what the association asks; a question answered meanwhile keeps its first answer."""
    request = opened(token)
    form = AnswerForm(http.form)
    if not form.validate():
        return show(token, request, form) if exchange_of(request).awaited else to(token)
    try:
        answer_clarification(asked_about(), form.answer.data)
    except DomainError as refusal:
        flash(refusal.message, "wait")
    else:
        flash(_("La réponse est partie."), "good")
    return to(token)


def asked_about() -> UUID:
    """Which question the form answers. Raises Hidden for anything but an id."""
    try:
        return UUID(http.form.get("question", ""))
    except ValueError:
        raise Hidden from None


@tracking.get("/suivi/<token>/courriels")
@public
def news(token: str) -> ResponseReturnValue:
    """The address of a refused choice, asked for again."""
    return to(token)


@tracking.post("/suivi/<token>/courriels")
@public
def choose_news(token: str) -> ResponseReturnValue:
    request, form = opened(token), NewsForm(http.form)
    if not form.validate():
        return show(token, request, AnswerForm(), form)
    operations.choose_news(News(form.news.data))
    flash(_("Ce choix est enregistré."), "good")
    return to(token)


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


@tracking.post("/suivi/<token>/reprendre")
@public
def resume(token: str) -> ResponseReturnValue:
    if operations.resume(opened(token)) is ReferralState.TO_ROUTE:
        flash(_("La demande repart, avec sa date d’origine."), "good")
    else:
        flash(_("Cette demande ne peut plus être reprise : une nouvelle prend trois minutes."), "wait")
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
