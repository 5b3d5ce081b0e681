"""What staff read of a decision, and the part of it the association reads."""

import json
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings

from matching.conditions import (
    AgeTest,
    ChannelTest,
    LevelTest,
    ModalityTest,
    PublicTest,
    SituationTest,
    TerritoryTest,
)
from matching.counterfactual import commitments_to_overtake, running
from matching.criteria import All, AnyOf, Not
from matching.decision import Outcome, Placed
from matching.excerpt import excerpt
from matching.explanation import Explanation, Judged, explain
from matching.profile import Profile
from matching.programme import Catalogue, Period, Programme
from matching.ranking import Policy, PolicyName, TieBreak
from matching.router import Router
from matching.standing import AssociationStanding, Places, Standing
from matching.vocabulary import Channel, Modality, Public, Side, Situation, StudyLevel
from tests.matching.strategies import ASSOCIATIONS, AT, HOMES, TODAY, Case, cases, programme, wide_open

NAMES = {"afev": "Afev", "duo": "DUO", "nqt": "NQT", "proxite": "Proxité", "commune:59512": "Roubaix"}
PERSON = Profile(
    key="r1", side=Side.MENTEE, age=25, places=HOMES[0], home="Roubaix", modalities=frozenset({Modality.IN_PERSON})
)


def decide(
    found: list[Programme],
    standing: Standing,
    profile: Profile = PERSON,
    gone: frozenset[str] = frozenset(),
    policy: Policy | None = None,
) -> Outcome:
    return Router(Catalogue.of(Side.MENTEE, found, NAMES), policy).route(profile, standing, gone, AT)


def told(found: list[Programme], standing: Standing, profile: Profile = PERSON, **more: frozenset[str]) -> Explanation:
    return explain(decide(found, standing, profile, **more), profile)


def judged(explanation: Explanation, key: str) -> Judged:
    return next(each for each in explanation.programmes if each.programme == key)


def both(first: AssociationStanding, second: AssociationStanding) -> tuple[list[Programme], Standing]:
    found = [programme("p1", "afev", AgeTest(18, 30), name="Mentorat"), programme("p2", "duo")]
    return found, Standing({"afev": first, "duo": second})


def test_staff_read_who_was_chosen_and_the_two_figures_that_decided() -> None:
    story = told(*both(wide_open(40, 12), wide_open(50, 18)))
    assert story.headline == "Proposée à Afev, «\u00a0Mentorat\u00a0», en présentiel."
    assert "Âge\u00a0: 25\u00a0ans, rempli (règle\u00a0: de 18 à 30\u00a0ans)." in story.sentences
    assert "Afev est à 12 sur 40 (30\u00a0%), avant DUO à 18 sur 50 (36\u00a0%)." in story.sentences
    assert "Ce qui a décidé\u00a0: la plus loin de son objectif." in story.sentences
    assert [line.name for line in story.ranking] == ["Afev", "DUO"]


def test_a_virtual_start_is_said() -> None:
    story = told(*both(wide_open(40, 0, virtual_start=Fraction(25, 2)), wide_open(50, 18)))
    assert story.ranking[0].said == "0 sur 40 (0\u00a0%), avec un départ virtuel de 12,5"


def test_staff_read_how_many_commitments_more_would_have_changed_the_order() -> None:
    story = told(*both(wide_open(40, 12), wide_open(50, 18)))
    assert story.counterfactuals[0] == "Avec 3\u00a0engagements de plus chez Afev, DUO passait en tête."


@given(cases())
@settings(max_examples=100, deadline=None)
def test_the_commitments_told_are_the_fewest_that_change_the_order(case: Case) -> None:
    decision = case.decided()
    if not isinstance(decision, Placed) or len(decision.ranking) == 1:
        return
    first, second = running(decision, case.profile)[:2]
    more = commitments_to_overtake(decision, first, second)
    if more is None:
        return
    rivals = [each for each in case.found if each.association in (first.association, second.association)]
    for extra in (more - 1, more):
        its = case.standing.association(first.association)
        fuller = {**case.standing.associations, first.association: replace(its, committed=its.committed + extra)}
        again = replace(case, found=rivals, standing=Standing(fuller, case.standing.programmes)).decided()
        assert isinstance(again, Placed)
        assert (again.association == second.association) == (extra == more)


def test_no_number_of_commitments_puts_an_undeclared_objective_first() -> None:
    story = told(*both(wide_open(40, 12), wide_open(0, 0)))
    assert not any("engagement" in sentence for sentence in story.counterfactuals)
    stopping = told(*both(wide_open(40, 12, stop_at_objective=True), wide_open(0, 0)))
    assert stopping.counterfactuals[0].startswith("Avec 28\u00a0engagements de plus chez Afev")


