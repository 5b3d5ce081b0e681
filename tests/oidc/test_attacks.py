"""What an attacker may bring back from the provider, or instead of it: nothing opens, nothing is written."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.foundation import clock
from tests.doors.association.house import text_of
from tests.doors.auth.conftest import SignedInAs
from tests.oidc.conftest import SIGN_IN, Known
from tests.oidc.harness import (
    CLIENT_OF,
    FIRST,
    SECOND,
    SECRET,
    Running,
    at_the_provider,
    back_of,
    go_through,
    path_of,
    query_of,
    set_out,
)

Owner = "psycopg.Connection[tuple[Any, ...]]"
BACK = f"{SIGN_IN}/retour"
SPOILT = (
    "wrong nonce",
    "no nonce",
    "wrong audience",
    "several audiences",
    "wrong party",
    "wrong issuer",
    "expired",
    "issued tomorrow",
    "another access token",
    "no subject",
    "subject of another kind",
    "alg none",
    "alg HS256",
    "strange key",
    "altered claims",
)


@pytest.fixture(autouse=True)
def ada(known: Known) -> Any:
    """She is linked, so that only the check under test keeps her out."""
    return known()


def nothing_opened(owner: Owner, answer: TestResponse, status: int) -> None:
    assert answer.status_code == status, text_of(answer)
    assert owner.execute("SELECT FROM login_session").rowcount == 0


def with_query(address: str, **changed: str | None) -> str:
    query = {name: value for name, value in {**query_of(address), **changed}.items() if value is not None}
    return f"{path_of(address).partition('?')[0]}?{urlencode(query)}"


def test_the_honest_answer_of_the_same_people_opens(client: FlaskClient) -> None:
    """The measure of all that follows."""
    assert go_through(client, SIGN_IN).location == "/connexion/code"


@pytest.mark.parametrize("mode", SPOILT)
def test_a_token_that_is_not_what_it_should_be_is_refused(
    client: FlaskClient, service: Running, owner: Owner, mode: str
) -> None:
    service.behave(mode)
    answer = go_through(client, SIGN_IN)
    nothing_opened(owner, answer, 403)
    assert "n’est pas sûre" in text_of(answer)
    assert owner.execute("SELECT FROM journal_entry WHERE act = 'sign_in_refused'").rowcount == 1


def test_a_forged_state_is_refused_and_does_not_spoil_the_attempt(client: FlaskClient, owner: Owner) -> None:
    back = at_the_provider(set_out(client, SIGN_IN))
    for forged in ("forged", "", "é"):
        answer = client.get(with_query(back, state=forged))
        nothing_opened(owner, answer, 400)
        assert "connexion que vous avez commencée ici" in text_of(answer)
    nothing_opened(owner, client.get(with_query(back, state=None)), 400)
    assert client.get(path_of(back)).status_code == 303


def test_the_state_of_another_browser_is_refused(client: FlaskClient, another: FlaskClient, owner: Owner) -> None:
    """Somebody is lured to come back with an attacker's own answer."""
    theirs = at_the_provider(set_out(another, SIGN_IN))
    nothing_opened(owner, client.get(path_of(theirs)), 400)
    set_out(client, SIGN_IN)
    nothing_opened(owner, client.get(path_of(theirs)), 400)


def test_a_browser_that_never_set_out_is_refused(client: FlaskClient, owner: Owner) -> None:
    nothing_opened(owner, client.get(f"{BACK}?code=x&state=y"), 400)
    nothing_opened(owner, client.get(BACK), 400)


def test_a_code_stolen_by_another_browser_fails_on_its_nonce(
    client: FlaskClient, another: FlaskClient, owner: Owner, service: Running
) -> None:
    """Its own state, somebody else's code: the verifier does not fit, and the provider says no."""
    code = query_of(at_the_provider(set_out(another, SIGN_IN)))["code"]
    mine = at_the_provider(set_out(client, SIGN_IN))
    answer = client.get(with_query(mine, code=code))
    nothing_opened(owner, answer, 403)


def test_an_answer_counts_once(client: FlaskClient) -> None:
    back = path_of(at_the_provider(set_out(client, SIGN_IN)))
    assert client.get(back).status_code == 303
    assert client.get(back).status_code == 400


def test_a_code_counts_once_even_for_who_kept_the_old_cookie(client: FlaskClient, another: FlaskClient) -> None:
    address = set_out(client, SIGN_IN)
    with client.session_transaction() as held:
        kept = dict(held)
    back = path_of(at_the_provider(address))
    assert client.get(back).status_code == 303
    with another.session_transaction() as cookie:
        cookie.update(kept)
    assert another.get(back).status_code == 403


