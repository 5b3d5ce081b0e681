"""A signed-in member of the Collectif's team, and a season to look at."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.crypto import new_token, token_digest
from portal.models.account import Account, LoginSession
from portal.models.campaign import Campaign
from tests.factories import make_account, make_campaign


@pytest.fixture
def browser_of(app: Flask, arrange: Session) -> Callable[..., FlaskClient]:
    """A browser signed in as this account, for an association or for the Collectif."""

    def sign_in(account: Account, association: Any = None) -> FlaskClient:
        token, now = new_token(), clock.now()
        arrange.add(
            LoginSession(
                digest=token_digest(token),
                account_id=account.id,
                association_id=association.id if association else None,
                created_at=now,
                last_seen_at=now,
                second_factor_at=now,
            )
        )
        arrange.commit()
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["token"] = token
        return client

    return sign_in


@pytest.fixture
def campaign(arrange: Session) -> Campaign:
    return make_campaign(arrange)


@pytest.fixture
def samir(arrange: Session) -> Account:
    account = make_account(arrange, "samir@example.org", staff=True)
    account.name = "Samir Aubert"
    arrange.commit()
    return account


@pytest.fixture
def staff(samir: Account, browser_of: Callable[..., FlaskClient]) -> FlaskClient:
    return browser_of(samir)
