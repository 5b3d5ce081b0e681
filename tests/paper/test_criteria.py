"""Criteria in words, for whoever reads a sheet of paper."""

from typing import Any

from matching.criteria import read_criteria
from matching.sentences import EITHER
from portal.paper.criteria import lines

AGE = {"test": "age", "min": 5, "max": 18}
HERE = {"test": "territory", "any_of": ["zone:cite-educative-roubaix"]}
IN_PERSON = {"test": "modality", "any_of": ["in_person"]}


def said(criteria: dict[str, Any], *, meeting: bool = False) -> list[tuple[str, str]]:
    return [
        (line.subject, line.rule.replace("\u00a0", " ")) for line in lines(read_criteria(criteria), meeting=meeting)
    ]


def test_each_condition_is_a_line_and_the_age_comes_first() -> None:
    criteria = {"all": [{"test": "situation", "any_of": ["student"]}, AGE]}
    assert said(criteria) == [("Âge", "De 5 à 18 ans"), ("Situation", "Étudiant")]


def test_where_and_how_people_meet_is_told_elsewhere_on_the_sheet() -> None:
    criteria = {"all": [AGE, {"any": [{"all": [HERE, IN_PERSON]}, {"test": "modality", "any_of": ["remote"]}]}, HERE]}
    assert said(criteria) == [("Âge", "De 5 à 18 ans")]
    assert ("Territoire", "Dans la zone « Cité éducative de Roubaix »") in said(criteria, meeting=True)


def test_alternatives_stand_together_said_of_a_person() -> None:
    criteria = {
        "any": [
            {"all": [{"test": "situation", "any_of": ["apprentice"]}, {"test": "age", "min": 21}]},
            {"test": "need", "any_of": ["first_job"]},
        ]
    }
    (line,) = lines(read_criteria(criteria))
    assert line.subject == EITHER
    assert [one.replace("\u00a0", " ") for one in line.choices] == [
        "À partir de 21 ans, apprenti",
        "Pour le premier emploi",
    ]


def test_alternatives_of_one_subject_are_one_line() -> None:
    criteria = {"any": [{"test": "age", "max": 12}, {"test": "age", "min": 18}]}
    assert said(criteria) == [("Âge", "Jusqu’à 12 ans ou à partir de 18 ans")]


def test_exclusions_are_said() -> None:
    assert said({"not": {"test": "situation", "any_of": ["student"]}}) == [("Situation", "Sauf : étudiant")]
    both = {"not": {"all": [{"test": "situation", "any_of": ["student"]}, {"test": "age", "min": 26}]}}
    assert said(both) == [("Sauf si", "À partir de 26 ans, étudiant")]


def test_no_condition_is_no_line() -> None:
    assert lines(read_criteria({"all": []})) == ()
