"""Two associations, each with its provider; the real provider they share; and people."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.foundation.crypto import vault
from portal.models.account import Account, ExternalIdentity, IdentityProvider
from portal.models.association import Association
from tests import factories
from tests.doors.auth.conftest import counting, give_factor, signed_in_as
from tests.oidc.harness import CLIENT_OF, FIRST, SECOND, SECRET, Running, install, running

__all__ = ["counting", "signed_in_as"]
SIGN_IN = f"/connexion/{FIRST}"
Known = Callable[..., Account]


@pytest.fixture(scope="session")
def running_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    install()
    with running(tmp_path_factory.mktemp("provider") / "out") as found:
        yield found


@pytest.fixture
def service(running_provider: Running) -> Iterator[Running]:
    """The provider, honest until told otherwise."""
    running_provider.behave()
    yield running_provider
    running_provider.behave()


def set_up(session: Session, association: Association, key: UUID, issuer: str, **fields: Any) -> IdentityProvider:
    sealed = vault().seal(SECRET.encode(), column="identity_provider.client_secret", row=key)
    provider = IdentityProvider(
        id=key,
        association_id=association.id,
        name=f"Compte {association.name}",
        issuer=issuer,
        client_id=CLIENT_OF[key],
        client_secret_sealed=sealed,
        **{"enabled": True, **fields},
    )
    session.add(provider)
    session.commit()
    return provider


@pytest.fixture
def town(app: Flask, arrange: Session, service: Running) -> SimpleNamespace:
    """Proxité and Télémaque; both know their members by the same service, as two of its clients."""
    own, other = factories.make_association(arrange, "Proxité"), factories.make_association(arrange, "Télémaque")
    factories.make_campaign(arrange)
    return SimpleNamespace(
        own=own,
        other=other,
        provider=set_up(arrange, own, FIRST, service.issuer),
        others_provider=set_up(arrange, other, SECOND, service.issuer),
    )


@pytest.fixture
def known(arrange: Session, town: SimpleNamespace, service: Running) -> Known:
    """An account with its second factor, linked to a subject of the service (None: to nobody)."""

    def make(subject: str | None = "ada-1", association: Association | None = None, **fields: Any) -> Account:
        account = factories.make_account(arrange, association=association or town.own, **fields)
        give_factor(arrange, account)
        if subject:
            arrange.add(ExternalIdentity(account_id=account.id, issuer=service.issuer, subject=subject))
        arrange.commit()
        return account

    return make


@pytest.fixture
def another(app: Flask) -> FlaskClient:
    """Another browser."""
    return app.test_client()
