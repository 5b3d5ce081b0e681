"""Asking: one question a page, kept on the server at each step, forwards and backwards without loss."""

from collections.abc import Mapping
from typing import Any

from flask import abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from portal.foundation.permissions import public
from portal.operations.drafts import NOTHING, discard_draft, save_draft, start_draft
from portal.public.form import Known, Question, Raw, Step, Voice
from portal.public.progress import already_said, thread_of
from portal.public.questions.publics import YES
from portal.public.tables import FORMS
from portal.public.visit import (
    ADDRESS,
    REFUSED,
    current_draft,
    forget,
    intake,
    known_of,
    onwards,
    remember,
    to,
    to_correct,
    to_first_left,
    token_of,
)
from portal.queries.drafts import DraftView
from portal.web.forms import raw_values
from portal.web.limits import DRAFTS, refuse_too_many
from portal.web.pages import page

MOST_SIGNS, MOST_VALUES = 2_000, 50

LONGEST_STEP = 50_000  # characters: far beyond what any question can need


@intake.get(ADDRESS)
@public
def start(form: str) -> ResponseReturnValue:
    """The first question; for whoever had begun, the first one left."""
    draft = current_draft(form)
    if draft is None or draft.submitted_as is not None:
        return to("step", form, key=FORMS[form].steps[0].key)
    return to_first_left(known_of(FORMS[form], draft))


def opened(form: str, key: str) -> tuple[Step, DraftView | None] | None:
    """The step asked for and the draft it continues; None when the form was already sent.

    The first step of a form that was sent begins a new one.
    """
    asked = FORMS[form].step(key) or abort(404)
    draft = current_draft(form)
    if draft is None or draft.submitted_as is None:
        return asked, draft
    return (asked, None) if asked is FORMS[form].steps[0] else None


@intake.get(f"{ADDRESS}/<key>")
@public
def step(form: str, key: str) -> ResponseReturnValue:
    found = opened(form, key)
    if found is None:
        return to("sent", form)
    asked, draft = found
    known = known_of(FORMS[form], draft)
    if not asked.applies(known) or comes_too_soon(known, asked):
        return to_first_left(known)
    return show(known, asked, question_of(known, asked, draft), draft)


def question_of(known: Known, asked: Step, draft: DraftView | None) -> Question:
    """The question with what was kept; right after a refusal, with what was refused and why."""
    refused = draft.refused.get(asked.key) if draft and REFUSED in request.args else None
    question = known.bound(asked, refused)
    if refused is not None:
        question.validate()
    return question


def comes_too_soon(known: Known, asked: Step) -> bool:
    """Whether a question before this one is still unanswered."""
    left, steps = next(known.unanswered(), None), known.steps()
    return left is not None and steps.index(asked) > steps.index(left)


def show(known: Known, asked: Step, question: Question, draft: DraftView | None) -> tuple[str, int]:
    steps, form = known.steps(), known.form
    rank = steps.index(asked)
    return page(
        "public/question.html",
        table=form,
        known=known,
        asked=asked,
        form=question,
        steps=thread_of(known, asked.key),
        said=already_said(known, asked.key),
        draft=draft,
        back_url=url_for("intake.step", form=form.key, key=steps[rank - 1].key) if rank else url_for("home.index"),
        young=form.voice is Voice.YOUNG,
    )


@intake.post(f"{ADDRESS}/<key>")
@public
def answer(form: str, key: str) -> ResponseReturnValue:
    found = opened(form, key)
    if found is None:
        return to("sent", form)
    asked, draft = found
    if draft is None and asked is not FORMS[form].steps[0]:
        flash(_("Les réponses d’avant ne sont plus là : elles sont effacées au bout de sept jours."), "wait")
        return to("start", form)
    known = known_of(FORMS[form], draft)
    if not asked.applies(known) or comes_too_soon(known, asked):
        return to_first_left(known)
    return take(known, asked, draft)


def take(known: Known, asked: Step, draft: DraftView | None) -> ResponseReturnValue:
    """Keep a valid answer and go on; set any other aside, and show it again as it was typed."""
    form = known.form.key
    sent = raw_values(asked.question(MultiDict()), request.form.getlist)
    if not known.bound(asked, sent).validate():
        again = to_correct("step", form, key=asked.key)
        return remember(again, form, keep(form, draft, known.raw, refused={asked.key: shortened(sent)}))
    if sum(len(value) for values in sent.values() for value in values) > LONGEST_STEP:
        abort(413)
    kept = Known(known.form, with_answer(known.raw, asked.key, sent))
    if bound := outside(kept):
        return to(bound, form)
    return remember(onwards(kept, asked), form, keep(form, draft, kept.raw))


def keep(form: str, draft: DraftView | None, answers: Raw, *, refused: Raw = NOTHING) -> str:
    """Save the draft, or begin one; returns its token."""
    if draft is None:
        refuse_too_many(DRAFTS, "draft")
        return start_draft(form, answers, refused=refused)
    save_draft(token_of(form), form, answers, refused=refused)
    return token_of(form)


def shortened(sent: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """What was refused, within what anybody types by hand: it is kept to be corrected, not to fill our disks."""
    return {name: [value[:MOST_SIGNS] for value in values[:MOST_VALUES]] for name, values in sent.items()}


def with_answer(raw: Raw, key: str, sent: dict[str, list[str]]) -> dict[str, Any]:
    """These answers and one more. Consent withdrawn, what was told under it is forgotten at once."""
    answers = {**raw, key: sent}
    if key == "plus-personnel" and sent.get("personal") != [YES]:
        answers.pop("personnel", None)
    return answers


def outside(known: Known) -> str:
    """Which page explains that the form is for other ages; "" when the birth date suits it, or is not known yet."""
    youngest, oldest = known.form.ages
    if known.age is None or youngest <= known.age <= oldest:
        return ""
    return "too_young" if known.age < youngest else "too_old"


@intake.get(f"{ADDRESS}/trop-jeune")
@public
def too_young(form: str) -> ResponseReturnValue:
    return page("public/outside.html", table=FORMS[form], young=True)


@intake.get(f"{ADDRESS}/trop-age")
@public
def too_old(form: str) -> ResponseReturnValue:
    return page("public/outside.html", table=FORMS[form], young=False)


@intake.post(f"{ADDRESS}/effacer")
@public
def erase(form: str) -> ResponseReturnValue:
    """Forget the draft at once: on a shared computer, nothing is left behind."""
    discard_draft(token_of(form), form)
    flash(_("Tout est effacé : rien n’a été gardé."), "good")
    return forget(to("start", form), form)
