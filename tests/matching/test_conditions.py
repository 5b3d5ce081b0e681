"""Each test of the closed list, by example; and the ten sheets of Roubaix, both sides, said in them."""

from dataclasses import replace
from datetime import date

import pytest

from matching.conditions import TESTS, Truth
from matching.criteria import Expression, meeting, read_criteria
from matching.criteria import tests_of as leaves_of
from matching.profile import Profile
from matching.reading import InvalidInputError
from matching.vocabulary import (
    SENSITIVE_PUBLICS,
    Channel,
    Modality,
    Need,
    Public,
    ReferrerType,
    Sensitivity,
    Side,
    Situation,
    StudyLevel,
)
from matching.wording import rule, told
from tests.matching.oracle import fit

YES, UNKNOWN, NO = Truth.YES, Truth.UNKNOWN, Truth.NO
ROUBAIX = frozenset({"commune:59512", "epci:200093201", "departement:59", "region:32", "country:FR"})
NAMES = {"commune:59512": "Roubaix", "epci:200093201": "la métropole de Lille", "uai:1": "Lycée Baggio"}


def someone(side: Side = Side.MENTEE, **facts: object) -> Profile:
    return Profile(key="r", side=side, **facts)


EXAMPLES = [
    ({"test": "channel", "any_of": ["professional"]}, {"channel": Channel.PROFESSIONAL}, YES),
    ({"test": "channel", "any_of": ["professional"]}, {"channel": Channel.SELF}, NO),
    ({"test": "channel", "any_of": ["professional"]}, {}, UNKNOWN),
    ({"test": "referrer_type", "any_of": ["ase"]}, {"referrer_type": ReferrerType.ASE}, YES),
    ({"test": "referrer_type", "any_of": ["ase"]}, {"referrer_type": ReferrerType.PJJ}, NO),
    ({"test": "referrer_type", "any_of": ["ase"]}, {"channel": Channel.FAMILY}, NO),
    ({"test": "referrer_type", "any_of": ["ase"]}, {"channel": Channel.PROFESSIONAL}, UNKNOWN),
    ({"test": "establishment", "any_of": ["uai:1"]}, {"establishment": "uai:1"}, YES),
    ({"test": "establishment", "any_of": ["uai:1"]}, {"establishment": "uai:2"}, NO),
    ({"test": "establishment", "any_of": ["uai:1"]}, {"establishment": ""}, NO),
    ({"test": "establishment", "any_of": ["uai:1"]}, {"channel": Channel.SELF}, NO),
    ({"test": "establishment", "any_of": ["uai:1"]}, {"channel": Channel.PROFESSIONAL}, UNKNOWN),
    ({"test": "age", "min": 18, "max": 33}, {"age": 18}, YES),
    ({"test": "age", "min": 18, "max": 33}, {"age": 33}, YES),
    ({"test": "age", "min": 18, "max": 33}, {"age": 34}, NO),
    ({"test": "age", "min": 18, "max": 33}, {"age": 17}, NO),
    ({"test": "age", "min": 14}, {"age": 99}, YES),
    ({"test": "age", "max": 18}, {"age": 5}, YES),
    ({"test": "age", "min": 0, "max": 18}, {"age": 0}, YES),
    ({"test": "age", "max": 18}, {}, UNKNOWN),
    (
        {"test": "situation", "any_of": ["apprentice", "student"]},
        {"situations": frozenset({Situation.STUDENT, Situation.EMPLOYED})},
        YES,
    ),
    ({"test": "situation", "any_of": ["apprentice"]}, {"situations": frozenset({Situation.COLLEGE})}, NO),
    ({"test": "situation", "any_of": ["apprentice"]}, {"situations": frozenset()}, NO),
    ({"test": "situation", "any_of": ["apprentice"]}, {}, UNKNOWN),
    ({"test": "level", "from": "2de", "to": "bac+5"}, {"level": StudyLevel.BAC_5}, YES),
    ({"test": "level", "from": "2de", "to": "bac+5"}, {"level": StudyLevel.SECONDE}, YES),
    ({"test": "level", "from": "2de", "to": "bac+5"}, {"level": StudyLevel.TROISIEME}, NO),
    ({"test": "level", "to": "tle"}, {"level": StudyLevel.BAC}, NO),
    ({"test": "level", "from": "6e"}, {"level": StudyLevel.BAC_8}, YES),
    ({"test": "level", "from": "6e"}, {}, UNKNOWN),
    ({"test": "need", "any_of": ["guidance"]}, {"needs": frozenset({Need.GUIDANCE, Need.MOBILITY})}, YES),
    ({"test": "need", "any_of": ["guidance"]}, {"needs": frozenset({Need.MOBILITY})}, NO),
    ({"test": "need", "any_of": ["guidance"]}, {}, UNKNOWN),
    ({"test": "public", "any_of": ["qpv", "rural"]}, {"publics": {Public.QPV: False, Public.RURAL: True}}, YES),
    ({"test": "public", "any_of": ["qpv", "rural"]}, {"publics": {Public.QPV: False}}, UNKNOWN),
    ({"test": "public", "any_of": ["qpv", "rural"]}, {"publics": {Public.QPV: False, Public.RURAL: None}}, UNKNOWN),
    ({"test": "public", "any_of": ["qpv", "rural"]}, {"publics": {Public.QPV: False, Public.RURAL: False}}, NO),
    ({"not": {"test": "public", "any_of": ["detainee"]}}, {"publics": {Public.DETAINEE: True}}, NO),
    ({"not": {"test": "public", "any_of": ["detainee"]}}, {"publics": {Public.DETAINEE: False}}, YES),
    ({"not": {"test": "public", "any_of": ["detainee"]}}, {}, UNKNOWN),
    ({"test": "territory", "any_of": ["epci:200093201"]}, {"places": ROUBAIX}, YES),
    ({"test": "territory", "any_of": ["commune:13055"]}, {"places": ROUBAIX}, NO),
    ({"test": "territory", "any_of": ["commune:13055"]}, {}, UNKNOWN),
    ({"test": "modality", "any_of": ["remote"]}, {"modalities": frozenset({Modality.REMOTE})}, YES),
    ({"test": "modality", "any_of": ["remote"]}, {"modalities": frozenset({Modality.IN_PERSON})}, NO),
    ({"test": "modality", "any_of": ["remote"]}, {}, UNKNOWN),
    ({"test": "months", "min": 6}, {"months": 6}, YES),
    ({"test": "months", "min": 6}, {"months": 5}, NO),
    ({"test": "months", "min": 6}, {}, UNKNOWN),
    ({"test": "hours_a_month", "min": 8}, {"hours_a_month": 8}, YES),
    ({"test": "hours_a_month", "min": 8}, {"hours_a_month": 7, "months": 9}, NO),
    ({"test": "available_by", "date": "2026-10-01"}, {"available_from": date(2026, 10, 1)}, YES),
    ({"test": "available_by", "date": "2026-10-01"}, {"available_from": date(2026, 10, 2)}, NO),
    ({"test": "available_by", "date": "2026-10-01"}, {}, UNKNOWN),
]


