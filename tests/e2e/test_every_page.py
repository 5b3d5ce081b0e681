"""Every page, as everybody who may open it, at three widths: axe finds nothing, nothing scrolls sideways, no CSP error."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from portal.demo.logins import PASSWORD, STAFF
from tests.e2e.conftest import Site, Visitor
from tests.e2e.people import REFUGEE, fill, send_form, tracking_link

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
AXE = (Path(__file__).parents[1] / "web" / "axe.min.js").read_text(encoding="utf-8")
WIDTHS = (320, 390, 1280)
FOR_AXE = (320, 1280)
Visit = Callable[..., Visitor]

PUBLIC = (
    "/",
    "/connexion",
    "/suivi",
    "/donnees-personnelles",
    "/accessibilite",
    "/mentions-legales",
    "/repartition",
    "/je-cherche-un-mentor/trop-age",
    "/je-cherche-un-mentor/trop-jeune",
    "/courrier",
    "/galerie/",
    "/galerie/formulaire",
    "/galerie/courriels",
    "/suivi/inconnu",
    "/nulle-part",
    "/chiffres-du-mentorat",
    "/entreprises",
    "/entreprises/informer",
    "/entreprises/orienter",
    "/entreprises/conseiller",
    "/entreprises/contact",
    "/entreprises/rendez-vous",
    "/entreprises/lien-salaries",
    "/entreprises/associations/proxite",
    "/e/filature-du-nord",
    "/mot-de-passe",
    "/connexion/associations",
)
ASSOCIATION = (
    "/demandes",
    "/demandes?dossier=acceptees",
    "/demandes?dossier=reorientees",
    "/demandes?dossier=toutes",
    "/demandes/{offer}",
    "/demandes/{offer}/reorienter",
    "/demandes/{offer}/attendre",
    "/demandes/{offer}/precision",
    "/demandes/{accepted}",
    "/capacite",
    "/criteres",
    "/fiche",
    "/criteres/{programme}",
    "/criteres/{programme}/jeunes",
    "/criteres/{programme}/jeunes/versions",
    "/chiffres",
    "/chiffres?periode=90-jours",
    "/objectif",
    "/chiffres/rapports",
    "/equipe",
    "/equipe/inviter",
    "/equipe/connexion",
    "/fichier",
    "/fichier/mot-de-passe/nouveau",
    "/compte",
    "/compte/courriels",
    "/compte/mot-de-passe",
    "/compte/codes-de-secours",
    "/compte/second-facteur",
    "/compte/preuve",
    "/collectif/demandes",
)
COLLECTIF = (
    "/collectif/demandes",
    "/collectif/demandes?vue=nulle-part",
    "/collectif/demandes/{placed}",
    "/collectif/demandes/{unplaced}",
    "/collectif/demandes/{unplaced}/orienter",
    "/collectif/associations",
    "/collectif/associations/{association}",
    "/collectif/criteres",
    "/collectif/criteres/{programme}/jeunes",
    "/collectif/criteres/{programme}/jeunes/versions",
    "/collectif/objectifs",
    "/collectif/objectifs?cote=benevoles&tri=retard",
    "/collectif/objectifs/{association}",
    "/collectif/campagnes",
    "/collectif/campagnes/{campaign}",
    "/collectif/chiffres",
    "/collectif/chiffres?cote=benevoles",
    "/collectif/chiffres?vue=prevision",
    "/collectif/moteur",
    "/collectif/moteur/versions",
    "/collectif/moteur/versions/1/revenir",
    "/collectif/moteur/proposer",
    "/collectif/moteur/rejeux",
    "/collectif/moteur/rejeux/nouveau",
    "/collectif/moteur/rejeux/nouveau?cote=benevoles",
    "/collectif/documents",
    "/collectif/entreprises",
    "/collectif/entreprises/{lead}",
    "/collectif/entreprises/liens",
    "/collectif/entreprises/liens/{company}",
    "/collectif/entreprises/liens/nouveau",
    "/collectif/entreprises/textes",
    "/collectif/entreprises/textes/informer",
    "/collectif/equipe",
    "/collectif/equipe/{account}",
    "/collectif/equipe/inviter",
    "/collectif/fonctionnement",
    "/collectif/fichiers",
    "/collectif/fichiers?jour=2026-01-01",
    "/compte/courriels",
)
QUERIES = {
    "association": "SELECT association_id FROM assignment WHERE state IN ('offered', 'seen') ORDER BY id LIMIT 1",
    "coordinator": "SELECT a.mail FROM account a JOIN membership m ON m.account_id = a.id"
    " WHERE m.association_id = %(association)s AND m.ended_at IS NULL AND a.mail = ANY(%(accounts)s) ORDER BY m.role = 'administrator' DESC, a.id LIMIT 1",
    "programme": "SELECT programme_id FROM programme_version WHERE association_id = %(association)s"
    " AND side = 'mentee' ORDER BY programme_id LIMIT 1",
    "campaign": "SELECT id FROM campaign ORDER BY starts_on LIMIT 1",
    "lead": "SELECT id FROM lead ORDER BY id LIMIT 1",
    "company": "SELECT id FROM company ORDER BY slug LIMIT 1",
    "account": "SELECT id FROM account WHERE NOT staff ORDER BY id LIMIT 1",
    "offer": "SELECT id FROM assignment WHERE association_id = %(association)s AND state IN ('offered', 'seen')"
    " ORDER BY id LIMIT 1",
    "accepted": "SELECT id FROM assignment WHERE association_id = %(association)s"
    " AND state IN ('accepted', 'contacted', 'paired') ORDER BY id DESC LIMIT 1",
    "placed": "SELECT id FROM referral WHERE state = 'placed' ORDER BY id LIMIT 1",
    "unplaced": "SELECT id FROM referral WHERE state IN ('unroutable', 'waitlisted')"
    " ORDER BY unroutable_why = 'none' DESC NULLS LAST, state DESC, id LIMIT 1",
}


# A journey of the same site may have found a place for the season's last request that had none.
STRANDED = """
INSERT INTO referral SELECT (jsonb_populate_record(one, jsonb_build_object('id', gen_random_uuid(),
    'number', '2026-99999', 'tracking_digest', 'of nobody', 'state', 'unroutable', 'unroutable_why', 'other'))).*
