"""Asking a server that somebody else chose: bounded in time and size, never redirected, never inside our own network.

The address that counts is the one the socket has reached, looked at before anything is sent: no name can change
between a check and its use.
"""

import json
import socket
import time
from collections.abc import Mapping
from ipaddress import ip_address
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as NoAnswerInTime

PATIENCE_SECONDS = 5.0
MOST_AT_ONCE = 2  # of one process: whoever waits for others keeps a thread from everybody
LONGEST_ANSWER = 256 * 1024
LONGEST_ADDRESS = 500
CHUNK = 16 * 1024
FIRST_REDIRECT, FIRST_SERVER_ERROR = 300, 500
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
asking = BoundedSemaphore(MOST_AT_ONCE)


class Unreachable(Exception):
    """The other server is down, too slow, answers too much, sends elsewhere or is where none may be asked."""


class TooSlow(Unreachable):
    """The patience there was for the other server is over."""


class InsideOurNetwork(OSError):
    """The name leads to an address that is not public."""


class _OutsideOnly:
    """A connection that refuses, before its first byte, to speak to an address that is not public."""

    def _new_conn(self) -> socket.socket:
        opened: socket.socket = super()._new_conn()  # type: ignore[misc]
        if not ip_address(opened.getpeername()[0]).is_global:
            opened.close()
            raise InsideOurNetwork
        return opened


class _OutsideHTTP(_OutsideOnly, HTTPConnection):
    pass


class _OutsideHTTPS(_OutsideOnly, HTTPSConnection):
    pass


class _OutsideHTTPPool(HTTPConnectionPool):
    ConnectionCls = _OutsideHTTP


class _OutsideHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _OutsideHTTPS


class Bounded(HTTPAdapter):
    """What every request of a session goes through. The patience is that of the whole session, not of one request."""

    def __init__(self, *, inside_too: bool, patience: float = PATIENCE_SECONDS) -> None:
        self.inside_too = inside_too
        self.until = time.monotonic() + patience
        super().__init__()

    def init_poolmanager(self, *args: Any, **named: Any) -> None:
        super().init_poolmanager(*args, **named)
        if not self.inside_too:
            pools = {"http": _OutsideHTTPPool, "https": _OutsideHTTPSPool}
            self.poolmanager.pool_classes_by_scheme = pools

    def left(self) -> float:
        """Seconds; raises TooSlow when there is none."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise TooSlow
        return left

    def send(self, request: requests.PreparedRequest, **named: Any) -> requests.Response:  # type: ignore[override]
        """Raises Unreachable, also when too many of us are asking already; TooSlow."""
        if not asking.acquire(blocking=False):
            raise Unreachable
        try:
            return self._answer(request, **named)
        finally:
            asking.release()

    def _answer(self, request: requests.PreparedRequest, **named: Any) -> requests.Response:
        try:
            answer = super().send(request, **{**named, "timeout": self.left(), "stream": True})
            answer._content = self._whole(answer)  # noqa: SLF001 - read here, within bounds, and nowhere else
        except (requests.Timeout, NoAnswerInTime) as error:
            raise TooSlow from error
        except (requests.RequestException, HTTPError) as error:
            raise Unreachable from error
        if answer.status_code >= FIRST_SERVER_ERROR or FIRST_REDIRECT <= answer.status_code < requests.codes.bad:
            raise Unreachable
        return answer

    def _whole(self, answer: requests.Response) -> bytes:
        found = bytearray()
        while chunk := answer.raw.read1(CHUNK):
            found += chunk
            if len(found) > LONGEST_ANSWER:
                raise Unreachable
            self.left()
        return bytes(found)


def bound(session: requests.Session, *, inside_too: bool, patience: float = PATIENCE_SECONDS) -> None:
    """Bound everything this session asks. Nothing of this machine's environment (proxies, .netrc) is used."""
    adapter = Bounded(inside_too=inside_too, patience=patience)
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    session.trust_env = False
    session.headers["Accept-Encoding"] = "identity"


def bounded_session(*, inside_too: bool, patience: float = PATIENCE_SECONDS) -> requests.Session:
    session = requests.Session()
    bound(session, inside_too=inside_too, patience=patience)
    return session


def json_of(answer: requests.Response) -> Mapping[str, Any]:
    """The JSON object answered. Raises Unreachable when it is anything else."""
    try:
        found = json.loads(answer.content)
    except (ValueError, RecursionError) as error:
        raise Unreachable from error
    if answer.status_code != requests.codes.ok or not isinstance(found, dict):
        raise Unreachable
    return found


def may_be_asked(address: object, *, inside_too: bool) -> bool:
    """An absolute https address without user, password or fragment; plain http only of this machine, where allowed."""
    if not isinstance(address, str) or not address.isascii() or not address.isprintable():
        return False
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    plain = not (parts.username or parts.password or parts.fragment or " " in address or "\\" in address)
    scheme = parts.scheme == "https" or (inside_too and parts.scheme == "http" and host in LOOPBACK)
    return bool(plain and scheme and host and len(address) <= LONGEST_ADDRESS)
