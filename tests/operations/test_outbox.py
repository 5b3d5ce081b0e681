"""Putting into the outbox, spreading to a team, and trying again what has been given up."""

import threading
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from portal.foundation.errors import Hidden
from portal.foundation.identifiers import new_id
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as, rollback, transaction
from portal.jobs.mail import send_pending
from portal.models.account import Account
from portal.models.outbox import Message, Outbox
from portal.operations import sending
from portal.operations.outbox import put, put_for_each, put_for_team, retry_dead
from tests import factories
from tests.mail.engine import HOUR, JOBS, REFUSAL, Desk, Owner, handed_to, sent_to
from tests.mail.post_offices import Stage, Trouble, opened

STAFF = Scope(DatabaseRole.STAFF, account_id=UUID(int=7))


@pytest.fixture
def desk(arrange: Session, owner: Owner) -> Desk:
    return Desk(arrange, owner)


def test_the_same_message_put_twice_is_one_whoever_puts_it(app: Flask, desk: Desk, arrange: Session) -> None:
    account, request = factories.make_account(arrange), desk.request()
    arrange.commit()
    for _ in range(2):
        with transaction(JOBS):
            put(Message.REFERRAL_CLOSED, "one", referral_id=request.id)
            put(Message.REFERRAL_CLOSED, "one", referral_id=request.id)
        with transaction(Scope(DatabaseRole.ROUTER)):
            put(Message.REFERRAL_PLACED, "one", referral_id=request.id)
        with transaction(Scope(DatabaseRole.SIGN_IN)):
            put(Message.PASSWORD_CHANGED, "one", reference_id=account.id)
        with transaction(STAFF):
            put(Message.SECOND_FACTOR_RESET, "one", reference_id=account.id)
    assert sorted(key for (key,) in desk.rows("deduplication_key")) == [
        "password_changed:one",
        "referral_closed:one",
        "referral_placed:one",
        "second_factor_reset:one",
    ]


def test_an_association_puts_only_what_it_may(app: Flask, desk: Desk, arrange: Session) -> None:
    own, other = factories.make_association(arrange), factories.make_association(arrange)
    mine, theirs = desk.request(), desk.request()
    for association, request in ((own, mine), (other, theirs)):
        factories.make_assignment(arrange, request, association, factories.make_programme(arrange, association))
    arrange.commit()
    for _ in range(2):
        with transaction(Scope(DatabaseRole.ASSOCIATION, association_id=own.id)):
            put(Message.REFERRAL_PAIRED, "one", referral_id=mine.id)
    with pytest.raises(ProgrammingError), transaction(Scope(DatabaseRole.ASSOCIATION, association_id=own.id)):
        put(Message.REFERRAL_PAIRED, "two", referral_id=theirs.id)
    assert desk.rows("referral_id") == [(mine.id,)]


def test_two_who_put_the_same_at_once_put_one(app: Flask, desk: Desk) -> None:
    request = desk.request()

    def also() -> None:
        with app.app_context(), transaction(Scope(DatabaseRole.ROUTER)):
            put(Message.REFERRAL_PLACED, "one", referral_id=request.id)

    other = threading.Thread(target=also)
    with transaction(Scope(DatabaseRole.ROUTER)):
        put(Message.REFERRAL_PLACED, "one", referral_id=request.id)
        other.start()
        other.join(0.5)
        assert other.is_alive()
    other.join(10)
    assert desk.rows("deduplication_key") == [("referral_placed:one",)]


def test_the_queue_is_told_once_it_is_committed_and_never_of_what_is_not(app: Flask, desk: Desk) -> None:
    request, waiting = desk.request(), app.extensions["redis"]
    with acting_as(JOBS):
        put(Message.REFERRAL_CLOSED, "never", referral_id=request.id)
        rollback()
    assert (desk.rows(), waiting.llen("rq:queue:mail")) == ([], 0)
    with transaction(JOBS):
        put(Message.REFERRAL_CLOSED, "one", referral_id=request.id)
        assert waiting.llen("rq:queue:mail") == 0
    assert waiting.llen("rq:queue:mail") == 1


@pytest.fixture
def team(arrange: Session) -> tuple[UUID, list[Account]]:
    association = factories.make_association(arrange)
    members = [factories.make_account(arrange, association=association) for _ in range(3)]
    arrange.commit()
    return association.id, members


def put_places_check(association_id: UUID) -> None:
    with transaction(JOBS):
        put_for_team(Message.PLACES_CHECK, "one", association_id=association_id, reference_id=association_id)


def test_a_message_for_a_team_becomes_one_for_each_member_once(
    app: Flask, desk: Desk, team: tuple[UUID, list[Account]]
) -> None:
    association_id, members = team
    put_places_check(association_id)
    with opened() as office, handed_to(app, office):
        send_pending()
        put_places_check(association_id)
        send_pending()
    rows = desk.rows("deduplication_key, account_id, association_id, state")
    assert rows[0] == ("places_check:one", None, association_id, "spread")
    assert {(key, account) for key, account, *_ in rows[1:]} == {
        (f"places_check:one:{member.id}", member.id) for member in members
    }
    assert sorted(office.mailboxes) == sorted(member.mail for member in members)


def test_a_team_is_told_whole_or_not_yet(
    app: Flask, desk: Desk, team: tuple[UUID, list[Account]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(row: Outbox, account_ids: list[UUID]) -> None:
        put_for_each(row, account_ids[:1])
        raise MemoryError

    put_places_check(team[0])
    monkeypatch.setattr(sending, "put_for_each", half)
    with opened() as office, handed_to(app, office):
        send_pending()
    assert desk.rows() == [("pending", 1, "MemoryError")]


def test_staff_have_a_dead_message_tried_again(app: Flask, desk: Desk) -> None:
    row = desk.message()
    sent_to(app, Trouble(Stage.RCPT, reply=REFUSAL))
    with transaction(STAFF):
        retry_dead(row.id)
    ((state, attempts, dead_at, patience),) = desk.rows("state, attempts, dead_at, gives_up_at - next_attempt_at")
    assert (state, attempts, dead_at, patience) == ("pending", 0, None, 48 * HOUR)
    written = desk.owner.execute("SELECT act, detail, referral_id, account_id FROM journal_entry").fetchall()
    assert written == [("mail_retried", "referral_received", row.referral_id, STAFF.account_id)]
    office = sent_to(app)
    assert desk.rows() == [("sent", 1, None)]
    assert office.times_kept == {f"<{row.id}@collectif.example.org>": 1}


def test_what_is_not_dead_is_not_tried_again(app: Flask, desk: Desk) -> None:
    row = desk.message()
    for unknown in (row.id, new_id()):
        with pytest.raises(Hidden), transaction(STAFF):
            retry_dead(unknown)
    assert desk.owner.execute("SELECT count(*) FROM journal_entry").fetchone() == (0,)
