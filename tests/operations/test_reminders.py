"""Reminders: silence at half and at four fifths of the time to answer; addresses and guardians that are awaited."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.extensions import db
from portal.foundation.tenancy import DatabaseRole
from portal.jobs.reminders import remind_applicants, remind_silence
from portal.models.assignment import Assignment, AssignmentState
from portal.models.campaign import Campaign
from portal.models.notice import Reminder, ReminderStep
from portal.models.outbox import Message, Outbox
from portal.models.referral import Awaited, Referral, ReferralState
from tests.doors.association.house import House, make_house
from tests.factories import make_campaign, make_referral

MONDAY = datetime(2026, 11, 16, 10, tzinfo=clock.PARIS)
HALF, FOUR_FIFTHS = ReminderStep.HALF, ReminderStep.FOUR_FIFTHS


@pytest.fixture
def campaign(arrange: Session) -> Campaign:
    return make_campaign(arrange)


@pytest.fixture
def house(arrange: Session, campaign: Campaign) -> House:
    return make_house(arrange, campaign, "Proxité")


def offered(house: House, at: datetime = MONDAY, **fields: Any) -> Assignment:
    """A week to answer, from that instant on."""
    assignment = house.offer(**fields)
    assignment.offered_at, assignment.due_at = at, at + timedelta(days=7)
    house.session.commit()
    return assignment


def morning(day: int, hour: int = 8, minute: int = 30) -> datetime:
    """So many days after Monday the 16th, at 8:30 unless told otherwise."""
    return MONDAY.replace(hour=hour, minute=minute) + timedelta(days=day)


def reminded(at: datetime) -> None:
    with clock.at(at):
        remind_silence()


def steps(session: Session) -> list[ReminderStep]:
    session.rollback()
    return list(session.scalars(select(Reminder.step).order_by(Reminder.at, Reminder.step)))


def told(session: Session) -> list[str]:
    session.rollback()
    return list(session.scalars(select(Outbox.deduplication_key).order_by(Outbox.deduplication_key)))


@contextmanager
def statements(role: DatabaseRole = DatabaseRole.JOBS) -> Iterator[list[str]]:
    sent: list[str] = []
    engine: Engine = db.engines[role]

    def note(_c: object, _cu: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


# ---- silence ----


def test_half_and_four_fifths_are_told_once_each(house: House) -> None:
    offered(house)
    found: list[list[ReminderStep]] = []
    for day in range(8):
        reminded(morning(day))
        reminded(morning(day, 15))
        found.append(steps(house.session))
    # Half of a week from Monday 10:00 is Thursday 22:00; four fifths, Saturday 23:36.
    assert found == [[], [], [], [], [HALF], [HALF], [HALF, FOUR_FIFTHS], [HALF, FOUR_FIFTHS]]
    name, which = Message.SILENCE_REMINDER, house.association.id
    assert told(house.session) == [f"{name}:{which}:2026-11-20", f"{name}:{which}:2026-11-22"]


def test_one_message_tells_of_all_the_requests_of_an_association(house: House, arrange: Session) -> None:
    neighbour = make_house(arrange, house.campaign, "Télémaque")
    for one in (house, house, neighbour):
        offered(one)
    reminded(morning(4))
    assert steps(arrange) == [HALF, HALF, HALF]
    rows = arrange.scalars(select(Outbox)).all()
    assert {(row.association_id, row.reference_id) for row in rows} == {
        (one.association.id, one.association.id) for one in (house, neighbour)
    }
    assert len(rows) == 2


def test_days_missed_are_made_good_in_one_message(house: House) -> None:
    offered(house)
    reminded(morning(6, 18))
    assert set(steps(house.session)) == {HALF, FOUR_FIFTHS}
    assert len(told(house.session)) == 1


def test_what_passes_after_the_message_of_the_day_is_told_the_day_after(house: House) -> None:
    offered(house)
    reminded(morning(4))
    offered(house, MONDAY + timedelta(hours=15))  # half passes on Friday at 13:00
    reminded(morning(4, 18))
    assert steps(house.session) == [HALF]
    reminded(morning(5))
    assert steps(house.session) == [HALF, HALF]
    assert len(told(house.session)) == 2


@pytest.mark.parametrize(
    "state",
    [
        AssignmentState.ACCEPTED,
        AssignmentState.BOUNCED,
        AssignmentState.EXPIRED,
        AssignmentState.WITHDRAWN,
        AssignmentState.POSTPONED,
        AssignmentState.INFORMATION_ASKED,
    ],
)
def test_whoever_answered_or_holds_the_request_until_a_day_is_not_reminded(
    house: House, state: AssignmentState
) -> None:
    offered(house, state=state)
    reminded(morning(6))
    assert (steps(house.session), told(house.session)) == ([], [])


def test_what_was_seen_is_still_to_answer_and_what_is_over_is_left_to_go_on(house: House) -> None:
    offered(house, state=AssignmentState.SEEN)
    offered(house, MONDAY - timedelta(days=7))
    reminded(morning(4))
    assert steps(house.session) == [HALF]


def test_before_its_hour_nothing_is_told(house: House) -> None:
    offered(house)
    reminded(morning(6, 3))
    assert told(house.session) == []


def test_two_workers_tell_once(app: Flask, house: House) -> None:
    offered(house)

    def work(_: int) -> None:
        with app.app_context():
            reminded(morning(6))

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(work, range(4)))
    assert (len(steps(house.session)), len(told(house.session))) == (2, 1)


def test_the_number_of_statements_does_not_grow_with_associations(house: House, arrange: Session) -> None:
    offered(house)
    with statements() as few:
        reminded(morning(4))
    for number in range(5):
        other = make_house(arrange, house.campaign, f"Autre {number}")
        for _ in range(3):
            offered(other)
    with statements() as many:
        reminded(morning(4))
    assert len(told(arrange)) == 6
    assert len(many) == len(few)


@pytest.mark.parametrize("seed", range(8))
def test_whatever_the_mornings_each_step_is_told_once_and_never_too_early(house: House, seed: int) -> None:
    """Random offers, random runs: at the end of time every passed step was told by one message of that very day."""
    draw = random.Random(seed)
    made = [offered(house, MONDAY + timedelta(minutes=draw.randrange(3 * 24 * 60))) for _ in range(4)]
    for at in sorted(MONDAY + timedelta(minutes=draw.randrange(8 * 24 * 60)) for _ in range(12)):
        reminded(at)
    house.session.rollback()
    rows = house.session.scalars(select(Reminder)).all()
    shares = {HALF: 3.5, FOUR_FIFTHS: 5.6}
    when = {one.id: one.offered_at for one in made}
    assert all(row.at >= when[row.assignment_id] + timedelta(days=shares[row.step]) for row in rows)
    assert {row.at.astimezone(clock.PARIS).date() for row in rows} == {
        row.created_at.astimezone(clock.PARIS).date() for row in house.session.scalars(select(Outbox))
    }


# ---- applicants and guardians ----


def awaiting(arrange: Session, campaign: Campaign, what: Awaited, **fields: Any) -> Referral:
    referral = make_referral(
        arrange,
        campaign,
        state=ReferralState.AWAITING_CONSENT,
        received_at=MONDAY,
        awaiting=[what.value],
        **fields,
    )
    arrange.commit()
    return referral


def every_hour(arrange: Session, days: int) -> list[tuple[Message, float]]:
    """What leaves when the job runs each hour, and how many days after the request."""
    for hour in range(days * 24):
        with clock.at(MONDAY + timedelta(hours=hour)):
            remind_applicants()
    arrange.rollback()
    rows = arrange.scalars(select(Outbox).order_by(Outbox.created_at))
    return [(row.message, (row.created_at - MONDAY) / timedelta(days=1)) for row in rows]


def test_an_address_is_asked_for_again_once_after_a_day(arrange: Session, campaign: Campaign) -> None:
    awaiting(arrange, campaign, Awaited.ADDRESS)
    assert every_hour(arrange, 3) == [(Message.ADDRESS_REMINDER, 1.0)]


def test_a_guardian_is_reminded_after_seven_and_twelve_days(arrange: Session, campaign: Campaign) -> None:
    awaiting(arrange, campaign, Awaited.GUARDIAN)
    assert every_hour(arrange, 14) == [(Message.GUARDIAN_REMINDER, 7.0), (Message.GUARDIAN_REMINDER, 12.0)]


def test_after_a_long_stop_the_guardian_has_the_last_reminder_alone(arrange: Session, campaign: Campaign) -> None:
    awaiting(arrange, campaign, Awaited.GUARDIAN)
    for _ in range(2):
        with clock.at(MONDAY + timedelta(days=13)):
            remind_applicants()
    assert len(told(arrange)) == 1


@pytest.mark.parametrize(("hour", "expected"), [(7, 0), (8, 1), (19, 1), (20, 0), (23, 0)])
def test_nobody_is_reminded_at_night(arrange: Session, campaign: Campaign, hour: int, expected: int) -> None:
    awaiting(arrange, campaign, Awaited.ADDRESS)
    with clock.at(morning(2, hour, 0)):
        remind_applicants()
    assert len(told(arrange)) == expected


def test_whoever_confirmed_or_whose_mailbox_refuses_is_left_alone(arrange: Session, campaign: Campaign) -> None:
    awaiting(arrange, campaign, Awaited.ADDRESS, mail_refused_at=MONDAY)
    awaiting(arrange, campaign, Awaited.GUARDIAN, guardian_refused_at=MONDAY)
    make_referral(arrange, campaign, received_at=MONDAY)
    arrange.commit()
    with clock.at(MONDAY + timedelta(days=8)):
        remind_applicants()
    assert told(arrange) == []
