"""Where the person lives, and how they want to meet."""

from flask_babel import lazy_gettext as _
from wtforms import StringField
from wtforms.validators import DataRequired, ValidationError

from matching.vocabulary import Modality
from portal.places import communes_of_postal_code, label
from portal.public.form import Known, Question
from portal.web.forms import OneOf, PortalForm, one_line, option

IN_PERSON, REMOTE, EITHER = "in_person", "remote", "either"
ACCEPTED = {
    IN_PERSON: frozenset({Modality.IN_PERSON, Modality.HYBRID}),
    REMOTE: frozenset({Modality.REMOTE}),
    EITHER: frozenset(Modality),
}
MEETINGS = {
    IN_PERSON: _("En vrai, à proximité"),
    REMOTE: _("À distance, par téléphone ou en visio"),
    EITHER: _("Les deux conviennent"),
}


class PostalCodeQuestion(Question):
    postal_code = StringField(
        _("Code postal"),
        [DataRequired(_("Le code postal est nécessaire. Exemple : 59100"))],
        filters=[one_line, lambda text: text and text.replace(" ", "")],
        render_kw={"inputmode": "numeric", "autocomplete": "postal-code", "maxlength": "8"},
    )
    place: str = ""

    def validate_postal_code(self: PortalForm, field: StringField) -> None:
        if not communes_of_postal_code(field.data):
            raise ValidationError(_("Nous ne connaissons pas ce code postal. Il compte cinq chiffres. Exemple : 59100"))

    def said(self) -> list[tuple[str, str]]:
        found = communes_of_postal_code(self.postal_code.data)
        return [(_("Lieu"), f"{self.postal_code.data} {found[0].name}" if len(found) == 1 else self.postal_code.data)]


class CommuneQuestion(Question):
    """Asked only when the postal code covers several communes."""

    alone = "commune"
    commune = OneOf(_("Commune"), missing=_("Une réponse est nécessaire pour continuer."))

    def adapt(self, known: Known) -> None:
        self.commune.choices = [option(one.code, one.name) for one in known.communes]

    def said(self) -> list[tuple[str, str]]:
        return [(_("Commune"), label(f"commune:{self.commune.data}"))]


class MeetingQuestion(Question):
    alone = "meeting"
    meeting = OneOf(
        _("Façon de se rencontrer"),
        missing=_("Une réponse est nécessaire pour continuer."),
        choices=[
            option(IN_PERSON, MEETINGS[IN_PERSON], icon="map-pin"),
            option(REMOTE, MEETINGS[REMOTE], icon="laptop"),
            option(EITHER, MEETINGS[EITHER], icon="circle-check", hint=_("Le plus de chances de trouver vite")),
        ],
    )

    def said(self) -> list[tuple[str, str]]:
        return [(_("Rencontres"), MEETINGS[self.meeting.data])]
