"""What is told at intervals: what waits for an association or for the Collectif's team, and places to look at again.

All of it in the jobs' scope, whole associations at a time, each message known by its day, week or month: told twice
by nobody, and told later when a day was missed.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from portal.foundation import clock
from portal.foundation.extensions import db
from portal.foundation.identifiers import new_id
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as
from portal.models.assignment import Assignment
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.capacity import Capacity
from portal.models.outbox import Message
from portal.operations.notices import digest_key
from portal.operations.telling import Told, tell_new
from portal.queries.notices import answered, staff_waiting, to_answer, uncontacted, unpaired

DIGEST_HOUR, FOLLOW_UP_HOUR, PLACES_HOUR = time(8), time(8, 45), time(9)
PLACES_TRUSTED = timedelta(days=25)


def tell_digests() -> int:
    """What waits, on working days: for each association with something to do, and for the Collectif's team.

    Returns how many teams are told. Before its hour this does nothing: the day's own turn is to come.
    """
    if not _has_come(DIGEST_HOUR) or not clock.is_working_day(clock.today()):
        return 0
    today = clock.today()
    found = associations_with(to_answer(clock.now()))
    told = [_for_team(Message.REQUESTS_DIGEST, digest_key(one, today), one) for one in found]
    if _staff_has_something_to_do():
        told.append(Told(Message.STAFF_DIGEST, digest_key(None, today), reference_id=new_id()))
    return len(tell_new(told))


def remind_follow_up() -> int:
    """Once a week: requests accepted or in touch that stand still, questions answered. Returns how many teams.

    The first working day's picture: a later day of the week finds nothing more, unless nobody asked before.
    """
    monday = clock.today() - timedelta(days=clock.today().weekday())
    first = first_working_day(monday)
    if clock.now() < _on(first, FOLLOW_UP_HOUR) or not clock.is_working_day(clock.today()):
        return 0
    at = _on(first, FOLLOW_UP_HOUR)
    found = associations_with(or_(uncontacted(at), unpaired(at), answered(at)))
    return len(tell_new(_for_team(Message.FOLLOW_UP_DUE, f"{one}:{monday}", one) for one in found))


def check_places() -> int:
    """Once a month, whoever has declared places and not looked at them for 25 days is asked whether they still hold.

    Returns how many teams. Asked from the month's first working day on; whoever is asked then is never asked again
    in that month.
    """
    month = clock.today().replace(day=1)
    first = first_working_day(month)
    if clock.now() < _on(first, PLACES_HOUR) or not clock.is_working_day(clock.today()):
        return 0
    found = _with_old_places(_on(first, PLACES_HOUR) - PLACES_TRUSTED)
    return len(tell_new(_for_team(Message.PLACES_CHECK, f"{one}:{month:%Y-%m}", one) for one in found))


def associations_with(condition: ColumnElement[bool]) -> Sequence[UUID]:
    """Those with at least one assignment like this, in the order of their ids."""
    query = select(Assignment.association_id).where(condition).distinct()
    return db.session.scalars(query.order_by(Assignment.association_id)).all()


def first_working_day(start: date) -> date:
    """That day, or the next working one."""
    day = start
    while not clock.is_working_day(day):
        day += timedelta(days=1)
    return day


def _with_old_places(before: datetime) -> Sequence[UUID]:
    """Those that take requests in the campaign, whose places were neither changed nor confirmed since."""
    today = clock.today()
    latest = func.greatest(func.max(Capacity.updated_at), func.max(Association.places_confirmed_at))
    query = (
        select(Association.id)
        .join(Capacity, Capacity.association_id == Association.id)
        .join(Campaign, Campaign.id == Capacity.campaign_id)
        .where(Campaign.starts_on <= today, Campaign.ends_on >= today, or_(Capacity.amount > 0, Capacity.or_more))
        .where(
            or_(Association.paused_from.is_(None), Association.paused_from > today, Association.paused_until < today)
        )
        .group_by(Association.id)
        .having(latest < before)
    )
    return db.session.scalars(query.order_by(Association.id)).all()


def _staff_has_something_to_do() -> bool:
    """Proposals are staff's alone to read, so staff's scope looks."""
    with acting_as(Scope(DatabaseRole.STAFF, read_only=True)):
        return staff_waiting().total > 0


def _for_team(message: Message, key: str, association_id: UUID) -> Told:
    return Told(message, key, reference_id=association_id, association_id=association_id)


def _has_come(hour: time) -> bool:
    return clock.now() >= _on(clock.today(), hour)


def _on(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, clock.PARIS)
