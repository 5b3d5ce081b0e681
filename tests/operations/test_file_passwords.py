"""The password of the morning files: made by us, renewed in time, sealed at rest; old and new valid for a week."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from cryptography.exceptions import InvalidTag
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.errors import DomainError
from portal.foundation.extensions import db
from portal.foundation.permissions import Role
from portal.foundation.queue import Job, queue
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs.morning import keep_passwords
from portal.models.account import Account, Membership
from portal.models.association import Association
from portal.models.morning import FilePassword, RenewedBecause
from portal.operations.file_passwords import (
    LETTERS,
    RENEWED_AFTER,
    VALID_AFTER,
    first_password,
    new_password,
    opened,
    renew_password,
    valid_passwords,
    valid_until,
)
from tests import factories

Owner = psycopg.Connection[tuple[Any, ...]]
JOBS = Scope(DatabaseRole.JOBS)
START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def frozen(app: Flask) -> Iterator[None]:
    with clock.at(START):
        yield


@pytest.fixture
def proxite(frozen: None, arrange: Session) -> Association:
    association = factories.make_association(arrange, "Proxité")
    arrange.commit()
    return association


@pytest.fixture
def team(arrange: Session, proxite: Association) -> dict[Role, Account]:
    roles = (Role.COORDINATOR, Role.ADMINISTRATOR)
    found = {role: factories.make_account(arrange, association=proxite, role=role) for role in roles}
    arrange.commit()
    return found


def valid(association_id: UUID) -> list[tuple[int, str, RenewedBecause]]:
    with transaction(JOBS):
        found = valid_passwords(association_id, clock.now())
        return [(one.number, opened(one), one.because) for one in found]


def numbers(association_id: UUID) -> list[int]:
    return [number for number, _, _ in valid(association_id)]


def kept_at(instant: datetime) -> None:
    with clock.at(instant):
        keep_passwords()


def told(owner: Owner) -> list[tuple[Any, ...]]:
    return owner.execute(
        "SELECT association_id, reference_id FROM outbox WHERE message = 'file_password_renewed' ORDER BY id"
    ).fetchall()


def asked_by(account: Account, association: Association) -> None:
    with transaction(Scope(DatabaseRole.ASSOCIATION, association.id, account.id)):
        renew_password(association.id, RenewedBecause.ASKED)


def test_a_password_is_read_aloud_and_typed_without_a_doubt() -> None:
    made = [new_password() for _ in range(2000)]
    assert all(len(one) == 24 and [len(group) for group in one.split("-")] == [4] * 5 for one in made)
    assert set("".join(made)) - {"-"} == set(LETTERS)
    assert not set(LETTERS) & set("il1o0IO")
    assert len(set(made)) == len(made)


def test_every_association_has_its_own_within_a_minute_and_is_told_once(
    proxite: Association, arrange: Session, owner: Owner
) -> None:
    afev = factories.make_association(arrange, "Afev")
    arrange.commit()
    for _ in range(3):
        keep_passwords()
    ((number, first, because),), ((_, second, _),) = valid(proxite.id), valid(afev.id)
    assert (number, because) == (1, RenewedBecause.FIRST)
    assert first != second
    assert sorted(told(owner)) == sorted([(proxite.id, proxite.id), (afev.id, afev.id)])


def test_nothing_of_it_lies_open_in_the_database(proxite: Association, owner: Owner) -> None:
    keep_passwords()
    ((_, password, _),) = valid(proxite.id)
    ((row,),) = owner.execute("SELECT sealed FROM file_password").fetchall()
    assert password.encode() not in bytes(row)
    everything = owner.execute("SELECT f::text, o::text FROM file_password f, outbox o").fetchall()
    assert password not in str(everything)


def test_a_sealed_password_copied_to_another_row_does_not_open(
    proxite: Association, arrange: Session, owner: Owner
) -> None:
    factories.make_association(arrange, "Afev")
    arrange.commit()
    keep_passwords()
    owner.execute("UPDATE file_password SET sealed = (SELECT sealed FROM file_password ORDER BY id LIMIT 1)")
    opens = 0
    with transaction(JOBS):
        for one in db.session.scalars(select(FilePassword)):
            try:
                opened(one)
            except InvalidTag:
                continue
            opens += 1
    assert opens == 1


def test_it_is_renewed_after_ninety_days_and_not_before(proxite: Association, owner: Owner) -> None:
    keep_passwords()
    ((_, first, _),) = valid(proxite.id)
    kept_at(START + RENEWED_AFTER - MINUTE)
    assert numbers(proxite.id) == [1]
    kept_at(START + RENEWED_AFTER)
    kept_at(START + RENEWED_AFTER + MINUTE)
    with clock.at(START + RENEWED_AFTER + MINUTE):
        (_, second, because), (_, old, _) = valid(proxite.id)
    assert (because, old) == (RenewedBecause.QUARTER, first)
    assert second != first
    assert len(told(owner)) == 2


def test_old_and_new_are_both_valid_for_seven_days(proxite: Association, owner: Owner) -> None:
    keep_passwords()
    renewed = START + RENEWED_AFTER
    kept_at(renewed)
    for later, expected in ((VALID_AFTER - MINUTE, [2, 1]), (VALID_AFTER, [2]), (VALID_AFTER + MINUTE, [2])):
        with clock.at(renewed + later):
            assert numbers(proxite.id) == expected
    kept_at(renewed + VALID_AFTER)
    assert owner.execute("SELECT number FROM file_password").fetchall() == [(2,)]


def test_one_that_still_opens_a_kept_workbook_is_kept_with_it(
    proxite: Association, arrange: Session, owner: Owner
) -> None:
    keep_passwords()
    kept_at(START + RENEWED_AFTER)
    over = START + RENEWED_AFTER + VALID_AFTER
    owner.execute(
        "INSERT INTO morning_file (id, association_id, day, mode, state, opened_at, unseen, new, attempts, token,"
        " next_attempt_at, digest) VALUES (gen_random_uuid(), %(a)s, '2026-06-01', 'always', 'made', now(), 0, 0, 1, 1,"
        " now(), '')",
        {"a": proxite.id},
    )
    owner.execute(
        "INSERT INTO morning_workbook SELECT gen_random_uuid(), id, association_id, 1, 'file', %(at)s FROM morning_file",
        {"at": over - timedelta(days=1)},
    )
    kept_at(over)
    assert owner.execute("SELECT number FROM file_password ORDER BY 1").fetchall() == [(1,), (2,)]
    with clock.at(over):
        assert numbers(proxite.id) == [2]
    kept_at(over + timedelta(days=29))
    kept_at(over + timedelta(days=29, minutes=1))
    assert owner.execute("SELECT number FROM file_password ORDER BY 1").fetchall() == [(2,)]
    assert owner.execute("SELECT FROM morning_workbook").fetchall() == []


def test_somebody_who_leaves_does_not_take_the_key_along(
    proxite: Association, team: dict[Role, Account], arrange: Session
) -> None:
    keep_passwords()
    member = arrange.scalars(select(Membership).where(Membership.account_id == team[Role.COORDINATOR].id)).one()
    member.ended_at = START + timedelta(days=3)
    arrange.commit()
    for minutes in (1, 2, 3):
        kept_at(START + timedelta(days=3, minutes=minutes))
    with clock.at(START + timedelta(days=3, minutes=4)):
        assert [(number, because) for number, _, because in valid(proxite.id)] == [
            (2, RenewedBecause.MEMBER_LEFT),
        ]


def leave(arrange: Session, account: Account, at: datetime) -> None:
    member = arrange.scalars(select(Membership).where(Membership.account_id == account.id)).one()
    member.ended_at = at
    arrange.commit()


def test_whoever_left_opens_no_file_made_afterwards_with_any_password_of_their_time(
    proxite: Association, team: dict[Role, Account], arrange: Session, owner: Owner
) -> None:
    keep_passwords()
    quarter = START + RENEWED_AFTER
    kept_at(quarter)
    with clock.at(quarter):
        assert numbers(proxite.id) == [2, 1]
    leave(arrange, team[Role.COORDINATOR], quarter + timedelta(days=2))
    for hours in (1, 2):
        kept_at(quarter + timedelta(days=2, hours=hours))
    with clock.at(quarter + timedelta(days=2, hours=3)):
        assert numbers(proxite.id) == [3]
    assert owner.execute("SELECT number FROM file_password ORDER BY 1").fetchall() == [(1,), (2,), (3,)]
    kept_at(quarter + timedelta(days=2, hours=3) + RENEWED_AFTER)
    with clock.at(quarter + timedelta(days=2, hours=4) + RENEWED_AFTER):
        assert numbers(proxite.id) == [4, 3]


def test_another_one_asked_for_just_after_they_left_does_not_keep_theirs_for_a_week(
    proxite: Association, team: dict[Role, Account], arrange: Session
) -> None:
    keep_passwords()
    leave(arrange, team[Role.COORDINATOR], START + MINUTE)
    with clock.at(START + 2 * MINUTE):
        asked_by(team[Role.ADMINISTRATOR], proxite)
        assert numbers(proxite.id) == [2, 1]
        keep_passwords()
        keep_passwords()
        assert numbers(proxite.id) == [3]


def test_until_when_each_one_was_used_is_known(
    proxite: Association, team: dict[Role, Account], arrange: Session
) -> None:
    keep_passwords()
    quarter = START + RENEWED_AFTER
    kept_at(quarter)
    assert uses() == {1: quarter + VALID_AFTER, 2: None}
    left = quarter + timedelta(days=2)
    leave(arrange, team[Role.COORDINATOR], left)
    kept_at(left + MINUTE)
    assert uses() == {1: left + MINUTE, 2: left + MINUTE, 3: None}


def uses() -> dict[int, datetime | None]:
    with transaction(JOBS):
        found = list(db.session.scalars(select(FilePassword)))
        return {one.number: valid_until(one, found) for one in found}


def test_a_closed_account_counts_as_leaving(
    proxite: Association, team: dict[Role, Account], arrange: Session, owner: Owner
) -> None:
    afev = factories.make_association(arrange, "Afev")
    arrange.commit()
    keep_passwords()
    team[Role.COORDINATOR].closed_at = START + timedelta(hours=1)
    arrange.commit()
    kept_at(START + timedelta(hours=2))
    kept_at(START + timedelta(hours=3))
    with clock.at(START + timedelta(hours=3)):
        assert numbers(proxite.id) == [2]
        assert numbers(afev.id) == [1]


def test_whoever_had_left_before_it_was_made_changes_nothing(
    proxite: Association, team: dict[Role, Account], arrange: Session
) -> None:
    member = arrange.scalars(select(Membership).where(Membership.account_id == team[Role.COORDINATOR].id)).one()
    member.ended_at = START - timedelta(days=1)
    arrange.commit()
    keep_passwords()
    team[Role.COORDINATOR].closed_at = START + timedelta(days=1)
    arrange.commit()
    kept_at(START + timedelta(days=2))
    assert numbers(proxite.id) == [1]


def test_an_administrator_renews_it_and_the_team_is_told_once(
    proxite: Association, team: dict[Role, Account], owner: Owner
) -> None:
    keep_passwords()
    owner.execute("DELETE FROM outbox")
    with clock.at(START + MINUTE):
        asked_by(team[Role.ADMINISTRATOR], proxite)
        assert [job.func_name for job in queue().jobs if job.func_name == Job.KEEP_FILE_PASSWORDS]
        keep_passwords()
        keep_passwords()
        assert next((number, because) for number, _, because in valid(proxite.id)) == (2, RenewedBecause.ASKED)
    assert len(told(owner)) == 1
    assert owner.execute(
        "SELECT account_id, association_id, detail FROM journal_entry WHERE act = 'file_password_renewed'"
    ).fetchall() == [(team[Role.ADMINISTRATOR].id, proxite.id, "2")]


def test_a_coordinator_may_read_it_but_the_database_lets_nobody_but_administrators_renew_it(
    proxite: Association, team: dict[Role, Account], arrange: Session
) -> None:
    keep_passwords()
    coordinator = Scope(DatabaseRole.ASSOCIATION, proxite.id, team[Role.COORDINATOR].id)
    with pytest.raises(ProgrammingError, match="row-level security"), transaction(coordinator):
        renew_password(proxite.id, RenewedBecause.ASKED)
    assert numbers(proxite.id) == [1]
    with transaction(coordinator):
        assert [one.number for one in valid_passwords(proxite.id, clock.now())] == [1]


def test_another_association_neither_sees_it_nor_renews_it(
    proxite: Association, team: dict[Role, Account], arrange: Session
) -> None:
    afev = factories.make_association(arrange, "Afev")
    stranger = factories.make_account(arrange, association=afev, role=Role.ADMINISTRATOR)
    arrange.commit()
    keep_passwords()
    scope = Scope(DatabaseRole.ASSOCIATION, afev.id, stranger.id)
    with transaction(scope):
        assert valid_passwords(proxite.id, clock.now()) == []
    with pytest.raises(ProgrammingError, match="row-level security"), transaction(scope):
        renew_password(proxite.id, RenewedBecause.ASKED)
    assert numbers(proxite.id) == [1]


def test_no_more_than_three_open_the_files_at_once(proxite: Association, team: dict[Role, Account]) -> None:
    keep_passwords()
    administrator = team[Role.ADMINISTRATOR]
    for day in (1, 2):
        with clock.at(START + timedelta(days=day)):
            asked_by(administrator, proxite)
    with clock.at(START + timedelta(days=3)), pytest.raises(DomainError, match="déjà changé deux fois"):
        asked_by(administrator, proxite)
    with clock.at(START + timedelta(days=3)):
        assert numbers(proxite.id) == [3, 2, 1]
    with clock.at(START + timedelta(days=1) + VALID_AFTER):
        asked_by(administrator, proxite)
        assert numbers(proxite.id) == [4, 3, 2]


def test_a_number_never_comes_back_and_no_password_either(proxite: Association) -> None:
    seen: list[str] = []
    for quarter in range(8):
        with clock.at(START + quarter * RENEWED_AFTER):
            keep_passwords()
            number, password, _ = valid(proxite.id)[0]
            assert number == quarter + 1
            seen.append(password)
    assert len(set(seen)) == 8


def test_the_first_one_is_made_when_a_file_needs_it(proxite: Association) -> None:
    for _ in range(2):
        with transaction(JOBS):
            assert first_password(proxite.id).number == 1
    keep_passwords()
    assert numbers(proxite.id) == [1]