def test_a_policy_without_figures_has_no_count_of_commitments() -> None:
    decision = decide(*both(wide_open(40, 12), wide_open(50, 18)), policy=Policy(PolicyName.FIRST_MATCH))
    assert not any("engagement" in sentence for sentence in explain(decision, PERSON).counterfactuals)


def test_what_a_confirmation_would_have_opened_is_said() -> None:
    found = [programme("p1", "afev"), programme("p2", "duo", PublicTest(frozenset({Public.QPV})))]
    story = told(found, Standing({"afev": wide_open(), "duo": wide_open()}))
    assert "Si «\u00a0quartier prioritaire (QPV)\u00a0» était confirmé, DUO entrait en lice." in story.counterfactuals
    assert judged(story, "p2").eligibility.value == "to_verify"


RELAXED = [
    (AgeTest(18, 24), "Avec une limite d’âge à 25\u00a0ans, DUO convenait."),
    (AgeTest(26), "Avec un âge minimal à 25\u00a0ans, DUO convenait."),
    (LevelTest(StudyLevel.BAC_5), "Avec un niveau ouvert à «\u00a0Bac\u00a0», DUO convenait."),
    (TerritoryTest(frozenset({"commune:13055"})), "Avec Roubaix dans son territoire, DUO convenait."),
    (ModalityTest(frozenset({Modality.REMOTE})), "En acceptant de se rencontrer à distance, DUO convenait."),
    (SituationTest(frozenset({Situation.COLLEGE})), "Sans la condition «\u00a0au collège\u00a0», DUO convenait."),
    (
        Not(ChannelTest(frozenset({Channel.FAMILY}))),
        "Sans l’exclusion «\u00a0demande faite par la famille\u00a0», DUO convenait.",
    ),
]


@pytest.mark.parametrize(("rule", "sentence"), RELAXED)
def test_the_rule_a_little_wider_is_said(rule: object, sentence: str) -> None:
    profile = replace(PERSON, level=StudyLevel.BAC, situations=frozenset({Situation.STUDENT}), channel=Channel.FAMILY)
    found = [programme("p1", "afev"), programme("p2", "duo", rule)]
    assert sentence in told(found, Standing({"afev": wide_open()}), profile).counterfactuals


def test_nobody_fitting_shows_the_nearest_programmes_and_the_test_that_excluded_each() -> None:
    found = [
        programme("p1", "afev", AgeTest(5, 24)),
        programme("p2", "duo", All((AgeTest(5, 20), TerritoryTest(frozenset({"commune:13055"}))))),
        programme("p3", "nqt", AnyOf(())),
    ]
    story = told(found, Standing())
    assert story.headline == "Sans solution\u00a0: aucun programme ne convient."
    assert story.nearest == (
        "Afev convenait avec une limite d’âge à 25\u00a0ans.",
        "DUO convenait avec Roubaix dans son territoire et avec une limite d’âge à 25\u00a0ans.",
    )
    rows = {row.criterion: row.state.value for row in judged(story, "p2").rows}
    assert rows == {"Âge": "failed", "Territoire": "failed"}


CLOSED = [
    ({"pauses": (Period(TODAY, None),)}, wide_open(), "en pause"),
    (
        {"pauses": (Period(TODAY, TODAY + timedelta(30)),)},
        wide_open(),
        "en pause jusqu’au 1er\u00a0avril 2026",
    ),
    ({"intake": Period(TODAY + timedelta(30))}, wide_open(), "inscriptions à partir du 1er\u00a0avril 2026"),
    ({"intake": Period(None, TODAY - timedelta(1))}, wide_open(), "inscriptions closes"),
    (
        {},
        wide_open(5, 5, stop_at_objective=True),
        "objectif atteint, l’association a demandé à s’arrêter là",
    ),
    ({}, AssociationStanding(), "aucune place déclarée pour cette personne"),
    ({}, AssociationStanding(places={"commune:59512": Places(40, 41)}), "complet\u00a0: Roubaix 41 sur 40"),
]


@pytest.mark.parametrize(("facts", "standing", "reason"), CLOSED)
def test_a_request_that_waits_says_why_each_door_is_closed(
    facts: dict[str, object], standing: AssociationStanding, reason: str
) -> None:
    story = told([programme("p1", "afev", **facts)], Standing({"afev": standing}))
    assert story.headline == "Liste d’attente\u00a0: 1\u00a0programme qui convient, aucune place libre."
    assert judged(story, "p1").closed == reason


