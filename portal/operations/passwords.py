"""Hashing and choosing passwords: argon2id with a pepper, the same work for an unknown account."""

import base64
import hmac
from functools import lru_cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from flask import current_app
from zxcvbn import zxcvbn

from portal.foundation.errors import DomainError

MINIMUM_LENGTH = 15
MAXIMUM_LENGTH = 128
MINIMUM_SCORE = 3
hasher = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)
at_most_two = BoundedSemaphore(2)


def _peppered(password: str) -> str:
    pepper = current_app.config["SETTINGS"].pepper.get_secret_value().encode()
    return base64.b64encode(hmac.digest(pepper, password.encode(), "sha256")).decode()


def hash_password(password: str) -> str:
    with at_most_two:
        return hasher.hash(_peppered(password))


@lru_cache(maxsize=1)
def _hash_of_nobody() -> str:
    return hash_password("nobody has this password")


def password_matches(password: str, hashed: str | None) -> bool:
    """Whether it is this one; hashed None (unknown account) costs the same and is never true."""
    against = hashed or _hash_of_nobody()
    try:
        with at_most_two:
            matches = bool(hasher.verify(against, _peppered(password)))
    except (VerifyMismatchError, InvalidHashError):
        return False
    return matches and hashed is not None


def refuse_weak_password(password: str, *, about: list[str]) -> None:
    """Raise DomainError unless long and hard to guess; about: words an attacker would try first."""
    if not MINIMUM_LENGTH <= len(password) <= MAXIMUM_LENGTH:
        raise DomainError(f"Choisissez de {MINIMUM_LENGTH} à {MAXIMUM_LENGTH} caractères.", field="password")
    if zxcvbn(password, user_inputs=about)["score"] < MINIMUM_SCORE:
        raise DomainError("Ce mot de passe se devine facilement : ajoutez des mots sans lien.", field="password")
