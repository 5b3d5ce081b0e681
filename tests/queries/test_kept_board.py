"""The board that routing keeps between batches: read again as soon as anything in it has changed, and never else."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import sleep
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs.routing import ROUTER
from portal.models.programme import Programme
from portal.operations import routing as operation
from portal.operations.routing import route_waiting
from portal.queries import routing
from tests.factories import (
    make_association,
    make_campaign,
    make_capacity,
    make_objective,
    make_programme,
    make_referral,
)

SIDE = Side.MENTEE


class Abandoned(RuntimeError):
    """Nothing of the transaction is wanted."""


@pytest.fixture
def programme(app: Flask, arrange: Session) -> Programme:
    campaign = make_campaign(arrange)
    association = make_association(arrange)
    found = make_programme(arrange, association)
    make_capacity(arrange, association, campaign)
    make_objective(arrange, association, campaign)
    for _ in range(6):
        make_referral(arrange, campaign)
    arrange.commit()
    return found


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Side]]:
    """How often the board is really read."""
    read, true = list[Side](), routing.board_of

    def board_of(side: Side) -> routing.Board:
        read.append(side)
        return true(side)

    with monkeypatch.context() as patched:
        patched.setattr(routing, "board_of", board_of)
        yield read


def kept_is_true() -> routing.Board:
    with transaction(Scope(DatabaseRole.ROUTER, read_only=True)):
        kept, true = routing.kept_board(SIDE), routing.board_of(SIDE)
    assert (kept.standing, kept.capacity_ids, kept.campaign_id) == (true.standing, true.capacity_ids, true.campaign_id)
    assert (kept.router.catalogue, kept.router.policy) == (true.router.catalogue, true.router.policy)
    return kept


def route(limit: int) -> None:
    with transaction(ROUTER):
        assert route_waiting(SIDE, limit).placed == limit


def test_batch_after_batch_reads_it_once_and_it_stays_true(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    with counted(monkeypatch) as read:
        for _ in range(3):
            route(1)
    assert read == [SIDE]
    kept = kept_is_true()
    assert kept.standing.associations[str(programme.association_id)].committed == 3


CHANGES = {
    "places": "UPDATE capacity SET amount = 3",
    "a pause": "UPDATE programme SET paused_from = current_date",
    "a name": "UPDATE association SET name = 'Autrement'",
    "criteria": "UPDATE programme_version SET number = 2",
    "an objective": "UPDATE objective SET amount = 7",
    "an outside count": (
        "INSERT INTO outside_count (id, association_id, campaign_id, side, amount, declared_on)"
        " SELECT gen_random_uuid(), association_id, campaign_id, side, 5, current_date FROM objective"
    ),
    "the platform's rules": (
        "INSERT INTO routing_policy (version, name, maximum_hops, note, created_at) VALUES (2, 'arm_absolute', 2, '', now())"
    ),
    "the campaign": "UPDATE campaign SET ends_on = starts_on",
    "sums": "UPDATE association_standing SET reach = 9",
    "places gone": "DELETE FROM capacity_use",
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_is_seen_by_the_next_batch(
    programme: Programme, arrange: Session, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    route(2)
    arrange.execute(text(CHANGES[change]))
    arrange.commit()
    with counted(monkeypatch) as read, transaction(ROUTER):
        routing.kept_board(SIDE)
    assert read == [SIDE]
    kept_is_true()


def test_a_batch_rolled_back_leaves_no_trace_on_it(programme: Programme) -> None:
    route(1)
    with pytest.raises(Abandoned):
        route_and_abandon()
    assert kept_is_true().standing.associations[str(programme.association_id)].committed == 1


def route_and_abandon() -> None:
    with transaction(ROUTER):
        route_waiting(SIDE, 2)
        raise Abandoned


def test_another_day_is_another_board(programme: Programme, monkeypatch: pytest.MonkeyPatch) -> None:
    route(1)
    with counted(monkeypatch) as read, clock.at(clock.now() + timedelta(days=1)), transaction(ROUTER):
        routing.kept_board(SIDE)
    assert read == [SIDE]


def test_every_table_it_is_read_from_is_watched(programme: Programme) -> None:
    said: list[str] = []

    def note(*told: Any) -> None:
        said.append(told[2])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with transaction(Scope(DatabaseRole.ROUTER, read_only=True)):
            routing.board_of(SIDE)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    read = {name for one in said for name in re.findall(r"(?:FROM|JOIN) ([a-z_]+)", one)}
    assert read > {"association", "capacity_use"}
    assert read <= {*routing.DECLARED, *routing.SUMS}


def test_a_batch_that_straddles_midnight_leaves_nothing_of_yesterday(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = clock.now(), clock.now() + timedelta(days=1)
    with clock.at(before):
        slow_batch(monkeypatch, lambda: clock._frozen.set(after))
    with clock.at(after), counted(monkeypatch) as read:
        kept_is_true()
    assert read == [SIDE, SIDE], "the kept one is read again, beside the true one"


def test_what_others_declare_in_the_middle_of_a_batch_is_read_by_the_next(
    programme: Programme, monkeypatch: pytest.MonkeyPatch, owner: Any
) -> None:
    slow_batch(monkeypatch, lambda: owner.execute("UPDATE association SET stop_at_objective = true"))
    assert all(its.stop_at_objective for its in kept_is_true().standing.associations.values())


def slow_batch(monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], object]) -> None:
    """One request routed; something else happens between the decision and its record."""
    decide = operation._decide

    def decided(*given: Any) -> Any:
        standing = decide(*given)
        meanwhile()
        return standing

    with monkeypatch.context() as patched:
        patched.setattr(operation, "_decide", decided)
        route(1)


def test_a_machine_too_slow_for_a_batch_in_one_breath_routes_all_the_same(
    programme: Programme, arrange: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each decision takes 0.3 s where the server ends what is silent for a second."""
    true = operation.profile_of

    def slowly(referral: Any) -> Any:
        sleep(0.3)
        return true(referral)

    monkeypatch.setattr(operation, "SILENCE", "1s")
    monkeypatch.setattr(operation, "DECISIONS_A_SIGN", 2)
    monkeypatch.setattr(operation, "profile_of", slowly)
    route(6)
