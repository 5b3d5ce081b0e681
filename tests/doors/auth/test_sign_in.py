"""Signing in: who gets in, what they hold, and what refusals tell (nothing)."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.app import create_app
from portal.foundation import clock
from portal.foundation.config import Environment, Settings
from portal.foundation.crypto import token_digest
from portal.models.account import LoginSession
from portal.models.event import JournalAct, JournalEntry
from tests.doors.auth.conftest import give_factor, pass_both
from tests.factories import PASSWORD, make_account, make_association

WRONG = "Adresse ou mot de passe incorrect."


def knock(client: FlaskClient, mail: str, password: str = PASSWORD, suite: str | None = None) -> object:
    return client.post(
        "/connexion", query_string={"suite": suite} if suite else {}, data={"mail": mail, "password": password}
    )


def test_the_page_asks_for_an_address_and_a_password(client: FlaskClient) -> None:
    answer = client.get("/connexion")
    assert answer.status_code == 200
    assert "Connexion" in answer.text
    assert 'autocomplete="current-password"' in answer.text


def test_a_coordinator_signs_in_and_lands_on_the_requests(client: FlaskClient, arrange: Session) -> None:
    account = give_factor(arrange, make_account(arrange, association=make_association(arrange)))
    arrange.commit()
    assert knock(client, account.mail.upper()).location == "/connexion/code"
    answer = pass_both(client, account.mail.upper())
    assert (answer.status_code, answer.location) == (303, "/demandes")


def test_staff_sign_in_and_land_on_the_collectifs_requests(client: FlaskClient, arrange: Session) -> None:
    account = give_factor(arrange, make_account(arrange, staff=True))
    arrange.commit()
    answer = pass_both(client, account.mail)
    assert (answer.status_code, answer.location) == (303, "/collectif/demandes")


def test_signing_in_is_journaled_and_the_database_never_holds_the_token(client: FlaskClient, arrange: Session) -> None:
    account = give_factor(arrange, make_account(arrange, association=make_association(arrange)))
    arrange.commit()
    pass_both(client, account.mail)
    with client.session_transaction() as cookie:
        token = cookie["token"]
        assert set(cookie) <= {"token", "csrf_token"}
    assert arrange.scalars(select(LoginSession.digest)).all() == [token_digest(token)]
    assert arrange.scalars(select(JournalEntry.act)).all() == [JournalAct.SIGNED_IN]


@pytest.mark.parametrize("known", [True, False])
def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    client: FlaskClient, arrange: Session, known: bool
) -> None:
    account = make_account(arrange, "claire@example.org", association=make_association(arrange))
    arrange.commit()
    answer = knock(client, account.mail if known else "personne@example.org", "another long password 99")
    assert answer.status_code == 422
    assert WRONG in answer.text
    entry = arrange.scalars(select(JournalEntry)).one()
    assert entry.act is JournalAct.SIGN_IN_REFUSED
    assert entry.account_id == (account.id if known else None)
    assert arrange.scalars(select(LoginSession)).all() == []


def test_a_closed_account_is_refused_with_the_same_words(client: FlaskClient, arrange: Session) -> None:
    account = make_account(arrange, association=make_association(arrange))
    account.closed_at = clock.now()
    arrange.commit()
    answer = knock(client, account.mail)
    assert answer.status_code == 422
    assert WRONG in answer.text


def test_an_account_without_an_association_is_told_whom_to_ask(client: FlaskClient, arrange: Session) -> None:
    account = make_account(arrange)
    arrange.commit()
    answer = knock(client, account.mail)
    assert answer.status_code == 422
    assert "n’est plus rattaché à une association" in answer.text


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"mail": "", "password": ""},
        {"mail": "a" * 300 + "@example.org", "password": "x"},
        {"mail": "a@example.org", "password": "x" * 5000},
        {"mail": "\x00@example.org", "password": "x" * 20},
        {"mail": ["a@example.org", "b@example.org"], "password": "é😀" * 10},
    ],
)
def test_bad_input_is_refused_with_a_page(client: FlaskClient, data: dict[str, object]) -> None:
    answer = client.post("/connexion", data=data)
    assert answer.status_code == 422
    assert "Erreur" in answer.text


def test_what_was_typed_stays_but_never_the_password(client: FlaskClient) -> None:
    answer = knock(client, "claire@example.org", "a very long wrong password")
    assert "claire@example.org" in answer.text
    assert "a very long wrong password" not in answer.text


def test_the_identifier_is_renewed_at_each_sign_in(client: FlaskClient, arrange: Session) -> None:
    account = make_account(arrange, association=make_association(arrange))
    arrange.commit()
    knock(client, account.mail)
    with client.session_transaction() as cookie:
        first = cookie["token"]
    knock(client, account.mail)
    with client.session_transaction() as cookie:
        second = cookie["token"]
    assert first != second
    assert arrange.scalars(select(LoginSession.digest)).all() == [token_digest(second)]


def test_a_fixed_identifier_is_worth_nothing_after_signing_in(app: Flask, arrange: Session) -> None:
    account = make_account(arrange, association=make_association(arrange))
    arrange.commit()
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["token"] = "chosen by an attacker"
    knock(client, account.mail)
    attacker = app.test_client()
    with attacker.session_transaction() as cookie:
        cookie["token"] = "chosen by an attacker"
    assert attacker.get("/collectif/demandes").status_code == 303


@pytest.mark.parametrize(
    ("asked", "landed"),
    [
        ("/collectif/demandes?vue=en-retard", "/collectif/demandes?vue=en-retard"),
        ("//mechant.example", "/collectif/demandes"),
        ("/\\mechant.example", "/collectif/demandes"),
        ("https://mechant.example/collectif/demandes", "/collectif/demandes"),
        ("http:/collectif/demandes", "/collectif/demandes"),
        ("javascript:alert(1)", "/collectif/demandes"),
        ("/\t/mechant.example", "/collectif/demandes"),
        ("/nulle-part", "/collectif/demandes"),
        ("/connexion", "/collectif/demandes"),
        ("/connexion/code", "/collectif/demandes"),
        ("/mot-de-passe", "/collectif/demandes"),
        ("demandes", "/collectif/demandes"),
    ],
)
def test_only_a_path_of_ours_is_gone_to_after_signing_in(
    client: FlaskClient, arrange: Session, asked: str, landed: str
) -> None:
    account = give_factor(arrange, make_account(arrange, staff=True))
    arrange.commit()
    assert pass_both(client, account.mail, suite=asked).location == landed


def test_a_coordinator_is_not_sent_to_a_page_that_is_not_theirs(client: FlaskClient, arrange: Session) -> None:
    account = give_factor(arrange, make_account(arrange, association=make_association(arrange)))
    arrange.commit()
    assert pass_both(client, account.mail, suite="/collectif/demandes").location == "/demandes"


def test_whoever_is_signed_in_is_led_on_from_the_sign_in_page(client: FlaskClient, arrange: Session) -> None:
    account = give_factor(arrange, make_account(arrange, staff=True))
    arrange.commit()
    pass_both(client, account.mail)
    assert client.get("/connexion").location == "/collectif/demandes"


def test_the_eleventh_try_on_an_account_waits_wherever_it_comes_from(counting: Flask) -> None:
    client = counting.test_client()
    for try_number in range(10):
        answer = client.post(
            "/connexion",
            data={"mail": "claire@example.org", "password": "wrong"},
            environ_base={"REMOTE_ADDR": f"192.0.2.{try_number}"},
        )
        assert answer.status_code == 422
    answer = client.post(
        "/connexion",
        data={"mail": " Claire@example.org", "password": PASSWORD},
        environ_base={"REMOTE_ADDR": "192.0.2.200"},
    )
    assert answer.status_code == 429
    assert "Réessayez dans" in answer.text
    assert "sur ce compte" in answer.text
    assert "plusieurs derrière la même connexion" not in answer.text
    assert int(answer.headers["Retry-After"]) <= 300


def test_the_sixty_first_failure_from_an_address_waits_whatever_the_account(
    counting: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.operations.sign_in.password_matches", lambda *_: False)
    client = counting.test_client()
    answers = [
        client.post("/connexion", data={"mail": f"personne{number}@example.org", "password": "wrong"})
        for number in range(61)
    ]
    assert [one.status_code for one in answers] == [422] * 60 + [429]
    assert "de cet endroit" in answers[60].text
    assert "plusieurs derrière la même connexion" in answers[60].text


def test_neither_right_passwords_nor_empty_forms_are_counted(counting: Flask, arrange: Session) -> None:
    account = make_account(arrange, staff=True)
    arrange.commit()
    client = counting.test_client()
    empty = [client.post("/connexion", data={"mail": account.mail, "password": ""}) for _ in range(11)]
    assert "Il reste" not in empty[10].text
    assert 429 not in {one.status_code for one in empty}
    assert [knock(counting.test_client(), account.mail).status_code for _ in range(11)] == [303] * 11


def test_coming_in_starts_the_accounts_counter_afresh(counting: Flask, arrange: Session) -> None:
    account = make_account(arrange, staff=True)
    arrange.commit()
    client = counting.test_client()
    for _ in range(9):
        client.post("/connexion", data={"mail": account.mail, "password": "wrong"})
    assert knock(client, account.mail).status_code == 303
    answers = [
        counting.test_client().post("/connexion", data={"mail": account.mail, "password": "wrong"}) for _ in range(2)
    ]
    assert [one.status_code for one in answers] == [422, 422]
    assert "Il reste" not in answers[1].text


def test_failures_under_way_at_once_are_all_counted(counting: Flask) -> None:
    """Those that were let in together go beyond the limit by their own number at most; nobody comes after them."""

    def fail(_: int) -> int:
        data = {"mail": "claire@example.org", "password": "wrong"}
        return counting.test_client().post("/connexion", data=data).status_code

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(fail, range(16)))
    assert 10 <= answers.count(422) <= 10 + 1
    assert fail(0) == 429


def test_the_tries_left_are_said_once_they_are_few(counting: Flask) -> None:
    client = counting.test_client()
    answers = [client.post("/connexion", data={"mail": "claire@example.org", "password": "wrong"}) for _ in range(6)]
    assert "Il reste" not in answers[0].text
    assert "Il reste 4\u00a0essais." in answers[5].text


def test_reading_the_page_is_never_counted(counting: Flask) -> None:
    client = counting.test_client()
    assert {client.get("/connexion").status_code for _ in range(15)} == {200}


def test_without_its_counters_the_door_stays_closed(
    settings: Settings, arrange: Session, app: Flask, owner: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    account = make_account(arrange, staff=True)
    arrange.commit()
    deaf = create_app(
        settings.model_copy(
            update={
                "limits_enabled": True,
                "redis_url": "unix:///nowhere/valkey.sock?db=0",
            }
        )
    )
    deaf.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    with deaf.app_context():
        answer = deaf.test_client().post("/connexion", data={"mail": account.mail, "password": PASSWORD})
    create_app(settings)
    assert answer.status_code == 503
    assert owner.execute("SELECT count(*) FROM login_session").fetchone() == (0,)


def test_a_form_without_its_token_is_refused(settings: Settings, arrange: Session) -> None:
    account = make_account(arrange, staff=True)
    arrange.commit()
    guarded = create_app(settings)
    guarded.config.update(TESTING=True)
    with guarded.app_context():
        answer = guarded.test_client().post("/connexion", data={"mail": account.mail, "password": PASSWORD})
    assert answer.status_code == 419


@pytest.mark.parametrize(
    ("environment", "words"), [(Environment.TEST, "30\u00a0minutes"), (Environment.DEMO, "8\u00a0heures")]
)
def test_the_page_says_in_words_how_long_a_session_lasts_unused(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, environment: Environment, words: str
) -> None:
    settings = app.config["SETTINGS"].model_copy(update={"environment": environment})
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    assert f"Fermeture après {words} sans activité." in client.get("/connexion").text
