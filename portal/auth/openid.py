"""Our side of OpenID Connect, by Authlib: the code flow with PKCE, a state and a nonce of this browser's own.

Nothing the browser brings back is believed: only what the provider signs, for us, now, about this very attempt.
"""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from functools import partial
from hmac import compare_digest
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from portal.foundation import clock
from portal.foundation.outbound import Unreachable, bound, json_of
from portal.operations.discovery import ALGORITHMS, Discovered, asked_of, discover, inside_too
from portal.operations.providers import NotVouched, Vouched, secret_of
from portal.queries.providers import Provider

FLOW_SECONDS = 600
MALFORMED = (JoseError, ValueError, TypeError, KeyError, RecursionError, OverflowError)
LEEWAY_SECONDS = 60
RANDOM_BYTES = 32
LONGEST_SUBJECT, LONGEST_ABOUT = 255, 500
WAY_BACK_SECONDS = 8.0  # discovery, token and keys, together
SIGNED_ANSWER = "application/jwt"
NOT_OURS = "Cette réponse ne vient pas de la connexion que vous avez commencée ici. Recommencez."
DOUBTFUL = "La réponse du service de connexion n’est pas sûre\u00a0: rien n’a été ouvert. Recommencez, ou prévenez-le."
DECLINED = "Le service de connexion n’a pas confirmé que c’est vous. Recommencez, ou choisissez un autre compte."


class Purpose(StrEnum):
    """Why somebody goes to their provider."""

    SIGN_IN = "sign_in"
    LINK = "link"
    INVITATION = "invitation"


@dataclass(frozen=True)
class Flow:
    """One attempt, kept in this browser's signed cookie until it comes back; good once, for ten minutes.

    about: the page asked for (SIGN_IN), the account (LINK), or the invitation's path (INVITATION).
    """

    provider_id: str
    purpose: str
    about: str
    begun: int
    state: str
    nonce: str
    verifier: str

    def kept(self) -> dict[str, Any]:
        return asdict(self)


FIELDS = {one.name for one in fields(Flow)}


def new_flow(provider: Provider, purpose: Purpose, about: str) -> Flow:
    """About is dropped when it would not fit in a cookie."""
    about = about if len(about) <= LONGEST_ABOUT else ""
    random = (secrets.token_urlsafe(RANDOM_BYTES) for _ in range(3))
    return Flow(str(provider.id), purpose.value, about, _now(), *random)


def flow_of(kept: object, provider: Provider, state: str) -> Flow:
    """The attempt this answer belongs to. Raises NotVouched when this browser has begun no such thing."""
    flow = Flow(**kept) if isinstance(kept, dict) and set(kept) == FIELDS else None
    if flow is None or flow.provider_id != str(provider.id) or not compare_digest(flow.state.encode(), state.encode()):
        raise NotVouched(NOT_OURS)
    if not 0 <= _now() - flow.begun <= FLOW_SECONDS:
        raise NotVouched("Plus de dix minutes ont passé\u00a0: recommencez.")
    return flow


def _now() -> int:
    return int(clock.now().timestamp())


def departure(provider: Provider, flow: Flow, redirect_uri: str) -> str:
    """Where to send the browser. Raises ProviderDown or ProviderUnfit."""
    found = discover(provider.issuer)
    client = OAuth2Session(
        provider.client_id, redirect_uri=redirect_uri, scope="openid email profile", code_challenge_method="S256"
    )
    address, _ = client.create_authorization_url(
        found.authorization_endpoint, state=flow.state, nonce=flow.nonce, code_verifier=flow.verifier
    )
    return str(address)


def arrival(provider: Provider, flow: Flow, answer: Mapping[str, str], redirect_uri: str) -> Vouched:
    """Whom the provider vouches for, its answer to this attempt exchanged and checked.

    Raises ProviderDown, ProviderUnfit or NotVouched.
    """
    client = OAuth2Session(provider.client_id, secret_of(provider), redirect_uri=redirect_uri)
    bound(client, inside_too=inside_too(), patience=WAY_BACK_SECONDS)
    found = discover(provider.issuer, partial(client.get, withhold_token=True))
    with asked_of(provider.issuer):
        return _exchanged(client, found, flow, answer)


