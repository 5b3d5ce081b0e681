"""Whom the ten associations of Roubaix take, as their sheets say."""

from dataclasses import replace

import pytest

from matching.conditions import Truth
from matching.criteria import read_criteria
from matching.profile import Profile
from matching.vocabulary import (
    Channel,
    Modality,
    Need,
    Public,
    ReferrerType,
    Side,
    Situation,
    StudyLevel,
)
from portal.demo import DemoAssociation, demo_associations
from portal.places import label, places_of
from tests.matching.oracle import fit

ROUBAIX = places_of("59512")
LILLE = places_of("59350")

BY_KEY = {each.key: each for each in demo_associations(1)[:14]}
TEN = {key: each for key, each in BY_KEY.items() if each.programmes}


def outcome(association: DemoAssociation, profile: Profile) -> Truth:
    [programme] = association.programmes
    criteria = programme.criteria(profile.side)
    assert criteria is not None
    return fit(read_criteria(criteria), profile).outcome


def taken_by(profile: Profile, wanted: Truth = Truth.YES) -> set[str]:
    return {key for key, each in TEN.items() if outcome(each, profile) is wanted}


def young(age: int, **facts: object) -> Profile:
    usual: dict[str, object] = {
        "channel": Channel.SELF,
        "age": age,
        "level": StudyLevel.TERMINALE,
        "situations": frozenset({Situation.GENERAL_LYCEE}),
        "needs": frozenset({Need.SCHOOL_SUPPORT}),
        "publics": dict.fromkeys(Public, False),
        "places": ROUBAIX,
        "modalities": frozenset(Modality),
    }
    return replace(Profile("somebody", Side.MENTEE), **(usual | facts))  # type: ignore[arg-type]


def answers(*yes: Public) -> dict[Public, bool]:
    return dict.fromkeys(Public, False) | dict.fromkeys(yes, True)


def volunteer(age: int, *situations: Situation, publics: tuple[Public, ...] = (), **facts: object) -> Profile:
    usual: dict[str, object] = {
        "channel": Channel.SELF,
        "age": age,
        "level": StudyLevel.BAC_3,
        "situations": frozenset(situations),
        "publics": answers(*publics),
        "places": LILLE,
        "modalities": frozenset(Modality),
        "months": 12,
        "hours_a_month": 8,
    }
    return replace(Profile("somebody", Side.MENTOR), **(usual | facts))  # type: ignore[arg-type]


OBVIOUS = {
    "afev": young(12, level=StudyLevel.SIXIEME, needs=frozenset({Need.SELF_CONFIDENCE})),
    "anaf": young(17, situations=frozenset({Situation.FUTURE_APPRENTICE}), needs=frozenset({Need.APPRENTICESHIP})),
    "article-1": young(19, level=StudyLevel.BAC_1, situations=frozenset({Situation.STUDENT}),
                       needs=frozenset({Need.ACADEMIC_SUCCESS}), publics=answers(Public.MODEST)),
    "proxite": young(13, level=StudyLevel.CINQUIEME, publics=answers(Public.QPV)),
    "c-possible": young(17, situations=frozenset({Situation.VOCATIONAL_LYCEE}), publics=answers(Public.DROPOUT)),
    "duo-for-a-job": young(33, situations=frozenset({Situation.SEEKING_JOB}), publics=answers(Public.REFUGEE)),
    "face-mel": young(16, needs=frozenset({Need.GUIDANCE}), publics=answers(Public.QPV)),
    "la-cle": young(9, level=StudyLevel.CE2, situations=frozenset({Situation.PUPIL}), channel=Channel.PROFESSIONAL,
                    referrer_type=ReferrerType.PRIMARY_SCHOOL, publics=answers(Public.NEWLY_ARRIVED)),
    "la-cravate-solidaire": young(24, situations=frozenset({Situation.SEEKING_JOB}), needs=frozenset({Need.JOB_SEARCH}),
                                  publics=answers(Public.INSERTION)),
    "telemaque": young(14, level=StudyLevel.QUATRIEME, situations=frozenset({Situation.COLLEGE}),
                       publics=answers(Public.QPV)),
}  # fmt: skip