@pytest.mark.parametrize(("criteria", "facts", "expected"), EXAMPLES)
def test_a_test_answers_yes_no_or_unknown(criteria: object, facts: dict[str, object], expected: Truth) -> None:
    assert fit(read_criteria(criteria), someone(**facts)).outcome is expected


def test_every_test_has_an_example() -> None:
    assert {leaf.code for criteria, _, _ in EXAMPLES for leaf in leaves_of(read_criteria(criteria))} == set(TESTS)


SENTENCES = [
    ({"test": "age", "min": 18, "max": 33}, "de 18 à 33\u00a0ans"),
    ({"test": "age", "min": 14}, "à partir de 14\u00a0ans"),
    ({"test": "age", "max": 18}, "jusqu’à 18\u00a0ans"),
    ({"test": "level", "from": "6e", "to": "bac+2"}, "de 6e à Bac+2"),
    ({"test": "level", "to": "cm2"}, "jusqu’à CM2"),
    ({"test": "channel", "any_of": ["family", "professional"]}, "demande faite par la famille ou un professionnel"),
    ({"test": "need", "any_of": ["guidance"]}, "orientation"),
    ({"test": "territory", "any_of": ["commune:59512", "commune:1"]}, "Roubaix ou commune:1"),
    ({"test": "establishment", "any_of": ["uai:1"]}, "Lycée Baggio"),
    ({"test": "modality", "any_of": ["remote", "in_person"]}, "en présentiel ou à distance"),
    ({"test": "months", "min": 6}, "au moins 6\u00a0mois"),
    ({"test": "hours_a_month", "min": 1}, "au moins 1\u00a0heure par mois"),
    ({"test": "hours_a_month", "min": 8}, "au moins 8\u00a0heures par mois"),
    ({"test": "available_by", "date": "2026-10-01"}, "disponible au plus tard le 1er\u00a0octobre 2026"),
    ({"test": "public", "any_of": ["qpv"]}, "quartier prioritaire (QPV)"),
]


