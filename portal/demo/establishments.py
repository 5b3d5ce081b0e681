"""Establishments and professionals that refer young people, all invented."""

from dataclasses import dataclass
from random import Random

from matching.vocabulary import ReferrerType
from portal.places.atlas import Commune


@dataclass(frozen=True, slots=True)
class Establishment:
    """Where a professional works: ``code`` is what criteria name as a partner."""

    code: str
    name: str
    kind: ReferrerType
    commune: str


_R = ReferrerType
_VOWELS = frozenset("AEIOUYÀÂÉÈÊËÎÏÔŒ")
_SCHOOL_NAMES = (
    "des Tisserands", "du Vieux-Moulin", "de la Rose-des-Vents", "des Glycines", "du Pont-Neuf", "des Quatre-Saisons",
    "de l’Étang", "des Hirondelles", "du Grand-Large", "des Bleuets", "de la Source", "des Cerisiers", "du Belvédère",
    "des Trois-Rivières", "de la Plaine", "du Petit-Bois",
)  # fmt: skip
_SHAPES = {
    _R.PRIMARY_SCHOOL: ("École {school}", "Enseignante"),
    _R.COLLEGE: ("Collège {school}", "Conseillère principale d’éducation"),
    _R.GENERAL_LYCEE: ("Lycée {school}", "Professeur principal"),
    _R.TECHNOLOGICAL_LYCEE: ("Lycée technologique {school}", "Professeur principal"),
    _R.VOCATIONAL_LYCEE: ("Lycée professionnel {school}", "Coordinateur décrochage"),
    _R.CFA: ("CFA {school}", "Référente des apprentis"),
    _R.HIGHER_EDUCATION: ("Campus {school}", "Chargée de vie étudiante"),
    _R.GUIDANCE_CENTRE: ("CIO de {city}", "Psychologue de l’Éducation nationale"),
    _R.SECOND_CHANCE_SCHOOL: ("École de la 2e chance de {city}", "Formateur référent"),
    _R.EDUCATIONAL_SUCCESS: ("Programme de réussite éducative de {city}", "Référente de parcours"),
    _R.CITE_EDUCATIVE: ("Équipe éducative de {city}", "Cheffe de projet"),
    _R.MISSION_LOCALE: ("Mission locale de {city}", "Conseiller en insertion"),
    _R.FRANCE_TRAVAIL: ("Agence de {city}", "Conseillère"),
    _R.MAISON_DE_L_EMPLOI: ("Maison de l’emploi de {city}", "Chargé de mission"),
    _R.INSERTION_STRUCTURE: ("Chantier d’insertion {school}", "Accompagnatrice socioprofessionnelle"),
    _R.CENTRE_SOCIAL: ("Centre social {school}", "Animatrice jeunesse"),
    _R.YOUTH_ASSOCIATION: ("Maison des jeunes {school}", "Animateur"),
    _R.ASSOCIATION: ("Association {school}", "Bénévole référente"),
    _R.SPECIALISED_PREVENTION: ("Club de prévention {school}", "Éducateur de rue"),
    _R.LOCAL_AUTHORITY: ("Centre communal d’action sociale de {city}", "Assistante sociale"),
    _R.ASE: ("Service de l’enfance de {city}", "Éducatrice spécialisée"),
    _R.PJJ: ("Unité éducative de {city}", "Éducateur"),
    _R.PRISON: ("Service d’insertion de {city}", "Conseillère d’insertion"),
    _R.REFUGEE_HOUSING: ("Foyer {school}", "Intervenante sociale"),
    _R.HEALTH_STRUCTURE: ("Maison de santé {school}", "Assistante sociale"),
    _R.OTHER: ("Structure {school}", "Référente"),
}


def new_establishment(code: str, kind: ReferrerType, commune: Commune, random: Random) -> Establishment:
    """Invent one in a commune."""
    city, school = commune.name.removesuffix(" arrondissement"), random.choice(_SCHOOL_NAMES)
    shape = _SHAPES[kind][0].format(city=city, school=school)
    return Establishment(code, _elided(shape), kind, commune.code)


def function_of(kind: ReferrerType) -> str:
    """What the person who refers does there."""
    return _SHAPES[kind][1]


def _elided(text: str) -> str:
    for article, short in ((" de Le ", " du "), (" de Les ", " des ")):
        text = text.replace(article, short)
    before, of, city = text.rpartition(" de ")
    return f"{before} d’{city}" if of and city[:1] in _VOWELS else text
