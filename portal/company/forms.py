"""What a company is asked: the guided choice, and how to reach it."""

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from matching.vocabulary import Word
from portal.company.places import PlaceUnclear, place_meant
from portal.queries.orienter_words import (
    SLOTS,
    SUBJECTS,
    Ages,
    Cause,
    Engagement,
    Group,
    Meeting,
    Rhythm,
    Size,
    Stage,
    Wishes,
)
from portal.queries.orienter_words import (
    Length as Months,
)
from portal.web.forms import (
    OneOf,
    OneOfMenu,
    PortalForm,
    SeveralOf,
    mail_field,
    name_field,
    one_line,
    option,
    telephone_field,
    words_field,
)

LONGEST_PLACE, LONGEST_COMPANY, LONGEST_MESSAGE = 80, 160, 2_000
SITES = ("lieu", "lieu2", "lieu3")
ANY = ""


def of(words: Iterable[Word], *, icons: dict[Word, str] | None = None) -> list[SelectChoice]:
    return [option(word.value, word.label, icon=(icons or {}).get(word, "")) for word in words]


def menu(words: Iterable[Word], unsaid: Any) -> list[SelectChoice]:
    return [option(ANY, unsaid), *of(words)]


def _site(label: Any) -> StringField:
    too_long = Length(max=LONGEST_PLACE, message=_("Ce texte est trop long : %(max)d caractères au plus."))
    return StringField(label, [too_long], filters=[one_line], render_kw={"autocomplete": "off", "spellcheck": "false"})


class Menu(OneOfMenu):
    """A closed list whose first line is « no preference »."""

    def pre_validate(self, form: Any) -> None:
        if self.data:
            super().pre_validate(form)


class OrienterForm(PortalForm):
    """The guided choice. Field names are those of the address: the answer's page can be shared and printed."""

    lieu = _site(_("Votre site principal"))
    lieu2 = _site(_("Un deuxième site"))
    lieu3 = _site(_("Un troisième site"))
    partout = BooleanField(_("Nos salariés sont partout en France"))
    causes = SeveralOf(_("Les causes qui vous tiennent à cœur"), choices=of(Cause))
    jeunes = SeveralOf(_("Les jeunes que vous voulez accompagner"), choices=of(Stage))
    publics = SeveralOf(_("Des publics en particulier"), choices=of(Group))
    engagement = SeveralOf(
        _("Votre façon de vous engager"),
        missing=_("Choisissez au moins une façon de vous engager."),
        choices=of(Engagement),
    )
    rencontre = OneOf(
        _("Les rencontres entre vos salariés et les jeunes"),
        missing=_("Une réponse est nécessaire pour continuer."),
        choices=of(
            Meeting, icons={Meeting.IN_PERSON: "map-pin", Meeting.REMOTE: "laptop", Meeting.EITHER: "circle-check"}
        ),
    )
    taille = Menu(_("Votre effectif"), choices=menu(Size, _("Je préfère ne pas le dire")))
    ages = SeveralOf(_("L’âge des salariés volontaires"), choices=of(Ages))
    heures = Menu(_("Le temps que chacun peut donner"), choices=menu(Rhythm, _("À voir avec l’association")))
    mois = Menu(_("Pendant combien de temps"), choices=menu(Months, _("À voir avec l’association")))

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.places: list[str] = []

    def validate(self, extra_validators: Any = None) -> bool:
        """The fields, then the places they name."""
        valid = bool(super().validate(extra_validators))
        self.places = []
        for name in SITES:
            self._read_place(self._fields[name])
        if not self.places and not self.partout.data and not any(self._fields[name].errors for name in SITES):
            self.lieu.errors = [_("Indiquez une commune ou un département. Exemple : Roubaix, ou 59")]
        return valid and not any(self._fields[name].errors for name in SITES)

    def _read_place(self, field: StringField) -> None:
        if not field.data or field.errors:
            return
        try:
            place = place_meant(field.data)
        except PlaceUnclear as unclear:
            field.errors = [str(unclear)]
            return
        if place not in self.places:
            self.places.append(place)

    def wishes(self) -> Wishes:
        """What was answered; the form must be valid. « Everywhere » weighs more than a list of sites."""
        return Wishes(
            places=() if self.partout.data else tuple(self.places),
            causes=tuple(map(Cause, self.causes.data or ())),
            stages=tuple(map(Stage, self.jeunes.data or ())),
            groups=tuple(map(Group, self.publics.data or ())),
            engagements=tuple(map(Engagement, self.engagement.data)),
            size=Size(self.taille.data) if self.taille.data else None,
            ages=tuple(map(Ages, self.ages.data or ())),
            rhythm=Rhythm(self.heures.data) if self.heures.data else None,
            length=Months(self.mois.data) if self.mois.data else None,
            meeting=Meeting(self.rencontre.data),
        )


FIRST = {"engagement": [Engagement.MENTORS.value], "rencontre": Meeting.EITHER.value}


class AskForm(PortalForm):
    """Being called back."""

    company = name_field(
        _("Votre entreprise"),
        _("Le nom de l’entreprise est nécessaire."),
        autocomplete="organization",
        longest=LONGEST_COMPANY,
    )
    name = name_field(
        _("Vos prénom et nom"),
        _("Votre nom est nécessaire : nous saurons qui demander."),
        autocomplete="name",
        longest=160,
    )
    role = name_field(_("Votre fonction"), autocomplete="organization-title", longest=160)
    mail = mail_field(
        _("Votre adresse e-mail"), _("L’adresse e-mail est nécessaire pour vous répondre."), autocomplete="email"
    )
    telephone = telephone_field(_("Votre téléphone"), autocomplete="tel")
    message = words_field(_("Votre message"), LONGEST_MESSAGE)
    agreed = BooleanField(
        _("Votre accord"), [InputRequired(_("Sans votre accord, nous ne pouvons pas garder vos coordonnées."))]
    )

    def answers(self) -> dict[str, Any]:
        """What was chosen here, as codes."""
        return {}


class MeetingForm(AskForm):
    """Asking for a meeting: what about, and when."""

    subject = OneOf(
        _("Le sujet du rendez-vous"),
        missing=_("Choisissez un sujet : la bonne personne vous appellera."),
        choices=[option(code, words) for code, words in SUBJECTS.items()],
    )
    slots = SeveralOf(_("Les moments où vous joindre"), choices=[option(code, words) for code, words in SLOTS.items()])

    def answers(self) -> dict[str, Any]:
        return {"subject": self.subject.data, "slots": self.slots.data or []}
