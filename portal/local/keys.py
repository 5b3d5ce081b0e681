"""The machine's own secrets: made once, kept in one file that only its owner reads."""

import base64
import json
import os
import secrets
from pathlib import Path

NAMES = ("SECRET_KEY", "PEPPER", "QUEUE_KEY", "ROLES_SECRET", "DATABASE_PASSWORD", "REDIS_PASSWORD")
FILE = "secrets.json"


def fresh() -> dict[str, str]:
    """32 random bytes each: url-safe, but for MASTER_KEY which is standard base64."""
    keys = {name: secrets.token_urlsafe(32) for name in NAMES}
    return keys | {"MASTER_KEY": base64.b64encode(secrets.token_bytes(32)).decode()}


def keys_in(data: Path) -> dict[str, str]:
    """Read the secrets of this data folder, making them the first time."""
    file = data / FILE
    if not file.exists():
        write_private(file, json.dumps(fresh(), indent=1))
    found: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return found


def write_private(file: Path, text: str) -> None:
    """Whole or not at all, and never readable by others even for an instant."""
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)