def _exchanged(client: OAuth2Session, found: Discovered, flow: Flow, answer: Mapping[str, str]) -> Vouched:
    code = _code(found, answer)
    token = _token(client, found, code, flow)
    keys = _keys(client, found)
    header, claims = _signed(token.get("id_token"), keys)
    _check(CodeIDToken(claims, header, options=_wanted(client, found), params=_bound_to(client, flow, token)))
    vouched = _vouched(found, claims)
    if "email" not in claims and flow.purpose == Purpose.INVITATION and found.userinfo_endpoint:
        return _with_userinfo(client, found.userinfo_endpoint, keys, vouched)
    return vouched


def _code(found: Discovered, answer: Mapping[str, str]) -> str:
    """The issuer that answers is the one asked: no other may pass its answers for this one's."""
    named = answer.get("iss")
    if named != found.issuer and (named is not None or found.names_itself):
        raise NotVouched(NOT_OURS)
    if "error" in answer or not answer.get("code"):
        raise NotVouched(DECLINED)
    return answer["code"]


def _token(client: OAuth2Session, found: Discovered, code: str, flow: Flow) -> Mapping[str, Any]:
    client.token_endpoint_auth_method = found.authentication
    try:
        token = client.fetch_token(
            found.token_endpoint, grant_type="authorization_code", code=code, code_verifier=flow.verifier
        )
    except AuthlibBaseError as error:
        raise NotVouched(DECLINED) from error
    except (ValueError, RecursionError, OverflowError) as error:
        raise Unreachable from error
    if not isinstance(token, dict):
        raise Unreachable
    return token


def _keys(client: OAuth2Session, found: Discovered) -> KeySet:
    """Read anew each time: a key that the provider has just changed is known at once."""
    listed = json_of(client.get(found.jwks_uri, withhold_token=True)).get("keys")
    rows = [row for row in listed if _signs(row)] if isinstance(listed, list) else []
    try:
        return KeySet.import_key_set({"keys": rows})
    except MALFORMED as error:
        raise Unreachable from error


def _signs(row: object) -> bool:
    return isinstance(row, dict) and row.get("kty") in {"RSA", "EC"} and row.get("use", "sig") == "sig"


def _signed(value: object, keys: KeySet) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token that one of these keys signed, by an algorithm we trust. Raises NotVouched."""
    if not isinstance(value, str):
        raise NotVouched(DOUBTFUL)
    try:
        token = jwt.decode(value, keys, algorithms=list(ALGORITHMS))
    except MALFORMED as error:
        raise NotVouched(DOUBTFUL) from error
    return token.header, token.claims


def _wanted(client: OAuth2Session, found: Discovered) -> dict[str, Any]:
    return {
        "iss": {"essential": True, "value": found.issuer},
        "aud": {"essential": True, "value": client.client_id},
    }


def _bound_to(client: OAuth2Session, flow: Flow, token: Mapping[str, Any]) -> dict[str, Any]:
    return {"nonce": flow.nonce, "client_id": client.client_id, "access_token": token.get("access_token")}


def _check(token: CodeIDToken) -> None:
    """Raises NotVouched for another issuer, audience, party, nonce or access token, and for what is past or to come."""
    try:
        token.validate(now=_now(), leeway=LEEWAY_SECONDS)
    except MALFORMED as error:
        raise NotVouched(DOUBTFUL) from error


def _vouched(found: Discovered, claims: Mapping[str, Any]) -> Vouched:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise NotVouched(DOUBTFUL)
    mail = claims.get("email") if claims.get("email_verified") is True else None
    name = claims.get("name")
    return Vouched(
        found.issuer, subject, mail if isinstance(mail, str) else None, name if isinstance(name, str) else None
    )


def _with_userinfo(client: OAuth2Session, address: str, keys: KeySet, known: Vouched) -> Vouched:
    """Mail and name from where some providers keep them (ProConnect signs them); of the very same subject."""
    answer = client.get(address)
    if answer.headers.get("Content-Type", "").startswith(SIGNED_ANSWER):
        _, claims = _signed(answer.content.decode("ascii", "replace"), keys)
    else:
        claims = dict(json_of(answer))
    if claims.get("sub") != known.subject:
        raise NotVouched(DOUBTFUL)
    verified = claims.get("email") if claims.get("email_verified") is True else None
    name = claims.get("name")
    return replace(
        known,
        mail=verified if isinstance(verified, str) else None,
        name=name if isinstance(name, str) else known.name,
    )
