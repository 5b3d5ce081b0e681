"""Policies: exact integers in place of fractions, rows of any make, steps for those still tied only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from hashlib import sha256

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from matching.decision import Placed
from matching.ledger import Ledger
from matching.policies import arm
from matching.policies.contest import Runner
from matching.profile import Profile
from matching.programme import Catalogue
from matching.ranking import Contest, Opening, Policy, PolicyName, TieBreak, choose_programme, decided_by, rank
from matching.reading import MOST_COUNTED, InvalidInputError, Node
from matching.router import Router
from matching.standing import (
    MOST_WRITTEN,
    NEVER,
    AssociationStanding,
    Standing,
    ahead_of,
    exact,
    ratio_of,
)
from matching.storing import pack, rerun, unpack
from matching.vocabulary import Modality, Side
from tests.matching.strategies import ASSOCIATIONS, AT, Case, associations, cases, programme, standings, wide_open

COUNTS = st.one_of(st.integers(0, 40), st.integers(0, MOST_COUNTED))
STARTS = st.builds(Fraction, st.integers(0, MOST_WRITTEN), st.integers(1, MOST_WRITTEN))


@given(*(st.tuples(COUNTS, COUNTS, st.one_of(st.just(Fraction(0)), STARTS)) for _ in range(2)))
def test_integers_keep_the_exact_order_of_attainments(
    first: tuple[int, int, Fraction], second: tuple[int, int, Fraction]
) -> None:
    ratios, attainments = zip(
        *[(ratio_of(*each), AssociationStanding(*each).attainment) for each in (first, second)], strict=True
    )
    assert (ratios[0] < ratios[1], ratios[0] == ratios[1]) == (
        attainments[0] < attainments[1],
        attainments[0] == attainments[1],
    )


LEVELS = st.builds(Fraction, st.integers(0, MOST_WRITTEN), st.integers(1, MOST_WRITTEN))
KEYS = st.builds(AssociationStanding, COUNTS, COUNTS, st.one_of(st.just(Fraction(0)), STARTS))
SMALL_KEYS = st.builds(AssociationStanding, st.integers(0, 40), st.integers(0, 40))


def in_order(one: AssociationStanding, other: AssociationStanding) -> bool:
    """Whether integers, of values and of a ledger's rows, put the two where fractions do."""
    far = [each.attainment - (each.level or 0) for each in (one, other)]
    ledger = Ledger(Catalogue.of(Side.MENTEE, []), Standing({"one": one, "other": other}))
    rows = ledger.association("one"), ledger.association("other")
    return all(
        (first.ahead < second.ahead, first.ahead == second.ahead) == (far[0] < far[1], far[0] == far[1])
        for first, second in ((one, other), rows)
    )


@given(KEYS, KEYS, st.one_of(st.none(), LEVELS), st.one_of(st.none(), LEVELS))
def test_integers_keep_the_exact_order_of_distances_to_levels(
    one: AssociationStanding, other: AssociationStanding, level: Fraction | None, expected: Fraction | None
) -> None:
    assert in_order(replace(one, level=level), replace(other, level=expected))


@given(
    st.one_of(KEYS, SMALL_KEYS),
    SMALL_KEYS,
    st.integers(1, 10**6).map(lambda millionths: Fraction(millionths, 10**6)),
    st.sampled_from((0, 1, -1)),
)
def test_two_exactly_as_far_from_their_levels_are_equal_and_a_hair_tells_them_apart(
    one: AssociationStanding, other: AssociationStanding, level: Fraction, hair: int
) -> None:
    tied = (other.attainment - one.attainment + level).limit_denominator(MOST_WRITTEN) + Fraction(hair, MOST_WRITTEN)
    tied = tied.limit_denominator(MOST_WRITTEN)
    assume(0 <= tied.numerator <= MOST_WRITTEN)
    assert in_order(replace(one, level=level), replace(other, level=tied))


def test_two_exactly_tied_behind_their_levels_are_told_apart_by_the_next_step() -> None:
    behind, further = (
        wide_open(150, 84, level=Fraction(628993, 10**6)),
        wide_open(150, 117, level=Fraction(848993, 10**6)),
    )
    standing = Standing({"a1": replace(behind, reach=0), "a2": replace(further, reach=9)})
    catalogue = Catalogue.of(Side.MENTEE, [programme("p1", "a1"), programme("p2", "a2")])
    person = Profile(key="r", side=Side.MENTEE, age=16, modalities=frozenset(Modality))
    decision = Router(catalogue, Policy(PolicyName.PROJECTED)).route(person, standing, (), AT)
    assert isinstance(decision, Placed)
    assert (decision.association, decision.tie_break) == ("a1", TieBreak.REACH)


