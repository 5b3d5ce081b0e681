"""Who is told what: everybody's choices, and the messages put at their causes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.crypto import token_digest, vault
from portal.foundation.errors import DomainError
from portal.foundation.identifiers import new_id
from portal.foundation.permissions import Role
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import bind_link, transaction
from portal.jobs.routing import apply_answers, drain
from portal.models.account import Account, Membership
from portal.models.assignment import Assignment, AssignmentState, BounceReason
from portal.models.association import Association
from portal.models.notice import Notice, NoticeChoice, Rhythm
from portal.models.outbox import Message, Outbox, OutboxState
from portal.models.programme import CriteriaProposal
from portal.operations.assignments import (
    accept_assignment,
    assignment_to_answer,
    bounce_assignment,
    record_follow_up,
    undo_answer,
)
from portal.operations.clarifications import answer_clarification, ask_clarification
from portal.operations.notices import (
    DEFAULTS,
    NOTICE_OF,
    OFFERED_RHYTHMS,
    choose_notices,
    digest_key,
    offered_to,
    recipients,
)
from portal.operations.outbox import TEAM_MESSAGES, put_for_team
from portal.operations.proposals import approve_proposal, refuse_proposal
from tests.doors.association.house import House, make_house
from tests.factories import make_account, make_association, make_campaign, make_capacity, make_programme, make_referral

TUESDAY = datetime(2026, 11, 24, 10, tzinfo=clock.PARIS)
JOBS = Scope(DatabaseRole.JOBS)


@pytest.fixture
def association(arrange: Session) -> Association:
    return make_association(arrange, "Proxité")


@pytest.fixture
def house(arrange: Session) -> House:
    return make_house(arrange, make_campaign(arrange), "Proxité")


def chose(arrange: Session, account: Account, association: Association | None, notice: Notice, rhythm: Rhythm) -> None:
    where = association.id if association else None
    arrange.add(NoticeChoice(account_id=account.id, association_id=where, notice=notice, rhythm=rhythm))
    arrange.commit()


def told(message: Message, association: Association | None, at: datetime = TUESDAY) -> set[UUID]:
    with transaction(JOBS):
        return set(recipients(message, association.id if association else None, at))


def messages(arrange: Session) -> list[Message]:
    arrange.rollback()
    return list(arrange.scalars(select(Outbox.message).order_by(Outbox.message)))


def test_every_message_to_a_team_has_a_notice_and_every_notice_a_default_that_is_offered() -> None:
    assert set(NOTICE_OF) == TEAM_MESSAGES
    assert set(DEFAULTS) == set(OFFERED_RHYTHMS) == set(Notice)
    assert all(DEFAULTS[notice] in OFFERED_RHYTHMS[notice] for notice in Notice)


@pytest.mark.parametrize(
    ("message", "rhythm"),
    [
        (message, rhythm)
        for message in sorted(TEAM_MESSAGES - {Message.STAFF_DIGEST})
        for rhythm in (None, *OFFERED_RHYTHMS[NOTICE_OF[message]])
    ],
)
def test_a_member_is_told_what_they_chose_or_the_default(
    arrange: Session, association: Association, message: Message, rhythm: Rhythm | None
) -> None:
    notice = NOTICE_OF[message]
    member = make_account(arrange, association=association, role=Role.ADMINISTRATOR)
    if rhythm:
        chose(arrange, member, association, notice, rhythm)
    arrange.commit()
    effective = rhythm or DEFAULTS[notice]
    at_intervals = {Rhythm.DAILY, Rhythm.WEEKLY}
    wanted = {
        Message.REQUEST_OFFERED: effective is Rhythm.AT_ONCE,
        Message.CLARIFICATION_ANSWERED: effective is Rhythm.AT_ONCE,
        Message.REQUESTS_DIGEST: effective in at_intervals,
    }.get(message, effective is not Rhythm.NEVER)
    assert told(message, association) == ({member.id} if wanted else set())


def test_whoever_left_closed_their_account_or_works_elsewhere_is_told_nothing(
    arrange: Session, association: Association
) -> None:
    here = make_account(arrange, association=association)
    left = make_account(arrange, association=association)
    arrange.query(Membership).filter_by(account_id=left.id).one().ended_at = clock.now()
    closed = make_account(arrange, association=association)
    closed.closed_at = clock.now()
    make_account(arrange, association=make_association(arrange))
    make_account(arrange, staff=True)
    arrange.commit()
    assert told(Message.SILENCE_REMINDER, association) == {here.id}


def test_whoever_works_for_two_associations_chooses_for_each(arrange: Session, association: Association) -> None:
    other = make_association(arrange)
    both = make_account(arrange, association=association)
    arrange.add(Membership(account_id=both.id, association_id=other.id, role=Role.COORDINATOR))
    chose(arrange, both, other, Notice.SILENCE, Rhythm.NEVER)
    assert told(Message.SILENCE_REMINDER, association) == {both.id}
    assert told(Message.SILENCE_REMINDER, other) == set()


def test_what_became_of_criteria_is_told_to_administrators_alone(arrange: Session, association: Association) -> None:
    make_account(arrange, association=association)
    administrator = make_account(arrange, association=association, role=Role.ADMINISTRATOR)
    arrange.commit()
    assert told(Message.PROPOSAL_SETTLED, association) == {administrator.id}


def test_staff_alone_are_told_what_waits_for_staff(arrange: Session, association: Association) -> None:
    make_account(arrange, association=association)
    daily, never = make_account(arrange, staff=True), make_account(arrange, staff=True)
    chose(arrange, never, None, Notice.STAFF_NEWS, Rhythm.NEVER)
    assert told(Message.STAFF_DIGEST, None) == {daily.id}


@pytest.mark.parametrize("days_ago", [1, 2])
def test_a_weekly_reader_has_the_first_digest_of_the_week_whatever_its_day(
    arrange: Session, association: Association, days_ago: int
) -> None:
    """Monday's, or Tuesday's when nothing was told on Monday; last week's does not count."""
    member = make_account(arrange, association=association)
    chose(arrange, member, association, Notice.OFFERED, Rhythm.WEEKLY)
    key = digest_key(association.id, (TUESDAY - timedelta(days=days_ago)).date())
    arrange.add(
        Outbox(
            deduplication_key=f"{Message.REQUESTS_DIGEST}:{key}:{member.id}",
            message=Message.REQUESTS_DIGEST,
            reference_id=association.id,
        )
    )
    arrange.commit()
    told_on_monday = days_ago == 1
    assert told(Message.REQUESTS_DIGEST, association) == (set() if told_on_monday else {member.id})
    assert told(Message.REQUESTS_DIGEST, association, TUESDAY + timedelta(days=7)) == {member.id}


