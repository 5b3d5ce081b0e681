"""The whole life of requests, lived in any order against the real portal and PostgreSQL (see machine)."""

from functools import partial

import psycopg
import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy.orm import Session

from matching.vocabulary import Modality, Side
from portal.models.assignment import AssignmentState, BounceReason
from tests.stateful.machine import LifeOfARequest
from tests.stateful.model import UNDO, Offer, Request
from tests.stateful.world import KINDS

A = AssignmentState
LIFE = settings(
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
# A failure is told as it came: to shrink it takes many times the run, and is left to the night.
CI = settings(LIFE, max_examples=12, stateful_step_count=50, derandomize=True, phases=[Phase.generate])
NIGHTLY = settings(LIFE, max_examples=400, stateful_step_count=100)


@pytest.fixture
def life(
    app: Flask, arrange: Session, owner: "psycopg.Connection[tuple[object, ...]]", monkeypatch: pytest.MonkeyPatch
) -> partial[LifeOfARequest]:
    """Makes a new world, where answers can be taken back for five minutes."""
    told = app.config["SETTINGS"].model_copy(update={"undo_minutes": UNDO.seconds // 60})
    monkeypatch.setitem(app.config, "SETTINGS", told)
    return partial(LifeOfARequest, arrange, owner)


@pytest.mark.timeout(300)
def test_whatever_everybody_does_no_promise_is_broken(life: partial[LifeOfARequest]) -> None:
    run_state_machine_as_test(life, settings=CI)


@pytest.mark.nightly
@pytest.mark.timeout(4 * 3600)
def test_nor_in_a_whole_night(life: partial[LifeOfARequest]) -> None:
    run_state_machine_as_test(life, settings=NIGHTLY)


# Sequences that broke a promise once, or that a run reaches too seldom.


def one_offer(world: LifeOfARequest) -> tuple[Request, Offer]:
    """A young person of 20 from Roubaix, placed."""
    world.submit(KINDS[0], "59512", frozenset(Modality), confirmed=True)
    world.drain(Side.MENTEE, ())
    ((request, offer),) = world.offers
    return request, offer


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize("story", [(A.PAIRED, A.ENDED), (A.UNREACHABLE, A.GIVEN_UP)])
def test_who_withdraws_when_it_has_just_ended_is_read_no_more(
    life: partial[LifeOfARequest], story: tuple[AssignmentState, ...], *, applied: bool
) -> None:
    world = life()
    request, _ = one_offer(world)
    world.accept_and_follow_up(0, story, applied=applied)
    world.all_is_kept()
    world.withdraw(request)
    world.all_is_kept()
    world.apply_answers()
    world.all_is_kept()


def test_accepting_again_what_was_accepted_sent_back_and_taken_back_takes_effect(life: partial[LifeOfARequest]) -> None:
    world = life()
    one_offer(world)
    for _ in range(2):
        world.accept(0)
        world.the_undo_window_passes(drained=True)
        world.all_is_kept()
        world.bounce(0, BounceReason.NO_PLACE, finally_not=True)
        world.all_is_kept()
        world.undo(0)
        world.all_is_kept()


def test_a_place_held_by_an_answer_that_can_be_taken_back_is_offered_to_nobody_else(
    life: partial[LifeOfARequest],
) -> None:
    world = life()
    for _ in range(5):
        world.submit(KINDS[0], "59512", frozenset(Modality), confirmed=True)
    world.drain(Side.MENTEE, ())
    world.bounce(0, BounceReason.NO_PLACE, finally_not=False)
    world.drain_both(("waitlist",))
    world.all_is_kept()
    world.the_undo_window_passes(drained=True)
    world.all_is_kept()


def test_a_request_refused_everywhere_ends_exhausted(life: partial[LifeOfARequest]) -> None:
    world = life()
    request, _ = one_offer(world)
    for hops in (1, 2, 3):
        world.bounce(0, BounceReason.NO_PLACE, finally_not=False)
        world.the_undo_window_passes(drained=True)
        world.all_is_kept()
        assert request.hops == hops
    assert (request.state, request.why) == ("unroutable", "exhausted")


def test_who_answers_what_has_left_is_told_so(life: partial[LifeOfARequest]) -> None:
    world = life()
    request, offer = one_offer(world)
    world.withdraw(request)
    assert offer.closed
    world.accept_too_late(0)
    world.all_is_kept()
