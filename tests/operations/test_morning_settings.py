"""When the morning file is wanted: what the database itself refuses, whatever the pages let through."""

import pytest
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from portal.foundation.errors import DomainError
from portal.foundation.permissions import Role
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.models.association import Association
from portal.models.morning import MorningMode
from portal.operations.morning_settings import MorningMoved, set_morning
from tests.factories import make_account, make_association


@pytest.fixture
def own(arrange: Session) -> Association:
    association = make_association(arrange, "Proxité")
    arrange.commit()
    return association


def scope_of(arrange: Session, own: Association, role: Role) -> Scope:
    account = make_account(arrange, association=own, role=role)
    arrange.commit()
    return Scope(DatabaseRole.ASSOCIATION, association_id=own.id, account_id=account.id)


def set_as(scope: Scope, own: Association, mode: MorningMode, hours: int, based_on: int = 1) -> None:
    with transaction(scope) as session:
        set_morning(session.get_one(Association, own.id), mode=mode, hours=hours, based_on=based_on)


def stored(arrange: Session, own: Association) -> tuple[MorningMode, int, int]:
    arrange.rollback()
    arrange.refresh(own)
    return own.morning_mode, own.morning_hours, own.version


def test_an_administrator_sets_it(arrange: Session, own: Association) -> None:
    set_as(scope_of(arrange, own, Role.ADMINISTRATOR), own, MorningMode.ALWAYS, 168)
    assert stored(arrange, own) == (MorningMode.ALWAYS, 168, 2)


def test_the_database_refuses_a_coordinator(arrange: Session, own: Association) -> None:
    scope = scope_of(arrange, own, Role.COORDINATOR)
    with pytest.raises(ProgrammingError, match="only administrators set the morning file"):
        set_as(scope, own, MorningMode.NEVER, 24)
    assert stored(arrange, own) == (MorningMode.WHEN_UNSEEN, 24, 1)


@pytest.mark.parametrize("hours", [-1, 0, 169, 10_000])
def test_hours_out_of_bounds_are_refused_in_words(arrange: Session, own: Association, hours: int) -> None:
    with pytest.raises(DomainError, match="entre 1 et 168") as refused:
        set_as(scope_of(arrange, own, Role.ADMINISTRATOR), own, MorningMode.WHEN_UNSEEN, hours)
    assert refused.value.field == "hours"
    assert stored(arrange, own) == (MorningMode.WHEN_UNSEEN, 24, 1)


def test_of_two_administrators_at_once_the_later_one_is_told(arrange: Session, own: Association) -> None:
    scope = scope_of(arrange, own, Role.ADMINISTRATOR)
    set_as(scope, own, MorningMode.NEVER, 24)
    with pytest.raises(MorningMoved):
        set_as(scope, own, MorningMode.ALWAYS, 24, based_on=1)
    assert stored(arrange, own) == (MorningMode.NEVER, 24, 2)