def test_the_distance_to_a_level_follows_what_a_ledger_takes_and_foresees() -> None:
    catalogue = Catalogue.of(Side.MENTEE, [programme("p1", "a1")])
    ledger = Ledger(catalogue, Standing({"a1": wide_open(8, 2, level=Fraction(1, 4))}))
    row = ledger.association("a1")
    opening = Opening("p1", "a1", Modality.IN_PERSON, next(iter(row.rows)))
    seen = [row.ahead]
    ledger.take(opening, AT)
    seen.append(row.ahead)
    ledger.foresee({"a1": Fraction(1, 2)})
    seen.append(row.ahead)
    ledger.release(opening)
    seen.append(row.ahead)
    ledger.foresee({})
    seen.append(row.ahead)
    eighth = ahead_of(1, 8, Fraction(0), None)
    assert seen == [0, eighth, -eighth, -2 * eighth, 2 * eighth]


@pytest.mark.parametrize("field", ["committed", "objective"])
def test_counts_beyond_what_is_compared_exactly_are_refused(field: str) -> None:
    with pytest.raises(InvalidInputError, match="at most"):
        AssociationStanding.read(Node({field: MOST_COUNTED + 1}))


@pytest.mark.parametrize("field", ["virtual_start", "level"])
def test_fractions_beyond_what_is_compared_exactly_are_refused(field: str) -> None:
    assert getattr(AssociationStanding.read(Node({field: [MOST_WRITTEN, 3]})), field) == Fraction(MOST_WRITTEN, 3)
    for value in (MOST_WRITTEN + 1, [1, MOST_WRITTEN + 1], [-1, 2], [1, 0]):
        with pytest.raises(InvalidInputError):
            AssociationStanding.read(Node({field: value}))


@dataclass
class Row:
    """An association's row that changes in place."""

    committed: int
    objective: int
    declared: bool
    ratio: int
    ahead: int
    reach: int
    served: datetime


@dataclass
class Part:
    part: int
    served: datetime