# ---- choosing ----


def test_a_choice_is_kept_and_changed(arrange: Session, association: Association) -> None:
    member = make_account(arrange, association=association)
    arrange.commit()
    scope = Scope(DatabaseRole.ASSOCIATION, association_id=association.id, account_id=member.id)
    for rhythm in (Rhythm.NEVER, Rhythm.AT_ONCE):
        with transaction(scope):
            choose_notices(member.id, association.id, {Notice.PLACES: rhythm})
    arrange.rollback()
    assert arrange.scalars(select(NoticeChoice.rhythm)).all() == [Rhythm.AT_ONCE]


def test_a_rhythm_that_is_not_offered_is_refused_whole(arrange: Session, association: Association) -> None:
    member = make_account(arrange, association=association)
    arrange.commit()
    scope = Scope(DatabaseRole.ASSOCIATION, association_id=association.id, account_id=member.id)
    wanted = {Notice.PLACES: Rhythm.NEVER, Notice.SILENCE: Rhythm.WEEKLY}
    with pytest.raises(DomainError) as refused, transaction(scope):
        choose_notices(member.id, association.id, wanted)
    assert refused.value.field == "silence"
    assert arrange.scalar(select(func.count()).select_from(NoticeChoice)) == 0


def test_each_role_chooses_what_it_is_told() -> None:
    assert set(offered_to(Role.ADMINISTRATOR)) == set(Notice) - {Notice.STAFF_NEWS}
    assert set(offered_to(Role.COORDINATOR)) == set(Notice) - {Notice.STAFF_NEWS, Notice.CRITERIA}
    assert offered_to(Role.STAFF) == (Notice.STAFF_NEWS,)


# ---- messages at their causes ----


def test_an_offer_is_told_to_the_team_and_a_request_without_a_place_to_its_owner_once(arrange: Session) -> None:
    campaign = make_campaign(arrange)
    association = make_association(arrange)
    make_programme(arrange, association)
    capacity = make_capacity(arrange, association, campaign, 1)
    first, second = (
        make_referral(arrange, campaign, received_at=clock.now() - timedelta(minutes=ago)) for ago in (2, 1)
    )
    arrange.commit()
    for _ in range(3):
        drain(Side.MENTEE.value, "waitlist", "unroutable")
    offered, placed, waiting = Message.REQUEST_OFFERED, Message.REFERRAL_PLACED, Message.REFERRAL_WAITLISTED
    assert messages(arrange) == sorted([offered, placed, waiting])
    rows = {row.message: row for row in arrange.scalars(select(Outbox))}
    assert (rows[placed].referral_id, rows[waiting].referral_id) == (first.id, second.id)
    assert (rows[offered].association_id, rows[offered].state) == (association.id, OutboxState.PENDING)
    capacity.amount = 2
    arrange.commit()
    drain(Side.MENTEE.value, "waitlist")
    assert messages(arrange).count(waiting) == 1


