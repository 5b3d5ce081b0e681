"""What an association may do with a request, said by the operations themselves."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.errors import AlreadyAnswered, DomainError, Hidden
from portal.foundation.queue import Job, queue
from portal.foundation.transactions import transaction
from portal.models.assignment import TO_ANSWER, TRANSITIONS, Assignment, AssignmentState, BounceReason
from portal.models.bounce import BOUNCES, reasons_for
from portal.operations import assignments as operations
from portal.operations.contact import read_contact
from tests import factories
from tests.doors.association.house import House, make_house

Owner = psycopg.Connection[tuple[object, ...]]
_S = AssignmentState


@pytest.fixture
def house(arrange: Session) -> House:
    return make_house(arrange, factories.make_campaign(arrange), "Proxité")


@pytest.fixture
def undo_window(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "SETTINGS", app.config["SETTINGS"].model_copy(update={"undo_minutes": 5}))


def act(house: House, assignment: Assignment, operation: Any, **more: Any) -> Assignment:
    """Run an operation as the association does, commit, and read the row again."""
    with transaction(house.scope):
        operation(operations.assignment_to_answer(assignment.id), by=house.person, **more)
    return house.reread(assignment)


def waiting_jobs() -> list[str]:
    return [job.func_name for job in queue().get_jobs()]


def test_accepting_opens_the_contact_when_the_undo_window_closes(house: House, undo_window: None, app: Flask) -> None:
    now = clock.now()
    with clock.at(now):
        one = act(house, house.offer(), operations.accept_assignment)
    assert one.state is _S.ACCEPTED
    assert one.undo_until == one.contact_from == now + timedelta(minutes=5)
    assert one.contact_until == now + timedelta(minutes=5, days=app.config["SETTINGS"].contact_days)
    assert (one.answered_by, one.answered_by_name) == (house.coordinator.id, house.coordinator.name)
    assert waiting_jobs() == []


def test_without_an_undo_window_the_router_is_woken_at_once(house: House) -> None:
    act(house, house.offer(), operations.accept_assignment)
    assert waiting_jobs() == [Job.APPLY_ANSWERS.value]


@pytest.mark.parametrize("state", sorted(TO_ANSWER))
def test_whatever_awaits_an_answer_can_be_accepted(house: House, state: AssignmentState) -> None:
    assert act(house, house.offer(state=state), operations.accept_assignment).state is _S.ACCEPTED


@pytest.mark.parametrize("state", sorted(set(_S) - TO_ANSWER))
def test_what_was_answered_cannot_be_accepted_again(house: House, state: AssignmentState) -> None:
    one = house.offer(state=state, answered_at=clock.now(), answered_by=uuid4(), answered_by_name="Claire Vasseur")
    with pytest.raises(AlreadyAnswered):
        act(house, one, operations.accept_assignment)
    assert house.reread(one).state is state


@pytest.mark.parametrize("side", list(Side))
def test_every_reason_of_a_side_can_be_given_and_no_other(house: House, side: Side) -> None:
    for reason in BounceReason:
        one = house.offer(side=side)
        if reason in reasons_for(side):
            act(house, one, operations.bounce_assignment, reason=reason, note="essais les 3, 5 et 9")
            assert (one.state, one.bounce_reason) == (_S.BOUNCED, reason)
        else:
            with pytest.raises(DomainError, match="ne convient pas"):
                act(house, one, operations.bounce_assignment, reason=reason, note="x")


@pytest.mark.parametrize("reason", [reason for reason in BounceReason if BOUNCES[reason].needs_note])
def test_some_reasons_need_words(house: House, reason: BounceReason) -> None:
    with pytest.raises(DomainError, match="Précisez"):
        act(house, house.offer(), operations.bounce_assignment, reason=reason, note=" ")


def test_a_bounce_leaves_the_request_and_the_sums_to_the_router(house: House, owner: Owner) -> None:
    one = act(house, house.offer(), operations.bounce_assignment, reason=BounceReason.NO_PLACE)
    assert (one.closed_at, one.applied_at) == (None, None)
    assert owner.execute("SELECT count(*) FROM standing_delta").fetchone() == (0,)
    assert owner.execute("SELECT state FROM referral").fetchone() == ("placed",)


@pytest.mark.usefixtures("undo_window")
@pytest.mark.parametrize("answer", [_S.ACCEPTED, _S.BOUNCED])
def test_either_answer_can_be_taken_back_once(house: House, answer: AssignmentState) -> None:
    one = house.offer(days_ago=8)
    if answer is _S.ACCEPTED:
        act(house, one, operations.accept_assignment)
    else:
        act(house, one, operations.bounce_assignment, reason=BounceReason.TERRITORY)
    act(house, one, operations.undo_answer)
    assert (one.state, one.bounce_reason, one.answered_at, one.contact_until) == (_S.OFFERED, None, None, None)
    assert one.due_at > clock.now()
    with pytest.raises(DomainError, match="trop tard"):
        act(house, one, operations.undo_answer)


@pytest.mark.usefixtures("undo_window")
def test_what_the_router_has_applied_stays(house: House, arrange: Session) -> None:
    one = act(house, house.offer(), operations.accept_assignment)
    one.applied_at = clock.now()
    arrange.commit()
    with pytest.raises(DomainError, match="trop tard"):
        act(house, one, operations.undo_answer)


@pytest.mark.parametrize(
    ("operation", "state"), [(operations.ask_information, _S.INFORMATION_ASKED), (operations.postpone, _S.POSTPONED)]
)
def test_holding_moves_the_day_it_leaves_at_most_fourteen_days_on(
    house: House, operation: Any, state: AssignmentState
) -> None:
    one = house.offer()
    latest = operations.last_day_to_hold(one)
    assert latest == clock.today() + timedelta(days=14)
    assert act(house, one, operation, until=latest).state is state
    assert one.due_at.astimezone(clock.PARIS).date() == latest
    with pytest.raises(DomainError, match="Choisissez un jour"):
        act(house, one, operation, until=latest + timedelta(days=1))


def test_holding_again_and_again_ends(house: House, app: Flask) -> None:
    one = house.offer(days_ago=20)
    offered = one.offered_at.astimezone(clock.PARIS).date()
    assert operations.last_day_to_hold(one) == offered + timedelta(days=app.config["SETTINGS"].expiry_days + 14)


def test_giving_up_frees_the_place_and_ending_does_not(house: House, owner: Owner) -> None:
    given_up, ended = house.offer("Léa"), house.offer("Aya")
    for one, steps in ((given_up, [_S.GIVEN_UP]), (ended, [_S.CONTACTED, _S.PAIRED, _S.ENDED])):
        act(house, one, operations.accept_assignment)
        for step in steps:
            act(house, one, operations.record_follow_up, state=step)
        assert one.closed_at is not None
    deltas = owner.execute("SELECT programme_id, capacity_id, amount FROM standing_delta").fetchall()
    assert deltas == [(house.programme.id, house.capacity.id, -1)]


@pytest.mark.parametrize("age", [11, 17])
@pytest.mark.parametrize("start", [_S.ACCEPTED, _S.CONTACTED, _S.UNREACHABLE])
def test_no_minor_is_paired_without_the_guardian_s_authorisation(
    house: House, owner: Owner, age: int, start: AssignmentState
) -> None:
    contact = {"contact_from": clock.now(), "contact_until": clock.now() + timedelta(days=9)}
    one = house.offer(age=age, state=start, answered_at=clock.now(), **contact)
    with pytest.raises(DomainError, match="l’autorisation du responsable légal"):
        act(house, one, operations.record_follow_up, state=_S.PAIRED)
    assert house.reread(one).state is start
    assert act(house, one, operations.record_follow_up, state=_S.PAIRED, authorised=True).state is _S.PAIRED
    assert owner.execute("SELECT data FROM event WHERE name = 'assignment_paired'").fetchall() == [
        ({"authorised": True},)
    ]


def test_an_adult_is_paired_without_anybody_s_authorisation(house: House) -> None:
    one = act(house, house.offer(age=18), operations.accept_assignment)
    assert act(house, one, operations.record_follow_up, state=_S.PAIRED).state is _S.PAIRED


@pytest.mark.parametrize("question", ["", " " * 20, "a" * 9, "a" * 501])
def test_a_question_is_of_ten_to_five_hundred_characters(house: House, question: str) -> None:
    with pytest.raises(DomainError, match="de 10 à 500"):
        act(house, house.offer(), operations.ask_question, until=clock.today() + timedelta(days=2), question=question)


def test_what_left_is_answered_by_nobody_and_says_why(house: House, owner: Owner) -> None:
    one = house.offer()
    owner.execute("UPDATE assignment SET state = 'expired', closed_at = now()")
    for operation in (operations.accept_assignment, operations.undo_answer):
        with pytest.raises(DomainError):
            act(house, one, operation)
    with pytest.raises(AlreadyAnswered, match="faute de réponse"):
        act(house, one, operations.accept_assignment)


def test_a_closed_request_takes_no_further_step(house: House) -> None:
    one = act(house, house.offer(), operations.accept_assignment)
    act(house, one, operations.record_follow_up, state=_S.GIVEN_UP)
    with pytest.raises(AlreadyAnswered):
        act(house, one, operations.record_follow_up, state=_S.PAIRED)


@pytest.mark.usefixtures("undo_window")
def test_the_follow_up_waits_for_the_contact_details(house: House) -> None:
    one = act(house, house.offer(), operations.accept_assignment)
    with pytest.raises(DomainError, match="pas encore ouvertes"):
        act(house, one, operations.record_follow_up, state=_S.CONTACTED)


def test_every_step_follows_the_table(house: House) -> None:
    steps = set(operations.FOLLOW_UP)
    for start in (_S.ACCEPTED, _S.CONTACTED, _S.UNREACHABLE, _S.PAIRED):
        for step in steps - (TRANSITIONS[start] | {start}):
            one = house.offer(
                state=start, answered_at=clock.now(), contact_from=clock.now(),
                contact_until=clock.now() + timedelta(days=9),
            )  # fmt: skip
            with pytest.raises(AlreadyAnswered):
                act(house, one, operations.record_follow_up, state=step)


def test_the_oldest_due_fill_the_places_left(house: House) -> None:
    late, early = house.offer("Léa", days_ago=1), house.offer("Aya", days_ago=4)
    free = house.offer("Zoé", capacity=None)
    kept = operations.oldest_within([late, early, free], {house.capacity.id: 1})
    assert kept == [early, free]
    assert operations.oldest_within([late, early], {house.capacity.id: None}) == [early, late]


def test_an_unknown_request_is_hidden(house: House) -> None:
    with pytest.raises(Hidden), transaction(house.scope):
        operations.assignment_to_answer(uuid4())


def test_contact_details_end_with_the_right_to_them(house: House) -> None:
    one = act(house, house.offer(), operations.accept_assignment)
    with transaction(house.scope):
        assert read_contact(operations.assignment_to_answer(one.id)).applicant.last_name == "Martin"
    assert one.contact_until is not None
    with clock.at(one.contact_until), pytest.raises(DomainError), transaction(house.scope):
        read_contact(operations.assignment_to_answer(one.id))


def test_erased_contact_details_are_said_to_be(house: House, owner: Owner) -> None:
    one = act(house, house.offer(), operations.accept_assignment)
    owner.execute("DELETE FROM keys.person_key")
    with pytest.raises(DomainError, match="effacées"), transaction(house.scope):
        read_contact(operations.assignment_to_answer(one.id))


def accepted_on_an_old_reading(house: House, one: Assignment) -> None:
    """Accept a row that changed after it was read."""
    with transaction(house.scope):
        read = operations.assignment_to_answer(one.id)
        operations.db.session.execute(update(Assignment.__table__).values(version=Assignment.version + 1))
        operations.accept_assignment(read, by=house.person)


def test_a_row_changed_since_it_was_read_is_never_overwritten(house: House, owner: Owner) -> None:
    one = house.offer()
    with pytest.raises(AlreadyAnswered, match="rechargez"):
        accepted_on_an_old_reading(house, one)
    assert owner.execute("SELECT state FROM assignment").fetchone() == ("offered",)
