"""The closed lists that requests and criteria are written in, each word with its French label."""

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """A member of a closed list: its value is stored, its label shown. Members are never deleted."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member


class Sensitivity(Word):
    """Why an answer needs explicit consent and is shown only where needed."""

    HEALTH = "health", "santé"
    ORIGIN = "origin", "origine"
    JUSTICE = "justice", "justice"
    CHILD_WELFARE = "child_welfare", "protection de l’enfance"


class Side(Word):
    MENTEE = "mentee", "jeune"
    MENTOR = "mentor", "bénévole"


class Channel(Word):
    """Who filled the form."""

    SELF = "self", "la personne elle-même"
    FAMILY = "family", "la famille"
    PROFESSIONAL = "professional", "un professionnel"


class Modality(Word):
    """A way of meeting. Hybrid is in person for its place and its capacity."""

    IN_PERSON = "in_person", "en présentiel"
    HYBRID = "hybrid", "en présentiel et à distance"
    REMOTE = "remote", "à distance"


class ReferrerType(Word):
    """Which professional refers a young person."""

    PRIMARY_SCHOOL = "primary_school", "école élémentaire"
    COLLEGE = "college", "collège"
    GENERAL_LYCEE = "general_lycee", "lycée général"
    TECHNOLOGICAL_LYCEE = "technological_lycee", "lycée technologique"
    VOCATIONAL_LYCEE = "vocational_lycee", "lycée professionnel"
    CFA = "cfa", "centre de formation d’apprentis"
    HIGHER_EDUCATION = "higher_education", "établissement d’enseignement supérieur"
    GUIDANCE_CENTRE = "guidance_centre", "centre d’information et d’orientation"
    SECOND_CHANCE_SCHOOL = "second_chance_school", "école de la 2e chance"
    EDUCATIONAL_SUCCESS = "educational_success", "programme de réussite éducative"
    CITE_EDUCATIVE = "cite_educative", "cité éducative"
    MISSION_LOCALE = "mission_locale", "mission locale"
    FRANCE_TRAVAIL = "france_travail", "France Travail (Pôle emploi)"
    MAISON_DE_L_EMPLOI = "maison_de_l_emploi", "maison de l’emploi"
    INSERTION_STRUCTURE = "insertion_structure", "structure d’insertion"
    CENTRE_SOCIAL = "centre_social", "centre social"
    YOUTH_ASSOCIATION = "youth_association", "association de jeunesse"
    ASSOCIATION = "association", "autre association"
    SPECIALISED_PREVENTION = "specialised_prevention", "prévention spécialisée"
    LOCAL_AUTHORITY = "local_authority", "commune ou service social"
    ASE = "ase", "Aide sociale à l’enfance"
    PJJ = "pjj", "Protection judiciaire de la jeunesse"
    PRISON = "prison", "administration pénitentiaire"
    REFUGEE_HOUSING = "refugee_housing", "hébergement de personnes réfugiées"
    HEALTH_STRUCTURE = "health_structure", "structure de santé ou du handicap"
    OTHER = "other", "autre structure"

    @property
    def sensitive(self) -> Sensitivity | None:
        """What naming this referrer would tell about the person."""
        return _SENSITIVE_REFERRERS.get(self)


_SENSITIVE_REFERRERS = {
    ReferrerType.ASE: Sensitivity.CHILD_WELFARE,
    ReferrerType.PJJ: Sensitivity.JUSTICE,
    ReferrerType.PRISON: Sensitivity.JUSTICE,
    ReferrerType.REFUGEE_HOUSING: Sensitivity.ORIGIN,
    ReferrerType.HEALTH_STRUCTURE: Sensitivity.HEALTH,
}


class Situation(Word):
    """What the person does now; several can hold."""

    PUPIL = "pupil", "en école élémentaire"
    COLLEGE = "college", "au collège"
    GENERAL_LYCEE = "general_lycee", "au lycée général"
    TECHNOLOGICAL_LYCEE = "technological_lycee", "au lycée technologique"
    VOCATIONAL_LYCEE = "vocational_lycee", "au lycée professionnel"
    FUTURE_APPRENTICE = "future_apprentice", "futur apprenti"
    APPRENTICE = "apprentice", "apprenti"
    STUDENT = "student", "étudiant"
    WORK_STUDY = "work_study", "étudiant en alternance"
    GRADUATE = "graduate", "jeune diplômé"
    SEEKING_JOB = "seeking_job", "en recherche d’emploi"
    SEEKING_INTERNSHIP = "seeking_internship", "en recherche de stage"
    SEEKING_TRAINING = "seeking_training", "en recherche de formation"
    SEEKING_WORK_STUDY = "seeking_work_study", "en recherche d’alternance"
    CIVIC_SERVICE = "civic_service", "en service civique"
    EMPLOYED = "employed", "en emploi"
    SELF_EMPLOYED = "self_employed", "à son compte"
    RETIRED = "retired", "à la retraite"
    NONE = "none", "ni en études, ni en emploi, ni en formation"

    @property
    def sides(self) -> frozenset[Side]:
        """The forms in which this answer is offered."""
        return _SIDES_OF_SITUATION.get(self, BOTH)


class StudyLevel(Word):
    """The level followed now, or the last one followed; ordered from CP to Bac+8."""

    CP = "cp", "CP"
    CE1 = "ce1", "CE1"
    CE2 = "ce2", "CE2"
    CM1 = "cm1", "CM1"
    CM2 = "cm2", "CM2"
    SIXIEME = "6e", "6e"
    CINQUIEME = "5e", "5e"
    QUATRIEME = "4e", "4e"
    TROISIEME = "3e", "3e"
    SECONDE = "2de", "seconde ou CAP 1re année (Bac−3)"
    PREMIERE = "1re", "première ou CAP 2e année (Bac−2)"
    TERMINALE = "tle", "terminale (Bac−1)"
    BAC = "bac", "Bac"
    BAC_1 = "bac+1", "Bac+1"
    BAC_2 = "bac+2", "Bac+2"
    BAC_3 = "bac+3", "Bac+3"
    BAC_4 = "bac+4", "Bac+4"
    BAC_5 = "bac+5", "Bac+5"
    BAC_6 = "bac+6", "Bac+6"
    BAC_7 = "bac+7", "Bac+7"
    BAC_8 = "bac+8", "Bac+8"

    @property
    def rank(self) -> int:
        """0 for CP, growing by one a year."""
        return _RANK[self]

    # Without these four, levels would compare as texts.
    def __lt__(self, other: str) -> bool:
        return self.rank < _RANK[other]

    def __le__(self, other: str) -> bool:
        return self.rank <= _RANK[other]

    def __gt__(self, other: str) -> bool:
        return self.rank > _RANK[other]

    def __ge__(self, other: str) -> bool:
        return self.rank >= _RANK[other]


_RANK: dict[str, int] = {level: rank for rank, level in enumerate(StudyLevel)}


class Need(Word):
    """What the person looks for; on the mentors' side, what they would like to help with."""

    SCHOOL_SUPPORT = "school_support", "soutien scolaire"
    ACADEMIC_SUCCESS = "academic_success", "réussite des études"
    FRENCH_SCHOOLING = "french_schooling", "français langue de scolarisation"
    MOTIVATION = "motivation", "motivation"
    SELF_CONFIDENCE = "self_confidence", "confiance en soi"
    AUTONOMY = "autonomy", "autonomie"
    MOBILITY = "mobility", "mobilité"
    CULTURE = "culture", "ouverture culturelle"
    GUIDANCE = "guidance", "orientation"
    INTERNSHIP = "internship", "recherche de stage"
    APPRENTICESHIP = "apprenticeship", "recherche d’un contrat d’apprentissage"
    KEEP_CONTRACT = "keep_contract", "réussite de l’apprentissage"
    FIRST_JOB = "first_job", "premier emploi"
    JOB_SEARCH = "job_search", "recherche d’emploi"
    ENTREPRENEURSHIP = "entrepreneurship", "création d’activité"
    SOCIAL_TIES = "social_ties", "réseau et lien social"


