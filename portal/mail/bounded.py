"""An SMTP connection bounded in time and in memory: none of its waits outlasts a deadline, no reply is endless."""

import smtplib
import socket
import ssl
from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import Any

LONGEST_REPLY = 64 * 1024  # bytes, all its lines together; the longest honest ones have a few hundred


@dataclass
class Deadline:
    """An instant of the monotonic clock, shared by all who must respect it."""

    at: float = inf

    def left(self) -> float | None:
        """Seconds, None when there is no end. Raises TimeoutError when it is over."""
        if self.at == inf:
            return None
        seconds = self.at - monotonic()
        if seconds <= 0:
            raise TimeoutError("the conversation lasted too long")
        return seconds

    @property
    def over(self) -> bool:
        return monotonic() >= self.at


class ReplyTooLong(OSError):
    """The server goes on and on: whoever listens would keep all of it in memory."""


@dataclass
class Hearing:
    """How many bytes of the reply under way have come; shared by the sockets of one connection."""

    heard: int = 0

    def listen(self) -> None:
        """Another reply begins."""
        self.heard = 0

    def add(self, amount: int) -> int:
        """Raises ReplyTooLong."""
        self.heard += amount
        if self.heard > LONGEST_REPLY:
            raise ReplyTooLong("the reply has no end")
        return amount


class BoundedSocket(socket.socket):
    """A timeout alone bounds each wait: one byte a second would hold us for ever."""

    deadline = Deadline()
    hearing = Hearing()

    def recv_into(self, *arguments: Any) -> int:
        self.settimeout(self.deadline.left())
        return self.hearing.add(super().recv_into(*arguments))

    def sendall(self, *arguments: Any) -> None:
        self.settimeout(self.deadline.left())
        super().sendall(*arguments)


class BoundedTls(ssl.SSLSocket):
    """The same inside TLS, where sendall is made of many sends."""

    deadline = Deadline()
    hearing = Hearing()

    def recv_into(self, *arguments: Any) -> int:
        self.settimeout(self.deadline.left())
        return self.hearing.add(super().recv_into(*arguments))

    def send(self, *arguments: Any) -> int:
        self.settimeout(self.deadline.left())
        return super().send(*arguments)


def secure_context() -> ssl.SSLContext:
    """The system's authorities (or SSL_CERT_FILE), host name checked."""
    context = ssl.create_default_context()
    context.sslsocket_class = BoundedTls
    return context


def connected(host: str, port: int, deadline: Deadline) -> BoundedSocket:
    """To the first address of that name that answers. Raises OSError.

    Each has its share of the time that is left: a dead one leaves some to the next.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    trouble = OSError("that name has no address")
    for rank, (family, kind, protocol, _, where) in enumerate(found):
        left = deadline.left()
        one = BoundedSocket(family, kind, protocol)
        try:
            one.settimeout(left and left / (len(found) - rank))
            one.connect(where)
        except OSError as error:
            one.close()
            trouble = error
        else:
            return one
    raise trouble


class Line(smtplib.SMTP):
    """One connection. deadline: when all that is under way must have ended; moved on for each message.

    inside: TLS from the first byte. Raises OSError or smtplib.SMTPException when there is no getting through, or when
    a reply has no end.
    """

    def __init__(self, host: str, port: int, *, name: str, deadline: Deadline, inside: bool = False) -> None:
        self.deadline = deadline
        self.inside = inside
        self.hearing = Hearing()
        super().__init__(host, port, local_hostname=name)

    def _get_socket(self, host: str, port: int, timeout: Any) -> socket.socket:  # noqa: ARG002 - smtplib's own signature
        plain = connected(host, port, self.deadline)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # the last dot would wait 40 ms for its turn
        plain.deadline, plain.hearing = self.deadline, self.hearing
        return self._wrapped(plain) if self.inside else plain

    def getreply(self) -> tuple[int, bytes]:
        self.hearing.listen()
        return super().getreply()

    def _wrapped(self, plain: socket.socket) -> BoundedTls:
        plain.settimeout(self.deadline.left())
        try:
            wrapped = secure_context().wrap_socket(plain, server_hostname=self._host)  # type: ignore[attr-defined]
        except OSError:
            plain.close()
            raise
        assert isinstance(wrapped, BoundedTls)
        wrapped.deadline, wrapped.hearing = self.deadline, self.hearing
        return wrapped

    def secure(self) -> None:
        """Speak inside TLS from here on, or not at all."""
        self.ehlo_or_helo_if_needed()
        assert self.sock is not None
        self.sock.settimeout(self.deadline.left())
        self.starttls(context=secure_context())
        assert isinstance(self.sock, BoundedTls)
        self.sock.deadline, self.sock.hearing = self.deadline, self.hearing
