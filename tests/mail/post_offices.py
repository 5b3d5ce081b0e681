"""Mail servers that misbehave: real ones, on loopback, each trouble configured and everything counted."""

import asyncio
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import StrEnum
from time import monotonic
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.e2e.conftest import free_port


class Stage(StrEnum):
    """Where in the conversation. CONTENT: all has been said, the dot too."""

    CONNECT = "connect"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    CONTENT = "content"


class Act(StrEnum):
    """What happens there instead. SWALLOW: the message is kept, and the line drops before anybody is told so.

    LEAVE: all is well and said so, then the line drops.
    """

    REPLY = "reply"
    DROP = "drop"
    SWALLOW = "swallow"
    LEAVE = "leave"
    WAIT = "wait"


@dataclass
class Trouble:
    """times: for how many conversations or messages; None for ever. to: only for this mailbox (RCPT and later).

    reply: with its code. seconds: for WAIT, before going on as if nothing were.
    """

    stage: Stage
    act: Act = Act.REPLY
    reply: str = ""
    times: int | None = None
    to: str | None = None
    seconds: float = 0.0


class Gone(ConnectionResetError):
    """The line is cut."""


@dataclass
class PostOffice:
    """dribble: seconds between the characters of every reply. met: how often each stage was reached.

    flooded: bytes of a reply without end that somebody has taken.
    """

    port: int
    troubles: list[Trouble] = field(default_factory=list)
    dribble: float = 0.0
    kept: list[bytes] = field(default_factory=list)
    kept_at: list[float] = field(default_factory=list)
    met: Counter[Stage] = field(default_factory=Counter)
    open_lines: int = 0
    most_lines: int = 0
    signed_in: list[str] = field(default_factory=list)
    inside_tls: list[bool] = field(default_factory=list)
    flooded: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def messages(self) -> list[EmailMessage]:
        found = [message_from_bytes(one, policy=policy.default) for one in list(self.kept)]
        return [one for one in found if isinstance(one, EmailMessage)]

    @property
    def times_kept(self) -> Counter[str]:
        """By Message-ID."""
        return Counter(str(one["Message-ID"]) for one in self.messages)

    @property
    def mailboxes(self) -> list[str]:
        return [str(one["To"]) for one in self.messages]

    def trouble_at(self, stage: Stage, to: str | None = None) -> Trouble | None:
        """The first one that applies; it is used up."""
        self.met[stage] += 1
        for one in self.troubles:
            if one.stage is stage and one.times != 0 and one.to in {None, to}:
                one.times = one.times and one.times - 1
                return one
        return None

    def keep(self, message: bytes) -> None:
        with self.changed:
            self.kept.append(message)
            self.kept_at.append(monotonic())
            self.changed.notify_all()

    def arrivals(self, marks: Collection[str], seconds: float) -> dict[str, float]:
        """When each of these Message-IDs was first kept, on the monotonic clock. Raises TimeoutError."""
        deadline, seen, found = monotonic() + seconds, 0, dict[str, float]()
        while not found.keys() >= set(marks):
            with self.changed:
                if not self.changed.wait_for(lambda so_far=seen: len(self.kept) > so_far, deadline - monotonic()):
                    raise TimeoutError(f"{len(set(marks) - found.keys())} messages have not come")
                fresh = list(zip(self.kept[seen:], self.kept_at[seen:], strict=True))
            seen += len(fresh)
            for message, at in fresh:
                found.setdefault(str(message_from_bytes(message)["Message-ID"]).strip(), at)
        return found

    def wait_for(self, stage: Stage, seconds: float = 30.0) -> None:
        """Until somebody has come that far."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.met[stage] > 0, seconds)


@contextmanager
def flooding(after: str, inside: ssl.SSLContext | None = None) -> Iterator[PostOffice]:
    """A mail server whose reply to this command never ends. after: "" for its greeting, "." for the last dot."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        office = PostOffice(door.getsockname()[1])
        threading.Thread(target=_welcome, args=(door, office, after, inside), daemon=True).start()
        yield office
        door.shutdown(socket.SHUT_RDWR)


def _welcome(door: socket.socket, office: PostOffice, after: str, inside: ssl.SSLContext | None) -> None:
    with suppress(OSError):
        while True:
            line, _ = door.accept()
            with suppress(OSError), inside.wrap_socket(line, server_side=True) if inside else line as heard:
                _flood(heard, office, after)


def _flood(line: socket.socket, office: PostOffice, after: str) -> None:
    """Polite until then."""
    said, content = "", False
    with line.makefile("rb") as file:
        while said != after:
            line.sendall(b"354 Go on\r\n" if content else b"220 Good morning\r\n" if not said else b"250 Fine\r\n")
            said = file.readline().decode().strip()
            while content and said != ".":
                said = file.readline().decode().strip()
            content, said = said == "DATA", said if said == "." else said.partition(" ")[0].upper()
        while True:
            office.flooded += line.send(b"250-" + b"x" * 900 + b"\r\n")


