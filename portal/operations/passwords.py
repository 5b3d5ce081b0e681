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
MEASURED_LENGTH = 72  # zxcvbn takes no more, and the beginning settles it
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
    """Whether it is this one; without a hash (unknown account, no password) it costs the same and is never true."""
    against = hashed or _hash_of_nobody()
    try:
        with at_most_two:
            matches = bool(hasher.verify(against, _peppered(password)))
    except (VerifyMismatchError, InvalidHashError):
        return False
    return matches and bool(hashed)


def refuse_weak_password(password: str, *, about: list[str]) -> None:
    """Raise DomainError unless long and hard to guess, with its spaces or without.

    about: words an attacker would try first.
    """
    if not MINIMUM_LENGTH <= len(password) <= MAXIMUM_LENGTH:
        raise DomainError(f"Choisissez de {MINIMUM_LENGTH} à {MAXIMUM_LENGTH} caractères.", field="password")
    if min(_strength(password, about), _strength("".join(password.split()), about)) < MINIMUM_SCORE:
        raise DomainError("Ce mot de passe se devine facilement\u00a0: ajoutez des mots sans lien.", field="password")


def _strength(password: str, about: list[str]) -> int:
    """From 0 to 4."""
    return int(zxcvbn(password[:MEASURED_LENGTH], user_inputs=about)["score"])


def words_about(name: str, mail: str) -> list[str]:
    """What somebody who knows this person, or us, would try first."""
    return [*name.split(), mail, *mail.replace("@", ".").split("."), "mentorat", "collectif"]
