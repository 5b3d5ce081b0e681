"""What an association reads of a trial: nobody can be found in it, by its words, by subtraction, or by the ages asked."""

from dataclasses import astuple, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from matching.criteria import EVERYONE, read_criteria
from matching.vocabulary import Side
from portal.foundation.errors import Hidden
from portal.foundation.identifiers import new_id
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as
from portal.models.campaign import Campaign
from portal.models.programme import Programme
from portal.models.referral import ReferralState
from portal.queries import trial_told
from portal.queries.trial import Fits, Source, Trial
from portal.queries.trial_told import Told, ToldFits, Untold, published, told, too_narrow
from tests import factories

ROUBAIX, NORD = "commune:59512", "departement:59"
NOBODY: dict[str, Any] = {"all": [{"test": "age", "min": 98}]}
counts = st.integers(0, 60)
places = st.none() | counts


def age(least: int | None, most: int | None) -> dict[str, Any]:
    bounds = {"min": least, "max": most}
    return {"test": "age", **{name: bound for name, bound in bounds.items() if bound is not None}}


def at(*codes: str) -> dict[str, Any]:
    return {"test": "territory", "any_of": list(codes)}


CARE: dict[str, Any] = {"test": "public", "any_of": ["ase"]}


def trial(**known: Any) -> Trial:
    since = datetime(2026, 10, 23, tzinfo=UTC)
    return replace(Trial(since, 0, partial=False, before=Fits(), after=Fits(), left=(), changed=True), **known)


@st.composite
def trials(draw: st.DrawFn) -> Trial:
    numbers = ("looked_at", "gained", "lost", "come", "leave", "stranded", "waiting", "waiting_seen")
    return trial(
        **{name: draw(counts) for name in numbers},
        before=Fits(draw(counts), draw(counts)),
        after=Fits(draw(counts), draw(counts)),
        left=tuple(draw(st.lists(counts, max_size=3))),
        territories=tuple(Source(name, draw(counts)) for name in ("Nord", "Paris")),
        places_left=draw(places),
    )


def numbers_in(value: object) -> list[int]:
    if isinstance(value, tuple):
        return [one for part in value for one in numbers_in(part)]
    return [value] if isinstance(value, int) and not isinstance(value, bool) else []


@given(trials())
def test_no_number_is_under_five_nor_finer_than_five(exact: Trial) -> None:
    said = replace(told(exact), places_left=None)
    assert all(number >= 5 and number % 5 == 0 for number in numbers_in(astuple(said)))


@given(trials())
def test_nobody_and_a_few_read_alike(exact: Trial) -> None:
    """Every count under five put at nothing: not a word of what is told changes."""

    def emptied(count: int) -> int:
        return count if count >= 5 else 0

    def without_a_few(fits: Fits) -> Fits:
        return Fits(emptied(fits.certain), emptied(fits.to_verify)) if fits.all >= 5 else Fits()

    numbers = ("looked_at", "gained", "lost", "come", "leave", "stranded", "waiting", "waiting_seen")
    few: dict[str, Any] = {name: emptied(getattr(exact, name)) for name in numbers}
    fewer = replace(
        exact,
        **few,
        left=tuple(emptied(count) for count in exact.left),
        territories=tuple(one for one in exact.territories if one.count >= 5),
    )
    assert told(fewer) == told(exact)
    for fits in (exact.before, exact.after):
        if fits.all < 5:
            assert told(replace(exact, before=without_a_few(fits))) == told(replace(exact, before=fits))


@given(st.integers(5, 500), st.integers(0, 500))
def test_the_places_left_tell_no_more_than_who_comes_does(waiting: int, free: int) -> None:
    """Whoever knows that they have so many free places learns the rounded number again, not the exact one."""
    if free >= waiting:
        said = told(trial(waiting=waiting, places_left=free - waiting)).places_left
        assert said == free - (published(waiting) or 0)


def test_places_left_are_told_only_with_who_comes() -> None:
    assert told(trial(waiting=4, places_left=26)).places_left is None
    assert told(trial(waiting=7, places_left=23)).places_left == 25
    assert told(trial(waiting=7, places_left=None)).places_left is None


def test_the_difference_is_that_of_what_is_read() -> None:
    assert told(trial(before=Fits(14), after=Fits(21))).difference == 10
    assert told(trial(before=Fits(3), after=Fits(21))).difference == 0
    assert told(trial(before=Fits(3, 1), after=Fits())).after == told(trial(before=Fits(3, 1), after=Fits())).before