def test_ten_minutes_later_it_is_too_late(client: FlaskClient, owner: Owner) -> None:
    back = path_of(at_the_provider(set_out(client, SIGN_IN)))
    with clock.at(clock.now() + timedelta(minutes=10, seconds=2)):
        answer = client.get(back)
    nothing_opened(owner, answer, 400)
    assert "dix minutes" in text_of(answer)


@pytest.mark.parametrize("named", ["https://another.example.org", None])
def test_an_answer_named_after_another_issuer_or_none_is_refused(
    client: FlaskClient, owner: Owner, named: str | None
) -> None:
    """This provider says that it names itself: an answer without a name is not its own."""
    back = at_the_provider(set_out(client, SIGN_IN))
    nothing_opened(owner, client.get(with_query(back, iss=named)), 403)


def test_the_answer_of_one_provider_is_not_taken_at_the_address_of_another(
    client: FlaskClient, owner: Owner, town: SimpleNamespace
) -> None:
    back = at_the_provider(set_out(client, f"/connexion/{SECOND}"))
    nothing_opened(owner, client.get(path_of(back).replace(str(SECOND), str(FIRST))), 400)


def test_an_unknown_subject_is_told_what_to_do(client: FlaskClient, owner: Owner) -> None:
    answer = go_through(client, SIGN_IN, login="bob")
    nothing_opened(owner, answer, 403)
    assert "reliez-le depuis « Mon compte »" in text_of(answer)


def test_the_provider_itself_wants_the_verifier(client: FlaskClient, service: Running) -> None:
    """PKCE is no decoration: without it, or with another, no token is given."""
    code = query_of(at_the_provider(set_out(client, SIGN_IN)))["code"]
    about = {"grant_type": "authorization_code", "code": code, "redirect_uri": back_of(FIRST)}
    for verifier in ({}, {"code_verifier": "x" * 43}):
        answer = requests.post(
            f"{service.issuer}/token", data={**about, **verifier}, auth=(CLIENT_OF[FIRST], SECRET), timeout=10
        )
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_the_provider_refuses_to_send_anybody_elsewhere(client: FlaskClient, service: Running) -> None:
    address = set_out(client, SIGN_IN)
    elsewhere = address.replace(urlencode({"": back_of(FIRST)})[1:], "https%3A%2F%2Fattacker.example.org%2F")
    assert elsewhere != address
    answer = requests.get(elsewhere, timeout=10)
    assert answer.status_code == 400
    assert not answer.history


def test_setting_out_takes_a_post_of_our_own_page(
    client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch, owner: Owner
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    nothing_opened(owner, client.post(SIGN_IN), 419)
    assert client.get(f"{SIGN_IN}/relier").status_code == 303
    page = client.get(SIGN_IN)
    assert page.status_code == 200
    assert "form-action 'self'" in page.headers["Content-Security-Policy"]


def test_linking_to_the_account_of_an_attacker_needs_the_victims_own_click(
    client: FlaskClient,
    another: FlaskClient,
    signed_in_as: SignedInAs,
    known: Known,
    town: SimpleNamespace,
    owner: Owner,
) -> None:
    """The attacker's answer, brought to the victim's open session: linked to nothing."""
    victim = signed_in_as(known(None), association=town.own, proof=timedelta())
    theirs = at_the_provider(set_out(another, SIGN_IN), login="bob")
    assert victim.get(path_of(theirs)).status_code == 400
    assert owner.execute("SELECT FROM external_identity WHERE subject = 'bob-2'").rowcount == 0


def test_wherever_the_page_asked_for_leads_it_is_ours(client: FlaskClient) -> None:
    entered = go_through(client, f"{SIGN_IN}?suite=https://attacker.example.org/")
    assert entered.location.startswith("/connexion/code")


def test_an_endless_page_asked_for_is_forgotten_rather_than_the_attempt(client: FlaskClient) -> None:
    entered = go_through(client, f"{SIGN_IN}?suite=/{'x' * 5000}")
    assert entered.location == "/connexion/code"


def test_a_cookie_of_an_earlier_version_is_refused_in_words(client: FlaskClient, owner: Owner) -> None:
    back = at_the_provider(set_out(client, SIGN_IN))
    with client.session_transaction() as cookie:
        cookie["openid"] = {"state": query_of(back)["state"]}
    nothing_opened(owner, client.get(path_of(back)), 400)
