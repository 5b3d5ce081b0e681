"""A day in a form: the field, and what is said when it cannot be read."""

from wtforms import DateField
from wtforms.validators import InputRequired, Optional, StopValidation

from portal.web.forms import PortalForm

YEARS = range(2000, 2101)


def readable_day(_: PortalForm, field: DateField) -> None:
    """A sentence of ours instead of the library's; what was typed stays in the field."""
    typed = field.raw_data and field.raw_data[0]
    if typed and (field.data is None or field.data.year not in YEARS):
        field.errors = []
        raise StopValidation("Cette date n’existe pas ou est mal écrite. Exemple\u00a0: 05/01/2027.")


def day_field(label: str, missing: str = "", description: str = "") -> DateField:
    """Optional without `missing`, the sentence said when it is left empty."""
    presence = InputRequired(missing) if missing else Optional()
    return DateField(label, [readable_day, presence], description=description)
