"""What the forms of every door share: a base, fields on closed lists, and checks of what people type in France.

A form's token is checked for every POST before its view runs, so forms themselves carry none. Messages are sentences
that suit « tu » and « vous » alike. Fields tell what they accept by an example.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

import phonenumbers
from flask_babel import lazy_gettext as _
from wtforms import Form, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, Length, Optional, StopValidation, ValidationError

from portal.foundation.mailboxes import accented_before_at, address_of

NECESSARY = _("Une réponse est nécessaire pour continuer.")
NOT_OFFERED = _("Cette réponse n’est pas dans la liste.")
LONGEST_NAME = 80
LONGEST_MAIL = 254
REGIONS = ("FR", "GP", "MQ", "GF", "RE", "YT", "NC", "PF")
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def option(value: str, label: Any, *, icon: str = "", hint: Any = "") -> SelectChoice:
    """One answer to offer; its icon and its hint are drawn on its card."""
    drawn = {"icon": icon, "hint": hint}
    return SelectChoice(value, label, {name: words for name, words in drawn.items() if words})


def tidy(text: str | None) -> str | None:
    """Without control characters, nor spaces around."""
    return None if text is None else CONTROLS.sub("", text).strip()


def one_line(text: str | None) -> str | None:
    return None if text is None else " ".join((tidy(text) or "").split())


class PortalForm(Form):
    """A form of the portal; `refuse` puts a rule's sentence on a field, or on the whole form."""

    def refuse(self, message: str, field: str | None = None) -> None:
        if field in self._fields:
            self._fields[field].errors = [*self._fields[field].errors, message]
        else:
            self.form_errors.append(message)


class Mail:
    """An address that could exist, put in its normal form (its domain in ASCII); no server is asked."""

    def __call__(self, _form: Form, field: StringField) -> None:
        address = address_of(field.data)
        if address is None and accented_before_at(field.data):
            raise ValidationError(
                _("Une adresse e-mail n’a pas d’accent avant le signe @. Exemple\u00a0: prenom.nom@exemple.fr")
            )
        if address is None:
            raise ValidationError(
                _("Cette adresse e-mail semble incomplète ou mal écrite. Exemple : prenom.nom@exemple.fr")
            )
        field.data = address


class Telephone:
    """A number of France, overseas included, or any with its country's prefix; kept with its prefix (+33…)."""

    def __call__(self, _form: Form, field: StringField) -> None:
        number = telephone_number(field.data)
        if number is None:
            raise ValidationError(_("Ce numéro de téléphone semble incomplet. Exemple : 06 39 98 00 01"))
        field.data = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def telephone_number(text: str) -> phonenumbers.PhoneNumber | None:
    """The number meant: one in service somewhere in France, else one that has the length of a number in France."""
    found = [number for region in REGIONS if (number := _parsed(text, region))]
    in_service = (number for number in found if phonenumbers.is_valid_number(number))
    possible = (number for number in found[:1] if phonenumbers.is_possible_number(number))
    return next(in_service, None) or next(possible, None)


def _parsed(text: str, region: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None


def _line(label: str, missing: str, longest: int, *checks: object, **attributes: str) -> StringField:
    presence = DataRequired(missing) if missing else Optional()
    too_long = Length(max=longest, message=_("Ce texte est trop long : %(max)d caractères au plus."))
    return StringField(label, [presence, too_long, *checks], filters=[one_line], render_kw=attributes)


def name_field(label: str, missing: str = "", *, autocomplete: str = "off", longest: int = LONGEST_NAME) -> StringField:
    """One line of words; optional without `missing`, the sentence said when it is left empty."""
    return _line(label, missing, longest, has_a_letter, autocomplete=autocomplete)


def has_a_letter(_form: Form, field: StringField) -> None:
    """Figures and pictures alone name nobody."""
    if not any(sign.isalpha() for sign in field.data or ""):
        raise ValidationError(_("Ce nom ne contient aucune lettre."))


def mail_field(label: str, missing: str = "", *, autocomplete: str = "off") -> StringField:
    attributes = {"type": "email", "inputmode": "email", "autocomplete": autocomplete, "spellcheck": "false"}
    return _line(label, missing, LONGEST_MAIL, Mail(), **attributes)


def telephone_field(label: str, missing: str = "", *, autocomplete: str = "off") -> StringField:
    return _line(label, missing, 30, Telephone(), type="tel", inputmode="tel", autocomplete=autocomplete)


def words_field(label: str, longest: int) -> TextAreaField:
    """A few lines, always optional."""
    too_long = Length(max=longest, message=_("Ce texte est trop long : %(max)d caractères au plus."))
    return TextAreaField(label, [Optional(), too_long], filters=[tidy])


class OneOfMenu(SelectField):
    """One answer of a closed list, in a menu; `missing` is said when there is none, and makes the field compulsory."""

    def __init__(
        self, label: Any = None, *, missing: Any = "", choices: Iterable[SelectChoice] = (), **more: Any
    ) -> None:
        super().__init__(label, choices=list(choices), **more)
        self.missing = missing
        self.flags.required = bool(missing)
        self.type = "SelectField"

    def pre_validate(self, _form: Form) -> None:
        if not self.data:
            raise StopValidation(self.missing)
        if self.data not in {choice.value for choice in self.iter_choices()}:
            raise StopValidation(NOT_OFFERED)


class OneOf(OneOfMenu):
    """One answer of a closed list, each a card."""

    widget = RadioField.widget
    option_widget = RadioField.option_widget

    def __init__(self, label: Any = None, **more: Any) -> None:
        super().__init__(label, **more)
        self.type = "RadioField"


class SeveralOf(SelectMultipleField):
    """Some answers of a closed list. alone: a value that goes with no other (« Je ne sais pas encore »)."""

    def __init__(
        self, label: Any = None, *, missing: Any = "", most: int = 0, alone: str = "", too_many: Any = "", **more: Any
    ) -> None:
        super().__init__(label, **{"choices": [], **more})
        self.missing, self.most, self.alone, self.too_many = missing, most, alone, too_many
        self.flags.required = bool(missing)

    def pre_validate(self, _form: Form) -> None:
        chosen = self.data or []
        if not chosen and self.missing:
            raise StopValidation(self.missing)
        if not set(chosen) <= {choice.value for choice in self.iter_choices()}:
            raise StopValidation(NOT_OFFERED)
        if (self.most and len(chosen) > self.most) or (self.alone in chosen and len(chosen) > 1):
            raise StopValidation(self.too_many)


def raw_values(form: Form, sent: Callable[[str], list[str]]) -> dict[str, list[str]]:
    """What was sent for each field of the form, as it was typed: what a draft keeps. sent: request.form.getlist."""
    return {name: values for name in form._fields if (values := sent(name))}