@pytest.mark.parametrize(("criteria", "sentence"), SENTENCES)
def test_a_rule_is_a_sentence_in_french(criteria: object, sentence: str) -> None:
    (leaf,) = leaves_of(read_criteria(criteria))
    assert rule(leaf, NAMES) == sentence
    assert rule(leaf, NAMES, excluded=True) == f"sauf\u00a0: {sentence}"


KNOWN = someone(
    channel=Channel.PROFESSIONAL,
    referrer_type=ReferrerType.MISSION_LOCALE,
    establishment="uai:1",
    age=16,
    situations=frozenset({Situation.VOCATIONAL_LYCEE}),
    level=StudyLevel.PREMIERE,
    needs=frozenset({Need.GUIDANCE, Need.AUTONOMY}),
    publics={Public.QPV: True, Public.REFUGEE: True},
    places=ROUBAIX,
    modalities=frozenset({Modality.REMOTE}),
    months=9,
    hours_a_month=4,
    available_from=date(2026, 9, 15),
)
FACTS = {
    "channel": "demande faite par un professionnel",
    "referrer_type": "mission locale",
    "establishment": "Lycée Baggio",
    "age": "16\u00a0ans",
    "situation": "au lycée professionnel",
    "level": "première ou CAP 2e année (Bac−2)",
    "need": "autonomie, orientation",
    "public": "quartier prioritaire (QPV)\u00a0: oui",
    "territory": "habite Roubaix",
    "modality": "à distance",
    "months": "9\u00a0mois",
    "hours_a_month": "4\u00a0heures par mois",
    "available_by": "disponible à partir du 15\u00a0septembre 2026",
}


@pytest.mark.parametrize("code", FACTS)
def test_a_fact_is_told_in_words_and_its_absence_too(code: str) -> None:
    criteria = next(each for each, _, _ in EXAMPLES if isinstance(each, dict) and each.get("test") == code)
    (leaf,) = leaves_of(read_criteria({"test": "public", "any_of": ["qpv"]} if code == "public" else criteria))
    assert told(leaf, KNOWN, NAMES) == FACTS[code]
    assert told(leaf, someone(), NAMES) == "non renseigné"


def test_only_the_answers_a_rule_asks_for_are_told() -> None:
    (leaf,) = leaves_of(read_criteria({"test": "public", "any_of": ["qpv", "rural"]}))
    assert "réfugiée" not in told(leaf, KNOWN, NAMES)


def test_who_comes_alone_has_neither_referrer_nor_partner() -> None:
    alone = someone(channel=Channel.SELF)
    assert told(TESTS["referrer_type"](frozenset()), alone, NAMES) == "sans prescripteur professionnel"
    assert told(TESTS["establishment"](frozenset()), alone, NAMES) == "aucun"


BAD = [
    ({"test": "shoe_size", "min": 3}, "$.test"),
    ({"all": [{"test": "age", "min": "18"}]}, "$.all[0].min"),
    ({"any": [{"all": []}, {"not": {"test": "age"}}]}, "$.any[1].not"),
    ({"test": "age", "min": 20, "max": 10}, "$"),
    ({"test": "age", "min": -1}, "$.min"),
    ({"test": "age", "min": True}, "$.min"),
    ({"test": "age", "min": 3, "step": 1}, "$.step"),
    ({"test": "level", "from": "bac", "to": "cp"}, "$"),
    ({"test": "level", "from": "ce3"}, "$.from"),
    ({"test": "level"}, "$"),
    ({"test": "channel", "any_of": ["pigeon"]}, "$.any_of[0]"),
    ({"test": "need", "any_of": []}, "$.any_of"),
    ({"test": "need", "any_of": "guidance"}, "$.any_of"),
    ({"test": "need"}, "$.any_of"),
    ({"test": "territory", "any_of": ["59512"]}, "$.any_of[0]"),
    ({"test": "territory", "any_of": ["planet:mars"]}, "$.any_of[0]"),
    ({"test": "establishment", "any_of": [""]}, "$.any_of[0]"),
    ({"test": "months", "min": 0}, "$.min"),
    ({"test": "available_by", "date": "1er octobre"}, "$.date"),
    ({"all": [], "any": []}, "$"),
    ({"none": []}, "$"),
    ({}, "$"),
    ([], "$"),
    ({"all": {}}, "$.all"),
    ({"test": 3}, "$.test"),
]


