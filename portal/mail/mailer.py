"""Handing messages to the SMTP server of the settings: one connection for many, and a plain word on each."""

import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum
from ipaddress import ip_address
from time import monotonic
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from portal.foundation.config import Settings, SmtpSecurity
from portal.mail.bounded import Deadline, Line

YES, NEVER = 2, 5  # what the first figure of a reply means
GO_AHEAD, CLOSING = 354, 421
# Whoever hears one of these from RCPT or DATA has not presented itself as the server wishes: no mailbox's fault.
OURS_TO_MEND = frozenset({503, 530, 534, 535, 538})
FAREWELL_SECONDS = 1.0
DOT = re.compile(rb"(?m)^\.")


class ClearTextRefused(RuntimeError):
    """In production, mail leaves this machine inside TLS or not at all."""


class Verdict(StrEnum):
    """What became of a message: taken; refused for this mailbox; not now; nobody to hand anything to."""

    TAKEN = "taken"
    REFUSED = "refused"
    LATER = "later"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class Outcome:
    """code: "smtp_550", "timeout", "dropped", "tls" or "unreachable"; never the server's own words.

    dropped: one of the two sides cut the line, ours when a reply had no end.
    """

    verdict: Verdict
    code: str = ""


class Mailer:
    """A conversation with the mail server, opened at the first message and again when it breaks off.

    Raises ClearTextRefused when the settings would send mail in the clear in production.
    """

    def __init__(self, settings: Settings) -> None:
        refuse_clear_text(settings)
        self._settings = settings
        self._deadline = Deadline()
        self._line: Line | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def hand_over(self, message: EmailMessage, *, seconds: float, sure: Callable[[], object]) -> Outcome:
        """One message to its one recipient; ends within that many seconds, whatever the server does.

        sure: asked when all is said but the last dot. What it raises goes through, and the server keeps nothing.
        """
        self._deadline.at = monotonic() + seconds
        try:
            line = self._ready()
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            return Outcome(Verdict.UNREACHABLE, self._reason(error))
        try:
            return self._told(line, message, sure)
        except smtplib.SMTPException:
            self._hang_up()
            return Outcome(Verdict.LATER, "timeout" if self._deadline.over else "dropped")
        except BaseException:
            self._hang_up()
            raise

    def close(self) -> None:
        """Take leave, quickly."""
        line, self._line = self._line, None
        if line is not None:
            self._deadline.at = monotonic() + FAREWELL_SECONDS
            try:
                line.quit()
            except (OSError, smtplib.SMTPException):
                line.close()

    def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def _ready(self) -> Line:
        """The line in use if it still answers, else a new one."""
        if self._line is None or not still_answers(self._line):
            self._hang_up()
            self._line = self._opened()
        return self._line

    def _opened(self) -> Line:
        told = self._settings
        line = Line(
            told.smtp_host,
            told.smtp_port,
            name=urlsplit(told.base_url).hostname or "localhost",
            deadline=self._deadline,
            inside=told.smtp_security is SmtpSecurity.TLS,
        )
        try:
            present_oneself(line, told)
        except BaseException:
            line.close()
            raise
        return line

    def _told(self, line: Line, message: EmailMessage, sure: Callable[[], object]) -> Outcome:
        eight_bit = line.has_extn("8bitmime")
        said = content(message, eight_bit=eight_bit)
        code, _ = line.mail(mailbox(message, "From"), ["BODY=8BITMIME"] if eight_bit else [])
        if meaning(code) != YES:
            return self._stopped(code, mailbox_at_fault=False)
        code, _ = line.rcpt(mailbox(message, "To"))
        if meaning(code) != YES:
            return self._stopped(code)
        code, _ = line.docmd("DATA")
        if code != GO_AHEAD:
            return self._stopped(code)
        line.send(said)
        sure()
        code, _ = line.docmd(".")
        return Outcome(Verdict.TAKEN) if meaning(code) == YES else self._stopped(code)

    def _stopped(self, code: int, *, mailbox_at_fault: bool = True) -> Outcome:
        if code == CLOSING:
            self._hang_up()
        name = f"smtp_{code}"
        if meaning(code) != NEVER:  # anything odd is taken as a passing trouble
            return Outcome(Verdict.LATER, name)
        if mailbox_at_fault and code not in OURS_TO_MEND:
            return Outcome(Verdict.REFUSED, name)
        self._hang_up()
        return Outcome(Verdict.UNREACHABLE, name)

    def _reason(self, error: Exception) -> str:
        if isinstance(error, smtplib.SMTPResponseException):
            return f"smtp_{error.smtp_code}"
        if isinstance(error, ssl.SSLError | smtplib.SMTPNotSupportedError):
            return "tls"
        return "timeout" if self._deadline.over else "unreachable"


def meaning(code: int) -> int:
    return code // 100


def still_answers(line: Line) -> bool:
    """Whether it is ready for another message; what the last one left is forgotten."""
    try:
        return meaning(line.rset()[0]) == YES
    except (OSError, smtplib.SMTPException):
        return False


def present_oneself(line: Line, settings: Settings) -> None:
    """TLS and sign in, as the settings ask. Raises OSError or smtplib.SMTPException."""
    if settings.smtp_security is SmtpSecurity.STARTTLS:
        line.secure()
    if settings.smtp_user:
        line.login(settings.smtp_user, settings.smtp_password.get_secret_value())
    line.ehlo_or_helo_if_needed()


def mailbox(message: EmailMessage, header: str) -> str:
    found: Any = message[header]
    return str(found.addresses[0].addr_spec)


def content(message: EmailMessage, *, eight_bit: bool) -> bytes:
    """As it travels: lines end in CR LF, leading dots doubled, the last dot left to say."""
    policy = message.policy.clone(linesep="\r\n", cte_type="8bit" if eight_bit else "7bit")
    return DOT.sub(b"..", message.as_bytes(policy=policy).removesuffix(b"\r\n")) + b"\r\n"


def refuse_clear_text(settings: Settings) -> None:
    """Raises ClearTextRefused."""
    clear = settings.smtp_security is SmtpSecurity.NONE
    if settings.production and clear and not on_this_machine(settings.smtp_host):
        raise ClearTextRefused("set SMTP_SECURITY to starttls or tls: SMTP_HOST is not this machine")


def on_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
