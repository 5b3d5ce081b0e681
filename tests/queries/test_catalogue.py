"""The catalogue in force follows every change at once, and only what changed is read and compiled again."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from matching.criteria import read_criteria
from matching.index import Index
from matching.profile import Profile
from matching.router import Router
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as
from portal.models.association import Association
from portal.models.programme import Programme, ProgrammeVersion
from portal.queries.catalogue import router_of
from tests.factories import make_association, make_campaign, make_capacity, make_programme

ROUBAIX = {"test": "territory", "any_of": ["commune:59512"]}
PEOPLE = [
    Profile("r", Side.MENTEE, age=age, places=places)
    for age in (None, 8, 14, 25)
    for places in (None, frozenset({"commune:59512"}), frozenset({"commune:69123"}))
]


def in_force(side: Side = Side.MENTEE) -> Router:
    with acting_as(Scope(DatabaseRole.ROUTER, read_only=True)):
        return router_of(side)


def judged(router: Router) -> list[Any]:
    fresh = Index(router.catalogue)
    found = [router.index.outcomes(person) for person in PEOPLE]
    assert found == [fresh.outcomes(person) for person in PEOPLE]
    return [(outcomes.certain, outcomes.possible) for outcomes in found]


@contextmanager
def criteria_read() -> Iterator[list[str]]:
    """The statements that read criteria meanwhile."""
    asked: list[str] = []

    def note(_: Any, __: Any, statement: str, *rest: Any) -> None:
        if "programme_version.criteria" in statement:
            asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield asked
    event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
def association(app: Flask, arrange: Session) -> Association:
    found = make_association(arrange, "Afev")
    make_programme(arrange, found, {"test": "age", "max": 10})
    make_programme(arrange, found, {"all": [{"test": "age", "min": 12}, ROUBAIX]})
    arrange.commit()
    return found


def edit(session: Session, programme: Programme, criteria: dict[str, Any], number: int = 2) -> None:
    session.add(
        ProgrammeVersion(
            association_id=programme.association_id,
            programme_id=programme.id,
            side=Side.MENTEE,
            number=number,
            criteria=criteria,
        )
    )
    session.commit()


def programme_of(session: Session, router: Router, position: int) -> Programme:
    found = session.get(Programme, router.catalogue.programmes[position].id)
    assert found is not None
    return found


def test_nothing_is_read_again_while_nothing_changes(association: Association, arrange: Session) -> None:
    before = in_force()
    with criteria_read() as asked:
        after = in_force()
    assert (after.index, asked) == (before.index, [])


def test_new_criteria_are_followed_at_once_and_they_alone_are_read(association: Association, arrange: Session) -> None:
    before = in_force()
    edit(arrange, programme_of(arrange, before, 0), {"test": "territory", "any_of": ["departement:69"]})
    with criteria_read() as asked:
        after = in_force()
    assert len(asked) == 1
    assert after.catalogue.programmes[1].criteria is before.catalogue.programmes[1].criteria
    assert after.catalogue.programmes[0].version == 2
    assert after.catalogue.name("departement:69") == "Rhône"
    assert judged(after) != judged(before)


def test_a_name_a_pause_a_window_and_an_archive_are_followed(association: Association, arrange: Session) -> None:
    before = in_force()
    one = programme_of(arrange, before, 0)
    one.name, one.paused_from, one.intake_from = "Autrement", clock.today(), date(2030, 1, 1)
    arrange.get_one(Association, association.id).name = "Afev bis"
    arrange.commit()
    with criteria_read() as asked:
        renamed = in_force()
    told = renamed.catalogue.programmes[0]
    assert (told.name, bool(told.pauses), bool(told.intake)) == ("Autrement", True, True)
    assert renamed.catalogue.name(str(association.id)) == "Afev bis"
    assert (judged(renamed), asked) == (judged(before), [])
    one.archived_at = clock.now()
    arrange.commit()
    assert [each.id for each in in_force().catalogue.programmes] == [before.catalogue.programmes[1].id]
    judged(in_force())


def test_a_programme_more_finds_its_place_and_its_places_are_named(association: Association, arrange: Session) -> None:
    before = in_force()
    for _ in range(3):
        make_programme(arrange, association, ROUBAIX)
    make_capacity(arrange, association, make_campaign(arrange), 4, "commune:69123")
    arrange.commit()
    after = in_force()
    assert len(after.catalogue.programmes) == len(before.catalogue.programmes) + 3
    assert after.catalogue.name("commune:69123") == "Lyon"
    judged(after)


def test_criteria_nobody_can_read_leave_the_others_in_force(association: Association, arrange: Session) -> None:
    before = in_force()
    edit(arrange, programme_of(arrange, before, 0), {"test": "haircut"})
    after = in_force()
    assert [each.id for each in after.catalogue.programmes] == [before.catalogue.programmes[1].id]
    edit(arrange, programme_of(arrange, before, 0), {"all": []}, number=3)
    assert len(in_force().catalogue.programmes) == len(before.catalogue.programmes)
    judged(in_force())


def test_each_side_has_its_own(association: Association, arrange: Session) -> None:
    assert in_force(Side.MENTOR).catalogue.programmes == ()
    make_programme(arrange, association, ROUBAIX, side=Side.MENTOR)
    arrange.commit()
    assert [each.criteria for each in in_force(Side.MENTOR).catalogue.programmes] == [read_criteria(ROUBAIX)]
    assert len(in_force().catalogue.programmes) == 2
