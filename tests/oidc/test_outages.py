"""The provider is down, slow, changes its keys or answers nonsense: it is said so, and the password remains."""

import pytest
from flask.testing import FlaskClient

from portal.foundation.queue import redis_connection
from tests.doors.association.house import text_of
from tests.oidc.conftest import SIGN_IN, Known
from tests.oidc.harness import Running, at_the_provider, go_through, path_of, set_out

Owner = "psycopg.Connection[tuple[Any, ...]]"
OUTAGES = ("down", "bad JSON", "not an object", "endless", "redirecting")


@pytest.mark.parametrize("kind", OUTAGES)
@pytest.mark.parametrize("place", ["discovery", "token", "keys"])
def test_a_provider_that_is_out_is_said_so_and_the_password_remains(
    client: FlaskClient, known: Known, service: Running, owner: Owner, place: str, kind: str
) -> None:
    known()
    back = path_of(at_the_provider(set_out(client, SIGN_IN)))
    service.behave(f"{place}: {kind}")
    answer = client.get(back)
    assert answer.status_code == 503, answer.text
    assert "Compte Proxité ne répond pas" in text_of(answer)
    assert 'href="/connexion"' in answer.text
    assert owner.execute("SELECT FROM login_session").rowcount == 0
    if place == "discovery":
        assert client.post(SIGN_IN).status_code == 503


def test_a_provider_that_is_slow_is_given_up(
    client: FlaskClient, known: Known, service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    known()
    back = path_of(at_the_provider(set_out(client, SIGN_IN)))
    monkeypatch.setattr("portal.auth.openid.WAY_BACK_SECONDS", 1.0)
    service.behave("token: slow")
    assert client.get(back).status_code == 503


def test_a_provider_that_was_too_slow_is_left_alone_for_a_minute(
    client: FlaskClient, known: Known, service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    known()
    back = path_of(at_the_provider(set_out(client, SIGN_IN)))
    monkeypatch.setattr("portal.auth.openid.WAY_BACK_SECONDS", 1.0)
    service.behave("token: slow")
    client.get(back)
    service.behave()
    assert client.post(SIGN_IN).status_code == 503
    [key] = redis_connection().keys("provider-slow:*")
    assert 0 < redis_connection().ttl(key) <= 60
    redis_connection().delete(key)
    assert client.post(SIGN_IN).status_code == 200


@pytest.mark.parametrize("mode", ["another issuer", "plain http elsewhere"])
def test_a_provider_whose_own_words_are_not_fit_opens_nothing(
    client: FlaskClient, known: Known, service: Running, mode: str
) -> None:
    known()
    service.behave(mode)
    assert client.post(SIGN_IN).status_code == 503


def test_a_provider_may_change_its_keys(
    client: FlaskClient, another: FlaskClient, known: Known, service: Running
) -> None:
    known()
    assert go_through(client, SIGN_IN).status_code == 303
    service.behave("new key")
    assert go_through(another, SIGN_IN).status_code == 303