FROM referral one WHERE state = 'placed' ORDER BY id LIMIT 1 ON CONFLICT DO NOTHING
"""


def objects(site: Site) -> dict[str, Any]:
    """Something of each kind for the addresses to name, and whoever coordinates the association of the offer."""
    found: dict[str, Any] = {"accounts": list(site.accounts)}
    with site.owner() as owner:
        owner.execute(STRANDED)
        for name, query in QUERIES.items():
            row = owner.execute(query, found).fetchone()
            assert row is not None, f"the demo season has no {name}"
            found[name] = row[0]
    return found


def complaints_of(visitor: Visitor, path: str) -> list[str]:
    """What axe (at the narrowest and the widest) and the layout (at every width) say of one page."""
    page = visitor.page
    visitor.complaints.clear()
    page.set_viewport_size({"width": WIDTHS[-1], "height": 900})
    answer = page.goto(visitor.site.address + path)
    assert answer is not None
    said = [f"{path}: {answer.status}"] if answer.status >= 500 else []
    said += [f"{path}: {text}" for text in visitor.complaints if "status of 4" not in text]
    visitor.complaints.clear()
    page.evaluate(AXE)
    for width in reversed(WIDTHS):
        where = f"{path} at {width}"
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            said.append(f"{where}: scrolls sideways")
        said += [f"{where}: {fault}" for fault in faults_of(page)] if width in FOR_AXE else []
    return said


def faults_of(page: Page) -> list[str]:
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {json.dumps([node['target'] for node in violation['nodes']][:3])}"
        for violation in found["violations"]
    ]


def look_at(visitor: Visitor, paths: tuple[str, ...], named: dict[str, Any]) -> list[str]:
    return [said for path in paths for said in complaints_of(visitor, path.format(**named))]


def test_anybodys_pages(visit: Visit, site: Site) -> None:
    assert look_at(visit(), PUBLIC, {}) == []


def test_each_question_of_a_form_its_review_and_what_follows(visit: Visit, site: Site) -> None:
    visitor, said = visit(), []
    for step, values in REFUGEE:
        said += look_at(visitor, (f"/je-cherche-un-mentor/{step}",), {})
        fill(visitor.page, values)
        with visitor.page.expect_navigation():
            visitor.page.locator("form button[type=submit].button--primary").last.click()
    said += look_at(visitor, ("/je-cherche-un-mentor/relire",), {})
    visitor.go("/je-cherche-un-mentor/prenom")
    send_form(visitor.page, REFUGEE)
    link = tracking_link(visitor.page).removeprefix(site.address)
    said += look_at(visitor, ("/je-cherche-un-mentor/envoyee", link, f"{link}/retirer"), {})
    assert said == []


def test_a_form_sent_empty_says_what_is_missing(visit: Visit, site: Site) -> None:
    visitor = visit(390)
    page = visitor.go("/je-cherche-un-mentor/prenom").page
    with page.expect_navigation():
        page.locator("form button[type=submit]").last.click()
    assert "Le prénom est nécessaire." in visitor.page.inner_text("main")
    visitor.complaints.clear()
    visitor.page.evaluate(AXE)
    assert visitor.page.evaluate("() => axe.run()")["violations"] == []


def test_a_coordinators_pages(visit: Visit, site: Site) -> None:
    named = objects(site)
    visitor = visit().sign_in(named["coordinator"], PASSWORD)
    assert look_at(visitor, ASSOCIATION, named) == []


def test_the_collectifs_pages(visit: Visit, site: Site) -> None:
    visitor = visit().sign_in(STAFF[0][0], PASSWORD)
    assert look_at(visitor, COLLECTIF, objects(site)) == []
