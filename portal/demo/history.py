"""The season lived through: the real engine decides at each instant, associations answer in their own way.

A heap of what happens next stands for the clock; nothing after "now" happens, so the last days are left open exactly
as a coordinator would find them.
"""

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from matching.decision import Placed, Unroutable, Waitlisted
from matching.standing import Standing
from matching.vocabulary import Side
from portal.demo.answers import AnswerKind, DemoAnswer, answer_to
from portal.demo.journey import Journey
from portal.demo.world import World
from portal.foundation import clock
from portal.foundation.config import Settings
from portal.models.assignment import Assignment, AssignmentState, BounceReason
from portal.models.bounce import BOUNCES, Effect
from portal.models.event import Event, EventName
from portal.models.referral import ReferralState, UnroutableWhy
from portal.models.routing import RoutingDecision
from portal.operations.recording import Record
from portal.queries.routing import Board

UNDO = timedelta(minutes=5)
ROUTED_AFTER = timedelta(seconds=3)
WAITING_LIST_EVERY = timedelta(hours=6)
MENTORING = timedelta(days=180)
STAFF_DECIDE = timedelta(days=5)
APPLICANT_IS_AWAITED = timedelta(days=14)
Act = Callable[[datetime], None]


@dataclass
class History:
    """The whole season in memory. rows: what it leaves in the database, by model."""

    world: World
    settings: Settings
    boards: dict[Side, Board]
    catalogues: dict[Side, UUID]
    now: datetime
    rows: dict[type[Any], list[dict[str, Any]]] = field(
        default_factory=lambda: {RoutingDecision: [], Assignment: [], Event: []}
    )
    heap: list[tuple[datetime, int, Act]] = field(default_factory=list)
    order: "count[int]" = field(default_factory=count)
    waitlist: dict[Side, dict[UUID, Journey]] = field(default_factory=lambda: {side: {} for side in Side})
    freed: dict[Side, set[str]] = field(default_factory=lambda: {side: set() for side in Side})
    standings: dict[Side, Standing] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.standings = {side: board.standing for side, board in self.boards.items()}

    def live(self, journeys: Iterable[Journey], tick: Callable[[datetime], None]) -> None:
        """Everything that happens until now. tick: told the instant, for progress."""
        first = None
        for journey in journeys:
            first = first or journey.request.received_at
            self.fact(
                EventName.REFERRAL_SUBMITTED, journey, journey.request.received_at, {"channel": journey.facts.channel}
            )
            ready = journey.request.ready_at
            if ready is not None:
                self.at(ready, self.confirmation(journey))
                self.at(ready + ROUTED_AFTER, self.routing(journey))
        self.at((first or self.now) + WAITING_LIST_EVERY, self.waiting_list)
        while self.heap:
            instant, _, act = heapq.heappop(self.heap)
            with clock.at(instant):
                act(instant)
            tick(instant)

    def at(self, instant: datetime | None, act: Act) -> None:
        """Later, unless that is after now."""
        if instant is not None and instant <= self.now:
            heapq.heappush(self.heap, (instant, next(self.order), act))

    def fact(self, name: EventName, journey: Journey, at: datetime, data: dict[str, Any] | None = None) -> None:
        offer = journey.assignment or {}
        self.rows[Event].append(
            {
                "at": at,
                "name": name,
                "referral_id": journey.id,
                "association_id": offer.get("association_id"),
                "assignment_id": offer.get("id"),
                "account_id": offer.get("answered_by"),
                "data": data or {},
            }
        )

    def confirmation(self, journey: Journey) -> Act:
        return lambda at: self.fact(EventName.REFERRAL_CONFIRMED, journey, at)

    def routing(self, journey: Journey) -> Act:
        return lambda at: self.route(journey, at)

    def route(self, journey: Journey, at: datetime) -> None:
        """As the drainer does: decide, keep the decision, offer."""
        side = journey.facts.side
        board = replace(self.boards[side], standing=self.standings[side])
        decision = board.router.route(journey.facts, board.standing, journey.tried, at.astimezone(clock.PARIS))
        if isinstance(decision, Waitlisted) and journey.state is ReferralState.WAITLISTED:
            return
        if isinstance(decision, Placed):
            self.standings[side] = board.standing.after(decision, at)
        record = Record(board, at, self.catalogues[side])
        record.decide(journey, journey.facts, decision, self.standings[side])  # type: ignore[arg-type]
        for model, rows in self.rows.items():
            rows.extend(record.rows[model])
        self.follow(journey, decision, record, at)

    def follow(self, journey: Journey, decision: Any, record: Record, at: datetime) -> None:
        self.waitlist[journey.facts.side].pop(journey.id, None)
        match decision:
            case Placed():
                journey.move(ReferralState.PLACED, at)
                journey.assignment = record.rows[Assignment][0]
                journey.tried |= {decision.association}
                self.expect_answer(journey, decision.association, at)
            case Waitlisted(outcomes=outcomes):
                journey.move(ReferralState.WAITLISTED, at)
                journey.fitting = outcomes.possible
                self.waitlist[journey.facts.side][journey.id] = journey
            case Unroutable(why=why):
                self.hand_to_staff(journey, UnroutableWhy(why.value), at)

    def hand_to_staff(self, journey: Journey, why: UnroutableWhy, at: datetime) -> None:
        journey.move(ReferralState.UNROUTABLE, at, why)
        self.at(at + STAFF_DECIDE, lambda when: self.settle(journey, ReferralState.UNROUTABLE, when))

    def settle(self, journey: Journey, left_in: ReferralState, at: datetime) -> None:
        """Closed, unless something has happened since."""
        if journey.state is left_in:
            self.leave(journey, at)

    def leave(self, journey: Journey, at: datetime) -> None:
        """The request is closed, whoever had it last."""
        journey.assignment = None
        journey.move(ReferralState.CLOSED, at)
        self.fact(EventName.REFERRAL_CLOSED, journey, at)

    def waiting_list(self, at: datetime) -> None:
        """Those who fit where a place has come free are routed again, oldest first."""
        for side, freed in self.freed.items():
            bits = self.boards[side].router.catalogue.bits_of
            mask = 0
            for association in freed:
                mask |= bits[association]
            freed.clear()
            for journey in [one for one in self.waitlist[side].values() if one.fitting & mask]:
                self.route(journey, at)
        self.at(at + WAITING_LIST_EVERY, self.waiting_list)

    # What the association does

    def expect_answer(self, journey: Journey, association: str, at: datetime) -> None:
        slug, facts = self.world.slug_of(association), journey.facts
        answer = answer_to(journey.request.key, slug, at, facts.side, facts.age)
        offer = journey.assignment
        assert offer is not None
        self.at(answer.seen_at, lambda when: self.see(journey, when))
        if answer.kind is AnswerKind.SILENT or answer.answered_at is None or answer.answered_at >= offer["due_at"]:
            self.at(offer["due_at"], lambda when: self.expire(journey, when))
        elif answer.kind is AnswerKind.BOUNCED:
            self.at(answer.answered_at, lambda when: self.bounce(journey, answer.reason, answer.note, when))
        else:
            self.at(answer.answered_at, lambda when: self.accept(journey, answer, when))

    def see(self, journey: Journey, at: datetime) -> None:
        assert journey.assignment is not None
        journey.assignment.update(state=AssignmentState.SEEN, seen_at=at)
        self.fact(EventName.ASSIGNMENT_SEEN, journey, at)

    def answered(self, journey: Journey, state: AssignmentState, at: datetime, **fields: Any) -> dict[str, Any]:
        offer = journey.assignment
        assert offer is not None
        account, name = self.world.coordinators[str(offer["association_id"])]
        offer.update(
            state=state,
            seen_at=offer.get("seen_at") or at,
            answered_at=at,
            answered_by=account,
            answered_by_name=name,
            undo_until=at + UNDO,
            **fields,
        )
        offer["version"] += 1
        return offer

    def accept(self, journey: Journey, answer: DemoAnswer, at: datetime) -> None:
        start = at + UNDO
        offer = self.answered(
            journey,
            AssignmentState.ACCEPTED,
            at,
            contact_from=start,
            contact_until=start + timedelta(days=self.settings.contact_days),
        )
        self.fact(EventName.ASSIGNMENT_ACCEPTED, journey, at)
        self.at(start, lambda when: offer.update(applied_at=when))
        self.at(
            answer.contacted_at,
            lambda when: self.advance(journey, AssignmentState.CONTACTED, EventName.ASSIGNMENT_CONTACTED, when),
        )
        for tried in answer.tries[-1:]:
            self.at(
                tried,
                lambda when: self.advance(journey, AssignmentState.UNREACHABLE, EventName.ASSIGNMENT_UNREACHABLE, when),
            )
        self.at(
            answer.paired_at,
            lambda when: self.advance(journey, AssignmentState.PAIRED, EventName.ASSIGNMENT_PAIRED, when),
        )
        self.at(answer.paired_at and answer.paired_at + MENTORING, lambda when: self.end(journey, when))
        self.at(answer.given_up_at, lambda when: self.give_up(journey, when))
        self.at(answer.left_at, lambda when: self.bounce(journey, answer.left_reason, answer.left_note, when))

    def advance(self, journey: Journey, state: AssignmentState, name: EventName, at: datetime) -> None:
        assert journey.assignment is not None
        journey.assignment["state"] = state
        self.fact(name, journey, at)

    def end(self, journey: Journey, at: datetime) -> None:
        assert journey.assignment is not None
        journey.assignment.update(state=AssignmentState.ENDED, closed_at=at)
        self.fact(EventName.ASSIGNMENT_ENDED, journey, at)
        self.leave(journey, at)

    def give_up(self, journey: Journey, at: datetime) -> None:
        assert journey.assignment is not None
        journey.assignment.update(state=AssignmentState.GIVEN_UP)
        self.fact(EventName.ASSIGNMENT_GIVEN_UP, journey, at)
        self.close(journey, at)
        self.leave(journey, at)

    def bounce(self, journey: Journey, reason: BounceReason | None, note: str, at: datetime) -> None:
        assert reason is not None
        self.answered(
            journey,
            AssignmentState.BOUNCED,
            at,
            bounce_reason=reason,
            bounce_note=note or None,
            contact_from=None,
            contact_until=None,
            applied_at=None,
        )
        self.fact(EventName.ASSIGNMENT_BOUNCED, journey, at, {"reason": reason})
        self.at(at + UNDO, lambda when: self.apply_bounce(journey, reason, when))

    def apply_bounce(self, journey: Journey, reason: BounceReason, at: datetime) -> None:
        assert journey.assignment is not None
        journey.assignment["applied_at"] = at
        self.close(journey, at)
        match BOUNCES[reason].effect:
            case Effect.NEXT:
                self.go_on(journey, at)
            case Effect.STAFF:
                self.fact(EventName.REFERRAL_UNROUTABLE, journey, at, {"why": UnroutableWhy.OTHER})
                self.hand_to_staff(journey, UnroutableWhy.OTHER, at)
            case Effect.CLOSED:
                self.leave(journey, at)
            case Effect.MERGED:
                journey.move(ReferralState.MERGED, at)
                self.fact(EventName.REFERRAL_MERGED, journey, at)
            case Effect.BACK_TO_APPLICANT:
                journey.move(ReferralState.AWAITING_APPLICANT, at)
                awaited = ReferralState.AWAITING_APPLICANT
                self.at(at + APPLICANT_IS_AWAITED, lambda when: self.settle(journey, awaited, when))

    def expire(self, journey: Journey, at: datetime) -> None:
        assert journey.assignment is not None
        journey.assignment.update(state=AssignmentState.EXPIRED)
        self.fact(EventName.ASSIGNMENT_EXPIRED, journey, at)
        self.close(journey, at)
        self.go_on(journey, at)

    def go_on(self, journey: Journey, at: datetime) -> None:
        journey.hops += 1
        journey.move(ReferralState.TO_ROUTE, at)
        self.at(at + ROUTED_AFTER, self.routing(journey))

    def close(self, journey: Journey, at: datetime) -> None:
        """The place comes free."""
        offer = journey.assignment
        assert offer is not None
        offer["closed_at"] = at
        side = journey.facts.side
        self.standings[side] = released(
            self.standings[side], str(offer["association_id"]), str(offer["programme_id"]), offer["place"]
        )
        self.freed[side].add(str(offer["association_id"]))
        journey.assignment = None


def released(standing: Standing, association: str, programme: str, place: str) -> Standing:
    """The standing once an offer no longer counts: the reverse of Standing.after."""
    its, own = standing.association(association), standing.programme(programme)
    row = its.places[place]
    its = replace(its, committed=its.committed - 1, places={**its.places, place: row._replace(taken=row.taken - 1)})
    own = replace(own, committed=own.committed - 1)
    return replace(
        standing,
        associations={**standing.associations, association: its},
        programmes={**standing.programmes, programme: own},
    )
