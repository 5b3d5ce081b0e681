"""The staff's tab « Prévision »: who would miss their objective, and what the forecast is worth."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.foundation.tenancy import DatabaseRole
from portal.jobs.forecasts import foresee
from portal.models.campaign import Campaign
from tests import factories
from tests.doors.admin.test_statistics import read, sheet
from tests.doors.admin.test_table import statements
from tests.lived import Lived

PAGE = "/collectif/chiffres?vue=prevision"


@pytest.fixture
def lived(arrange: Session, campaign: Campaign) -> Lived:
    own = Lived(arrange, campaign)
    own.house("Proxité", objective=20)
    own.house("Télémaque", objective=90, places=40)
    own.house("Afev")
    return own


@pytest.fixture
def foreseen(lived: Lived) -> Lived:
    lived.offers("Proxité", range(4, 200, 8))
    lived.offers("Télémaque", range(8, 201, 8))
    foresee()
    return lived


def test_only_staff_read_it(client: FlaskClient, arrange: Session, browser_of: Any, foreseen: Lived) -> None:
    association = foreseen.houses["Proxité"][0]
    member = browser_of(factories.make_account(arrange, association=association), association)
    for address in (PAGE, "/collectif/chiffres/donnees?graphique=prevision"):
        assert client.get(address).status_code in {302, 303}
        assert member.get(address).status_code == 403


def test_who_would_miss_their_objective_comes_first(staff: FlaskClient, foreseen: Lived) -> None:
    page = read(staff, PAGE)

    assert "<h1>1 association finirait sous son objectif</h1>" in page
    assert page.index("Télémaque") < page.index("Proxité") < page.index("Afev")
    assert "40 sur 90" in page
    assert "44 %" in page
    assert 'aria-current="page"' in page.split(">Prévision</a>")[0].rsplit("<a", 1)[1]
    assert "engagées prévues pour un objectif de 110" in page


def test_what_it_is_worth_is_told_beside(staff: FlaskClient, foreseen: Lived) -> None:
    page = read(staff, PAGE)

    assert "Refaite au milieu des 200 jours écoulés, l’erreur moyenne est de " in page
    assert "des associations sont arrivées dans leur fourchette, qui en vise 90 %." in page


def test_its_sheet_holds_every_association(staff: FlaskClient, foreseen: Lived) -> None:
    rows = sheet(staff, "prevision")

    assert rows[0][:4] == ["Association", "Côté", "Engagées", "Au moins"]
    assert [row[0] for row in rows[1:]] == ["Télémaque", "Proxité", "Afev"]
    assert rows[1][2:8] == ["25", rows[1][3], "40", "40", "90", "0,4444"]
    assert rows[3][6:8] == ["", ""]
    assert len(sheet(staff, "prevision", "&cote=benevoles")) == 1


def test_without_a_forecast_the_page_says_why(staff: FlaskClient, lived: Lived) -> None:
    for address in (PAGE, f"{PAGE}&cote=benevoles"):
        page = read(staff, address)
        assert "<h1>Aucune prévision pour l’instant</h1>" in page
        assert "Il faut au moins deux semaines de campagne et vingt demandes proposées dans le réseau." in page
        assert "Prévision</a>" in page


def test_without_a_campaign_the_page_says_so(staff: FlaskClient) -> None:
    assert "La prévision vaut pour une campagne : aucune n’est en cours." in read(staff, PAGE)


def test_the_number_of_statements_does_not_grow(app: Flask, staff: FlaskClient, foreseen: Lived) -> None:
    read(staff, PAGE)
    with statements(app, DatabaseRole.STAFF) as few:
        read(staff, PAGE)
    foreseen.house("Encore une", objective=30)
    foresee()
    with statements(app, DatabaseRole.STAFF) as more:
        assert "Encore une" in read(staff, PAGE)
    assert few
    assert len(few) == len(more)
