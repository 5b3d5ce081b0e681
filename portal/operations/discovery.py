"""What an OpenID Connect provider says of itself, read anew each time: nothing of it is kept, so nothing grows old."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import requests

from portal.foundation.config import settings
from portal.foundation.errors import DomainError
from portal.foundation.outbound import TooSlow, Unreachable, bounded_session, json_of, may_be_asked
from portal.foundation.queue import redis_connection

LEFT_ALONE_SECONDS = 60
DOCUMENT = "/.well-known/openid-configuration"
BASIC, POST = "client_secret_basic", "client_secret_post"
ADDRESSES = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")
ALGORITHMS = ("RS256", "ES256", "PS256")
DOWN = "Ce service ne répond pas comme il faudrait\u00a0: il est arrêté, trop lent, ou ce n’est pas son adresse."


class ProviderUnfit(DomainError):
    """The provider answers, but nobody could sign in safely by it; the message says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="issuer")


class ProviderDown(DomainError):
    """The provider does not answer as one should."""

    def __init__(self) -> None:
        super().__init__(DOWN, field="issuer")


@dataclass(frozen=True)
class Discovered:
    """A provider's own document, as far as we use it. names_itself: it adds `iss` to each answer (RFC 9207)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    names_itself: bool
    authentication: str


def inside_too() -> bool:
    """Whether providers on this machine may be asked: never in production."""
    return not settings().production


@contextmanager
def asked_of(issuer: str) -> Iterator[None]:
    """What is asked of this provider inside; one that was too slow is left alone for a minute. Raises ProviderDown."""
    key = f"provider-slow:{sha256(issuer.encode()).hexdigest()}"
    if redis_connection().exists(key):
        raise ProviderDown
    try:
        yield
    except Unreachable as error:
        if isinstance(error, TooSlow):
            redis_connection().set(key, "1", ex=LEFT_ALONE_SECONDS)
        raise ProviderDown from error


def discover(issuer: str, get: Callable[[str], requests.Response] | None = None) -> Discovered:
    """Ask the provider for its document. get: of a session that is bounded. Raises ProviderDown or ProviderUnfit."""
    if not may_be_asked(issuer, inside_too=inside_too()):
        raise ProviderUnfit("L’adresse de l’émetteur doit commencer par https\u00a0://, sans ? ni #.")
    asked = get or bounded_session(inside_too=inside_too()).get
    with asked_of(issuer):
        return read(issuer, json_of(asked(issuer.rstrip("/") + DOCUMENT)))


def read(issuer: str, document: Mapping[str, Any]) -> Discovered:
    """Raises ProviderUnfit for a document that is another issuer's, lacks an address, or signs as nobody should."""
    if document.get("issuer") != issuer:
        raise ProviderUnfit("Ce service se présente sous une autre adresse\u00a0: recopiez celle de son émetteur.")
    authorization, token, keys, userinfo = (_address(document, name) for name in ADDRESSES)
    if not (authorization and token and keys):
        raise ProviderUnfit("Ce service ne donne pas toutes ses adresses en https.")
    if not set(ALGORITHMS) & set(_words(document, "id_token_signing_alg_values_supported", ALGORITHMS)):
        raise ProviderUnfit(f"Ce service ne signe pas en {', '.join(ALGORITHMS[:2])} ou {ALGORITHMS[2]}.")
    if "code" not in _words(document, "response_types_supported", ("code",)):
        raise ProviderUnfit("Ce service ne sait pas répondre par un code (response_type=code).")
    return Discovered(
        issuer,
        authorization,
        token,
        keys,
        userinfo,
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        authentication=_authentication(document),
    )


def _address(document: Mapping[str, Any], name: str) -> str | None:
    found = document.get(name)
    return found if isinstance(found, str) and may_be_asked(found, inside_too=inside_too()) else None


def _authentication(document: Mapping[str, Any]) -> str:
    """Raises ProviderUnfit when our secret cannot be shown in either of the two usual ways."""
    ways = _words(document, "token_endpoint_auth_methods_supported", (BASIC,))
    if not {BASIC, POST} & set(ways):
        raise ProviderUnfit("Ce service n’accepte pas de secret partagé (client_secret_basic ou client_secret_post).")
    return BASIC if BASIC in ways else POST


def _words(document: Mapping[str, Any], name: str, otherwise: tuple[str, ...]) -> list[str]:
    found = document.get(name, otherwise)
    return [word for word in found if isinstance(word, str)] if isinstance(found, list | tuple) else []
