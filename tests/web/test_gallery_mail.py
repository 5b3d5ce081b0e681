"""The gallery of e-mails: all of them, framed without scripts, and never in production."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from portal.app import create_app
from portal.foundation.config import Environment, Settings
from portal.mail.letter import Letter
from portal.mail.team_messages import TEAM_LETTERS
from portal.models.outbox import Message
from portal.web.gallery_letters import variants
from portal.web.security import POLICY

AXE = (Path(__file__).parent / "axe.min.js").read_text(encoding="utf-8")
FAULTS = "axe.run(document, {iframes: false}).then(r => r.violations.map(v => v.id + ' ' + v.nodes[0].html))"
WIDTHS = (320, 390, 1280)


@pytest.fixture
def production(settings: Settings, app: Flask) -> Iterator[Flask]:
    """The application as it runs in production, beside the shared one."""
    changed = {"environment": Environment.PRODUCTION, "base_url": "https://portail.example.org"}
    yield create_app(settings.model_copy(update=changed))
    create_app(settings)


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def test_every_message_is_shown_with_all_its_variants(client: FlaskClient) -> None:
    page = client.get("/galerie/courriels").text
    shown = variants("https://portail.example.org")
    assert page.count("<iframe ") == len(shown)
    for message in Message:
        last = sum(one.message is message for one in shown) - 1
        assert f'src="/galerie/courriels/{message}/{last}"' in page


def test_the_gallery_of_components_leads_to_it(client: FlaskClient) -> None:
    assert 'href="/galerie/courriels"' in client.get("/galerie/").text


def test_a_letter_alone_may_style_itself_and_do_nothing_else(client: FlaskClient) -> None:
    answer = client.get("/galerie/courriels/silence_reminder/1")
    assert "12\u00a0demandes à traiter, 2\u00a0partent demain" in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'unsafe-inline'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "script-src" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_every_other_page_keeps_the_policy_of_all(client: FlaskClient) -> None:
    assert client.get("/galerie/").headers["Content-Security-Policy"] == POLICY
    assert client.get("/connexion").headers["Content-Security-Policy"] == POLICY
    assert client.get("/galerie/courriels").headers["Content-Security-Policy"] == f"{POLICY}; frame-src 'self'"


@pytest.mark.parametrize("path", ["silence_reminder/99", "inconnu/0", "silence_reminder/-1"])
def test_there_is_no_other_letter(client: FlaskClient, path: str) -> None:
    assert client.get(f"/galerie/courriels/{path}").status_code == 404


@pytest.mark.parametrize("path", ["/galerie/courriels", "/galerie/courriels/silence_reminder/0"])
def test_production_has_no_gallery(production: Flask, path: str) -> None:
    assert production.test_client().get(path).status_code == 404


@pytest.mark.browser
@pytest.mark.parametrize("path", ["", "/morning_file/3", "/confirm_address/0", "/silence_reminder/1"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everyone_can_read_it_at_every_width(chromium: Browser, site: str, path: str, scheme: str) -> None:
    context = chromium.new_context(color_scheme=scheme)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(f"{site}/galerie/courriels{path}")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate(AXE)
    assert page.evaluate(FAULTS) == []
    assert [one for one in complaints if "favicon" not in one] == []
    context.close()


@pytest.mark.browser
def test_a_letter_is_framed_and_shown(chromium: Browser, site: str) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{site}/galerie/courriels")
    shown = page.frame_locator("iframe").first.locator("h1")
    assert shown.inner_text() == "Ta demande est enregistrée"
    page.close()


def test_every_link_of_every_letter_opens_a_page_of_the_portal(app: Flask) -> None:
    """Links of one's own carry a token that the page reads; the others open as they are."""
    routes = app.url_map.bind("portail.example.org")
    found = {urlsplit(link).path for one in variants("") for link in links_of(one.letter)}
    assert len(found) > 10
    for path in found:
        endpoint, _ = routes.match(path, method="GET")
        assert endpoint != "static"


def test_every_link_of_a_member_waits_for_the_sign_in(client: FlaskClient) -> None:
    for one in variants(""):
        for link in links_of(one.letter) if one.message in TEAM_LETTERS else ():
            answer = client.get(link)
            assert answer.status_code == 303
            assert answer.location.startswith("/connexion?suite="), link


def links_of(letter: Letter) -> list[str]:
    more = (letter.second, letter.closing.link if letter.closing else None)
    return [letter.url, *(link.url for link in more if link)]