def test_full_here_and_remote_says_both() -> None:
    full = AssociationStanding(places={"commune:59512": Places(4, 4), "remote": Places(2, 2)})
    anywhere = replace(PERSON, modalities=frozenset(Modality))
    story = told([programme("p1", "afev")], Standing({"afev": full}), anywhere)
    assert judged(story, "p1").closed == "complet\u00a0: Roubaix 4 sur 4 et à distance 2 sur 2"


def test_those_already_tried_are_named() -> None:
    found = [programme("p1", "afev"), programme("p2", "duo")]
    standing = Standing({"afev": wide_open(), "duo": wide_open()})
    story = told(found, standing, gone=frozenset({"afev"}))
    assert "Déjà sollicitées\u00a0: Afev." in story.sentences
    assert (judged(story, "p1").tried, judged(story, "p1").closed) == (True, None)


@given(cases())
@settings(max_examples=80, deadline=None)
def test_any_decision_can_be_told_and_written_in_json(case: Case) -> None:
    decision = case.decided()
    story = explain(decision, case.profile)
    assert json.loads(json.dumps(story.to_json()))["headline"] == story.headline
    assert len(story.programmes) == len(case.found)
    for each in story.programmes:
        states = {row.state.value for row in each.rows}
        assert each.eligibility.value != "eligible" or "failed" not in states
        assert each.eligibility.value != "to_verify" or "to_verify" in states


# The association's part


def test_an_association_reads_its_own_rules_figures_and_rank() -> None:
    decision = decide(*both(wide_open(40, 12), wide_open(51, 17)))
    own = excerpt(decision, PERSON)
    assert [(row.criterion, row.fact, row.rule, row.state.value) for row in own.rows] == [
        ("Âge", "25\u00a0ans", "de 18 à 30\u00a0ans", "held")
    ]
    assert (own.committed, own.objective, own.attainment) == (12, 40, "12 sur 40 (30\u00a0%)")
    assert own.sentence == "De 2 associations qui convenaient, la vôtre est la plus loin de son objectif."
    assert (own.rank, own.competitors, own.version, own.way) == (1, 2, 1, Modality.IN_PERSON)
    written = json.dumps(own.to_json(), ensure_ascii=False)
    assert not any(secret in written for secret in ("DUO", "duo", "51", "17"))


@given(cases())
@settings(max_examples=80, deadline=None)
def test_an_excerpt_never_names_another_association(case: Case) -> None:
    decision = case.decided()
    if isinstance(decision, Placed):
        written = json.dumps(excerpt(decision, case.profile).to_json())
        assert not any(other in written for other in ASSOCIATIONS if other != decision.association)


def test_an_association_reads_what_it_has_to_verify() -> None:
    decision = decide([programme("p1", "afev", PublicTest(frozenset({Public.QPV})))], Standing({"afev": wide_open()}))
    own = excerpt(decision, PERSON)
    assert own.to_verify == ("Public\u00a0: quartier prioritaire (QPV)",)
    assert own.sentence == "La vôtre est la seule association qui convenait et avait de la place."


def test_a_tie_is_said_without_anyones_figures() -> None:
    decision = decide(*both(wide_open(40, 12, reach=1), wide_open(40, 12, reach=2)))
    assert isinstance(decision, Placed)
    assert decision.tie_break is TieBreak.REACH
    assert excerpt(decision, PERSON).sentence == (
        "De 2 associations qui convenaient, la vôtre passe en premier "
        "(à égalité, celle qui a le moins d’autres demandes à sa portée)."
    )


def test_a_request_oriented_by_hand_says_so() -> None:
    found, standing = both(wide_open(40, 12), wide_open(50, 18))
    found.append(programme("p3", "nqt", AgeTest(5, 10)))
    decision = decide(found, standing)
    second = excerpt(decision, PERSON, "p2")
    assert second.sentence.startswith("Demande orientée à la main. De 2 associations")
    assert second.sentence.endswith("la vôtre est la 2e dans l’ordre d’orientation.")
    outside = excerpt(decision, PERSON, "p3")
    assert (outside.rank, outside.committed, outside.way) == (None, None, None)
    assert outside.sentence == "Demande orientée à la main par le Collectif."
    waiting = decide([programme("p1", "afev")], Standing())
    assert excerpt(waiting, PERSON, "p1").rank is None
    with pytest.raises(ValueError, match="by hand"):
        excerpt(waiting, PERSON)
