"""A replay decides at every step what Router.route would on the same standing, and answers as was recorded."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limited
from hypothesis import strategies as st

from matching.answering import Habit, Habits, answer_to, habits_of
from matching.conditions import AgeTest
from matching.decision import Outcome, Placed, Unroutable, Why
from matching.journey import Step
from matching.profile import Profile
from matching.programme import Catalogue, Period, Programme
from matching.ranking import Policy, PolicyName
from matching.replay import Run, replay
from matching.season import Arrival, End, Recorded, Season
from matching.settings import Settings
from matching.standing import AssociationStanding, Places, Standing
from matching.vocabulary import Side
from tests.bench.season import season as bench_season
from tests.matching import strategies as some
from tests.matching.lived import Slow

START = datetime(2026, 2, 27, 9, tzinfo=UTC)
UNTIL = START + timedelta(days=12)
HOURS = st.integers(0, 100).map(lambda hours: timedelta(hours=hours))
ANYWHERE = {"country:FR": Places(2)}


def endings() -> st.SearchStrategy[Recorded]:
    return st.builds(Recorded, st.sampled_from(some.ASSOCIATIONS), st.sampled_from(list(End)), HOURS)


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[Arrival, ...]:
    offsets = draw(st.lists(HOURS, min_size=1, max_size=14).map(sorted))
    profiles = draw(st.lists(some.profiles(), min_size=1, max_size=4))
    return tuple(
        Arrival(
            replace(profiles[number % len(profiles)], key=f"r{number}"),
            START + offset,
            draw(st.sampled_from([frozenset(), frozenset(), frozenset({"duo"})])),
            tuple(draw(st.lists(endings(), max_size=2))),
        )
        for number, offset in enumerate(offsets)
    )


def habits() -> st.SearchStrategy[Habits]:
    counts = st.fixed_dictionaries({end: st.integers(0, 3) for end in End})
    delays = st.fixed_dictionaries({end: st.lists(HOURS, max_size=3) for end in End})
    return st.builds(Habits, st.just({}), st.builds(Habit, counts, delays))


@st.composite
def periods(draw: st.DrawFn) -> Period:
    first, last = sorted(draw(st.lists(st.integers(-3, 14), min_size=2, max_size=2)))
    ends = [START.date() + timedelta(days=day) for day in (first, last)]
    return Period(*(draw(st.sampled_from([end, end, None])) for end in ends))


@st.composite
def all_settings(draw: st.DrawFn) -> Settings:
    found = draw(some.programmes(some.likely_criteria(), least=2))
    window = st.one_of(st.just(()), st.just(()), st.lists(periods(), max_size=2).map(tuple))
    found = [replace(each, pauses=draw(window), intake=draw(some.maybe(periods()))) for each in found]
    return Settings(Catalogue.of(Side.MENTEE, found), draw(some.standings()), draw(some.policies()))


def told(decision: Outcome) -> tuple[object, ...]:
    named = (decision.request, decision.at, tuple(decision.outcomes))
    if isinstance(decision, Placed):
        opening = (decision.programme, decision.association, decision.way, decision.place)
        return (*named, opening, decision.certain, decision.tie_break, decision.ranking, None)
    return (*named, None, False, None, (), decision.why if isinstance(decision, Unroutable) else None)


def traced(step: Step) -> tuple[object, ...]:
    opening = None if step.opening is None else tuple(step.opening)
    return (step.request, step.at, tuple(step.outcomes), opening, *step[4:])


@limited(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(arrivals(), all_settings(), habits(), st.integers(0, 2))
def test_every_step_is_the_decision_the_router_would_take(
    found: tuple[Arrival, ...], settings: Settings, answers: Habits, seed: int
) -> None:
    lives_alike(Season(Side.MENTEE, found, UNTIL), settings, answers, seed)


@pytest.mark.parametrize("name", PolicyName)
def test_a_whole_small_season_is_lived_as_the_router_would(name: PolicyName) -> None:
    small = bench_season(
        5, requests=160, associations=25, programmes=50, days=40, bounces=(0.2, 0.4), capacities=(0.5, 1.1), joins_at=20
    )
    lives_alike(small.season, replace(small.settings, policy=Policy(name)), small.habits, 3)


def lives_alike(season: Season, settings: Settings, answers: Habits, seed: int) -> None:
    run = replay(season, settings, seed=seed, habits=answers, trace=True)
    slow = Slow(season, settings, answers, seed).live()
    assert [traced(step) for step in run.steps] == [told(decision) for decision in slow.decisions]
    for association in settings.catalogue.associations:
        assert run.standing.association(association) == slow.standing.association(association)
    for programme in settings.catalogue.positions:
        assert run.standing.programme(programme) == slow.standing.programme(programme)
    assert run.waitlisted() == len(slow.waiting)
    untraced = replay(season, settings, seed=seed, habits=answers)
    assert (untraced.fates, untraced.firsts, untraced.standing) == (run.fates, run.firsts, run.standing)


AT_NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def offered(*names: str, **more: object) -> Catalogue:
    return Catalogue.of(Side.MENTEE, [Programme(f"p-{name}", name, Side.MENTEE, **more) for name in names])


def asked(key: str, hours: int = 0, *recorded: Recorded, **facts: object) -> Arrival:
    places = frozenset({"commune:59512", "country:FR"})
    facts = {"places": places, "modalities": frozenset(some.Modality), **facts}
    return Arrival(Profile(key=key, side=Side.MENTEE, **facts), AT_NOON + timedelta(hours=hours), recorded=recorded)


def lived(arrivals: list[Arrival], catalogue: Catalogue, standing: Standing, days: int = 30, **more: object) -> Run:
    season = Season(Side.MENTEE, tuple(arrivals), AT_NOON + timedelta(days=days))
    return replay(season, Settings(catalogue, standing, **more), habits=Habits(), trace=True)


def room(objective: int = 10, declared: int = 10, **more: object) -> AssociationStanding:
    return AssociationStanding(objective=objective, places={"country:FR": Places(declared)}, **more)


def test_a_freed_place_goes_to_who_was_received_first() -> None:
    freed = Recorded("afev", End.WITHDRAWN, timedelta(days=2))
    run = lived(
        [asked("r1", 0, freed), asked("r2", 1), asked("r3", 2)], offered("afev"), Standing({"afev": room(5, 1)})
    )
    assert [run.holder(number) for number in range(3)] == [None, "afev", None]
    assert (run.withdrawn(), run.waitlisted(), run.placed, run.placed_at_once) == (1, 1, 1, 1)
    assert run.days(Fraction(1, 2)) == Fraction(47, 24)
    assert run.steps[-1].request == "r2"
    assert run.steps[-1].at == AT_NOON + timedelta(days=2)


def test_a_bounced_request_goes_on_without_those_tried_until_staff_take_over() -> None:
    ends = [Recorded(name, End.BOUNCED, timedelta(hours=1)) for name in ("afev", "duo", "nqt")]
    catalogue, standing = offered("afev", "duo", "nqt"), Standing({name: room() for name in ("afev", "duo", "nqt")})
    run = lived([asked("r1", 0, *ends)], catalogue, standing)
    assert (run.hops, run.unroutable()[Why.EXHAUSTED]) == (3, 1)
    run = lived([asked("r1", 0, *ends)], catalogue, standing, policy=Policy(hops=2))
    assert (run.hops, run.unroutable()[Why.HOPS]) == (2, 1)
    assert all(its.committed == 0 for its in run.standing.associations.values())


def test_who_waits_for_a_pause_is_routed_the_morning_it_ends() -> None:
    pause = Period(AT_NOON.date(), AT_NOON.date() + timedelta(days=2))
    run = lived([asked("r1")], offered("afev", pauses=(pause,)), Standing({"afev": room()}))
    assert [step.at for step in run.steps] == [AT_NOON, datetime(2026, 3, 5, tzinfo=UTC)]
    assert run.holder(0) == "afev"


def test_what_happens_after_the_end_of_the_season_is_not_looked_at() -> None:
    lost = Recorded("afev", End.BOUNCED, timedelta(days=2))
    run = lived([asked("r1", 0, lost), asked("r2", 80)], offered("afev"), Standing({"afev": room()}), days=1)
    assert (run.received, run.hops, run.holder(0)) == (1, 0, "afev")


def test_projected_levels_are_asked_every_morning_with_what_has_come() -> None:
    seen: list[tuple[int, int]] = []

    def levels(day: object, standing: Standing, arrived: dict[frozenset[str], int]) -> dict[str, Fraction]:
        seen.append((standing.association("afev").committed, arrived.get(frozenset({"afev", "duo"}), 0)))
        return {"afev": Fraction(1, 2)}

    catalogue, standing = offered("afev", "duo"), Standing({"afev": room(), "duo": room()})
    arrivals = [asked("r1"), asked("r2", 1), asked("r3", 24)]
    run = lived(arrivals, catalogue, standing, 3, policy=Policy(PolicyName.PROJECTED), levels=levels)
    assert [run.holder(number) for number in range(3)] == ["afev"] * 3
    assert seen == [(0, 0), (2, 2), (3, 3), (3, 3)]
    seen.clear()
    lived(arrivals, catalogue, standing, 3, levels=levels)
    assert seen == []


def test_a_modelled_answer_depends_on_seed_request_and_association_alone() -> None:
    habit = Habit({End.KEPT: 80, End.BOUNCED: 20}, {End.BOUNCED: [timedelta(hours=hour) for hour in range(9)]})
    answers = Habits({}, habit)
    drawn = [answers.answer(0, f"r{number}", "afev") for number in range(2000)]
    assert drawn == [answers.answer(0, f"r{number}", "afev") for number in range(2000)]
    assert 330 < sum(answer.end is End.BOUNCED for answer in drawn) < 470
    assert {answer.after for answer in drawn if answer.end is End.BOUNCED} == set(habit.delays[End.BOUNCED])
    assert drawn != [answers.answer(1, f"r{number}", "afev") for number in range(2000)]


def test_an_answer_is_as_recorded_where_the_same_association_is_chosen() -> None:
    arrival = asked("r1", 0, Recorded("duo", End.EXPIRED, timedelta(days=7)))
    always = Habits({}, Habit({End.WITHDRAWN: 1}, {}))
    assert answer_to(arrival, "duo", always, 0) == (End.EXPIRED, timedelta(days=7))
    assert answer_to(arrival, "afev", always, 0).end is End.WITHDRAWN


def test_habits_are_learnt_from_what_was_recorded_and_from_the_network_for_who_answered_little() -> None:
    lost, kept = Recorded("afev", End.BOUNCED, timedelta(hours=5)), Recorded("duo", End.KEPT)
    arrivals = [asked(f"r{number}", number, lost) for number in range(30)] + [asked("r30", 30, kept)]
    learnt = habits_of(Season(Side.MENTEE, arrivals, AT_NOON + timedelta(days=9)))
    assert learnt.answer(0, "other", "afev") == (End.BOUNCED, timedelta(hours=5))
    assert "duo" not in learnt.own
    assert learnt.network.counts[End.BOUNCED] == 30
    with pytest.raises(TypeError, match="only once"):
        habits_of(Season(Side.MENTEE, iter(arrivals), AT_NOON))


def test_an_iterator_of_arrivals_is_lived_as_a_list_is() -> None:
    catalogue, standing = offered("afev", criteria=AgeTest(10, 20)), Standing({"afev": room(5, 5)})
    arrivals = [asked(f"r{number}", number, age=8 + number) for number in range(9)]
    settings, until = Settings(catalogue, standing), AT_NOON + timedelta(days=1)
    once = replay(Season(Side.MENTEE, iter(arrivals), until), settings, habits=Habits())
    again = replay(Season(Side.MENTEE, arrivals, until), settings)
    assert (once.fates, once.standing) == (again.fates, again.standing)
