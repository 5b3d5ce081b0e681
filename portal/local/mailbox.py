"""The demonstration's post office: a real SMTP server on loopback that keeps each message as a file."""

import signal
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

ACCEPTED = "250 2.0.0 Kept"


class Letterbox:
    """Writes `TIME-ID.eml`, oldest first by name; the accepting answer follows the complete file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802 (the library's name and signature)
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{uuid4().hex[:8]}"
        draft = self.folder / f"{name}.new"
        draft.touch(mode=0o600)
        draft.write_bytes(envelope.original_content or b"")
        draft.rename(draft.with_suffix(".eml"))
        return ACCEPTED


def mailbox(host: str, port: int, folder: Path) -> Controller:
    """A server not yet started; `start` and `stop` are its own."""
    return Controller(Letterbox(folder), hostname=host, port=port, enable_SMTPUTF8=True)


def run_mailbox(host: str, port: int, folder: Path) -> None:
    """Receive until told to stop."""
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # before the server's thread starts, so that it inherits the mask
    server = mailbox(host, port, folder)
    server.start()
    try:
        signal.sigwait(ends)
    finally:
        server.stop()
