"""What is told at intervals: digests on working days, follow-up once a week, places once a month."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.identifiers import new_id
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as
from portal.jobs.reminders import check_places, remind_follow_up, tell_digests
from portal.models.assignment import Assignment, AssignmentState
from portal.models.campaign import Campaign
from portal.models.clarification import Clarification
from portal.models.company import Lead, LeadKind, LeadState
from portal.models.event import Event, EventName
from portal.models.outbox import Message, Outbox, OutboxState
from portal.models.programme import CriteriaProposal
from portal.models.referral import ReferralState, UnroutableWhy
from portal.operations.digests import first_working_day
from portal.queries.notices import follow_up_counts, staff_waiting, working_days_before
from tests.doors.association.house import House, make_house
from tests.factories import make_campaign, make_referral
from tests.operations.test_reminders import statements

MONDAY, FRIDAY, SUNDAY = date(2026, 11, 16), date(2026, 11, 20), date(2026, 11, 22)
ARMISTICE = date(2026, 11, 11)


@pytest.fixture
def campaign(arrange: Session) -> Campaign:
    found = make_campaign(arrange)
    found.starts_on, found.ends_on = date(2026, 9, 1), date(2027, 8, 31)
    arrange.flush()
    return found


@pytest.fixture
def house(arrange: Session, campaign: Campaign) -> House:
    return make_house(arrange, campaign, "Proxité")


def on(day: date, hour: int = 9, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), clock.PARIS)


def told(session: Session) -> list[str]:
    session.rollback()
    return list(session.scalars(select(Outbox.deduplication_key).where(Outbox.state == OutboxState.PENDING)))


def digests_at(*instants: datetime) -> None:
    for at in instants:
        with clock.at(at):
            tell_digests()


def asked(house: House, assignment: Assignment, answered_at: datetime | None) -> None:
    house.session.add(
        Clarification(
            referral_id=assignment.referral_id,
            assignment_id=assignment.id,
            association_id=house.association.id,
            asked_at=on(MONDAY) - timedelta(days=10),
            question_sealed=b"?",
            answered_at=answered_at,
            answer_sealed=b"!" if answered_at else None,
        )
    )
    house.session.commit()


# ---- digests ----


def test_an_association_with_something_to_answer_has_one_digest_a_working_day(house: House) -> None:
    house.offer()
    house.offer("Tom")
    digests_at(*(on(MONDAY + timedelta(days=day), hour) for day in range(7) for hour in (8, 9, 18)))
    which = house.association.id
    assert sorted(told(house.session)) == [
        f"requests_digest:{which}:{MONDAY + timedelta(days=day)}" for day in range(5)
    ]
    row = house.session.scalars(select(Outbox)).first()
    assert row is not None
    assert (row.association_id, row.reference_id, row.account_id) == (which, which, None)


@pytest.mark.parametrize("at", [on(MONDAY, 7, 59), on(SUNDAY), on(ARMISTICE)])
def test_nothing_is_told_before_the_hour_nor_on_days_off(house: House, at: datetime) -> None:
    house.offer()
    digests_at(at)
    assert told(house.session) == []


@pytest.mark.parametrize(
    ("state", "answer", "expected"),
    [
        (AssignmentState.OFFERED, None, 1),
        (AssignmentState.SEEN, None, 1),
        (AssignmentState.POSTPONED, None, 0),
        (AssignmentState.INFORMATION_ASKED, False, 0),
        (AssignmentState.INFORMATION_ASKED, True, 1),
        (AssignmentState.ACCEPTED, None, 0),
        (AssignmentState.EXPIRED, None, 0),
    ],
)
def test_what_awaits_nobody_here_is_not_told(
    house: House, state: AssignmentState, answer: bool | None, expected: int
) -> None:
    assignment = house.offer(state=state)
    if answer is not None:
        asked(house, assignment, on(MONDAY) - timedelta(days=1) if answer else None)
    digests_at(on(MONDAY))
    assert len(told(house.session)) == expected


def unroutable(arrange: Session, campaign: Campaign) -> None:
    make_referral(arrange, campaign, state=ReferralState.UNROUTABLE, unroutable_why=UnroutableWhy.NONE)


def proposed(house: House) -> None:
    row = CriteriaProposal(
        association_id=house.association.id, programme_id=house.programme.id, side=Side.MENTEE, criteria={}, based_on=1
    )
    house.session.add(row)


def dead_letter(arrange: Session) -> None:
    row = Outbox(deduplication_key="x", message=Message.PASSWORD_RESET, reference_id=new_id(), state=OutboxState.DEAD)
    arrange.add(row)


def lead(arrange: Session, **fields: Any) -> None:
    row = Lead(
        number=f"E-{new_id()}",
        kind=LeadKind.CONTACT,
        company_name="Filature",
        contact_sealed=b"x",
        **{"state_since": clock.now(), **fields},
    )
    arrange.add(row)


@pytest.mark.parametrize("what", ["unroutable", "proposal", "dead", "lead"])
def test_the_collectif_is_told_once_a_day_when_something_waits_for_it(
    house: House, campaign: Campaign, arrange: Session, what: str
) -> None:
    digests_at(on(MONDAY))
    assert told(arrange) == []
    {
        "unroutable": lambda: unroutable(arrange, campaign),
        "proposal": lambda: proposed(house),
        "dead": lambda: dead_letter(arrange),
        "lead": lambda: lead(arrange),
    }[what]()
    arrange.commit()
    digests_at(on(MONDAY), on(MONDAY, 15))
    assert told(arrange) == [f"staff_digest:{MONDAY}"]
    with acting_as(Scope(DatabaseRole.STAFF, read_only=True)):
        assert staff_waiting().total == 1


def test_leads_with_a_next_action_or_settled_wait_for_nobody(arrange: Session, campaign: Campaign) -> None:
    lead(arrange, next_action_on=MONDAY, next_action="Rappeler")
    lead(arrange, state=LeadState.CLOSED)
    arrange.commit()
    digests_at(on(MONDAY))
    assert told(arrange) == []
    assert campaign.id is not None


# ---- follow-up ----


def followed(*instants: datetime) -> None:
    for at in instants:
        with clock.at(at):
            remind_follow_up()


def accepted(house: House, at: datetime) -> Assignment:
    return house.offer(state=AssignmentState.ACCEPTED, answered_at=at, contact_from=at)


def contacted(house: House, at: datetime) -> Assignment:
    assignment = house.offer(state=AssignmentState.CONTACTED, answered_at=at, contact_from=at)
    house.session.add(
        Event(
            name=EventName.ASSIGNMENT_CONTACTED,
            at=at,
            referral_id=assignment.referral_id,
            assignment_id=assignment.id,
            association_id=house.association.id,
        )
    )
    house.session.commit()
    return assignment


@pytest.mark.parametrize(("days", "expected"), [(10, 1), (7, 0)])
def test_accepted_without_contact_for_five_working_days(house: House, days: int, expected: int) -> None:
    """The 11th is a holiday: from Friday the 6th at noon, five working days end on Monday the 16th at noon."""
    accepted(house, on(MONDAY, 8) - timedelta(days=days))
    followed(on(MONDAY))
    assert len(told(house.session)) == expected


@pytest.mark.parametrize(("days", "expected"), [(31, 1), (29, 0)])
def test_in_touch_without_a_mentor_for_thirty_days(house: House, days: int, expected: int) -> None:
    contacted(house, on(MONDAY) - timedelta(days=days))
    followed(on(MONDAY))
    assert len(told(house.session)) == expected


def test_an_answer_that_nobody_acted_on(house: House) -> None:
    asked(house, house.offer(state=AssignmentState.INFORMATION_ASKED), on(MONDAY) - timedelta(days=2))
    followed(on(MONDAY))
    assert told(house.session) == [f"follow_up_due:{house.association.id}:{MONDAY}"]


def test_it_is_told_once_a_week_on_the_first_working_day_or_later_when_that_was_missed(house: House) -> None:
    accepted(house, on(MONDAY) - timedelta(days=20))
    followed(on(SUNDAY - timedelta(days=7)), on(MONDAY, 8, 44))
    assert told(house.session) == []
    followed(on(MONDAY + timedelta(days=2)), on(FRIDAY), on(SUNDAY), on(MONDAY + timedelta(days=7)))
    which = house.association.id
    assert sorted(told(house.session)) == [
        f"follow_up_due:{which}:{MONDAY}",
        f"follow_up_due:{which}:{MONDAY + timedelta(days=7)}",
    ]


def test_what_becomes_due_within_the_week_waits_for_the_next(house: House) -> None:
    accepted(house, on(MONDAY) - timedelta(days=6))
    followed(*(on(MONDAY + timedelta(days=day)) for day in range(7)))
    assert told(house.session) == []
    followed(on(MONDAY + timedelta(days=7)))
    assert len(told(house.session)) == 1


def test_the_letter_counts_what_the_job_found(house: House) -> None:
    accepted(house, on(MONDAY) - timedelta(days=20))
    contacted(house, on(MONDAY) - timedelta(days=40))
    asked(house, house.offer(state=AssignmentState.POSTPONED), on(MONDAY) - timedelta(days=2))
    with clock.at(on(MONDAY)), acting_as(house.scope):
        found = follow_up_counts()
    assert (found.uncontacted, found.unpaired, found.answered, found.total) == (1, 1, 1, 3)


@pytest.mark.parametrize("hours", range(0, 24 * 12, 7))
def test_working_days_read_backwards_agree_with_those_read_forwards(hours: int) -> None:
    now = on(date(2026, 5, 1)) + timedelta(hours=hours)
    for days in (1, 3, 5):
        since = working_days_before(now, days)
        assert clock.after_working_days(since, days) <= now
        assert clock.after_working_days(since + timedelta(minutes=1), days) > now


# ---- places ----


DECEMBER = date(2026, 12, 1)


def places_at(*instants: datetime) -> None:
    for at in instants:
        with clock.at(at):
            check_places()


def declared(house: House, day: date, confirmed: date | None = None) -> None:
    house.capacity.updated_at = on(day)
    house.association.places_confirmed_at = on(confirmed) if confirmed else None
    house.session.commit()


def test_old_places_are_asked_about_once_a_month(house: House) -> None:
    declared(house, date(2026, 10, 1))
    places_at(*(on(DECEMBER + timedelta(days=day)) for day in range(-2, 45)))
    which = house.association.id
    assert sorted(told(house.session)) == [
        f"places_check:{which}:2026-11",  # nobody had asked in November: late is better than never
        f"places_check:{which}:2026-12",
        f"places_check:{which}:2027-01",
    ]


@pytest.mark.parametrize(
    ("changed", "confirmed", "expected"),
    [
        (date(2026, 11, 5), None, 1),
        (date(2026, 11, 7), None, 0),
        (date(2026, 10, 1), date(2026, 11, 5), 1),
        (date(2026, 10, 1), date(2026, 11, 7), 0),
        (date(2026, 11, 7), date(2026, 10, 1), 0),
    ],
)
def test_places_changed_or_confirmed_within_25_days_are_trusted(
    house: House, changed: date, confirmed: date | None, expected: int
) -> None:
    declared(house, changed, confirmed)
    places_at(on(DECEMBER, 8, 59), on(DECEMBER))
    assert len(told(house.session)) == expected


def test_whoever_is_paused_or_declared_no_place_is_not_asked(house: House) -> None:
    declared(house, date(2026, 10, 1))
    house.association.paused_from = date(2026, 11, 1)
    house.session.commit()
    places_at(on(DECEMBER))
    house.association.paused_from, house.capacity.amount = None, 0
    house.session.commit()
    places_at(on(DECEMBER))
    assert told(house.session) == []


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (date(2026, 12, 1), date(2026, 12, 1)),
        (date(2026, 11, 1), date(2026, 11, 2)),
        (date(2027, 1, 1), date(2027, 1, 4)),
        (date(2027, 5, 1), date(2027, 5, 3)),
    ],
)
def test_the_first_working_day(start: date, expected: date) -> None:
    assert first_working_day(start) == expected


# ---- all of them ----


@pytest.mark.parametrize("job", [tell_digests, remind_follow_up, check_places])
def test_the_number_of_statements_does_not_grow_with_associations(house: House, arrange: Session, job: Any) -> None:
    at = on(DECEMBER)

    def furnish(one: House) -> None:
        one.offer()
        accepted(one, on(DECEMBER) - timedelta(days=30))
        declared(one, date(2026, 10, 1))

    furnish(house)
    with clock.at(at), statements() as few:
        job()
    for number in range(5):
        furnish(make_house(arrange, house.campaign, f"Autre {number}"))
    with clock.at(at), statements() as many:
        job()
    assert len(told(arrange)) == 6
    assert len(many) == len(few)
