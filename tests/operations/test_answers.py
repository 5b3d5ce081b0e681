"""An answer takes effect once its undo window has passed: the request moves on, the place comes free; silence too."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.crypto import token_digest, vault
from portal.foundation.extensions import db
from portal.foundation.queue import queue
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs.routing import apply_answers, drain, expire_overdue
from portal.models.assignment import TO_ANSWER, Assignment, AssignmentState, BounceReason
from portal.models.association import Association
from portal.models.bounce import BOUNCES, Effect
from portal.models.event import Event, EventName
from portal.models.outbox import Message, Outbox
from portal.models.referral import Referral, ReferralState, UnroutableWhy
from portal.models.routing import AssociationStanding, CapacityUse, StandingDelta
from portal.operations import answers
from tests.factories import (
    make_assignment,
    make_association,
    make_campaign,
    make_capacity,
    make_programme,
    make_referral,
)


class World:
    """One request in the hands of one association that has one place; another association with places beside it."""

    def __init__(self, arrange: Session) -> None:
        self.arrange = arrange
        self.campaign = make_campaign(arrange)
        self.first = self.association("Première", places=1)
        self.second = self.association("Seconde", places=5)
        self.referral = make_referral(arrange, self.campaign)
        programme, capacity = self.parts[self.first.id]
        self.assignment = make_assignment(arrange, self.referral, self.first, programme, capacity=capacity)
        arrange.commit()

    def association(self, name: str, places: int) -> Association:
        association = make_association(self.arrange, name)
        made = (
            make_programme(self.arrange, association),
            make_capacity(self.arrange, association, self.campaign, places),
        )
        self.parts = {**getattr(self, "parts", {}), association.id: made}
        return association

    def answered(self, state: AssignmentState, reason: BounceReason | None = None, minutes: int = 0) -> None:
        """The association answered; the undo window closes in so many minutes."""
        self.arrange.flush()
        self.arrange.execute(text("SET LOCAL session_replication_role = replica"))  # arranged past the rules
        self.arrange.refresh(self.assignment)
        now = clock.now()
        self.assignment.state, self.assignment.bounce_reason = state, reason
        self.assignment.answered_at, self.assignment.undo_until = now, now + timedelta(minutes=minutes)
        self.assignment.applied_at = None
        if state is AssignmentState.ACCEPTED:
            self.assignment.contact_from, self.assignment.contact_until = now, now + timedelta(days=90)
        self.arrange.commit()

    def now(self) -> tuple[ReferralState, AssignmentState]:
        self.arrange.expire_all()
        return self.referral.state, self.assignment.state

    def events(self) -> list[EventName]:
        return list(self.arrange.scalars(select(Event.name).order_by(Event.at, Event.id)))

    def deltas(self) -> int:
        return self.arrange.scalar(select(func.count()).select_from(StandingDelta)) or 0


@pytest.fixture
def world(arrange: Session) -> World:
    return World(arrange)


def test_an_accepted_request_stays_and_the_applicant_is_told_once(world: World) -> None:
    world.answered(AssignmentState.ACCEPTED)

    apply_answers()
    apply_answers()

    assert world.now() == (ReferralState.PLACED, AssignmentState.ACCEPTED)
    assert world.assignment.applied_at is not None
    assert world.assignment.closed_at is None
    assert world.assignment.contact_until is not None
    told = world.arrange.scalars(select(Outbox)).one()
    assert (told.message, told.referral_id) == (Message.REFERRAL_ACCEPTED, world.referral.id)
    assert world.deltas() == 0


def test_nothing_happens_before_the_undo_window_has_passed(world: World) -> None:
    world.answered(AssignmentState.BOUNCED, BounceReason.NO_PLACE, minutes=5)

    apply_answers()
    assert world.now() == (ReferralState.PLACED, AssignmentState.BOUNCED)
    assert world.assignment.applied_at is None

    with clock.at(clock.now() + timedelta(minutes=5)):
        apply_answers()
    assert world.now() == (ReferralState.TO_ROUTE, AssignmentState.BOUNCED)


def test_a_bounced_request_goes_to_the_next_association_and_never_back(world: World) -> None:
    received = world.referral.received_at
    world.answered(AssignmentState.BOUNCED, BounceReason.NO_FITTING_MATCH)

    apply_answers()

    assert world.now() == (ReferralState.TO_ROUTE, AssignmentState.BOUNCED)
    assert (world.referral.hops, world.referral.received_at) == (1, received)
    assert world.assignment.closed_at is not None
    assert world.deltas() == 1
    assert queue().jobs[0].args == ["mentee", "waitlist"]

    drain(Side.MENTEE.value)

    world.arrange.expire_all()
    current = world.arrange.scalars(select(Assignment).where(Assignment.closed_at.is_(None))).one()
    assert (current.association_id, current.hop) == (world.second.id, 1)
    committed = dict(
        world.arrange.execute(select(AssociationStanding.association_id, AssociationStanding.committed)).all()
    )
    assert committed == {world.first.id: 0, world.second.id: 1}


def test_the_place_that_comes_free_goes_to_the_waiting_list(world: World) -> None:
    world.parts[world.second.id][1].amount = 0
    waiting = make_referral(world.arrange, world.campaign, state=ReferralState.WAITLISTED)
    world.answered(AssignmentState.BOUNCED, BounceReason.NO_FITTING_MATCH)

    apply_answers()
    drain(Side.MENTEE.value, "waitlist")

    world.arrange.expire_all()
    current = world.arrange.scalars(select(Assignment).where(Assignment.closed_at.is_(None))).one()
    assert (current.referral_id, current.association_id) == (waiting.id, world.first.id)
    assert world.arrange.get_one(CapacityUse, world.parts[world.first.id][1].id).taken == 1
    assert world.now()[0] is ReferralState.WAITLISTED


AFTER = {
    Effect.NEXT: (ReferralState.TO_ROUTE, None),
    Effect.BACK_TO_APPLICANT: (ReferralState.AWAITING_APPLICANT, None),
    Effect.CLOSED: (ReferralState.CLOSED, EventName.REFERRAL_CLOSED),
    Effect.MERGED: (ReferralState.MERGED, EventName.REFERRAL_MERGED),
    Effect.STAFF: (ReferralState.UNROUTABLE, EventName.REFERRAL_UNROUTABLE),
}


@pytest.mark.parametrize("reason", list(BounceReason))
def test_each_reason_has_the_effect_that_the_table_says(world: World, reason: BounceReason) -> None:
    world.answered(AssignmentState.BOUNCED, reason)

    apply_answers()

    state, event = AFTER[BOUNCES[reason].effect]
    assert world.now() == (state, AssignmentState.BOUNCED)
    assert world.events() == [event] if event else world.events() == []
    assert world.referral.unroutable_why is (UnroutableWhy.OTHER if state is ReferralState.UNROUTABLE else None)
    assert world.assignment.closed_at is not None
    assert world.deltas() == 1


def test_what_staff_must_read_is_not_routed_again_by_itself(world: World) -> None:
    world.answered(AssignmentState.BOUNCED, BounceReason.OTHER)
    apply_answers()

    drain(Side.MENTEE.value, "waitlist", "unroutable")

    assert world.now()[0] is ReferralState.UNROUTABLE


def test_a_bounce_after_acceptance_closes_the_contact_details(world: World) -> None:
    world.answered(AssignmentState.ACCEPTED)
    apply_answers()
    world.answered(AssignmentState.BOUNCED, BounceReason.NO_FOLLOW_UP)

    apply_answers()

    assert world.now() == (ReferralState.CLOSED, AssignmentState.BOUNCED)
    assert (world.assignment.contact_from, world.assignment.contact_until) == (None, None)


@pytest.mark.parametrize(("state", "woken"), [(AssignmentState.ENDED, 0), (AssignmentState.GIVEN_UP, 1)])
def test_a_request_that_came_to_its_end_is_closed(world: World, state: AssignmentState, woken: int) -> None:
    world.answered(state)
    world.assignment.closed_at = clock.now()
    world.arrange.commit()

    apply_answers()

    assert world.now() == (ReferralState.CLOSED, state)
    assert world.events() == [EventName.REFERRAL_CLOSED]
    assert (world.deltas(), queue().count) == (0, woken)
    told = world.arrange.scalars(select(Outbox)).one()
    assert (told.message, told.referral_id) == (Message.REFERRAL_CLOSED, world.referral.id)


def test_a_request_withdrawn_meanwhile_stays_withdrawn(world: World) -> None:
    world.answered(AssignmentState.BOUNCED, BounceReason.NO_PLACE)
    world.referral.state = ReferralState.WITHDRAWN
    world.arrange.commit()

    apply_answers()

    assert world.now()[0] is ReferralState.WITHDRAWN
    assert world.deltas() == 1


def test_an_answer_somebody_is_changing_is_left_for_the_next_time(world: World) -> None:
    world.answered(AssignmentState.BOUNCED, BounceReason.NO_PLACE)
    world.arrange.execute(select(Assignment).with_for_update())

    apply_answers()

    world.arrange.rollback()
    assert world.now()[0] is ReferralState.PLACED
    apply_answers()
    assert world.now()[0] is ReferralState.TO_ROUTE


@pytest.mark.parametrize("state", sorted(TO_ANSWER))
def test_silence_past_its_day_sends_the_request_on(world: World, state: AssignmentState) -> None:
    world.assignment.state = state
    world.arrange.commit()
    with clock.at(clock.now() + timedelta(days=6)):
        expire_overdue()
    assert world.now() == (ReferralState.PLACED, state)

    with clock.at(clock.now() + timedelta(days=7)):
        expire_overdue()
        expire_overdue()

    assert world.now() == (ReferralState.TO_ROUTE, AssignmentState.EXPIRED)
    assert world.referral.hops == 1
    assert world.deltas() == 1
    fact = world.arrange.scalars(select(Event)).one()
    assert (fact.name, fact.association_id) == (EventName.ASSIGNMENT_EXPIRED, world.first.id)


def test_an_answer_in_its_undo_window_does_not_expire(world: World) -> None:
    world.answered(AssignmentState.ACCEPTED, minutes=5)

    with clock.at(clock.now() + timedelta(days=7)):
        expire_overdue()

    assert world.now() == (ReferralState.PLACED, AssignmentState.ACCEPTED)


def test_many_answers_are_applied_in_batches(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers.apply_answers, "__defaults__", (2,))
    programme, capacity = world.parts[world.second.id]
    for _ in range(4):
        referral = make_referral(world.arrange, world.campaign)
        make_assignment(
            world.arrange,
            referral,
            world.second,
            programme,
            capacity=capacity,
            state=AssignmentState.BOUNCED,
            bounce_reason=BounceReason.NO_PLACE,
            undo_until=clock.now(),
        )
    world.answered(AssignmentState.BOUNCED, BounceReason.NO_PLACE)

    with transaction(Scope(DatabaseRole.ROUTER)):
        assert answers.apply_answers().count == 2
    apply_answers()

    states = select(Referral.state, func.count()).group_by(Referral.state)
    assert world.arrange.execute(states).all() == [(ReferralState.TO_ROUTE, 5)]


def test_an_acceptance_taken_back_and_given_again_holds_nobody_else(world: World) -> None:
    """Told once already: the second time is told to nobody, and the answers of others still take effect."""
    world.answered(AssignmentState.ACCEPTED)
    apply_answers()
    world.answered(AssignmentState.ACCEPTED)
    world.assignment.applied_at = None
    world.arrange.commit()
    other = make_referral(world.arrange, world.campaign)
    programme, capacity = world.parts[world.second.id]
    bounced = make_assignment(
        world.arrange,
        other,
        world.second,
        programme,
        capacity=capacity,
        state=AssignmentState.BOUNCED,
        bounce_reason=BounceReason.NO_PLACE,
        answered_at=clock.now(),
        undo_until=clock.now(),
    )
    world.arrange.commit()
    apply_answers()
    world.arrange.expire_all()
    assert world.assignment.applied_at is not None
    assert bounced.closed_at is not None
    told = select(func.count()).select_from(Outbox).where(Outbox.message == Message.REFERRAL_ACCEPTED)
    assert world.arrange.scalar(told) == 1


def test_whoever_cannot_be_reached_is_told_and_takes_the_request_up_again(world: World) -> None:
    world.answered(AssignmentState.BOUNCED, BounceReason.UNREACHABLE)
    apply_answers()
    world.arrange.expire_all()
    assert world.referral.state is ReferralState.AWAITING_APPLICANT
    told = select(func.count()).select_from(Outbox).where(Outbox.message == Message.APPLICANT_AWAITED)
    assert world.arrange.scalar(told) == 1
    world.arrange.commit()
    link = token_digest(vault().link_token("tracking", world.referral.id, 1))
    with transaction(Scope(DatabaseRole.PUBLIC, link_digest=link)):
        resumed = db.session.scalar(text("SELECT resume_linked_referral(:at)"), {"at": clock.now()})
    assert resumed == "to_route"
    drain("mentee")
    world.arrange.expire_all()
    assert world.referral.state is ReferralState.PLACED


def test_whoever_stays_silent_sees_the_request_closed_in_the_end(world: World) -> None:
    world.answered(AssignmentState.BOUNCED, BounceReason.UNREACHABLE)
    apply_answers()
    with clock.at(clock.now() + timedelta(days=13)):
        expire_overdue()
    world.arrange.expire_all()
    assert world.referral.state is ReferralState.AWAITING_APPLICANT
    world.arrange.commit()
    with clock.at(clock.now() + timedelta(days=15)):
        expire_overdue()
    world.arrange.expire_all()
    assert world.referral.state is ReferralState.CLOSED
