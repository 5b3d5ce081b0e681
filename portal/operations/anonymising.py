"""Forgetting who asked, 24 months after the last thing that happened and a month after saying so.

What the request counted for stays in the figures (the database keeps it, nameless); its decision can no longer be
replayed, and says so.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, select, update

from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.assignment import Assignment
from portal.models.clarification import Clarification
from portal.models.event import Event
from portal.models.identity import BlindIndex, Consent, Identity, PersonKey, Preview, ReferralLink
from portal.models.outbox import Message, Outbox
from portal.models.referral import Referral, ReferralState
from portal.models.routing import RoutingDecision
from portal.operations.outbox import put

KEPT = timedelta(days=730)
NOTICE = timedelta(days=30)
BATCH = 200
PERSONAL = (Identity, Preview, PersonKey, BlindIndex, ReferralLink, Consent, Clarification)
FORGOTTEN: dict[str, Any] = {
    "profile": {},
    "age": None,
    "commune": None,
    "departement": None,
    "region": None,
    "needs": [],
}


def give_notice(limit: int = BATCH) -> int:
    """Write to those whose request will be forgotten in a month (jobs' scope). Returns how many, at most limit."""
    since, today = clock.now() - KEPT + NOTICE, clock.today().isoformat()
    quiet = (_quiet_since(since), ~_noticed(Outbox.created_at > since))
    found = db.session.scalars(select(Referral.id).where(*quiet).order_by(Referral.id).limit(limit)).all()
    for referral_id in found:
        put(Message.ERASURE_NOTICE, f"{referral_id}:{today}", referral_id=referral_id)
    return len(found)


def anonymise_old(limit: int = BATCH) -> int:
    """Forget one batch of those told a month ago (jobs' scope). Returns how many, at most limit."""
    now = clock.now()
    told = _noticed(Outbox.created_at > now - KEPT, Outbox.created_at <= now - NOTICE)
    found = db.session.scalars(
        select(Referral.id)
        .where(_quiet_since(now - KEPT), told)
        .order_by(Referral.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if found:
        _forget(found)
    return len(found)


def _quiet_since(instant: datetime) -> ColumnElement[bool]:
    """Nothing has happened to it since."""
    lately = exists().where(Event.referral_id == Referral.id, Event.at > instant)
    return (Referral.state != ReferralState.ANONYMISED) & (Referral.state_since <= instant) & ~lately


def _noticed(*when: ColumnElement[bool]) -> ColumnElement[bool]:
    """A notice of this silence: an older one, before something happened again, counts for nothing."""
    return exists().where(Outbox.referral_id == Referral.id, Outbox.message == Message.ERASURE_NOTICE, *when)


def _forget(ids: Sequence[UUID]) -> None:
    """State and facts go in one statement: the database keeps what they counted for as the state changes."""
    gone = {"state": ReferralState.ANONYMISED, "state_since": clock.now(), "version": Referral.version + 1}
    quietly = {"synchronize_session": False}
    db.session.execute(
        update(Referral).where(Referral.id.in_(ids)).values(**gone, **FORGOTTEN), execution_options=quietly
    )
    for table in PERSONAL:
        db.session.execute(delete(table).where(table.referral_id.in_(ids)), execution_options=quietly)
    emptied = update(Assignment).where(Assignment.referral_id.in_(ids))
    db.session.execute(emptied.values(excerpt={}, to_verify=[], bounce_note=None), execution_options=quietly)
    still_open = emptied.where(Assignment.closed_at.is_(None))
    db.session.execute(still_open.values(closed_at=clock.now()), execution_options=quietly)
    decided = update(RoutingDecision).where(RoutingDecision.referral_id.in_(ids))
    forgotten = {"profile": None, "orienter_reason": None, "packed": b""}  # its digest would betray guessed facts
    db.session.execute(decided.values(forgotten), execution_options=quietly)
