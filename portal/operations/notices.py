"""Who wants to be told what: the choices members make, and what is told to whoever has made none."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, cast, literal, null, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from portal.foundation import clock
from portal.foundation.errors import DomainError
from portal.foundation.extensions import db
from portal.foundation.identifiers import new_id
from portal.foundation.permissions import Role
from portal.models.account import Account, Membership
from portal.models.notice import Notice, NoticeChoice, Rhythm
from portal.models.outbox import Message, Outbox

NOTICE_OF: Mapping[Message, Notice] = {
    Message.REQUEST_OFFERED: Notice.OFFERED,
    Message.CLARIFICATION_ANSWERED: Notice.OFFERED,
    Message.REQUESTS_DIGEST: Notice.OFFERED,
    Message.SILENCE_REMINDER: Notice.SILENCE,
    Message.FOLLOW_UP_DUE: Notice.FOLLOW_UP,
    Message.PLACES_CHECK: Notice.PLACES,
    Message.PROPOSAL_SETTLED: Notice.CRITERIA,
    Message.FILE_PASSWORD_RENEWED: Notice.MORNING_FILE,
    Message.MORNING_FILE: Notice.MORNING_FILE,
    Message.STAFF_DIGEST: Notice.STAFF_NEWS,
}
OFFERED_RHYTHMS: Mapping[Notice, tuple[Rhythm, ...]] = {
    Notice.OFFERED: (Rhythm.AT_ONCE, Rhythm.DAILY, Rhythm.WEEKLY, Rhythm.NEVER),
    Notice.SILENCE: (Rhythm.AT_ONCE, Rhythm.NEVER),
    Notice.FOLLOW_UP: (Rhythm.WEEKLY, Rhythm.NEVER),
    Notice.PLACES: (Rhythm.AT_ONCE, Rhythm.NEVER),
    Notice.CRITERIA: (Rhythm.AT_ONCE, Rhythm.NEVER),
    Notice.MORNING_FILE: (Rhythm.AT_ONCE, Rhythm.NEVER),
    Notice.STAFF_NEWS: (Rhythm.DAILY, Rhythm.WEEKLY, Rhythm.NEVER),
}
DEFAULTS: Mapping[Notice, Rhythm] = {
    Notice.OFFERED: Rhythm.DAILY,
    Notice.SILENCE: Rhythm.AT_ONCE,
    Notice.FOLLOW_UP: Rhythm.WEEKLY,
    Notice.PLACES: Rhythm.AT_ONCE,
    Notice.CRITERIA: Rhythm.AT_ONCE,
    Notice.MORNING_FILE: Rhythm.AT_ONCE,
    Notice.STAFF_NEWS: Rhythm.DAILY,
}
# What is gathered and told at intervals; whatever else is told when it happens, to whoever has not said never.
DIGESTS = frozenset({Message.REQUESTS_DIGEST, Message.STAFF_DIGEST})
# Told one by one to whoever does not want them gathered.
ONE_BY_ONE = frozenset({Message.REQUEST_OFFERED, Message.CLARIFICATION_ANSWERED})
FOR_ADMINISTRATORS = frozenset({Notice.CRITERIA})
COLLECTIF = UUID(int=0)
ONE_EACH = ("account_id", "notice", text(f"coalesce(association_id, '{COLLECTIF}'::uuid)"))  # index uq_notice_choice


def recipients(message: Message, association_id: UUID | None, now: datetime) -> list[UUID]:
    """The accounts that want this message (jobs' scope), in a stable order.

    Members of the association, or the Collectif's team (None). Raises KeyError for a message to one person.
    """
    chosen = aliased(NoticeChoice)
    notice = NOTICE_OF[message]
    query = _team(association_id, notice).outerjoin(
        chosen,
        (chosen.account_id == Account.id)
        & (chosen.notice == notice)
        & chosen.association_id.is_not_distinct_from(association_id or null()),
    )
    return list(db.session.scalars(query.where(_wanted(message, association_id, chosen, now)).order_by(Account.id)))


def _team(association_id: UUID | None, notice: Notice) -> Select[UUID]:
    query = select(Account.id).where(Account.closed_at.is_(None))
    if association_id is None:
        return query.where(Account.staff)
    members = query.join(Membership, Membership.account_id == Account.id).where(
        Membership.association_id == association_id, Membership.ended_at.is_(None)
    )
    return members.where(Membership.role == Role.ADMINISTRATOR) if notice in FOR_ADMINISTRATORS else members


def _wanted(
    message: Message, association_id: UUID | None, chosen: type[NoticeChoice], now: datetime
) -> ColumnElement[bool]:
    daily, weekly = (_chose(chosen, NOTICE_OF[message], rhythm) for rhythm in (Rhythm.DAILY, Rhythm.WEEKLY))
    if message in DIGESTS:
        return or_(daily, weekly & ~_told_this_week(message, association_id, now))
    if message in ONE_BY_ONE:
        return _chose(chosen, NOTICE_OF[message], Rhythm.AT_ONCE)
    return ~_chose(chosen, NOTICE_OF[message], Rhythm.NEVER)


def _chose(chosen: type[NoticeChoice], notice: Notice, rhythm: Rhythm) -> ColumnElement[bool]:
    said = chosen.rhythm == rhythm
    return or_(said, chosen.rhythm.is_(None)) if DEFAULTS[notice] is rhythm else said.is_(True)


def _told_this_week(message: Message, association_id: UUID | None, now: datetime) -> ColumnElement[bool]:
    """Whether a digest has left for this account since Monday: the first one of the week is theirs, whatever its day."""
    keys = [
        literal(f"{message}:{digest_key(association_id, day)}:") + cast(Account.id, Text)
        for day in days_of_week_until(now)
    ]
    return select(Outbox.id).where(Outbox.deduplication_key.in_(keys)).exists()


def digest_key(association_id: UUID | None, day: date) -> str:
    """What makes the digest of a day one and the same; the spread one adds the account."""
    return f"{association_id}:{day}" if association_id else str(day)


def days_of_week_until(now: datetime) -> list[date]:
    """From Monday to the day before, in Paris."""
    today = now.astimezone(clock.PARIS).date()
    return [today - timedelta(days=back) for back in range(1, today.weekday() + 1)]


def offered_to(role: Role) -> tuple[Notice, ...]:
    """What somebody in this role may choose: a member's notices, or the one of the Collectif's team."""
    if role is Role.STAFF:
        return (Notice.STAFF_NEWS,)
    beyond = {Notice.STAFF_NEWS} if role is Role.ADMINISTRATOR else FOR_ADMINISTRATORS | {Notice.STAFF_NEWS}
    return tuple(notice for notice in Notice if notice not in beyond)


def choose_notices(account_id: UUID, association_id: UUID | None, wanted: Mapping[Notice, Rhythm]) -> None:
    """One's own choices for the association of the scope, or for the Collectif's team (None, staff's scope).

    Raises DomainError (field: the notice) on a rhythm that is not offered; nothing is written then.
    """
    for notice, rhythm in wanted.items():
        if rhythm not in OFFERED_RHYTHMS[notice]:
            raise DomainError("Choisissez l’une des fréquences proposées.", field=notice.value)
    if wanted:
        _write(account_id, association_id, wanted.items())


def _write(account_id: UUID, association_id: UUID | None, chosen: Iterable[tuple[Notice, Rhythm]]) -> None:
    rows = [
        {
            "id": new_id(),
            "account_id": account_id,
            "association_id": association_id,
            "notice": notice,
            "rhythm": rhythm,
        }
        for notice, rhythm in chosen
    ]
    statement = insert(NoticeChoice).values(rows)
    db.session.execute(
        statement.on_conflict_do_update(index_elements=ONE_EACH, set_={"rhythm": statement.excluded.rhythm})
    )
