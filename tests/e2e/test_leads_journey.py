"""A company's request in the browser: called, given its link, and a text of the offer rewritten, looked at, published."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from portal.demo.logins import PASSWORD, STAFF
from portal.foundation import clock
from tests.e2e.conftest import Site, Visitor
from tests.e2e.people import fill

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
Visit = Callable[..., Visitor]
COMPANY = "Tannerie des Trois Ponts"
MAIL = "lucie.ferrand@example.org"
TELEPHONE = "06 39 98 00 21"
NEW_TITLE = "Le mentorat, raconté aux entreprises"


def one(site: Site, query: str, *values: object) -> tuple[object, ...]:
    with site.owner() as owner:
        row = owner.execute(query, values).fetchone()
    assert row is not None
    return row


def ask_to_be_called(page: Page) -> str:
    """What the company does; returns its request's number."""
    fill(page, {"company": COMPANY, "name": "Lucie Ferrand", "mail": MAIL, "telephone": TELEPHONE})
    page.get_by_label(re.compile("^Message|Votre message")).fill("Nous sommes deux cents, sur trois sites.")
    page.locator('input[name="agreed"]').check(force=True)
    page.get_by_role("button", name="Envoyer la demande").click()
    expect(page).to_have_url(re.compile("/entreprises/recue"))
    found = re.search(r"E-\d{4}-\w{6}", page.inner_text("main"))
    assert found
    return found.group()


def save(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def test_a_request_is_taken_called_and_never_lost(visit: Visit, site: Site) -> None:
    number = ask_to_be_called(visit(390, 844).go("/entreprises/contact").page)
    samir = visit(1280).sign_in(STAFF[0][0], PASSWORD)
    page = samir.go("/collectif/entreprises").page
    assert "à rappeler" in page.inner_text("h1")
    assert MAIL not in page.content()
    page.get_by_role("link", name=COMPANY).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(COMPANY)
    assert MAIL not in page.content()
    save(page, "Prendre en charge")
    assert f"Vous suivez maintenant {COMPANY}." in page.inner_text("main")
    save(page, "Voir les coordonnées")
    contact = page.locator("#coordonnees").inner_text().replace("\u00a0", " ")
    assert "Lucie Ferrand" in contact
    assert MAIL in contact
    assert TELEPHONE in contact
    page.get_by_label("État").select_option("called")
    page.get_by_label("Ce qui s’est dit").fill("Deux cents salariés, une page pour les trois sites.")
    page.get_by_label("Prochaine action").fill("")
    save(page, "Enregistrer")
    assert "Dites ce qui vient ensuite" in page.inner_text("main")
    samir.complaints.clear()  # the browser's own word on a 422
    assert "trois sites" in page.get_by_label("Ce qui s’est dit").input_value()
    page.get_by_label("Prochaine action").fill("Donner le lien et le kit")
    page.get_by_label("Pour le").fill(clock.today().isoformat())
    save(page, "Enregistrer")
    assert "une page pour les trois sites" in page.inner_text("main")
    kept = one(site, "SELECT state, owner_id IS NOT NULL, next_action FROM lead WHERE number = %s", number)
    assert kept == ("called", True, "Donner le lien et le kit")
    acts = one(
        site,
        "SELECT count(*) FILTER (WHERE act = 'lead_read'), count(*) FILTER (WHERE act = 'lead_changed')"
        " FROM journal_entry WHERE detail = (SELECT id::text FROM lead WHERE number = %s)",
        number,
    )
    assert acts == (1, 2)
    page.goto(f"{site.address}/collectif/entreprises?vue=appelees&qui=moi")
    assert COMPANY in page.inner_text("main")


def test_a_company_gets_its_link_which_closes_and_says_so(visit: Visit, site: Site) -> None:
    page = visit(390, 844).sign_in(STAFF[1][0], PASSWORD).go("/collectif/entreprises/liens/nouveau").page
    page.get_by_label("Nom de l’entreprise").fill("Câblerie de l’Œuvre")
    page.get_by_label("Quelques mots").fill("Les mentors se retrouvent le mardi.")
    save(page, "Ouvrir le lien")
    link = page.locator(".copyable").inner_text().strip()
    assert link == f"{site.address}/e/cablerie-de-l-oeuvre"
    assert page.get_by_role("button", name="Copier le lien").is_visible()
    employee = visit(390, 844).page
    employee.goto(link)
    assert "Les mentors se retrouvent le mardi." in employee.inner_text("main")
    save(page, "Fermer le lien")
    assert "Lien fermé" in page.inner_text("main")
    assert employee.request.get(link).status == 410
    save(page, "Rouvrir le lien")
    assert employee.request.get(link).status == 200


def test_a_text_is_looked_at_published_and_put_back(visit: Visit, site: Site) -> None:
    page = visit(1280).sign_in(STAFF[0][0], PASSWORD).go("/collectif/entreprises/textes").page
    page.get_by_role("link", name="Informer", exact=True).click()
    page.get_by_label("Titre", exact=True).fill(NEW_TITLE)
    page.get_by_label("Texte", exact=True).fill("## Pourquoi ?\n\nParce que **cela marche** : [voir](/entreprises).")
    save(page, "Aperçu")
    preview = page.locator("#apercu")
    assert NEW_TITLE in preview.inner_text()
    expect(preview.locator("strong")).to_have_text("cela marche")
    assert one(site, "SELECT count(*) FROM offer_text WHERE page = 'informer'") == (0,)
    reader = visit(1280)
    assert NEW_TITLE not in reader.go("/entreprises/informer").page.inner_text("main")
    save(page, "Enregistrer comme brouillon")
    assert NEW_TITLE not in reader.go("/entreprises/informer").page.inner_text("main")
    page.get_by_role("link", name="Version 1").click()
    assert "Retiré" in page.inner_text("main")
    save(page, "Publier ce brouillon")
    assert NEW_TITLE in reader.go("/entreprises/informer").page.inner_text("main")
    page.get_by_role("link", name="Texte d’origine", exact=True).click()
    save(page, "Remettre cette version")
    assert NEW_TITLE not in reader.go("/entreprises/informer").page.inner_text("main")
    numbers = one(site, "SELECT count(*), max(number) FROM offer_text WHERE page = 'informer'")
    assert numbers == (2, 2)
