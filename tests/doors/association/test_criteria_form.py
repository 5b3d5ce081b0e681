"""Criteria and their form are each other's inverse, to the letter; what a form cannot say is kept whole."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.conditions import EstablishmentTest
from matching.criteria import All, AnyOf, Expression, Not, read_criteria, write_criteria
from matching.vocabulary import Modality, StudyLevel
from portal.association.criteria_form import (
    LISTS,
    MAY_BE_EXCLUDED,
    Clause,
    Form,
    Kept,
    Kind,
    Line,
    LineError,
    expression_of,
    faults_of,
    form_of,
)
from portal.association.criteria_typed import after_act, fields_of, typed_form
from portal.demo import demo_associations
from tests.matching.strategies import criteria

PLACES = ("commune:59512", "country:FR", "departement:59", "epci:200093201", "zone:cite-educative-roubaix")
LEVELS = list(StudyLevel)


def some(words: Any) -> st.SearchStrategy[tuple[str, ...]]:
    values = [word.value for word in words]
    return st.sets(st.sampled_from(values), min_size=1).map(lambda found: tuple(v for v in values if v in found))


def places(least: int = 0) -> st.SearchStrategy[tuple[str, ...]]:
    return st.sets(st.sampled_from(PLACES), min_size=least).map(lambda found: tuple(sorted(found)))


def listed(kind: Kind) -> st.SearchStrategy[Line]:
    excluded = st.booleans() if kind in MAY_BE_EXCLUDED else st.just(value=False)
    return st.builds(Line, st.just(kind), excluded=excluded, chosen=some(LISTS[kind].words))


def bounds(low: int, high: int) -> st.SearchStrategy[tuple[str, str]]:
    pair = st.lists(st.integers(low, high), min_size=2, max_size=2).map(sorted)
    either = st.sampled_from([(True, True), (True, False), (False, True)])
    return st.tuples(pair, either).map(lambda both: tuple(str(b) if on else "" for b, on in zip(*both, strict=True)))


def lines() -> st.SearchStrategy[Line]:
    ranks = bounds(0, len(LEVELS) - 1)
    levels = ranks.map(lambda ends: tuple(LEVELS[int(end)].value if end else "" for end in ends))
    return st.one_of(
        *(listed(kind) for kind in LISTS),
        bounds(0, 99).map(lambda ends: Line(Kind.AGE, least=ends[0], most=ends[1])),
        levels.map(lambda ends: Line(Kind.LEVEL, least=ends[0], most=ends[1])),
        st.integers(1, 60).map(lambda months: Line(Kind.MONTHS, least=str(months))),
        st.integers(1, 200).map(lambda hours: Line(Kind.HOURS, least=str(hours))),
        st.dates().map(lambda day: Line(Kind.AVAILABLE, least=day.isoformat())),
        places(1).map(lambda ground: Line(Kind.TERRITORY, places=ground)),
        st.builds(Line, st.just(Kind.MEETING), chosen=some(Modality), places=places()),
    )


def forms() -> st.SearchStrategy[Form]:
    clauses = st.lists(lines(), min_size=1, max_size=3).map(lambda found: Clause(tuple(found)))
    return st.lists(clauses, max_size=5).map(lambda found: Form(tuple(found)))


def canonical(expression: Expression) -> dict[str, object]:
    return write_criteria(read_criteria(write_criteria(expression)))


@given(forms())
def test_what_a_form_says_is_read_back_as_the_same_form(form: Form) -> None:
    assert form_of(read_criteria(write_criteria(expression_of(form)))) == form


@given(criteria(least=1))
def test_criteria_go_through_the_form_unchanged_to_the_letter(expression: Expression) -> None:
    form = form_of(expression)
    if form is None:
        assert not isinstance(expression, All)
    else:
        assert write_criteria(expression_of(form)) == canonical(expression)


@given(forms())
def test_what_a_browser_sends_is_the_form_it_was_given(form: Form) -> None:
    assert typed_form(fields_of(form), Form()) == form


@given(forms(), st.text("adorplceunit:.0123456789", max_size=14))
def test_no_button_makes_a_form_that_cannot_be_drawn_again(form: Form, act: str) -> None:
    changed = after_act(form, act)
    assert typed_form(fields_of(changed), Form()) == changed


def test_most_of_the_demos_programmes_are_forms_whole() -> None:
    written = [
        criteria
        for association in demo_associations(2021)
        for programme in association.programmes
        for criteria in (programme.mentee_criteria, programme.mentor_criteria)
        if criteria
    ]
    found = [form_of(read_criteria(one)) for one in written]
    assert all(form is not None for form in found)
    whole = [form for form in found if form and not form.kept]
    assert len(whole) / len(found) > 0.9


def test_deeper_conditions_are_kept_whole_in_their_place() -> None:
    deep = AnyOf((All((EstablishmentTest(frozenset({"uai:1"})),)), Not(All(()))))
    age = read_criteria({"test": "age", "min": 14})
    form = form_of(All((age, deep, age)))
    assert form is not None
    assert form.parts == (Clause((Line(Kind.AGE, least="14"),)), Kept(1, deep), Clause((Line(Kind.AGE, least="14"),)))


def test_nobody_takes_away_what_the_form_cannot_say() -> None:
    """The kept clause is neither in the fields nor under the buttons: it comes back, last."""
    base = form_of(All((EstablishmentTest(frozenset({"uai:1"})), read_criteria({"test": "age", "max": 30}))))
    assert base is not None
    sent = fields_of(base)
    sent.setlist("line", [mark for mark in sent.getlist("line") if "kept" not in mark])
    assert typed_form(sent, base).kept == base.kept
    dropped = after_act(base, "drop:0.0")
    assert dropped == base


WRONG = (
    (Line(Kind.AGE), "au moins un âge"),
    (Line(Kind.AGE, least="quinze"), "un âge entre 0 et 99"),
    (Line(Kind.AGE, least="30", most="14"), "dépasse le plus haut"),
    (Line(Kind.AGE, least="²"), "un âge entre 0 et 99"),
    (Line(Kind.LEVEL), "au moins un niveau"),
    (Line(Kind.LEVEL, least="bac+5", most="6e"), "dépasse le plus haut"),
    (Line(Kind.LEVEL, least="bac+99"), "un niveau de la liste"),
    (Line(Kind.PUBLIC), "au moins une réponse"),
    (Line(Kind.NEED, chosen=("argent",)), "n’est pas dans la liste"),
    (Line(Kind.TERRITORY), "au moins un lieu"),
    (Line(Kind.MEETING, places=("commune:59512",)), "au moins une réponse"),
    (Line(Kind.MONTHS), "entre 1 et 60"),
    (Line(Kind.HOURS, least="0"), "entre 1 et 200"),
    (Line(Kind.AVAILABLE, least="demain"), "Cette date"),
)


@pytest.mark.parametrize(("line", "said"), WRONG)
def test_a_line_that_cannot_be_read_says_what_is_missing(line: Line, said: str) -> None:
    with pytest.raises(LineError, match=said):
        line.expression()
    assert said in faults_of(Form((Clause((line,)),)))[0, 0]


@pytest.mark.parametrize(
    ("act", "shown"),
    [
        ("add:age", 2),
        ("add:public:not", 2),
        ("or:0:need", 2),
        ("or:0:professional", 2),
        ("drop:0.0", 0),
        ("drop:9.9", 1),
        ("drop:0.x", 1),
        ("add:nothing", 1),
        ("or:7:need", 1),
        ("explode", 1),
        ("", 1),
    ],
)
def test_a_button_adds_or_removes_one_sentence(act: str, shown: int) -> None:
    form = after_act(Form((Clause((Line(Kind.NEED, chosen=("guidance",)),)),)), act)
    assert len(list(form.lines())) == shown


def test_a_place_is_picked_once_and_taken_away() -> None:
    form = Form((Clause((Line(Kind.TERRITORY),)),))
    for _ in range(2):
        form = after_act(form, "place:0.0:commune:59512")
    form = after_act(form, "place:0.0:commune:00000")
    ((_, _, line),) = form.lines()
    assert line.places == ("commune:59512",)
    ((_, _, line),) = after_act(form, "unplace:0.0:commune:59512").lines()
    assert line.places == ()
