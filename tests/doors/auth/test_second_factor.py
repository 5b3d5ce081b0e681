"""Half-way in: what the second factor lets in, once, and everything that stays shut until then."""

import re
from datetime import timedelta
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.config import Environment
from portal.foundation.crypto import token_digest
from portal.foundation.identifiers import new_id
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.models.account import Account, LoginSession
from portal.models.event import JournalAct, JournalEntry
from portal.operations.second_factor import RECOVERY_CODES, STEP_SECONDS, use_code
from tests.doors.auth.conftest import SignedInAs, code_now, give_factor, pass_both
from tests.factories import PASSWORD, make_account, make_association

TEXTS = {"form": "je-cherche-un-mentor", "filename": "css/tokens.css", "table": "mesures"}


@pytest.fixture
def claire(arrange: Session) -> Account:
    """An administrator whose second factor is set."""
    association = make_association(arrange)
    account = give_factor(
        arrange, make_account(arrange, "claire@example.org", association=association, role="administrator")
    )
    arrange.commit()
    return account


def give_password(client: FlaskClient, mail: str) -> Any:
    return client.post("/connexion", data={"mail": mail, "password": PASSWORD})


def give_code(client: FlaskClient, code: str) -> Any:
    return client.post("/connexion/code", data={"code": code})


def secret_of(page: str) -> str:
    """The secret written under the drawing."""
    found = re.search(r"<code>((?:[A-Z2-7]{4} ?)+)</code>", page)
    assert found
    return found.group(1).replace(" ", "")


def offer_of(page: str) -> str:
    found = re.search(r'name="offer" value="([^"]+)"', page)
    assert found
    return found.group(1)


def guarded_addresses(app: Flask) -> list[tuple[str, str]]:
    """Every route that asks for a permission, staff's and associations' alike, on objects that do not exist."""
    found = []
    for rule in app.url_map.iter_rules():
        if app.view_functions[rule.endpoint].guard.permission is None:
            continue
        values = {name: new_id() if name.endswith("_id") else TEXTS.get(name, "1") for name in rule.arguments}
        path = app.url_map.bind("localhost").build(rule.endpoint, values)
        found += [(method, path) for method in sorted((rule.methods or set()) & {"GET", "POST"})]
    return found


@pytest.mark.parametrize("staff", [True, False])
def test_with_the_password_alone_every_other_route_sees_nobody(
    app: Flask, arrange: Session, signed_in_as: SignedInAs, owner: Any, staff: bool
) -> None:
    association = make_association(arrange)
    account = give_factor(arrange, make_account(arrange, staff=staff, association=association, role="administrator"))
    browser = signed_in_as(account, association=None if staff else association, half=True)
    addresses = guarded_addresses(app)
    assert len(addresses) > 60
    for method, path in addresses:
        answer = browser.open(path, method=method, data={"association": str(association.id)})
        assert answer.status_code in {303, 401}, f"{method} {path}"
        if answer.status_code == 303:
            assert answer.location.startswith("/connexion"), f"{method} {path}"
    assert owner.execute("SELECT second_factor_at FROM login_session").fetchall() == [(None,)]


def test_the_code_opens_the_rest_under_a_new_identifier(client: FlaskClient, arrange: Session, claire: Account) -> None:
    give_password(client, claire.mail)
    with client.session_transaction() as cookie:
        first = cookie["token"]
    assert client.get("/demandes").status_code == 303
    assert give_code(client, code_now()).location == "/demandes"
    with client.session_transaction() as cookie:
        second = cookie["token"]
    assert first != second
    row = arrange.scalars(select(LoginSession)).one()
    assert row.digest == token_digest(second)
    assert None not in {row.second_factor_at, row.proof_at}
    assert client.get("/demandes").status_code == 200


def test_each_code_is_taken_once(app: Flask, claire: Account, arrange: Session) -> None:
    code = code_now()
    first, second = app.test_client(), app.test_client()
    for browser in (first, second):
        give_password(browser, claire.mail)
    assert give_code(first, code).status_code == 303
    refused = give_code(second, code)
    assert refused.status_code == 422
    assert "a déjà servi" in refused.text
    acts = arrange.scalars(select(JournalEntry.act).order_by(JournalEntry.at)).all()
    assert acts == [JournalAct.SIGNED_IN, JournalAct.SECOND_FACTOR_REFUSED]


