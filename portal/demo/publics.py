"""What people answer, or leave unanswered, to the questions on publics.

Sensitive answers (health, origin, justice, child welfare) are mostly left out, as an
optional question with explicit consent is.
"""

from random import Random

from matching.vocabulary import Need, Public, ReferrerType, Situation
from portal.demo.geography import ROUBAIX
from portal.demo.seeds import happens
from portal.demo.stages import Stage
from portal.places.atlas import Commune

Answers = dict[Public, bool | None]

_VILLAGE, _TOWN = 3_500, 20_000
_AT_WORK = frozenset({Situation.EMPLOYED, Situation.SELF_EMPLOYED, Situation.RETIRED})
_AT_SCHOOL = frozenset({Situation.PUPIL, Situation.COLLEGE, Situation.VOCATIONAL_LYCEE, Situation.GENERAL_LYCEE})
_OUT = frozenset({Situation.NONE, Situation.SEEKING_TRAINING})
_LOOKING = frozenset({Situation.SEEKING_JOB, Situation.NONE, Situation.SEEKING_TRAINING})
_ADULT, _TWO_YEARS_AT_WORK = 18, 25

# Public, odds of yes, odds that the question is answered at all.
_SENSITIVE = (
    (Public.DISABILITY, 0.09, 0.34),
    (Public.NEWLY_ARRIVED, 0.12, 0.3),
    (Public.REFUGEE, 0.07, 0.28),
    (Public.IMMIGRANT, 0.3, 0.26),
    (Public.ASE, 0.09, 0.24),
    (Public.YOUNG_CARER, 0.05, 0.2),
)
_KNOWN_FROM_REFERRER = {
    ReferrerType.ASE: Public.ASE,
    ReferrerType.PJJ: Public.PJJ,
    ReferrerType.PRISON: Public.DETAINEE,
    ReferrerType.REFUGEE_HOUSING: Public.REFUGEE,
    ReferrerType.HEALTH_STRUCTURE: Public.DISABILITY,
}


def mentee_answers(
    stage: Stage,
    woman: bool,
    commune: Commune,
    needs: tuple[Need, ...],
    referrer: ReferrerType | None,
    age: int,
    random: Random,
) -> Answers:
    """Draw a young person's answers; a public left out is unknown."""
    sure = 0.95 if referrer else 0.75
    answers: Answers = {}
    for public, odds in (*_of_place(commune), *_of_path(stage, needs)):
        if happens(random, sure):
            answers[public] = happens(random, odds)
    if happens(random, 0.9):
        answers[Public.WOMAN] = woman
    for public, odds, answered in _SENSITIVE:
        if happens(random, answered):
            answers[public] = happens(random, odds)
    if Need.ENTREPRENEURSHIP in needs and age >= _ADULT:
        answers[Public.ENTREPRENEUR] = True
    if referrer in _KNOWN_FROM_REFERRER:
        answers[_KNOWN_FROM_REFERRER[referrer]] = True
    return answers


def mentor_answers(stage: Stage, woman: bool, age: int, random: Random) -> Answers:
    """Draw a volunteer's answers."""
    at_work = not stage.situations.isdisjoint(_AT_WORK)
    answers: Answers = {
        Public.BUSINESS_BACKGROUND: happens(random, 0.75 if at_work else 0.2),
        Public.TWO_YEARS_EXPERIENCE: age >= _TWO_YEARS_AT_WORK if at_work else happens(random, 0.2),
    }
    for public, odds, answered in (
        (Public.PARTNER_EMPLOYER, 0.3 if at_work else 0.03, 0.6),
        (Public.SCHOOL_STAFF, 0.05 if at_work else 0.01, 0.9),
        (Public.BACKGROUND_CHECKED, 0.85, 0.12),
    ):
        if happens(random, answered):
            answers[public] = happens(random, odds)
    if happens(random, 0.9):
        answers[Public.WOMAN] = woman
    return answers


def _of_place(commune: Commune) -> tuple[tuple[Public, float], ...]:
    village, town = commune.population < _VILLAGE, commune.population < _TOWN
    return (
        (Public.QPV, _priority_odds(commune)),
        (Public.RURAL, 0.85 if village else 0.15 if town else 0.01),
        (Public.SMALL_TOWN, 0.75 if town and not village else 0.2 if village else 0.01),
    )


def _priority_odds(commune: Commune) -> float:
    if commune.code == ROUBAIX:
        return 0.68
    if commune.departement in ("93", "974"):
        return 0.45
    return 0.3 if commune.population >= _TOWN else 0.07


def _of_path(stage: Stage, needs: tuple[Need, ...]) -> tuple[tuple[Public, float], ...]:
    school = Need.SCHOOL_SUPPORT in needs
    found = [(Public.MODEST, 0.62)]
    if not stage.situations.isdisjoint(_AT_SCHOOL):
        found += [(Public.REP, 0.33), (Public.SCHOOL_DIFFICULTY, 0.8 if school else 0.25)]
    found.append((Public.DROPOUT, 0.75 if not stage.situations.isdisjoint(_OUT) else 0.16))
    found.append((Public.INSERTION, 0.6 if not stage.situations.isdisjoint(_LOOKING) else 0.05))
    return tuple(found)
