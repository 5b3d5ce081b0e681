"""Everybody acts, in any order: the young people, associations, staff, the jobs, and the clock."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

import psycopg
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule
from sqlalchemy.orm import Session

from matching.vocabulary import Modality, Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.foundation.permissions import SignedIn
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.models.assignment import Assignment, AssignmentState, BounceReason
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.event import JournalAct
from portal.models.referral import Awaited, ReferralState
from portal.operations import answers, expiry
from portal.operations import assignments as inbox
from portal.operations.capacity import Change, pause_association, resume_association, save_capacities
from portal.operations.contact import read_contact
from portal.operations.criteria import publish_criteria
from portal.operations.intake import Submission, submit_referral
from portal.operations.orientation import orient_by_hand
from portal.operations.routing import route_waiting
from tests.application import EMPTY
from tests.stateful import acting, looking
from tests.stateful.model import EXPIRY, FOLLOWING, HOLD_DAYS, TO_ANSWER, UNDO, Model, Offer, Request
from tests.stateful.timetable import LONGEST, Timetable
from tests.stateful.world import BY_SPECIFICITY, KINDS, WAYS, Kind, World, submission

A, R = AssignmentState, ReferralState
AGES = ((0, 99), (0, 15), (16, 99), (30, 99))
# Most often one that sends the request on.
REASONS = (*BounceReason, *[BounceReason.NO_PLACE] * 6)
# What may become of a request that is accepted, told without a pause.
STORIES = (
    (A.CONTACTED,),
    (A.CONTACTED, A.PAIRED),
    (A.PAIRED, A.ENDED),
    (A.UNREACHABLE, A.UNREACHABLE, A.GIVEN_UP),
    (A.CONTACTED, A.UNREACHABLE),
)
picks, sides = st.integers(0, 30), st.sampled_from(Side)
Choice = TypeVar("Choice")


def chosen(pick: int, preferred: Sequence[Choice], others: Sequence[Choice]) -> Choice:
    """One of those that the act is meant for, newest first; when there is none, one it must be refused for."""
    among = preferred or others
    return among[-1 - pick % len(among)]


class LifeOfARequest(Timetable):
    """Each run starts from an empty database, twenty days ago."""

    def __init__(self, arrange: Session, owner: "psycopg.Connection[Any]") -> None:
        super().__init__()
        self.owner = owner
        start = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=20)
        self.model = Model(start)
        self.last = start + LONGEST
        with owner.transaction():
            owner.execute("SET LOCAL session_replication_role = replica")
            owner.execute(EMPTY)
        arrange.expunge_all()
        with clock.at(start):
            self.campaign = World(arrange, self.model).campaign.id

    def wrote(self, act: JournalAct, request: Request | None, detail: str | None) -> None:
        self.model.journal[act.value, request and request.id, detail] += 1

    # The person, and who stands beside

    @initialize(kinds=st.lists(st.sampled_from(KINDS), min_size=3, max_size=5))
    def some_requests_came_before(self, kinds: list[Kind]) -> None:
        for kind in kinds:
            self.submit(kind, "59512", frozenset(Modality), confirmed=True)
        self.drain(Side.MENTEE, ())

    @rule(
        kind=st.sampled_from(KINDS),
        home=st.sampled_from(sorted(BY_SPECIFICITY)),
        ways=st.sampled_from(WAYS),
        confirmed=st.booleans(),
    )
    def submit(self, kind: Kind, home: str, ways: frozenset[Modality], *, confirmed: bool) -> None:
        now, request = self.tick(), self.submitted(submission(kind, home, ways))
        places, links = BY_SPECIFICITY[home], kind.awaits
        self.model.requests[request] = Request(
            request, kind.side, kind.age, places, ways, received_at=now, links=links, awaiting=set(links)
        )
        for awaited in sorted(links) if confirmed else ():
            self.give(self.model.requests[request], awaited)

    def submitted(self, form: Submission) -> UUID:
        """The database takes a request at its own hour only, so it is sent at the true one, and then dated."""
        made: list[UUID] = []
        assert acting.attempt(datetime.now(UTC), acting.PUBLIC, lambda: made.append(submit_referral(form).id))
        dated = "UPDATE referral SET received_at = %(at)s, state_since = %(at)s WHERE id = %(id)s"
        self.owner.execute(dated, {"at": self.model.now, "id": made[0]})
        return made[0]

    def give(self, request: Request, awaited: Awaited) -> None:
        request.receive(awaited)
        assert acting.through_link(self.tick(), request.id, awaited) is request.state

    @precondition(lambda self: self.requests)
    @rule(pick=picks, awaited=st.sampled_from(Awaited))
    def press_a_mailed_link(self, pick: int, awaited: Awaited) -> None:
        request = chosen(pick, [each for each in self.requests if awaited in each.awaiting], self.requests)
        if awaited in request.links:
            self.give(request, awaited)
        else:
            assert acting.through_link(self.tick(), request.id, awaited) is None

    @precondition(lambda self: any(Awaited.GUARDIAN in each.links for each in self.requests))
    @rule(pick=picks)
    def refuse_as_guardian(self, pick: int) -> None:
        request = chosen(pick, [each for each in self.requests if Awaited.GUARDIAN in each.links], [])
        if request.state is R.AWAITING_CONSENT:
            request.state = R.WITHDRAWN
        state = acting.through_link(self.tick(), request.id, Awaited.GUARDIAN, refused=True)
        assert state is request.state

    @precondition(lambda self: self.requests)
    @rule(pick=picks, sure=st.sampled_from([False, False, True]))
    def think_of_withdrawing(self, pick: int, *, sure: bool) -> None:
        request = chosen(pick, self.requests, [])
        if sure:
            self.withdraw(request)
        told = acting.tracked_by_owner(request.id)
        assert told is not None
        assert (told.state, told.awaiting) == (request.state, request.awaiting)
        assert (told.current is None) == (request.current is None)

    def withdraw(self, request: Request) -> None:
        request.withdraw()
        assert acting.withdrawn(self.tick(), request.id) is request.state

    # Associations

    @precondition(lambda self: self.offers)
    @rule(pick=picks)
    def accept(self, pick: int) -> None:
        self.accept_one(*chosen(pick, self.offers_to(TO_ANSWER), self.offers))

    def accept_one(self, request: Request, offer: Offer) -> None:
        allowed, now = offer.state in TO_ANSWER and not offer.closed, self.tick()
        assert self.answer(now, offer, lambda one, by: inbox.accept_assignment(one, by=by)) == allowed
        if allowed:
            offer.accept(now)
            self.wrote(JournalAct.ANSWERED, request, "assignment_accepted")

    @precondition(lambda self: any(offer.closed for _, offer in self.offers))
    @rule(pick=picks)
    def accept_too_late(self, pick: int) -> None:
        self.accept_one(*chosen(pick, [both for both in self.offers if both[1].closed], []))

    @precondition(lambda self: self.offers)
    @rule(pick=picks, reason=st.sampled_from(REASONS), finally_not=st.booleans())
    def bounce(self, pick: int, reason: BounceReason, *, finally_not: bool) -> None:
        request, offer = chosen(
            pick,
            [(r, o) for r, o in self.offers if o.may_bounce(r.side, reason, finally_not=finally_not)],
            self.offers,
        )
        allowed, now = offer.may_bounce(request.side, reason, finally_not=finally_not), self.tick()

        def send_back(one: Assignment, by: SignedIn) -> None:
            inbox.bounce_assignment(one, by=by, reason=reason, note="Une phrase.", finally_not=finally_not)

        assert self.answer(now, offer, send_back) == allowed
        if allowed:
            offer.bounce(reason, now)
            self.wrote(JournalAct.ANSWERED, request, "assignment_bounced")

    @precondition(lambda self: self.offers)
    @rule(pick=picks)
    def undo(self, pick: int) -> None:
        now = self.tick()
        request, offer = chosen(pick, [both for both in self.offers if both[1].may_undo(now)], self.offers)
        allowed = offer.may_undo(now)
        assert self.answer(now, offer, lambda one, by: inbox.undo_answer(one, by=by)) == allowed
        if allowed:
            offer.undo(due_at=clock.after_working_days(now, 1))
            self.wrote(JournalAct.ANSWERED, request, "assignment_undone")

    @precondition(lambda self: self.offers)
    @rule(pick=picks, ask=st.booleans(), days=st.sampled_from([0, 1, 5, 14, 22]))
    def ask_or_postpone(self, pick: int, days: int, *, ask: bool) -> None:
        request, offer = chosen(pick, self.offers_to(TO_ANSWER), self.offers)
        now = self.tick()
        today = now.astimezone(clock.PARIS).date()
        until = today + timedelta(days=days)
        silence = (offer.offered_at + EXPIRY).astimezone(clock.PARIS).date()
        latest = min(today, silence) + timedelta(days=HOLD_DAYS)
        allowed = offer.state in TO_ANSWER and not offer.closed and today < until <= latest
        hold = inbox.ask_information if ask else inbox.postpone
        assert self.answer(now, offer, lambda one, by: hold(one, by=by, until=until)) == allowed
        if allowed:
            offer.state = A.INFORMATION_ASKED if ask else A.POSTPONED
            offer.due_at = datetime(until.year, until.month, until.day, 18, tzinfo=clock.PARIS)
            self.wrote(JournalAct.ANSWERED, request, "information_asked" if ask else "assignment_postponed")

    @precondition(lambda self: self.offers)
    @rule(pick=picks)
    def open(self, pick: int) -> None:
        request, offer = chosen(pick, self.offers_to({A.OFFERED}), self.offers)
        assert self.answer(self.tick(), offer, lambda one, _: inbox.mark_seen(one))
        if offer.state is A.OFFERED:
            offer.state = A.SEEN
            self.wrote(JournalAct.REFERRAL_SEEN, request, None)

    @precondition(lambda self: self.offers_to(FOLLOWING))
    @rule(pick=picks, state=st.sampled_from([A.CONTACTED, A.UNREACHABLE, A.PAIRED, A.GIVEN_UP, A.ENDED]))
    def follow_up(self, pick: int, state: AssignmentState) -> None:
        now = self.tick()
        followed = [both for both in self.offers if both[1].may_follow(state, now)]
        self.tell(*chosen(pick, followed, self.offers), state, now)

    @precondition(lambda self: self.offers_to(TO_ANSWER))
    @rule(pick=picks, story=st.sampled_from(STORIES), applied=st.booleans())
    def accept_and_follow_up(self, pick: int, story: tuple[AssignmentState, ...], *, applied: bool) -> None:
        request, offer = chosen(pick, self.offers_to(TO_ANSWER), [])
        self.accept_one(request, offer)
        self.time_passes(UNDO)
        if applied:
            self.apply_answers()
        for state in story:
            self.tell(request, offer, state, self.tick())

    def tell(self, request: Request, offer: Offer, state: AssignmentState, now: datetime) -> None:
        allowed = offer.may_follow(state, now)

        def tell(one: Assignment, by: SignedIn) -> None:
            inbox.record_follow_up(one, by=by, state=state, authorised=True)

        assert self.answer(now, offer, tell) == allowed
        if allowed:
            offer.follow(state, now)
            self.wrote(JournalAct.ANSWERED, request, f"assignment_{state}")

    @precondition(lambda self: self.offers)
    @rule(pick=picks)
    def look_at_contact_details(self, pick: int) -> None:
        """Open by the portal's clock and by the database's, which here runs ahead or behind."""
        request, offer = chosen(pick, self.offers, [])
        now = self.tick()
        allowed = offer.in_contact(now) and offer.in_contact(datetime.now(UTC))
        assert self.answer(now, offer, lambda one, _: read_contact(one)) == allowed
        if allowed:
            self.wrote(JournalAct.CONTACT_READ, request, None)

    def answer(self, at: datetime, offer: Offer, act: Callable[[Assignment, SignedIn], Any]) -> bool:
        return acting.answer(at, offer.association, offer.id, act)

    @rule(pick=picks, amount=st.integers(0, 3), stale=st.booleans())
    def declare_places(self, pick: int, amount: int, *, stale: bool) -> None:
        row = chosen(pick, [row for row in self.model.rows.values() if row.programme is None], [])
        change = Change(row.side, row.place, amount, version=row.version - stale)
        person, now = acting.coordinator(row.association), self.tick()

        def save() -> None:
            save_capacities(db.session.get_one(Campaign, self.campaign), [change], by=person)

        assert acting.attempt(now, acting.scope_of(person), save) == (not stale)
        if not stale:
            row.amount, row.version = amount, row.version + 1
            self.wrote(JournalAct.CAPACITY_CHANGED, None, f"{row.side} {row.place} {amount}")

    @rule(pick=picks)
    def pause_or_resume(self, pick: int) -> None:
        association = chosen(pick, self.model.associations, [])
        person, now = acting.coordinator(association), self.tick()
        today = now.astimezone(clock.PARIS).date()
        resumes = association in self.model.paused

        def change() -> None:
            its = db.session.get_one(Association, association)
            resume_association(its) if resumes else pause_association(its, first=today, back=None)

        assert acting.attempt(now, acting.scope_of(person), change)
        self.model.paused ^= {association}
        self.wrote(JournalAct.CAPACITY_CHANGED, None, f"pause {'none' if resumes else today}")

    @rule(pick=picks, side=sides, ages=st.sampled_from(AGES))
    def publish(self, pick: int, side: Side, ages: tuple[int, int]) -> None:
        programme = chosen(pick, [each for each in self.model.programmes.values() if side in each.ages], [])
        staff = acting.staff()
        criteria = {"test": "age", "min": ages[0], "max": ages[1]}
        assert acting.attempt(
            self.tick(),
            staff,
            lambda: publish_criteria(programme.id, side, criteria, by=staff.account_id),
        )
        programme.ages[side] = ages

    # The Collectif

    @precondition(lambda self: self.requests)
    @rule(pick=picks, whom=picks)
    def orient(self, pick: int, whom: int) -> None:
        request = chosen(pick, [each for each in self.requests if each.may_be_oriented], self.requests)
        programme = chosen(whom, list(self.model.programmes.values()), [])
        on_its_side = request.side in programme.ages and programme.association not in request.tried
        row = self.model.opening(request, programme) if on_its_side and request.may_be_oriented else None
        staff, now = uuid4(), self.tick()
        scope = Scope(DatabaseRole.ROUTER, account_id=staff)
        done = acting.attempt(now, scope, lambda: orient_by_hand(request.id, programme.id, by=staff, reason="Choix."))
        assert done == (row is not None)
        if row is None:
            return
        if request.current:
            request.current.undo_until = None
            request.current.leave(A.WITHDRAWN)
        (made,) = looking.new_offers(self.owner, {offer.id for _, offer in self.offers})
        assert made[1:5] == (request.id, programme.association, programme.id, row.id)
        request.offers.append(Offer(made[0], *made[2:]))
        request.state, request.why = R.PLACED, None
        self.wrote(JournalAct.ORIENTED, request, str(programme.id))

    # What goes wrong

    @rule(side=sides, pick=picks)
    def crash(self, side: Side, pick: int) -> None:
        """Whatever was under way is as if it had never begun."""
        now = self.tick()
        for act in (lambda: route_waiting(side), answers.apply_answers, expiry.expire_overdue):
            acting.crash(now, acting.ROUTER, act)
        if self.offers:
            _, offer = chosen(pick, self.offers_to(TO_ANSWER), self.offers)
            person = acting.coordinator(offer.association)
            act = lambda: inbox.accept_assignment(inbox.assignment_to_answer(offer.id), by=person)  # noqa: E731
            acting.crash(now, acting.scope_of(person), act)
