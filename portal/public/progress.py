"""Where one is in a form: the thread above a question, and what was said beside it."""

from typing import Any

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.public.form import Known, Step
from portal.web.typography import plural

REVIEW = "relire"
LAST = _("Envoi")


def thread_of(known: Known, here: str) -> list[dict[str, Any]]:
    """One knot a chapter, the last one being the review; those behind lead back to their first page."""
    chapters: dict[str, list[Step]] = {}
    for step in known.steps():
        chapters.setdefault(str(step.chapter), []).append(step)
    chapters[str(LAST)] = []
    names = list(chapters)
    current = next((name for name, steps in chapters.items() if here in {step.key for step in steps}), names[-1])
    place = names.index(current)
    return [_knot(known, name, chapters[name], rank - place, here) for rank, name in enumerate(names)]


def _knot(known: Known, name: str, steps: list[Step], distance: int, here: str) -> dict[str, Any]:
    """distance: how many chapters ahead it is, negative when behind."""
    if distance < 0:
        return {"label": name, "state": "done", "url": url_for("intake.step", form=known.form.key, key=steps[0].key)}
    if distance > 0:
        return {"label": name, "state": "todo"}
    rank = next((rank for rank, step in enumerate(steps, 1) if step.key == here), 0)
    note = gettext("page %(rank)s sur %(whole)s", rank=rank, whole=len(steps)) if len(steps) > 1 else ""
    return {"label": name, "state": "here", "note": note}


def already_said(known: Known, here: str) -> list[tuple[str, str, str]]:
    """A few facts beside the question, each with the way to change it."""
    facts: list[tuple[Any, Any, str]] = []
    if known.first_name:
        facts.append((_("Prénom"), known.first_name, "prenom"))
    if known.age is not None:
        facts.append((_("Âge"), plural(known.age, "an"), "naissance"))
    facts += [
        (label, words, key) for key in ("situation", "besoins", "rencontre") for label, words in _said(known, key)
    ]
    if known.commune is not None:
        facts.append((_("Lieu"), known.commune.name, "lieu"))
    return [
        (label, words, url_for("intake.step", form=known.form.key, key=key))
        for label, words, key in facts
        if key != here
    ]


def _said(known: Known, key: str) -> list[tuple[str, str]]:
    question = known.answer(key)
    return question.said()[:1] if question else []
