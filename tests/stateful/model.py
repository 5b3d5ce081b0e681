"""What should be: a plain picture of associations, requests and offers, moved by the same acts as the portal.

It is written from the rules (house and decisions), never from the code under test: it knows who may do what next and
what follows, but not whom the engine chooses; that is read, then held against what was possible.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from matching.vocabulary import Modality, Side
from portal.models.assignment import AssignmentState, BounceReason
from portal.models.referral import Awaited, ReferralState, UnroutableWhy

A, R, B = AssignmentState, ReferralState, BounceReason
UNDO, EXPIRY, CONTACT = timedelta(minutes=5), timedelta(days=7), timedelta(days=90)
UNCONFIRMED, GUARDIAN = timedelta(hours=72), timedelta(days=14)
MAXIMUM_HOPS, HOLD_DAYS = 3, 14
TO_ANSWER = {A.OFFERED, A.SEEN, A.INFORMATION_ASKED, A.POSTPONED}
STILL_TRYING = {A.ACCEPTED, A.CONTACTED, A.UNREACHABLE}
FOLLOWING: dict[AssignmentState, set[AssignmentState]] = {
    A.ACCEPTED: {A.CONTACTED, A.UNREACHABLE, A.PAIRED, A.GIVEN_UP},
    A.CONTACTED: {A.UNREACHABLE, A.PAIRED, A.GIVEN_UP},
    A.UNREACHABLE: {A.UNREACHABLE, A.CONTACTED, A.PAIRED, A.GIVEN_UP},
    A.PAIRED: {A.ENDED},
}
READS_CONTACT = STILL_TRYING | {A.PAIRED, A.ENDED}
LEFT = {R.CLOSED, R.WITHDRAWN, R.MERGED}
AFTER_BOUNCE: dict[BounceReason, tuple[ReferralState, UnroutableWhy | None]] = {
    B.UNREACHABLE: (R.AWAITING_APPLICANT, None),
    B.NO_FOLLOW_UP: (R.CLOSED, None),
    B.DUPLICATE: (R.MERGED, None),
    B.CHARTER_NOT_MET: (R.UNROUTABLE, UnroutableWhy.OTHER),
    B.OTHER: (R.UNROUTABLE, UnroutableWhy.OTHER),
}
ONE_SIDE_ONLY = {
    B.OTHER_NEED: Side.MENTEE,
    B.NEEDS_REFERRER: Side.MENTEE,
    B.CHARTER_NOT_MET: Side.MENTOR,
    B.TOO_LITTLE_TIME: Side.MENTOR,
}


@dataclass
class Row:
    """A row of capacity; programme: whose own cap it is, None when the association's programmes share it."""

    id: UUID
    association: UUID
    programme: UUID | None
    side: Side
    place: str
    amount: int
    version: int = 1


@dataclass
class Programme:
    """ages: youngest and oldest taken, by side; its only criterion."""

    id: UUID
    association: UUID
    ages: dict[Side, tuple[int, int]]


@dataclass
class Offer:
    """counted: it takes a place and counts as committed. contact: from when until when the person can be read."""

    id: UUID
    association: UUID
    programme: UUID
    capacity: UUID
    offered_at: datetime
    due_at: datetime
    state: AssignmentState = A.OFFERED
    reason: BounceReason | None = None
    undo_until: datetime | None = None
    contact: tuple[datetime, datetime] | None = None
    applied: bool = False
    closed: bool = False
    counted: bool = True

    def may_undo(self, now: datetime) -> bool:
        answered = self.state in {A.ACCEPTED, A.BOUNCED} and not self.closed and not self.applied
        return answered and self.undo_until is not None and now < self.undo_until

    def may_follow(self, state: AssignmentState, now: datetime) -> bool:
        opened = self.contact is not None and self.contact[0] <= now
        return not self.closed and opened and state in FOLLOWING.get(self.state, ())

    def may_bounce(self, side: Side, reason: BounceReason, *, finally_not: bool) -> bool:
        ready = self.state in TO_ANSWER or (finally_not and self.state in STILL_TRYING)
        return ready and not self.closed and ONE_SIDE_ONLY.get(reason, side) is side

    def in_sight(self, at: datetime) -> bool:
        """Whether its association may read the request and the preview."""
        return not self.closed or (self.contact is not None and at < self.contact[1])

    def in_contact(self, at: datetime) -> bool:
        """Whether its association may read who the person is."""
        its = self.contact
        return its is not None and self.state in READS_CONTACT and its[0] <= at < its[1]

    def accept(self, now: datetime) -> None:
        self.state, self.undo_until, self.applied = A.ACCEPTED, now + UNDO, False
        self.contact = (now + UNDO, now + UNDO + CONTACT)

    def bounce(self, reason: BounceReason, now: datetime) -> None:
        self.state, self.reason = A.BOUNCED, reason
        self.undo_until, self.applied, self.contact = now + UNDO, False, None

    def undo(self, due_at: datetime) -> None:
        self.state, self.reason, self.undo_until, self.contact = A.OFFERED, None, None, None
        self.due_at = max(self.due_at, due_at)

    def follow(self, state: AssignmentState, now: datetime) -> None:
        self.state = state
        if state in {A.ENDED, A.GIVEN_UP}:
            self.closed, self.undo_until, self.applied = True, now, False
        if state is A.GIVEN_UP:
            self.counted = False

    def leave(self, state: AssignmentState) -> None:
        """The association is done with it, has lost sight of it, and has its place back."""
        self.state, self.closed, self.counted = state, True, False
        self.contact = None


