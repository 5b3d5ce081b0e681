"""Forms as data: a table of steps, and the answers read through the questions that took them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar

from werkzeug.datastructures import MultiDict

from matching.vocabulary import Side
from portal.foundation import clock
from portal.places import Commune, communes_of_postal_code
from portal.web.forms import PortalForm
from portal.web.typography import years_old

Raw = Mapping[str, Mapping[str, list[str]]]
MAJORITY = 18


class Voice(StrEnum):
    """Who is spoken to: a young person (tu), whoever registers one, a volunteer (vous)."""

    YOUNG = "young"
    REFERRER = "referrer"
    MENTOR = "mentor"


class Question(PortalForm):
    """One page of a form. The field named by `alone` is the page's title itself: its label is read, not shown.

    title: that of the step that asks it.
    """

    alone: ClassVar[str] = ""
    layout: ClassVar[str] = "fields"
    lead: Any = ""
    title: str = ""

    def adapt(self, known: "Known") -> None:
        """Fit choices and words to what earlier answers say."""

    def said(self) -> list[tuple[str, str]]:
        """What was answered, as (label, words) for the review page."""
        return []


def always(_: "Known") -> bool:
    return True


@dataclass(frozen=True)
class Step:
    """One line of the table. key: its place in the address. chapter: its short name along the thread.

    title and lead may hold {name}, the young person's first name. applies: whether earlier answers call for it.
    """

    key: str
    chapter: Any
    title: Any
    question: type[Question]
    lead: Any = ""
    applies: Callable[["Known"], bool] = always


@dataclass(frozen=True)
class FormTable:
    """A whole form. key: its address and its cookie. ages: the bounds of who it is for, both included."""

    key: str
    voice: Voice
    side: Side
    title: Any
    ages: tuple[int, int]
    steps: tuple[Step, ...]

    def step(self, key: str) -> Step | None:
        return next((step for step in self.steps if step.key == key), None)


class Known:
    """The answers of one draft. raw: what was typed, by step and by field; only what is still valid counts."""

    def __init__(self, form: FormTable, raw: Raw) -> None:
        self.form = form
        self.raw = raw
        self._read: dict[str, Question | None] = {}

    def bound(self, step: Step, values: Mapping[str, list[str]] | None = None) -> Question:
        """The question of a step, filled with these values, or with what was kept; not validated."""
        kept = self.raw.get(step.key, {}) if values is None else values
        question = step.question(MultiDict(kept))
        question.title = self.reads(step.title)
        question.adapt(self)
        return question

    def answer(self, key: str) -> Question | None:
        """The answered question of a step; None when unanswered, no longer valid or not asked."""
        if key not in self._read:
            self._read[key] = None  # an answer never depends on itself
            self._read[key] = self._answer(key)
        return self._read[key]

    def _answer(self, key: str) -> Question | None:
        step = self.form.step(key)
        if step is None or key not in self.raw or not step.applies(self):
            return None
        question = self.bound(step)
        return question if question.validate() else None

    def get(self, key: str, field: str) -> Any:
        """One validated value, None when there is none."""
        question = self.answer(key)
        return None if question is None or field not in question else question[field].data or None

    def steps(self) -> list[Step]:
        """The steps these answers call for, in order."""
        return [step for step in self.form.steps if step.applies(self)]

    def unanswered(self) -> Iterator[Step]:
        return (step for step in self.steps() if self.answer(step.key) is None)

    @property
    def first_name(self) -> str:
        return self.get("prenom", "first_name") or ""

    @property
    def birth_date(self) -> date | None:
        question = self.answer("naissance")
        found: date | None = getattr(question, "birth_date", None)
        return found

    @property
    def age(self) -> int | None:
        born = self.birth_date
        return None if born is None else years_old(born, now=clock.now())

    @property
    def is_minor(self) -> bool:
        return self.age is not None and self.age < MAJORITY

    @property
    def communes(self) -> list[Commune]:
        """The communes of the postal code given."""
        return communes_of_postal_code(self.get("lieu", "postal_code") or "")

    @property
    def commune(self) -> Commune | None:
        """The one commune meant: the only one, or the one chosen."""
        several = self.communes
        if len(several) == 1:
            return several[0]
        chosen = self.get("commune", "commune")
        return next((one for one in several if one.code == chosen), None)

    def reads(self, text: Any) -> str:
        """The words of a step, with the first name where they want it."""
        return str(text).replace("{name}", self.first_name)