class Book:
    """A ledger of the plainest make: whatever has the right attributes can be ranked."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing

    def association(self, key: str) -> Row:
        its = self.standing.association(key)
        ratio = ratio_of(its.committed, its.objective, its.virtual_start)
        ahead = ahead_of(its.committed, its.objective, its.virtual_start, its.level)
        return Row(its.committed, its.objective, its.objective > 0, ratio, ahead, its.reach, its.last_served or NEVER)

    def programme(self, key: str) -> Part:
        own = self.standing.programme(key)
        return Part(exact(own.committed, own.weight), own.last_served or NEVER)


OPENINGS = st.lists(
    st.builds(
        Opening,
        st.sampled_from([f"p{number}" for number in range(8)]),
        st.sampled_from(ASSOCIATIONS),
        st.just(Modality.IN_PERSON),
        st.sampled_from(["commune:59512", "departement:59", "country:FR", "remote"]),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda opening: opening.programme,
)


@given(OPENINGS, standings(), st.sampled_from(PolicyName))
@settings(max_examples=50, deadline=None)
def test_a_ledger_is_ranked_as_a_standing_is(openings: list[Opening], standing: Standing, name: PolicyName) -> None:
    policy = Policy(name)
    book, value = Contest("r1", Book(standing), policy), Contest("r1", standing, policy)
    found = rank(openings, book)
    assert found == rank(openings, value)
    assert choose_programme(found[0].openings, book) == choose_programme(found[0].openings, value)


@given(OPENINGS, standings(), st.sampled_from(PolicyName), st.data())
@settings(max_examples=50, deadline=None)
def test_no_policy_depends_on_who_else_is_in_the_running(
    openings: list[Opening], standing: Standing, name: PolicyName, data: st.DataObject
) -> None:
    contest = Contest("r1", standing, Policy(name))
    order = [each.association for each in rank(openings, contest)]
    kept = data.draw(st.sets(st.sampled_from(order)))
    fewer = [each.association for each in rank([one for one in openings if one.association in kept], contest)]
    assert fewer == [key for key in order if key in kept]


def test_a_step_is_computed_only_for_those_still_tied(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[set[str]] = []

    def spying(contest: Contest, running: Sequence[Runner]) -> list[int]:
        seen.append({association for association, _, _ in running})
        return [row.reach for _, _, row in running]

    steps = {**arm.ORDER.associations, TieBreak.REACH: spying}
    monkeypatch.setitem(arm.ORDER.associations, TieBreak.REACH, spying)
    monkeypatch.setitem(rank.__globals__["STEPS"], PolicyName.ARM, tuple(steps.values()))
    standing = Standing({"afev": wide_open(10, 5), "duo": wide_open(20, 10, reach=1), "nqt": wide_open(10, 9)})
    openings = [Opening(f"p{key}", key, Modality.REMOTE, "remote") for key in ("afev", "duo", "nqt")]
    ranking = rank(openings, Contest("r1", standing, Policy()))
    assert [each.association for each in ranking] == ["afev", "duo", "nqt"]
    assert decided_by(ranking, Policy()) is TieBreak.REACH
    assert seen == [{"afev", "duo"}]


# Projected levels

PROJECTED = Policy(PolicyName.PROJECTED)


@given(OPENINGS, standings())
@settings(max_examples=30, deadline=None)
def test_without_levels_projected_ranks_as_arm(openings: list[Opening], standing: Standing) -> None:
    projected, by_arm = (rank(openings, Contest("r1", standing, policy)) for policy in (PROJECTED, Policy()))
    assert [each.association for each in projected] == [each.association for each in by_arm]


@given(OPENINGS, standings(), st.fractions(0, 3, max_denominator=1000))
@settings(max_examples=30, deadline=None)
def test_with_the_same_level_for_all_projected_ranks_as_arm(
    openings: list[Opening], standing: Standing, level: Fraction
) -> None:
    even = Standing({key: replace(its, level=level) for key, its in standing.associations.items()}, standing.programmes)
    projected, by_arm = (rank(openings, Contest("r1", even, policy)) for policy in (PROJECTED, Policy()))
    assert [each.association for each in projected] == [each.association for each in by_arm]


def test_the_furthest_behind_its_level_is_first() -> None:
    behind, ahead = wide_open(10, 6, level=Fraction(9, 10)), wide_open(10, 4, level=Fraction(2, 10))
    openings = [Opening("p1", "afev", Modality.REMOTE, "remote"), Opening("p2", "duo", Modality.REMOTE, "remote")]
    standing = Standing({"afev": behind, "duo": ahead})
    ranking = rank(openings, Contest("r1", standing, PROJECTED))
    assert ranking[0].association == "afev"
    assert decided_by(ranking, PROJECTED) is TieBreak.LEVEL
    assert rank(openings, Contest("r1", standing, Policy()))[0].association == "duo"


# Stored decisions

PERSON = Profile(key="r1", side=Side.MENTEE, age=16, modalities=frozenset(Modality))
CATALOGUE = Catalogue.of(Side.MENTEE, [programme("p1", "afev"), programme("p2", "duo")])
RECORDED = {
    PolicyName.ARM: "ec80dd70ee8aa586dd5f77a9943a2aa943afc7784e6d554ba642a951822c3490",
    PolicyName.ARM_ABSOLUTE: "f8f3db7552ec023be0c1597d3e98e1c0fa21efab354d161aff5212f4988f878d",
    PolicyName.FIRST_MATCH: "5cb92eb670f393d84c358a20d5811e8252a4e88e335790ea13ce6427d7f4d397",
    PolicyName.NEAREST: "ad76ee55937e1a214480b75061ffd871ebd33b51879f84a4db0f6b2c7c559437",
    PolicyName.RANDOM: "764e005210125ab687ff5ef85168f0300977ccdf15817638a96e6e5561c4244e",
}


@pytest.mark.parametrize("name", list(RECORDED))
def test_records_keep_every_byte_they_had_before_there_were_levels(name: PolicyName) -> None:
    """The digests were taken from the engine as it was when records had no level in them."""
    standing, found = Standing({"afev": wide_open(7, 2, reach=1), "duo": wide_open(9, 3)}), sha256()
    router = Router(CATALOGUE, Policy(name, seed=3))
    for number in range(20):
        profile = replace(PERSON, key=f"r{number}")
        decision = router.route(profile, standing, (), AT + timedelta(minutes=number))
        assert isinstance(decision, Placed)
        found.update(decision.record)
        standing = standing.after(decision, AT + timedelta(minutes=number))
    assert found.hexdigest() == RECORDED[name]


@given(cases(), st.dictionaries(st.sampled_from(ASSOCIATIONS), st.fractions(0, 2, max_denominator=999)))
@settings(max_examples=50, deadline=None)
def test_a_decision_of_any_policy_is_run_again_to_the_same_bytes(case: Case, levels: dict[str, Fraction]) -> None:
    leveled = {key: replace(its, level=levels.get(key)) for key, its in case.standing.associations.items()}
    first = replace(case, standing=Standing(leveled, case.standing.programmes)).decided()
    stored = pack(first)
    assert unpack(stored, first.catalogue) == first
    assert pack(rerun(stored, first.catalogue, case.profile)) == stored


@given(associations(), st.fractions(0, 2, max_denominator=999))
def test_a_level_is_read_from_json_as_a_pair(its: AssociationStanding, level: Fraction) -> None:
    written = {"committed": its.committed, "objective": its.objective, "level": list(level.as_integer_ratio())}
    assert AssociationStanding.read(Node(written)).level == level
    assert AssociationStanding.read(Node({**written, "level": None})).level is None
