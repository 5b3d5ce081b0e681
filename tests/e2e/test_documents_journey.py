"""Documents from end to end: asked for in a browser, drawn by the worker, seen to progress, downloaded and read."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from portal.demo.logins import COORDINATORS, PASSWORD, STAFF
from portal.demo.roubaix import roubaix_associations
from tests.e2e.conftest import Site, Visitor
from tests.e2e.test_every_page import look_at
from tests.paper.reading import plain

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
Visit = Callable[..., Visitor]
DRAWN_WITHIN_MS = 90_000
COORDINATOR = COORDINATORS["proxite"][0]


def downloaded(page: Page, title: str) -> tuple[str, bytes]:
    """The newest document of that title, once it is ready: the name it is kept under, and its content."""
    link = page.get_by_role("link", name=f"Télécharger {title} (PDF)").first
    link.wait_for(timeout=DRAWN_WITHIN_MS)
    with page.expect_download() as kept:
        link.click()
    return kept.value.suggested_filename, Path(kept.value.path()).read_bytes()


def sheets(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", plain(pdf)))


def test_a_coordinator_asks_for_last_month_waits_and_downloads_it(visit: Visit) -> None:
    visitor = visit().sign_in(COORDINATOR, PASSWORD)
    page = visitor.go("/chiffres/rapports").page
    month = page.get_by_label("Mois").locator("option:checked").inner_text()
    visitor.press("Préparer le rapport")
    expect(page.get_by_role("status").filter(has_text="se prépare").first).to_be_visible()
    name, file = downloaded(page, f"Rapport {'d’' if month[0] in 'AO' else 'de '}{month.lower()}")
    assert re.fullmatch(r"rapport-\d{4}-\d{2}\.pdf", name)
    assert file.startswith(b"%PDF-")
    assert sheets(file) >= 1
    expect(page.locator("#documents")).not_to_have_attribute("hx-get", re.compile("."))


def test_without_javascript_one_refreshes_by_hand(visit: Visit) -> None:
    visitor = visit(javascript=False).sign_in(COORDINATOR, PASSWORD)
    page = visitor.go("/chiffres/rapports").page
    page.get_by_label("Mois").select_option(index=2)
    visitor.press("Préparer le rapport")
    ready = page.get_by_role("row").nth(1).get_by_role("link")
    for _ in range(90):
        if ready.count():
            break
        page.wait_for_timeout(1000)
        page.get_by_role("link", name="Actualiser").click()
    expect(ready).to_be_visible()


def test_staff_have_the_brochure_of_roubaix_and_the_boards_report_drawn(visit: Visit, site: Site) -> None:
    visitor = visit().sign_in(STAFF[0][0], PASSWORD)
    page = visitor.go("/collectif/documents").page
    page.get_by_label("Territoire").fill("cite educative de roubaix")
    visitor.press("Chercher")
    page.get_by_label("Cité éducative de Roubaix").check()
    visitor.press("Préparer la brochure")
    visitor.press("Préparer le rapport")
    expect(page.locator("#documents progress, #documents .badge").first).to_be_visible()
    name, brochure = downloaded(page, "Brochure\u00a0: Cité éducative de Roubaix")
    assert name == "brochure-zone-cite-educative-roubaix.pdf"
    assert sheets(brochure) >= 3 + len(roubaix_associations()) + 1
    title = page.locator("#documents th", has_text="Rapport pour le conseil").first.inner_text()
    name, board = downloaded(page, title)
    assert name.startswith("conseil-20")
    assert sheets(board) >= 6


def test_the_pages_of_documents_are_clean_at_every_width(visit: Visit) -> None:
    coordinator = visit().sign_in(COORDINATOR, PASSWORD)
    assert look_at(coordinator, ("/chiffres/rapports",), {}) == []
    staff = visit().sign_in(STAFF[0][0], PASSWORD)
    assert look_at(staff, ("/collectif/documents", "/collectif/documents?lieu=Roubaix"), {}) == []
