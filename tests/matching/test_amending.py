"""An index amended, however often, says what a fresh one says; and its masks explain as the plain reading does."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.columns import Kept
from matching.conditions import AgeTest, AnyOfTest, NeedTest, PublicTest, SituationTest, Truth
from matching.criteria import All, AnyOf, Expression, Not
from matching.index import Index, compiled
from matching.judging import Judgement
from matching.profile import Profile
from matching.programme import Catalogue, Programme
from matching.router import Router
from matching.vocabulary import Modality, Need, Public, Side, Situation
from matching.ways import WAYS, accepted_ways
from tests.matching import oracle
from tests.matching.strategies import AT, TODAY, Period, criteria, profiles, programme

KEYS = [f"p{number}" for number in range(6)]
WIDE = All(tuple(AnyOf((AgeTest(number, 30), Not(NeedTest(frozenset({Need.GUIDANCE}))))) for number in range(1, 9)))


def expressions() -> st.SearchStrategy[Expression]:
    """Narrow ones, and from time to time one that spreads too widely to be laid out in branches."""
    return st.one_of(criteria(), criteria(), criteria(), criteria().map(lambda part: All((part, WIDE))))


def edits() -> st.SearchStrategy[tuple[str, Expression | None]]:
    """A programme's new criteria, or None when it is taken away."""
    return st.tuples(st.sampled_from(KEYS), st.one_of(st.none(), expressions(), expressions()))


def edited(catalogue: Catalogue, key: str, expression: Expression | None) -> Catalogue:
    others = [each for each in catalogue.programmes if each.id != key]
    return Catalogue.of(Side.MENTEE, [*others, *([programme(key, "afev", expression)] if expression else [])])


