"""What the erasing job takes away of those who came in, and what it leaves."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.auth.session import LONGEST
from portal.foundation import clock
from portal.foundation.permissions import Role
from portal.jobs.privacy import erase_expired
from portal.models.account import Invitation, LoginSession, PasswordReset
from portal.operations.erasure import SESSIONS_KEPT
from tests.factories import make_account, make_association


def count(owner: Any, table: str) -> int:
    return int(owner.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


@pytest.mark.parametrize(("minutes", "used", "left"), [(1, False, 1), (1, True, 0), (-1, False, 0)])
def test_a_link_to_choose_a_password_goes_once_it_is_over(
    app: Flask, arrange: Session, owner: Any, minutes: int, used: bool, left: int
) -> None:
    row = PasswordReset(account_id=make_account(arrange).id, expires_at=clock.now() + timedelta(minutes=minutes))
    row.used_at = clock.now() if used else None
    arrange.add(row)
    arrange.commit()
    erase_expired()
    assert count(owner, "password_reset") == left


@pytest.mark.parametrize(("days", "left"), [(0, 1), (89, 1), (91, 0)])
def test_an_invitation_goes_ninety_days_after_its_end(
    app: Flask, arrange: Session, owner: Any, days: int, left: int
) -> None:
    ended = clock.now() - timedelta(days=days)
    association = make_association(arrange)
    arrange.add(
        Invitation(mail="x@example.org", association_id=association.id, role=Role.COORDINATOR, expires_at=ended)
    )
    arrange.commit()
    erase_expired()
    assert count(owner, "invitation") == left


@pytest.mark.parametrize(("hours", "left"), [(9, 1), (11, 0)])
def test_a_session_goes_when_no_rule_leaves_it_open(
    app: Flask, arrange: Session, owner: Any, hours: int, left: int
) -> None:
    started = clock.now() - timedelta(hours=hours)
    arrange.add(
        LoginSession(digest="x", account_id=make_account(arrange).id, created_at=started, last_seen_at=clock.now())
    )
    arrange.commit()
    erase_expired()
    assert count(owner, "login_session") == left


def test_no_session_is_erased_while_it_is_open() -> None:
    assert SESSIONS_KEPT >= LONGEST
