"""Who: name, birth, contact, guardian, and whoever registers a young person."""

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, StringField
from wtforms.validators import DataRequired, Optional, Regexp

from matching.vocabulary import ReferrerType
from portal.foundation import clock
from portal.operations.consent import Filler
from portal.public.form import Known, Question, Voice
from portal.web.forms import OneOf, OneOfMenu, mail_field, name_field, one_line, option, telephone_field
from portal.web.telephones import telephone_said
from portal.web.typography import MONTHS, day

OLDEST = 120
REFERRER_NAMES = {
    ReferrerType.ASE: _("Service départemental de protection de l’enfance"),
    ReferrerType.PJJ: _("Service éducatif du ministère de la Justice"),
    ReferrerType.PRISON: _("Service d’insertion et de probation, établissement pénitentiaire"),
    ReferrerType.REFUGEE_HOUSING: _("Lieu d’accueil ou d’hébergement de personnes exilées"),
    ReferrerType.HEALTH_STRUCTURE: _("Structure médico-sociale ou de santé"),
    ReferrerType.OTHER: _("Autre structure, ou je préfère ne pas préciser"),
}


def referrer_name(kind: ReferrerType) -> str:
    """How the form names a kind of structure, with care where the name alone says much of the young person."""
    label = kind.label
    return str(REFERRER_NAMES.get(kind, label[0].upper() + label[1:]))


def _given(telephone: str | None) -> Any:
    return telephone_said(telephone) if telephone else _("Non indiqué")


class NameQuestion(Question):
    first_name = name_field(_("Prénom"), _("Le prénom est nécessaire."))
    last_name = name_field(_("Nom"), _("Le nom de famille est nécessaire."))

    def adapt(self, known: Known) -> None:
        if known.form.voice is not Voice.REFERRER:
            self.first_name.render_kw = {"autocomplete": "given-name"}
            self.last_name.render_kw = {"autocomplete": "family-name"}

    def said(self) -> list[tuple[str, str]]:
        return [(_("Prénom et nom"), f"{self.first_name.data} {self.last_name.data}")]


class BirthQuestion(Question):
    """birth_date: the date meant, once valid."""

    layout = "birth"
    day = StringField(_("Date de naissance"), filters=[one_line])
    month = OneOfMenu(choices=[option("", ""), *(option(str(number), name) for number, name in enumerate(MONTHS, 1))])
    year = StringField(filters=[one_line])
    birth_date: date | None = None
    own: bool = True

    def adapt(self, known: Known) -> None:
        self.own = known.form.voice is not Voice.REFERRER

    def validate(self, extra_validators: Any = None) -> bool:
        super().validate(extra_validators)
        try:
            self.birth_date = date(int(self.year.data or ""), int(self.month.data or ""), int(self.day.data or ""))
        except (ValueError, OverflowError):
            self.day.errors = [_("Cette date n’existe pas ou n’est pas complète. Exemple : 27, mars, 2008")]
            return False
        return self._is_plausible(self.birth_date)

    def _is_plausible(self, born: date) -> bool:
        today = clock.today()
        if born > today:
            self.day.errors = [_("Cette date est dans le futur.")]
        elif today.year - born.year > OLDEST:
            self.day.errors = [_("Cette date est trop ancienne : vérifier l’année. Exemple : 2008")]
        return not self.day.errors

    def said(self) -> list[tuple[str, str]]:
        return [(_("Date de naissance"), day(self.birth_date))] if self.birth_date else []


class ContactQuestion(Question):
    """The applicant's own address and telephone."""

    mail = mail_field(_("Adresse e-mail"), _("L’adresse e-mail est nécessaire."), autocomplete="email")
    telephone = telephone_field(_("Téléphone"), autocomplete="tel")

    def said(self) -> list[tuple[str, str]]:
        return [(_("E-mail"), self.mail.data), (_("Téléphone"), _given(self.telephone.data))]


