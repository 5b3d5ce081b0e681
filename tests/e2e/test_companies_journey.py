"""A company reads, finds its associations and asks to be called; an employee comes by its link, and is counted."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Site, Visitor
from tests.e2e.people import confirm, fill, mailed_link, send_form

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
Visit = Callable[..., Visitor]
EMPLOYEE_MAIL = "noemie.carlier@example.org"
COUNT = "SELECT company_volunteers(id) FROM company WHERE slug = %s"
SLUG = "filature-du-nord"


def employee() -> list[tuple[str, dict[str, object]]]:
    return [
        ("prenom", {"first_name": "Noémie", "last_name": "Carlier"}),
        ("naissance", {"day": "1", "month": "1", "year": "1985"}),
        ("situation", {"situations": ["employed"]}),
        ("niveau", {"level": "bac+5"}),
        ("experience", {"employer": "Filature du Nord", "business_background": "yes"}),
        ("besoins", {"needs": ["first_job", "guidance"]}),
        ("lieu", {"postal_code": "59100"}),
        ("rencontre", {"meeting": "either"}),
        ("engagement", {"months": "12", "hours": "8"}),
        ("contact", {"mail": EMPLOYEE_MAIL}),
    ]


def counted(site: Site) -> int:
    with site.owner() as owner:
        row = owner.execute(COUNT, (SLUG,)).fetchone()
    assert row is not None
    return int(str(row[0]))


def test_a_company_reads_orients_itself_and_asks_to_be_called(visit: Visit, site: Site) -> None:
    company = visit(1280)
    page = company.go("/").page
    page.get_by_role("link", name="Entreprises", exact=True).click()
    page.get_by_role("link", name="Lire la page").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.get_by_role("link", name=re.compile("Trouver nos associations")).click()
    fill(page, {"lieu": "Roubaix", "causes": ["job"], "ages": ["middle", "over_50"], "heures": "8", "mois": "12"})
    page.get_by_role("button", name="Voir les associations").click()
    expect(page).to_have_url(re.compile("/orienter/resultat"))
    cards = page.locator("article.match")
    assert 2 <= cards.count() <= 5
    assert page.get_by_text("Pourquoi", exact=True).count() == cards.count()
    chosen = cards.first.locator("h2").inner_text()
    cards.first.get_by_role("link", name=re.compile("Être mis en relation")).click()
    assert chosen in page.inner_text("main")
    fill(page, {"company": "Verrerie d’essai", "name": "Hélène Marquis", "mail": "helene.marquis@example.org"})
    page.locator('input[name="agreed"]').check(force=True)
    page.get_by_role("button", name="Envoyer la demande").click()
    expect(page).to_have_url(re.compile("/entreprises/recue"))
    found = re.search(r"E-\d{4}-\w{6}", page.inner_text("main"))
    assert found
    with site.owner() as owner:
        row = owner.execute(
            "SELECT l.company_name, l.answers->>'rhythm', jsonb_array_length(l.associations), o.message"
            " FROM lead l JOIN outbox o ON o.reference_id = l.id WHERE l.number = %s",
            (found.group(),),
        ).fetchone()
    assert row == ("Verrerie d’essai", "8", 1, "lead_received")


def test_an_employee_comes_by_the_link_and_the_count_rises_once_confirmed(visit: Visit, site: Site) -> None:
    before = counted(site)
    page = visit(390, 844).go(f"/e/{SLUG}").page
    assert "Les mentors de Filature du Nord" in page.inner_text("h1")
    page.get_by_role("link", name="Devenir mentor").click()
    send_form(page, employee())
    assert counted(site) == before
    confirm(page, mailed_link(site.mail, EMPLOYEE_MAIL, "confirmer"))
    expect(page.locator("main")).to_be_visible()
    assert counted(site) == before + 1
    again = visit(1280).go(f"/e/{SLUG}").page.inner_text("main")
    told = (before + 1) // 5 * 5  # to the public, rounded down to five
    assert (f"{told} salariés" in again.replace("\u00a0", " ")) is (told >= 5)
    assert "Carlier" not in again
