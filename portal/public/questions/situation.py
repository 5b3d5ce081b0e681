"""What the person does, at which level, and what they look for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms.fields import SelectChoice

from matching.vocabulary import Need, Side, Situation, StudyLevel
from portal.public.form import Known, Question, Voice
from portal.web.forms import OneOfMenu, SeveralOf, option, words_field
from portal.web.typography import NBSP

UNKNOWN = "unknown"
UNSURE_LEVEL = _("Autre, ou je ne sais pas")
MOST_NEEDS = 3
MOST_WORDS = 300
OLD = 200


@dataclass(frozen=True)
class Offer:
    """An answer to offer, and the ages it is offered to, both included."""

    word: Situation | Need
    label: Any
    hint: Any = ""
    icon: str = ""
    ages: tuple[int, int] = (0, OLD)

    def suits(self, age: int | None) -> bool:
        return age is None or self.ages[0] <= age <= self.ages[1]

    @property
    def choice(self) -> SelectChoice:
        return option(self.word.value, self.label, icon=self.icon, hint=self.hint)


SITUATIONS = (
    Offer(Situation.PUPIL, _("À l’école élémentaire"), ages=(5, 13)),
    Offer(Situation.COLLEGE, _("Au collège"), ages=(9, 18)),
    Offer(Situation.GENERAL_LYCEE, _("Au lycée général"), ages=(13, 22)),
    Offer(Situation.TECHNOLOGICAL_LYCEE, _("Au lycée technologique"), ages=(13, 22)),
    Offer(Situation.VOCATIONAL_LYCEE, _("Au lycée professionnel"), ages=(13, 22)),
    Offer(Situation.FUTURE_APPRENTICE, _("Bientôt en apprentissage"), ages=(13, 30)),
    Offer(Situation.APPRENTICE, _("En apprentissage"), ages=(14, 35)),
    Offer(Situation.STUDENT, _("En études supérieures"), ages=(16, 70)),
    Offer(Situation.WORK_STUDY, _("En études supérieures, en alternance"), ages=(16, 50)),
    Offer(Situation.GRADUATE, _("Études terminées depuis peu"), ages=(17, 35)),
    Offer(Situation.SEEKING_JOB, _("En recherche d’emploi"), ages=(16, 70)),
    Offer(Situation.SEEKING_INTERNSHIP, _("En recherche de stage"), ages=(13, 35)),
    Offer(Situation.SEEKING_TRAINING, _("En recherche de formation"), ages=(15, 35)),
    Offer(Situation.SEEKING_WORK_STUDY, _("En recherche d’alternance"), ages=(14, 35)),
    Offer(Situation.CIVIC_SERVICE, _("En service civique"), ages=(16, 30)),
    Offer(Situation.EMPLOYED, _("En emploi"), ages=(16, OLD)),
    Offer(Situation.SELF_EMPLOYED, _("À son compte"), ages=(16, OLD)),
    Offer(Situation.RETIRED, _("À la retraite"), ages=(45, OLD)),
    Offer(Situation.NONE, _("Rien de tout cela en ce moment"), ages=(14, 35)),
)

NEEDS = (
    Offer(Need.SCHOOL_SUPPORT, _("Mieux réussir à l’école"), _("Devoirs, méthode, examens"), "book-open", (5, 20)),
    Offer(Need.SELF_CONFIDENCE, _("Prendre confiance"), _("Oser, s’exprimer, trouver sa place"), "smile", (5, OLD)),
    Offer(
        Need.ACADEMIC_SUCCESS,
        _("Réussir dans le supérieur"),
        _("S’organiser, tenir le rythme"),
        "graduation-cap",
        (17, OLD),
    ),
    Offer(Need.GUIDANCE, _("Choisir une orientation"), _("Options, études, métiers"), "compass", (11, OLD)),
    Offer(Need.INTERNSHIP, _("Trouver un stage"), _("CV, contacts, entretien"), "handshake", (13, OLD)),
    Offer(Need.APPRENTICESHIP, _("Trouver une alternance"), _("Entreprise, contrat, école"), "puzzle", (14, OLD)),
    Offer(
        Need.KEEP_CONTRACT,
        _("Réussir un apprentissage"),
        _("En entreprise et au centre de formation"),
        "badge-check",
        (14, OLD),
    ),
    Offer(Need.FIRST_JOB, _("Trouver un premier emploi"), _("Savoir chercher, être prêt"), "briefcase", (16, OLD)),
    Offer(Need.JOB_SEARCH, _("Chercher un emploi"), _("Candidatures, réseau, entretiens"), "search", (18, OLD)),
    Offer(
        Need.FRENCH_SCHOOLING, _("Progresser en français"), _("À l’oral, à l’écrit, en cours"), "languages", (5, OLD)
    ),
    Offer(Need.CULTURE, _("Découvrir d’autres horizons"), _("Culture, métiers, voyages"), "rocket", (5, OLD)),
    Offer(Need.MOTIVATION, _("Retrouver l’envie"), _("Motivation, régularité"), "trending-up", (8, OLD)),
    Offer(Need.AUTONOMY, _("Gagner en autonomie"), _("S’organiser, faire seul"), "list-checks", (8, OLD)),
    Offer(Need.MOBILITY, _("Oser bouger"), _("Transports, permis, partir ailleurs"), "map", (15, OLD)),
    Offer(Need.SOCIAL_TIES, _("Rencontrer du monde"), _("Réseau, lien social"), "users", (13, OLD)),
    Offer(Need.ENTREPRENEURSHIP, _("Créer une activité"), _("De l’idée aux premiers clients"), "lightbulb", (16, OLD)),
)
LABELS = {offer.word: offer.label for offer in (*SITUATIONS, *NEEDS)}


SCHOOL_STARTS = 6
AHEAD = 3
LEVELS: dict[Situation, tuple[StudyLevel, StudyLevel]] = {
    Situation.PUPIL: (StudyLevel.CP, StudyLevel.CM2),
    Situation.COLLEGE: (StudyLevel.SIXIEME, StudyLevel.TROISIEME),
    Situation.GENERAL_LYCEE: (StudyLevel.SECONDE, StudyLevel.TERMINALE),
    Situation.TECHNOLOGICAL_LYCEE: (StudyLevel.SECONDE, StudyLevel.TERMINALE),
    Situation.VOCATIONAL_LYCEE: (StudyLevel.TROISIEME, StudyLevel.TERMINALE),
    Situation.STUDENT: (StudyLevel.BAC, StudyLevel.BAC_8),
    Situation.WORK_STUDY: (StudyLevel.BAC, StudyLevel.BAC_8),
}


def plausible_levels(situations: Iterable[Situation], age: int | None) -> list[StudyLevel]:
    """The levels to offer: those of the schools attended, else any that this age may have reached."""
    bounds = [LEVELS[one] for one in situations if one in LEVELS]
    if bounds:
        return [level for level in StudyLevel if any(low <= level <= high for low, high in bounds)]
    return [level for level in StudyLevel if age is None or level.rank <= age - SCHOOL_STARTS + AHEAD]


def sides_of(word: Situation | Need) -> frozenset[Side]:
    return word.sides if isinstance(word, Situation) else frozenset(Side)


class SituationQuestion(Question):
    alone = "situations"
    situations = SeveralOf(_("Situation"), missing=_("Une réponse est nécessaire pour continuer."))

    def adapt(self, known: Known) -> None:
        side = known.form.side
        self.situations.choices = [
            offer.choice for offer in SITUATIONS if side in sides_of(offer.word) and offer.suits(known.age)
        ]

    def said(self) -> list[tuple[str, str]]:
        return [(_("Situation"), joined(self.situations.data, Situation))]


class LevelQuestion(Question):
    """level: a StudyLevel's value, or « unknown » for whoever does not know, or finds no level that suits."""

    level = OneOfMenu(
        _("Classe ou niveau d’études"),
        missing=_("Une réponse est nécessaire : « Autre, ou je ne sais pas » en est une."),
    )

    def adapt(self, known: Known) -> None:
        situations = [Situation(one) for one in known.get("situation", "situations") or ()]
        levels = [option(one.value, _capital(one.label)) for one in plausible_levels(situations, known.age)]
        self.level.choices = [option("", _("Choisir dans la liste")), *levels, option(UNKNOWN, UNSURE_LEVEL)]

    def said(self) -> list[tuple[str, str]]:
        known = self.level.data != UNKNOWN
        return [(_("Niveau"), _capital(StudyLevel(self.level.data).label) if known else UNSURE_LEVEL)]


