"""An administrator widens a programme: the trial says who would come, and once saved they come; then puts it back."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from matching.criteria import read_criteria
from portal.demo.logins import COORDINATORS, PASSWORD, STAFF
from tests.e2e.conftest import Site, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
AXE = (Path(__file__).parents[1] / "web" / "axe.min.js").read_text(encoding="utf-8")
Visit = Callable[..., Visitor]
AICHA, _ = COORDINATORS["ricochets-et-compagnie"]
WAITING = (
    "SELECT id FROM referral WHERE side = 'mentee' AND (state = 'waitlisted'"
    " OR (state = 'unroutable' AND unroutable_why IN ('none', 'exhausted')))"
)
AGED = (
    "SELECT p.id, p.name, p.association_id, v.number FROM programme p"
    " JOIN membership m ON m.association_id = p.association_id JOIN account a ON a.id = m.account_id"
    " JOIN programme_version v ON v.programme_id = p.id AND v.side = 'mentee'"
    " WHERE a.mail = %s AND v.criteria::text LIKE '%%\"age\"%%' AND v.criteria::text NOT LIKE '%%\"need\"%%'"
    " AND v.criteria::text NOT LIKE '%%\"public\"%%' ORDER BY v.number DESC, p.name LIMIT 1"
)


def rows(site: Site, query: str, *values: Any) -> list[Any]:
    with site.owner() as owner:
        return owner.execute(query, values).fetchall()


def held_by(site: Site, association: UUID) -> set[UUID]:
    query = "SELECT referral_id FROM assignment WHERE association_id = %s AND closed_at IS NULL"
    return {referral for (referral,) in rows(site, query, association)}


def open_editor(page: Page, programme: str) -> None:
    page.get_by_role("link", name=f"Modifier, {programme}, jeunes").click()
    expect(page.get_by_role("heading", name=re.compile("À qui répondez-vous"))).to_be_visible()


def foreseen(page: Page) -> range:
    """How many of those who wait would come, as the panel says: rounded down to five."""
    said = page.locator("#trial").inner_text().replace("\u00a0", " ")
    found = re.search(r"(moins de 5|\d+)\s+demandes? en attente viendrai", said)
    assert found, said
    least = 0 if found.group(1).startswith("moins") else int(found.group(1))
    return range(least, least + 5)


def test_an_administrator_edits_tries_saves_and_those_who_wait_come(visit: Visit, site: Site) -> None:
    programme_id, programme, association, number = rows(site, AGED, AICHA)[0]
    aicha = visit(1280).sign_in(AICHA, PASSWORD).go("/criteres")
    page = aicha.page
    open_editor(page, programme)
    with page.expect_response(re.compile("/essai$")):
        page.get_by_label("Âge le plus bas").fill("3")
        page.get_by_label("Âge le plus haut").fill("90")
        page.get_by_label("Âge le plus haut").blur()
    expect(page.locator("#trial")).to_contain_text("Dès la publication")
    expect(page.locator("#summary")).to_contain_text("Non enregistré")
    waiting, before = {referral for (referral,) in rows(site, WAITING)}, held_by(site, association)
    coming = foreseen(page)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Vos critères sont en vigueur")).to_be_visible()
    deadline = time.monotonic() + 60
    come: set[UUID] = set()
    while len(come) < max(1, coming.start) and time.monotonic() < deadline:
        come = (held_by(site, association) - before) & waiting
        time.sleep(0.3)
    assert come, "the demo season has somebody whom only age keeps away"
    assert len(come) in coming
    aicha.go("/demandes")
    expect(page.get_by_role("heading", level=1).first).to_contain_text("à traiter")

    aicha.go(f"/criteres/{programme_id}/jeunes/versions")
    expect(page.get_by_role("heading", name=f"La version {number + 1} est en vigueur")).to_be_visible()
    page.get_by_role("link", name=f"Remettre en vigueur la version {number}", exact=True).click()
    expect(page.get_by_role("heading", name="Essai sur 30 jours")).to_be_visible()
    page.get_by_role("button", name="Remettre en vigueur").click()
    expect(page.get_by_text("Vos critères sont en vigueur")).to_be_visible()
    written = rows(
        site,
        "SELECT number, criteria FROM programme_version WHERE programme_id = %s AND side = 'mentee' ORDER BY number",
        programme_id,
    )
    assert [one[0] for one in written][-3:] == [number, number + 1, number + 2]
    assert read_criteria(written[-1][1]) == read_criteria(written[-3][1])


def test_the_form_works_without_scripts_on_a_phone(visit: Visit, site: Site) -> None:
    programme_id, programme, *_ = rows(site, AGED, AICHA)[0]
    versions = rows(site, "SELECT count(*) FROM programme_version WHERE programme_id = %s", programme_id)
    page = visit(320, 700, javascript=False).sign_in(AICHA, PASSWORD).go("/criteres").page
    open_editor(page, programme)
    page.locator("summary", has_text="Ajouter un critère").click()
    page.get_by_role("button", name="Territoire", exact=True).last.click()
    page.get_by_label("Ajouter un lieu").last.fill("roubaix")
    page.get_by_role("button", name="Chercher").last.click()
    page.get_by_role("button", name="Roubaix", exact=True).click()
    expect(page.get_by_role("button", name="Retirer Roubaix")).to_be_visible()
    page.get_by_role("button", name="Essayer").last.click()
    expect(page.locator("#trial")).to_contain_text("auraient convenu")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert rows(site, "SELECT count(*) FROM programme_version WHERE programme_id = %s", programme_id) == versions


def violations(page: Page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [f"{one['id']}: {[node['html'][:90] for node in one['nodes']][:2]}" for one in found["violations"]]


@pytest.fixture
def under_approval(site: Site) -> Iterator[None]:
    """The Collectif reads this association's criteria before they are in force."""
    change = "UPDATE association SET approval_required = %s WHERE slug = 'ricochets-et-compagnie'"
    with site.owner() as owner:
        owner.execute(change, (True,))
        yield
        owner.execute(change, (False,))


def test_where_the_collectif_approves_it_reads_compares_and_answers(
    visit: Visit, site: Site, under_approval: None
) -> None:
    _, programme, *_ = rows(site, AGED, AICHA)[0]
    aicha = visit(1280).sign_in(AICHA, PASSWORD).go("/criteres")
    open_editor(aicha.page, programme)
    aicha.page.get_by_label("Âge le plus haut").fill("29")
    aicha.page.get_by_label("Pourquoi ce changement").fill("Nos mentors travaillent.")
    aicha.page.get_by_role("button", name="Proposer cette version").click()
    expect(aicha.page.get_by_text("attendent la relecture du Collectif")).to_be_visible()
    assert violations(aicha.page) == []

    staff = visit(390).sign_in(STAFF[0][0], PASSWORD).go("/collectif/criteres").page
    staff.get_by_role("link", name=f"Relire {programme}, jeunes").click()
    expect(staff.locator("mark")).to_have_count(2)
    expect(staff.get_by_text("Nos mentors travaillent.")).to_be_visible()
    assert violations(staff) == []
    assert staff.evaluate("document.documentElement.scrollWidth") <= 390
    staff.get_by_label("Pourquoi").fill("La convention de votre programme s’arrête à 25 ans.")
    staff.get_by_role("button", name="Refuser cette proposition").click()
    expect(staff.get_by_text("Ses critères ne changent pas")).to_be_visible()

    aicha.go("/criteres")
    expect(aicha.page.get_by_text("La convention de votre programme s’arrête à 25 ans.")).to_be_visible()
