"""What a link shows of one request: to whoever holds its tracking link, or a link mailed for one purpose."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from matching.profile import Profile
from matching.vocabulary import Channel, Side
from portal.foundation import clock
from portal.foundation.crypto import token_digest, vault
from portal.foundation.extensions import db
from portal.foundation.transactions import bind_link
from portal.models.assignment import Assignment, AssignmentState
from portal.models.association import Association
from portal.models.identity import LinkPurpose, ReferralLink
from portal.models.referral import Awaited, News, Referral, ReferralState
from portal.queries.people import previews_of

TRACKING = "tracking"
MAJORITY = 18
_UNDECIDED = frozenset({AssignmentState.ACCEPTED, AssignmentState.BOUNCED})


@dataclass(frozen=True)
class TrackedAssignment:
    """One association the request was handed to. state: as if an answer that can still be undone were not given."""

    association: str
    state: AssignmentState
    offered_at: datetime
    due_at: datetime
    answered_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True)
class Tracked:
    """One request as its owner sees it. first_name: "" once erased. assignments: oldest first.

    news: which steps are told by mail. mail_refused_at: since when its mailbox refuses our messages.
    """

    id: UUID
    number: str
    state: ReferralState
    state_since: datetime
    side: Side
    channel: Channel
    awaiting: frozenset[Awaited]
    received_at: datetime
    profile: Profile
    first_name: str
    link_version: int
    news: News
    mail_refused_at: datetime | None
    assignments: tuple[TrackedAssignment, ...] = ()

    @property
    def current(self) -> TrackedAssignment | None:
        """The association that has it now, if any."""
        return next((one for one in self.assignments if one.closed_at is None), None)

    @property
    def can_resume(self) -> bool:
        """Whether its owner may take it up again: nobody could reach them, or they had not followed up."""
        if self.state is ReferralState.AWAITING_APPLICANT:
            return True
        followed = {AssignmentState.ENDED, AssignmentState.GIVEN_UP}
        states = {one.state for one in self.assignments}
        return self.state is ReferralState.CLOSED and AssignmentState.BOUNCED in states and not states & followed

    @property
    def tracking_token(self) -> str:
        return tracking_token(self.id, self.link_version)

    @property
    def is_minor(self) -> bool:
        return self.profile.age is not None and self.profile.age < MAJORITY


def tracking_token(referral_id: UUID, version: int) -> str:
    return vault().link_token(TRACKING, referral_id, version)


def tracked(token: str) -> Tracked | None:
    """The request this tracking link opens; it stays bound to the transaction."""
    digest = token_digest(token)
    bind_link(digest)
    return _read(db.session.scalar(select(Referral).where(Referral.tracking_digest == digest)))


def tracked_referral(referral_id: UUID, version: int = 1) -> Tracked | None:
    """The request somebody has just sent from this browser."""
    return tracked(tracking_token(referral_id, version))


def linked(token: str, purpose: LinkPurpose) -> Tracked | None:
    """The request a mailed link opens, for that purpose only; it stays bound to the transaction."""
    digest = token_digest(token)
    bind_link(digest)
    query = (
        select(Referral)
        .join(ReferralLink, ReferralLink.referral_id == Referral.id)
        .where(ReferralLink.digest == digest, ReferralLink.purpose == purpose)
    )
    return _read(db.session.scalar(query))


def _read(row: Referral | None) -> Tracked | None:
    if row is None or row.state is ReferralState.ANONYMISED:
        return None
    preview = previews_of([row.id]).get(row.id)
    return Tracked(
        id=row.id,
        number=row.number,
        state=row.state,
        state_since=row.state_since,
        side=row.side,
        channel=row.channel,
        awaiting=frozenset(Awaited(one) for one in row.awaiting),
        received_at=row.received_at,
        profile=Profile.from_json(row.profile),
        first_name=preview.first_name if preview else "",
        link_version=row.link_version,
        news=row.news,
        mail_refused_at=row.mail_refused_at,
        assignments=_assignments(row.id),
    )


def _assignments(referral_id: UUID) -> tuple[TrackedAssignment, ...]:
    query = (
        select(
            Association.name, Assignment.state, Assignment.offered_at, Assignment.due_at, Assignment.answered_at,
            Assignment.undo_until, Assignment.closed_at,
        )
        .join(Association, Association.id == Assignment.association_id)
        .where(Assignment.referral_id == referral_id)
        .order_by(Assignment.offered_at, Assignment.id)
    )  # fmt: skip
    now = clock.now()
    return tuple(
        TrackedAssignment(row.name, AssignmentState.OFFERED, row.offered_at, row.due_at, None, row.closed_at)
        if row.state in _UNDECIDED and row.undo_until is not None and row.undo_until > now
        else TrackedAssignment(row.name, row.state, row.offered_at, row.due_at, row.answered_at, row.closed_at)
        for row in db.session.execute(query)
    )
