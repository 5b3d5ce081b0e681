"""A whole portal for the browser: web, worker, scheduler and mailbox as processes, on a database of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from portal.demo.logins import TOTP_SECRET
from portal.local.layout import CLONE
from portal.local.postgres import create_database
from tests.e2e.people import next_code
from tests.servers import TEMPLATE, alone, on_database

PATIENCE_SECONDS = 60
ONE_REQUEST_IN = 8


@dataclass(frozen=True)
class Site:
    """Where the portal answers, the environment it runs in, and the folder its mail falls into.

    accounts: the mails of the demo's own accounts, whose password and secret are known. steps: the latest 30-second
    step whose code each account has used. sessions: the cookies of those signed in.
    """

    address: str
    environment: dict[str, str]
    mail: Path
    accounts: frozenset[str]
    steps: dict[str, int] = field(default_factory=dict)
    sessions: dict[str, Any] = field(default_factory=dict)

    def owner(self) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(self.environment["DATABASE_URL"], autocommit=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def flask(environment: dict[str, str], *words: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *words]
    return subprocess.Popen(command, cwd=CLONE, env=environment)


def wait_for(address: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            with urlopen(f"{address}/healthz") as answer:
                if answer.status == 200:
                    return
        except (HTTPError, URLError, ConnectionError):
            time.sleep(0.2)
    raise RuntimeError("the portal does not answer")


@pytest.fixture(scope="session")
def site(
    pytestconfig: pytest.Config,
    portal_environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
    worker_number: int,
) -> Iterator[Site]:
    """The portal with a small demo season, the undo window closed at once, no limits."""
    data, port = tmp_path_factory.mktemp("site"), free_port()
    name = f"portal_site_{worker_number}"
    owner = portal_environment["DATABASE_URL"]
    from tests.servers import FOLDER  # noqa: PLC0415 - a stash key, known once pytest runs

    with (
        alone(pytestconfig.stash[FOLDER], "template"),
        psycopg.connect(on_database(owner, "postgres"), autocommit=True) as connection,
    ):
        create_database(connection, name, template=TEMPLATE)
    environment = {
        **os.environ,
        **portal_environment,
        "DATABASE_URL": on_database(owner, name),
        "REDIS_URL": portal_environment["REDIS_URL"].replace(f"db={worker_number + 1}", f"db={worker_number + 9}"),
        "BASE_URL": f"http://localhost:{port}",
        "DATA_DIR": str(data),
        "SMTP_PORT": str(free_port()),
        "LIMITS_ENABLED": "false",
        "ENVIRONMENT": "demo",
    }
    loaded = flask(environment, "demo", "load", "--one-in", str(ONE_REQUEST_IN))
    assert loaded.wait() == 0
    with psycopg.connect(environment["DATABASE_URL"]) as connected:
        accounts = frozenset(mail for (mail,) in connected.execute("SELECT mail FROM account").fetchall())
    web = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "-w", "2", "--log-level", "warning", "wsgi:app"]
    running = [
        flask(environment, "mailbox"),
        flask(environment, "worker"),
        flask(environment, "scheduler"),
        subprocess.Popen(web, cwd=CLONE, env=environment),
    ]
    address = f"http://localhost:{port}"
    try:
        wait_for(address)
        yield Site(address, environment, data / "mail", accounts)
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(timeout=30)


@dataclass
class Visitor:
    """Somebody at a browser of their own; console and CSP errors are kept and fail the test at its end."""

    page: Page
    site: Site
    complaints: list[str]

    def go(self, path: str) -> "Visitor":
        self.page.goto(self.site.address + path)
        return self

    def sign_in(self, mail: str, password: str) -> "Visitor":
        """To one's home page; by the session this account has open already, if any: each code counts only once."""
        self.page.context.add_cookies(self.site.sessions.get(mail, []))
        self.go("/connexion")
        if self.page.url.endswith("/connexion"):
            self.give_password(mail, password)
            self.give_code(mail)
            self.site.sessions[mail] = self.page.context.cookies()
        return self

    def give_password(self, mail: str, password: str) -> None:
        self.go("/connexion")
        self.page.get_by_label("Adresse e-mail").fill(mail)
        self.page.get_by_label("Mot de passe", exact=True).fill(password)
        self.press("Se connecter")

    def give_code(self, mail: str, secret: str = TOTP_SECRET) -> None:
        self.page.get_by_label("Code à 6 chiffres").fill(next_code(self.site.steps, mail, secret))
        self.press("Se connecter")

    def press(self, name: str) -> None:
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=name).click()


@pytest.fixture
def visit(chromium: Browser, site: Site) -> Iterator[object]:
    """visit(width): a new visitor, in a browser of their own."""
    contexts: list[BrowserContext] = []
    visitors: list[Visitor] = []

    def open_browser(width: int = 1280, height: int = 900, *, javascript: bool = True) -> Visitor:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, locale="fr-FR", java_script_enabled=javascript
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        visitor = Visitor(page, site, [])
        page.on("console", lambda said: visitor.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        visitors.append(visitor)
        return visitor

    yield open_browser
    for context in contexts:
        context.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []
