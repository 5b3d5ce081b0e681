"""The whole life of requests, lived in any order against the real portal and PostgreSQL (see machine)."""

from functools import partial

import psycopg
import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy.orm import Session

from tests.stateful.machine import LifeOfARequest

settings.register_profile(
    "life",
    deadline=None,
    database=None,
    print_blob=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
LIFE = settings.get_profile("life")
CI = settings(LIFE, max_examples=12, stateful_step_count=30, derandomize=True)
NIGHTLY = settings(LIFE, max_examples=400, stateful_step_count=80)


@pytest.fixture
def undo_window(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    told = app.config["SETTINGS"]
    monkeypatch.setitem(app.config, "SETTINGS", told.model_copy(update={"undo_minutes": 5}))


@pytest.mark.timeout(300)
def test_whatever_everybody_does_no_promise_is_broken(
    undo_window: None, arrange: Session, owner: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    run_state_machine_as_test(partial(LifeOfARequest, arrange, owner), settings=CI)


@pytest.mark.nightly
@pytest.mark.timeout(4 * 3600)
def test_nor_in_a_whole_night(
    undo_window: None, arrange: Session, owner: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    run_state_machine_as_test(partial(LifeOfARequest, arrange, owner), settings=NIGHTLY)
