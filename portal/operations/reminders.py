"""Reminders to whoever keeps somebody waiting: associations that do not answer, applicants and guardians who forget.

All of it in the jobs' scope, in a few statements whatever their number; each step is told once.
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from fractions import Fraction
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, any_, cast, extract, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import insert

from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.assignment import Assignment
from portal.models.notice import Reminder, ReminderStep
from portal.models.outbox import Message, Outbox
from portal.models.referral import Awaited, Referral, ReferralState
from portal.operations.telling import Told, tell_new
from portal.queries.inbox import NEW

SHARES = {ReminderStep.HALF: Fraction(1, 2), ReminderStep.FOUR_FIFTHS: Fraction(4, 5)}
SILENCE_HOUR = time(8, 30)
FIRST_HOUR, LAST_HOUR = time(8), time(20)
ADDRESS_AFTER = timedelta(hours=24)
GUARDIAN_AFTER = (timedelta(days=7), timedelta(days=12))


def remind_silence() -> int:
    """One message a day to each association that lets half, or four fifths, of its time to answer go by.

    Returns how many associations are told. A step is written down with the message that tells of it, in one
    transaction; what passes after an association's message of the day is told the day after.
    """
    now, today = clock.now(), clock.today()
    if now < datetime.combine(today, SILENCE_HOUR, clock.PARIS):
        return 0
    silent = _steps_passed(now).subquery()
    found = db.session.scalars(select(silent.c.association_id).distinct().order_by(silent.c.association_id)).all()
    told = tell_new(
        Told(Message.SILENCE_REMINDER, f"{one}:{today}", reference_id=one, association_id=one) for one in found
    )
    if told:
        _write_down(now, [one.association_id for one in told])
    return len(told)


def _steps_passed(now: datetime) -> Select[UUID, str, UUID, datetime]:
    """The steps that unanswered offers have passed and nobody was told of; both, when days were missed.

    Those that the association itself holds until a day of its choice are no silence.
    """
    steps = union_all(*(_step_passed(step, share, now) for step, share in SHARES.items())).subquery()
    return select(steps.c.assignment_id, steps.c.step, steps.c.association_id, literal(now).label("at"))


def _step_passed(step: ReminderStep, share: Fraction, now: datetime) -> Select[UUID, str, UUID]:
    passed = extract("epoch", now - Assignment.offered_at) * share.denominator
    whole = extract("epoch", Assignment.due_at - Assignment.offered_at) * share.numerator
    told = select(Reminder.assignment_id).where(Reminder.assignment_id == Assignment.id, Reminder.step == step)
    return select(
        Assignment.id.label("assignment_id"), literal(step.value).label("step"), Assignment.association_id
    ).where(
        Assignment.closed_at.is_(None),
        Assignment.state.in_(sorted(NEW)),
        Assignment.due_at > now,
        passed >= whole,
        ~told.exists(),
    )


def _write_down(now: datetime, associations: Iterable[UUID | None]) -> None:
    steps = _steps_passed(now).subquery()
    theirs = select(steps).where(steps.c.association_id.in_(list(associations)))
    columns = ["assignment_id", "step", "association_id", "at"]
    db.session.execute(insert(Reminder).from_select(columns, theirs).on_conflict_do_nothing())


def remind_applicants() -> int:
    """Whoever has not confirmed an address after a day, guardians who have not answered after 7 and 12 days.

    By day only, each once. Returns how many messages.
    """
    now = clock.now()
    if not FIRST_HOUR <= now.astimezone(clock.PARIS).time() < LAST_HOUR:
        return 0
    week, last = GUARDIAN_AFTER
    told = [
        *_forgotten(Message.ADDRESS_REMINDER, Awaited.ADDRESS, Referral.received_at <= now - ADDRESS_AFTER),
        *_forgotten(
            Message.GUARDIAN_REMINDER,
            Awaited.GUARDIAN,
            and_(Referral.received_at <= now - week, Referral.received_at > now - last),
            suffix=f":{week.days}",
        ),
        *_forgotten(
            Message.GUARDIAN_REMINDER, Awaited.GUARDIAN, Referral.received_at <= now - last, suffix=f":{last.days}"
        ),
    ]
    return len(tell_new(told))


def _forgotten(message: Message, awaited: Awaited, due: ColumnElement[bool], suffix: str = "") -> Iterable[Told]:
    """A mailbox that refuses is not tried again."""
    refused = Referral.mail_refused_at if awaited is Awaited.ADDRESS else Referral.guardian_refused_at
    key = func.concat(literal(f"{message}:"), cast(Referral.id, Text), literal(suffix))
    query = select(Referral.id).where(
        Referral.state == ReferralState.AWAITING_CONSENT,
        literal(awaited.value) == any_(Referral.awaiting),
        due,
        refused.is_(None),
        ~select(Outbox.id).where(Outbox.deduplication_key == key).exists(),
    )
    return [Told(message, f"{one}{suffix}", referral_id=one) for one in db.session.scalars(query.order_by(Referral.id))]
