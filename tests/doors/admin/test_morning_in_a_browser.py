"""The staff's page of morning files in a real browser: three widths, no sideways scroll, axe, and no scripts at all."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.models.morning import MorningState
from tests.browser import faults
from tests.doors.admin.test_morning import LIST, make_file
from tests.doors.public.conftest import site
from tests.factories import make_association

__all__ = ["site"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
LONG = "Fédération des associations d’accompagnement à la scolarité des Hauts-de-France et de Normandie"


@pytest.fixture
def files(arrange: Session) -> None:
    """Every state, a long name, several that failed."""
    for state in MorningState:
        more = {"error": "unlike", "attempts": 5} if state is MorningState.FAILED else {}
        make_file(arrange, make_association(arrange, f"{LONG} {state}"), state, clock.today(), **more)
    for code in ("OperationalError", "abandoned"):
        make_file(arrange, make_association(arrange), MorningState.FAILED, clock.today(), error=code)


Enter = Callable[..., BrowserContext]


@pytest.fixture
def enter(chromium: Browser, staff: FlaskClient, site: str) -> Enter:
    def entered(*, scripts: bool = True) -> BrowserContext:
        cookie = staff.get_cookie("session")
        assert cookie is not None
        context = chromium.new_context(locale="fr-FR", java_script_enabled=scripts)
        context.add_cookies([{"name": "session", "value": cookie.value, "url": site}])
        return context

    return entered


@pytest.mark.usefixtures("files")
def test_the_page_is_readable_by_everybody_at_every_width(site: str, enter: Enter) -> None:
    context = enter()
    page = context.new_page()
    said = []
    for query in ("", "?etat=echecs", "?etat=rien", "?jour=2026-01-01"):
        page.goto(f"{site}{LIST}{query}")
        said += faults(page)
    context.close()
    assert said == []


@pytest.mark.usefixtures("files")
def test_without_scripts_staff_go_to_a_day_and_retry(site: str, enter: Enter) -> None:
    context = enter(scripts=False)
    page = context.new_page()
    page.goto(site + LIST)
    page.get_by_label("Jour", exact=True).fill("2026-01-01")
    page.get_by_role("button", name="Voir").click()
    assert "Aucun fichier ce jour-là" in page.inner_text("h1")
    page.get_by_role("link", name="Voir aujourd’hui").click()
    page.get_by_role("button", name="Relancer tous les échecs").click()
    assert "3 fichiers se préparent de nouveau." in page.inner_text("main").replace("\u00a0", " ")
    context.close()
