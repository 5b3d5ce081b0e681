"""Browsers that are signed in, without going through the sign-in page each time."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.crypto import new_token, token_digest
from portal.models.account import Account, LoginSession

SignedInAs = Callable[..., FlaskClient]


@pytest.fixture
def signed_in_as(app: Flask, arrange: Session) -> SignedInAs:
    """A browser holding a session of this account; started and seen: how long ago."""

    def sign_in(
        account: Account, *, association: Any = None, started: timedelta = timedelta(), seen: timedelta = timedelta()
    ) -> FlaskClient:
        token, now = new_token(), clock.now()
        arrange.add(
            LoginSession(
                digest=token_digest(token),
                account_id=account.id,
                association_id=association.id if association else None,
                created_at=now - started,
                last_seen_at=now - seen,
            )
        )
        arrange.commit()
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["token"] = token
        return client

    return sign_in
