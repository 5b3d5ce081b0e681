"""Figures in a browser: an answer moves them, a period narrows them, a table and its CSV are beside each chart."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from portal.demo.logins import PASSWORD, STAFF
from tests.e2e.conftest import Site, Visitor, flask

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
Visit = Callable[..., Visitor]
AXE = (Path(__file__).parents[1] / "web" / "axe.min.js").read_text(encoding="utf-8")
WIDTHS = (320, 1280)
TO_ANSWER = (
    "SELECT a.id, m.mail, x.name FROM assignment a JOIN association x ON x.id = a.association_id"
    " JOIN LATERAL (SELECT c.mail FROM account c JOIN membership s ON s.account_id = c.id"
    " WHERE s.association_id = a.association_id AND c.mail <> 'reseau@example.org' ORDER BY c.id LIMIT 1) m ON true"
    " WHERE a.state IN ('offered', 'seen') AND a.side = 'mentee' ORDER BY a.offered_at DESC LIMIT 1"
)


def to_answer(site: Site) -> tuple[str, str, str]:
    """An offer that waits for an answer, whom it waits for, and their association's name."""
    with site.owner() as owner:
        row = owner.execute(TO_ANSWER).fetchone()
    assert row is not None
    offer, mail, name = map(str, row)
    return offer, mail, name


def figure(page: Page, label: str) -> str:
    return page.locator(".stat", has_text=label).locator(".stat__figure span").first.inner_text()


def accepted(page: Page) -> int:
    """The funnel's own table, opened as a visitor does."""
    fold = page.locator("#parcours details")
    if fold.get_attribute("open") is None:
        fold.locator("summary").click()
    return int(re.sub(r"\D", "", page.locator("#parcours tr", has_text="Acceptées").locator("td").first.inner_text()))


def complaints(page: Page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [f"{one['id']}: {json.dumps([node['target'] for node in one['nodes']][:3])}" for one in found]


def look_at(visitor: Visitor, paths: tuple[str, ...]) -> list[str]:
    said = []
    for path in paths:
        for width in WIDTHS:
            visitor.page.set_viewport_size({"width": width, "height": 900})
            visitor.go(path)
            visitor.page.evaluate(
                "document.querySelectorAll('.chart-card details').forEach(one => { one.open = true })"
            )
            said += [f"{path} at {width}: {one}" for one in complaints(visitor.page)]
            if visitor.page.evaluate("document.documentElement.scrollWidth") > width:
                said.append(f"{path} at {width}: scrolls sideways")
    return said


def test_an_answer_moves_the_figures_of_its_association_and_of_the_network(visit: Visit, site: Site) -> None:
    offer, mail, name = to_answer(site)
    coordinator = visit().sign_in(mail, PASSWORD)
    page = coordinator.go("/chiffres?cote=jeunes").page
    expect(page.get_by_text(name).first).to_be_visible()
    before = accepted(page)
    coordinator.go(f"/demandes/{offer}")
    page.get_by_role("button", name="Accepter").first.click()
    coordinator.go("/chiffres?cote=jeunes")
    assert accepted(page) == before + 1

    staff = visit().sign_in(STAFF[0][0], PASSWORD)
    told = staff.go("/collectif/chiffres").page
    received = figure(told, "Demandes reçues")
    told.locator("summary", has_text="Période").first.click()
    told.get_by_role("link", name="30 jours").click()
    expect(told).to_have_url(re.compile("periode=30-jours"))
    expect(told.get_by_text(re.compile("que les 30.jours d’avant")).first).to_be_visible()
    assert int(re.sub(r"\D", "", figure(told, "Demandes reçues"))) < int(re.sub(r"\D", "", received))
    assert flask(site.environment, "figures", "check").wait(timeout=60) == 0


def downloaded(page: Page, act: Callable[[], Any]) -> list[list[str]]:
    with page.expect_download() as waiting:
        act()
    text = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def test_each_chart_is_a_table_and_a_file_and_staff_take_everything_away(visit: Visit, site: Site) -> None:
    staff = visit().sign_in(STAFF[0][0], PASSWORD)
    page = staff.go("/collectif/chiffres").page
    page.locator("#carte summary").click()
    rows = downloaded(page, page.locator("#carte").get_by_role("link", name=re.compile("CSV")).click)
    assert (len(rows), rows[0]) == (102, ["Département", "Code", "Reçues"])
    assert page.locator("#carte tbody tr").count() == 101
    everything = downloaded(page, page.get_by_role("button", name="Tout exporter").click)
    assert everything[0] == ["Association", "Côté", "Mesure", "Détail", "Valeur", "Nombre"]
    assert len(everything) > 1000
    with site.owner() as owner:
        kept = owner.execute("SELECT count(*) FROM journal_entry WHERE act = 'figures_exported'").fetchone()
    assert kept == (1,)


def test_a_period_is_chosen_at_the_keyboard_and_without_scripts(visit: Visit, site: Site) -> None:
    staff = visit().sign_in(STAFF[0][0], PASSWORD)
    plain = visit(390, javascript=False)
    plain.page.context.add_cookies([dict(one) for one in staff.page.context.cookies()])  # type: ignore[misc]
    page = plain.go("/collectif/chiffres").page
    page.locator("summary", has_text="Période").first.press("Enter")
    page.locator("#du").fill("2026-11-01")
    page.get_by_role("button", name="Afficher").press("Enter")
    expect(page.get_by_text("Cette période ne se lit pas")).to_be_visible()
    expect(page.locator("#contenu svg").first).to_be_visible()


def test_every_page_of_figures_is_clean(visit: Visit, site: Site) -> None:
    _, mail, _ = to_answer(site)
    said = look_at(visit(), ("/chiffres-du-mentorat", "/chiffres-du-mentorat?cote=benevoles"))
    said += look_at(visit().sign_in(mail, PASSWORD), ("/chiffres", "/chiffres?periode=30-jours", "/chiffres?du=x&au=y"))
    staff = (
        "/collectif/chiffres",
        "/collectif/chiffres?vue=personnes",
        "/collectif/chiffres?cote=benevoles&carte=binomes",
    )
    said += look_at(visit().sign_in(STAFF[0][0], PASSWORD), staff)
    assert said == []