class Public(Word):
    """What a programme may be reserved for; each is answered yes, no, or not at all."""

    QPV = "qpv", "quartier prioritaire (QPV)"
    RURAL = "rural", "territoire rural"
    SMALL_TOWN = "small_town", "petite ville"
    MODEST = "modest", "milieu modeste"
    REP = "rep", "établissement en REP ou REP+"
    SCHOOL_DIFFICULTY = "school_difficulty", "difficultés scolaires"
    DROPOUT = "dropout", "décrochage ou risque de décrochage"
    INSERTION = "insertion", "parcours d’insertion"
    ENTREPRENEUR = "entrepreneur", "projet d’entreprise"
    WOMAN = "woman", "femme"
    YOUNG_CARER = "young_carer", "jeune aidant"
    DISABILITY = "disability", "handicap"
    NEWLY_ARRIVED = "newly_arrived", "arrivée récente en France"
    REFUGEE = "refugee", "personne réfugiée"
    IMMIGRANT = "immigrant", "parcours d’immigration"
    ASE = "ase", "Aide sociale à l’enfance"
    PJJ = "pjj", "suivi par la PJJ"
    DETAINEE = "detainee", "personne détenue"
    PARTNER_EMPLOYER = "partner_employer", "salarié d’un employeur partenaire"
    SCHOOL_STAFF = "school_staff", "personnel de l’établissement scolaire"
    BUSINESS_BACKGROUND = "business_background", "expérience en entreprise"
    TWO_YEARS_EXPERIENCE = "two_years_experience", "deux ans d’expérience"
    BACKGROUND_CHECKED = "background_checked", "honorabilité vérifiée"

    @property
    def sensitive(self) -> Sensitivity | None:
        """Why this answer needs explicit consent, if it does."""
        return _SENSITIVE_PUBLICS.get(self)

    @property
    def sides(self) -> frozenset[Side]:
        """The forms in which this question is asked."""
        return _MENTOR if self in _MENTOR_PUBLICS else _MENTEE if self not in _BOTH_PUBLICS else BOTH