@pytest.mark.parametrize(("steps", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(client: FlaskClient, claire: Account, steps: int, accepted: bool) -> None:
    with clock.at(clock.now()):
        give_password(client, claire.mail)
        assert give_code(client, code_now(steps)).status_code == (303 if accepted else 422)


def test_an_older_code_is_worth_nothing_after_a_newer_one(app: Flask, claire: Account) -> None:
    with clock.at(clock.now()):
        first, second = app.test_client(), app.test_client()
        for browser in (first, second):
            give_password(browser, claire.mail)
        assert give_code(first, code_now()).status_code == 303
        assert give_code(second, code_now(-1)).status_code == 422


@pytest.mark.parametrize("code", ["", "000", "12345é", "1" * 200, "\x00", "٣٣٣٣٣٣"])
def test_a_code_that_is_none_is_refused_in_words(client: FlaskClient, claire: Account, code: str) -> None:
    give_password(client, claire.mail)
    answer = give_code(client, code)
    assert answer.status_code == 422
    assert "Erreur" in answer.text


def test_spaces_in_a_code_do_no_harm(client: FlaskClient, claire: Account) -> None:
    give_password(client, claire.mail)
    code = code_now()
    assert give_code(client, f" {code[:3]} {code[3:]} ").status_code == 303


def test_being_half_way_in_lasts_a_quarter_of_an_hour(
    arrange: Session, signed_in_as: SignedInAs, claire: Account
) -> None:
    late = signed_in_as(claire, half=True, started=timedelta(minutes=16))
    assert give_code(late, code_now()).location == "/connexion"
    in_time = signed_in_as(claire, half=True, started=timedelta(minutes=14))
    assert in_time.get("/connexion/code").status_code == 200


def test_the_pages_of_the_second_factor_are_nobodys_but_theirs(
    client: FlaskClient, arrange: Session, signed_in_as: SignedInAs, claire: Account
) -> None:
    whole = signed_in_as(claire)
    for browser in (client, whole):
        for path in ("/connexion/code", "/connexion/secours", "/connexion/second-facteur"):
            assert browser.get(path).status_code == browser.post(path, data={"code": code_now()}).status_code == 303
    arrange.expire_all()
    assert claire.totp_last_step is None


def test_who_has_no_second_factor_sets_one_before_anything_else(client: FlaskClient, arrange: Session) -> None:
    account = make_account(arrange, association=make_association(arrange))
    arrange.commit()
    assert give_password(client, account.mail).location == "/connexion/second-facteur"
    assert client.get("/connexion/code").location == "/connexion/second-facteur"
    drawn = client.get("/connexion/second-facteur")
    assert "<svg" in drawn.text
    assert " style=" not in drawn.text.split("<main")[1]
    secret = secret_of(drawn.text)
    answer = client.post(
        "/connexion/second-facteur", data={"offer": offer_of(drawn.text), "code": code_now(secret=secret)}
    )
    assert answer.status_code == 200
    codes = re.findall(r'<code class="code">([a-z2-9-]+)</code>', answer.text)
    assert len(set(codes)) == RECOVERY_CODES
    assert client.get("/demandes").status_code == 200
    arrange.refresh(account)
    assert len(account.recovery_digests) == RECOVERY_CODES
    assert not set(codes) & set(account.recovery_digests)
    assert secret.encode() not in account.totp_sealed
    acts = set(arrange.scalars(select(JournalEntry.act)))
    assert acts == {JournalAct.SECOND_FACTOR_SET, JournalAct.SIGNED_IN}


def test_a_mistyped_first_code_keeps_what_was_scanned(client: FlaskClient, arrange: Session) -> None:
    account = make_account(arrange, association=make_association(arrange))
    arrange.commit()
    give_password(client, account.mail)
    drawn = client.get("/connexion/second-facteur").text
    again = client.post("/connexion/second-facteur", data={"offer": offer_of(drawn), "code": "000000"})
    assert again.status_code == 422
    assert secret_of(again.text) == secret_of(drawn)
    arrange.refresh(account)
    assert account.totp_confirmed_at is None


@pytest.mark.parametrize("offer", ["", "forged", "A" * 120, "é", "another's"])
def test_a_secret_that_we_did_not_offer_to_this_account_is_never_set(
    app: Flask, client: FlaskClient, arrange: Session, offer: str
) -> None:
    account, other = (make_account(arrange, association=make_association(arrange)) for _ in range(2))
    arrange.commit()
    attacker = app.test_client()
    give_password(attacker, other.mail)
    drawn = attacker.get("/connexion/second-facteur").text
    give_password(client, account.mail)
    sent = offer_of(drawn) if offer == "another's" else offer
    code = code_now(secret=secret_of(drawn))
    assert client.post("/connexion/second-facteur", data={"offer": sent, "code": code}).status_code == 422
    arrange.refresh(account)
    assert account.totp_sealed is None


def test_who_has_a_second_factor_cannot_set_another_with_the_password_alone(
    client: FlaskClient, claire: Account, arrange: Session
) -> None:
    give_password(client, claire.mail)
    assert client.get("/connexion/second-facteur").location == "/connexion/code"
    assert client.post("/connexion/second-facteur", data={"offer": "x", "code": "1"}).location == "/connexion/code"


def test_a_recovery_code_lets_in_once(app: Flask, client: FlaskClient, arrange: Session) -> None:
    account = make_account(arrange, association=make_association(arrange))
    arrange.commit()
    give_password(client, account.mail)
    drawn = client.get("/connexion/second-facteur").text
    data = {"offer": offer_of(drawn), "code": code_now(secret=secret_of(drawn))}
    codes = re.findall(
        r'<code class="code">([a-z2-9-]+)</code>', client.post("/connexion/second-facteur", data=data).text
    )
    answers = []
    for typed in (codes[0].upper().replace("-", " "), codes[0], codes[1], "zzzzz-zzzzz-zzzzz"):
        browser = app.test_client()
        give_password(browser, account.mail)
        answers.append(browser.post("/connexion/secours", data={"code": typed}).status_code)
    assert answers == [303, 422, 303, 422]
    arrange.refresh(account)
    assert len(account.recovery_digests) == RECOVERY_CODES - 2


def test_somebody_elses_recovery_code_is_worth_nothing(app: Flask, arrange: Session) -> None:
    first, second = (make_account(arrange, association=make_association(arrange)) for _ in range(2))
    give_factor(arrange, second)
    arrange.commit()
    browser = app.test_client()
    give_password(browser, first.mail)
    drawn = browser.get("/connexion/second-facteur").text
    data = {"offer": offer_of(drawn), "code": code_now(secret=secret_of(drawn))}
    page = browser.post("/connexion/second-facteur", data=data).text
    code = re.findall(r'<code class="code">([a-z2-9-]+)</code>', page)[0]
    other = app.test_client()
    give_password(other, second.mail)
    assert other.post("/connexion/secours", data={"code": code}).status_code == 422


def test_the_sixth_code_in_five_minutes_waits(counting: Flask, arrange: Session, claire: Account) -> None:
    browsers = [counting.test_client() for _ in range(6)]
    for number, browser in enumerate(browsers):
        browser.post(
            "/connexion",
            data={"mail": claire.mail, "password": PASSWORD},
            environ_base={"REMOTE_ADDR": f"192.0.2.{number}"},
        )
    answers = [give_code(browser, "000000").status_code for browser in browsers[:5]]
    assert answers == [422] * 5
    last = give_code(browsers[5], code_now())
    assert last.status_code == 429
    assert int(last.headers["Retry-After"]) <= 300
    assert "sur ce compte" in last.text
    assert browsers[5].post("/connexion/secours", data={"code": "x"}).status_code == 429


def test_right_and_empty_codes_are_not_counted_and_the_last_try_is_said(
    counting: Flask, arrange: Session, claire: Account
) -> None:
    browser = counting.test_client()
    give_password(browser, claire.mail)
    for _ in range(6):
        assert give_code(browser, "").status_code == 422
    answers = [give_code(browser, "000000").text for _ in range(4)]
    assert "Il reste 1\u00a0essai." in answers[3]
    assert give_code(browser, code_now()).status_code == 303
    again = counting.test_client()
    give_password(again, claire.mail)
    answers = [give_code(again, "000000").text for _ in range(5)]
    assert "C’était le dernier essai avant une pause." in answers[4]
    assert give_code(again, code_now(1)).status_code == 429


def test_the_hint_of_the_demonstration_is_for_its_own_accounts(
    app: Flask, client: FlaskClient, arrange: Session, claire: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_password(client, claire.mail)
    settings = app.config["SETTINGS"].model_copy(update={"environment": Environment.DEMO})
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    assert "make demo-code" not in client.get("/connexion/code").text
    claire.demo = True
    arrange.commit()
    assert "make demo-code" in client.get("/connexion/code").text


def test_one_persons_tries_cost_nobody_else_theirs(counting: Flask, arrange: Session, claire: Account) -> None:
    other = give_factor(arrange, make_account(arrange, association=make_association(arrange)))
    arrange.commit()
    attacker = counting.test_client()
    give_password(attacker, claire.mail)
    for _ in range(6):
        give_code(attacker, "000000")
    assert pass_both(counting.test_client(), other.mail).location == "/demandes"


def test_the_secret_is_bound_to_its_account(app: Flask, arrange: Session, claire: Account) -> None:
    """Copied from one row to another, it does not open."""
    thief = make_account(arrange, association=make_association(arrange))
    thief.totp_sealed, thief.totp_confirmed_at = claire.totp_sealed, claire.totp_confirmed_at
    arrange.commit()
    with transaction(Scope(DatabaseRole.SIGN_IN)), pytest.raises(InvalidTag):
        use_code(thief, code_now())


def test_a_step_lasts_thirty_seconds() -> None:
    assert STEP_SECONDS == 30
