"""Projected routing end to end: the level of the standing reaches the ranking and the record."""

from dataclasses import replace
from fractions import Fraction

from matching.decision import Placed
from matching.profile import Profile
from matching.programme import Catalogue
from matching.ranking import Policy, PolicyName, TieBreak
from matching.router import Router
from matching.standing import Standing
from matching.storing import pack, unpack
from matching.vocabulary import Modality, Side
from tests.matching.strategies import AT, programme, wide_open

PERSON = Profile(key="r1", side=Side.MENTEE, age=16, modalities=frozenset(Modality))
CATALOGUE = Catalogue.of(Side.MENTEE, [programme("p1", "afev"), programme("p2", "duo")])


def test_the_levels_of_the_day_decide_and_are_kept_with_the_decision() -> None:
    behind, ahead = wide_open(10, 6, level=Fraction(9, 10)), wide_open(10, 4, level=Fraction(2, 10))
    router = Router(CATALOGUE, Policy(PolicyName.PROJECTED))
    decision = router.route(PERSON, Standing({"afev": behind, "duo": ahead}), (), AT)
    assert isinstance(decision, Placed)
    assert (decision.association, decision.tie_break) == ("afev", TieBreak.LEVEL)
    kept = unpack(pack(decision), CATALOGUE).standing
    assert {key: its.level for key, its in kept.associations.items()} == {
        "afev": Fraction(9, 10),
        "duo": Fraction(1, 5),
    }


def test_until_there_are_levels_it_decides_as_arm() -> None:
    standing = Standing({"afev": wide_open(10, 6), "duo": wide_open(10, 4)})
    router = Router(CATALOGUE, Policy(PolicyName.PROJECTED))
    projected = router.route(PERSON, standing, (), AT)
    by_arm = router.under(Policy()).route(PERSON, standing, (), AT)
    assert isinstance(projected, Placed)
    assert projected.association == getattr(by_arm, "association", None) == "duo"
    assert projected.standing == by_arm.standing
    assert replace(projected, policy=by_arm.policy, tie_break=TieBreak.ATTAINMENT) == by_arm
