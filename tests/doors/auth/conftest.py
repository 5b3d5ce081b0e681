"""Browsers that are signed in, or half-way, without going through the sign-in page each time."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from portal.app import create_app
from portal.foundation import clock
from portal.foundation.config import Settings
from portal.foundation.crypto import new_token, token_digest, vault
from portal.models.account import Account, LoginSession
from portal.operations.second_factor import COLUMN, code_of, step_at
from tests.factories import PASSWORD

SignedInAs = Callable[..., FlaskClient]
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def give_factor(session: Session, account: Account, secret: str = SECRET) -> Account:
    """A second factor set earlier, its codes those of `secret`."""
    account.totp_sealed = vault().seal(secret.encode(), column=COLUMN, row=account.id)
    account.totp_confirmed_at = clock.now()
    session.flush()
    return account


def code_now(later: int = 0, secret: str = SECRET) -> str:
    """What the application shows now, or so many steps later."""
    return code_of(secret, step_at(clock.now()) + later)


def pass_both(client: FlaskClient, mail: str, suite: str | None = None) -> Any:
    """The password, then the code; the answer to the code."""
    query = {"suite": suite} if suite else {}
    client.post("/connexion", query_string=query, data={"mail": mail, "password": PASSWORD})
    return client.post("/connexion/code", query_string=query, data={"code": code_now()})


@pytest.fixture
def signed_in_as(app: Flask, arrange: Session) -> SignedInAs:
    """A browser holding a session of this account; started, seen, proof: how long ago (half: no second factor yet)."""

    def sign_in(
        account: Account,
        *,
        association: Any = None,
        started: timedelta = timedelta(),
        seen: timedelta = timedelta(),
        proof: timedelta | None = None,
        half: bool = False,
    ) -> FlaskClient:
        token, now = new_token(), clock.now()
        arrange.add(
            LoginSession(
                digest=token_digest(token),
                account_id=account.id,
                association_id=association.id if association else None,
                created_at=now - started,
                last_seen_at=now - seen,
                second_factor_at=None if half else now - started,
                proof_at=None if proof is None else now - proof,
            )
        )
        arrange.commit()
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["token"] = token
        return client

    return sign_in


@pytest.fixture
def counting(settings: Settings, app: Flask) -> Iterator[Flask]:
    """An application whose limits count, beside the shared one (whose context steps aside)."""
    own = create_app(settings.model_copy(update={"limits_enabled": True}))
    own.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    with own.app_context():
        yield own
    create_app(settings)  # the limiter belongs to the last application made: give it back


@pytest.fixture
def statements(app: Flask) -> Iterator[list[str]]:
    """What is asked of the database, in order, by every role."""
    heard: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        heard.append(statement)

    event.listen(Engine, "before_cursor_execute", listen)
    yield heard
    event.remove(Engine, "before_cursor_execute", listen)