@dataclass
class Request:
    """links: what its mailed links are for. offers: oldest first."""

    id: UUID
    side: Side
    age: int
    places: tuple[str, ...]
    modalities: frozenset[Modality]
    received_at: datetime
    links: frozenset[Awaited]
    awaiting: set[Awaited]
    state: ReferralState = R.AWAITING_CONSENT
    why: UnroutableWhy | None = None
    hops: int = 0
    offers: list[Offer] = field(default_factory=list)

    @property
    def current(self) -> Offer | None:
        return next((offer for offer in self.offers if not offer.closed), None)

    @property
    def tried(self) -> set[UUID]:
        return {offer.association for offer in self.offers}

    @property
    def may_be_oriented(self) -> bool:
        if self.state is R.PLACED:
            return self.current is not None and self.current.state in TO_ANSWER
        return self.state in {R.TO_ROUTE, R.WAITLISTED, R.UNROUTABLE}

    def too_late(self, now: datetime) -> bool:
        """Whether nobody confirmed it in time."""
        waited, lacks = now - self.received_at, self.awaiting
        address, guardian = Awaited.ADDRESS in lacks, Awaited.GUARDIAN in lacks
        late = (address and waited >= UNCONFIRMED) or (guardian and waited >= GUARDIAN)
        return self.state is R.AWAITING_CONSENT and late

    def receive(self, awaited: Awaited) -> None:
        if self.state is R.AWAITING_CONSENT and awaited in self.awaiting:
            self.awaiting.discard(awaited)
            self.state = self.state if self.awaiting else R.TO_ROUTE

    def withdraw(self) -> None:
        """Wherever it stands; whoever still could see it loses it at once."""
        if self.state in LEFT:
            return
        if self.current:
            self.current.undo_until = None
            self.current.leave(A.WITHDRAWN)
        for offer in self.offers:
            offer.contact = None
        self.state = R.WITHDRAWN

    def go_on(self, offer: Offer, left_as: AssignmentState, to: ReferralState, why: UnroutableWhy | None) -> None:
        offer.leave(left_as)
        self.hops += 1
        self.state, self.why = to, why

    def apply(self, offer: Offer) -> None:
        """The undo window of the offer's answer has passed."""
        offer.applied = True
        if offer.state is A.BOUNCED and offer.reason is not None:
            self.go_on(offer, A.BOUNCED, *AFTER_BOUNCE.get(offer.reason, (R.TO_ROUTE, None)))
        elif offer.state in {A.ENDED, A.GIVEN_UP} and self.state is R.PLACED:
            self.state, self.why = R.CLOSED, None


@dataclass
class Model:
    """Everything. journal: how often each (act, request, detail) must have been written down."""

    now: datetime
    associations: list[UUID] = field(default_factory=list)
    programmes: dict[UUID, Programme] = field(default_factory=dict)
    rows: dict[UUID, Row] = field(default_factory=dict)
    paused: set[UUID] = field(default_factory=set)
    requests: dict[UUID, Request] = field(default_factory=dict)
    erased: set[UUID] = field(default_factory=set)
    journal: Counter[tuple[str, UUID | None, str | None]] = field(default_factory=Counter)
    sealed: int = 0

    @property
    def offers(self) -> Iterator[tuple[Request, Offer]]:
        return ((request, offer) for request in self.requests.values() for offer in request.offers)

    def taken(self, row: Row) -> int:
        return sum(offer.counted for _, offer in self.offers if offer.capacity == row.id)

    def fitting(self, request: Request) -> list[Programme]:
        return [each for each in self.programmes.values() if self.fits(request, each)]

    def fits(self, request: Request, programme: Programme) -> bool:
        youngest, oldest = programme.ages.get(request.side, (1, 0))
        return youngest <= request.age <= oldest

    def rows_for(self, request: Request, programme: Programme, *, any_way: bool = False) -> list[Row]:
        """The rows the request may draw on there, in the order in which they are tried."""
        its = [row for row in self.rows.values() if row.side is request.side]
        own = [row for row in its if row.programme == programme.id]
        shared = [row for row in its if row.association == programme.association and row.programme is None]
        by_place = {row.place: row for row in own or shared}
        here = any_way or request.modalities & {Modality.IN_PERSON, Modality.HYBRID}
        covering = [by_place[place] for place in request.places if place in by_place][: 1 if here else 0]
        remote = any_way or Modality.REMOTE in request.modalities
        return covering + [row for place, row in by_place.items() if place == "remote" and remote]

    def opening(self, request: Request, programme: Programme) -> Row | None:
        """The row with room now, whether or not the request fits: staff may choose so."""
        if programme.association in self.paused:
            return None
        rows = self.rows_for(request, programme, any_way=not self.fits(request, programme))
        return next((row for row in rows if self.taken(row) < row.amount), None)

    def verdict(self, request: Request) -> tuple[ReferralState, UnroutableWhy | None] | None:
        """Where the request must go without an offer; None when some association has room for it."""
        fitting = self.fitting(request)
        left = [programme for programme in fitting if programme.association not in request.tried]
        if not left:
            return R.UNROUTABLE, UnroutableWhy.EXHAUSTED if fitting else UnroutableWhy.NONE
        if len(request.tried) >= MAXIMUM_HOPS:
            return R.UNROUTABLE, UnroutableWhy.HOPS
        return None if any(self.opening(request, programme) for programme in left) else (R.WAITLISTED, None)

    def counted(self) -> Counter[tuple[UUID, Side]]:
        """What is committed, by association and by programme, and the places taken by row; by side."""
        found: Counter[tuple[UUID, Side]] = Counter()
        for request, offer in self.offers:
            for key in (offer.association, offer.programme, offer.capacity) if offer.counted else ():
                found[key, request.side] += 1
        return found