OBVIOUS_MENTORS = {
    "afev": volunteer(21, Situation.STUDENT),
    "anaf": volunteer(22, Situation.APPRENTICE, publics=(Public.TWO_YEARS_EXPERIENCE,)),
    "article-1": volunteer(35, Situation.EMPLOYED),
    "proxite": volunteer(40, Situation.SELF_EMPLOYED),
    "c-possible": volunteer(66, Situation.RETIRED, publics=(Public.BUSINESS_BACKGROUND,)),
    "duo-for-a-job": volunteer(50, Situation.SEEKING_JOB),
    "face-mel": volunteer(63, Situation.RETIRED),
    "la-cle": volunteer(20, Situation.STUDENT),
    "la-cravate-solidaire": volunteer(30, Situation.SEEKING_JOB, months=2, hours_a_month=2),
    "telemaque": volunteer(38, Situation.EMPLOYED, publics=(Public.PARTNER_EMPLOYER,)),
}


def test_the_ten_are_there_with_the_figures_of_their_sheets() -> None:
    figures = {
        key: (
            each.created,
            each.capacities[0].places,
            each.objectives[0].published_national,
            each.objectives[0].published_local,
        )
        for key, each in TEN.items()
    }
    assert figures == {
        "afev": (1992, 90, 31125, 120),
        "anaf": (2021, 30, 765, 130),
        "article-1": (2004, 200, 34614, 842),
        "proxite": (2002, 30, 2100, 118),
        "c-possible": (2008, 20, 381, 20),
        "duo-for-a-job": (2019, 10, 369, 52),
        "face-mel": (2022, 20, 59, 59),
        "la-cle": (1985, 10, None, 239),
        "la-cravate-solidaire": (2015, 10, 35, 25),
        "telemaque": (2005, 12, 1642, 82),
    }


def test_only_article_1_has_places_that_never_run_out() -> None:
    assert [key for key, each in TEN.items() if each.capacities[0].or_more] == ["article-1"]


def test_places_are_declared_for_the_cite_educative_and_none_is_invented_at_a_distance() -> None:
    for each in TEN.values():
        mentees, mentors = each.capacities
        assert (mentees.side, label(mentees.place)) == (Side.MENTEE, "Cité éducative de Roubaix")
        assert (mentors.side, label(mentors.place)) == (Side.MENTOR, "Métropole Européenne de Lille")


@pytest.mark.parametrize("key", OBVIOUS)
def test_the_young_person_a_sheet_speaks_of_is_eligible_there(key: str) -> None:
    assert key in taken_by(OBVIOUS[key])


@pytest.mark.parametrize("key", OBVIOUS)
def test_the_same_person_in_marseille_is_not(key: str) -> None:
    assert not taken_by(replace(OBVIOUS[key], places=places_of("13201")))


@pytest.mark.parametrize("key", OBVIOUS_MENTORS)
def test_the_volunteer_a_sheet_looks_for_is_eligible_there(key: str) -> None:
    assert key in taken_by(OBVIOUS_MENTORS[key])


def test_a_refugee_of_20_looking_for_a_first_job() -> None:
    refugee = young(
        20,
        level=StudyLevel.BAC,
        situations=frozenset({Situation.SEEKING_JOB}),
        needs=frozenset({Need.FIRST_JOB}),
        publics=answers(Public.REFUGEE, Public.QPV, Public.INSERTION, Public.MODEST),
    )
    assert taken_by(refugee) == {"duo-for-a-job", "face-mel", "proxite", "la-cravate-solidaire", "article-1"}


def test_what_the_refugee_left_unanswered_is_to_be_verified_and_not_refused() -> None:
    silent = young(
        20,
        level=StudyLevel.BAC,
        situations=frozenset({Situation.SEEKING_JOB}),
        needs=frozenset({Need.FIRST_JOB}),
        publics={Public.REFUGEE: True},
    )
    assert taken_by(silent) == {"duo-for-a-job"}
    assert taken_by(silent, Truth.UNKNOWN) == {"face-mel", "proxite", "la-cravate-solidaire", "article-1"}


