"""A company's link when two people are at it, and what each role of the database may do with it."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from portal.foundation.errors import AlreadyAnswered, DomainError
from portal.foundation.extensions import db
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as, transaction
from portal.models.account import Account
from portal.models.company import Company
from portal.operations import companies as operations
from portal.operations.companies import Told, close_company, company_to_edit, create_company, retell_company
from tests.doors.admin.company_scene import make_company
from tests.factories import make_account


@pytest.fixture
def samir(arrange: Session) -> Account:
    account = make_account(arrange, staff=True)
    arrange.commit()
    return account


def as_staff(account: Account) -> Scope:
    return Scope(DatabaseRole.STAFF, account_id=account.id)


def test_two_links_of_one_end_leave_one(arrange: Session, samir: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both looked before either had written: the database keeps the first, and the second is told where."""
    monkeypatch.setattr(operations, "slug_taken", lambda _: False)
    with transaction(as_staff(samir)):
        create_company(Told("Filature du Nord"), "filature", by=samir.id)
    with transaction(as_staff(samir)), pytest.raises(DomainError, match="existe déjà") as refused:
        create_company(Told("Filature du Sud"), "filature", by=samir.id)
    assert refused.value.field == "slug"
    assert [one.name for one in arrange.scalars(select(Company))] == ["Filature du Nord"]


def test_closing_while_somebody_writes_loses_neither_unawares(arrange: Session, samir: Account) -> None:
    company_id = make_company(arrange).id
    with pytest.raises(AlreadyAnswered), transaction(as_staff(samir)):  # noqa: PT012
        mine = company_to_edit(company_id)
        with transaction(as_staff(samir)):
            close_company(company_to_edit(company_id), version=1)
        retell_company(mine, Told("Autre nom"), version=1)
    arrange.expire_all()
    kept = arrange.get_one(Company, company_id)
    assert kept.name == "Filature du Nord"
    assert kept.closed_at is not None


def test_a_link_is_never_moved_nor_lost(arrange: Session, samir: Account) -> None:
    make_company(arrange)
    for statement in ("UPDATE company SET slug = 'autre'", "DELETE FROM company", "DELETE FROM company_volunteer"):
        with acting_as(as_staff(samir)), pytest.raises(ProgrammingError, match="permission denied"):
            db.session.execute(text(statement))


def test_the_public_knows_a_company_but_not_who_made_its_link_nor_who_came_by_it(arrange: Session) -> None:
    make_company(arrange)
    scope = Scope(DatabaseRole.PUBLIC, read_only=True)
    with acting_as(scope):
        assert db.session.execute(text("SELECT name FROM company")).scalar_one() == "Filature du Nord"
    for statement in ("SELECT created_by FROM company", "SELECT count(*) FROM company_volunteer"):
        with acting_as(scope), pytest.raises(ProgrammingError, match="permission denied"):
            db.session.execute(text(statement))
