"""Which associations a company is shown, from the criteria in force, and the reasons it reads."""

import json
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.programme import ProgrammeVersion
from portal.queries.orienter_words import Ages, Cause, Engagement, Group, Length, Meeting, Rhythm, Stage, Wishes, said
from portal.queries.orienting import Answer, Oriented, orient
from portal.queries.orienting_panel import associations_lacking_mentors, panel_in_force, places_declared
from tests.factories import make_association, make_campaign, make_capacity, make_objective, make_programme

ROUBAIX, LYON, NORD = "commune:59512", "commune:69123", "departement:59"
LILLE_METROPOLE = "epci:200093201"
HERE = {"test": "territory", "any_of": [LILLE_METROPOLE]}


class House:
    """Associations with criteria for both sides, as the public role reads them."""

    def __init__(self, session: Session) -> None:
        self.session, self.campaign = session, make_campaign(session)

    def add(self, name: str, young: Any = None, grown: Any = None, **fields: Any) -> Association:
        association = make_association(self.session, name, **fields)
        programme = make_programme(self.session, association, young)
        if grown is not False:
            row = ProgrammeVersion(
                association_id=association.id,
                programme_id=programme.id,
                side=Side.MENTOR,
                number=1,
                criteria=grown or {"all": []},
            )
            self.session.add(row)
        self.session.commit()
        return association

    def wants_mentors(self, association: Association, amount: int = 10) -> None:
        make_objective(self.session, association, self.campaign, amount, side=Side.MENTOR)
        self.session.commit()

    def orient(self, wishes: Wishes) -> Oriented:
        with acting_as(Scope(DatabaseRole.PUBLIC, read_only=True)):
            return orient(wishes, panel_in_force(), lacking=associations_lacking_mentors(clock.today()))


@pytest.fixture
def house(app: Flask, arrange: Session) -> House:
    return House(arrange)


def names(found: tuple[Answer, ...]) -> list[str]:
    return [one.name for one in found]


def told(one: Answer, kind: str) -> str:
    words = " | ".join(point.words for point in (*one.why, *one.but) if point.kind == kind)
    return words.replace("\u00a0", " ")


WISHES = Wishes(places=(ROUBAIX,))


def test_two_to_five_associations_answer_and_the_rest_stand_among_the_others(house: House) -> None:
    for letter in "ABCDEFG":
        house.add(f"Association {letter}")
    found = house.orient(WISHES)
    assert (len(found.answers), len(found.others)) == (5, 2)
    assert sorted(names(found.answers) + names(found.others)) == [f"Association {letter}" for letter in "ABCDEFG"]
    assert found.fitting == found.tied == 5


def test_equals_stand_in_a_drawn_order_that_the_same_answers_never_change_and_no_name_settles(house: House) -> None:
    for number, letter in enumerate("ABC"):
        house.add(f"Association {letter}", id=UUID(int=number + 1))
    drawn = [
        names(house.orient(Wishes(places=(ROUBAIX,), ages=ages, rhythm=rhythm)).answers)
        for ages in ((), (Ages.UNDER_30,), (Ages.OVER_50,), (Ages.UNDER_30, Ages.OVER_50))
        for rhythm in (None, *Rhythm)
    ]
    assert {order[0] for order in drawn} == {"Association A", "Association B", "Association C"}
    assert all(sorted(order) == ["Association A", "Association B", "Association C"] for order in drawn)
    both = house.orient(Wishes(places=(ROUBAIX,), ages=(Ages.UNDER_30, Ages.OVER_50)))
    assert names(house.orient(Wishes(places=(ROUBAIX,), ages=(Ages.OVER_50, Ages.UNDER_30))).answers) == names(
        both.answers
    )
    assert both.tied == 3


def test_fewer_points_to_verify_come_first_even_before_mentors_lacking(house: House) -> None:
    checked = {"test": "public", "any_of": ["background_checked"]}
    house.wants_mentors(house.add("Alpha", None, checked))
    house.add("Bêta", {"test": "public", "any_of": ["qpv"]}, checked)
    house.add("Zêta")
    found = house.orient(WISHES)
    assert names(found.answers) == ["Zêta", "Alpha", "Bêta"]
    assert [len(one.but) for one in found.answers] == [0, 1, 2]
    assert found.tied == 0


def test_among_equals_those_lacking_mentors_come_first(house: House) -> None:
    house.add("Alpha")
    house.add("Bêta")
    lacking = house.add("Zêta")
    house.wants_mentors(lacking)
    found = house.orient(WISHES)
    assert names(found.answers)[0] == "Zêta"
    assert found.tied == 0
    assert [one.lacking for one in found.answers] == [True, False, False]
    assert "manque de mentors" in told(found.answers[0], "lacking")


def test_a_wish_met_by_name_comes_before_mentors_lacking(house: House) -> None:
    house.wants_mentors(house.add("Ouverte à tout"))
    house.add("Emploi d’abord", {"test": "need", "any_of": ["first_job"]})
    found = house.orient(Wishes(places=(ROUBAIX,), causes=(Cause.JOB,)))
    assert names(found.answers) == ["Emploi d’abord", "Ouverte à tout"]
    assert told(found.answers[0], "need") == "premier emploi"
    assert told(found.answers[1], "need") == "accompagne sur tous les sujets"


