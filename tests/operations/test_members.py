"""Two people at once: who leaves last, who uses a code first, who accepts an invitation."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.crypto import vault
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.extensions import db
from portal.foundation.permissions import Role, SignedIn
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.models.account import Account, Invitation, Membership
from portal.operations.invitations import Wish, accept_as_newcomer, invite, opened
from portal.operations.links import invitation_path, still_open
from portal.operations.members import change_role, close_account, end_membership, member_to_change
from portal.operations.second_factor import COLUMN, code_of, step_at, use_code
from tests.factories import make_account, make_association

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def at_once(app: Flask, *acts: Callable[[], object]) -> list[str]:
    """Run these together, each in a thread; what became of each: "done", or the name of the refusal."""
    start, outcomes = Barrier(len(acts)), [""] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        with app.app_context():
            start.wait()
            try:
                act()
                outcomes[place] = "done"
            except (DomainError, Hidden) as refusal:
                outcomes[place] = type(refusal).__name__

    threads = [Thread(target=run, args=pair) for pair in enumerate(acts)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return sorted(outcomes)


@pytest.mark.parametrize("how", ["leave", "step down"])
def test_two_administrators_who_go_at_once_never_leave_nobody(app: Flask, arrange: Session, how: str) -> None:
    association = make_association(arrange)
    bosses = [make_account(arrange, association=association, role=Role.ADMINISTRATOR) for _ in range(2)]
    arrange.commit()
    rows = {one.account_id: one.id for one in arrange.scalars(select(Membership))}

    def go(account: Account) -> None:
        scope = Scope(DatabaseRole.ASSOCIATION, association_id=association.id, account_id=account.id)
        with transaction(scope):
            member = member_to_change(rows[account.id], association.id)
            if how == "leave":
                end_membership(member)
            else:
                change_role(member, Role.COORDINATOR)

    assert at_once(app, *(lambda boss=boss: go(boss) for boss in bosses)) == ["DomainError", "done"]
    left = select(Membership).where(Membership.role == Role.ADMINISTRATOR, Membership.ended_at.is_(None))
    assert len(arrange.scalars(left).all()) == 1


def staff_closes(closing: Account, by: Account) -> None:
    with transaction(Scope(DatabaseRole.STAFF, account_id=by.id)):
        close_account(closing.id, by=SignedIn(by.id, by.name, "", is_staff=True))


def test_two_of_the_team_who_close_each_other_at_once_leave_one(app: Flask, arrange: Session) -> None:
    samir, ines = (make_account(arrange, staff=True) for _ in range(2))
    arrange.commit()
    acts = (lambda: staff_closes(samir, ines), lambda: staff_closes(ines, samir))
    assert at_once(app, *acts) == ["DomainError", "done"]
    left = select(Account).where(Account.staff, Account.closed_at.is_(None))
    assert len(arrange.scalars(left).all()) == 1


def test_an_administrator_leaves_while_the_other_ones_account_is_closed(app: Flask, arrange: Session) -> None:
    association = make_association(arrange)
    claire, paul = (make_account(arrange, association=association, role=Role.ADMINISTRATOR) for _ in range(2))
    samir = make_account(arrange, staff=True)
    arrange.commit()
    row = arrange.scalars(select(Membership.id).where(Membership.account_id == claire.id)).one()

    def leave() -> None:
        scope = Scope(DatabaseRole.ASSOCIATION, association_id=association.id, account_id=claire.id)
        with transaction(scope):
            end_membership(member_to_change(row, association.id))

    assert at_once(app, leave, lambda: staff_closes(paul, samir)) == ["DomainError", "done"]


def test_one_code_used_at_once_in_two_places_lets_in_once(app: Flask, arrange: Session) -> None:
    account = make_account(arrange, association=make_association(arrange))
    account.totp_sealed = vault().seal(SECRET.encode(), column=COLUMN, row=account.id)
    account.totp_confirmed_at = clock.now()
    arrange.commit()
    code = code_of(SECRET, step_at(clock.now()))

    def enter() -> None:
        with transaction(Scope(DatabaseRole.SIGN_IN)):
            use_code(db.session.get_one(Account, account.id), code)

    assert at_once(app, *[enter] * 4) == ["WrongCode", "WrongCode", "WrongCode", "done"]


def test_one_invitation_accepted_at_once_in_two_places_makes_one_account(app: Flask, arrange: Session) -> None:
    invitation = Invitation(
        mail="nouvelle@example.org",
        association_id=make_association(arrange).id,
        role=Role.COORDINATOR,
        expires_at=clock.now() + timedelta(days=1),
    )
    arrange.add(invitation)
    arrange.commit()
    token = invitation_path(invitation.id, 1).rpartition("/")[2]

    def accept() -> None:
        with transaction(Scope(DatabaseRole.SIGN_IN)):
            found = opened(invitation.id, token, lock=True)
            if not still_open(found):
                raise Hidden
            accept_as_newcomer(found, "Jeanne", "brique lavande horizon tambour")

    assert at_once(app, accept, accept, accept) == ["Hidden", "Hidden", "done"]
    assert len(arrange.scalars(select(Account)).all()) == 1


def test_two_who_invite_the_same_person_at_once_send_one_invitation(app: Flask, arrange: Session) -> None:
    association = make_association(arrange)
    bosses = [make_account(arrange, association=association, role=Role.ADMINISTRATOR) for _ in range(2)]
    arrange.commit()

    def ask(account: Account) -> None:
        scope = Scope(DatabaseRole.ASSOCIATION, association_id=association.id, account_id=account.id)
        with transaction(scope):
            wish = Wish("nouvelle@example.org", Role.COORDINATOR, association.id)
            invite(wish, by=SignedIn(account.id, account.name, ""))

    acts: list[Any] = [lambda boss=boss: ask(boss) for boss in bosses]
    assert at_once(app, *acts) == ["DomainError", "done"]
    assert len(arrange.scalars(select(Invitation)).all()) == 1
