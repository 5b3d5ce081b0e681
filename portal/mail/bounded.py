"""An SMTP connection none of whose waits outlasts a deadline, however slowly the other side dribbles."""

import smtplib
import socket
import ssl
from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import Any


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


class BoundedSocket(socket.socket):
    """A timeout alone bounds each wait: one byte a second would hold us for ever."""

    deadline = Deadline()

    def recv_into(self, *arguments: Any) -> int:
        self.settimeout(self.deadline.left())
        return super().recv_into(*arguments)

    def sendall(self, *arguments: Any) -> None:
        self.settimeout(self.deadline.left())
        super().sendall(*arguments)


class BoundedTls(ssl.SSLSocket):
    """The same inside TLS, where sendall is made of many sends."""

    deadline = Deadline()

    def recv_into(self, *arguments: Any) -> int:
        self.settimeout(self.deadline.left())
        return super().recv_into(*arguments)

    def send(self, *arguments: Any) -> int:
        self.settimeout(self.deadline.left())
        return super().send(*arguments)


def secure_context() -> ssl.SSLContext:
    """The system's authorities (or SSL_CERT_FILE), host name checked."""
    context = ssl.create_default_context()
    context.sslsocket_class = BoundedTls
    return context


class Line(smtplib.SMTP):
    """One connection. deadline: when all that is under way must have ended; moved on for each message.

    inside: TLS from the first byte. Raises OSError or smtplib.SMTPException when there is no getting through.
    """

    def __init__(self, host: str, port: int, *, name: str, deadline: Deadline, inside: bool = False) -> None:
        self.deadline = deadline
        self.inside = inside
        super().__init__(host, port, local_hostname=name)

    def _get_socket(self, host: str, port: int, timeout: Any) -> socket.socket:  # noqa: ARG002 - smtplib's own signature
        plain = BoundedSocket(fileno=socket.create_connection((host, port), self.deadline.left()).detach())
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # the last dot would wait 40 ms for its turn
        plain.deadline = self.deadline
        return self._wrapped(plain) if self.inside else plain

    def _wrapped(self, plain: socket.socket) -> BoundedTls:
        plain.settimeout(self.deadline.left())
        try:
            wrapped = secure_context().wrap_socket(plain, server_hostname=self._host)  # type: ignore[attr-defined]
        except OSError:
            plain.close()
            raise
        assert isinstance(wrapped, BoundedTls)
        wrapped.deadline = self.deadline
        return wrapped

    def secure(self) -> None:
        """Speak inside TLS from here on, or not at all."""
        self.ehlo_or_helo_if_needed()
        assert self.sock is not None
        self.sock.settimeout(self.deadline.left())
        self.starttls(context=secure_context())
        self.sock.deadline = self.deadline  # type: ignore[attr-defined]
