"""The network's figures for staff: who may read them, what they say, what is written down when they are taken away."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation.tenancy import DatabaseRole
from portal.jobs.figures import fold
from portal.models.account import Account
from portal.models.campaign import Campaign
from portal.models.event import EventName
from portal.models.referral import ReferralState
from tests import factories
from tests.doors.admin.test_table import statements
from tests.figures import Network, assert_sums_hold, noon

E = EventName
CHARTS = (
    "semaines", "parcours", "carte", "motifs", "attente", "ages", "niveaux", "besoins", "sources", "prescripteurs",
    "publics-jeunes", "publics-benevoles",
)  # fmt: skip


@pytest.fixture
def network(arrange: Session, campaign: Campaign) -> Network:
    return Network(arrange, campaign)


def read(browser: FlaskClient, address: str = "/collectif/chiffres") -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.get_data(as_text=True).replace("\u00a0", " ").replace("&nbsp;", " ")


def figure(page: str, label: str) -> str:
    return page.split(f">{label}</dt>")[1].split("</span>", maxsplit=1)[0].rsplit(">", 1)[1]


def sheet(browser: FlaskClient, name: str, asked: str = "") -> list[list[str]]:
    answer = browser.get(f"/collectif/chiffres/donnees?graphique={name}{asked}")
    assert answer.content_type == "text/csv; charset=utf-8"
    return [line.split(";") for line in answer.get_data(as_text=True).removeprefix("\ufeff").splitlines()]


def test_only_staff_read_them(client: FlaskClient, arrange: Session, browser_of: Any, network: Network) -> None:
    association = network.association("Proxité")
    member = browser_of(factories.make_account(arrange, association=association), association)
    for address in ("/collectif/chiffres", "/collectif/chiffres/donnees?graphique=publics-jeunes"):
        assert client.get(address).status_code in {302, 303}
        assert member.get(address).status_code == 403
    assert member.post("/collectif/chiffres/exporter").status_code == 403


def test_an_empty_house_reads_well(staff: FlaskClient) -> None:
    for view in ("", "?vue=personnes"):
        page = read(staff, f"/collectif/chiffres{view}")
        assert "Rien à compter pour l’instant" in page
    assert "<h1>Aucune demande sur cette période</h1>" in read(staff)


def test_the_season_in_one_page(staff: FlaskClient, arrange: Session, network: Network) -> None:
    for days in (9, 8, 7, 6):
        network.accepted("Proxité", noon(days), hours=24)
    paired = network.accepted("Télémaque", noon(5), hours=72)
    network.told(paired, E.ASSIGNMENT_PAIRED, 90)
    fold()
    network.received(noon(0))
    factories.make_referral(arrange, network.campaign, state=ReferralState.WAITLISTED)
    factories.make_objective(arrange, network.association("Proxité"), network.campaign, 8)
    arrange.commit()
    page = read(staff)
    assert "<h1>La moitié des accords viennent en 1,0 jour</h1>" in page
    assert (figure(page, "Demandes reçues"), figure(page, "Délai médian d’acceptation")) == ("6", "1,0 j")
    assert (figure(page, "Accords du premier coup"), figure(page, "Sans place aujourd’hui")) == ("100 %", "1")
    assert "Objectifs : 50 %" in page
    assert sheet(staff, "parcours") == [
        ["Étape", "Demandes", "De l’étape d’avant"],
        ["Reçues", "6", "—"],
        ["Confiées", "5", "83\u00a0%"],
        ["Acceptées", "5", "100\u00a0%"],
        ["Contactées", "1", "20\u00a0%"],
        ["En binôme", "1", "100\u00a0%"],
    ]
    assert_sums_hold()


def test_mentees_and_mentors_stand_side_by_side(staff: FlaskClient, network: Network) -> None:
    network.received(noon(2), age=16, level="1re", channel="family", publics={"refugee": True})
    network.received(noon(2), Side.MENTOR, age=45, level="bac+5", publics={"business_background": True})
    fold()
    assert [row for row in sheet(staff, "ages")[1:] if row[1:] != ["0", "0"]] == [
        ["15-17\u00a0ans", "1", "0"],
        ["41-50\u00a0ans", "0", "1"],
    ]
    assert sheet(staff, "niveaux")[1:] == [["Lycée ou CAP", "1", "0"], ["Bac+4 et plus", "0", "1"]]
    assert sheet(staff, "sources")[1:] == [["La personne elle-même", "0", "1"], ["La famille", "1", "0"]]
    assert sheet(staff, "publics-jeunes")[1:] == [["Personne réfugiée", "1"]]
    assert sheet(staff, "publics-benevoles")[1:] == [["Expérience en entreprise", "1"]]
    people = read(staff, "/collectif/chiffres?vue=personnes")
    assert "<h1>1 jeune et 1 bénévole ont demandé un mentorat</h1>" in people
    assert "Personne réfugiée" in people


def test_the_map_has_all_departements_and_what_was_asked(staff: FlaskClient, network: Network) -> None:
    network.received(noon(2), departement="974")
    network.received(noon(2), departement="988")
    rows = sheet(staff, "carte")
    assert len(rows) == 102
    assert ["La Réunion", "974", "1"] in rows
    assert {row[1] for row in rows} >= {"971", "972", "973", "974", "976", "2A"}
    assert "1 demande d’ailleurs ou de lieu inconnu." in read(staff)
    assert sheet(staff, "carte", "&carte=binomes")[0][2] == "En binôme"
    assert sheet(staff, "carte", "&carte=nonsense")[0][2] == "Reçues"


def test_every_chart_has_its_sheet_and_no_other_name_has_one(staff: FlaskClient, network: Network) -> None:
    network.accepted("Proxité", noon(3))
    shown = read(staff) + read(staff, "/collectif/chiffres?vue=personnes")
    for name in CHARTS:
        assert f'id="{name}"' in shown
        assert len(sheet(staff, name)) >= 1
    for wrong in ("", "?graphique=", "?graphique=x"):
        assert staff.get(f"/collectif/chiffres/donnees{wrong}").status_code == 404


def test_the_file_of_all_sums_is_written_in_the_journal(
    staff: FlaskClient, samir: Account, owner: Any, network: Network
) -> None:
    network.accepted("=Proxité", noon(3))
    network.accepted("Télémaque", noon(2))
    assert staff.get("/collectif/chiffres/exporter").status_code == 405
    answer = staff.post("/collectif/chiffres/exporter?periode=30-jours")
    lines = answer.get_data(as_text=True).splitlines()
    assert lines[0] == "\ufeffAssociation;Côté;Mesure;Détail;Valeur;Nombre"
    assert "Tout le réseau;mentee;accepted;total;;2" in lines
    assert "'=Proxité;mentee;offered;total;;1" in lines
    kept = owner.execute("SELECT act, account_id, detail FROM journal_entry").fetchall()
    assert [(act, who) for act, who, _ in kept] == [("figures_exported", samir.id)]
    assert len(kept[0][2].split()) == 2


def test_reading_writes_nothing(staff: FlaskClient, owner: Any, network: Network) -> None:
    network.accepted("Proxité", noon(3))
    read(staff)
    sheet(staff, "carte")
    assert owner.execute("SELECT count(*) FROM journal_entry").fetchone() == (0,)


def test_a_period_that_cannot_be_read_is_told(staff: FlaskClient, network: Network) -> None:
    network.received(noon(3))
    page = read(staff, "/collectif/chiffres?du=2026-13-01&au=x")
    assert page.count('aria-invalid="true"') == 2
    assert "voici la période habituelle" in page
    assert figure(page, "Demandes reçues") == "1"


def test_the_page_asks_the_same_number_of_questions_however_much_happened(
    app: Flask, staff: FlaskClient, network: Network
) -> None:
    network.accepted("Proxité", noon(3))
    read(staff)
    with statements(app, DatabaseRole.STAFF) as few:
        read(staff)
    for days in range(1, 25):
        network.accepted(f"Association {days % 4}", noon(days), hours=days)
    with statements(app, DatabaseRole.STAFF) as many:
        read(staff, "/collectif/chiffres?periode=90-jours")
    with statements(app, DatabaseRole.STAFF) as people:
        read(staff, "/collectif/chiffres?vue=personnes")
    assert len(many) == len(few) == len(people) < 14
