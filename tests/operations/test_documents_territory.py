"""Who is in the brochure of a place: those with places there, those who reach it, and nobody else."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.models.campaign import Campaign
from portal.models.programme import ProgrammeVersion
from portal.places import UnknownPlaceError
from portal.queries.brochure import Places, Territory, territory
from tests import factories
from tests.paper.places import ROUBAIX, make_present

STAFF = Scope(DatabaseRole.STAFF, read_only=True)


@pytest.fixture
def campaign(arrange: Session) -> Campaign:
    return factories.make_campaign(arrange)


def told(arrange: Session, place: str = ROUBAIX) -> Territory:
    arrange.commit()
    with transaction(STAFF):
        return territory(place)


def names(sheets: tuple[Any, ...]) -> list[str]:
    return [one.name for one in sheets]


def place(code: str) -> dict[str, Any]:
    return {"test": "territory", "any_of": [code]}


def make_far(arrange: Session, campaign: Campaign, name: str, ground: str, declared: str, amount: int = 9) -> Any:
    association = factories.make_association(arrange, name)
    programme = factories.make_programme(arrange, association, place(ground))
    factories.make_capacity(arrange, association, campaign, amount, declared)
    return programme


def test_those_with_places_in_the_place_or_within_it_have_a_sheet(arrange: Session, campaign: Campaign) -> None:
    make_present(arrange, campaign, "Proxité", 30)
    make_present(arrange, campaign, "Afev", 90)
    make_far(arrange, campaign, "Dans le Nord", "departement:59", "departement:59")
    found = told(arrange)
    assert names(found.present) == ["Afev", "Proxité"]
    assert names(found.around) == ["Dans le Nord"]
    assert found.present[0].places == {Side.MENTEE: Places(90)}
    assert names(told(arrange, "departement:59").present) == ["Afev", "Dans le Nord", "Proxité"]
    assert names(told(arrange, "commune:59512").present) == ["Afev", "Proxité"]


def test_whose_criteria_exclude_the_place_is_not_there(arrange: Session, campaign: Campaign) -> None:
    make_far(arrange, campaign, "À Marseille", "departement:13", "departement:13")
    make_far(arrange, campaign, "Places sans critère", "departement:13", ROUBAIX)
    make_far(arrange, campaign, "Critère sans places", "departement:59", "departement:13")
    make_far(arrange, campaign, "Plus de place", "departement:59", "departement:59", amount=0)
    found = told(arrange)
    assert found.present == ()
    assert found.around == ()


def test_remote_places_reach_everywhere_their_criteria_do(arrange: Session, campaign: Campaign) -> None:
    make_far(arrange, campaign, "Partout", "country:FR", "remote")
    make_far(arrange, campaign, "Ailleurs", "region:93", "remote")
    assert names(told(arrange).around) == ["Partout"]


def test_archived_programmes_and_older_criteria_are_history(arrange: Session, campaign: Campaign) -> None:
    gone = make_far(arrange, campaign, "Archivée", ROUBAIX, ROUBAIX)
    gone.archived_at = clock.now()
    moved = make_far(arrange, campaign, "Déménagée", ROUBAIX, ROUBAIX)
    arrange.add(
        ProgrammeVersion(
            association_id=moved.association_id,
            programme_id=moved.id,
            side=Side.MENTEE,
            number=2,
            criteria=place("departement:13"),
        )
    )
    assert told(arrange).present == ()


def test_criteria_nobody_can_read_do_not_stop_the_others(arrange: Session, campaign: Campaign) -> None:
    make_present(arrange, campaign, "Proxité")
    broken = make_far(arrange, campaign, "Cassée", ROUBAIX, ROUBAIX)
    version = arrange.query(ProgrammeVersion).filter_by(programme_id=broken.id).one()
    version.criteria = {"test": "unheard_of"}
    assert names(told(arrange).present) == ["Proxité"]


def test_a_sheet_holds_both_sides_its_facts_and_no_person(arrange: Session, campaign: Campaign) -> None:
    make_present(arrange, campaign, "Proxité", 30, founder=True)
    (sheet,) = told(arrange).present
    (programme,) = sheet.programmes
    assert set(programme.criteria) == set(Side)
    assert programme.told["meeting"] == "Au lycée"
    assert (sheet.founder, sheet.mail) == (True, "contact30@example.org")


def test_without_a_campaign_nothing_is_declared(app: Flask, arrange: Session) -> None:
    factories.make_programme(arrange, factories.make_association(arrange, "Proxité"), place(ROUBAIX))
    found = told(arrange)
    assert (found.present, found.around, found.campaign) == ((), (), "")


def test_an_unknown_place_is_refused(app: Flask) -> None:
    with transaction(STAFF), pytest.raises(UnknownPlaceError):
        territory("zone:nulle-part")


@contextmanager
def counted() -> Iterator[list[str]]:
    found: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        found.append(statement)

    engine = db.engines[DatabaseRole.STAFF]
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_ten_associations_cost_no_more_questions_than_one(arrange: Session, campaign: Campaign) -> None:
    make_present(arrange, campaign, "Proxité")
    with counted() as one:
        told(arrange)
    for number in range(9):
        make_present(arrange, campaign, f"Autre {number}")
    with counted() as ten:
        told(arrange)
    assert len(ten) == len(one)
