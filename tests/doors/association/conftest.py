"""What the tests of this door may ask for."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.models.campaign import Campaign
from tests import factories
from tests.doors.association.house import House, Tab, make_house, signed_in_as

SignIn = Callable[[House], Tab]


@pytest.fixture
def campaign(arrange: Session) -> Campaign:
    return factories.make_campaign(arrange)


@pytest.fixture
def house(arrange: Session, campaign: Campaign) -> House:
    return make_house(arrange, campaign, "Proxité")


@pytest.fixture
def neighbour(arrange: Session, campaign: Campaign) -> House:
    """Another association, whose requests are nobody else's business."""
    return make_house(arrange, campaign, "Télémaque")


@pytest.fixture
def undo_window(app: Flask, monkeypatch: pytest.MonkeyPatch) -> int:
    """Five minutes to take an answer back, as outside tests."""
    monkeypatch.setitem(app.config, "SETTINGS", app.config["SETTINGS"].model_copy(update={"undo_minutes": 5}))
    return 5


@pytest.fixture
def sign_in(app: Flask, arrange: Session) -> SignIn:
    """A browser of the association's coordinator."""
    return lambda house: signed_in_as(app, arrange, house.coordinator, house.association)


@pytest.fixture
def coordinator(sign_in: SignIn, house: House) -> Tab:
    return sign_in(house)
