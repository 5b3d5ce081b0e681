"""The engine's room in the browser: the past lived again, rules that two people change and put back, and a lesson tried."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, expect

from portal.demo.logins import PASSWORD, STAFF
from portal.foundation import clock
from tests.e2e.conftest import Site, Visitor
from tests.e2e.test_every_page import AXE, faults_of
from tests.e2e.test_objectives_journey import administrator_of
from tests.e2e.test_story import one

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
Visit = Callable[..., Visitor]
(SAMIR, _), (INES, HER_NAME) = STAFF
ROOM = "/collectif/moteur"
FIRST_MATCH = "Le premier programme qui convient"
ARM = "ARM : la plus loin de son objectif"
WHY = "Une association de plus, décidée au comité."
REPLAYED = 60_000  # ms: seconds on a quiet machine
PLACED = "Chez une association à la fin"
TAUGHT = (
    "SELECT a.association_id, a.programme_id, count(*) FROM assignment a"
    " JOIN membership m ON m.association_id = a.association_id AND m.role = 'administrator' AND m.ended_at IS NULL"
    " JOIN account c ON c.id = m.account_id AND c.mail = ANY(%s)"
    " WHERE a.state = 'bounced' AND a.closed_at IS NOT NULL AND a.bounce_reason = 'age_or_level' AND a.side = 'mentee'"
    " GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 1"
)


def plain(place: Page | Locator) -> str:
    """What is read there, its spaces made ordinary."""
    shown = place.locator("main") if isinstance(place, Page) else place
    return re.sub(r"[\u00a0\u202f]", " ", shown.inner_text())


def whole(told: str) -> int:
    """« +1 234 », « −3 »."""
    return int(re.sub(r"[^\d-]", "", told.replace("−", "-")))


def press(place: Page, name: str) -> None:
    """At the keyboard."""
    with place.expect_navigation():
        place.get_by_role("button", name=name, exact=True).press("Enter")


def faults(page: Page) -> list[str]:
    """What axe says on a telephone and on a desk, and whether the page fits the narrowest telephone."""
    said = []
    page.evaluate(AXE)
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        said += [f"{page.url} at {width}: {fault}" for fault in faults_of(page)]
    page.set_viewport_size({"width": 320, "height": 900})
    if page.evaluate("document.documentElement.scrollWidth") > 320:
        said.append(f"{page.url} at 320: scrolls sideways")
    page.set_viewport_size({"width": 1280, "height": 900})
    return said


def choose(menu: Locator, words: str) -> None:
    """Of a closed list, by typing its first letters."""
    menu.focus()
    menu.press_sequentially(words[:14])
    expect(menu.locator("option:checked")).to_have_text(words)


def ask(page: Page, since: date) -> None:
    """« Et si nous avions fait autrement ? », from the room, without a mouse."""
    page.get_by_role("link", name="Nouveau rejeu").press("Enter")
    page.get_by_label("Premier jour").fill(since.isoformat())
    choose(page.get_by_label("Règle de répartition"), FIRST_MATCH)
    press(page, "Lancer le rejeu")


def downloaded(page: Page, name: str) -> str:
    """The file behind that line of the menu."""
    page.locator("summary", has_text="Télécharger").press("Enter")
    with page.expect_download() as waiting:
        page.get_by_role("link", name=name, exact=True).press("Enter")
    page.keyboard.press("Escape")
    return Path(waiting.value.path()).read_text(encoding="utf-8-sig")


def measure(page: Page, label: str) -> list[str]:
    """A line of « Avant et après »: in force, replayed, difference."""
    cells = page.get_by_role("table", name="Avant et après").locator("tr", has_text=label).locator("td")
    return [plain(cells.nth(at)) for at in range(3)]


def test_the_past_is_replayed_read_and_taken_away_and_proves_nothing_yet(visit: Visit, site: Site) -> None:
    samir = visit().sign_in(SAMIR, PASSWORD).go(ROOM)
    page = samir.page
    since = clock.today() - timedelta(days=60)
    ask(page, since)
    expect(page.get_by_role("heading", level=1)).to_contain_text(
        re.compile("accueilli|de plus|de moins"), timeout=REPLAYED
    )
    before, after, difference = map(whole, measure(page, PLACED))
    assert before > 0
    assert difference == after - before
    expect(page.get_by_text("commencent par la même")).to_be_visible()

    told = json.loads(downloaded(page, "Tout (JSON)"))
    assert (told["side"], told["since"]) == ("mentee", since.isoformat())
    assert told["changes"] == {"policy": {"name": "first_match", "hops": 3}}
    report = told["report"]
    assert (report["before"]["placed"], report["after"]["placed"]) == (before, after)
    rows = list(csv.reader(io.StringIO(downloaded(page, "Demandes (CSV)")), delimiter=";"))
    assert rows[0] == ["Demande", "En vigueur", "Rejoué"]
    assert len(rows) - 1 == len(report["moved"]) > 0
    moved = page.get_by_role("table", name="Demandes qui iraient ailleurs")
    expect(moved.get_by_role("link", name=rows[1][0], exact=True)).to_be_visible()
    assert faults(page) == []

    assert "Il manque un rejeu du côté des jeunes et du côté des bénévoles : sur 90 jours" in plain(page)
    expect(page.get_by_role("link", name="Proposer cette règle")).to_have_count(0)
    samir.go(f"{ROOM}/proposer")
    expect(page.get_by_label("Associations essayées")).to_have_value("3")
    choose(page.get_by_label("Règle de répartition"), FIRST_MATCH)
    page.get_by_label("Pourquoi").fill(WHY)
    press(page, "Proposer")
    samir.complaints.clear()  # the browser's own word on a 422
    assert "Il manque un rejeu du côté des jeunes" in plain(page)
    assert page.get_by_label("Pourquoi").input_value() == WHY
    assert faults(page) == []
    samir.go(ROOM)
    expect(page.get_by_role("link", name=FIRST_MATCH).first).to_be_visible()
    expect(page.get_by_role("region", name="Proposition en attente")).to_have_count(0)


def proved(site: Site, mail: str, ago: str) -> None:
    """As if this account had last shown who it is that long ago."""
    with site.owner() as owner:
        owner.execute(
            "UPDATE login_session SET proof_at = now() - %s::interval"
            " WHERE account_id = (SELECT id FROM account WHERE mail = %s)",
            (ago, mail),
        )


def version(site: Site) -> tuple[int, str, int]:
    number, name, hops = one(
        site, "SELECT version, name, maximum_hops FROM routing_policy ORDER BY version DESC LIMIT 1"
    )
    return int(str(number)), str(name), int(str(hops))


def waiting_for(page: Page) -> Locator:
    return page.get_by_role("region", name="Proposition en attente")


def publish_ones_own(samir: Visitor) -> None:
    """The page offers no such button: somebody who makes one up is refused too."""
    page = samir.page
    expect(page.get_by_role("button", name="Publier", exact=True)).to_have_count(0)
    expect(waiting_for(page)).to_contain_text("quelqu’un d’autre de l’équipe la publie ou la refuse")
    page.locator("form[action$='/retirer']").evaluate(
        "form => { form.action = form.action.replace('retirer', 'publier') }"
    )
    press(page, "Retirer ma proposition")
    samir.complaints.clear()  # the browser's own word on a 422
    assert "Il faut une deuxième personne : vous ne pouvez pas répondre à votre propre proposition." in plain(page)


def test_rules_change_and_change_back_only_by_two_people(visit: Visit, site: Site) -> None:
    number, *before = version(site)
    samir, ines = visit().sign_in(SAMIR, PASSWORD), visit().sign_in(INES, PASSWORD)
    proved(site, SAMIR, "0 minutes")
    proved(site, INES, "1 hour")
    page = samir.go(f"{ROOM}/proposer").page
    choose(page.get_by_label("Règle de répartition"), ARM)
    page.get_by_label("Associations essayées").fill("4")
    page.get_by_label("Pourquoi").fill(WHY)
    press(page, "Proposer")
    expect(page.get_by_text("La proposition attend une deuxième personne.")).to_be_visible()
    publish_ones_own(samir)
    assert version(site) == (number, *before)

    hers = ines.go(ROOM).page
    expect(waiting_for(hers)).to_contain_text("Samir Aubert")
    expect(waiting_for(hers)).to_contain_text(WHY)
    assert faults(hers) == []
    press(hers, "Publier")
    expect(hers.get_by_role("heading", name="Est-ce bien vous")).to_be_visible()
    hers.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    press(hers, "Continuer")
    press(hers, "Publier")
    assert version(site) == (number + 1, "arm", 4)
    assert f"La version {number + 1} est en vigueur." in plain(hers)
    expect(hers.get_by_role("heading", level=1)).to_contain_text("4 associations essayées au plus")
    assert f"version {number + 1}, depuis le " in plain(hers)
    assert f"publiée par {HER_NAME}" in plain(hers)

    hers.get_by_role("link", name=f"Revenir à la version {number}", exact=True).press("Enter")
    hers.get_by_label("Pourquoi").fill("L’équipe suffit, après trois associations.")
    assert faults(hers) == []
    press(hers, "Proposer d’y revenir")
    expect(waiting_for(hers)).to_contain_text("quelqu’un d’autre de l’équipe")
    samir.go(ROOM)
    press(page, "Publier")
    assert version(site) == (number + 2, *before)
    assert "publiée par Samir Aubert" in plain(page)
    assert faults(samir.go(f"{ROOM}/versions").page) == []


def versions_of(site: Site, programme: UUID) -> Iterable[Any]:
    return one(
        site,
        "SELECT (SELECT count(*) FROM programme_version WHERE programme_id = %s),"
        " (SELECT count(*) FROM criteria_proposal WHERE programme_id = %s)",
        programme,
        programme,
    )


def test_a_lesson_opens_as_a_draft_with_its_trial_and_saves_nothing(visit: Visit, site: Site) -> None:
    association, programme, _ = one(site, TAUGHT, list(site.accounts))
    kept = versions_of(site, programme)
    page = visit().sign_in(administrator_of(site, association), PASSWORD).go("/criteres").page
    lesson = page.locator("#lecons .notice", has=page.locator(f"a[href*='{programme}']")).first
    expect(lesson).to_contain_text("auraient été évitées")
    finding = plain(lesson.locator("strong"))
    assert faults(page) == []
    lesson.get_by_role("link", name="Essayer ce critère").press("Enter")
    expect(page).to_have_url(re.compile(rf"{programme}/jeunes\?lecon=age_or_level"))
    assert finding in plain(page)
    expect(page.get_by_text("rien ne change tant que vous n’enregistrez pas")).to_be_visible()
    expect(page.locator("#summary")).to_contain_text("Non enregistré")
    expect(page.locator(".criterion.is-changed")).to_have_count(1)
    expect(page.locator("#trial")).to_contain_text("auraient convenu")
    assert faults(page) == []
    assert versions_of(site, programme) == kept
