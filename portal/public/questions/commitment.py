"""A volunteer's time, and the guardian of whoever is under age."""

from datetime import date, timedelta
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import DateField
from wtforms.validators import Optional

from portal.foundation import clock
from portal.models.person import normalised_mail
from portal.operations.consent import GuardianPart
from portal.public.form import Known, Question
from portal.public.rules import rule_of
from portal.web.forms import OneOf, PortalForm, mail_field, name_field, option, telephone_field
from portal.web.telephones import telephone_said
from portal.web.typography import day

MONTHS = ((3, _("3 mois")), (6, _("6 mois")), (10, _("Une année scolaire")), (12, _("1 an")), (24, _("2 ans")))
HOURS = (
    (1, _("1 heure par mois")), (2, _("2 heures par mois")), (4, _("1 heure par semaine")), (8, _("2 heures par semaine")),
    (12, _("3 heures par semaine ou plus")),
)  # fmt: skip
FARTHEST = timedelta(days=366)
NECESSARY = _("Une réponse est nécessaire pour continuer.")


class CommitmentQuestion(Question):
    """months, hours: whole numbers as text. available_from: a day, none meaning at once."""

    months = OneOf(
        _("Pendant combien de temps ?"), missing=NECESSARY, choices=[option(str(n), words) for n, words in MONTHS]
    )
    hours = OneOf(_("À quel rythme ?"), missing=NECESSARY, choices=[option(str(n), words) for n, words in HOURS])
    available_from = DateField(
        _("À partir de quand ?"), [Optional()], description=_("Laisser vide si c’est dès maintenant."),
        render_kw={"autocomplete": "off"},
    )  # fmt: skip

    def validate_available_from(self: PortalForm, field: DateField) -> None:
        if field.data and not self._is_near(field.data):
            field.errors = [_("Cette date doit être dans l’année qui vient.")]

    @staticmethod
    def _is_near(chosen: date) -> bool:
        return clock.today() - timedelta(days=1) <= chosen <= clock.today() + FARTHEST

    def said(self) -> list[tuple[str, str]]:
        start = day(self.available_from.data) if self.available_from.data else _("Dès maintenant")
        return [
            (_("Durée"), dict(MONTHS)[int(self.months.data)]),
            (_("Rythme"), dict(HOURS)[int(self.hours.data)]),
            (_("Disponible"), start),
        ]


CONFIRMS = _("Avant 15 ans, il nous faut son accord : un message lui sera envoyé, avec un lien pour dire oui ou non.")
INFORMED = _(
    "De 15 à 17 ans, son accord n’est pas demandé ici et rien n’est obligatoire sur cette page : nous l’informons, si son adresse est donnée. Sans parent ni responsable à joindre, continuer sans rien écrire."
)


class GuardianQuestion(Question):
    """The parent or guardian of a minor: named and to agree before 15; after, to be informed, if there is one."""

    name = name_field(_("Ses prénom et nom"), longest=160)
    mail = mail_field(_("Son adresse e-mail"))
    telephone = telephone_field(_("Son téléphone"))
    must_confirm = False
    others_mails: frozenset[str] = frozenset()

    def adapt(self, known: Known) -> None:
        rule = rule_of(known)
        self.must_confirm = rule is not None and rule.guardian is GuardianPart.CONFIRMS
        self.name.flags.required = self.mail.flags.required = self.must_confirm
        self.lead = CONFIRMS if self.must_confirm else INFORMED
        mails = (known.get("contact", "mail"), known.get("vous", "mail"))
        self.others_mails = frozenset(normalised_mail(mail) for mail in mails if mail)

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        if self.must_confirm:
            self._require()
        if self.mail.data and normalised_mail(self.mail.data) in self.others_mails:
            self.mail.errors = [_("L’adresse du parent doit être différente de celle déjà donnée.")]
        return valid and not (self.name.errors or self.mail.errors)

    def _require(self) -> None:
        if not self.name.data:
            self.name.errors = [_("Le nom du parent ou responsable légal est nécessaire.")]
        if not self.mail.data:
            self.mail.errors = [
                _("L’adresse e-mail du parent est nécessaire : c’est par elle qu’il ou elle donne son accord.")
            ]

    def said(self) -> list[tuple[str, str]]:
        rows = [
            (_("Parent ou responsable légal"), self.name.data),
            (_("Son e-mail"), self.mail.data),
            (_("Son téléphone"), self.telephone.data and telephone_said(self.telephone.data)),
        ]
        given = any(value for _label, value in rows)
        return [(label, value or _("Non indiqué")) for label, value in (rows if given else rows[:1])]
