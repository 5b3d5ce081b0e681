"""Criteria and programmes: the database takes them from who administers the association, in their own name."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from portal.foundation.extensions import db
from portal.foundation.identifiers import new_id
from portal.foundation.permissions import Role
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as
from tests import factories

PUBLISH = (
    "INSERT INTO programme_version (id, association_id, programme_id, side, number, criteria, notes, created_at,"
    " created_by) VALUES (:new, :association, :programme, 'mentee', 99, '{}', '[]', now(), :author)"
)
PROPOSE = (
    "INSERT INTO criteria_proposal (id, association_id, programme_id, side, criteria, notes, based_on, created_at,"
    " created_by) VALUES (:new, :association, :programme, 'mentee', '{}', '[]', 1, now(), :author)"
)
ARCHIVE = "UPDATE programme SET archived_at = now() WHERE id = :programme"
TAKE_BACK = "UPDATE criteria_proposal SET verdict = 'withdrawn' WHERE programme_id = :programme"


class House:
    """An association with a programme, who administers it, who coordinates, and who left its head."""

    def __init__(self, session: Session) -> None:
        association = factories.make_association(session)
        self.association: UUID = association.id
        self.programme: UUID = factories.make_programme(session, association).id
        self.administrator, self.coordinator = (
            factories.make_account(session, association=association, role=role).id
            for role in (Role.ADMINISTRATOR, Role.COORDINATOR)
        )
        session.commit()

    def run(self, who: UUID | None, statement: str, author: UUID | None = None) -> int:
        """How many rows it wrote; all is undone."""
        given = {
            "new": new_id(),
            "association": self.association,
            "programme": self.programme,
            "author": author or who,
        }
        used: dict[str, Any] = {name: value for name, value in given.items() if f":{name}" in statement}
        scope = Scope(DatabaseRole.ASSOCIATION, association_id=self.association, account_id=who)
        with acting_as(scope):
            written: int = db.session.execute(text(statement), used).rowcount  # type: ignore[attr-defined]
            db.session.rollback()
        return written


@pytest.fixture
def house(arrange: Session) -> House:
    return House(arrange)


@pytest.mark.parametrize("statement", [PUBLISH, PROPOSE, ARCHIVE])
def test_who_administers_may(house: House, statement: str) -> None:
    assert house.run(house.administrator, statement) == 1


@pytest.mark.parametrize("statement", [PUBLISH, PROPOSE])
def test_a_coordinator_may_not_even_in_the_administrators_name(house: House, statement: str) -> None:
    for author in (house.coordinator, house.administrator):
        with pytest.raises(ProgrammingError, match="row-level security"):
            house.run(house.coordinator, statement, author)


@pytest.mark.parametrize("statement", [PUBLISH, PROPOSE])
def test_nobody_writes_in_anothers_name(house: House, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"):
        house.run(house.administrator, statement, house.coordinator)


def test_a_coordinator_archives_nothing_and_takes_no_proposal_back(house: House, owner: Any) -> None:
    owner.execute(
        "INSERT INTO criteria_proposal (id, association_id, programme_id, side, criteria, notes, based_on, created_at)"
        " VALUES (%s, %s, %s, 'mentee', '{}', '[]', 1, now())",
        [new_id(), house.association, house.programme],
    )
    for statement in (ARCHIVE, TAKE_BACK):
        assert house.run(house.coordinator, statement) == 0
        assert house.run(None, statement) == 0
        assert house.run(house.administrator, statement) == 1


def test_who_no_longer_administers_may_no_more(house: House, owner: Any) -> None:
    owner.execute("UPDATE membership SET role = 'coordinator' WHERE account_id = %s", [house.administrator])
    assert house.run(house.administrator, ARCHIVE) == 0
