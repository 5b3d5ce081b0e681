"""The portal's own doors, as a test knocks at them: each act in the scope and at the instant of whoever does it."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.crypto import vault
from portal.foundation.errors import DomainError
from portal.foundation.permissions import SignedIn
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.models.assignment import Assignment
from portal.models.identity import LinkPurpose
from portal.models.referral import Awaited, ReferralState
from portal.operations.assignments import assignment_to_answer
from portal.operations.journal_chain import Verdict, verify
from portal.operations.tracking import confirm_address, consent_as_guardian, refuse_as_guardian, withdraw
from portal.queries.tracking import Tracked, linked, tracked, tracking_token

PUBLIC, ROUTER = Scope(DatabaseRole.PUBLIC), Scope(DatabaseRole.ROUTER)
LINKS = {Awaited.ADDRESS: LinkPurpose.ADDRESS, Awaited.GUARDIAN: LinkPurpose.GUARDIAN}
GIVE = {Awaited.ADDRESS: confirm_address, Awaited.GUARDIAN: consent_as_guardian}


class Crash(RuntimeError):
    """The process dies before its transaction is committed."""


def coordinator(association_id: UUID) -> SignedIn:
    return SignedIn(uuid4(), "Une coordinatrice", "", association_id=association_id)


def scope_of(person: SignedIn) -> Scope:
    return Scope(DatabaseRole.ASSOCIATION, association_id=person.association_id, account_id=person.account_id)


def staff() -> Scope:
    return Scope(DatabaseRole.STAFF, account_id=uuid4())


def attempt(at: datetime, scope: Scope, act: Callable[[], Any]) -> bool:
    """Whether the portal let it be done."""
    try:
        with clock.at(at), transaction(scope):
            act()
    except DomainError:
        return False
    return True


def answer(at: datetime, association: UUID, offer: UUID, act: Callable[[Assignment, SignedIn], Any]) -> bool:
    """A coordinator of the association acts on one of its assignments; whether it was let be done."""
    person = coordinator(association)
    return attempt(at, scope_of(person), lambda: act(assignment_to_answer(offer), person))


def through_link(at: datetime, request: UUID, awaited: Awaited, *, refused: bool = False) -> ReferralState | None:
    """Press the button of a mailed link; None when it opens nothing (any more)."""
    token = vault().link_token(LINKS[awaited], request, 1)
    act = refuse_as_guardian if refused else GIVE[awaited]
    with clock.at(at), transaction(PUBLIC):
        found = linked(token, LINKS[awaited])
        return act(found) if found else None


def withdrawn(at: datetime, request: UUID) -> ReferralState | None:
    """Press the button of the tracking link; None when it opens nothing (any more)."""
    with clock.at(at), transaction(PUBLIC):
        found = tracked(tracking_token(request, 1))
        return withdraw(found) if found else None


def tracked_by_owner(request: UUID) -> Tracked | None:
    with transaction(Scope(DatabaseRole.PUBLIC, read_only=True)):
        return tracked(tracking_token(request, 1))


def crash(at: datetime, scope: Scope, act: Callable[[], Any]) -> None:
    """Everything is done, then nothing is committed."""
    with suppress(Crash, DomainError), clock.at(at), transaction(scope) as session:
        act()
        session.flush()
        raise Crash


def chain() -> Verdict:
    with transaction(Scope(DatabaseRole.JOBS, read_only=True)):
        return verify()


def sides(side: Side | None) -> list[Side]:
    return [side] if side else list(Side)
