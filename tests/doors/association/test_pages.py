"""Criteria, sheet and team: true pages, read-only."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from tests import factories
from tests.doors.association.house import House, text_of

CRITERIA = {
    "all": [
        {"test": "age", "min": 14, "max": 25},
        {
            "any": [
                {"all": [{"test": "modality", "any_of": ["in_person"]},
                         {"test": "territory", "any_of": ["epci:200093201"]}]},
                {"test": "modality", "any_of": ["remote"]},
            ]
        },
        {"not": {"test": "public", "any_of": ["detainee"]}},
        {"any": [{"test": "public", "any_of": ["qpv"]}, {"test": "level", "to": "3e"}]},
        {"not": {"all": [{"test": "age", "min": 20}, {"test": "need", "any_of": ["guidance"]}]}},
    ]
}  # fmt: skip


@pytest.mark.parametrize("page", ["/demandes", "/capacite", "/criteres", "/chiffres", "/fiche", "/equipe"])
def test_the_navigation_leads_to_every_page(coordinator: FlaskClient, page: str) -> None:
    answer = coordinator.get(page)
    assert answer.status_code == 200
    assert f'href="{page}"' in text_of(answer)


def test_criteria_are_read_as_sentences(coordinator: FlaskClient, house: House, arrange: Session) -> None:
    factories.make_programme(arrange, house.association, CRITERIA, side=Side.MENTOR)
    arrange.commit()
    page = text_of(coordinator.get("/criteres"))
    for said in (
        "de 14 à 25 ans", "L’une de ces situations", "ou bien",
        "dans l’intercommunalité « Métropole Européenne de Lille » ou à distance",
        "sauf : personne détenue", "Sauf si", "Tout le monde, sans condition.", "version 1",
    ):  # fmt: skip
        assert said in page


def test_only_the_association_s_own_programmes_are_shown(coordinator: FlaskClient, neighbour: House) -> None:
    assert neighbour.programme.name not in text_of(coordinator.get("/criteres"))
    assert neighbour.programme.name not in text_of(coordinator.get("/fiche"))


def test_the_sheet_shows_published_facts_and_their_source(
    coordinator: FlaskClient, house: House, arrange: Session
) -> None:
    house.association.sheet = {
        "created": 2002,
        "territories": ["commune:59512", "commune:59350"],
        "source": "Guide 2021",
    }
    arrange.commit()
    page = text_of(coordinator.get("/fiche"))
    assert "2002" in page
    assert "Roubaix, Lille" in page
    assert "Guide 2021" in page


def test_the_team_and_its_journal(coordinator: FlaskClient, house: House, neighbour: House) -> None:
    offered = house.offer("Léa")
    coordinator.post(f"/demandes/{offered.id}/accepter")
    coordinator.post(f"/demandes/{offered.id}/coordonnees")
    page = text_of(coordinator.get("/equipe")).replace("<wbr>", "")
    assert house.coordinator.mail in page
    assert neighbour.coordinator.mail not in page
    assert "a accepté" in page
    assert "a consulté les coordonnées" in page
    assert offered.referral_number in page
    assert "Martin" not in page
