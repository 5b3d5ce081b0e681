"""Handing a message to the SMTP server of the settings."""

import smtplib
from email.message import EmailMessage

TIMEOUT_SECONDS = 10


def hand_over(message: EmailMessage, *, host: str, port: int) -> None:
    """Raises OSError or smtplib.SMTPException when the server does not take it."""
    with smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS) as server:
        server.send_message(message)
