"""The whole way in a real browser, our strict policy included; every page of it at three widths, with axe."""

import os
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, ConsoleMessage, Page
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from portal.foundation import clock
from portal.foundation.permissions import Role
from portal.models.account import Invitation
from portal.operations.links import invitation_path
from tests.doors.auth.conftest import SignedInAs, code_now
from tests.oidc.conftest import SIGN_IN, Known
from tests.oidc.harness import Running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
AXE = (Path(__file__).parents[1] / "web" / "axe.min.js").read_text(encoding="utf-8")
FAULTS = (
    "async () => (await axe.run(document)).violations.map(one => one.id + ': ' + one.nodes.map(n => n.target).join())"
)
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
WIDTHS = (320, 390, 1280)


@pytest.fixture
def site(app: Flask, service: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The portal, served from this very process where the provider knows it."""
    address = f"http://localhost:{service.site_port}"
    monkeypatch.setitem(app.config, "SETTINGS", app.config["SETTINGS"].model_copy(update={"base_url": address}))
    server = make_server("localhost", service.site_port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield address
    server.shutdown()
    thread.join()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(locale="fr-FR")
    yield context.new_page()
    context.close()


@pytest.fixture
def complaints(page: Page, site: str) -> list[str]:
    """What the browser says of our pages, refusals of the policy among it."""
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and message.location["url"].startswith(site):
            said.append(message.text)

    page.on("console", hear)
    return said


def hand_over(client: FlaskClient, page: Page, site: str) -> None:
    """The browser holds the session that this client holds."""
    cookie = client.get_cookie("session")
    assert cookie is not None
    page.context.add_cookies([{"name": "session", "value": cookie.value, "url": site}])


def faults(page: Page, name: str) -> list[str]:
    found = []
    page.evaluate("() => document.fonts.ready.then(() => true)")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate(SIDEWAYS) > 0:
            found.append(f"{name} scrolls sideways at {width} px")
        if os.environ.get("SHOTS"):
            page.screenshot(path=f"{os.environ['SHOTS']}/{name}-{width}.png", full_page=True)
    page.evaluate(AXE)
    return found + [f"{name}: {fault}" for fault in page.evaluate(FAULTS)]


def test_a_member_goes_there_and_comes_back_signed_in(
    site: str, page: Page, known: Known, complaints: list[str], service: Running
) -> None:
    known()
    page.goto(f"{site}/connexion")
    said = faults(page, "sign_in")
    page.click("text=Se connecter avec le compte de mon association")
    said += faults(page, "choose")
    page.click("text=Proxité · Compte Proxité")
    said += faults(page, "provider")
    page.click("button:has-text('Continuer')")
    page.wait_for_url(f"{service.issuer}/enter/**")
    page.fill("[name=login]", "ada")
    page.click("button")
    page.wait_for_url(f"{site}/connexion/code")
    page.fill("[name=code]", code_now())
    page.click("button:has-text('Se connecter')")
    page.wait_for_url(f"{site}/demandes")
    assert [*said, *complaints] == []


def test_the_pages_on_the_way_hold_at_every_width(
    site: str, page: Page, known: Known, town: SimpleNamespace, service: Running
) -> None:
    known()
    page.context.route(f"{service.issuer}/**", lambda route: route.fulfill(status=204))
    page.goto(site + SIGN_IN)
    page.click("button:has-text('Continuer')")
    page.wait_for_selector("h1:has-text('Vous allez chez')")
    said = faults(page, "leaving")
    page.goto(f"{site}{SIGN_IN}/retour?state=forged")
    said += faults(page, "refused")
    service.behave("discovery: down")
    page.goto(site + SIGN_IN)
    page.click("button:has-text('Continuer')")
    page.wait_for_selector("h1:has-text('ne répond pas')")
    assert said + faults(page, "unavailable") == []


def test_the_pages_of_members_and_of_the_invited_hold_at_every_width(
    site: str, page: Page, known: Known, town: SimpleNamespace, signed_in_as: SignedInAs, arrange: Session
) -> None:
    invitation = Invitation(
        mail="carole@example.org",
        association_id=town.own.id,
        role=Role.COORDINATOR,
        expires_at=clock.now() + timedelta(days=14),
        link_version=1,
    )
    arrange.add(invitation)
    arrange.commit()
    page.goto(site + invitation_path(invitation.id, 1))
    said = faults(page, "invitation")
    account = known(None, role=Role.ADMINISTRATOR)
    hand_over(signed_in_as(account, association=town.own, proof=timedelta()), page, site)
    for path in ("/compte", f"{SIGN_IN}/relier", "/equipe/connexion"):
        answer = page.goto(site + path)
        assert answer is not None
        assert answer.status == 200, path
        said += faults(page, path.rpartition("/")[2])
    page.fill("[name=issuer]", "http://elsewhere.example.org")
    page.click("button:has-text('Enregistrer')")
    page.wait_for_selector("text=en https")
    assert said + faults(page, "settings_refused") == []
