"""What Orienter asks a company: closed lists, the answers as codes, and the same answers in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from matching.vocabulary import Modality, Need, Public, Word
from portal.places import UnknownPlaceError, label

COUNTS = ("Aucune", "Une", "Deux", "Trois", "Quatre", "Cinq")


class Cause(Word):
    SCHOOL = "school", "Réussite à l’école"
    PATH = "path", "Orientation et stages"
    APPRENTICESHIP = "apprenticeship", "Apprentissage"
    JOB = "job", "Emploi et insertion"
    ENTREPRENEURSHIP = "entrepreneurship", "Création d’activité"
    OPENNESS = "openness", "Confiance et ouverture"


NEEDS: Mapping[Cause, frozenset[Need]] = {
    Cause.SCHOOL: frozenset({Need.SCHOOL_SUPPORT, Need.ACADEMIC_SUCCESS, Need.FRENCH_SCHOOLING, Need.MOTIVATION}),
    Cause.PATH: frozenset({Need.GUIDANCE, Need.INTERNSHIP}),
    Cause.APPRENTICESHIP: frozenset({Need.APPRENTICESHIP, Need.KEEP_CONTRACT}),
    Cause.JOB: frozenset({Need.FIRST_JOB, Need.JOB_SEARCH}),
    Cause.ENTREPRENEURSHIP: frozenset({Need.ENTREPRENEURSHIP}),
    Cause.OPENNESS: frozenset(
        {Need.SELF_CONFIDENCE, Need.AUTONOMY, Need.MOBILITY, Need.CULTURE, Need.SOCIAL_TIES, Need.MOTIVATION}
    ),
}


class Stage(Word):
    """Where the young people are in their lives."""

    PRIMARY = "primary", "Écoliers"
    COLLEGE = "college", "Collégiens"
    LYCEE = "lycee", "Lycéens"
    APPRENTICES = "apprentices", "Apprentis"
    STUDENTS = "students", "Étudiants"
    SEEKERS = "seekers", "Jeunes en recherche d’emploi"


class Group(Word):
    """Publics that some programmes are reserved for."""

    QPV = "qpv", "Quartiers prioritaires"
    RURAL = "rural", "Campagnes et petites villes"
    MODEST = "modest", "Milieux modestes"
    DROPOUT = "dropout", "Décrochage et difficultés"
    WOMEN = "women", "Jeunes femmes"
    HEALTH = "health", "Handicap, jeunes aidants"
    NEWCOMERS = "newcomers", "Réfugiés, nouveaux arrivants"
    CARE = "care", "Aide sociale à l’enfance"
    JUSTICE = "justice", "Suivis par la justice"


PUBLICS: Mapping[Group, frozenset[Public]] = {
    Group.QPV: frozenset({Public.QPV}),
    Group.RURAL: frozenset({Public.RURAL, Public.SMALL_TOWN}),
    Group.MODEST: frozenset({Public.MODEST, Public.REP}),
    Group.DROPOUT: frozenset({Public.DROPOUT, Public.SCHOOL_DIFFICULTY, Public.INSERTION}),
    Group.WOMEN: frozenset({Public.WOMAN}),
    Group.HEALTH: frozenset({Public.DISABILITY, Public.YOUNG_CARER}),
    Group.NEWCOMERS: frozenset({Public.REFUGEE, Public.IMMIGRANT, Public.NEWLY_ARRIVED}),
    Group.CARE: frozenset({Public.ASE}),
    Group.JUSTICE: frozenset({Public.PJJ, Public.DETAINEE}),
}


class Engagement(Word):
    """How the company wants to take part. Only the first calls for what associations ask of mentors."""

    MENTORS = "mentors", "Des salariés mentors"
    SKILLS = "skills", "Du mécénat de compétences"
    HOST = "host", "Accueillir des jeunes"
    FUNDS = "funds", "Un soutien financier"


class Size(Word):
    SMALL = "small", "Moins de 50 salariés"
    MIDDLE = "middle", "De 50 à 249 salariés"
    LARGE = "large", "De 250 à 4 999 salariés"
    HUGE = "huge", "5 000 salariés ou plus"


class Ages(Word):
    UNDER_30 = "under_30", "Moins de 30 ans"
    MIDDLE = "middle", "De 30 à 49 ans"
    OVER_50 = "over_50", "50 ans ou plus"


class Rhythm(Word):
    """Hours a month each employee may give."""

    ONE = "1", "1 heure par mois"
    TWO = "2", "2 heures par mois"
    FOUR = "4", "1 heure par semaine"
    EIGHT = "8", "2 heures par semaine"


class Length(Word):
    """Months each employee may commit for."""

    SIX = "6", "6 mois"
    SCHOOL_YEAR = "10", "Une année scolaire"
    YEAR = "12", "1 an"
    TWO_YEARS = "24", "2 ans"


class Meeting(Word):
    IN_PERSON = "in_person", "En présentiel"
    REMOTE = "remote", "À distance"
    EITHER = "either", "L’un ou l’autre"


MODALITIES: Mapping[Meeting, frozenset[Modality]] = {
    Meeting.IN_PERSON: frozenset({Modality.IN_PERSON, Modality.HYBRID}),
    Meeting.REMOTE: frozenset({Modality.REMOTE}),
    Meeting.EITHER: frozenset(Modality),
}


@dataclass(frozen=True)
class Wishes:
    """A company's answers. places: codes of portal.places; none, the whole country. Empty or None: no preference."""

    places: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()
    stages: tuple[Stage, ...] = ()
    groups: tuple[Group, ...] = ()
    engagements: tuple[Engagement, ...] = (Engagement.MENTORS,)
    size: Size | None = None
    ages: tuple[Ages, ...] = ()
    rhythm: Rhythm | None = None
    length: Length | None = None
    meeting: Meeting = Meeting.EITHER

    @property
    def needs(self) -> frozenset[Need]:
        return frozenset(need for cause in self.causes for need in NEEDS[cause])

    @property
    def publics(self) -> frozenset[Public]:
        return frozenset(public for group in self.groups for public in PUBLICS[group])

    @property
    def mentors(self) -> bool:
        return Engagement.MENTORS in self.engagements

    def to_json(self) -> dict[str, Any]:
        """Codes only: what a lead keeps of them."""
        lists = {name: [str(code) for code in getattr(self, name)] for name in LISTS}
        single = {name: str(code) for name in SINGLE if (code := getattr(self, name))}
        return {name: codes for name, codes in lists.items() if codes} | single


