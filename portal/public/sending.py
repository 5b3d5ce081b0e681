"""Reading it all again, sending it once, and what happens next."""

from flask import Response, abort, url_for
from flask import request as http
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _

from portal.foundation.errors import DomainError
from portal.foundation.permissions import public
from portal.operations.consent import Filler
from portal.operations.intake import submit_draft
from portal.operations.volunteers import count_volunteer
from portal.public.form import Known, Voice
from portal.public.journey import journey_of, link_of, voice_of
from portal.public.progress import REVIEW, thread_of
from portal.public.review import ReviewQuestion, chapters_of
from portal.public.rules import filler_of
from portal.public.submission import submission_of
from portal.public.tables import FORMS
from portal.public.visit import (
    ADDRESS,
    REFUSED,
    current_draft,
    intake,
    known_of,
    to,
    to_correct,
    to_first_left,
    token_of,
)
from portal.queries.tracking import tracked_referral
from portal.web.company_link import company_remembered, forget_company
from portal.web.limits import LETTERS, LETTERS_AT_WORK, SUBMISSIONS, refuse_too_many, written_too_often
from portal.web.pages import page

FULL = _(
    "Trop de demandes sont parties aujourd’hui avec l’une des adresses e-mail données ici. Cette demande n’est pas"
    " partie\u00a0: les réponses sont gardées, et l’envoi sera de nouveau possible demain."
)


def ready(form: str) -> Known | Response:
    """The answers once all are given; otherwise where to go instead."""
    draft = current_draft(form)
    if draft is None:
        return to("start", form)
    if draft.submitted_as is not None:
        return to("sent", form)
    known = known_of(FORMS[form], draft)
    if next(known.unanswered(), None) is not None:
        return to_first_left(known)
    return known


def asked(known: Known, question: ReviewQuestion) -> tuple[str, int]:
    form = known.form
    return page(
        "public/review.html",
        table=form,
        form=question,
        steps=thread_of(known, REVIEW),
        chapters=chapters_of(known),
        back_url=url_for("intake.step", form=form.key, key=known.steps()[-1].key),
        young=form.voice is Voice.YOUNG,
    )


@intake.get(f"{ADDRESS}/{REVIEW}")
@public
def review(form: str) -> ResponseReturnValue:
    found = ready(form)
    if not isinstance(found, Known):
        return found
    question = ReviewQuestion()
    question.adapt(found)
    if REFUSED in http.args:
        question.validate()
    return asked(found, question)


@intake.post(f"{ADDRESS}/{REVIEW}")
@public
def submit(form: str) -> ResponseReturnValue:
    """Send what was read; sent twice, it is the same request."""
    found = ready(form)
    if not isinstance(found, Known):
        return found
    question = ReviewQuestion(http.form)
    question.adapt(found)
    if not question.validate():
        return to_correct("review", form)
    refuse_too_many(SUBMISSIONS, "intake")
    if mailboxes_full(found):
        question.refuse(FULL)
        return asked(found, question)
    try:
        referral_id = submit_draft(token_of(form), form, submission_of(found), said_afterwards(found))
    except DomainError as refusal:
        question.refuse(refusal.message)
        return asked(found, question)
    company = company_remembered()
    if not company:
        return to("sent", form)
    count_volunteer(referral_id, company)
    return forget_company(to("sent", form))


def mails_of(known: Known) -> dict[str, str]:
    """The mailboxes that will be written to: of whoever asks (address), of the guardian."""
    mails = {
        "address": known.get("vous", "mail") or known.get("contact", "mail"),
        "guardian": known.get("responsable", "mail"),
    }
    return {name: mail for name, mail in mails.items() if mail}


def mailboxes_full(known: Known) -> bool:
    """Whether one of them has been written to too often today, for requests that nobody has confirmed."""
    at_work = filler_of(known) is Filler.PROFESSIONAL
    return written_too_often(mails_of(known).values(), LETTERS_AT_WORK if at_work else LETTERS)


def said_afterwards(known: Known) -> dict[str, str]:
    """What the confirmation page still says once the answers are forgotten: where the mails went, half hidden."""
    return {name: half_hidden(mail) for name, mail in mails_of(known).items()}


def half_hidden(mail: str) -> str:
    """« s••••@exemple.fr »."""
    name, _, domain = mail.partition("@")
    return f"{name[:1]}••••@{domain}"


@intake.get(f"{ADDRESS}/envoyee")
@public
def sent(form: str) -> ResponseReturnValue:
    draft = current_draft(form)
    if draft is None or draft.submitted_as is None:
        return to("start", form)
    request = tracked_referral(draft.submitted_as) or abort(404)
    return page(
        "public/sent.html",
        table=FORMS[form],
        about=request,
        mails=draft.left,
        link=link_of(request),
        journey=journey_of(request),
        voice=voice_of(request),
    )
