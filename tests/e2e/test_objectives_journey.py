"""Staff declare an objective, the association its outside count; both see one attainment, and ARM follows it."""

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from portal.demo.logins import PASSWORD, STAFF
from tests.e2e.conftest import Site, Visitor
from tests.e2e.people import REFUGEE, confirm, mailed_link, send_form
from tests.e2e.test_story import coordinator_of, one, sign_in, wait_for_offer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
Visit = Callable[..., Visitor]
MAIL = "nour.belkacem@example.org"


def somebody(mail: str) -> list[tuple[str, dict[str, object]]]:
    """As the refugee of the story, under another name."""
    own: dict[str, dict[str, object]] = {
        "prenom": {"first_name": "Nour", "last_name": "Belkacem"},
        "contact": {"mail": mail, "telephone": "06 39 98 45 67"},
    }
    return [(step, own.get(step, values)) for step, values in REFUGEE]


def administrator_of(site: Site, association_id: UUID) -> str:
    (mail,) = one(
        site,
        "SELECT a.mail FROM account a JOIN membership m ON m.account_id = a.id"
        " WHERE m.association_id = %s AND m.role = 'administrator' AND m.ended_at IS NULL AND a.mail = ANY(%s)"
        " ORDER BY a.id LIMIT 1",
        association_id,
        list(site.accounts),
    )
    return str(mail)


def first_choice(page: Page, referral_id: UUID, site: Site) -> str:
    """Whom ARM would choose now: first of the list that staff orient from."""
    page.goto(f"{site.address}/collectif/demandes/{referral_id}/orienter")
    words = page.locator("#programme label").first.inner_text()
    return re.sub(r"^\s*1\.\s*", "", words).split("\n")[0].strip()


def attainment(page: Page) -> str:
    """The share written in the page's title."""
    found = re.search(r"\d+(?=\s%)", page.locator("h1").inner_text())
    assert found
    return found.group()


def test_an_objective_and_an_outside_count_are_seen_alike_and_decide_who_is_served(visit: Visit, site: Site) -> None:
    young = visit().go("/je-cherche-un-mentor")
    number = send_form(young.page, somebody(MAIL))
    confirm(young.page, mailed_link(site.mail, MAIL, "confirmer"))
    offer, served, _ = wait_for_offer(site, number)
    (referral,) = one(site, "SELECT id FROM referral WHERE number = %s", number)

    staff = sign_in(visit, STAFF[0][0])
    next_in_turn = first_choice(staff.page, referral, site)
    (association,) = one(site, "SELECT id FROM association WHERE name = %s", next_in_turn)

    page = staff.go("/collectif/objectifs").page
    page.get_by_role("link", name=next_in_turn, exact=True).click()
    before = attainment(page)
    amount = page.get_by_label("Objectif", exact=True)
    amount.fill(str(int(amount.input_value()) * 2))
    page.get_by_label("D’où vient ce nombre").fill("Avenant à l’appel à projets")
    expect(page.locator("#effects")).to_contain_text("Avancement")
    with page.expect_navigation():
        page.get_by_role("button", name="Enregistrer").click()
    halved = attainment(page)
    assert int(halved) < int(before)
    expect(page.get_by_role("row", name=re.compile("v2"))).to_contain_text("Samir Aubert")
    their_page = page.url

    administrator = visit(390, 844).sign_in(administrator_of(site, association), PASSWORD)
    own = administrator.go("/objectif").page
    assert attainment(own) == halved
    (objective,) = one(
        site,
        "SELECT amount FROM objective WHERE association_id = %s AND side = 'mentee' ORDER BY version DESC LIMIT 1",
        association,
    )
    own.get_by_label(re.compile("^Jeunes venus autrement")).fill(str(objective * 3))
    own.get_by_role("heading", level=1).click()
    expect(own.locator("#effects-mentee")).to_contain_text("Non enregistré")
    with own.expect_navigation():
        own.locator("#mentee").get_by_role("button", name="Déclarer au jour d’aujourd’hui").click()
    told = attainment(own)
    assert int(told) >= 300
    page.goto(their_page)
    assert attainment(page) == told

    then = first_choice(page, referral, site)
    assert then != next_in_turn
    coordinator = visit().sign_in(coordinator_of(site, served), PASSWORD)
    answer = coordinator.go(f"/demandes/{offer}").page
    answer.get_by_role("link", name=re.compile("Réorienter")).first.click()
    answer.get_by_label(re.compile("Plus de place")).check(force=True)
    answer.get_by_role("button", name=re.compile("Réorienter")).last.click()

    _, _, chosen = wait_for_offer(site, number, other_than=served)
    assert chosen == then
