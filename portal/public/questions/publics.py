"""Whom programmes are reserved for: each question is optional, and takes « je ne sais pas » for an answer."""

from dataclasses import dataclass
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _

from matching.vocabulary import Public
from portal.public.form import Known, Question, Voice
from portal.web.forms import OneOf, name_field, option
from portal.web.typography import plural

YES, NO, UNKNOWN, PRIVATE = "yes", "no", "unknown", "private"
ANSWERS = ((YES, _("Oui")), (NO, _("Non")), (UNKNOWN, _("Je ne sais pas")), (PRIVATE, _("Je préfère ne pas répondre")))
MEANING = {YES: True, NO: False}
OLD = 200


@dataclass(frozen=True)
class Asked:
    """How one public is asked. young: in « tu »; about: of somebody else, or of a volunteer. ages: asked to whom."""

    young: Any
    about: Any
    hint: Any = ""
    ages: tuple[int, int] = (0, OLD)


WORDS: dict[Public, Asked] = {
    Public.QPV: Asked(
        _("Habites-tu un quartier prioritaire (QPV) ?"), _("Habite-t-on là un quartier prioritaire (QPV) ?"),
        _("Un quartier que l’État soutient davantage. On l’apprend souvent par l’école ou la mairie."),
    ),
    Public.RURAL: Asked(_("Habites-tu à la campagne ?"), _("Est-ce à la campagne ?")),
    Public.SMALL_TOWN: Asked(_("Habites-tu une petite ville ?"), _("Est-ce une petite ville ?"), _("Moins de 20 000 habitants, à peu près.")),
    Public.MODEST: Asked(
        _("Ta famille a-t-elle peu de moyens ?"), _("La famille a-t-elle peu de moyens ?"), _("Par exemple : bourse, aides, budget serré."),
    ),
    Public.REP: Asked(
        _("Ton école, collège ou lycée est-il en REP ou REP+ ?"), _("L’établissement scolaire est-il en REP ou REP+ ?"),
        _("Réseau d’éducation prioritaire."), ages=(0, 20),
    ),
    Public.SCHOOL_DIFFICULTY: Asked(_("As-tu des difficultés à l’école ?"), _("Y a-t-il des difficultés à l’école ?"), ages=(0, 25)),
    Public.DROPOUT: Asked(
        _("As-tu arrêté les cours, ou as-tu envie d’arrêter ?"), _("Les cours sont-ils arrêtés, ou près de l’être ?"), ages=(11, 30),
    ),
    Public.INSERTION: Asked(
        _("Es-tu suivi ou suivie vers l’emploi ?"), _("Y a-t-il un parcours d’insertion en cours ?"),
        _("Mission locale, France Travail, école de la 2e chance…"), ages=(16, OLD),
    ),
    Public.ENTREPRENEUR: Asked(_("As-tu un projet d’entreprise ?"), _("Y a-t-il un projet d’entreprise ?"), ages=(16, OLD)),
    Public.WOMAN: Asked(
        _("Es-tu une fille ou une femme ?"), _("Est-ce une fille ou une femme ?"), _("Certains programmes leur sont réservés."),
    ),
    Public.DISABILITY: Asked(_("As-tu un handicap ou une maladie longue ?"), _("Y a-t-il un handicap ou une maladie longue ?")),
    Public.YOUNG_CARER: Asked(
        _("Aides-tu chaque jour un proche malade ou en situation de handicap ?"), _("La personne aide-t-elle chaque jour un proche malade ou en situation de handicap ?"),
    ),
    Public.NEWLY_ARRIVED: Asked(_("Es-tu en France depuis peu ?"), _("L’arrivée en France est-elle récente ?"), _("Moins de trois ans, à peu près.")),
    Public.REFUGEE: Asked(_("As-tu demandé ou obtenu l’asile ?"), _("L’asile a-t-il été demandé ou obtenu ?"), _("Réfugié, protection subsidiaire ou temporaire, demande en cours.")),
    Public.IMMIGRANT: Asked(_("Es-tu né ou née à l’étranger, ou tes parents ?"), _("La personne, ou ses parents, sont-ils nés à l’étranger ?")),
    Public.ASE: Asked(
        _("Es-tu, ou étais-tu, accompagné par l’Aide sociale à l’enfance ?"), _("Y a-t-il un accompagnement par l’Aide sociale à l’enfance ?"), ages=(0, 30),
    ),
    Public.PJJ: Asked(
        _("As-tu un éducateur ou une éducatrice de la Protection judiciaire de la jeunesse ?"), _("Y a-t-il un suivi par la Protection judiciaire de la jeunesse ?"), ages=(10, 25),
    ),
    Public.DETAINEE: Asked(_("Es-tu en détention ?"), _("La personne est-elle en détention ?"), ages=(13, OLD)),
    Public.PARTNER_EMPLOYER: Asked("", _("Votre employeur est-il partenaire d’une association de mentorat ?"), ages=(16, OLD)),
    Public.SCHOOL_STAFF: Asked("", _("Travaillez-vous dans un établissement scolaire ?"), ages=(16, OLD)),
    Public.BUSINESS_BACKGROUND: Asked("", _("Avez-vous une expérience en entreprise ?"), ages=(16, OLD)),
    Public.TWO_YEARS_EXPERIENCE: Asked("", _("Avez-vous au moins deux ans d’expérience professionnelle ?"), ages=(18, OLD)),
    Public.BACKGROUND_CHECKED: Asked(
        "", _("Avez-vous une attestation d’honorabilité à jour ?"),
        _("Elle n’est demandée que pour la protection de l’enfance. Ne nous l’envoyez pas : l’association la vérifie elle-même."), ages=(18, OLD),
    ),
}  # fmt: skip
PLACE = (Public.QPV, Public.RURAL, Public.SMALL_TOWN, Public.MODEST)
PATH = (Public.REP, Public.SCHOOL_DIFFICULTY, Public.DROPOUT, Public.INSERTION, Public.ENTREPRENEUR, Public.WOMAN)
PERSONAL = (
    Public.DISABILITY, Public.YOUNG_CARER, Public.NEWLY_ARRIVED, Public.REFUGEE, Public.IMMIGRANT, Public.ASE, Public.PJJ,
    Public.DETAINEE,
)  # fmt: skip
MENTOR = (
    Public.BUSINESS_BACKGROUND, Public.TWO_YEARS_EXPERIENCE, Public.PARTNER_EMPLOYER, Public.SCHOOL_STAFF,
    Public.BACKGROUND_CHECKED, Public.WOMAN,
)  # fmt: skip