LISTS: Mapping[str, type[Word] | None] = {
    "places": None, "causes": Cause, "stages": Stage, "groups": Group, "engagements": Engagement, "ages": Ages,
}  # fmt: skip
SINGLE: Mapping[str, type[Word]] = {"size": Size, "rhythm": Rhythm, "length": Length, "meeting": Meeting}
QUESTIONS = {
    "places": "Territoires", "causes": "Causes", "stages": "Jeunes", "groups": "Publics",
    "engagements": "Engagement", "size": "Effectif", "ages": "Âges des salariés", "rhythm": "Rythme",
    "length": "Durée", "meeting": "Rencontres",
}  # fmt: skip
SUBJECTS = {
    "policy": "Construire une politique de mentorat",
    "kit": "Annoncer le mentorat aux salariés",
    "call": "Préparer un appel à projets",
    "employees": "Une page pour nos salariés",
    "other": "Un autre sujet",
}
SLOTS = {
    "morning": "En semaine, le matin",
    "noon": "En semaine, entre midi et deux",
    "afternoon": "En semaine, l’après-midi",
}


def said(answers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A lead's answers as (question, answer in words), in the order they were asked; unknown codes are skipped."""
    rows = [(QUESTIONS[name], _words(name, answers.get(name))) for name in QUESTIONS if answers.get(name)]
    rows.append(("Sujet", SUBJECTS.get(str(answers.get("subject")), "")))
    rows.append(("Créneaux", ", ".join(SLOTS[slot] for slot in _texts(answers.get("slots")) if slot in SLOTS)))
    return [(question, words) for question, words in rows if words]


def _words(name: str, value: object) -> str:
    codes = [value] if isinstance(value, str) else _texts(value)
    if name == "places":
        return ", ".join(found for place in codes if (found := _named(place)))
    words = LISTS.get(name) or SINGLE[name]
    return ", ".join(word.label for word in _known(words, codes))


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _known(words: type[Word], codes: object) -> list[Word]:
    return [word for word in words if str(word) in set(_texts(codes))]


def _named(place: str) -> str:
    try:
        return label(place)
    except UnknownPlaceError:
        return ""
