"""Sending a page to the press, and what comes back: a PDF, or a sentence saying why there is none."""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from threading import Timer
from typing import IO

from portal.paper import bounds
from portal.web.typography import NBSP

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent.parent
COMMAND = (sys.executable, "-m", "portal.paper.press")
LENT = ("HOME", "PATH", "LANG", "LD_LIBRARY_PATH", "XDG_CACHE_HOME", "FONTCONFIG_FILE", "FONTCONFIG_PATH")
PATIENCE_SECONDS = 100.0
COMPLAINT_BYTES = 600
LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz.so.0")

UNAVAILABLE = (
    f"Les documents PDF ne sont pas disponibles sur ce serveur{NBSP}: il y manque Pango, qui met le texte en page."
    " L’équipe technique peut l’installer."
)
TOO_BIG = (
    "Ce document est trop grand pour être mis en page. Choisissez un territoire plus petit ou une période plus courte."
)
BROKEN = "La mise en page a échoué. L’équipe technique en est avertie."


@dataclass(frozen=True)
class Printed:
    """A PDF and its number of pages."""

    file: bytes
    pages: int


class NotPrinted(Exception):
    """There is no PDF; the message, in French, says why to whoever asked."""


class PressKilled(NotPrinted):
    """Somebody else stopped the press (the system, for want of memory): another attempt may well succeed."""


def _ignore(_: int) -> None:
    """Nobody wants to know."""


@cache
def why_unavailable() -> str:
    """What to say before anybody asks for a document; empty where documents can be drawn."""
    try:
        for library in LIBRARIES:
            ctypes.CDLL(library)
    except OSError:
        return UNAVAILABLE
    return ""


def print_pages(html: str, laid_out: Callable[[int], None] = _ignore, *, seconds: float = PATIENCE_SECONDS) -> Printed:
    """Print in a process apart. laid_out is told the number of pages before the file is written.

    Raises NotPrinted when the press is unavailable, breaks, swells, or takes longer than that; PressKilled when it was
    neither.
    """
    if missing := why_unavailable():
        raise NotPrinted(missing)
    lent = {name: os.environ[name] for name in LENT if name in os.environ}
    with TemporaryFile() as complaints:
        press = subprocess.Popen(  # noqa: S603 - our own interpreter, our own module
            COMMAND, cwd=ROOT, env=lent, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints
        )
        stop, begun = Timer(seconds, press.kill), time.monotonic()
        stop.start()
        try:
            printed = _printed(press, html, laid_out)
        finally:
            stop.cancel()
            press.kill()
            press.wait()
        in_time = time.monotonic() - begun < seconds
        return printed or _complain(press.returncode, complaints, in_time=in_time)


def _printed(press: "subprocess.Popen[bytes]", html: str, laid_out: Callable[[int], None]) -> Printed | None:
    assert press.stdin is not None
    assert press.stdout is not None
    with press.stdout, suppress(BrokenPipeError):
        with press.stdin:
            press.stdin.write(html.encode())
        pages = press.stdout.readline()
        if pages:
            laid_out(int(pages))
        file = press.stdout.read()
        press.wait()
        return Printed(file, int(pages)) if press.returncode == 0 else None
    return None


def _complain(code: int, complaints: IO[bytes], *, in_time: bool) -> Printed:
    """Raises NotPrinted; what the press said goes to the log. A negative code is the signal that stopped it."""
    complaints.seek(max(0, complaints.seek(0, os.SEEK_END) - COMPLAINT_BYTES))
    log.error("not_printed", extra={"code": code, "complaint": complaints.read().decode(errors="replace")})
    if code == -signal.SIGKILL and in_time:
        raise PressKilled(TOO_BIG)
    raise NotPrinted(TOO_BIG if code < 0 or code == bounds.TOO_BIG else BROKEN)
