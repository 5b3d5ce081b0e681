"""The demo's mailbox (/courrier): the messages our SMTP server on loopback received. Never in production."""

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from pathlib import Path

from flask import Blueprint, Flask, abort, render_template

from portal.foundation.config import settings
from portal.foundation.permissions import public_without_database

mailbox = Blueprint("mailbox", __name__, url_prefix="/courrier")
SHOWN = 50
NAME = re.compile(r"[A-Za-z0-9_.-]{1,200}")


@dataclass(frozen=True)
class Received:
    """One message, as its recipient reads it. key: the name of its file."""

    key: str
    to: str
    subject: str
    text: str
    at: datetime

    @property
    def lines(self) -> list[str]:
        return self.text.strip().splitlines()


def read(file: Path) -> Received:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    body = message.get_body(("plain",))
    return Received(
        key=file.stem,
        to=str(message["To"]),
        subject=str(message["Subject"]),
        text=str(body.get_content()) if body is not None else "",
        at=parsedate_to_datetime(str(message["Date"])),
    )


def folder() -> Path:
    return settings().data_dir / "mail"


@mailbox.get("")
@public_without_database
def index() -> str:
    files = sorted(folder().glob("*.eml"), reverse=True)
    return render_template("mailbox/index.html", messages=[read(file) for file in files[:SHOWN]], received=len(files))


@mailbox.get("/<key>")
@public_without_database
def message(key: str) -> str:
    if not NAME.fullmatch(key):
        abort(404)
    file = folder() / f"{key}.eml"
    if not file.exists():
        abort(404)
    return render_template("mailbox/message.html", message=read(file))


def register(app: Flask) -> None:
    if not app.config["SETTINGS"].production:
        app.register_blueprint(mailbox)