BOTH = frozenset(Side)
_MENTEE = frozenset({Side.MENTEE})
_MENTOR = frozenset({Side.MENTOR})

_SIDES_OF_SITUATION = {
    Situation.PUPIL: _MENTEE,
    Situation.COLLEGE: _MENTEE,
    Situation.FUTURE_APPRENTICE: _MENTEE,
    Situation.SEEKING_INTERNSHIP: _MENTEE,
    Situation.SEEKING_TRAINING: _MENTEE,
    Situation.SEEKING_WORK_STUDY: _MENTEE,
    Situation.NONE: _MENTEE,
    Situation.RETIRED: _MENTOR,
}

_SENSITIVE_PUBLICS = {
    Public.YOUNG_CARER: Sensitivity.HEALTH,
    Public.DISABILITY: Sensitivity.HEALTH,
    Public.NEWLY_ARRIVED: Sensitivity.ORIGIN,
    Public.REFUGEE: Sensitivity.ORIGIN,
    Public.IMMIGRANT: Sensitivity.ORIGIN,
    Public.ASE: Sensitivity.CHILD_WELFARE,
    Public.PJJ: Sensitivity.JUSTICE,
    Public.DETAINEE: Sensitivity.JUSTICE,
}

_MENTOR_PUBLICS = frozenset(
    {
        Public.PARTNER_EMPLOYER,
        Public.SCHOOL_STAFF,
        Public.BUSINESS_BACKGROUND,
        Public.TWO_YEARS_EXPERIENCE,
        Public.BACKGROUND_CHECKED,
    }
)
_BOTH_PUBLICS = frozenset({Public.WOMAN})

SENSITIVE_PUBLICS = frozenset(_SENSITIVE_PUBLICS)

# Most specific first: a capacity row is looked for in this order. A zone is a list of communes.
PLACE_KINDS = ("commune", "zone", "epci", "departement", "region", "country")
REMOTE = "remote"