@pytest.mark.parametrize(("age", "eligible"), [(17, False), (18, True), (33, True), (34, False)])
def test_duo_takes_from_18_to_33(age: int, eligible: bool) -> None:
    assert ("duo-for-a-job" in taken_by(replace(OBVIOUS["duo-for-a-job"], age=age))) is eligible


def test_nobody_but_duo_takes_somebody_of_31() -> None:
    anyone = young(
        31,
        level=StudyLevel.BAC_2,
        situations=frozenset({Situation.SEEKING_JOB, Situation.APPRENTICE}),
        needs=frozenset(Need),
        publics=dict.fromkeys(Public, True),
        channel=Channel.PROFESSIONAL,
        referrer_type=ReferrerType.ASSOCIATION,
    )
    assert taken_by(anyone) == {"duo-for-a-job"}


def test_proxite_takes_whoever_a_professional_sends() -> None:
    sent = young(15, level=StudyLevel.TROISIEME, channel=Channel.PROFESSIONAL, referrer_type=ReferrerType.CENTRE_SOCIAL)
    assert "proxite" in taken_by(sent)
    assert "proxite" not in taken_by(replace(sent, channel=Channel.FAMILY, referrer_type=None))


def test_la_cle_serves_the_whole_metropole_but_only_through_its_partners() -> None:
    pupil = OBVIOUS["la-cle"]
    assert "la-cle" in taken_by(replace(pupil, places=LILLE))
    assert "la-cle" not in taken_by(replace(pupil, channel=Channel.FAMILY, referrer_type=None))
    assert "la-cle" not in taken_by(replace(pupil, referrer_type=ReferrerType.MISSION_LOCALE))


def test_telemaque_goes_as_far_as_bts_on_the_vocational_path_only() -> None:
    bts = young(19, level=StudyLevel.BAC_2, situations=frozenset({Situation.APPRENTICE}), publics=answers(Public.QPV))
    assert "telemaque" in taken_by(bts)
    assert "telemaque" not in taken_by(replace(bts, situations=frozenset({Situation.GENERAL_LYCEE})))


def test_telemaque_wants_a_partner_employer_or_school_staff() -> None:
    assert "telemaque" not in taken_by(volunteer(38, Situation.EMPLOYED))
    assert "telemaque" in taken_by(volunteer(38, Situation.EMPLOYED, publics=(Public.SCHOOL_STAFF,)))


def test_those_who_meet_in_person_only_do_not_take_somebody_who_wants_a_distance() -> None:
    far = replace(OBVIOUS["proxite"], modalities=frozenset({Modality.REMOTE}))
    assert "proxite" not in taken_by(far)
    assert "afev" in taken_by(replace(OBVIOUS["afev"], modalities=frozenset({Modality.REMOTE})))


def test_a_volunteer_of_49_is_too_young_for_duo() -> None:
    assert "duo-for-a-job" not in taken_by(replace(OBVIOUS_MENTORS["duo-for-a-job"], age=49))


def test_an_apprentice_mentor_needs_21_years_and_two_of_experience() -> None:
    junior = OBVIOUS_MENTORS["anaf"]
    assert "anaf" not in taken_by(replace(junior, age=20))
    assert "anaf" not in taken_by(replace(junior, publics=answers()))


def test_founders_without_a_published_sheet_have_no_invented_programme() -> None:
    silent = [each for each in BY_KEY.values() if not each.programmes]
    assert [each.name for each in silent] == ["Chemins d’avenirs", "Entraide Scolaire Amicale", "NQT", "Socrate"]
    assert all(each.founder and not each.capacities and not each.objectives for each in silent)


def test_the_eight_founders_are_marked() -> None:
    assert sum(each.founder for each in BY_KEY.values()) == 8


def test_each_sheet_says_how_it_was_read() -> None:
    for each in TEN.values():
        assert each.notes
        assert each.programmes[0].notes
        assert "2022" in each.programmes[0].source