@pytest.mark.parametrize(
    ("criteria", "narrow"),
    [
        ([at(ROUBAIX), CARE], True),
        ([at("epci:200093201"), CARE], True),
        ([at(NORD, ROUBAIX), CARE], True),
        ([{"not": at(ROUBAIX)}, CARE], True),
        ([{"any": [{"all": [at(ROUBAIX), CARE]}, age(10, 20)]}], True),
        ([at(ROUBAIX), {"not": CARE}], True),
        ([at(NORD), CARE], False),
        ([CARE], False),
        ([at(ROUBAIX)], False),
        ([at(ROUBAIX), age(5, 5)], True),
        ([at(ROUBAIX), age(None, 5)], True),
        ([at(ROUBAIX), age(14, 15)], True),
        ([at(ROUBAIX), age(10, None), age(None, 11)], True),
        ([at(ROUBAIX), age(10, 20), {"not": age(12, 20)}], True),
        ([at(ROUBAIX), age(14, 16)], False),
        ([at(ROUBAIX), age(11, None)], False),
        ([at(ROUBAIX), age(6, 12)], False),
        ([at(ROUBAIX), age(0, 6)], True),
        ([at(ROUBAIX), age(32, None)], True),
        ([at(NORD), age(14, 14)], False),
    ],
)
def test_criteria_that_point_at_a_few_are_known(criteria: list[dict[str, Any]], narrow: bool) -> None:
    assert too_narrow(read_criteria({"all": criteria}), Side.MENTEE) is narrow


def test_a_volunteers_publics_are_those_they_would_help() -> None:
    assert not too_narrow(read_criteria({"all": [at(ROUBAIX), CARE, age(50, None)]}), Side.MENTOR)
    assert too_narrow(read_criteria({"all": [at(ROUBAIX), age(50, 51)]}), Side.MENTOR)


@pytest.fixture
def programme(arrange: Session) -> Programme:
    campaign: Campaign = factories.make_campaign(arrange)
    association = factories.make_association(arrange)
    found = factories.make_programme(arrange, association, NOBODY)
    factories.make_objective(arrange, association, campaign, 50)
    factories.make_capacity(arrange, association, campaign, 50, NORD)
    none = {"ase": False, "qpv": False, "disability": False}
    for publics in ({"ase": True, "qpv": False}, *[none] * 6):
        factories.make_referral(arrange, campaign, state=ReferralState.WAITLISTED, facts={"publics": publics})
    arrange.commit()
    return found


def asked(programme: Programme, draft: Any, current: Any = NOBODY) -> Told | Untold:
    scope = Scope(DatabaseRole.ASSOCIATION, association_id=programme.association_id, read_only=True)
    with acting_as(scope):
        return trial_told.trial_told(programme.id, Side.MENTEE, read_criteria(draft), read_criteria(current))


def test_the_public_of_one_child_cannot_be_read(programme: Programme) -> None:
    """Seven wait, one of them in care: with or without that child, the same answer."""
    answers = [
        replace(said, since=datetime(2026, 10, 23, tzinfo=UTC))
        for word in ("ase", "qpv", "disability")
        if isinstance(said := asked(programme, {"all": [at(NORD), {"test": "public", "any_of": [word]}]}), Told)
    ]
    assert answers == [answers[0]] * 3
    assert answers[0].after == ToldFits(None, None, None)
    assert answers[0].left == (5, None)
    everyone = asked(programme, {"all": []})
    assert isinstance(everyone, Told)
    assert (everyone.after.all, everyone.waiting, everyone.gained, everyone.places_left) == (5, 5, 5, 45)


def test_narrow_criteria_are_not_counted_in_force_or_drafted(programme: Programme) -> None:
    narrow = {"all": [at(ROUBAIX), CARE]}
    assert asked(programme, narrow) is Untold.NARROW
    assert asked(programme, {"all": []}, narrow) is Untold.NARROW


def test_one_trial_at_a_time(programme: Programme, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_told, "PATIENCE", 0.01)
    with trial_told.one_at_a_time:
        assert asked(programme, {"all": []}) is Untold.BUSY
    assert isinstance(asked(programme, {"all": []}), Told)


def test_a_refused_trial_gives_its_turn_back(programme: Programme) -> None:
    scope = Scope(DatabaseRole.ASSOCIATION, association_id=programme.association_id, read_only=True)
    with acting_as(scope), pytest.raises(Hidden):
        trial_told.trial_told(new_id(), Side.MENTEE, EVERYONE, None)
    assert isinstance(asked(programme, {"all": []}), Told)
