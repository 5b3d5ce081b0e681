"""The morning file's page in a real browser: three widths, no sideways scroll, axe, the password, and no scripts."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.permissions import Role
from portal.models.morning import MorningState
from tests import factories
from tests.browser import faults
from tests.doors.association.house import House, signed_in_as
from tests.doors.association.mornings import keep, make_day, make_password, show_who_it_is
from tests.doors.public.conftest import site

__all__ = ["site"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
SECRET, OLDER = "abcd-efgh-jkmn-pqrs-tuvw", "wvut-srqp-nmkj-hgfe-dcba"


@pytest.fixture
def lived_in(house: House) -> House:
    """Every state there is, a kept file under each password, two passwords in force."""
    today, now = clock.today(), clock.now()
    make_password(house, OLDER, 1, created_at=now - timedelta(days=60), retired_at=now - timedelta(days=2))
    make_password(house, SECRET, 2, created_at=now - timedelta(days=2))
    keep(house, make_day(house, today), b"x", 2)
    for back, state in enumerate(MorningState, start=1):
        row = make_day(house, today - timedelta(days=back), state)
        if state is MorningState.MADE:
            keep(house, row, b"x", 1)
    return house


def entered(
    chromium: Browser, app: Flask, session: Session, house: House, site: str, *, role: Role, scripts: bool = True
) -> BrowserContext:
    account = factories.make_account(session, association=house.association, role=role)
    tab = signed_in_as(app, session, account, house.association)
    show_who_it_is(session)
    cookie = tab.get_cookie("session")
    assert cookie is not None
    context = chromium.new_context(locale="fr-FR", java_script_enabled=scripts)
    context.add_cookies([{"name": "session", "value": cookie.value, "url": site}])
    return context


@pytest.fixture(params=[Role.COORDINATOR, Role.ADMINISTRATOR])
def page(
    request: pytest.FixtureRequest, chromium: Browser, app: Flask, arrange: Session, lived_in: House, site: str
) -> Iterator[Page]:
    context = entered(chromium, app, arrange, lived_in, site, role=request.param)
    yield context.new_page()
    context.close()


def test_the_page_is_readable_by_everybody_at_every_width_its_password_shown_or_not(site: str, page: Page) -> None:
    page.goto(f"{site}/fichier")
    assert SECRET not in page.inner_text("main")
    assert faults(page) == []
    page.get_by_role("button", name="Afficher le mot de passe").click()
    page.get_by_text(SECRET).wait_for()
    assert OLDER in page.inner_text("main")
    assert faults(page) == []
    page.get_by_role("link", name="Masquer").click()
    page.get_by_role("button", name="Afficher le mot de passe").wait_for()


def test_going_back_after_the_password_was_shown_neither_asks_nor_shows(site: str, page: Page) -> None:
    page.goto(f"{site}/fichier")
    page.get_by_role("button", name="Afficher le mot de passe").click()
    page.get_by_text(SECRET).wait_for()
    page.goto(f"{site}/demandes")
    page.go_back()
    page.get_by_role("button", name="Afficher le mot de passe").wait_for()
    assert SECRET not in page.inner_text("main")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_new_password_is_asked_for_on_a_page_of_its_own(
    chromium: Browser, app: Flask, arrange: Session, lived_in: House, site: str, *, scripts: bool
) -> None:
    context = entered(chromium, app, arrange, lived_in, site, role=Role.ADMINISTRATOR, scripts=scripts)
    page = context.new_page()
    page.goto(f"{site}/fichier")
    page.get_by_role("link", name="En créer un nouveau").click()
    if scripts:
        assert faults(page) == []
    page.get_by_role("link", name="Annuler").click()
    page.get_by_role("link", name="En créer un nouveau").click()
    page.get_by_role("button", name="Créer le nouveau mot de passe").click()
    page.get_by_text("affichez-le et notez-le").wait_for()
    context.close()


def test_hours_that_cannot_be_are_told_to_everybody(
    chromium: Browser, app: Flask, arrange: Session, lived_in: House, site: str
) -> None:
    context = entered(chromium, app, arrange, lived_in, site, role=Role.ADMINISTRATOR)
    page = context.new_page()
    page.goto(f"{site}/fichier")
    page.get_by_label("Sans avoir été vue depuis combien d’heures").fill("999")
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_role("alert").get_by_text("entre 1 et 168").wait_for()
    assert faults(page) == []
    context.close()


def test_without_scripts_everything_still_works(
    chromium: Browser, app: Flask, arrange: Session, lived_in: House, site: str
) -> None:
    context = entered(chromium, app, arrange, lived_in, site, role=Role.ADMINISTRATOR, scripts=False)
    page = context.new_page()
    page.goto(f"{site}/fichier")
    page.get_by_role("button", name="Afficher le mot de passe").click()
    assert SECRET in page.inner_text("main")
    page.get_by_label("Chaque matin").check()
    page.get_by_role("button", name="Enregistrer").click()
    assert "C’est enregistré" in page.inner_text("main")
    with page.expect_download() as found:
        page.get_by_role("button", name="Télécharger le fichier du").first.click()
    assert found.value.suggested_filename == f"demandes-{clock.today().isoformat()}.xlsx"
    context.close()
