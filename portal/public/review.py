"""Everything said, before it is sent: chapter by chapter, each answer with its way back."""

from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _
from wtforms import BooleanField
from wtforms.validators import DataRequired

from matching.vocabulary import Side
from portal.operations.consent import WORDINGS, wording_of
from portal.public.form import Known, Question, Voice
from portal.public.progress import REVIEW
from portal.public.rules import filler_of


@dataclass(frozen=True)
class Chapter:
    """rows: (label, words, address of the question), in the order they were asked."""

    title: str
    rows: list[tuple[str, str, str]]


class ReviewQuestion(Question):
    """The last page: an agreement, in words kept under a version (wording)."""

    wording: Any = ""

    agreed = BooleanField("", [DataRequired(_("Pour envoyer la demande, il faut cocher cette case."))], description="")

    def adapt(self, known: Known) -> None:
        filler = filler_of(known)
        assert filler is not None
        self.agreed.label.text = _("Ton accord") if known.form.voice is Voice.YOUNG else _("Votre accord")
        self.wording = WORDINGS[wording_of(filler, mentor=known.form.side is Side.MENTOR)]


def chapters_of(known: Known) -> list[Chapter]:
    chapters: list[Chapter] = []
    for step in known.steps():
        question = known.answer(step.key)
        address = url_for("intake.step", form=known.form.key, key=step.key, retour=REVIEW)
        rows = [(label, words, address) for label, words in question.said()] if question else []
        if chapters and chapters[-1].title == step.chapter:
            chapters[-1].rows.extend(rows)
        else:
            chapters.append(Chapter(step.chapter, rows))
    return chapters
