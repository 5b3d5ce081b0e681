"""How the platform is doing: what could not leave, what waits for another try, what staff can start again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, Select, and_, func, or_, select, tuple_

from portal.foundation.extensions import db
from portal.models.account import Account, Membership
from portal.models.association import Association
from portal.models.document import Document, DocumentState
from portal.models.morning import MorningFile, MorningState
from portal.models.outbox import Outbox, OutboxState
from portal.models.referral import Referral, ReferralState

PAGE = 20
MOST_SHOWN = 12
AnySelect = Select[*tuple[Any, ...]]
DEAD = Outbox.state == OutboxState.DEAD
GONE = (ReferralState.ANONYMISED, ReferralState.WITHDRAWN, ReferralState.MERGED, ReferralState.CLOSED)


class Cursor(NamedTuple):
    """The key of a message that could not leave."""

    dead_at: datetime
    id: UUID


@dataclass(frozen=True)
class DeadPage:
    """Messages that could not leave, the latest first. after: where the next page begins; None on the last one."""

    rows: Sequence[Row[Any]]
    after: Cursor | None


class Waiting(NamedTuple):
    """Messages tried in vain so far: how many, and since when the oldest is due."""

    messages: int
    oldest: datetime | None


def dead_reasons() -> list[Row[Any]]:
    """(error, messages) of all messages that could not leave, the most frequent reason first."""
    messages = func.count().label("messages")
    query: AnySelect = select(Outbox.error, messages).where(DEAD).group_by(Outbox.error)
    return list(db.session.execute(query.order_by(messages.desc(), Outbox.error)))


def dead_page(after: Cursor | None = None) -> DeadPage:
    """Each with the number of its request, the association and the member it was for, as far as it has them."""
    query: AnySelect = (
        select(
            Outbox.id,
            Outbox.message,
            Outbox.error,
            Outbox.attempts,
            Outbox.dead_at,
            Outbox.referral_id,
            Referral.number,
            Association.name.label("association"),
            Account.name.label("member"),
        )
        .outerjoin(Referral, Referral.id == Outbox.referral_id)
        .outerjoin(Association, Association.id == Outbox.association_id)
        .outerjoin(Account, Account.id == Outbox.account_id)
        .where(DEAD)
        .order_by(Outbox.dead_at.desc(), Outbox.id.desc())
        .limit(PAGE + 1)
    )
    if after is not None:
        query = query.where(tuple_(Outbox.dead_at, Outbox.id) < tuple_(*after))
    rows = db.session.execute(query).all()
    more = len(rows) > PAGE
    return DeadPage(rows[:PAGE], Cursor(rows[PAGE - 1].dead_at, rows[PAGE - 1].id) if more else None)


def dead_of(error: str | None, most: int) -> list[UUID]:
    """The messages that could not leave for that reason, the oldest first."""
    query = select(Outbox.id).where(DEAD, Outbox.error.is_not_distinct_from(error))
    return list(db.session.scalars(query.order_by(Outbox.dead_at, Outbox.id).limit(most)))


def waiting_again() -> Waiting:
    """Messages that an attempt has failed to deliver, and that will be tried again."""
    query: AnySelect = select(func.count(), func.min(Outbox.created_at)).where(
        Outbox.state == OutboxState.PENDING, Outbox.error.is_not(None)
    )
    return Waiting(*db.session.execute(query).one())


def refusing_members() -> list[Row[Any]]:
    """(id, name, since, associations): members whose mailbox refuses us, the latest first."""
    working = and_(Membership.account_id == Account.id, Membership.ended_at.is_(None))
    query: AnySelect = (
        select(
            Account.id,
            Account.name,
            Account.mail_refused_at.label("since"),
            func.array_remove(func.array_agg(Association.name), None).label("associations"),
        )
        .outerjoin(Membership, working)
        .outerjoin(Association, Association.id == Membership.association_id)
        .where(Account.mail_refused_at.is_not(None), Account.closed_at.is_(None))
        .group_by(Account.id)
        .order_by(Account.mail_refused_at.desc(), Account.id)
        .limit(MOST_SHOWN + 1)
    )
    return list(db.session.execute(query))


def refusing_requests() -> list[Row[Any]]:
    """(id, number): open requests whose applicant's or guardian's mailbox refuses us, the latest first."""
    refused = or_(Referral.mail_refused_at.is_not(None), Referral.guardian_refused_at.is_not(None))
    query: AnySelect = select(Referral.id, Referral.number).where(refused, Referral.state.not_in(GONE))
    return list(db.session.execute(query.order_by(Referral.received_at.desc(), Referral.id).limit(MOST_SHOWN + 1)))


def failed_documents() -> list[Row[Any]]:
    """(id, title, association, error, asked_at): PDF files that could not be drawn, the latest first."""
    query: AnySelect = (
        select(Document.id, Document.title, Association.name.label("association"), Document.error, Document.asked_at)
        .outerjoin(Association, Association.id == Document.association_id)
        .where(Document.state == DocumentState.FAILED)
        .order_by(Document.asked_at.desc(), Document.id)
        .limit(MOST_SHOWN + 1)
    )
    return list(db.session.execute(query))


def morning_states(day: date) -> dict[MorningState, int]:
    """How many associations' files of that day are in each state."""
    query: AnySelect = select(MorningFile.state, func.count()).where(MorningFile.day == day).group_by(MorningFile.state)
    return {state: files for state, files in db.session.execute(query)}  # noqa: C416 - typed so
