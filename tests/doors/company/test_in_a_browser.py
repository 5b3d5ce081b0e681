"""The companies' pages in a real browser: three widths, no sideways scroll, axe, keyboard, and no scripts at all."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy.orm import Session

from portal.models.campaign import Campaign
from portal.models.referral import ReferralState
from tests.browser import faults
from tests.doors.company.scene import bring, open_association, open_company
from tests.factories import make_referral

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
RESULT = "/entreprises/orienter/resultat?lieu=Roubaix&lieu2=Lyon&causes=job&engagement=mentors&rencontre=either"
PATHS = (
    "/entreprises",
    "/entreprises/informer",
    "/entreprises/orienter",
    "/entreprises/orienter/resultat?lieu=Xyzzy",
    RESULT,
    f"{RESULT}&ages=under_30&heures=1",
    "/entreprises/conseiller",
    "/entreprises/contact?lieu=Roubaix&engagement=mentors&rencontre=either",
    "/entreprises/rendez-vous",
    "/entreprises/lien-salaries",
    "/e/filature-du-nord",
    "/e/fermee",
)


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(locale="fr-FR")
    yield context.new_page()
    context.close()


@pytest.fixture
def network(arrange: Session, campaign: Campaign) -> None:
    open_association(arrange, campaign, "Emploi", {"test": "need", "any_of": ["first_job"]})
    open_association(arrange, campaign, "Ouverte")
    open_association(
        arrange, campaign, "Seniors", None, {"all": [{"test": "age", "min": 50}, {"test": "hours_a_month", "min": 8}]}
    )
    bring(arrange, campaign, open_company(arrange), ReferralState.PLACED, 6)
    open_company(arrange, "fermee", closed=True)
    for _ in range(5):
        make_referral(arrange, campaign, state=ReferralState.WAITLISTED)
    arrange.commit()


@pytest.mark.usefixtures("network")
def test_every_page_is_readable_by_everybody_at_every_width(site: str, page: Page) -> None:
    complaints: list[str] = []
    page.on(
        "console",
        lambda said: complaints.append(said.text) if said.type == "error" and "status of 4" not in said.text else None,
    )
    said = []
    for path in PATHS:
        page.goto(site + path)
        said += faults(page)
    assert said + complaints == []


@pytest.mark.usefixtures("network")
def test_a_company_goes_from_the_choice_to_its_number_by_keyboard(site: str, page: Page) -> None:
    page.goto(f"{site}/entreprises/orienter")
    page.get_by_label("Votre site principal").focus()
    page.keyboard.type("Roubaix")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "associations pour votre entreprise" in page.inner_text("h1")
    page.get_by_role("link", name="Être mis en relation avec Ouverte").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Votre entreprise").focus()
    page.keyboard.type("Filature du Nord")
    page.get_by_label("Vos prénom et nom").fill("Hélène Marquis")
    page.get_by_label("Votre adresse e-mail").fill("helene@example.org")
    page.get_by_label("J’accepte").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Envoyer la demande").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "bien reçue" in page.inner_text("h1")
    assert faults(page) == []


@pytest.mark.usefixtures("network")
def test_without_scripts_everything_still_works(site: str, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="fr-FR")
    page = context.new_page()
    page.goto(f"{site}/entreprises/orienter")
    page.get_by_label("Votre site principal").fill("59100")
    page.get_by_role("button", name="Voir les associations").click()
    page.get_by_text("Voir pourquoi pas elles").or_(
        page.get_by_role("link", name="Demander à être rappelé")
    ).first.click()
    page.goto(f"{site}/e/filature-du-nord")
    page.get_by_role("link", name="Devenir mentor").click()
    assert page.url.endswith("/je-deviens-mentor/prenom")
    context.close()
