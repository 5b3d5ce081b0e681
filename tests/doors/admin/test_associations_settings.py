"""Staff settle for an association whether its criteria wait for approval and whether it stops at its objective."""

from html import unescape
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.foundation.queue import queue
from portal.models.account import Account
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.event import Event, EventName, JournalAct, JournalEntry
from tests.factories import make_association


@pytest.fixture
def proxite(arrange: Session, campaign: Campaign) -> Association:
    association = make_association(arrange, "Proxité")
    arrange.commit()
    return association


def settle(client: FlaskClient, association: Association, version: int, **ticked: str) -> tuple[int, str]:
    address = f"/collectif/associations/{association.id}/reglages"
    answer = client.post(address, data={"version": str(version), **ticked})
    return answer.status_code, unescape(answer.text)


def test_both_settings_are_kept_told_and_journaled(
    staff: FlaskClient, arrange: Session, samir: Account, proxite: Association
) -> None:
    status, _ = settle(staff, proxite, 1, approval_required="y", stop_at_objective="y")

    arrange.refresh(proxite)
    assert status == 303
    assert (proxite.approval_required, proxite.stop_at_objective, proxite.version) == (True, True, 2)
    told = arrange.scalars(select(Event).where(Event.name == EventName.ASSOCIATION_CHANGED)).one()
    assert (told.association_id, told.data) == (proxite.id, {"approval_required": True, "stop_at_objective": True})
    entry = arrange.scalars(select(JournalEntry)).one()
    assert (entry.act, entry.account_id) == (JournalAct.ASSOCIATION_CHANGED, samir.id)
    assert queue().count == 2

    page = unescape(staff.get(f"/collectif/associations/{proxite.id}").text)
    assert page.count("checked") == 2


def test_an_unticked_box_takes_the_setting_back(staff: FlaskClient, arrange: Session, proxite: Association) -> None:
    settle(staff, proxite, 1, stop_at_objective="y")
    settle(staff, proxite, 2)

    arrange.refresh(proxite)
    assert not proxite.stop_at_objective


def test_saving_what_already_stands_changes_nothing(staff: FlaskClient, arrange: Session, proxite: Association) -> None:
    assert settle(staff, proxite, 1)[0] == 303

    assert list(arrange.scalars(select(Event))) == []
    assert queue().count == 0


def test_a_page_drawn_before_somebody_elses_change_is_refused(
    staff: FlaskClient, arrange: Session, proxite: Association
) -> None:
    settle(staff, proxite, 1, approval_required="y")
    status, page = settle(staff, proxite, 1, stop_at_objective="y")

    arrange.refresh(proxite)
    assert status == 409
    assert "Cette association a changé pendant ce temps" in page
    assert (proxite.approval_required, proxite.stop_at_objective) == (True, False)
    assert 'name="version" value="2"' in page


def test_each_setting_says_what_it_changes(staff: FlaskClient, proxite: Association) -> None:
    page = unescape(staff.get(f"/collectif/associations/{proxite.id}").text)

    assert "rien ne change pour les demandes" in page
    assert "plus aucune demande ne lui est proposée" in page


def test_the_settings_of_nobody_are_not_found(staff: FlaskClient, campaign: Campaign) -> None:
    assert staff.post(f"/collectif/associations/{uuid4()}/reglages").status_code == 404
