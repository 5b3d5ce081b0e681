"""Declaring places and pausing, said by the operations themselves."""

from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from matching.vocabulary import REMOTE, Side
from portal.foundation import clock
from portal.foundation.errors import DomainError
from portal.foundation.locks import NUMBER, Lock
from portal.foundation.queue import Job, queue
from portal.foundation.transactions import transaction
from portal.models.capacity import Capacity
from portal.operations.capacity import (
    CapacityConflict,
    Change,
    pause_association,
    resume_association,
    save_capacities,
)
from portal.queries.capacity import current_campaign, declared_rows, own_association, places_left, room_of
from tests import factories
from tests.doors.association.house import House, make_house

Owner = psycopg.Connection[tuple[object, ...]]
ROUBAIX = "commune:59512"


@pytest.fixture
def house(arrange: Session) -> House:
    return make_house(arrange, factories.make_campaign(arrange), "Proxité")


def save(house: House, *changes: Change) -> None:
    with transaction(house.scope):
        campaign = current_campaign()
        assert campaign is not None
        save_capacities(campaign, changes, by=house.person)


def woken() -> list[tuple[str, tuple[Any, ...]]]:
    return [(job.func_name, tuple(job.args)) for job in queue().get_jobs()]


def test_all_the_changes_are_kept_and_each_side_is_woken_once(house: House, arrange: Session) -> None:
    save(
        house,
        Change(Side.MENTEE, ROUBAIX, 12, version=1),
        Change(Side.MENTEE, REMOTE, 200, or_more=True),
        Change(Side.MENTOR, ROUBAIX, 3),
    )
    arrange.expire_all()
    rows = {(row.side, row.place): (row.amount, row.or_more) for row in arrange.query(Capacity)}
    assert rows == {
        (Side.MENTEE, ROUBAIX): (12, False),
        (Side.MENTEE, REMOTE): (200, True),
        (Side.MENTOR, ROUBAIX): (3, False),
    }
    assert sorted(woken()) == [(Job.DRAIN.value, (side.value, "waitlist")) for side in sorted(Side)]


def test_one_conflict_and_nothing_is_kept(house: House, owner: Owner) -> None:
    with pytest.raises(CapacityConflict):
        save(house, Change(Side.MENTOR, ROUBAIX, 3), Change(Side.MENTEE, ROUBAIX, 12, version=7))
    assert owner.execute("SELECT side, amount FROM capacity").fetchall() == [("mentee", 30)]
    assert woken() == []


def test_a_row_taken_away_meanwhile_is_a_conflict(house: House, owner: Owner) -> None:
    owner.execute("DELETE FROM capacity")
    with pytest.raises(CapacityConflict, match="a été retiré"):
        save(house, Change(Side.MENTEE, ROUBAIX, 12, version=1))


@pytest.mark.parametrize(
    "change",
    [
        Change(Side.MENTEE, "commune:00000", 3),
        Change(Side.MENTEE, "nowhere", 3),
        Change(Side.MENTEE, ROUBAIX, -1, version=1),
        Change(Side.MENTEE, ROUBAIX, 100_000, version=1),
        Change(Side.MENTEE, ROUBAIX, 199, or_more=True, version=1),
    ],
)
def test_what_makes_no_sense_is_refused_and_names_its_field(house: House, change: Change) -> None:
    with pytest.raises(DomainError) as refused:
        save(house, change)
    assert refused.value.field == f"amount:mentee:{change.place}"


def test_a_programme_s_own_cap_is_left_alone(house: House, arrange: Session) -> None:
    own = factories.make_capacity(
        arrange, house.association, house.campaign, 5, place=ROUBAIX, programme_id=house.programme.id
    )
    arrange.commit()
    save(house, Change(Side.MENTEE, ROUBAIX, 12, version=1))
    assert house.reread(own).amount == 5


def test_a_change_waits_for_the_batch_that_ranks_on_openings(house: House, app: Flask, owner: Owner) -> None:
    done = Event()

    def change() -> None:
        with app.app_context():
            save(house, Change(Side.MENTEE, ROUBAIX, 12, version=1))
        done.set()

    with owner.transaction():
        owner.execute("SELECT pg_advisory_xact_lock(%s, %s)", [Lock.OPENINGS, NUMBER[Side.MENTEE]])
        thread = Thread(target=change)
        thread.start()
        assert not done.wait(0.4)
    thread.join(10)
    assert done.is_set()
    assert house.reread(house.capacity).amount == 12


def test_two_who_add_the_same_place_at_once_make_one_row(house: House, app: Flask, owner: Owner) -> None:
    results: list[str] = []

    def add(amount: int) -> Callable[[], None]:
        def run() -> None:
            with app.app_context():
                try:
                    save(house, Change(Side.MENTOR, ROUBAIX, amount))
                    results.append("saved")
                except CapacityConflict:
                    results.append("conflict")

        return run

    threads = [Thread(target=add(amount)) for amount in (3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(results) == ["conflict", "saved"]
    assert owner.execute("SELECT count(*) FROM capacity WHERE side = 'mentor'").fetchone() == (1,)


def test_a_pause_ends_the_day_before_the_return_and_wakes_both_sides(house: House) -> None:
    today = clock.today()
    with transaction(house.scope):
        pause_association(own_association(house.association.id), first=today, back=today + timedelta(days=3))
    house.reread(house.association)
    assert house.association.paused_until == today + timedelta(days=2)
    assert len(woken()) == 2
    with transaction(house.scope):
        resume_association(own_association(house.association.id))
    house.reread(house.association)
    assert (house.association.paused_from, house.association.paused_until) == (None, None)


def test_the_room_counts_shared_rows_and_says_when_one_is_endless(house: House, arrange: Session) -> None:
    for name in ("Léa", "Aya"):
        house.offer(name)
    factories.make_capacity(arrange, house.association, house.campaign, 200, place=REMOTE, or_more=True)
    factories.make_capacity(
        arrange, house.association, house.campaign, 5, place=ROUBAIX, programme_id=house.programme.id
    )
    arrange.commit()
    with transaction(house.scope):
        rows = declared_rows(house.campaign.id)
        left = places_left([house.capacity.id])
    room = room_of(rows)
    assert (room.free, room.declared, room.endless) == (28, 30, True)
    assert left == {house.capacity.id: 30}
    assert [(row.taken, row.unanswered) for row in rows if row.id == house.capacity.id] == [(2, 2)]
