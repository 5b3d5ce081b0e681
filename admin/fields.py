"""Fields that several pages of this door share."""

from wtforms import StringField
from wtforms.validators import DataRequired, Length, Optional

from portal.web.forms import one_line

LONGEST_NUMBER = 9  # digits that an integer column always holds


def line_field(label: str, missing: str = "", *, longest: int) -> StringField:
    """One line of any words or figures; optional without `missing`, the sentence said when it is left empty."""
    presence = DataRequired(missing) if missing else Optional()
    too_long = Length(max=longest, message=f"Ce texte est trop long\u00a0: {longest} caractères au plus.")
    return StringField(label, [presence, too_long], filters=[one_line], render_kw={"autocomplete": "off"})


def version_of(text: str | None) -> int:
    """The version somebody had before their eyes; -1, which nothing has, when it cannot be read."""
    given = text or ""
    return int(given) if given.isascii() and given.isdecimal() and len(given) <= LONGEST_NUMBER else -1
