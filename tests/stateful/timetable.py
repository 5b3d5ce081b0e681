"""What happens by itself: rounds of routing, jobs, and time."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from matching.vocabulary import Side
from portal.foundation import clock
from portal.jobs import journal, privacy, routing
from portal.models.assignment import AssignmentState
from portal.models.referral import ReferralState
from tests.stateful import looking
from tests.stateful.model import TO_ANSWER, UNDO, Offer, Request
from tests.stateful.promises import Promises
from tests.stateful.rounds import Round

A, R = AssignmentState, ReferralState
LONGEST = timedelta(days=60)
STEPS = tuple(timedelta(hours=hours) for hours in (0.05, 5, 24 * 4, 24 * 8, 24 * 15))
JOBS = ("sweep", "apply_answers", "expire_overdue", "erase_unconfirmed", "seal_the_journal", "measure_reach")


class Timetable(Promises):
    """last: beyond this time stands still, since past the campaign's end every run would end alike."""

    last: datetime

    def tick(self) -> datetime:
        """No two acts happen at the same instant."""
        self.model.now += timedelta(seconds=1)
        return self.model.now

    def offers_to(self, states: Iterable[AssignmentState]) -> list[tuple[Request, Offer]]:
        return [both for both in self.offers if not both[1].closed and both[1].state in states]

    @rule(what=st.sampled_from([(), ("waitlist",), ("waitlist", "unroutable")]))
    def drain_both(self, what: tuple[str, ...]) -> None:
        for side in Side:
            self.drain(side, what)

    def sweep(self) -> None:
        self.route(list(Side), (), routing.sweep)

    def drain(self, side: Side, what: tuple[str, ...]) -> None:
        self.route([side], what, lambda: routing.drain(side.value, *what))

    def route(self, among: list[Side], what: tuple[str, ...], act: Callable[[], None]) -> None:
        done = Round(self.model, among, what)
        self.run(act)
        done.follow(looking.new_offers(self.owner, {offer.id for _, offer in self.offers}))
        done.settle(looking.referrals(self.owner))

    def apply_answers(self) -> None:
        self.run(routing.apply_answers)
        for request, offer in self.offers:
            if offer.undo_until and offer.undo_until <= self.model.now and not offer.applied:
                request.apply(offer)

    def expire_overdue(self) -> None:
        self.run(routing.expire_overdue)
        for request, offer in self.offers_to(TO_ANSWER):
            if offer.due_at <= self.model.now:
                request.go_on(offer, A.EXPIRED, R.TO_ROUTE, None)

    def erase_unconfirmed(self) -> None:
        self.run(privacy.erase_unconfirmed)
        for request in self.requests:
            if request.too_late(self.model.now):
                self.model.erased.add(request.id)
                del self.model.requests[request.id]

    def seal_the_journal(self) -> None:
        self.run(journal.seal)
        self.model.sealed = self.model.journal.total()

    def measure_reach(self) -> None:
        self.run(routing.measure_reach)

    @rule(job=st.sampled_from(JOBS))
    def a_job_runs(self, job: str) -> None:
        getattr(self, job)()

    @rule(step=st.sampled_from(STEPS))
    def the_timetable_is_kept(self, step: timedelta) -> None:
        self.time_passes(step)
        for job in JOBS:
            getattr(self, job)()
        self.drain_both(("waitlist",))

    @rule(drained=st.booleans())
    def the_undo_window_passes(self, *, drained: bool) -> None:
        self.time_passes(UNDO)
        self.apply_answers()
        if drained:
            self.drain_both(("waitlist",))

    @rule(step=st.sampled_from(STEPS))
    def time_passes(self, step: timedelta) -> None:
        if self.model.now + step < self.last:
            self.model.now += step

    def run(self, act: Callable[[], None]) -> None:
        with clock.at(self.tick()):
            act()