class YoungContactQuestion(Question):
    """How to reach the young person, as told by whoever registers them; everything is optional."""

    mail = mail_field(_("Son adresse e-mail"))
    telephone = telephone_field(_("Son téléphone"))
    telephone_checked = BooleanField(_("J’ai vérifié ce numéro avec la personne"))

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        if valid and self.telephone_checked.data and not self.telephone.data:
            self.telephone.errors = [_("Il manque le numéro vérifié. Exemple : 06 39 98 00 01")]
            return False
        return valid

    def said(self) -> list[tuple[str, str]]:
        told = _given(self.telephone.data)
        return [
            (_("Son e-mail"), self.mail.data or _("Non indiqué")),
            (_("Son téléphone"), _("%(number)s, vérifié", number=told) if self.telephone_checked.data else told),
        ]


class FillerQuestion(Question):
    """Who registers the young person."""

    alone = "filler"
    filler = OneOf(
        _("Vous êtes"),
        missing=_("Une réponse est nécessaire pour continuer."),
        choices=[
            option(Filler.PARENT, _("Son parent ou responsable légal"), icon="house"),
            option(Filler.RELATIVE, _("Un proche"), icon="heart", hint=_("Grand-parent, frère ou sœur, voisine, ami…")),
            option(
                Filler.PROFESSIONAL,
                _("Un ou une professionnelle"),
                icon="school",
                hint=_("École, mission locale, association, service social…"),
            ),
        ],
    )

    def said(self) -> list[tuple[str, str]]:
        labels = {choice.value: choice.label for choice in self.filler.iter_choices()}
        return [(_("Vous êtes"), labels[self.filler.data])]


class StructureQuestion(Question):
    """Where a professional works."""

    referrer_type = OneOfMenu(
        _("Type de structure"),
        missing=_("Le type de structure est nécessaire."),
        choices=[
            option("", _("Choisir dans la liste")),
            *(option(kind.value, referrer_name(kind)) for kind in ReferrerType),
        ],
        description=_(
            "Certaines structures en disent long sur la personne : votre réponse ne sert qu’à trouver une association, et rien ne vous oblige à préciser."
        ),
    )
    establishment = name_field(
        _("Nom de l’établissement"),
        _("Le nom de l’établissement est nécessaire."),
        autocomplete="organization",
        longest=160,
    )
    code = StringField(
        _("Code UAI de l’établissement scolaire"),
        [
            Optional(),
            Regexp(r"^\d{7}[A-Z]$", message=_("Un code UAI compte sept chiffres et une lettre. Exemple : 0590000A")),
        ],
        filters=[one_line, lambda text: text and text.upper()],
        render_kw={"autocomplete": "off"},
    )
    role = name_field(_("Votre fonction"), autocomplete="organization-title")

    def said(self) -> list[tuple[str, str]]:
        kind = referrer_name(ReferrerType(self.referrer_type.data))
        return [
            (_("Structure"), f"{self.establishment.data}, {kind[0].lower()}{kind[1:]}"),
            (_("Votre fonction"), self.role.data or _("Non indiquée")),
        ]


class ReferrerQuestion(Question):
    """Whoever registers the young person: the one we write to."""

    name = name_field(_("Vos prénom et nom"), _("Votre nom est nécessaire."), autocomplete="name", longest=160)
    mail = mail_field(_("Votre adresse e-mail"), _("Votre adresse e-mail est nécessaire."), autocomplete="email")
    telephone = telephone_field(_("Votre téléphone"), autocomplete="tel")

    def said(self) -> list[tuple[str, str]]:
        return [
            (_("Vous"), self.name.data),
            (_("Votre e-mail"), self.mail.data),
            (_("Votre téléphone"), _given(self.telephone.data)),
        ]


class AttestationQuestion(Question):
    """What a professional certifies when the structure itself tells something sensitive."""

    agreed = BooleanField(
        _("La personne, ou son responsable légal, accepte que cette information serve à trouver une association."),
        [
            DataRequired(
                _("Cet accord est nécessaire. Sans lui, revenir au type de structure et choisir « Autre structure ».")
            )
        ],
    )
    written_agreement = BooleanField(
        _("J’atteste que le service départemental de protection de l’enfance a donné son accord écrit."),
        [DataRequired(_("Cette attestation est nécessaire pour un mineur confié."))],
    )

    def adapt(self, known: Known) -> None:
        if not (known.is_minor and known.get("structure", "referrer_type") == ReferrerType.ASE):
            del self.written_agreement

    def said(self) -> list[tuple[str, str]]:
        return [(_("Accords"), _("Attestés par vous"))]