def test_an_answer_taken_back_in_time_tells_nobody_anything(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = "portal.operations.assignments.settings"
    monkeypatch.setattr(settings, lambda: type("Known", (), {"undo_minutes": 5, "contact_days": 90}))
    assignment = house.offer()
    with transaction(house.scope):
        accept_assignment(assignment_to_answer(assignment.id), by=house.person)
    with transaction(house.scope):
        undo_answer(assignment_to_answer(assignment.id), by=house.person)
    apply_answers()
    assert messages(house.session) == []


def test_a_mentor_found_is_told_at_once_and_the_end_once_the_request_is_closed(house: House) -> None:
    assignment = house.offer()
    with transaction(house.scope):
        accept_assignment(assignment_to_answer(assignment.id), by=house.person)
    apply_answers()
    followed = (AssignmentState.CONTACTED, AssignmentState.PAIRED, AssignmentState.ENDED)
    for state in followed:
        with transaction(house.scope):
            record_follow_up(assignment_to_answer(assignment.id), by=house.person, state=state)
    accepted = [Message.REFERRAL_ACCEPTED, Message.REFERRAL_PAIRED]
    assert messages(house.session) == accepted
    apply_answers()
    apply_answers()
    assert messages(house.session) == sorted([*accepted, Message.REFERRAL_CLOSED])


def test_a_bounce_that_closes_the_request_tells_its_owner(house: House) -> None:
    assignment = house.offer()
    with transaction(house.scope):
        bounce_assignment(assignment_to_answer(assignment.id), by=house.person, reason=BounceReason.NO_FOLLOW_UP)
    apply_answers()
    assert messages(house.session) == [Message.REFERRAL_CLOSED]


@contextmanager
def tracking(assignment: Assignment) -> Iterator[None]:
    """As whoever holds the request's tracking link."""
    with transaction(Scope(DatabaseRole.PUBLIC)):
        bind_link(token_digest(vault().link_token("tracking", assignment.referral_id, 1)))
        yield


def test_an_answer_is_told_to_the_association_that_asked_and_only_once(house: House) -> None:
    assignment = house.offer()
    with transaction(house.scope):
        asked = ask_clarification(assignment_to_answer(assignment.id), "À quelle heure finissent les cours ?").id
    with tracking(assignment):
        answer_clarification(asked, "À midi.")
    with tracking(assignment), pytest.raises(DomainError):
        answer_clarification(asked, "À 13 h.")
    assert messages(house.session) == [Message.CLARIFICATION_ANSWERED, Message.CLARIFICATION_ASKED]
    row = house.session.scalars(select(Outbox).where(Outbox.message == Message.CLARIFICATION_ANSWERED)).one()
    assert (row.reference_id, row.association_id, row.account_id) == (assignment.id, house.association.id, None)


@pytest.mark.parametrize("others", ["reference_id", "association_id"])
def test_the_link_of_a_request_tells_of_it_alone(house: House, others: str) -> None:
    """The database itself refuses to tell another association, or of another request."""
    mine, other = house.offer(), house.offer("Tom")
    with transaction(house.scope):
        ask_clarification(assignment_to_answer(mine.id), "À quelle heure finissent les cours ?")
    told = {"association_id": house.association.id, "reference_id": mine.id}
    told |= {others: other.id if others == "reference_id" else new_id()}
    with tracking(mine), pytest.raises(ProgrammingError, match="row-level security"):
        put_for_team(Message.CLARIFICATION_ANSWERED, "1", **told)


@pytest.mark.parametrize("approved", [True, False])
def test_settled_criteria_are_told_to_the_association_once(house: House, approved: bool) -> None:
    staff = make_account(house.session, staff=True)
    proposal = CriteriaProposal(
        association_id=house.association.id,
        programme_id=house.programme.id,
        side=Side.MENTEE,
        criteria={"all": []},
        based_on=1,
        created_by=house.coordinator.id,
    )
    house.session.add(proposal)
    house.session.commit()
    with transaction(Scope(DatabaseRole.STAFF, account_id=staff.id)):
        if approved:
            approve_proposal(proposal.id, by=staff.id, beside=1)
        else:
            refuse_proposal(proposal.id, by=staff.id, reason="Ces bornes d’âge sont trop étroites.")
    house.session.rollback()
    row = house.session.scalars(select(Outbox)).one()
    assert (row.message, row.reference_id, row.association_id) == (
        Message.PROPOSAL_SETTLED,
        proposal.id,
        house.association.id,
    )
