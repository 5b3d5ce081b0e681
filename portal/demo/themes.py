"""Kinds of programmes that invented associations run: whom they fit, on both sides."""

from dataclasses import dataclass

from matching.vocabulary import Channel, Need, Public, ReferrerType, Situation, StudyLevel
from portal.demo.criteria import (
    Criteria,
    age,
    channel,
    either,
    every,
    excluding,
    hours,
    level,
    months,
    need,
    public,
    referrer,
    situation,
)

N, P, R, S, L = Need, Public, ReferrerType, Situation, StudyLevel


@dataclass(frozen=True, slots=True)
class Theme:
    """One kind of programme. ``mentee_share`` and ``mentor_share`` are rough shares of those it fits."""

    key: str
    names: tuple[str, ...]
    summary: str
    mentees: tuple[Criteria, ...]
    mentors: tuple[Criteria, ...]
    mentors_wanted: str
    duration: str
    frequency: str
    mentee_share: float
    mentor_share: float


_ANY_WORKER = situation(S.EMPLOYED, S.SELF_EMPLOYED, S.RETIRED)
_STUDENTS = situation(S.STUDENT, S.WORK_STUDY)
_GROWN = age(18)

THEMES = {
    theme.key: theme
    for theme in (
        Theme("primary", ("Premiers cahiers", "Lire à deux", "Les mercredis du savoir"),
              "Un rendez-vous par semaine pour apprendre à apprendre, de la grande section au CM2.",
              (age(5, 12), either(level(L.CP, L.CM2), situation(S.PUPIL))), (_GROWN, months(6), hours(4)),
              "Adultes de tous horizons", "Une année scolaire", "1 heure par semaine", 0.09, 0.45),
        Theme("college", ("Cap brevet", "Collège en confiance", "La clé du carnet"),
              "Un étudiant aide un collégien à reprendre confiance et à s’organiser.",
              (situation(S.COLLEGE), need(N.SCHOOL_SUPPORT, N.SELF_CONFIDENCE, N.MOTIVATION, N.AUTONOMY)),
              (either(_STUDENTS, situation(S.GENERAL_LYCEE)), months(6), hours(4)),
              "Étudiants et lycéens", "9 mois", "1 à 2 heures par semaine", 0.15, 0.2),
        Theme("priority-college", ("Réussir en réseau", "Passerelle quartier"),
              "Pour les élèves de l’éducation prioritaire et des quartiers de la politique de la ville.",
              (age(10, 18), level(L.SIXIEME, L.TERMINALE), public(P.REP, P.QPV)), (_GROWN, months(9), hours(4)),
              "Étudiants, actifs et retraités", "Une année scolaire", "1 heure par semaine", 0.13, 0.4),
        Theme("guidance", ("Parlons métiers", "Mon cap", "Demain, c’est quoi\u00a0?"),
              "Des professionnels racontent leur route et aident un lycéen à tracer la sienne.",
              (level(L.TROISIEME, L.TERMINALE), age(14, 20), need(N.GUIDANCE, N.INTERNSHIP, N.SELF_CONFIDENCE)),
              (_ANY_WORKER, months(6), hours(2)), "Professionnels en activité ou retraités", "6 à 9 mois",
              "2 heures par mois", 0.22, 0.6),
        Theme("vocational", ("Voie pro, voie royale", "L’atelier des possibles"),
              "Un tuteur venu du métier soutient un lycéen professionnel ou technologique.",
              (situation(S.VOCATIONAL_LYCEE, S.TECHNOLOGICAL_LYCEE),),
              (_ANY_WORKER, months(6), hours(2)), "Actifs et retraités", "Une année scolaire", "2 heures par mois",
              0.15, 0.6),
        Theme("higher-education", ("Campus à deux", "Études sans frontières invisibles"),
              "Pour réussir ses études supérieures quand on en est le premier de sa famille.",
              (situation(S.STUDENT, S.WORK_STUDY), level(L.BAC_1, L.BAC_5), public(P.MODEST)),
              (situation(S.EMPLOYED, S.SELF_EMPLOYED), months(6), hours(2)), "Diplômés en activité", "Un à trois ans",
              "1 rencontre par mois", 0.11, 0.5),
        Theme("students", ("Fac et moi", "Semestre gagnant"),
              "Un étudiant plus avancé, ou un jeune actif, aide à s’organiser et à tenir.",
              (level(L.BAC, L.BAC_5), excluding(situation(S.WORK_STUDY)), age(17, 30), need(N.ACADEMIC_SUCCESS, N.GUIDANCE, N.INTERNSHIP, N.SELF_CONFIDENCE)),
              (level(L.BAC_3), age(20, 40), months(6)), "Étudiants et jeunes actifs", "6 mois", "2 heures par mois",
              0.17, 0.35),
        Theme("apprenticeship", ("Mains d’or", "Contrat tenu"),
              "Trouver un contrat d’apprentissage, puis le mener au bout.",
              (either(situation(S.APPRENTICE, S.FUTURE_APPRENTICE, S.SEEKING_WORK_STUDY), need(N.APPRENTICESHIP)),
               age(15, 30)),
              (either(situation(S.EMPLOYED, S.SELF_EMPLOYED, S.RETIRED), every(situation(S.APPRENTICE), age(21))), months(6)),
              "Professionnels, maîtres d’apprentissage", "6 à 12 mois", "3 heures par mois", 0.12, 0.65),
        Theme("first-job", ("Premier contrat", "Réseau prêté", "Objectif entretien"),
              "Un professionnel ouvre son carnet d’adresses et prépare aux entretiens.",
              (age(18, 30), either(situation(S.SEEKING_JOB, S.GRADUATE), need(N.FIRST_JOB, N.JOB_SEARCH))),
              (situation(S.EMPLOYED, S.SELF_EMPLOYED, S.RETIRED), months(3), hours(2)), "Professionnels et recruteurs",
              "3 à 6 mois", "2 heures par mois", 0.23, 0.65),
        Theme("insertion", ("Rebond", "Un pas après l’autre"),
              "Pour ceux qui sont sans école ni emploi, un appui régulier et patient.",
              (age(16, 30), either(situation(S.NONE, S.SEEKING_TRAINING, S.SEEKING_JOB), public(P.DROPOUT)),
               public(P.INSERTION, P.DROPOUT)),
              (_GROWN, months(6), hours(4)), "Adultes de tous horizons", "6 mois au moins", "1 heure par semaine",
              0.16, 0.45),
        Theme("newcomers", ("Mots partagés", "Bienvenue à deux"),
              "Le français, les démarches, le travail\u00a0: avec quelqu’un du pays où l’on arrive.",
              (age(15, 33), either(public(P.REFUGEE, P.NEWLY_ARRIVED, P.IMMIGRANT), need(N.FRENCH_SCHOOLING))),
              (_GROWN, months(6), hours(4)), "Adultes de tous horizons", "6 à 12 mois", "1 heure par semaine", 0.07, 0.45),
        Theme("women", ("Celles qui osent", "Équations à elles"),
              "Des femmes du métier accompagnent lycéennes et étudiantes vers les voies où elles sont rares.",
              (public(P.WOMAN), level(L.TROISIEME, L.BAC_5), age(14, 26), need(N.GUIDANCE, N.SELF_CONFIDENCE, N.INTERNSHIP)),
              (public(P.WOMAN), situation(S.EMPLOYED, S.SELF_EMPLOYED, S.STUDENT), months(6)),
              "Femmes en activité, étudiantes", "9 mois", "2 heures par mois", 0.14, 0.45),
        Theme("disability", ("Toutes capacités", "Même ligne d’arrivée"),
              "Études, stage, emploi\u00a0: avancer avec un handicap et quelqu’un à ses côtés.",
              (age(14, 30), public(P.DISABILITY)), (_GROWN, months(6), hours(2)), "Adultes sensibilisés au handicap",
              "Un an", "2 heures par mois", 0.03, 0.6),
        Theme("care", ("Attaches", "Après dix-huit ans"),
              "Pour les jeunes confiés à l’Aide sociale à l’enfance, une présence qui dure.",
              (age(8, 21), public(P.ASE), channel(Channel.PROFESSIONAL)), (age(21), months(12), public(P.BACKGROUND_CHECKED)),
              "Adultes dont l’honorabilité est vérifiée", "Deux ans", "2 rencontres par mois", 0.015, 0.1),
        Theme("second-chance", ("Sortie de route, retour", "Page neuve"),
              "Avec les éducateurs, préparer la suite et tenir un projet.",
              (age(16, 30), channel(Channel.PROFESSIONAL),
               either(public(P.PJJ, P.DETAINEE, P.DROPOUT),
                      referrer(R.PJJ, R.PRISON, R.SPECIALISED_PREVENTION, R.SECOND_CHANCE_SCHOOL))),
              (age(25), months(6)), "Adultes expérimentés", "6 mois", "2 heures par mois", 0.04, 0.5),
        Theme("entrepreneurs", ("Idées au travail", "Premières factures"),
              "Du projet griffonné aux premiers clients, avec quelqu’un qui l’a déjà fait.",
              (age(18, 30), either(need(N.ENTREPRENEURSHIP), public(P.ENTREPRENEUR))),
              (situation(S.SELF_EMPLOYED, S.EMPLOYED, S.RETIRED), public(P.BUSINESS_BACKGROUND), months(6)),
              "Entrepreneurs et cadres", "6 à 12 mois", "2 heures par mois", 0.04, 0.4),
        Theme("rural", ("Villages ouverts", "Loin de tout, près de vous"),
              "Pour que grandir loin des villes ne ferme aucune porte.",
              (age(11, 25), level(L.SIXIEME, L.BAC_5), public(P.RURAL, P.SMALL_TOWN)), (_GROWN, months(6)),
              "Étudiants et professionnels", "Une année scolaire", "2 heures par mois", 0.2, 0.6),
        Theme("family", ("Alliance de famille", "Les mercredis partagés"),
              "Un bénévole soutient l’enfant et encourage ses parents, dans leur quotidien.",
              (age(6, 16), level(L.CP, L.TROISIEME), channel(Channel.FAMILY, Channel.PROFESSIONAL), public(P.MODEST)),
              (_GROWN, months(9), hours(4)), "Adultes et étudiants", "Une année scolaire", "1 heure par semaine", 0.12, 0.4),
        Theme("youth", ("Grandir accompagné", "Côte à côte", "Un mentor près de chez toi"),
              "Un adulte de confiance, quel que soit le projet.",
              (age(11, 25),), (_GROWN, months(6), hours(2)), "Adultes de tous horizons", "6 mois au moins",
              "2 heures par mois", 0.75, 0.8),
        Theme("everyone", ("Mentorat ouvert", "Une écoute, un élan"),
              "Ouvert à tous les jeunes de 5 à 30 ans qui veulent avancer avec quelqu’un.",
              (age(5, 30),), (age(16), months(3)), "Toute personne de 16 ans et plus", "6 mois au moins",
              "À convenir", 0.98, 0.95),
    )
}  # fmt: skip
