"""The portal closed for a while, or without its database: a page that says so, what is safe, and when to come back."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError
from werkzeug.test import TestResponse

from portal.app import create_app
from portal.cli import maintenance
from portal.foundation import clock
from portal.foundation.config import Settings
from portal.foundation.extensions import db
from portal.foundation.tenancy import DatabaseRole
from portal.web.errors import unreachable
from portal.web.maintenance import close, closed, file_in, reopen

NOON = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
STATIC = Path(__file__).parents[2] / "portal" / "static" / "maintenance.html"


@pytest.fixture
def data(app: Flask) -> Iterator[Path]:
    folder: Path = app.config["SETTINGS"].data_dir
    reopen(folder)
    yield folder
    reopen(folder)


def read(answer: TestResponse) -> str:
    return unescape(answer.text).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("method", "path"), [("get", "/"), ("get", "/demandes"), ("post", "/connexion"), ("get", "/nowhere"), ("put", "/")]
)
def test_every_page_says_that_the_portal_is_closed(client: FlaskClient, data: Path, method: str, path: str) -> None:
    with clock.at(NOON):
        close(data, NOON + timedelta(hours=2, minutes=30))
        answer = getattr(client, method)(path)

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "9000"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "jusque vers 14 h 30" in read(answer)
    assert "déjà reçues gardent leur place" in read(answer)
    assert "Si vous avez reçu un fichier à 10 h" in read(answer)
    assert "mailto:" in read(answer)
    assert "(503)" not in read(answer)


def test_whoever_sends_something_is_told_that_it_was_not_kept(client: FlaskClient, data: Path) -> None:
    close(data, None)
    assert "n’a pas été enregistré" in read(client.post("/compte/courriels", data={"x": "y"}))
    assert "n’a pas été enregistré" not in read(client.get("/compte/courriels"))


@pytest.mark.parametrize(
    "kept", [b"\xff\xfe\x00", b'{"until": "9999-12-31T23:59:59+00:00"}', b'{"until": "0001-01-01T00:00:00+14:00"}']
)
def test_a_file_from_nowhere_still_closes(client: FlaskClient, data: Path, kept: bytes) -> None:
    file_in(data).write_bytes(kept)

    answer = client.get("/")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "300")


def test_health_and_static_files_stay_open(client: FlaskClient, data: Path) -> None:
    close(data, None)

    assert "database" in client.get("/healthz").get_json()
    assert client.get("/static/css/base.css").status_code == 200


def test_it_opens_again(client: FlaskClient, data: Path) -> None:
    close(data, None)
    assert client.get("/").status_code == 503

    assert reopen(data)

    assert client.get("/").status_code == 200
    assert not reopen(data)


@pytest.mark.parametrize(
    ("until", "told", "seconds"),
    [
        (None, "encore quelques minutes", 300),
        (NOON - timedelta(hours=1), "encore quelques minutes", 300),
        (NOON + timedelta(seconds=5), "jusque vers 12 h", 30),
        (NOON + timedelta(days=1), "jusqu’au mercredi 11 mars, vers 12 h", 86400),
    ],
)
def test_when_to_come_back(client: FlaskClient, data: Path, until: datetime | None, told: str, seconds: int) -> None:
    with clock.at(NOON - timedelta(hours=2)):
        close(data, until)
    with clock.at(NOON):
        answer = client.get("/")

    assert told in read(answer)
    assert answer.headers["Retry-After"] == str(seconds)


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"until": 3}', '{"until": "soon"}', '{"until": "2026-03-10T12:00"}'])
def test_a_file_that_makes_no_sense_still_closes(client: FlaskClient, data: Path, kept: str) -> None:
    file_in(data).write_text(kept, encoding="utf-8")

    answer = client.get("/")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "300")


def test_neither_the_database_nor_the_queue_is_asked(data: Path, app: Flask, lonely: FlaskClient) -> None:
    close(data, None)

    with lonely:
        lonely.set_cookie("session", "whatever")
        answer = lonely.get("/collectif/fonctionnement")

    assert "Maintenance" in read(answer)


@pytest.fixture
def lonely(settings: Settings) -> FlaskClient:
    """A portal whose database and queue are nowhere."""
    nowhere = {"database_url": "postgresql://owner:x@/portal?host=/nowhere", "redis_url": "unix:///nowhere/valkey.sock"}
    return create_app(settings.model_copy(update=nowhere)).test_client()


@pytest.mark.parametrize("path", ["/connexion", "/chiffres-du-mentorat"])
def test_without_its_database_the_portal_says_that_nothing_is_lost(lonely: FlaskClient, path: str) -> None:
    answer = lonely.get(path)

    assert answer.status_code == 503
    assert "Rien n’a été perdu" in read(answer)
    assert answer.headers["Retry-After"] == "30"


def test_whoever_is_signed_in_is_told_too_and_so_is_who_sends_a_form(lonely: FlaskClient) -> None:
    with lonely.session_transaction() as cookie:
        cookie["token"] = "x" * 43
    lonely.application.config["WTF_CSRF_ENABLED"] = False

    for answer in (lonely.get("/demandes"), lonely.post("/collectif/demandes/chercher", data={"q": "x"})):
        assert answer.status_code == 503
        assert "Rien n’a été perdu" in read(answer)


def test_an_unknown_page_is_unknown_even_without_a_database(lonely: FlaskClient) -> None:
    with lonely.session_transaction() as cookie:
        cookie["token"] = "x" * 43

    assert lonely.get("/nowhere/at/all").status_code == 404


def test_a_connection_that_is_cut_is_told_from_a_fault_of_ours(app: Flask, owner: Any) -> None:
    with db.engines[DatabaseRole.STAFF].connect() as connection:
        number = connection.scalar(text("SELECT pg_backend_pid()"))
        owner.execute("SELECT pg_terminate_backend(%s)", [number])
        with pytest.raises(OperationalError) as cut:
            connection.execute(text("SELECT 1"))
    wrong = IntegrityError("", None, psycopg.errors.UniqueViolation())
    clash = OperationalError("", None, psycopg.errors.SerializationFailure())

    assert unreachable(cut.value)
    assert not unreachable(wrong)
    assert not unreachable(clash)


def test_a_fault_of_ours_is_no_maintenance(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise IntegrityError("", None, psycopg.errors.UniqueViolation())

    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    endpoint = next(rule.endpoint for rule in app.url_map.iter_rules() if rule.rule == "/")
    monkeypatch.setattr(broken, "guard", vars(app.view_functions[endpoint])["guard"], raising=False)
    monkeypatch.setitem(app.view_functions, endpoint, broken)

    answer = app.test_client().get("/")

    assert answer.status_code == 500
    assert "Panne de notre côté (500)" in read(answer)


def test_the_commands_close_tell_and_open(app: Flask, data: Path) -> None:
    runner = app.test_cli_runner()
    with clock.at(NOON):
        said = [
            runner.invoke(maintenance, list(words)).output.strip()
            for words in (
                ["status"],
                ["on", "--until", "14:30"],
                ["status"],
                ["on", "--until", "2026-03-11 08:00"],
                ["on"],
                ["status"],
                ["off"],
                ["off"],
            )
        ]

    assert said == [
        "open",
        "closed until 2026-03-10 14:30",
        "closed until 2026-03-10 14:30",
        "closed until 2026-03-11 08:00",
        "closed",
        "closed",
        "open again",
        "it was open already",
    ]


@pytest.mark.parametrize("text_given", ["soon", "25:00", "2026-02-30 10:00", ""])
def test_an_hour_that_makes_no_sense_closes_nothing(app: Flask, data: Path, text_given: str) -> None:
    ended = app.test_cli_runner().invoke(maintenance, ["on", "--until", text_given])

    assert ended.exit_code == 2
    assert "14:30" in ended.output
    assert closed(data) is None


@pytest.mark.parametrize(
    ("given", "tomorrow"),
    [("09:00", "2026-03-11 09:00"), ("12:00", "2026-03-11 12:00"), ("2026-03-01 08:15", "2026-03-11 08:15")],
)
def test_an_hour_already_past_closes_nothing_and_says_what_to_write(
    app: Flask, data: Path, given: str, tomorrow: str
) -> None:
    with clock.at(NOON):
        ended = app.test_cli_runner().invoke(maintenance, ["on", "--until", given])

    assert ended.exit_code == 2
    assert "is past: it is 12:00 in Paris, and nothing was changed." in ended.output
    assert f'write "{tomorrow}"' in ended.output
    assert closed(data) is None


def test_a_data_folder_that_cannot_be_read_closes(tmp_path: Path) -> None:
    (tmp_path / "maintenance.json").mkdir()

    found = closed(tmp_path)

    assert found is not None
    assert found.until is None
    assert closed(tmp_path / "nowhere") is None


def test_the_page_of_the_reverse_proxy_needs_nothing_else() -> None:
    page = STATIC.read_text(encoding="utf-8")

    assert not re.search(r"(src|url)\s*[=(]|<link|<script|https?:", page)
    assert set(re.findall(r'href="([^"]*)"', page)) == {""}
    assert "Rien n’a été perdu" in page
    assert "Si vous avez reçu un fichier à 10&nbsp;h" in page