def test_the_territory_counts_as_the_engine_counts_it_and_is_named(house: House) -> None:
    house.add("Ici", HERE)
    house.add("Partout")
    house.add("Là-bas", {"test": "territory", "any_of": ["departement:69"]})
    found = house.orient(WISHES)
    assert {one.name: told(one, "territory") for one in found.answers} == {
        "Ici": "Roubaix (Métropole Européenne de Lille)",
        "Partout": "partout en France",
    }
    assert found.others == ()


def test_a_departement_is_covered_in_part_by_whoever_works_in_one_of_its_towns(house: House) -> None:
    house.add("Ville", {"test": "territory", "any_of": [ROUBAIX]})
    house.add("Département", {"test": "territory", "any_of": [NORD]})
    found = house.orient(Wishes(places=(NORD,)))
    assert {one.name: told(one, "territory") for one in found.answers} == {
        "Ville": "Nord, en partie (Roubaix)",
        "Département": "Nord",
    }


def test_with_two_sites_whoever_covers_both_comes_first_and_a_site_left_out_is_said(house: House) -> None:
    house.add("A Roubaix seulement", HERE)
    house.add("Partout")
    found = house.orient(Wishes(places=(ROUBAIX, LYON)))
    assert names(found.answers) == ["Partout", "A Roubaix seulement"]
    assert "Lyon n’est pas couvert" in told(found.answers[1], "territory")


def test_meeting_in_person_here_or_remotely_anywhere_is_judged_branch_by_branch(house: House) -> None:
    either = {
        "any": [
            {"all": [{"test": "modality", "any_of": ["in_person", "hybrid"]}, HERE]},
            {"test": "modality", "any_of": ["remote"]},
        ]
    }
    house.add("Près ou loin", either, either)
    house.add("Partout")
    far = Wishes(places=(LYON,), meeting=Meeting.IN_PERSON)
    assert names(house.orient(far).answers)[0] == "Partout"
    assert house.orient(far).fitting == 1
    assert house.orient(Wishes(places=(LYON,), meeting=Meeting.REMOTE)).fitting == 2
    assert house.orient(Wishes(places=(ROUBAIX,), meeting=Meeting.IN_PERSON)).fitting == 2


def test_what_is_asked_of_mentors_is_held_against_the_employees(house: House) -> None:
    house.add("Seniors", None, {"all": [{"test": "age", "min": 50}, {"test": "hours_a_month", "min": 8}]})
    house.add("Tous")
    young = Wishes(places=(ROUBAIX,), ages=(Ages.UNDER_30,), rhythm=Rhythm.TWO)
    found = house.orient(young)
    assert found.fitting == 1
    senior = next(one for one in found.answers if one.name == "Seniors")
    assert told(senior, "age") == "à partir de 50 ans"
    assert told(senior, "hours_a_month") == "au moins 8 heures par mois, plus que 2 heures par mois"
    older = house.orient(Wishes(places=(ROUBAIX,), ages=(Ages.OVER_50,), rhythm=Rhythm.EIGHT, length=Length.YEAR))
    assert older.fitting == 2
    senior = next(one for one in older.answers if one.name == "Seniors")
    assert "50 ans ou plus, l’âge demandé" in told(senior, "age")


def test_what_mentors_are_asked_does_not_matter_when_no_employee_is_to_mentor(house: House) -> None:
    house.add("Seniors", None, {"test": "situation", "any_of": ["retired"]})
    house.add("Tous")
    assert house.orient(WISHES).fitting == 1
    money = Wishes(places=(ROUBAIX,), engagements=(Engagement.FUNDS,))
    assert house.orient(money).fitting == 2


def test_an_unsettled_condition_is_to_verify_and_never_hides_the_association(house: House) -> None:
    house.add("Vérifiée", None, {"test": "public", "any_of": ["background_checked"]})
    house.add("Sans mentors publiés", None, False)
    found = house.orient(WISHES)
    assert found.fitting == 2
    by_name = {one.name: one for one in found.answers}
    assert "honorabilité vérifiée" in told(by_name["Vérifiée"], "public")
    assert "pas encore publié" in told(by_name["Sans mentors publiés"], "mentors")


def test_fewer_than_two_fit_the_nearest_follow_with_what_differs(house: House) -> None:
    house.add("Collège", {"all": [{"test": "level", "from": "6e", "to": "3e"}, {"test": "age", "max": 16}]})
    house.add("Lycée", {"test": "level", "from": "2de", "to": "tle"})
    house.add("Écoles", {"all": [{"test": "level", "to": "cm2"}, {"test": "need", "any_of": ["school_support"]}]})
    found = house.orient(Wishes(places=(ROUBAIX,), stages=(Stage.COLLEGE,), causes=(Cause.JOB,)))
    assert names(found.answers) == ["Collège", "Lycée", "Écoles"]
    assert [one.fits for one in found.answers] == [True, False, False]
    assert told(found.answers[1], "level") == "de seconde ou CAP 1re année (Bac−3) à terminale (Bac−1)"
    assert found.fitting == 1


