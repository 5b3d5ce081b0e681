"""What bounces teach, on the criteria page: a suggestion in words, counts nobody is recognised in, never applied by itself."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.conditions import AgeTest, TerritoryTest
from matching.criteria import Not, read_criteria
from matching.lessons import adopted
from matching.vocabulary import Side
from portal.association.criteria_form import Form, form_of
from portal.foundation import clock
from portal.foundation.permissions import Role
from portal.foundation.transactions import acting_as
from portal.models.assignment import AssignmentState, BounceReason
from portal.models.programme import ProgrammeVersion
from portal.models.referral import Referral, ReferralState
from portal.queries.lessons import REMEDIES, TEACHING, WINDOW, Learnt, learnt
from tests import factories
from tests.doors.association.house import House, Tab, signed_in_as, text_of
from tests.doors.association.test_criteria import address, posted, typed

CRITERIA = {"all": [{"test": "age", "min": 8, "max": 25}]}
_S = AssignmentState


@pytest.fixture
def administrator(app: Flask, arrange: Session, house: House) -> Tab:
    account = factories.make_account(arrange, association=house.association, role=Role.ADMINISTRATOR)
    arrange.commit()
    return signed_in_as(app, arrange, account, house.association)


@pytest.fixture
def asked(arrange: Session, house: House) -> None:
    version = arrange.scalars(select(ProgrammeVersion).where(ProgrammeVersion.programme_id == house.programme.id)).one()
    version.criteria = CRITERIA
    arrange.commit()


def sent_back(
    house: House, *ages: int, reason: BounceReason = BounceReason.AGE_OR_LEVEL, days_ago: float = 30, **fields: Any
) -> None:
    for age in ages:
        at = clock.now() - timedelta(days=days_ago - 1)
        over = {"state": _S.BOUNCED, "bounce_reason": reason, "answered_at": at, "closed_at": at, "applied_at": at}
        house.offer(age=age, days_ago=days_ago, **{**over, **fields})


def taken(house: House, *ages: int) -> None:
    for age in ages:
        house.offer(age=age, days_ago=40, state=_S.ACCEPTED, answered_at=clock.now())


def suggestions(house: House) -> list[Learnt]:
    with acting_as(house.scope):
        return learnt({(house.programme.id, Side.MENTEE): read_criteria(CRITERIA)})


def test_the_criterion_that_would_have_avoided_most_is_told_with_its_cost(
    administrator: Tab, house: House, asked: None
) -> None:
    sent_back(house, 9, 10, 11, 12, 13, 13, 13, 20, 21)
    taken(house, 12, 15, 16, 17)
    page = text_of(administrator.get("/criteres"))
    assert "Ce que vos réorientations apprennent" in page
    assert "7 réorientations sur 9 (« Âge ou niveau qui ne convient pas ») auraient été évitées" in page
    assert "« à partir de 14 ans »" in page
    assert "Moins de 3 demandes acceptées n’auraient pas été proposées." in page
    assert "lecon=age_or_level" in page


def test_the_suggestion_opens_as_a_draft_and_nothing_is_saved(
    administrator: Tab, house: House, asked: None, arrange: Session
) -> None:
    sent_back(house, 9, 10, 11)
    taken(house, 15, 16, 17)
    page = text_of(administrator.get(address(house), query_string={"lecon": "age_or_level"}))
    assert 'name="least:0.0" value="12"' in page
    assert 'name="most:0.0" value="25"' in page
    assert "Non enregistré" in page
    assert "rien ne change tant que vous n’enregistrez pas" in page
    assert "De 12 à 25 ans." in page
    assert len(arrange.scalars(select(ProgrammeVersion)).all()) == 1


def test_a_suggestion_that_no_longer_holds_says_so(administrator: Tab, house: House, asked: None) -> None:
    for reason in ("age_or_level", "territory", "nonsense"):
        page = text_of(administrator.get(address(house), query_string={"lecon": reason}))
        assert "Cette suggestion ne vaut plus" in page
        assert "Aucun changement" in page


def test_a_coordinator_reads_the_suggestion_and_has_no_button(coordinator: Tab, house: House, asked: None) -> None:
    sent_back(house, 9, 10, 11)
    taken(house, 15, 16, 17)
    page = text_of(coordinator.get("/criteres"))
    assert "3 réorientations sur 3" in page
    assert "Essayer ce critère" not in page


def test_nothing_is_told_of_two_requests(coordinator: Tab, house: House, asked: None) -> None:
    sent_back(house, 9, 10)
    taken(house, 15, 16, 17)
    assert "apprennent" not in text_of(coordinator.get("/criteres"))


@pytest.mark.parametrize(
    "left_out",
    [
        lambda house: sent_back(house, 9, 9, 9, reason=BounceReason.NO_PLACE),
        lambda house: sent_back(house, 9, 9, 9, days_ago=WINDOW.days + 2),
        lambda house: sent_back(house, 9, 9, 9, closed_at=None, applied_at=None),
        lambda house: sent_back(house, 9, 9, 9, state=_S.EXPIRED, bounce_reason=None),
        lambda house: sent_back(house, 5, 6, 7),
    ],
    ids=[
        "a reason that teaches nothing",
        "too long ago",
        "not in effect yet",
        "expired",
        "refused by today's criteria",
    ],
)
def test_what_teaches_nothing_is_left_out(house: House, asked: None, left_out: Callable[[House], None]) -> None:
    sent_back(house, 9, 9)
    taken(house, 15, 16, 17)
    left_out(house)
    assert suggestions(house) == []


WITHOUT_13: dict[str, Any] = {"all": [*CRITERIA["all"], {"not": {"test": "age", "min": 13, "max": 13}}]}


def published(arrange: Session, house: House, number: int, criteria: dict[str, Any], days_ago: float) -> None:
    arrange.add(
        ProgrammeVersion(
            association_id=house.association.id,
            programme_id=house.programme.id,
            side=Side.MENTEE,
            number=number,
            criteria=criteria,
            created_at=clock.now() - timedelta(days=days_ago),
        )
    )
    arrange.commit()


def test_publishing_other_criteria_and_publishing_back_tells_nothing_of_the_child_they_leave_out(
    administrator: Tab, house: House, asked: None, arrange: Session
) -> None:
    sent_back(house, 9, 10, 11, 12, 13)
    taken(house, 16, 17, 18, 19)
    assert "5 réorientations sur 5" in text_of(administrator.get("/criteres"))
    published(arrange, house, 2, WITHOUT_13, days_ago=0.1)
    assert "apprennent" not in text_of(administrator.get("/criteres"))
    published(arrange, house, 3, CRITERIA, days_ago=0)
    assert "apprennent" not in text_of(administrator.get("/criteres"))


def test_bounces_under_the_criteria_in_force_teach_whatever_those_before_and_their_notes(
    house: House, asked: None, arrange: Session
) -> None:
    published(arrange, house, 2, WITHOUT_13, days_ago=50)
    published(arrange, house, 3, CRITERIA, days_ago=40)
    published(arrange, house, 4, dict(CRITERIA), days_ago=5)
    sent_back(house, 9, 9, 9)
    sent_back(house, 13, 13, 13, days_ago=45)
    taken(house, 15, 16, 17)
    assert [(one.avoided, one.of, one.criterion) for one in suggestions(house)] == [(3, 3, AgeTest(least=10))]


def test_erased_requests_are_not_read(house: House, asked: None, arrange: Session) -> None:
    sent_back(house, 9, 9, 9)
    taken(house, 15, 16, 17)
    assert [(one.avoided, one.criterion) for one in suggestions(house)] == [(3, AgeTest(least=10))]
    for referral in arrange.scalars(select(Referral)):
        referral.state = ReferralState.ANONYMISED
    arrange.commit()
    assert suggestions(house) == []


def test_an_association_never_learns_from_another_s_requests(
    house: House, neighbour: House, asked: None, coordinator: Tab
) -> None:
    sent_back(neighbour, 9, 9, 9, 9)
    taken(neighbour, 15, 16, 17)
    taken(house, 15, 16, 17)
    assert suggestions(house) == []
    with acting_as(house.scope):
        assert learnt({(neighbour.programme.id, Side.MENTEE): read_criteria(CRITERIA)}) == []


def test_only_what_three_share_leaves(house: House, asked: None) -> None:
    sent_back(house, *[9] * 9, 11, 11)
    taken(house, 9, 9, 9, 15, 16, 17)
    (one,) = suggestions(house)
    assert (one.avoided, one.of, one.lost, one.to_verify) == (11, 11, 3, None)


def test_every_reason_that_teaches_has_its_remedies() -> None:
    assert set(REMEDIES) == set(TEACHING)


def test_a_place_left_out_opens_as_a_sentence_that_excludes(
    administrator: Tab, house: House, asked: None, arrange: Session
) -> None:
    far = {"places": ["departement:69", "country:FR"], "modalities": ["in_person"]}
    here = {"modalities": ["in_person"]}
    for place in ("departement:59", "departement:62", "departement:80"):
        for _ in range(2):
            at = clock.now() - timedelta(days=20)
            facts = {**here, "places": [place, "country:FR"]}
            house.offer(age=15, days_ago=20, facts=facts, state=_S.ACCEPTED, answered_at=at)
    sent_back(house, 15, 15, 15, reason=BounceReason.TERRITORY, facts=far)
    (one,) = suggestions(house)
    assert one.criterion == Not(TerritoryTest(frozenset({"departement:69"})))
    page = text_of(administrator.get(address(house), query_string={"lecon": "territory"}))
    assert '<option value="1" selected' in page
    assert "n’habitent aucun de ces lieux" in page
    assert "De 8 à 25 ans, hors du Rhône." in page
    sent = typed(form_of(adopted(read_criteria(CRITERIA), one.criterion)) or Form())
    assert posted(administrator, address(house), sent).status_code == 303
    arrange.rollback()
    last = arrange.scalars(select(ProgrammeVersion).order_by(ProgrammeVersion.number.desc())).first()
    assert last is not None
    assert last.criteria["all"][1] == {"not": {"test": "territory", "any_of": ["departement:69"]}}
