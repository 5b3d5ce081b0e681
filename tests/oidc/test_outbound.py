"""What a server that somebody else chose can do to us: be elsewhere than it says, be slow, be endless, send us away."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests
from flask import Flask

from portal.foundation.config import Environment
from portal.foundation.errors import DomainError
from portal.foundation.outbound import (
    LONGEST_ANSWER,
    MOST_AT_ONCE,
    TooSlow,
    Unreachable,
    asking,
    bounded_session,
    json_of,
    may_be_asked,
)
from portal.operations.discovery import ProviderUnfit, discover, read

Answer = Callable[[socket.socket], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextmanager
def serving(answer: Answer) -> Iterator[tuple[str, list[bytes]]]:
    """A server of one connection: its address, and what it was sent."""
    heard: list[bytes] = []

    def serve(listening: socket.socket) -> None:
        try:
            speaking, _ = listening.accept()
        except OSError:
            return
        with speaking:
            heard.append(speaking.recv(4096))
            try:
                answer(speaking)
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=[listening], daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", heard
        listening.close()
        thread.join(2)


def whole(body: bytes) -> Answer:
    return lambda speaking: speaking.sendall(OK + b"Content-Length: %d\r\n\r\n" % len(body) + body)


def test_what_is_asked_is_answered() -> None:
    with serving(whole(b'{"issuer": "x"}')) as (address, heard):
        assert json_of(bounded_session(inside_too=True).get(address)) == {"issuer": "x"}
    assert b"Accept-Encoding: identity" in heard[0]


def test_an_address_inside_our_network_is_sent_nothing() -> None:
    """Whatever the name says, the socket has reached a private address: it is closed before its first byte."""
    with serving(whole(b"{}")) as (address, heard):
        for asked in (address, address.replace("127.0.0.1", "localhost")):
            with pytest.raises(Unreachable):
                bounded_session(inside_too=False).get(asked)
    assert heard in ([], [b""])


def test_an_answer_that_drips_is_given_up() -> None:
    def drip(speaking: socket.socket) -> None:
        speaking.sendall(OK + b"Content-Length: 100000\r\n\r\n")
        for _ in range(100):
            speaking.sendall(b" ")
            time.sleep(0.1)

    begun = time.monotonic()
    with serving(drip) as (address, _), pytest.raises(TooSlow):
        bounded_session(inside_too=True, patience=0.5).get(address)
    assert time.monotonic() - begun < 4


def test_an_answer_without_end_is_given_up() -> None:
    def endless(speaking: socket.socket) -> None:
        speaking.sendall(OK + b"\r\n")
        while True:
            speaking.sendall(b"x" * 65536)

    with serving(endless) as (address, _), pytest.raises(Unreachable):
        bounded_session(inside_too=True).get(address)
    with serving(whole(b" " * LONGEST_ANSWER + b"{}")) as (address, _), pytest.raises(Unreachable):
        bounded_session(inside_too=True).get(address)


def test_patience_is_for_all_that_is_asked_together() -> None:
    session = bounded_session(inside_too=True, patience=0.3)
    time.sleep(0.35)
    with serving(whole(b"{}")) as (address, heard), pytest.raises(Unreachable):
        session.get(address)
    assert heard == []


def test_a_server_that_says_nothing_is_too_slow() -> None:
    with serving(lambda _: time.sleep(1)) as (address, _), pytest.raises(TooSlow):
        bounded_session(inside_too=True, patience=0.3).get(address)


def test_only_two_at_once_wait_for_others_and_their_places_come_back() -> None:
    release = threading.Event()

    def ask(address: str) -> int:
        return bounded_session(inside_too=True).get(address).status_code

    def late(speaking: socket.socket) -> None:
        release.wait(4)
        whole(b"{}")(speaking)

    with ThreadPoolExecutor(MOST_AT_ONCE) as together, serving(late) as (one, _), serving(late) as (other, _):
        waiting = [together.submit(ask, address) for address in (one, other)]
        deadline = time.monotonic() + 4
        while asking.acquire(blocking=False) and time.monotonic() < deadline:
            asking.release()
            time.sleep(0.01)
        with serving(whole(b"{}")) as (third, heard), pytest.raises(Unreachable):
            ask(third)
        release.set()
        assert [one.result() for one in waiting] == [200, 200]
    assert heard == []
    with serving(whole(b"{}")) as (address, _):
        assert ask(address) == 200


def test_nobody_sends_us_elsewhere() -> None:
    def away(speaking: socket.socket) -> None:
        speaking.sendall(b"HTTP/1.1 307 Away\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")

    with serving(away) as (address, _), pytest.raises(Unreachable):
        bounded_session(inside_too=True).get(address)


def test_nothing_of_this_machines_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")
    with serving(whole(b"{}")) as (address, _):
        assert bounded_session(inside_too=True).get(address).status_code == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"[" * 60000, b"\xff"])
def test_only_a_json_object_is_an_answer(body: bytes) -> None:
    answer = requests.Response()
    answer.status_code, answer._content = 200, body
    with pytest.raises(Unreachable):
        json_of(answer)


@pytest.mark.parametrize(
    ("address", "outside", "inside"),
    [
        ("https://id.example.org", True, True),
        ("https://id.example.org/realms/one?x=1", True, True),
        ("http://id.example.org", False, False),
        ("http://127.0.0.1:9000", False, True),
        ("http://localhost:9000/x", False, True),
        ("https://user:word@id.example.org", False, False),
        ("https://id.example.org/#part", False, False),
        ("https://id.example.org:99999999", False, False),
        ("https://[::1", False, False),
        ("https:///nowhere", False, False),
        ("https://id.example.org/a b", False, False),
        ("https://id.example.org\\@attacker.example.org", False, False),
        ("https://idé.example.org", False, False),
        ("ftp://id.example.org", False, False),
        ("javascript:alert(1)", False, False),
        ("https://id.example.org/" + "x" * 500, False, False),
        (None, False, False),
        (7, False, False),
    ],
)
def test_which_addresses_may_be_asked(address: object, outside: bool, inside: bool) -> None:
    assert may_be_asked(address, inside_too=False) is outside
    assert may_be_asked(address, inside_too=True) is inside


DOCUMENT = {
    "issuer": "https://id.example.org",
    "authorization_endpoint": "https://id.example.org/auth",
    "token_endpoint": "https://id.example.org/token",
    "jwks_uri": "https://id.example.org/keys",
}


@pytest.mark.parametrize(
    "spoilt",
    [
        {"issuer": "https://id.example.org/"},
        {"authorization_endpoint": None},
        {"token_endpoint": "http://id.example.org/token"},
        {"jwks_uri": ["https://id.example.org/keys"]},
        {"id_token_signing_alg_values_supported": ["HS256", "none"]},
        {"response_types_supported": ["id_token"]},
        {"token_endpoint_auth_methods_supported": ["private_key_jwt"]},
        {"token_endpoint_auth_methods_supported": "client_secret_basic"},
    ],
)
def test_a_document_that_is_not_fit_is_refused_in_words(app: Flask, spoilt: dict[str, object]) -> None:
    assert read(DOCUMENT["issuer"], DOCUMENT).authentication == "client_secret_basic"
    with pytest.raises(ProviderUnfit, match="service"):
        read(DOCUMENT["issuer"], {**DOCUMENT, **spoilt})


def test_the_secret_is_shown_in_the_body_where_only_that_is_taken(app: Flask) -> None:
    found = read(DOCUMENT["issuer"], {**DOCUMENT, "token_endpoint_auth_methods_supported": ["client_secret_post"]})
    assert found.authentication == "client_secret_post"


def test_production_asks_nobody_on_this_machine(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    live = app.config["SETTINGS"].model_copy(update={"environment": Environment.PRODUCTION})
    with serving(whole(b"{}")) as (address, heard):
        monkeypatch.setitem(app.config, "SETTINGS", live)
        for issuer in (address, address.replace("http://", "https://")):
            with pytest.raises(DomainError):
                discover(issuer)
    assert heard in ([], [b""])