def test_among_the_nearest_whoever_accompanies_the_young_people_meant_comes_first(house: House) -> None:
    house.wants_mentors(house.add("Autre âge", {"all": [{"test": "age", "max": 30}, {"test": "level", "from": "2de"}]}))
    house.add("Bon âge", {"test": "level", "to": "cm2"}, {"test": "hours_a_month", "min": 8})
    found = house.orient(Wishes(places=(ROUBAIX,), stages=(Stage.PRIMARY,), rhythm=Rhythm.ONE))
    assert found.fitting == 0
    assert names(found.answers) == ["Bon âge", "Autre âge"]


def test_the_nearest_are_not_sought_elsewhere_while_the_territory_has_some(house: House) -> None:
    house.add("Ici", {"all": [HERE, {"test": "level", "to": "cm2"}]})
    house.add("Ici aussi", {"all": [HERE, {"test": "level", "to": "ce2"}]})
    house.add("Ailleurs", {"test": "territory", "any_of": ["departement:69"]})
    found = house.orient(Wishes(places=(ROUBAIX,), stages=(Stage.STUDENTS,)))
    assert sorted(names(found.answers)) == ["Ici", "Ici aussi"]
    alone = house.orient(Wishes(places=("commune:13201",), stages=(Stage.STUDENTS,)))
    assert alone.fitting == 0
    assert alone.answers[0].name == "Ailleurs"
    assert "présente ailleurs : Rhône" in told(alone.answers[0], "territory")


def test_a_public_excluded_by_an_association_does_not_fit(house: House) -> None:
    house.add("Sauf détenus", {"not": {"test": "public", "any_of": ["detainee"]}})
    house.add("Tous")
    found = house.orient(Wishes(places=(ROUBAIX,), groups=(Group.JUSTICE,)))
    assert found.fitting == 1
    assert "sauf" in told(next(one for one in found.answers if not one.fits), "public")


def test_the_latest_criteria_are_those_that_count(house: House) -> None:
    association = house.add("Change d’avis")
    house.add("Autre")
    assert house.orient(WISHES).fitting == 2
    with house.session.begin_nested():
        first = house.session.query(ProgrammeVersion).filter_by(association_id=association.id, side=Side.MENTEE).one()
        house.session.add(
            ProgrammeVersion(
                association_id=association.id,
                programme_id=first.programme_id,
                side=Side.MENTEE,
                number=2,
                criteria={"test": "territory", "any_of": ["departement:69"]},
            )
        )
    house.session.commit()
    assert names(house.orient(WISHES).answers)[0] == "Autre"
    assert house.orient(WISHES).fitting == 1


def test_an_archived_programme_and_broken_criteria_show_nothing(house: House) -> None:
    house.add("Illisible", {"test": "nonsense"})
    gone = make_association(house.session, "Archivée")
    make_programme(house.session, gone, archived_at=clock.now())
    house.session.commit()
    assert house.orient(WISHES).answers == ()


def test_an_association_with_several_programmes_stands_once_with_its_best(house: House) -> None:
    association = house.add("Double", {"test": "level", "to": "cm2"})
    better = make_programme(house.session, association, {"test": "level", "from": "bac+1"})
    house.session.commit()
    found = house.orient(Wishes(places=(ROUBAIX,), stages=(Stage.STUDENTS,)))
    assert [(one.name, one.programme) for one in found.answers] == [("Double", better.id)]


def test_places_declared_are_those_of_the_current_campaign(house: House, arrange: Session) -> None:
    association = house.add("Places")
    make_capacity(arrange, association, house.campaign, 30, place=ROUBAIX)
    make_capacity(arrange, association, house.campaign, 7, side=Side.MENTOR)
    old = Campaign(
        name="Ancienne", starts_on=clock.today().replace(year=2020), ends_on=clock.today().replace(year=2021)
    )
    arrange.add(old)
    arrange.flush()
    make_capacity(arrange, association, old, 99, place=LYON)
    arrange.commit()
    with acting_as(Scope(DatabaseRole.PUBLIC, read_only=True)):
        found = places_declared([association.id])
    assert [(room.place, room.amount) for room in found[association.id]] == [(ROUBAIX, 30)]


def test_wishes_survive_as_codes_and_are_said_in_words(app: Flask) -> None:
    wishes = Wishes((ROUBAIX,), (Cause.JOB,), (Stage.LYCEE,), (Group.QPV,), ages=(Ages.OVER_50,), rhythm=Rhythm.TWO)
    assert json.loads(json.dumps(wishes.to_json())) == wishes.to_json()
    assert ("Territoires", "Roubaix") in said(wishes.to_json())
    assert ("Rythme", "2 heures par mois") in said(wishes.to_json())


def test_unknown_codes_are_skipped_in_words(app: Flask) -> None:
    strange = {"places": ["commune:99999"], "causes": ["nothing"], "rhythm": "99", "meeting": 3, "subject": "kit"}
    assert said(strange) == [("Sujet", "Annoncer le mentorat aux salariés")]
