"""The browser's side of a form: the cookie that alone finds its draft, and the ways from page to page."""

from typing import Any, cast

from flask import Blueprint, Response, current_app, redirect, request, url_for

from portal.public.form import FormTable, Known, Step
from portal.public.progress import REVIEW
from portal.queries.drafts import LIFE, DraftView, draft_of

intake = Blueprint("intake", __name__)
REFUSED = "a-corriger"  # in the address of a page that shows again what was just refused
ADDRESS = '/<any("je-cherche-un-mentor", "j-inscris-un-jeune", "je-deviens-mentor"):form>'


def cookie_name(form: str) -> str:
    return f"brouillon-{form}"


def token_of(form: str) -> str:
    """The draft's token, "" when this browser has none."""
    return request.cookies.get(cookie_name(form), "")


def current_draft(form: str) -> DraftView | None:
    return draft_of(token_of(form), form)


def known_of(table: FormTable, draft: DraftView | None) -> Known:
    return Known(table, draft.answers if draft else {})


def remember(response: Response, form: str, token: str) -> Response:
    """The browser keeps the draft's only key, for this form's pages alone."""
    response.set_cookie(
        cookie_name(form),
        token,
        max_age=int(LIFE.total_seconds()),
        path=f"/{form}",
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
    return response


def forget(response: Response, form: str) -> Response:
    response.delete_cookie(cookie_name(form), path=f"/{form}", httponly=True, samesite="Lax")
    return response


def to(endpoint: str, form: str, **values: Any) -> Response:
    return cast("Response", redirect(url_for(f"intake.{endpoint}", form=form, **values), 303))


def to_correct(endpoint: str, form: str, **values: Any) -> Response:
    """The same page, asked for afresh: going back in the browser then never sends anything twice."""
    return to(endpoint, form, **values, **{REFUSED: 1, "retour": request.args.get("retour")})


def to_first_left(known: Known) -> Response:
    """The first question still unanswered, the review when there is none."""
    left = next(known.unanswered(), None)
    return to("review", known.form.key) if left is None else to("step", known.form.key, key=left.key)


def onwards(known: Known, after: Step) -> Response:
    """The question after this one; whoever came from the review to change an answer goes back there."""
    steps = known.steps()
    rank = steps.index(after) + 1
    if request.args.get("retour") == REVIEW or rank == len(steps):
        return to_first_left(known)
    return to("step", known.form.key, key=steps[rank].key)