class NeedsQuestion(Question):
    """needs: Need values, or « unknown » alone; words: the person's own."""

    alone = "needs"
    needs = SeveralOf(
        _("Besoins"),
        missing=_("Une réponse est nécessaire : « Je ne sais pas encore » en est une."),
        most=MOST_NEEDS,
        alone=UNKNOWN,
        too_many=_("Trois réponses au plus ; « Je ne sais pas encore » se choisit seule."),
    )
    words = words_field(_("Avec tes mots"), MOST_WORDS)

    def adapt(self, known: Known) -> None:
        mentor = known.form.side is Side.MENTOR
        unsure = option(
            UNKNOWN, _("Je ne sais pas encore"), icon="circle-question-mark", hint=_("On en parlera ensemble")
        )
        self.needs.choices = [*(offer.choice for offer in NEEDS if mentor or offer.suits(known.age)), unsure]
        self.words.label.text = {
            Voice.YOUNG: _("Si tu veux, dis-le avec tes mots"),
            Voice.REFERRER: _("Si vous voulez, dites-en plus"),
            Voice.MENTOR: _("Si vous voulez, parlez de vous"),
        }[known.form.voice]

    def said(self) -> list[tuple[str, str]]:
        needs = [value for value in self.needs.data if value != UNKNOWN]
        rows = [(_("Besoins"), joined(needs, Need) if needs else _("Je ne sais pas encore"))]
        return [*rows, (_("Quelques mots"), f"«{NBSP}{self.words.data}{NBSP}»")] if self.words.data else rows


def _capital(label: str) -> str:
    return label[0].upper() + label[1:]


def joined(values: Sequence[str], words: type[Situation] | type[Need]) -> str:
    """Several answers as one line: the first keeps its capital."""
    labels = [str(LABELS[words(value)]) for value in values]
    return ", ".join([*labels[:1], *(label[0].lower() + label[1:] for label in labels[1:])])
