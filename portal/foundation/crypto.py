"""Encryption at rest: one key a person and purpose, wrapped by the master key; blind indexes; derived links.

AES-256-GCM throughout; the additional data names table, column and row, so that a value copied elsewhere does not open.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

NONCE_BYTES = 12
KEY_ID = b"\x01"


def _derive(master: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(master)


def _seal(key: bytes, plain: bytes, bound_to: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return KEY_ID + nonce + AESGCM(key).encrypt(nonce, plain, KEY_ID + bound_to.encode())


def _open(key: bytes, sealed: bytes, bound_to: str) -> bytes:
    nonce, cipher = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    return AESGCM(key).decrypt(nonce, cipher, sealed[:1] + bound_to.encode())


@dataclass(frozen=True)
class PersonKey:
    """A data key as it is used (raw) and as it is stored (wrapped by the master key)."""

    raw: bytes
    wrapped: bytes

    def seal(self, plain: bytes, *, column: str, row: UUID) -> bytes:
        """column: "table.column". Returns key id, nonce and ciphertext, 29 bytes longer than the plain text."""
        return _seal(self.raw, plain, f"{column}:{row}")

    def open(self, sealed: bytes, *, column: str, row: UUID) -> bytes:
        """Raises cryptography.exceptions.InvalidTag when altered or moved from another row."""
        return _open(self.raw, sealed, f"{column}:{row}")


class Vault:
    """All that needs the application's secrets; built once from the settings."""

    def __init__(self, *, master_key: str, secret_key: str) -> None:
        master = base64.b64decode(master_key)
        self._wrapping = _derive(master, "wrap person keys")
        self._drafts = _derive(master, "drafts")
        self._blind = _derive(master, "blind index")
        self._journal = _derive(master, "journal chain")
        self._secrets = _derive(master, "secrets")
        self._contents = _derive(master, "contents of morning files")
        self._links = _derive(secret_key.encode(), "links")

    def new_key(self, row: UUID, purpose: str) -> PersonKey:
        raw = AESGCM.generate_key(256)
        return PersonKey(raw, _seal(self._wrapping, raw, f"person_key.{purpose}:{row}"))

    def unwrap(self, wrapped: bytes, row: UUID, purpose: str) -> PersonKey:
        return PersonKey(_open(self._wrapping, wrapped, f"person_key.{purpose}:{row}"), wrapped)

    def seal_draft(self, plain: bytes, row: UUID) -> bytes:
        return _seal(self._drafts, plain, f"draft.answers:{row}")

    def open_draft(self, sealed: bytes, row: UUID) -> bytes:
        return _open(self._drafts, sealed, f"draft.answers:{row}")

    def seal(self, plain: bytes, *, column: str, row: UUID) -> bytes:
        """For what belongs to no request: the secrets of accounts and providers, a company's contact."""
        return _seal(self._secrets, plain, f"{column}:{row}")

    def open(self, sealed: bytes, *, column: str, row: UUID) -> bytes:
        """Raises cryptography.exceptions.InvalidTag when altered or moved from another row or column."""
        return _open(self._secrets, sealed, f"{column}:{row}")

    def blind_index(self, kind: str, value: str) -> bytes:
        """32 bytes equal for equal (normalised) values of one kind; says nothing of the value itself."""
        return hmac.digest(self._blind, f"{kind}:{value}".encode(), "sha256")

    def link_token(self, purpose: str, row: UUID, version: int) -> str:
        """The secret part of a link: derived, so it can be mailed again; revoked by raising the version."""
        mac = hmac.digest(self._links, f"{purpose}:{row}:{version}".encode(), "sha256")
        return base64.urlsafe_b64encode(mac[:24]).decode()

    def content_digest(self, content: bytes) -> bytes:
        """32 bytes that only we can tell from the content: what is guessed (a first name, an age) says nothing."""
        return hmac.digest(self._contents, content, "sha256")

    def chain(self, previous: bytes, entry: bytes) -> bytes:
        """The next link of the journal's chain, 32 bytes."""
        return hmac.digest(self._journal, previous + entry, "sha256")


def token_digest(token: str) -> str:
    """What the database knows of a link or session token: its SHA-256, in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    """256 random bits for a cookie or a draft."""
    return secrets.token_urlsafe(32)


def vault() -> Vault:
    """The running application's vault."""
    found: Vault = current_app.extensions["vault"]
    return found