class PublicsQuestion(Question):
    """One field a public, named by its value; a field left alone is unknown."""

    layout = "publics"
    publics: ClassVar[tuple[Public, ...]] = ()

    def adapt(self, known: Known) -> None:
        age = known.age
        for public in self.publics:
            asked = WORDS[public]
            if age is not None and not asked.ages[0] <= age <= asked.ages[1]:
                del self[public.value]
                continue
            field = self[public.value]
            field.label.text = _words(public, asked, known.form.voice)
            field.description = asked.hint

    def answers(self) -> dict[Public, bool | None]:
        """What was answered by yes or no; « je ne sais pas » and silence are both unknown."""
        given = {public: self[public.value].data for public in self.publics if public.value in self}
        return {public: MEANING[value] for public, value in given.items() if value in MEANING}

    def said(self) -> list[tuple[str, str]]:
        asked = [field for field in self if isinstance(field, OneOf)]
        labels = dict(ANSWERS)
        told = [(field.label.text, labels[field.data]) for field in asked if field.data]
        silent = len(asked) - len(told)
        left = _("%(questions)s sans réponse", questions=plural(silent, "question"))
        return [*told, (self.title, left)] if silent else told


def _words(public: Public, asked: Asked, voice: Voice) -> Any:
    if voice is Voice.MENTOR and public is Public.WOMAN:
        return _("Êtes-vous une femme ?")
    return asked.young if voice is Voice.YOUNG else asked.about


def _field(public: Public) -> OneOf:
    """Four answers; three where everybody knows."""
    return OneOf(choices=[option(*one) for one in ANSWERS if public is not Public.WOMAN or one[0] != UNKNOWN])


def asking(name: str, publics: tuple[Public, ...], base: type[PublicsQuestion] = PublicsQuestion) -> type[Question]:
    """A page that asks about these publics, one field each."""
    fields = {public.value: _field(public) for public in publics}
    made: type[Question] = type(name, (base,), {"publics": publics, **fields})
    return made


class EmployerQuestion(PublicsQuestion):
    """employer: the company's or school's name, as typed."""

    employer = name_field(_("Votre employeur ou votre école"), autocomplete="organization", longest=160)

    def said(self) -> list[tuple[str, str]]:
        return [(_("Employeur ou école"), self.employer.data or _("Non indiqué")), *super().said()]


PlaceQuestion = asking("PlaceQuestion", PLACE)
PathQuestion = asking("PathQuestion", PATH)
PersonalQuestion = asking("PersonalQuestion", PERSONAL)
ExperienceQuestion = asking("ExperienceQuestion", MENTOR, EmployerQuestion)


class PersonalConsentQuestion(Question):
    """Whether to be asked what is more personal: consent first, questions after."""

    alone = "personal"
    personal = OneOf(
        _("Questions plus personnelles"),
        missing=_("Une réponse est nécessaire : « Non » ne change rien à la demande."),
        choices=[
            option(YES, _("Oui, d’accord"), icon="check", hint=_("Chaque question reste facultative.")),
            option(NO, _("Non, passer"), icon="arrow-right", hint=_("La demande part quand même.")),
        ],
    )

    def said(self) -> list[tuple[str, str]]:
        return [
            (
                _("Sujets plus personnels"),
                _("Acceptés") if self.personal.data == YES else _("Passés"),
            )
        ]
