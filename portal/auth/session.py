"""From the cookie to the person: the browser holds one random token, the database its digest.

A session ends by itself when nobody uses it, and in any case after a while; live polling is not use. Until the second
factor is given it opens nothing but the pages that ask for it: everywhere else there is nobody.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Request, g, request, session

from portal.foundation import clock
from portal.foundation.config import Environment, settings
from portal.foundation.crypto import token_digest
from portal.foundation.permissions import SignedIn
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.operations.sign_in import end_session, keep_alive
from portal.queries.accounts import OpenSession, open_session

TOKEN = "token"  # noqa: S105 - the name of the value, not the value
POLLING = frozenset({"inbox.news", "referrals.news", "reports.progress", "documents.progress"})
WRITTEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Life:
    """idle: without use. whole: from signing in, used or not."""

    idle: timedelta
    whole: timedelta


STAFF = Life(idle=timedelta(minutes=15), whole=timedelta(hours=4))
MEMBER = Life(idle=timedelta(minutes=30), whole=timedelta(hours=10))
DEMONSTRATION = Life(idle=timedelta(hours=8), whole=timedelta(hours=10))
HALF_WAY = timedelta(minutes=15)
LONGEST = max(life.whole for life in (STAFF, MEMBER, DEMONSTRATION))


def life_of(person: SignedIn) -> Life:
    """Staff see everybody's requests: their sessions are the shortest, whatever they are doing now."""
    if demonstration():
        return DEMONSTRATION
    return STAFF if person.is_staff else MEMBER


def demonstration() -> bool:
    return settings().environment is Environment.DEMO


def idle_of_members() -> timedelta:
    return (DEMONSTRATION if demonstration() else MEMBER).idle


def over(found: OpenSession, now: datetime) -> bool:
    life = life_of(found.person)
    return now - found.last_seen_at >= life.idle or now - found.created_at >= life.whole


def belongs_nowhere(person: SignedIn) -> bool:
    """The association they were working for is no longer theirs, or they have lost the Collectif's side."""
    return person.role is None


def own_digest() -> str | None:
    """What the database knows of this browser's token."""
    token = session.get(TOKEN)
    return token_digest(token) if isinstance(token, str) else None


def person_of_request(_: Request) -> SignedIn | None:
    """Flask-Login's request loader: who holds this browser's token, if the session is still open."""
    digest = own_digest()
    if digest is None:
        return None
    with transaction(Scope(DatabaseRole.SIGN_IN)):
        return person_of_digest(digest, clock.now())


def person_of_digest(digest: str, now: datetime) -> SignedIn | None:
    found = open_session(digest)
    if found is None or found.second_factor_at is None:
        return None
    if over(found, now) or belongs_nowhere(found.person):
        end_session(digest)
        return None
    if request.endpoint not in POLLING and now - found.last_seen_at >= WRITTEN_EVERY:
        keep_alive(digest, now)
    return found.person


def pending_session() -> OpenSession | None:
    """The session of this browser that still wants its second factor; read once a request."""
    if "pending_session" not in g:
        g.pending_session = _pending()
    found: OpenSession | None = g.pending_session
    return found


def _pending() -> OpenSession | None:
    digest = own_digest()
    if digest is None:
        return None
    with transaction(Scope(DatabaseRole.SIGN_IN, read_only=True)):
        found = open_session(digest)
    if found is None or found.second_factor_at is not None or clock.now() - found.created_at >= HALF_WAY:
        return None
    return found


def forget_pending() -> None:
    g.pop("pending_session", None)
