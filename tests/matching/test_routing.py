"""route(): who gets the request, and what may never change it."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.conditions import AgeTest, ModalityTest, PublicTest, TerritoryTest, Truth
from matching.criteria import All, AnyOf
from matching.decision import Outcome, Placed, Unroutable, Waitlisted, Why
from matching.openings import opening_of, places_nearest_first
from matching.profile import Profile
from matching.programme import Catalogue, Period, Programme
from matching.ranking import Policy, PolicyName, TieBreak, digest
from matching.reading import InvalidInputError, Node
from matching.router import Router, route
from matching.standing import AssociationStanding, Places, ProgrammeStanding, Standing
from matching.vocabulary import Modality, Public, Side
from tests.matching.oracle import fit
from tests.matching.strategies import (
    ASSOCIATIONS,
    AT,
    HOMES,
    TODAY,
    Case,
    cases,
    profiles,
    programme,
    welcomed,
    wide_open,
)

PERSON = Profile(key="r1", side=Side.MENTEE, age=16, places=HOMES[0], modalities=frozenset(Modality))
ARM = Policy()


def decide(
    found: list[Programme],
    standing: Standing,
    profile: Profile = PERSON,
    gone: frozenset[str] = frozenset(),
    policy: Policy = ARM,
    at: datetime = AT,
) -> Outcome:
    return route(profile, found, standing, gone, policy, at)


def placed(outcome: Outcome) -> Placed:
    assert isinstance(outcome, Placed)
    return outcome


# Properties


@given(cases(), st.data())
@settings(max_examples=70, deadline=None)
def test_the_order_of_programmes_is_irrelevant(case: Case, data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(case.found))
    assert replace(case, found=shuffled).decided().digest == case.decided().digest


@given(cases())
@settings(max_examples=50, deadline=None)
def test_the_same_inputs_give_the_same_decision(case: Case) -> None:
    assert case.decided() == case.decided()


@given(cases())
@settings(max_examples=120, deadline=None)
def test_the_chosen_has_the_lowest_exact_key_among_those_open_in_its_tier(case: Case) -> None:
    case = replace(case, policy=replace(case.policy, name=PolicyName.ARM))
    decision = case.decided()
    certain, open_at_all = open_by_hand(case)
    tier = certain or open_at_all
    if isinstance(decision, Placed):
        assert decision.certain == bool(certain)
        assert decision.association == min(tier, key=lambda each: arm_by_hand(case, each))
        assert set(decision.ranking) == tier
    else:
        assert not tier or len(case.gone) >= case.policy.hops


def open_by_hand(case: Case) -> tuple[set[str], set[str]]:
    """The associations with room, by the tree and one row at a time: the certain ones, then all."""
    places = places_nearest_first(case.profile)
    tiers: tuple[set[str], set[str]] = (set(), set())
    for each in case.found:
        here, remote = fit(each.criteria, case.profile)
        for tier, least in zip(tiers, (Truth.YES, Truth.UNKNOWN), strict=True):
            room = opening_of(each, case.standing, places, in_person=here >= least, remote=remote >= least)
            if each.association not in case.gone and each.closed_because(TODAY) is None and room:
                tier.add(each.association)
    return tiers


def arm_by_hand(case: Case, association: str) -> tuple[bool, Fraction, int, float, str]:
    its = case.standing.association(association)
    start = its.virtual_start if its.committed < its.objective else Fraction(0)
    ratio = (its.committed + start) / (its.objective + start) if its.objective else Fraction(its.committed)
    served = its.last_served.timestamp() if its.last_served else float("-inf")
    return (its.objective == 0, Fraction(ratio), its.reach, served, digest(case.profile.key, association))


@given(cases().map(welcomed))
@settings(max_examples=70, deadline=None)
def test_a_loser_that_leaves_never_changes_the_winner(case: Case) -> None:
    decision = case.decided()
    for loser in {each.association for each in case.found} - {placed(decision).association}:
        fewer = [each for each in case.found if each.association != loser]
        again = placed(replace(case, found=fewer).decided())
        assert (again.association, again.programme) == (decision.association, decision.programme)


BY_STANDING = [PolicyName.ARM, PolicyName.ARM_ABSOLUTE, PolicyName.PROJECTED]


@given(cases().map(welcomed), st.sampled_from(BY_STANDING))
@settings(max_examples=70, deadline=None)
def test_a_losing_programme_that_leaves_never_changes_the_association(case: Case, name: PolicyName) -> None:
    case = replace(case, policy=Policy(name))
    decision = case.decided()
    for loser in {each.id for each in case.found} - {placed(decision).programme}:
        fewer = [each for each in case.found if each.id != loser]
        again = placed(replace(case, found=fewer).decided())
        assert (again.association, again.programme) == (decision.association, decision.programme)


@given(cases(), st.sampled_from([*BY_STANDING, PolicyName.NEAREST]))
@settings(max_examples=70, deadline=None)
def test_new_names_change_only_the_last_tie(case: Case, name: PolicyName) -> None:
    case = replace(case, policy=Policy(name))
    renamed = dict(zip(ASSOCIATIONS, reversed(ASSOCIATIONS), strict=True))
    others = replace(
        case,
        found=[replace(each, association=renamed[each.association]) for each in case.found],
        standing=Standing(
            {renamed[key]: its for key, its in case.standing.associations.items()}, case.standing.programmes
        ),
        gone=frozenset(renamed[key] for key in case.gone),
    )
    before, after = case.decided(), others.decided()
    assert after.kind == before.kind
    if isinstance(before, Placed) and before.tie_break is not TieBreak.DIGEST:
        assert placed(after).association == renamed[before.association]


@given(st.lists(profiles(st.uuids().map(str)), max_size=40), st.integers(1, 30), st.sampled_from(BY_STANDING))
@settings(max_examples=60, deadline=None)
def test_two_equal_associations_never_differ_by_more_than_one(
    found: list[Profile], objective: int, name: PolicyName
) -> None:
    router = Router(Catalogue.of(Side.MENTEE, [programme("p1", "afev"), programme("p2", "duo")]), Policy(name))
    standing = Standing({"afev": wide_open(objective), "duo": wide_open(objective)})
    for minute, profile in enumerate(found):
        at = AT + timedelta(minutes=minute)
        decision = router.route(replace(profile, modalities=frozenset(Modality)), standing, (), at)
        standing = standing.after(placed(decision), at)
        taken = [standing.association(key).committed for key in ("afev", "duo")]
        assert abs(taken[0] - taken[1]) <= 1


@given(cases().map(welcomed))
@settings(max_examples=70, deadline=None)
def test_capacity_is_never_passed_nor_a_tried_association_asked_again(case: Case) -> None:
    decision = case.decided()
    offer, standing = placed(decision), case.standing
    assert offer.association not in case.gone
    row = standing.rows(offer.association, offer.programme)[offer.place]
    assert row.or_more or row.taken < row.declared
    after = standing.after(offer, AT)
    assert after.rows(offer.association, offer.programme)[offer.place].taken == row.taken + 1
    committed = standing.association(offer.association).committed
    assert after.association(offer.association).committed == committed + 1


# Tiers


def test_a_programme_to_verify_serves_only_when_none_is_certain() -> None:
    qpv = programme("p1", "afev", PublicTest(frozenset({Public.QPV})))
    anyone = programme("p2", "duo")
    standing = Standing({"afev": wide_open(100), "duo": wide_open(100, committed=99)})
    assert placed(decide([qpv, anyone], standing)).association == "duo"
    alone = placed(decide([qpv], standing))
    assert (alone.association, alone.certain) == ("afev", False)


def test_to_verify_and_open_comes_before_certain_and_full() -> None:
    full = AssociationStanding(objective=10, places={"country:FR": Places(3, 3)})
    qpv = programme("p1", "afev", PublicTest(frozenset({Public.QPV})))
    standing = Standing({"afev": wide_open(), "duo": full})
    decision = placed(decide([qpv, programme("p2", "duo")], standing))
    assert (decision.association, decision.certain) == ("afev", False)


def test_fit_but_full_waits_and_nobody_fitting_is_unroutable() -> None:
    full = Standing({"afev": AssociationStanding(objective=10, places={"country:FR": Places(3, 3)})})
    assert isinstance(decide([programme("p1", "afev")], full), Waitlisted)
    outcome = decide([programme("p1", "afev", AgeTest(18, 30))], full)
    assert isinstance(outcome, Unroutable)
    assert outcome.why is Why.NONE


def test_all_tried_is_exhausted_and_three_hops_go_to_staff() -> None:
    found = [programme(f"p{each}", each) for each in ASSOCIATIONS]
    standing = Standing({each: wide_open() for each in ASSOCIATIONS})
    whys = [getattr(decide(found, standing, gone=frozenset(ASSOCIATIONS[:n])), "why", None) for n in range(5)]
    assert whys == [None, None, None, Why.HOPS, Why.EXHAUSTED]
    assert isinstance(decide(found, standing, gone=frozenset(ASSOCIATIONS[:3]), policy=Policy(hops=4)), Placed)


# Openings


def test_a_pause_and_an_intake_window_close_without_making_ineligible() -> None:
    standing = Standing({"afev": wide_open()})
    yesterday, tomorrow = TODAY - timedelta(1), TODAY + timedelta(1)
    for closed in (
        {"pauses": (Period(yesterday, TODAY),)},
        {"pauses": (Period(TODAY, None),)},
        {"intake": Period(tomorrow, None)},
        {"intake": Period(None, yesterday)},
    ):
        assert isinstance(decide([programme("p1", "afev", **closed)], standing), Waitlisted)
    ended = programme("p1", "afev", pauses=(Period(yesterday, yesterday),), intake=Period(TODAY, TODAY))
    assert isinstance(decide([ended], standing), Placed)
    assert isinstance(decide([ended], standing, at=AT + timedelta(1)), Waitlisted)


def test_the_most_specific_row_that_covers_the_person_decides_alone() -> None:
    rows = {"country:FR": Places(100), "departement:59": Places(10), "commune:59512": Places(2, 2)}
    standing = Standing({"afev": AssociationStanding(objective=10, places=rows)})
    assert isinstance(decide([programme("p1", "afev")], standing), Waitlisted)
    elsewhere = replace(PERSON, places=frozenset({"commune:59009", "departement:59", "country:FR"}))
    assert placed(decide([programme("p1", "afev")], standing, elsewhere)).place == "departement:59"


def test_remote_places_are_drawn_on_after_those_in_person_and_only_if_that_branch_holds() -> None:
    rows = {"commune:59512": Places(1, 0), "remote": Places(1, 0)}
    standing = Standing({"afev": AssociationStanding(objective=10, places=rows)})
    here = All((ModalityTest(frozenset({Modality.IN_PERSON})), TerritoryTest(frozenset({"commune:59512"}))))
    both = programme("p1", "afev", AnyOf((here, ModalityTest(frozenset({Modality.REMOTE})))))
    first = placed(decide([both], standing))
    assert (first.way, first.place) == (Modality.IN_PERSON, "commune:59512")
    standing = standing.after(first, AT)
    second = placed(decide([both], standing))
    assert (second.way, second.place) == (Modality.REMOTE, "remote")
    assert isinstance(decide([both], standing.after(second, AT)), Waitlisted)
    assert isinstance(decide([programme("p1", "afev", here)], standing), Waitlisted)


def test_no_row_is_no_opening_and_or_more_never_runs_out() -> None:
    assert isinstance(decide([programme("p1", "afev")], Standing({"afev": AssociationStanding()})), Waitlisted)
    assert isinstance(decide([programme("p1", "afev")], Standing()), Waitlisted)
    plenty = AssociationStanding(places={"country:FR": Places(200, 350, or_more=True)})
    assert isinstance(decide([programme("p1", "afev")], Standing({"afev": plenty})), Placed)


def test_a_programme_with_places_of_its_own_leaves_the_shared_ones_alone() -> None:
    own = ProgrammeStanding(places={"commune:59512": Places(1)})
    standing = Standing({"afev": wide_open()}, {"p1": own})
    decision = placed(decide([programme("p1", "afev")], standing))
    after = standing.after(decision, AT)
    assert after.programme("p1").places["commune:59512"].taken == 1
    assert after.association("afev").places["country:FR"].taken == 0
    assert isinstance(decide([programme("p1", "afev")], after), Waitlisted)
    far = ProgrammeStanding(places={"commune:13055": Places(5)})
    assert isinstance(decide([programme("p1", "afev")], Standing({"afev": wide_open()}, {"p1": far})), Waitlisted)


def test_who_asked_to_stop_at_its_objective_stops_there() -> None:
    stopped = wide_open(5, committed=5, stop_at_objective=True)
    assert isinstance(decide([programme("p1", "afev")], Standing({"afev": stopped})), Waitlisted)
    going_on = wide_open(5, committed=5)
    assert isinstance(decide([programme("p1", "afev")], Standing({"afev": going_on})), Placed)
    undeclared = wide_open(0, stop_at_objective=True)
    assert isinstance(decide([programme("p1", "afev")], Standing({"afev": undeclared})), Placed)


# ARM


def duel(first: AssociationStanding, second: AssociationStanding, policy: Policy = ARM) -> Placed:
    found = [programme("p1", "afev"), programme("p2", "duo")]
    return placed(decide(found, Standing({"afev": first, "duo": second}), policy=policy))


@pytest.mark.parametrize(
    ("first", "second", "winner", "tie"),
    [
        (wide_open(40, 12), wide_open(50, 18), "afev", TieBreak.ATTAINMENT),
        (wide_open(3, 1), wide_open(30_000_001, 10_000_000), "duo", TieBreak.ATTAINMENT),
        (wide_open(0, 0), wide_open(10, 30), "duo", TieBreak.DECLARED),
        (wide_open(10, 0, virtual_start=Fraction(10)), wide_open(10, 4), "duo", TieBreak.ATTAINMENT),
        (wide_open(10, 12, virtual_start=Fraction(90)), wide_open(10, 13), "afev", TieBreak.ATTAINMENT),
        (wide_open(10, 5, reach=3), wide_open(20, 10, reach=2), "duo", TieBreak.REACH),
        (wide_open(10, 5, last_served=AT), wide_open(20, 10), "duo", TieBreak.LAST_SERVED),
        (
            wide_open(10, 5, last_served=AT - timedelta(1)),
            wide_open(20, 10, last_served=AT),
            "afev",
            TieBreak.LAST_SERVED,
        ),
    ],
)
def test_the_furthest_from_its_objective_is_first(
    first: AssociationStanding, second: AssociationStanding, winner: str, tie: TieBreak
) -> None:
    decision = duel(first, second)
    assert (decision.association, decision.tie_break) == (winner, tie)


def test_equals_in_everything_are_told_apart_by_a_digest_of_the_request() -> None:
    found = [programme("p1", "afev"), programme("p2", "duo")]
    standing = Standing({"afev": wide_open(), "duo": wide_open()})
    decisions = [placed(decide(found, standing, replace(PERSON, key=str(n)))) for n in range(200)]
    assert {each.tie_break for each in decisions} == {TieBreak.DIGEST}
    assert min(Counter(each.association for each in decisions).values()) > 60


def test_within_the_association_the_programme_furthest_from_its_share_is_chosen() -> None:
    found = [programme("p1", "afev"), programme("p2", "afev")]
    standing = Standing({"afev": wide_open()}, {"p1": ProgrammeStanding(4, weight=3), "p2": ProgrammeStanding(2)})
    assert placed(decide(found, standing)).programme == "p1"
    later = Standing({"afev": wide_open()}, {"p1": ProgrammeStanding(2, last_served=AT), "p2": ProgrammeStanding(2)})
    assert placed(decide(found, later)).programme == "p2"


def test_other_policies_stand_beside_arm() -> None:
    small, large = wide_open(10, 2), wide_open(1000, 500)
    assert duel(small, large).association == "afev"
    assert duel(small, large, Policy(PolicyName.ARM_ABSOLUTE)).association == "duo"
    assert duel(large, small, Policy(PolicyName.FIRST_MATCH)).association == "afev"
    near = AssociationStanding(10, 10, places={"commune:59512": Places(5)})
    assert duel(small, near, Policy(PolicyName.NEAREST)).association == "duo"
    drawn = {duel(small, large, Policy(PolicyName.RANDOM, seed=seed)).association for seed in range(20)}
    assert drawn == {"afev", "duo"}


def test_a_router_refuses_the_other_side_and_a_time_without_zone() -> None:
    router = Router(Catalogue.of(Side.MENTOR, []))
    with pytest.raises(ValueError, match="mentee"):
        router.route(PERSON, Standing(), (), AT)
    with pytest.raises(ValueError, match="zone"):
        router.route(replace(PERSON, side=Side.MENTOR), Standing(), (), AT.replace(tzinfo=None))


def test_two_programmes_cannot_share_an_id() -> None:
    with pytest.raises(ValueError, match="share"):
        Catalogue.of(Side.MENTEE, [programme("p", "afev"), programme("p", "duo")])


def test_a_policy_survives_json_and_has_defaults() -> None:
    policy = Policy(PolicyName.NEAREST, version=4, hops=2, seed=9)
    assert Policy.read(Node(policy.to_json())) == policy
    assert Policy.read(Node({"name": "arm"})) == ARM


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("pauses", [{"from": "2026-03-02", "until": "2026-03-01"}], "$.pauses[0]"),
        ("intake", {"from": "2026-02-30"}, "$.intake.from"),
        ("criteria", {"test": "age"}, "$.criteria"),
        ("version", "1", "$.version"),
    ],
)
def test_a_bad_programme_is_refused_with_the_path(field: str, value: object, path: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        Programme.from_json({**programme("p1", "afev").to_json(), field: value})
    assert refused.value.path == path


def test_a_catalogue_with_a_repeated_id_is_refused() -> None:
    twice = [programme("p1", "afev").to_json()] * 2
    with pytest.raises(InvalidInputError, match="share"):
        Catalogue.from_json({"side": "mentee", "programmes": twice})
