"""The pages in a real browser: keyboard, narrow screens, no scripts, and what a checker of accessibility finds."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy.orm import Session

from portal.foundation.crypto import vault
from portal.models.campaign import Campaign
from tests.doors.public.test_clarifications import address_of, asked
from tests.doors.public.walking import (
    ASE_FOR_12,
    MENTOR,
    PUPIL_OF_14,
    REFERRER,
    REFUGEE_OF_20,
    STUDENT_MENTOR,
    YOUNG,
    Steps,
    changed,
)
from tests.factories import make_assignment, make_association, make_programme, make_referral

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300), pytest.mark.usefixtures("campaign")]
AXE = (Path(__file__).parents[2] / "web" / "axe.min.js").read_text(encoding="utf-8")
FAULTS = """async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']}))
    .violations.map(one => one.id + ': ' + one.nodes.map(node => node.target.join(' ')).join(', '))"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
WIDTHS = (320, 390, 1280)
PLAIN = ("/", "/suivi", "/donnees-personnelles", "/accessibilite", "/mentions-legales", "/repartition",
         f"/{YOUNG}/trop-age", f"/{MENTOR}/trop-jeune")  # fmt: skip


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(locale="fr-FR")
    yield context.new_page()
    context.close()


def faults(page: Page) -> list[str]:
    """What is wrong with the page shown, at every width; the policy forbids scripts of others, so axe is evaluated."""
    found: list[str] = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate(SIDEWAYS) > 0:
            found.append(f"{page.url} scrolls sideways at {width} px")
    page.evaluate(AXE)
    return found + [f"{page.url} {fault}" for fault in page.evaluate(FAULTS)]


def give(page: Page, values: dict[str, Any]) -> None:
    """Type these answers into the question shown, and go on."""
    for name, value in values.items():
        for one in value if isinstance(value, list) else [value]:
            field = page.locator(f"[name={name}]")
            if field.first.get_attribute("type") in ("radio", "checkbox"):
                page.locator(f"[name={name}][value='{one}']").check()
            elif field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(one)
            else:
                field.fill(one)
    send(page)


def send(page: Page) -> None:
    """Send the question shown; a click alone returns before the next page stands there to be looked at."""
    with page.expect_navigation():
        page.locator(".ask button[type=submit].button--primary").click()


def walk(page: Page, site: str, form: str, steps: Steps) -> list[str]:
    """Fill a form in as far as the review, looking at every page on the way, and at one with an error."""
    page.goto(f"{site}/{form}")
    found: list[str] = []
    for values in steps.values():
        found += faults(page)
        give(page, values)
    return found + faults(page)


def test_the_plain_pages_are_fit_for_all(page: Page, site: str) -> None:
    for address in PLAIN:
        page.goto(site + address)
        assert faults(page) == []


@pytest.mark.parametrize(
    ("form", "steps"),
    [
        (YOUNG, changed(PUPIL_OF_14, plus_personnel={"personal": "no"})),
        (YOUNG, REFUGEE_OF_20),
        (REFERRER, ASE_FOR_12),
        (MENTOR, STUDENT_MENTOR),
    ],
    ids=["pupil", "refugee", "child welfare", "student mentor"],
)
def test_every_question_is_fit_for_all_and_the_form_can_be_sent(page: Page, site: str, form: str, steps: Steps) -> None:
    assert walk(page, site, form, steps) == []
    page.locator("#agreed").check()
    send(page)
    page.wait_for_url("**/envoyee")
    assert faults(page) == []


def test_a_page_with_errors_is_fit_for_all_and_leads_to_the_field(page: Page, site: str) -> None:
    page.goto(f"{site}/{YOUNG}")
    give(page, {"first_name": "Léa"})
    assert faults(page) == []
    assert page.title().startswith("Erreur")
    page.get_by_role("link", name="Le nom de famille est nécessaire").click()
    assert page.evaluate("document.activeElement.id") == "last_name"


def test_tracking_and_links_are_fit_for_all(
    page: Page, site: str, arrange: Session, campaign: Campaign, owner: psycopg.Connection[tuple[Any, ...]]
) -> None:
    association = make_association(arrange, "Proxité")
    referral = make_referral(arrange, campaign)
    make_assignment(arrange, referral, association, make_programme(arrange, association))
    arrange.commit()
    follow = f"{site}/suivi/{vault().link_token('tracking', referral.id, 1)}"
    for address in (follow, f"{follow}/retirer"):
        page.goto(address)
        assert faults(page) == []


def test_going_back_after_a_corrected_error_never_asks_to_send_again(page: Page, site: str) -> None:
    page.goto(f"{site}/{YOUNG}")
    give(page, {"first_name": "Léa"})
    give(page, {"last_name": "Martin"})
    page.wait_for_url("**/naissance")
    page.go_back()
    assert page.locator("#last_name").input_value() == "Martin"
    assert page.locator(".errors").count() == 0
    page.go_back()
    assert page.locator("#first_name").count() == 1


def test_a_question_is_fit_for_all_and_answered_without_scripts(
    chromium: Browser, page: Page, site: str, arrange: Session, campaign: Campaign
) -> None:
    follow = f"{site}{address_of(asked(arrange, campaign))}"
    page.goto(follow)
    assert faults(page) == []
    with page.expect_navigation():
        page.get_by_role("button", name="Envoyer la réponse").click()
    page.locator(".errors").wait_for()
    assert faults(page) == []
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    plain = context.new_page()
    plain.goto(follow)
    with plain.expect_navigation():
        plain.get_by_role("button", name="Envoyer la réponse").click()
    assert "La réponse est vide" in plain.inner_text("main")
    plain.locator("#answer").fill("Oui, le mercredi.")
    with plain.expect_navigation():
        plain.get_by_role("button", name="Envoyer la réponse").click()
    assert plain.url.partition("#")[0] == follow
    assert "Oui, le mercredi." in plain.inner_text("main")
    context.close()
    page.goto(follow)
    assert faults(page) == []


def test_a_form_goes_from_end_to_end_without_scripts(chromium: Browser, site: str) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(f"{site}/{YOUNG}")
    for values in REFUGEE_OF_20.values():
        give(page, values)
    page.locator("#agreed").check()
    send(page)
    assert page.url.endswith("/envoyee")
    assert page.get_by_role("heading", level=1).inner_text() == "C’est envoyé, Amina."
    context.close()


def test_a_question_is_answered_with_the_keyboard_alone(page: Page, site: str) -> None:
    page.goto(f"{site}/{YOUNG}")
    page.locator("#first_name").focus()
    page.keyboard.type("Amina")
    page.keyboard.press("Tab")
    page.keyboard.type("Haidari")
    page.keyboard.press("Enter")
    page.wait_for_url("**/naissance")
    page.locator("#day").focus()
    page.keyboard.type("1")
    page.keyboard.press("Tab")
    page.keyboard.type("janvier")
    page.keyboard.press("Tab")
    page.keyboard.type("2005")
    page.keyboard.press("Enter")
    page.wait_for_url("**/situation")