class Crooked(SMTP):
    """aiosmtpd's own server, with the troubles of its office put in its way."""

    def __init__(self, handler: "Counter_", office: PostOffice, **told: Any) -> None:
        self.office = office
        super().__init__(handler, **told)

    async def push(self, status: Any) -> None:
        if not self.office.dribble:
            await super().push(status)
            return
        for character in status + "\r\n" if isinstance(status, str) else status.decode() + "\r\n":
            self._writer.write(character.encode())
            await self._writer.drain()
            await asyncio.sleep(self.office.dribble)

    async def stopped(self, stage: Stage, to: str | None = None) -> bool:
        """Whether that is all the client hears. Raises Gone when the line is cut."""
        trouble = self.office.trouble_at(stage, to)
        with self.office.changed:
            self.office.changed.notify_all()
        if trouble is None:
            return False
        if trouble.act is Act.WAIT:
            await asyncio.sleep(trouble.seconds)
            return False
        if trouble.act is Act.REPLY:
            await self.push(trouble.reply)
            return True
        self.cut()
        raise Gone

    def cut(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    async def _handle_client(self) -> None:
        self.office.open_lines += 1
        self.office.most_lines = max(self.office.most_lines, self.office.open_lines)
        try:
            if await self.stopped(Stage.CONNECT):
                self._writer.close()
                return
            await super()._handle_client()
        except ConnectionError:
            self._writer.close()
        finally:
            self.office.open_lines -= 1

    async def smtp_MAIL(self, arg: str) -> None:  # noqa: N802 - the library's name
        if not await self.stopped(Stage.MAIL):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str) -> None:  # noqa: N802 - the library's name
        to = arg.partition("<")[2].partition(">")[0]
        if not await self.stopped(Stage.RCPT, to):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - the library's name
        if not await self.stopped(Stage.DATA, self.envelope.rcpt_tos[0] if self.envelope.rcpt_tos else None):
            await super().smtp_DATA(arg)


class Counter_:  # noqa: N801 - behind the counter of a post office
    """Keeps what it accepts."""

    def __init__(self, office: PostOffice) -> None:
        self.office = office

    async def handle_DATA(self, server: Crooked, session: Session, envelope: Envelope) -> str:  # noqa: N802
        trouble = self.office.trouble_at(Stage.CONTENT, envelope.rcpt_tos[0])
        if trouble and trouble.act is Act.REPLY:
            return trouble.reply
        if trouble and trouble.act is Act.DROP:
            server.cut()
            raise Gone
        if trouble and trouble.act is Act.WAIT:
            await asyncio.sleep(trouble.seconds)
        self.office.keep(envelope.original_content or b"")
        inside = server.transport is not None and server.transport.get_extra_info("ssl_object") is not None
        self.office.inside_tls.append(inside)
        if trouble and trouble.act is Act.SWALLOW:
            server.cut()
            raise Gone
        if trouble and trouble.act is Act.LEAVE:
            await server.push("250 2.0.0 Kept")
            server.cut()
            raise Gone
        return "250 2.0.0 Kept"

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _kind: str, given: Any) -> AuthResult:
        right = isinstance(given, LoginPassword) and (given.login, given.password) == (b"portal", b"let me through")
        if right:
            self.office.signed_in.append(given.login.decode())
        return AuthResult(success=right, handled=False)


class Building(Controller):
    """The server of one office, in a thread of its own."""

    def __init__(self, office: PostOffice, **told: Any) -> None:
        self.office = office
        super().__init__(Counter_(office), hostname="127.0.0.1", port=office.port, **told)

    def factory(self) -> Crooked:
        return Crooked(self.handler, self.office, **self.SMTP_kwargs)


@contextmanager
def opened(
    *troubles: Trouble,
    dribble: float = 0.0,
    starttls: ssl.SSLContext | None = None,
    inside: ssl.SSLContext | None = None,
    sign_in: bool = False,
) -> Iterator[PostOffice]:
    """A mail server with these troubles. starttls, inside: its certificate, for after STARTTLS or from the first byte.

    sign_in: only for « portal », whose password is « let me through ».
    """
    office = PostOffice(free_port())
    told: dict[str, Any] = {"ssl_context": inside} if inside else {}
    if starttls:
        told |= {"tls_context": starttls, "require_starttls": True}
    if sign_in:
        told |= {"authenticator": Counter_(office).authenticate}
        told |= {"auth_required": bool(starttls), "auth_require_tls": bool(starttls)}
    building = Building(office, **told)
    building.start()
    office.met.clear()
    office.troubles, office.dribble = list(troubles), dribble
    try:
        yield office
    finally:
        building.stop()
