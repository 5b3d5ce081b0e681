"""The post by SQL alone: whose files, passwords, choices and settings each login can read and write."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.extensions import db
from portal.foundation.identifiers import new_id
from portal.foundation.permissions import Role
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as
from portal.models.morning import FilePassword, MorningFile, MorningMode, MorningState, MorningWorkbook, RenewedBecause
from portal.models.notice import Notice, NoticeChoice, Rhythm
from portal.models.outbox import Message, Outbox, OutboxState
from tests import factories

CHOOSE = (
    "INSERT INTO notice_choice (id, account_id, association_id, notice, rhythm)"
    " VALUES (:new, :account, :association, 'places', 'never')"
)
RENEW = (
    "INSERT INTO file_password (id, association_id, number, sealed, because, created_at)"
    " VALUES (:new, :association, 2, 'x', :because, now())"
)
RETIRE = "UPDATE file_password SET retired_at = now()"
SET = "UPDATE association SET morning_mode = 'never' WHERE id = :association"
CONFIRM = "UPDATE association SET places_confirmed_at = now() WHERE id = :association"


COORDINATION = (Role.COORDINATOR, Role.ADMINISTRATOR)


class Post:
    """An association with all that belongs to it, its neighbour likewise, and a dead message."""

    def __init__(self, session: Session) -> None:
        self.association, self.neighbour = (factories.make_association(session).id for _ in range(2))
        self.coordinator, self.administrator = (self._member(session, role) for role in COORDINATION)
        for association in (self.association, self.neighbour):
            self._furnish(session, association)
        self.staff: UUID = factories.make_account(session, staff=True).id
        session.add(NoticeChoice(account_id=self.coordinator, association_id=self.association, **PLACES))
        for state in (OutboxState.DEAD, OutboxState.SENT):
            session.add(
                Outbox(deduplication_key=state, message=Message.PASSWORD_CHANGED, reference_id=new_id(), state=state)
            )
        session.commit()

    def _member(self, session: Session, role: Role) -> UUID:
        association = session.get_one(factories.Association, self.association)
        account: UUID = factories.make_account(session, association=association, role=role).id
        return account

    def _furnish(self, session: Session, association: UUID) -> None:
        whose: dict[str, Any] = {"association_id": association}
        session.add(FilePassword(**whose, number=1, sealed=b"-", because=RenewedBecause.FIRST))
        file = MorningFile(
            id=new_id(),
            **whose,
            day=date(2026, 11, 20),
            mode=MorningMode.ALWAYS,
            state=MorningState.FAILED,
            next_attempt_at=clock.now(),
        )
        session.add(file)
        session.flush()
        session.add(MorningWorkbook(**whose, morning_file_id=file.id, password_number=1, file=b"PK"))

    @contextmanager
    def acting(self, who: UUID | None, role: DatabaseRole = DatabaseRole.ASSOCIATION) -> Iterator[None]:
        association = self.association if role is DatabaseRole.ASSOCIATION else None
        with acting_as(Scope(role, association_id=association, account_id=who)):
            yield
            db.session.rollback()

    def write(self, statement: str, **more: Any) -> int:
        given = {"new": new_id(), "association": self.association} | more
        used = {name: value for name, value in given.items() if f":{name}" in statement}
        written: int = db.session.execute(text(statement), used).rowcount  # type: ignore[attr-defined]
        return written


PLACES: dict[str, Any] = {"notice": Notice.PLACES, "rhythm": Rhythm.NEVER}


@pytest.fixture
def post(arrange: Session) -> Post:
    return Post(arrange)


def count(table: str) -> int:
    found: int = db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
    return found


@pytest.mark.parametrize("table", ["morning_file", "morning_workbook", "file_password"])
def test_an_association_reads_its_own_alone(post: Post, table: str) -> None:
    with post.acting(post.coordinator):
        assert count(table) == 1
    with post.acting(post.staff, DatabaseRole.JOBS):
        assert count(table) == 2


@pytest.mark.parametrize("role", [DatabaseRole.PUBLIC, DatabaseRole.SIGN_IN, DatabaseRole.ROUTER, DatabaseRole.STAFF])
@pytest.mark.parametrize("table", ["morning_workbook", "file_password"])
def test_passwords_and_workbooks_are_no_one_elses(post: Post, role: DatabaseRole, table: str) -> None:
    with post.acting(post.staff, role), pytest.raises(ProgrammingError, match="permission denied"):
        count(table)


@pytest.mark.parametrize("statement", [RETIRE, SET])
def test_what_administrators_set_a_coordinator_does_not(post: Post, statement: str) -> None:
    with post.acting(post.administrator):
        assert post.write(statement) == 1
    with post.acting(post.coordinator):
        try:
            assert post.write(statement) == 0
        except DBAPIError as refused:
            assert "only administrators" in str(refused)  # noqa: PT017 - one of two ways to be refused


def test_a_password_is_renewed_by_an_administrator_who_says_so(post: Post) -> None:
    with post.acting(post.administrator):
        post.write(RETIRE)
        assert post.write(RENEW, because="asked") == 1
    for who, because in ((post.administrator, "quarter"), (post.coordinator, "asked")):
        with post.acting(who), pytest.raises(ProgrammingError, match="row-level security"):
            post.write(RENEW, because=because)


def test_anybody_of_the_association_says_that_its_places_are_right(post: Post) -> None:
    with post.acting(post.coordinator):
        assert post.write(CONFIRM) == 1
        assert post.write(CONFIRM, association=post.neighbour) == 0


def test_a_choice_is_ones_own(post: Post) -> None:
    with post.acting(post.coordinator):
        assert count("notice_choice") == 1
    with post.acting(post.administrator):
        assert count("notice_choice") == 0
        assert post.write("UPDATE notice_choice SET rhythm = 'at_once'") == 0
        assert post.write(CHOOSE, account=post.administrator) == 1
    for account, association in ((post.coordinator, post.association), (post.administrator, post.neighbour)):
        with post.acting(post.administrator), pytest.raises(ProgrammingError, match="row-level security"):
            post.write(CHOOSE, account=account, association=association)


def test_staff_choose_for_themselves_and_for_no_association(post: Post) -> None:
    with post.acting(post.staff, DatabaseRole.STAFF):
        assert count("notice_choice") == 0
        assert post.write(CHOOSE, account=post.staff, association=None) == 1
    with post.acting(post.staff, DatabaseRole.STAFF), pytest.raises(ProgrammingError, match="row-level security"):
        post.write(CHOOSE, account=post.staff)


def test_staff_start_again_what_is_given_up_and_nothing_else(post: Post) -> None:
    with post.acting(post.staff, DatabaseRole.STAFF):
        assert post.write("UPDATE outbox SET state = 'pending'") == 1
        assert post.write("UPDATE morning_file SET state = 'waiting'") == 2
    for statement in ("UPDATE outbox SET state = 'sent'", "UPDATE morning_file SET state = 'empty'"):
        with post.acting(post.staff, DatabaseRole.STAFF), pytest.raises(ProgrammingError, match="row-level security"):
            post.write(statement)


def test_an_association_puts_in_the_post_only_what_concerns_its_own_requests(post: Post) -> None:
    put = (
        "INSERT INTO outbox (id, deduplication_key, message, referral_id, reference_id, state, attempts, token,"
        " created_at, next_attempt_at, gives_up_at) VALUES (:new, 'k', :message, :referral, :reference, 'pending', 0, 0,"
        " now(), now(), now())"
    )
    for message, referral, reference in (
        ("referral_paired", new_id(), None),
        ("morning_file", None, post.association),
        ("file_password_renewed", None, post.association),
    ):
        with post.acting(post.administrator), pytest.raises(ProgrammingError, match="row-level security"):
            post.write(put, message=message, referral=referral, reference=reference)
