"""Each test as words said of a person: « de 14 à 25 ans », « habitant un quartier prioritaire », « pour la motivation ».

The words of one test are alternatives, joined by « ou ». Names: what places and establishments are called.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from matching.conditions import (
    AgeTest,
    AnyOfTest,
    AvailableTest,
    ChannelTest,
    EstablishmentTest,
    HoursTest,
    LevelTest,
    ModalityTest,
    MonthsTest,
    NeedTest,
    PublicTest,
    ReferrerTypeTest,
    SituationTest,
    TerritoryTest,
    Test,
)
from matching.vocabulary import Channel, Modality, Need, Public, ReferrerType, StudyLevel, Word
from matching.whereabouts import inside, outside
from matching.wording import Names, listed, quoted, rule

NOBODY = "personne"
W = TypeVar("W", bound=Word)

CHANNELS: Mapping[Channel, str] = {
    Channel.SELF: "inscrit par lui-même",
    Channel.FAMILY: "inscrit par sa famille",
    Channel.PROFESSIONAL: "orienté par un professionnel",
}
REFERRERS: Mapping[ReferrerType, str] = {
    ReferrerType.PRIMARY_SCHOOL: "une école élémentaire",
    ReferrerType.COLLEGE: "un collège",
    ReferrerType.GENERAL_LYCEE: "un lycée général",
    ReferrerType.TECHNOLOGICAL_LYCEE: "un lycée technologique",
    ReferrerType.VOCATIONAL_LYCEE: "un lycée professionnel",
    ReferrerType.CFA: "un centre de formation d’apprentis",
    ReferrerType.HIGHER_EDUCATION: "un établissement d’enseignement supérieur",
    ReferrerType.GUIDANCE_CENTRE: "un centre d’information et d’orientation",
    ReferrerType.SECOND_CHANCE_SCHOOL: "une école de la 2e chance",
    ReferrerType.EDUCATIONAL_SUCCESS: "un programme de réussite éducative",
    ReferrerType.CITE_EDUCATIVE: "une cité éducative",
    ReferrerType.MISSION_LOCALE: "une mission locale",
    ReferrerType.FRANCE_TRAVAIL: "France Travail (Pôle emploi)",
    ReferrerType.MAISON_DE_L_EMPLOI: "une maison de l’emploi",
    ReferrerType.INSERTION_STRUCTURE: "une structure d’insertion",
    ReferrerType.CENTRE_SOCIAL: "un centre social",
    ReferrerType.YOUTH_ASSOCIATION: "une association de jeunesse",
    ReferrerType.ASSOCIATION: "une autre association",
    ReferrerType.SPECIALISED_PREVENTION: "la prévention spécialisée",
    ReferrerType.LOCAL_AUTHORITY: "une commune (ou son service social)",
    ReferrerType.ASE: "l’Aide sociale à l’enfance",
    ReferrerType.PJJ: "la Protection judiciaire de la jeunesse",
    ReferrerType.PRISON: "l’administration pénitentiaire",
    ReferrerType.REFUGEE_HOUSING: "un hébergement de personnes réfugiées",
    ReferrerType.HEALTH_STRUCTURE: "une structure de santé (ou du handicap)",
    ReferrerType.OTHER: "une autre structure",
}
NEEDS: Mapping[Need, str] = {
    Need.SCHOOL_SUPPORT: "le soutien scolaire",
    Need.ACADEMIC_SUCCESS: "la réussite des études",
    Need.FRENCH_SCHOOLING: "le français langue de scolarisation",
    Need.MOTIVATION: "la motivation",
    Need.SELF_CONFIDENCE: "la confiance en soi",
    Need.AUTONOMY: "l’autonomie",
    Need.MOBILITY: "la mobilité",
    Need.CULTURE: "l’ouverture culturelle",
    Need.GUIDANCE: "l’orientation",
    Need.INTERNSHIP: "la recherche de stage",
    Need.APPRENTICESHIP: "la recherche d’un contrat d’apprentissage",
    Need.KEEP_CONTRACT: "la réussite de l’apprentissage",
    Need.FIRST_JOB: "le premier emploi",
    Need.JOB_SEARCH: "la recherche d’emploi",
    Need.ENTREPRENEURSHIP: "la création d’activité",
    Need.SOCIAL_TIES: "le réseau et le lien social",
}
PUBLICS: Mapping[Public, str] = {
    Public.QPV: "habitant un quartier prioritaire",
    Public.RURAL: "habitant un territoire rural",
    Public.SMALL_TOWN: "habitant une petite ville",
    Public.MODEST: "de milieu modeste",
    Public.REP: "élève en REP (ou REP+)",
    Public.SCHOOL_DIFFICULTY: "en difficulté scolaire",
    Public.DROPOUT: "en décrochage (ou en risque de décrochage)",
    Public.INSERTION: "en parcours d’insertion",
    Public.ENTREPRENEUR: "porteur d’un projet d’entreprise",
    Public.WOMAN: "femme",
    Public.YOUNG_CARER: "jeune aidant",
    Public.DISABILITY: "en situation de handicap",
    Public.NEWLY_ARRIVED: "arrivé récemment en France",
    Public.REFUGEE: "réfugié",
    Public.IMMIGRANT: "ayant un parcours d’immigration",
    Public.ASE: "suivi par l’Aide sociale à l’enfance",
    Public.PJJ: "suivi par la PJJ",
    Public.DETAINEE: "détenu",
    Public.PARTNER_EMPLOYER: "salarié d’un employeur partenaire",
    Public.SCHOOL_STAFF: "membre du personnel de l’établissement scolaire",
    Public.BUSINESS_BACKGROUND: "ayant une expérience en entreprise",
    Public.TWO_YEARS_EXPERIENCE: "ayant deux ans d’expérience",
    Public.BACKGROUND_CHECKED: "dont l’honorabilité est vérifiée",
}
LEVELS: Mapping[StudyLevel, str] = {
    StudyLevel.SECONDE: "seconde (Bac−3)",
    StudyLevel.PREMIERE: "première (Bac−2)",
    StudyLevel.TERMINALE: "terminale (Bac−1)",
}
PARTLY, AT_LEAST = "en partie à distance", "au moins en partie"
WAYS: Mapping[Modality, str] = {
    Modality.IN_PERSON: "en présentiel",
    Modality.HYBRID: PARTLY,
    Modality.REMOTE: "à distance",
}


def phrase(test: Test, names: Names, most: int | None = None) -> str:
    """The test said of a person. most: how many places are named, all of them when None."""
    said = PHRASES.get(type(test))
    if said is not None:
        return said(test, names)
    if isinstance(test, TerritoryTest):
        return f"habitant {where(test, names, most)}"
    return rule(test, names)


def exclusion(test: Test, names: Names, most: int | None = None) -> str:
    """The contrary of the test: « hors du Nord », « sauf étudiant »."""
    if isinstance(test, TerritoryTest):
        return f"hors {_listed_places(test, names, most, outside, 'et')}"
    return f"sauf {phrase(test, names)}"


def where(test: TerritoryTest, names: Names, most: int | None = None) -> str:
    """« à Roubaix ou dans le Nord », as many as most of them by name."""
    return _listed_places(test, names, most, inside, "ou")


def _listed_places(
    test: TerritoryTest, names: Names, most: int | None, said: Callable[[str, str], str], last: str
) -> str:
    known = sorted((names.get(code, code), code) for code in test.any_of)
    words = [said(code, name) for name, code in known]
    if most is not None and len(words) > most:
        return f"{', '.join(words[:most])} {last} {len(words) - most} autres lieux"
    return _any(words, last)


def ways_said(ways: frozenset[str]) -> str:
    """« en présentiel ou à distance », and all three in the fewest words."""
    both = "en partie ou entièrement à distance"
    match tuple(way in ways for way in WAYS):
        case True, True, True:
            return f"en présentiel, {both}"
        case False, True, True:
            return both
        case True, True, False:
            return f"en présentiel ({AT_LEAST})"
    return _any([said for way, said in WAYS.items() if way in ways])


def meeting_said(ways: frozenset[str], place: str, *, short: bool = False) -> str:
    """« en présentiel à Roubaix »; short: « à Roubaix », beside a meeting at a distance that tells them apart."""
    if Modality.REMOTE in ways:
        return f"{WAYS[Modality.REMOTE]} {place}"
    said = place if short or Modality.IN_PERSON not in ways else f"en présentiel {place}"
    if Modality.HYBRID not in ways:
        return said
    return f"{said} ({AT_LEAST})" if Modality.IN_PERSON in ways else f"{said} ({PARTLY})"


def _any(words: Iterable[str], last: str = "ou") -> str:
    found = list(words)
    return listed(found, last) if found else NOBODY


def _chosen(table: Mapping[W, str], test: Test) -> list[str]:
    assert isinstance(test, AnyOfTest)
    return [said for word, said in table.items() if word in test.any_of]


def _level(test: Test) -> str:
    assert isinstance(test, LevelTest)
    lowest, highest = test.lowest, test.highest
    if lowest is highest:
        return f"de niveau {LEVELS.get(lowest, lowest.label)}" if lowest else "de tout niveau"
    if highest is None:
        return f"à partir {_of(_article(lowest))}" if lowest else ""
    return f"{_of(_article(lowest))} {_to(_article(highest))}" if lowest else f"jusqu’{_to(_article(highest))}"


def _article(level: StudyLevel) -> str:
    masculine = level <= StudyLevel.CM2 or level >= StudyLevel.BAC
    return f"{'le' if masculine else 'la'} {LEVELS.get(level, level.label)}"


def _of(words: str) -> str:
    return f"du {words[3:]}" if words.startswith("le ") else f"de {words}"


def _to(words: str) -> str:
    return f"au {words[3:]}" if words.startswith("le ") else f"à {words}"


def _age(test: Test) -> str:
    assert isinstance(test, AgeTest)
    if test.least is None and test.most is None:
        return "de tout âge"
    return f"{'de ' if test.least == test.most else ''}{rule(test, {})}"


def _establishments(test: Test, names: Names) -> str:
    assert isinstance(test, EstablishmentTest)
    return f"venant de {_any(quoted(name) for name in sorted(names.get(code, code) for code in test.any_of))}"


PHRASES: Mapping[type[Test], Callable[[Test, Names], str]] = {
    AgeTest: lambda test, _: _age(test),
    LevelTest: lambda test, _: _level(test),
    ChannelTest: lambda test, _: _any(_chosen(CHANNELS, test)),
    ReferrerTypeTest: lambda test, _: f"envoyé par {_any(_chosen(REFERRERS, test))}",
    NeedTest: lambda test, _: f"pour {_any(_chosen(NEEDS, test))}",
    PublicTest: lambda test, _: _any(_chosen(PUBLICS, test)),
    SituationTest: rule,
    EstablishmentTest: _establishments,
    ModalityTest: lambda test, _: ways_said(frozenset(getattr(test, "any_of", ()))),
    MonthsTest: lambda test, _: f"s’engageant {rule(test, {})}",
    HoursTest: lambda test, _: f"donnant {rule(test, {})}",
    AvailableTest: rule,
}
