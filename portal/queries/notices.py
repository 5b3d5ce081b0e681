"""What is worth a notice, and what each person chose to be told: the same conditions for the job and for its letter."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select

from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.account import Account
from portal.models.assignment import Assignment, AssignmentState
from portal.models.clarification import Clarification
from portal.models.company import Lead
from portal.models.event import Event, EventName
from portal.models.notice import Notice, NoticeChoice, Rhythm
from portal.models.outbox import Outbox, OutboxState
from portal.models.programme import CriteriaProposal
from portal.models.referral import Referral, ReferralState
from portal.queries.inbox import HELD, NEW
from portal.queries.leads import SETTLED

CONTACT_WITHIN_WORKING_DAYS = 5
PAIRED_WITHIN = timedelta(days=30)


@dataclass(frozen=True)
class FollowUp:
    """Requests of an association whose follow-up stands still. answered: its question was, and nobody has gone on."""

    uncontacted: int
    unpaired: int
    answered: int

    @property
    def total(self) -> int:
        return self.uncontacted + self.unpaired + self.answered


@dataclass(frozen=True)
class StaffWaiting:
    """What waits for the Collectif's team. leads: those without a next action."""

    unroutable: int
    proposals: int
    dead_letters: int
    leads: int

    @property
    def total(self) -> int:
        return self.unroutable + self.proposals + self.dead_letters + self.leads


@dataclass(frozen=True)
class Mailbox:
    """An address, and since when it refuses our messages (None: it takes them)."""

    mail: str
    refused_at: datetime | None


def follow_up_counts() -> FollowUp:
    """Of the association of the scope, now."""
    now = clock.now()
    stuck = [func.count(case((one, 1))) for one in (uncontacted(now), unpaired(now), answered(now))]
    return FollowUp(*db.session.execute(select(stuck[0], stuck[1], stuck[2]).select_from(Assignment)).one())


def staff_waiting() -> StaffWaiting:
    """Staff's scope, one statement."""
    waiting = (
        select(func.count()).select_from(Referral).where(Referral.state == ReferralState.UNROUTABLE),
        select(func.count()).select_from(CriteriaProposal).where(CriteriaProposal.verdict.is_(None)),
        select(func.count()).select_from(Outbox).where(Outbox.state == OutboxState.DEAD),
        select(func.count()).select_from(Lead).where(Lead.state.not_in(SETTLED), Lead.next_action_on.is_(None)),
    )
    return StaffWaiting(*db.session.execute(select(*(one.scalar_subquery() for one in waiting))).one())


def uncontacted(at: datetime) -> ColumnElement[bool]:
    """Accepted, and nobody has been in touch for five working days."""
    since = working_days_before(at, CONTACT_WITHIN_WORKING_DAYS)
    return and_(
        Assignment.state == AssignmentState.ACCEPTED, Assignment.closed_at.is_(None), Assignment.answered_at <= since
    )


def unpaired(at: datetime) -> ColumnElement[bool]:
    """In touch for thirty days, and no mentor found yet."""
    in_touch = select(Event.id).where(
        Event.assignment_id == Assignment.id,
        Event.name == EventName.ASSIGNMENT_CONTACTED,
        Event.at <= at - PAIRED_WITHIN,
    )
    return and_(Assignment.state == AssignmentState.CONTACTED, Assignment.closed_at.is_(None), exists(in_touch))


def answered(at: datetime) -> ColumnElement[bool]:
    """Held for a question that has had its answer by then, and no other question waits."""
    asked = select(Clarification.id).where(
        Clarification.referral_id == Assignment.referral_id, Clarification.assignment_id == Assignment.id
    )
    waits = asked.where(or_(Clarification.answered_at.is_(None), Clarification.answered_at > at))
    return and_(Assignment.state.in_(HELD), Assignment.closed_at.is_(None), exists(asked), ~exists(waits))


def to_answer(at: datetime) -> ColumnElement[bool]:
    """What the association can act on: requests to answer, and those whose question was answered."""
    return or_(and_(Assignment.state.in_(NEW), Assignment.closed_at.is_(None)), answered(at))


def working_days_before(instant: datetime, days: int) -> datetime:
    """The latest instant after which that many working days have passed: after_working_days read backwards."""
    local = instant.astimezone(clock.PARIS)
    while not clock.is_working_day(local.date()):
        local = datetime.combine(local.date(), time.min, clock.PARIS) - timedelta(microseconds=1)
    left = days
    while left > 0:
        left -= clock.is_working_day(local.date())
        local -= timedelta(days=1)
    return local.astimezone(instant.tzinfo)


def choices_of(account_id: UUID, association_id: UUID | None) -> Mapping[Notice, Rhythm]:
    """What somebody chose for the association (None: the Collectif's team); whatever they left alone is missing."""
    query = select(NoticeChoice.notice, NoticeChoice.rhythm).where(
        NoticeChoice.account_id == account_id,
        NoticeChoice.association_id.is_not_distinct_from(association_id),
    )
    return {row.notice: row.rhythm for row in db.session.execute(query)}


def mailbox_of(account_id: UUID) -> Mailbox:
    """One's own, whichever side one works on."""
    query = select(Account.mail, Account.mail_refused_at).where(Account.id == account_id)
    return Mailbox(*db.session.execute(query).one())
