"""Archiving a programme is asked first, with the number of requests it still has in hand."""

import re

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.foundation.permissions import Role
from tests import factories
from tests.doors.association.house import House, Tab, signed_in_as, text_of


@pytest.fixture
def administrator(app: Flask, arrange: Session, house: House) -> Tab:
    account = factories.make_account(arrange, association=house.association, role=Role.ADMINISTRATOR)
    return signed_in_as(app, arrange, account, house.association)


def question(administrator: Tab, house: House) -> str:
    """What opens under « Archiver… », where alone the button is."""
    page = text_of(administrator.get(f"/criteres/{house.programme.id}"))
    found = re.search(r'<details class="fold"><summary>Archiver…</summary>(.*?)</details>', page, re.DOTALL)
    assert found
    assert page.count("/archiver") == found.group(1).count("/archiver") == 1
    return found.group(1)


def test_the_question_names_the_programme_and_counts_its_running_requests(administrator: Tab, house: House) -> None:
    assert "Aucune demande n’y est en cours." in question(administrator, house)
    house.offer("Léa")
    assert "1 demande en cours, à traiter ou déjà acceptée, reste chez vous" in question(administrator, house)
    house.offer("Aya")
    asked = question(administrator, house)
    assert f"Archiver « {house.programme.name} » ?" in asked
    assert "2 demandes en cours, à traiter ou déjà acceptées, restent chez vous" in asked
    assert "Oui, archiver" in asked
    assert house.reread(house.programme).archived_at is None
    administrator.post(f"/criteres/{house.programme.id}/archiver")
    assert house.reread(house.programme).archived_at is not None
