"""Whole numbers as people type them in French: « 1 200 »."""

from typing import Any

from wtforms import IntegerField
from wtforms.validators import InputRequired, NumberRange
from wtforms.widgets import TextInput

from portal.web.typography import number

UNREADABLE = "Écrivez un nombre entier, par exemple 120."
LONGEST = 12


class WholeNumber(IntegerField):
    """data is an int, None when nothing was typed or it cannot be read; what was typed stays in the field."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        text = "".join(valuelist[0].split()) if valuelist else ""
        self.data = None
        if text:
            if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST):
                raise ValueError(UNREADABLE)
            self.data = int(text)


class _Given(InputRequired):
    """What cannot be read is told once."""

    def __call__(self, form: Any, field: Any) -> None:
        if not field.process_errors:
            super().__call__(form, field)


class _Within(NumberRange):
    """Asked only of a number that could be read."""

    def __call__(self, form: Any, field: Any) -> None:
        if field.data is not None:
            super().__call__(form, field)


def whole_number(label: str, missing: str, most: int, description: str = "") -> WholeNumber:
    """A number from 0 to `most`; `missing` is said when nothing was typed."""
    bounds = _Within(0, most, f"Indiquez un nombre entre 0 et {number(most)}.")
    attributes = {"inputmode": "numeric", "autocomplete": "off"}
    return WholeNumber(label, [_Given(missing), bounds], description=description, render_kw=attributes)
