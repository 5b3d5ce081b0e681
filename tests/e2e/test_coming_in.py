"""Coming in, in Chromium: an invitation to its end, a forgotten password, a member who leaves; axe on every page."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from portal.demo.logins import COORDINATORS, PASSWORD, STAFF
from tests.e2e.conftest import Site, Visitor
from tests.e2e.people import mailed_link, next_code
from tests.e2e.test_every_page import look_at

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
Visit = Callable[..., Visitor]
BOSS = COORDINATORS["duo-for-a-job"][0]
NEW = "jeanne.petit@example.org"
CHOSEN = "brique lavande horizon tambour"
CHANGED = "cerise pendule archipel velours"


def invite(boss: Visitor, mail: str) -> None:
    boss.go("/equipe").page.get_by_role("link", name="Inviter").click()
    boss.page.get_by_label("Adresse e-mail").fill(mail)
    boss.press("Envoyer l’invitation")
    expect(boss.page.get_by_text("1 invitation en attente")).to_be_visible()


def set_up_factor(visitor: Visitor, mail: str) -> str:
    """As somebody who cannot scan does: copies the secret. Returns it."""
    page = visitor.page
    page.get_by_text("Je ne peux pas scanner").click()
    secret = page.locator("details code").inner_text().replace(" ", "")
    assert re.fullmatch(r"[A-Z2-7]{32}", secret)
    visitor.site.steps.pop(mail, None)
    return secret


def join(visitor: Visitor, link: str, mail: str) -> str:
    """From the link of the invitation to the first page; returns the secret."""
    page = visitor.page
    page.goto(link)
    expect(page.get_by_role("heading", name="Rejoindre DUO for a JOB")).to_be_visible()
    page.get_by_label("Prénom et nom").fill("Jeanne Petit")
    page.get_by_label("Mot de passe", exact=True).fill(CHOSEN)
    visitor.press("Créer mon compte")
    secret = set_up_factor(visitor, mail)
    page.get_by_label("Code à 6 chiffres").fill(next_code(visitor.site.steps, mail, secret))
    visitor.press("Confirmer")
    assert page.locator("code.code").count() == 8
    page.get_by_role("link", name=re.compile("continuer")).click()
    return secret


def newest_link(folder: Path, to: str, path: str, other_than: str = "") -> str:
    deadline = time.monotonic() + 60
    while (found := mailed_link(folder, to, path)) == other_than and time.monotonic() < deadline:
        time.sleep(0.3)
    return found


def test_somebody_is_invited_comes_in_forgets_the_password_and_leaves(visit: Visit, site: Site) -> None:
    boss = visit().sign_in(BOSS, PASSWORD)
    invite(boss, NEW)
    jeanne = visit(390, 844)
    secret = join(jeanne, newest_link(site.mail, NEW, "invitation"), NEW)
    expect(jeanne.page).to_have_url(re.compile("/demandes$"))
    boss.go("/equipe")
    expect(boss.page.get_by_role("row", name=re.compile("Jeanne Petit")).first).to_contain_text("Réglé")

    forgetful = visit()
    forgetful.go("/connexion").page.get_by_role("link", name="Mot de passe oublié").click()
    forgetful.page.get_by_label("Adresse e-mail").fill(NEW)
    forgetful.press("Recevoir un lien")
    forgetful.page.goto(newest_link(site.mail, NEW, "mot-de-passe"))
    forgetful.page.get_by_label("Nouveau mot de passe").fill(CHANGED)
    forgetful.press("Choisir ce mot de passe")
    jeanne.go("/demandes")
    expect(jeanne.page).to_have_url(re.compile("/connexion"))
    forgetful.give_password(NEW, CHANGED)
    expect(forgetful.page).to_have_url(re.compile("/connexion/code"))
    forgetful.give_code(NEW, secret)
    expect(forgetful.page).to_have_url(re.compile("/demandes$"))

    boss.go("/equipe").page.get_by_role("link", name="Mettre fin à l’accès de Jeanne Petit").click()
    boss.press("Mettre fin à l’accès")
    forgetful.go("/demandes")
    expect(forgetful.page).to_have_url(re.compile("/connexion"))


def test_each_page_of_coming_in_is_clean(visit: Visit, site: Site) -> None:
    with site.owner() as owner:
        member = owner.execute(
            "SELECT m.id FROM membership m JOIN account a ON a.id = m.account_id WHERE a.mail = %s", [BOSS]
        ).fetchone()
        account = owner.execute("SELECT id FROM account WHERE mail = %s", [BOSS]).fetchone()
    assert member
    assert account
    named = {"member": member[0], "account": account[0]}
    nobody = ("/mot-de-passe", "/mot-de-passe/demande", f"/mot-de-passe/{member[0]}/x", f"/invitation/{member[0]}/x")
    assert look_at(visit(), nobody, {}) == []
    own = ("/compte", "/compte/mot-de-passe", "/compte/second-facteur", "/compte/codes-de-secours", "/compte/preuve")
    team = ("/equipe", "/equipe/inviter", "/equipe/{member}/role", "/equipe/{member}/fin")
    assert look_at(visit().sign_in(BOSS, PASSWORD), own + team, named) == []
    accounts = ("", "/inviter", "/{account}", "/{account}/fermer", "/{account}/rouvrir", "/{account}/second-facteur")
    staff = visit().sign_in(STAFF[0][0], PASSWORD)
    assert look_at(staff, tuple(f"/collectif/equipe{path}" for path in accounts), named) == []


def test_each_page_half_way_in_is_clean(visit: Visit, site: Site) -> None:
    boss = visit().sign_in(BOSS, PASSWORD)
    invite(boss, "autre.personne@example.org")
    newcomer = visit()
    link = newest_link(site.mail, "autre.personne@example.org", "invitation")
    path = link.removeprefix(site.address)
    assert look_at(newcomer, (path,), {}) == []
    newcomer.page.get_by_label("Prénom et nom").fill("Autre Personne")
    newcomer.page.get_by_label("Mot de passe", exact=True).fill(CHOSEN)
    newcomer.press("Créer mon compte")
    assert look_at(newcomer, ("/connexion/second-facteur", path), {}) == []
    half = visit()
    half.give_password(STAFF[1][0], PASSWORD)
    assert look_at(half, ("/connexion/code", "/connexion/secours"), {}) == []


def test_the_second_factor_works_without_scripts(visit: Visit, site: Site) -> None:
    visitor = visit(320, 700, javascript=False)
    visitor.give_password(STAFF[1][0], PASSWORD)
    expect(visitor.page.get_by_role("heading", name="Votre code à 6 chiffres")).to_be_visible()
    visitor.give_code(STAFF[1][0])
    expect(visitor.page).to_have_url(re.compile("/collectif/demandes"))
