"""Stages of life of those who write: how many, how old, at what level, looking for what."""

from dataclasses import dataclass
from random import Random

from matching.vocabulary import Need, ReferrerType, Situation, StudyLevel

LEVELS = tuple(StudyLevel)
_AGE_AT_CP = 6


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of life, with the odds of each fact.

    ``ages`` are (age, weight); ``levels`` the lowest and highest level there; ``slack`` how many
    years behind their age class people may be; ``senders`` weigh self, family, professional.
    """

    name: str
    weight: float
    ages: tuple[tuple[int, float], ...]
    levels: tuple[StudyLevel, StudyLevel]
    slack: int
    situations: frozenset[Situation]
    also: tuple[tuple[Situation, float], ...]
    needs: tuple[tuple[Need, float], ...]
    senders: tuple[float, float, float] = (1, 0, 0)
    referrers: tuple[tuple[ReferrerType, float], ...] = ()

    def level_at(self, age: int, random: Random) -> StudyLevel | None:
        """Draw a level credible at that age; None below CP."""
        if age < _AGE_AT_CP:
            return None
        lowest, highest = self.levels[0].rank, self.levels[1].rank
        usual = age - _AGE_AT_CP - random.randint(0, self.slack)
        return LEVELS[max(lowest, min(highest, usual))]


def _even(first: int, last: int) -> tuple[tuple[int, float], ...]:
    return tuple((age, 1.0) for age in range(first, last + 1))


def _falling(first: int, last: int, rate: float) -> tuple[tuple[int, float], ...]:
    return tuple((age, rate ** (age - first)) for age in range(first, last + 1))


_SCHOOL_NEEDS = (
    (Need.SCHOOL_SUPPORT, 5.0),
    (Need.SELF_CONFIDENCE, 4.0),
    (Need.MOTIVATION, 3.0),
    (Need.CULTURE, 1.5),
    (Need.AUTONOMY, 1.5),
    (Need.FRENCH_SCHOOLING, 0.8),
)
_LYCEE_NEEDS = (
    (Need.GUIDANCE, 5.0),
    (Need.SELF_CONFIDENCE, 4.0),
    (Need.SCHOOL_SUPPORT, 3.0),
    (Need.MOTIVATION, 2.0),
    (Need.INTERNSHIP, 1.2),
    (Need.CULTURE, 1.0),
    (Need.SOCIAL_TIES, 0.8),
)
_STUDENT_NEEDS = (
    (Need.GUIDANCE, 4.0),
    (Need.ACADEMIC_SUCCESS, 3.5),
    (Need.SELF_CONFIDENCE, 3.0),
    (Need.INTERNSHIP, 2.5),
    (Need.FIRST_JOB, 2.5),
    (Need.SOCIAL_TIES, 2.0),
    (Need.MOBILITY, 0.8),
    (Need.ENTREPRENEURSHIP, 0.7),
)
_JOB_NEEDS = (
    (Need.JOB_SEARCH, 5.0),
    (Need.FIRST_JOB, 4.5),
    (Need.SELF_CONFIDENCE, 3.0),
    (Need.SOCIAL_TIES, 2.0),
    (Need.GUIDANCE, 1.5),
    (Need.MOBILITY, 1.0),
    (Need.ENTREPRENEURSHIP, 1.0),
)
_WORKSHOP_NEEDS = (
    (Need.APPRENTICESHIP, 5.0),
    (Need.KEEP_CONTRACT, 2.5),
    (Need.GUIDANCE, 2.5),
    (Need.SELF_CONFIDENCE, 2.0),
    (Need.MOBILITY, 1.0),
)
_AROUND_CHILDREN = (
    (ReferrerType.EDUCATIONAL_SUCCESS, 3.0),
    (ReferrerType.CENTRE_SOCIAL, 3.0),
    (ReferrerType.YOUTH_ASSOCIATION, 2.0),
    (ReferrerType.ASE, 1.0),
    (ReferrerType.LOCAL_AUTHORITY, 0.8),
    (ReferrerType.CITE_EDUCATIVE, 0.8),
)
_AROUND_YOUNG_ADULTS = (
    (ReferrerType.MISSION_LOCALE, 6.0),
    (ReferrerType.FRANCE_TRAVAIL, 2.0),
    (ReferrerType.INSERTION_STRUCTURE, 1.2),
    (ReferrerType.SECOND_CHANCE_SCHOOL, 1.0),
    (ReferrerType.CENTRE_SOCIAL, 1.0),
    (ReferrerType.REFUGEE_HOUSING, 0.8),
    (ReferrerType.MAISON_DE_L_EMPLOI, 0.7),
    (ReferrerType.SPECIALISED_PREVENTION, 0.5),
    (ReferrerType.PJJ, 0.4),
    (ReferrerType.ASE, 0.4),
    (ReferrerType.HEALTH_STRUCTURE, 0.3),
    (ReferrerType.PRISON, 0.2),
)

S, L = Situation, StudyLevel

YOUNG = (
    Stage("pupil", 9, _even(5, 11), (L.CP, L.CM2), 0, frozenset({S.PUPIL}), (), _SCHOOL_NEEDS, (0, 6, 4),
          ((ReferrerType.PRIMARY_SCHOOL, 4.0), *_AROUND_CHILDREN)),
    Stage("college", 17, _even(11, 15), (L.SIXIEME, L.TROISIEME), 1, frozenset({S.COLLEGE}), (), _SCHOOL_NEEDS,
          (1.5, 5, 3.5), ((ReferrerType.COLLEGE, 6.0), *_AROUND_CHILDREN)),
    Stage("general lycée", 12, _even(15, 18), (L.SECONDE, L.TERMINALE), 1, frozenset({S.GENERAL_LYCEE}), (),
          _LYCEE_NEEDS, (6, 2.5, 1.5), ((ReferrerType.GENERAL_LYCEE, 6.0), *_AROUND_CHILDREN)),
    Stage("technological lycée", 6, _even(15, 19), (L.SECONDE, L.TERMINALE), 1, frozenset({S.TECHNOLOGICAL_LYCEE}), (),
          _LYCEE_NEEDS, (6, 2, 2), ((ReferrerType.TECHNOLOGICAL_LYCEE, 6.0), *_AROUND_CHILDREN)),
    Stage("vocational lycée", 9, _even(15, 19), (L.SECONDE, L.TERMINALE), 1, frozenset({S.VOCATIONAL_LYCEE}),
          ((S.SEEKING_INTERNSHIP, 0.15), (S.SEEKING_WORK_STUDY, 0.08)), _LYCEE_NEEDS, (4.5, 2, 3.5),
          ((ReferrerType.VOCATIONAL_LYCEE, 6.0), (ReferrerType.GUIDANCE_CENTRE, 1.0), *_AROUND_CHILDREN)),
    Stage("future apprentice", 4, _falling(15, 24, 0.8), (L.TROISIEME, L.BAC_2), 1, frozenset({S.FUTURE_APPRENTICE}),
          ((S.SEEKING_WORK_STUDY, 0.5),), _WORKSHOP_NEEDS, (6, 1, 3),
          ((ReferrerType.CFA, 4.0), (ReferrerType.MISSION_LOCALE, 4.0), (ReferrerType.COLLEGE, 1.0))),
    Stage("apprentice", 4, _falling(16, 25, 0.88), (L.SECONDE, L.BAC_3), 1, frozenset({S.APPRENTICE}), (),
          ((Need.KEEP_CONTRACT, 5.0), (Need.SELF_CONFIDENCE, 2.0), (Need.GUIDANCE, 2.0), (Need.FIRST_JOB, 2.0)),
          (7, 1, 2), ((ReferrerType.CFA, 8.0), (ReferrerType.MISSION_LOCALE, 2.0))),
    Stage("student", 16, _falling(18, 26, 0.82), (L.BAC_1, L.BAC_5), 2, frozenset({S.STUDENT}),
          ((S.SEEKING_INTERNSHIP, 0.2), (S.SEEKING_WORK_STUDY, 0.1)), _STUDENT_NEEDS, (9, 0.4, 0.6),
          ((ReferrerType.HIGHER_EDUCATION, 8.0), (ReferrerType.ASSOCIATION, 1.0))),
    Stage("work-study", 3, _falling(18, 26, 0.9), (L.BAC_1, L.BAC_5), 2, frozenset({S.WORK_STUDY}), (),
          _STUDENT_NEEDS, (9, 0.3, 0.7), ((ReferrerType.CFA, 4.0), (ReferrerType.HIGHER_EDUCATION, 4.0))),
    Stage("graduate", 5, _falling(21, 28, 0.85), (L.BAC_2, L.BAC_5), 1, frozenset({S.GRADUATE}),
          ((S.SEEKING_JOB, 0.8),), _JOB_NEEDS, (9, 0.2, 0.8), _AROUND_YOUNG_ADULTS),
    Stage("job seeker", 9, _falling(18, 33, 0.86), (L.TROISIEME, L.BAC_3), 6, frozenset({S.SEEKING_JOB}),
          ((S.SEEKING_TRAINING, 0.12),), _JOB_NEEDS, (6, 0.5, 3.5), _AROUND_YOUNG_ADULTS),
    Stage("training seeker", 3, _falling(16, 28, 0.87), (L.TROISIEME, L.BAC_2), 4, frozenset({S.SEEKING_TRAINING}),
          ((S.SEEKING_WORK_STUDY, 0.3),), (*_JOB_NEEDS, (Need.APPRENTICESHIP, 2.0)), (5, 1, 4), _AROUND_YOUNG_ADULTS),
    Stage("out of school and work", 3, _falling(16, 29, 0.88), (L.TROISIEME, L.BAC), 3, frozenset({S.NONE}), (),
          (*_JOB_NEEDS, (Need.MOTIVATION, 3.0), (Need.AUTONOMY, 2.0)), (3, 1, 6), _AROUND_YOUNG_ADULTS),
    Stage("civic service", 1, _falling(18, 25, 0.9), (L.TERMINALE, L.BAC_3), 3, frozenset({S.CIVIC_SERVICE}), (),
          _STUDENT_NEEDS, (9, 0, 1), _AROUND_YOUNG_ADULTS),
    Stage("employed", 1, _falling(19, 32, 0.9), (L.TERMINALE, L.BAC_5), 4, frozenset({S.EMPLOYED}), (),
          (*_JOB_NEEDS, (Need.ENTREPRENEURSHIP, 3.0)), (9, 0, 1), _AROUND_YOUNG_ADULTS),
)  # fmt: skip

_GIVEN = (
    (Need.SCHOOL_SUPPORT, 3.0),
    (Need.GUIDANCE, 4.0),
    (Need.SELF_CONFIDENCE, 4.0),
    (Need.MOTIVATION, 2.0),
    (Need.FIRST_JOB, 2.5),
    (Need.JOB_SEARCH, 2.0),
    (Need.ACADEMIC_SUCCESS, 2.0),
    (Need.SOCIAL_TIES, 1.0),
    (Need.APPRENTICESHIP, 1.0),
    (Need.INTERNSHIP, 1.0),
    (Need.FRENCH_SCHOOLING, 0.7),
    (Need.ENTREPRENEURSHIP, 0.6),
    (Need.CULTURE, 0.8),
)

VOLUNTEERS = (
    Stage("lycée volunteer", 2.5, _even(16, 18), (L.SECONDE, L.TERMINALE), 1, frozenset({S.GENERAL_LYCEE}), (), _GIVEN),
    Stage("student volunteer", 21, _falling(18, 27, 0.87), (L.BAC_1, L.BAC_6), 1, frozenset({S.STUDENT}),
          ((S.EMPLOYED, 0.06),), _GIVEN),
    Stage("work-study volunteer", 5, _falling(18, 26, 0.9), (L.BAC_1, L.BAC_5), 1, frozenset({S.WORK_STUDY}), (), _GIVEN),
    Stage("apprentice volunteer", 1, _falling(19, 25, 0.9), (L.SECONDE, L.BAC_3), 1, frozenset({S.APPRENTICE}), (),
          _GIVEN),
    Stage("employed volunteer", 53, _falling(22, 62, 0.965), (L.BAC, L.BAC_5), 40, frozenset({S.EMPLOYED}), (), _GIVEN),
    Stage("self-employed volunteer", 5, _falling(25, 65, 0.98), (L.BAC, L.BAC_5), 40, frozenset({S.SELF_EMPLOYED}), (),
          _GIVEN),
    Stage("retired volunteer", 8.5, _falling(58, 76, 0.93), (L.TERMINALE, L.BAC_5), 60, frozenset({S.RETIRED}), (),
          _GIVEN),
    Stage("job-seeking volunteer", 4, _falling(22, 58, 0.96), (L.BAC, L.BAC_5), 30, frozenset({S.SEEKING_JOB}), (),
          _GIVEN),
)  # fmt: skip