@given(st.lists(edits(), min_size=1, max_size=12), st.lists(profiles(), min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_any_sequence_of_edits_gives_what_a_fresh_index_gives(
    asked: list[tuple[str, Expression | None]], people: list[Profile]
) -> None:
    catalogue = Catalogue.of(Side.MENTEE, [programme("p3", "duo", AgeTest(10, 20))])
    index = Index(catalogue)
    for key, expression in asked:
        before = index, [index.trace(person) for person in people]
        catalogue = edited(catalogue, key, expression)
        index, fresh = index.amended(catalogue), Index(catalogue)
        for person in people:
            assert index.outcomes(person) == fresh.outcomes(person)
            assert index.near(person) == fresh.near(person)
        assert before[1] == [before[0].trace(person) for person in people]
        assert index.catalogue is catalogue


def of_one_kind() -> st.SearchStrategy[list[Expression]]:
    """Several tests of one kind, some excluded: on one column, each in a round of its own."""
    kinds = st.sampled_from((NeedTest, SituationTest, PublicTest))
    return kinds.flatmap(lambda kind: st.lists(listed(kind), min_size=2, max_size=4, unique=True))


def listed(kind: type[AnyOfTest]) -> st.SearchStrategy[Expression]:
    words = list({NeedTest: Need, SituationTest: Situation, PublicTest: Public}[kind])[:4]  # type: ignore[index]
    test = st.frozensets(st.sampled_from(words), min_size=1, max_size=2).map(kind)
    return st.tuples(test, st.booleans()).map(lambda one: Not(one[0]) if one[1] else one[0])


@given(of_one_kind(), st.data())
@settings(max_examples=300, deadline=None)
def test_an_edit_of_one_test_leaves_the_others_of_its_kind(parts: list[Expression], data: st.DataObject) -> None:
    """The others must still refuse whom they refused: somebody placed against a criterion is the worst there is."""
    kept = data.draw(st.lists(st.sampled_from(parts), max_size=3, unique=True))
    come = data.draw(st.one_of(st.just([]), of_one_kind()))
    before = edited(Catalogue.of(Side.MENTEE, []), "p0", All(tuple(parts)))
    after = edited(before, "p0", All((*kept, *come)))
    amended, fresh = Index(before).amended(after), Index(after)
    for needs in (None, *(frozenset(each) for each in combinations(list(Need)[:4], 2)), frozenset[Need]()):
        for situation in (None, *list(Situation)[:4]):
            known = None if situation is None else frozenset({situation})
            person = Profile(key="r", side=Side.MENTEE, needs=needs, situations=known, modalities=frozenset(Modality))
            assert amended.outcomes(person) == fresh.outcomes(person)
            assert amended.near(person) == fresh.near(person)


@given(st.lists(expressions(), min_size=1, max_size=4), expressions(), profiles(), st.data())
@settings(max_examples=40, deadline=None)
def test_an_amended_index_explains_what_it_judges(
    found: list[Expression], new: Expression, person: Profile, data: st.DataObject
) -> None:
    before = Catalogue.of(Side.MENTEE, [programme(f"p{at}", "afev", each) for at, each in enumerate(found)])
    index = Index(before)
    index.judged(0, person)
    place = data.draw(st.integers(0, len(found) - 1))
    amended = index.amended(edited(before, f"p{place}", new))
    for position, each in enumerate(amended.catalogue.programmes):
        same_as_read(amended.judged(position, person), each, person)


@given(st.lists(expressions(), min_size=1, max_size=4), profiles())
@settings(max_examples=100, deadline=None)
def test_the_masks_explain_as_the_plain_reading_does(found: list[Expression], person: Profile) -> None:
    index = Index(Catalogue.of(Side.MENTEE, [programme(f"p{at}", "afev", each) for at, each in enumerate(found)]))
    for position, each in enumerate(index.catalogue.programmes):
        same_as_read(index.judged(position, person), each, person)


def same_as_read(judged: Judgement, its: Programme, person: Profile) -> None:
    assert judged.fit == oracle.fit(its.criteria, person)
    assert judged.changes == oracle.near_miss(its.criteria, person)
    for remote in (None, True, False):
        assert judged.best_way(remote=remote) is oracle.best_way(its.criteria, person, remote=remote)
    for way in WAYS:
        assert judged.truth(way) is oracle.evaluate(its.criteria, person, way)
        assert judged.fewest_changes(way) == oracle.fewest_changes(its.criteria, person, way)
        told = [(each.test, each.excluded, each.state) for each in judged.reasons(way)]
        assert told == [(each.test, each.excluded, each.state) for each in oracle.reasons(its.criteria, person, way)]


@given(st.lists(expressions(), min_size=1, max_size=5), profiles())
@settings(max_examples=80, deadline=None)
def test_one_look_tells_who_fits_who_nearly_does_and_by_which_tests(found: list[Expression], person: Profile) -> None:
    catalogue = Catalogue.of(Side.MENTEE, [programme(f"p{at}", "afev", each) for at, each in enumerate(found)])
    index = Index(catalogue)
    trace = index.trace(person)
    assert trace.outcomes == index.outcomes(person)
    for position, each in enumerate(catalogue.programmes):
        missed = oracle.near_miss(each.criteria, person)
        ineligible = oracle.fit(each.criteria, person).outcome is Truth.NO
        assert bool(trace.near >> position & 1) == (ineligible and len(missed) == 1)
    failing = {
        code: index.programmes_of(failed) for code, (failed, _, _) in zip(index.kinds, trace.columns, strict=True)
    }
    for position, each in enumerate(catalogue.programmes):
        if isinstance(each.criteria, All) and all(
            not isinstance(part, (All, AnyOf, Not)) for part in each.criteria.parts
        ):
            wrong = {
                part.code
                for part in each.criteria.parts
                if part.code != "modality" and oracle.evaluate(part, person, WAYS[0]) is Truth.NO
            }
            assert {code for code, mask in failing.items() if mask >> position & 1} == wrong


ASKED = list(Public)[:7]


def public_lists() -> st.SearchStrategy[Expression]:
    """A programme that asks for publics and leaves others out, in lists from one to seven long."""
    lists = st.frozensets(st.sampled_from(ASKED), min_size=1).map(PublicTest)
    return st.lists(st.one_of(lists, lists.map(Not)), min_size=1, max_size=4).map(lambda parts: All(tuple(parts)))


@given(
    st.lists(public_lists(), min_size=1, max_size=5),
    st.dictionaries(st.sampled_from(ASKED), st.sampled_from([True, False, False, None])),
)
@settings(max_examples=150, deadline=None)
def test_lists_of_publics_of_any_length_are_judged_as_they_are_read(
    found: list[Expression], answers: dict[Public, bool | None]
) -> None:
    person = Profile("r", Side.MENTEE, publics=answers, modalities=frozenset({WAYS[0]}))
    catalogue = Catalogue.of(Side.MENTEE, [programme(f"p{at}", "afev", each) for at, each in enumerate(found)])
    trace = Index(catalogue).trace(person)
    for position, each in enumerate(catalogue.programmes):
        outcome = oracle.fit(each.criteria, person).outcome
        assert (trace.outcomes.certain >> position & 1) + (trace.outcomes.possible >> position & 1) == outcome
        missed = oracle.near_miss(each.criteria, person)
        assert bool(trace.near >> position & 1) == (outcome is Truth.NO and len(missed) == 1)


def test_who_accepts_no_way_of_meeting_has_no_near_programme() -> None:
    nobody = Profile("r", Side.MENTEE, age=30, modalities=frozenset())
    for expression in (AgeTest(10, 20), All((AgeTest(10, 20), WIDE))):
        index = Index(Catalogue.of(Side.MENTEE, [programme("p", "afev", expression)]))
        assert index.trace(nobody)[:2] == (index.outcomes(nobody), 0)
        assert index.outcomes(nobody).possible == 0


def test_an_edit_shares_the_tables_it_does_not_touch() -> None:
    qpv = PublicTest(frozenset({Public.QPV}))
    before = Index(Catalogue.of(Side.MENTEE, [programme("p", "afev", All((AgeTest(10, 20), qpv)))]))
    after = before.amended(edited(before.catalogue, "p", All((AgeTest(10, 25), qpv))))
    assert after._laid._tables[PublicTest] is before._laid._tables[PublicTest]
    assert after._laid._tables[AgeTest] is not before._laid._tables[AgeTest]
    same = before.amended(edited(before.catalogue, "p", All((AgeTest(10, 20), qpv))))
    assert same._laid._tables == before._laid._tables
    renamed = Catalogue.of(Side.MENTEE, [replace(before.catalogue.programmes[0], name="Autrement")])
    assert before.amended(renamed)._laid._tables[AgeTest] is before._laid._tables[AgeTest]


def test_literals_of_criteria_long_gone_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matching.index.SPARE_LITERALS", 4)
    catalogue = Catalogue.of(Side.MENTEE, [programme("p", "afev", AgeTest(1))])
    index = Index(catalogue)
    for age in range(2, 40):
        catalogue = edited(catalogue, "p", AgeTest(age))
        index = index.amended(catalogue)
        assert index.outcomes(Profile("r", Side.MENTEE, age=age)).certain == 1
        assert len(index._literals) <= 14


def test_an_amended_router_routes_on_the_new_catalogue_and_forgets_old_pauses() -> None:
    closed = programme("p", "afev", pauses=(Period(TODAY, None),))
    router = Router(Catalogue.of(Side.MENTEE, [closed]))
    assert router._open_on(TODAY) == 0
    opened = router.amended(Catalogue.of(Side.MENTEE, [replace(closed, pauses=())]))
    assert (opened._open_on(TODAY), router._open_on(TODAY), opened.policy) == (1, 0, router.policy)
    assert opened.index.outcomes(Profile("r", Side.MENTEE)).certain == 1
    assert opened.catalogue.digest != router.catalogue.digest
    assert AT.date() == TODAY


def test_a_catalogue_in_use_is_compiled_once() -> None:
    catalogue = Catalogue.of(Side.MENTEE, [programme("p", "afev")])
    router = Router(catalogue)
    assert compiled(catalogue) is router.index
    other = Catalogue.from_json(catalogue.to_json())
    assert compiled(other) is compiled(other)
    assert compiled(other) is not router.index


def test_what_is_kept_of_facts_is_bounded_by_its_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matching.columns.MOST_BYTES", 40)
    found = [programme(f"p{at:03}", "afev", AgeTest(at, 40)) for at in range(5, 30)]
    index = Index(Catalogue.of(Side.MENTEE, found))
    fits = [index.outcomes(Profile("r", Side.MENTEE, age=age)).certain.bit_count() for age in range(60)]
    assert fits == [min(max(age - 4, 0), 25) * (age <= 40) for age in range(60)]
    (table,) = index._laid._direct
    assert isinstance(table, Kept)
    assert 0 < len(table) < 60


def test_every_accepted_way_is_tried() -> None:
    assert accepted_ways(Profile("r", Side.MENTEE)) == WAYS
    assert accepted_ways(Profile("r", Side.MENTEE, modalities=frozenset())) == ()
