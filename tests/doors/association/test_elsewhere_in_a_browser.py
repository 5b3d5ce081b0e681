"""The offer to switch, what is typed before « Toujours exact », and an answer from the held ones, in a real browser."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.permissions import Role
from portal.models.account import Membership
from portal.models.assignment import AssignmentState
from portal.models.event import Event, EventName
from tests.browser import faults
from tests.doors.association.house import House, signed_in_as
from tests.doors.public.conftest import site

__all__ = ["site"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def page(
    chromium: Browser,
    app: Flask,
    arrange: Session,
    house: House,
    neighbour: House,
    site: str,
) -> Iterator[Page]:
    """Nadia's, of two associations, working for the first."""
    arrange.add(
        Membership(account_id=house.coordinator.id, association_id=neighbour.association.id, role=Role.COORDINATOR)
    )
    tab = signed_in_as(app, arrange, house.coordinator, house.association)
    cookie = tab.get_cookie("session")
    assert cookie is not None
    context = chromium.new_context(locale="fr-FR")
    context.add_cookies([{"name": "session", "value": cookie.value, "url": site}])
    yield context.new_page()
    context.close()


def test_the_offer_to_switch_leads_where_the_message_led(page: Page, site: str, neighbour: House) -> None:
    theirs = neighbour.offer("Apolline")
    page.goto(f"{site}/demandes/{theirs.id}")
    assert faults(page) == []
    page.get_by_role("button", name="Passer à Télémaque").click()
    assert page.url == f"{site}/demandes/{theirs.id}"
    assert page.get_by_text("Apolline M.").count() > 0
    page.goto(f"{site}/demandes?pour={neighbour.association.id}")
    assert page.get_by_role("heading", level=1).first.inner_text() == "1\u00a0demande à traiter"


def test_places_typed_and_not_saved_stay_when_the_old_ones_are_said_to_hold(
    page: Page, site: str, house: House
) -> None:
    house.capacity.updated_at = clock.now() - timedelta(days=40)
    house.session.commit()
    page.goto(f"{site}/capacite")
    field = page.locator("input[name='amount:mentee:commune:59512']")
    field.fill("99")
    page.get_by_role("button", name="Toujours exact").click()
    page.get_by_text("elles ne sont donc pas confirmées").wait_for()
    assert field.input_value() == "99"
    assert faults(page) == []
    page.get_by_role("link", name="Tout remettre").click()
    page.get_by_role("button", name="Toujours exact").click()
    page.get_by_text("Vos places sont confirmées").wait_for()


def test_the_key_enter_in_a_field_confirms_nothing(page: Page, site: str, house: House) -> None:
    house.capacity.updated_at = clock.now() - timedelta(days=40)
    house.session.commit()
    page.goto(f"{site}/capacite")
    page.locator("input[name='amount:mentee:commune:59512']").press("Enter")
    page.get_by_role("button", name="Toujours exact").wait_for()
    assert house.reread(house.association).places_confirmed_at is None


@pytest.mark.usefixtures("undo_window")
def test_an_answer_from_the_held_ones_can_be_taken_back_there(page: Page, site: str, house: House) -> None:
    held = house.offer("Apolline", state=AssignmentState.POSTPONED)
    house.session.add(
        Event(
            name=EventName.ASSIGNMENT_POSTPONED,
            referral_id=held.referral_id,
            association_id=held.association_id,
            assignment_id=held.id,
            data={},
        )
    )
    house.session.commit()
    page.goto(f"{site}/demandes/{held.id}?dossier=en-attente")
    page.locator(f"form[action^='/demandes/{held.id}/accepter'] button").click()
    page.get_by_role("button", name="Annuler la réponse").wait_for()
    assert faults(page) == []
    page.get_by_role("button", name="Annuler la réponse").click()
    assert page.url == f"{site}/demandes/{held.id}"