@pytest.mark.parametrize(("criteria", "path"), BAD)
def test_bad_criteria_are_refused_with_the_path(criteria: object, path: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read_criteria(criteria)
    assert refused.value.path == path


def test_criteria_nested_without_end_are_refused() -> None:
    criteria: dict[str, object] = {"all": []}
    for _ in range(40):
        criteria = {"not": criteria}
    with pytest.raises(InvalidInputError, match="deep"):
        read_criteria(criteria)


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        ({"side": "mentee"}, "$.key"),
        ({"key": "r"}, "$.side"),
        ({"key": "r", "side": "mentee", "age": 16.5}, "$.age"),
        ({"key": "r", "side": "mentee", "publics": {"qpv": "yes"}}, "$.publics.qpv"),
        ({"key": "r", "side": "mentee", "publics": {"rich": True}}, "$.publics.rich"),
        ({"key": "r", "side": "mentee", "name": "Léa"}, "$.name"),
        ({"key": "r", "side": "mentee", "available_from": "soon"}, "$.available_from"),
    ],
)
def test_a_bad_profile_is_refused_with_the_path(facts: object, path: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        Profile.from_json(facts)
    assert refused.value.path == path


def test_study_levels_are_ordered_from_cp_to_bac_8() -> None:
    assert StudyLevel.CP < StudyLevel.SIXIEME < StudyLevel.SECONDE < StudyLevel.BAC < StudyLevel.BAC_8
    assert StudyLevel.BAC_8 >= StudyLevel.BAC_8 > StudyLevel.BAC_7 >= StudyLevel.CE1 <= StudyLevel.CE1
    assert max(StudyLevel) is StudyLevel.BAC_8


def test_sensitive_answers_are_known_as_such() -> None:
    assert Public.ASE.sensitive is Sensitivity.CHILD_WELFARE
    assert Public.QPV.sensitive is None
    assert ReferrerType.PRISON.sensitive is Sensitivity.JUSTICE
    assert ReferrerType.COLLEGE.sensitive is None
    assert {Public.DISABILITY, Public.REFUGEE, Public.DETAINEE} <= SENSITIVE_PUBLICS
    assert Public.PARTNER_EMPLOYER.sides == {Side.MENTOR}
    assert Situation.RETIRED.sides == {Side.MENTOR}
    assert Situation.STUDENT.sides == Public.WOMAN.sides == frozenset(Side)
    assert Public.QPV.sides == {Side.MENTEE}


def any_of(test: str, *words: str) -> dict[str, object]:
    return {"test": test, "any_of": list(words)}


HERE = any_of("territory", "commune:59512")
LILLE = any_of("territory", "epci:200093201")
FACE = any_of("modality", "in_person", "hybrid")
SHEETS: dict[str, tuple[object, object]] = {
    "Afev": (
        {"all": [{"test": "age", "min": 5, "max": 18}, HERE]},
        any_of("situation", "student", "work_study"),
    ),
    "ANAF": (
        any_of("situation", "apprentice", "future_apprentice"),
        {
            "any": [
                {
                    "all": [
                        any_of("situation", "apprentice"),
                        {"test": "age", "min": 21},
                        any_of("public", "two_years_experience"),
                    ]
                },
                any_of("situation", "employed"),
            ]
        },
    ),
    "Article 1": (
        {"all": [{"test": "level", "from": "2de", "to": "bac+5"}, any_of("public", "modest")]},
        any_of("situation", "employed"),
    ),
    "Proxité": (
        {
            "all": [
                {"test": "level", "from": "6e"},
                {"any": [any_of("public", "qpv", "dropout"), any_of("channel", "professional")]},
                FACE,
                HERE,
            ]
        },
        {"all": [any_of("situation", "employed", "self_employed"), {"test": "months", "min": 12}]},
    ),
    "C'Possible": (
        {"all": [any_of("situation", "vocational_lycee", "technological_lycee"), any_of("public", "dropout")]},
        {"all": [any_of("situation", "employed", "retired"), any_of("public", "business_background")]},
    ),
    "DUO for a JOB": (
        {
            "all": [
                {"test": "age", "min": 18, "max": 33},
                any_of("public", "refugee", "immigrant"),
                any_of("need", "job_search", "first_job"),
            ]
        },
        {"all": [{"test": "age", "min": 50}, {"test": "hours_a_month", "min": 8}]},
    ),
    "FACE": (
        {"all": [{"test": "age", "min": 14}, any_of("public", "qpv")]},
        any_of("situation", "employed", "retired"),
    ),
    "LA CLÉ": (
        {
            "all": [
                {"test": "level", "from": "cp", "to": "tle"},
                any_of("public", "school_difficulty", "newly_arrived"),
                any_of("channel", "professional"),
                LILLE,
            ]
        },
        any_of("situation", "employed", "student", "retired"),
    ),
    "La Cravate Solidaire": (
        {
            "all": [
                any_of("situation", "seeking_job", "seeking_internship", "seeking_training", "seeking_work_study"),
                any_of("public", "insertion"),
                FACE,
                HERE,
            ]
        },
        {"all": []},
    ),
    "Télémaque": (
        {
            "all": [
                {
                    "any": [
                        {
                            "all": [
                                any_of("situation", "college", "general_lycee"),
                                {"test": "level", "from": "5e", "to": "bac"},
                            ]
                        },
                        {
                            "all": [
                                any_of("situation", "vocational_lycee", "technological_lycee", "apprentice"),
                                {"test": "level", "from": "5e", "to": "bac+2"},
                            ]
                        },
                    ]
                },
                any_of("public", "qpv", "small_town"),
                FACE,
            ]
        },
        {
            "any": [
                {"all": [any_of("situation", "employed"), any_of("public", "partner_employer")]},
                any_of("public", "school_staff"),
            ]
        },
    ),
}
PUPIL = someone(
    channel=Channel.PROFESSIONAL,
    age=16,
    situations=frozenset({Situation.VOCATIONAL_LYCEE}),
    level=StudyLevel.PREMIERE,
    needs=frozenset({Need.GUIDANCE}),
    publics={Public.QPV: True, Public.DROPOUT: True, Public.MODEST: True, Public.SCHOOL_DIFFICULTY: True},
    places=ROUBAIX,
    modalities=frozenset({Modality.IN_PERSON}),
)
RETIRED = someone(
    Side.MENTOR,
    channel=Channel.SELF,
    age=66,
    situations=frozenset({Situation.RETIRED}),
    publics={Public.BUSINESS_BACKGROUND: True, Public.PARTNER_EMPLOYER: False, Public.SCHOOL_STAFF: False},
    hours_a_month=10,
    months=12,
    modalities=frozenset(Modality),
)


def fitting(profile: Profile, side: int) -> set[str]:
    return {name for name, both in SHEETS.items() if fit(read_criteria(both[side]), profile).outcome is YES}


def test_the_ten_sheets_of_roubaix_can_be_said_on_the_young_side() -> None:
    assert fitting(PUPIL, 0) == {"Afev", "Article 1", "Proxité", "C'Possible", "FACE", "LA CLÉ", "Télémaque"}
    refugee = replace(
        PUPIL, age=33, situations=frozenset({Situation.SEEKING_JOB}), publics={Public.REFUGEE: True}, level=None
    )
    assert fitting(replace(refugee, needs=frozenset({Need.JOB_SEARCH})), 0) == {"DUO for a JOB"}
    alone = replace(PUPIL, channel=Channel.SELF, publics={Public.QPV: True}, places=frozenset({"country:FR"}))
    assert fitting(alone, 0) == {"FACE", "Télémaque"}


def test_the_ten_sheets_of_roubaix_can_be_said_on_the_mentors_side() -> None:
    assert fitting(RETIRED, 1) == {"C'Possible", "DUO for a JOB", "FACE", "LA CLÉ", "La Cravate Solidaire"}
    employee = replace(
        RETIRED, age=30, situations=frozenset({Situation.EMPLOYED}), publics={Public.PARTNER_EMPLOYER: True}
    )
    assert fitting(employee, 1) >= {"Télémaque", "ANAF", "Article 1", "Proxité"}
    volunteer = replace(employee, publics={Public.PARTNER_EMPLOYER: False, Public.SCHOOL_STAFF: False})
    assert fit(read_criteria(SHEETS["Télémaque"][1]), volunteer).outcome is NO


@pytest.mark.parametrize(
    ("ways", "person", "expected"),
    [
        ({Modality.IN_PERSON}, {Modality.IN_PERSON}, YES),
        ({Modality.REMOTE}, {Modality.IN_PERSON}, NO),
        ({Modality.REMOTE}, {Modality.REMOTE}, YES),
        ({Modality.IN_PERSON, Modality.REMOTE}, {Modality.REMOTE}, YES),
    ],
)
def test_the_usual_branch_of_a_sheet(ways: set[Modality], person: set[Modality], expected: Truth) -> None:
    branch: Expression = meeting(frozenset(ways), frozenset({"commune:59512"}))
    assert fit(branch, someone(places=ROUBAIX, modalities=frozenset(person))).outcome is expected


def test_remote_is_anywhere_and_in_person_is_here() -> None:
    branch = meeting(frozenset(Modality), frozenset({"commune:13055"}))
    assert fit(branch, someone(places=ROUBAIX, modalities=frozenset(Modality))) == (NO, YES)
    assert fit(meeting(frozenset({Modality.IN_PERSON}), frozenset()), someone(modalities=frozenset(Modality)))[0] is YES
