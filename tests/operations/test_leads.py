"""Following a company's request when two people are at it, and what each role of the database may do with it."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.errors import AlreadyAnswered, DomainError, Hidden
from portal.foundation.extensions import db
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as, transaction
from portal.models.account import Account
from portal.models.company import Lead, LeadState, LeadStep
from portal.operations.leads import NextStep, follow_lead, lead_to_follow, take_lead
from portal.queries.leads import Contact, LeadFilter, LeadView, late, lead_figures, uncalled_late
from tests.doors.admin.company_scene import CLAIRE, make_lead
from tests.factories import make_account, make_association


@pytest.fixture
def samir(arrange: Session) -> Account:
    account = make_account(arrange, staff=True)
    arrange.commit()
    return account


def as_staff(account: Account) -> Scope:
    return Scope(DatabaseRole.STAFF, account_id=account.id)


def closing(**changed: Any) -> NextStep:
    return NextStep(**{"state": LeadState.CLOSED, "owner_id": None, **changed})


def test_two_at_once_leave_one_step(arrange: Session, samir: Account) -> None:
    """Both have read version 1; the second to write finds the row moved under its hands."""
    lead_id = make_lead(arrange).id
    with pytest.raises(AlreadyAnswered, match="vient de changer"), transaction(as_staff(samir)):  # noqa: PT012
        mine = lead_to_follow(lead_id)
        with transaction(as_staff(samir)):
            follow_lead(lead_to_follow(lead_id), closing(note="La première"), version=1)
        follow_lead(mine, closing(state=LeadState.ENGAGED), version=1)
    arrange.expire_all()
    assert arrange.get_one(Lead, lead_id).state is LeadState.CLOSED
    assert len(arrange.scalars(select(LeadStep)).all()) == 1


def test_a_step_that_changes_nothing_of_the_row_still_counts(arrange: Session, samir: Account) -> None:
    """A note alone raises the version: whoever had the page open is told of it."""
    lead = make_lead(arrange, state=LeadState.ENGAGED)
    with transaction(as_staff(samir)):
        follow_lead(lead_to_follow(lead.id), closing(state=LeadState.ENGAGED, note="Tout va bien"), version=1)
    arrange.expire_all()
    assert arrange.get_one(Lead, lead.id).version == 2
    with transaction(as_staff(samir)), pytest.raises(AlreadyAnswered):
        follow_lead(lead_to_follow(lead.id), closing(), version=1)


def test_the_state_since_moves_only_with_the_state(arrange: Session, samir: Account) -> None:
    then = datetime(2026, 3, 2, 9, tzinfo=UTC)
    lead = make_lead(arrange, received_at=then)
    with transaction(as_staff(samir)):
        take_lead(lead_to_follow(lead.id), by=samir.id, version=1)
    arrange.expire_all()
    assert arrange.get_one(Lead, lead.id).state_since == then
    with transaction(as_staff(samir)):
        follow_lead(lead_to_follow(lead.id), closing(), version=2)
    arrange.expire_all()
    assert arrange.get_one(Lead, lead.id).state_since > then


def test_only_staff_can_be_made_to_follow_it(arrange: Session, samir: Account) -> None:
    member = make_account(arrange, association=make_association(arrange))
    lead = make_lead(arrange)
    with transaction(as_staff(samir)), pytest.raises(DomainError) as refused:
        follow_lead(lead_to_follow(lead.id), closing(owner_id=member.id), version=1)
    assert refused.value.field == "owner_id"


def test_an_unknown_request_is_hidden(app: Flask, samir: Account) -> None:
    with acting_as(as_staff(samir)), pytest.raises(Hidden):
        lead_to_follow(uuid4())


def test_a_contact_opens_only_on_its_own_request(app: Flask) -> None:
    one, other = uuid4(), uuid4()
    sealed = CLAIRE.sealed(one)
    assert Contact.opened(sealed, one) == CLAIRE
    assert CLAIRE.name.encode() not in sealed
    with pytest.raises(InvalidTag):
        Contact.opened(sealed, other)


def test_the_list_and_the_badge_agree_on_what_is_late(arrange: Session, samir: Account) -> None:
    """Every three hours of three weeks with a holiday in them, looked at from four instants."""
    hours = [datetime(2024, 11, day, hour, 30, tzinfo=UTC) for day in range(1, 22) for hour in range(0, 24, 3)]
    known = {make_lead(arrange, received_at=at).id: at for at in hours}
    for now in (
        datetime(2024, 11, 13, 9, tzinfo=UTC),
        datetime(2024, 11, 16, 9, tzinfo=UTC),
        datetime(2024, 11, 18, 0, 30, tzinfo=UTC),
        datetime(2024, 11, 20, 12, 30, tzinfo=UTC),
    ):
        with clock.at(now), acting_as(as_staff(samir)):
            found = set(db.session.scalars(select(Lead.id).where(late())))
            expected = {key for key, at in known.items() if uncalled_late(LeadState.RECEIVED, at)}
            assert lead_figures(LeadFilter()).views[LeadView.LATE] == len(expected)
        assert found == expected
        assert 0 < len(expected) < len(known)


@pytest.mark.parametrize("role", [role for role in DatabaseRole if role not in {DatabaseRole.STAFF, DatabaseRole.JOBS}])
def test_no_other_role_reads_a_request(arrange: Session, samir: Account, role: DatabaseRole) -> None:
    make_lead(arrange)
    association = make_association(arrange)
    arrange.commit()
    for table in ("lead", "lead_step"):
        scope = Scope(role, association_id=association.id, account_id=samir.id)
        with acting_as(scope), pytest.raises(ProgrammingError, match="permission denied"):
            db.session.execute(text(f"SELECT count(*) FROM {table}"))


def test_staff_never_lose_nor_rewrite_what_a_company_asked(arrange: Session, samir: Account) -> None:
    lead = make_lead(arrange)
    for statement in (
        "DELETE FROM lead",
        "DELETE FROM lead_step",
        "UPDATE lead SET contact_sealed = ''",
        "UPDATE lead SET company_name = 'Autre'",
        "UPDATE lead SET received_at = now()",
        "UPDATE lead_step SET note_sealed = NULL",
    ):
        with acting_as(as_staff(samir)), pytest.raises(ProgrammingError, match="permission denied"):
            db.session.execute(text(statement))
    with acting_as(as_staff(samir)), pytest.raises(ProgrammingError, match="row-level security"):  # noqa: PT012
        db.session.add(LeadStep(lead_id=lead.id, account_id=uuid4(), state=LeadState.CLOSED))
        db.session.flush()
    with acting_as(as_staff(samir)):
        db.session.execute(update(Lead).values(state=LeadState.CALLED))
