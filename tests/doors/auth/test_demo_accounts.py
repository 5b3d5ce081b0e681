"""Demo accounts have public secrets: printed for whoever tries the portal, refused in production."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal import cli
from portal.app import create_app
from portal.demo.logins import TOTP_SECRET, print_code, print_logins, sealed_secret
from portal.foundation import clock
from portal.foundation.config import Environment, Settings
from portal.models.account import Account
from portal.operations.demo_accounts import DemoAccountsPresent, refuse_demo_accounts
from tests.doors.auth.conftest import code_now
from tests.factories import PASSWORD, make_account


@pytest.fixture
def demo_account(arrange: Session) -> Account:
    account = make_account(arrange, "demo@example.org", staff=True)
    account.demo, account.totp_sealed, account.totp_confirmed_at = True, sealed_secret(account.id), clock.now()
    arrange.commit()
    return account


@pytest.fixture
def production(settings: Settings, app: Flask) -> Iterator[Flask]:
    """The application as it runs in production, beside the shared one."""
    changed = {"environment": Environment.PRODUCTION, "base_url": "https://portail.example.org"}
    own = create_app(settings.model_copy(update=changed))
    own.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    with own.app_context():
        yield own
    create_app(settings)


def test_the_printed_code_signs_in(client: FlaskClient, demo_account: Account) -> None:
    said: list[str] = []
    print_code(said.append)
    found = re.match(r"(\d{6})  \(encore (\d+) s", said[0])
    assert found
    assert 1 <= int(found.group(2)) <= 30
    client.post("/connexion", data={"mail": demo_account.mail, "password": PASSWORD})
    assert client.post("/connexion/code", data={"code": found.group(1)}).location == "/collectif/demandes"


def test_the_printed_logins_say_how_to_have_the_code() -> None:
    said: list[str] = []
    print_logins(said.append)
    assert "make demo-code" in said[-1]


def test_the_command_prints_the_code(app: Flask) -> None:
    cli.register(app)
    answer = app.test_cli_runner().invoke(args=["demo", "code"])
    assert answer.exit_code == 0
    assert re.match(r"\d{6} ", answer.output)


def test_production_does_not_start_with_demo_accounts(
    production: Flask, demo_account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DemoAccountsPresent, match="1 demo accounts are in this database"):
        refuse_demo_accounts()
    monkeypatch.delenv("FLASK_RUN_FROM_CLI", raising=False)
    with pytest.raises(DemoAccountsPresent):
        cli.register(production)


@pytest.mark.parametrize("command", ["worker", "scheduler"])
def test_neither_does_its_worker_nor_its_scheduler(
    production: Flask, demo_account: Account, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("FLASK_RUN_FROM_CLI", "true")
    cli.register(production)
    answer = production.test_cli_runner().invoke(args=[command])
    assert isinstance(answer.exception, DemoAccountsPresent)


def test_its_commands_that_serve_nobody_still_run(
    production: Flask, demo_account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASK_RUN_FROM_CLI", "true")
    cli.register(production)
    assert "migrate" in production.cli.commands


def test_production_starts_without_demo_accounts(production: Flask, arrange: Session) -> None:
    make_account(arrange, staff=True)
    arrange.commit()
    refuse_demo_accounts()


def test_a_database_that_does_not_answer_is_not_taken_for_a_demonstration(settings: Settings, app: Flask) -> None:
    changed = {
        "environment": Environment.PRODUCTION,
        "base_url": "https://portail.example.org",
        "database_url": "postgresql://nobody@127.0.0.1:1/nowhere",
    }
    own = create_app(settings.model_copy(update=changed))
    with own.app_context():
        refuse_demo_accounts()
    create_app(settings)


def test_the_demonstration_itself_starts(app: Flask, demo_account: Account) -> None:
    refuse_demo_accounts()


def test_production_refuses_a_demo_account_with_the_words_of_any_wrong_password(
    production: Flask, demo_account: Account
) -> None:
    client = production.test_client()
    answer = client.post(
        "/connexion",
        data={"mail": demo_account.mail, "password": PASSWORD},
        base_url="https://portail.example.org",
    )
    assert answer.status_code == 422
    assert "Adresse ou mot de passe incorrect." in answer.text


def test_the_known_secret_is_a_true_one() -> None:
    assert re.fullmatch(r"[A-Z2-7]{32}", TOTP_SECRET)
    assert code_now(secret=TOTP_SECRET).isdigit()
