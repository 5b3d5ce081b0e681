"""Perfect foresight: no policy serves more, whoever answers what."""

from dataclasses import replace

import pytest

from matching.answering import Habits
from matching.foresight import answered, foreseen
from matching.programme import Catalogue, Period
from matching.ranking import PolicyName
from matching.replay import known_outcomes, replay
from matching.router import Router
from matching.season import Season
from matching.settings import Settings
from matching.standing import Places, Standing
from tests.bench.season import season

SMALL = {"requests": 400, "associations": 8, "programmes": 16, "days": 60}


def served(of: Season, settings: Settings, habits: Habits, name: PolicyName) -> int:
    run = replay(answered(of), replace(settings, policy=replace(settings.policy, name=name)), habits=habits)
    return run.placed + run.withdrawn()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("tight", [True, False])
def test_no_policy_serves_more_than_foresight(seed: int, tight: bool) -> None:
    world = season(seed, objectives=0.6 if tight else 1.1, bounces=(0.2, 0.35), **SMALL)
    known = known_outcomes(world.season, Router(world.settings.catalogue))
    most = foreseen(answered(world.season), world.settings, world.habits, known).served
    for name in PolicyName:
        assert served(world.season, world.settings, world.habits, name) <= most
    assert most <= len(world.season.kept)


def test_a_programme_that_never_opens_again_serves_nobody() -> None:
    world = season(1, **SMALL)
    closed = [
        replace(one, intake=Period(end=world.season.kept[0].at.date())) for one in world.settings.catalogue.programmes
    ]
    settings = replace(world.settings, catalogue=Catalogue.of(world.season.side, closed))
    known = known_outcomes(world.season, Router(settings.catalogue))
    first_day = [one for one in world.season.kept if one.at.date() == world.season.kept[0].at.date()]
    assert foreseen(answered(world.season), settings, world.habits, known).served <= len(first_day)


def test_places_that_never_run_out_serve_everybody_whom_somebody_would_keep() -> None:
    world = season(2, bounces=(0, 0), **SMALL)
    endless = {
        key: replace(its, places={place: Places(0, or_more=True) for place in its.places}, stop_at_objective=False)
        for key, its in world.settings.standing.associations.items()
    }
    settings = replace(world.settings, standing=Standing(endless, world.settings.standing.programmes))
    known = known_outcomes(world.season, Router(settings.catalogue))
    reached = sum(bool(outcomes.possible) for outcomes in known.values())
    assert served(world.season, settings, world.habits, PolicyName.ARM) == reached
    assert foreseen(answered(world.season), settings, world.habits, known).served == reached


def test_an_association_that_stops_at_its_objective_goes_no_further_in_hindsight() -> None:
    world = season(3, objectives=0.3, capacities=(3, 3), **SMALL)
    stopped = {key: replace(its, stop_at_objective=True) for key, its in world.settings.standing.associations.items()}
    settings = replace(world.settings, standing=Standing(stopped, world.settings.standing.programmes))
    known = known_outcomes(world.season, Router(settings.catalogue))
    for key, taken in foreseen(answered(world.season), settings, world.habits, known).ideal.attained.items():
        assert taken <= stopped[key].objective
