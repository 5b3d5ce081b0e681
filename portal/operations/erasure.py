"""Erasing what may not be kept: requests nobody confirmed, forms nobody finished. Their events keep ids only."""

from datetime import timedelta

from flask import current_app
from sqlalchemy import ColumnElement, CursorResult, Delete, any_, delete, literal, or_

from portal.foundation import clock
from portal.foundation.config import Settings
from portal.foundation.extensions import db
from portal.models.identity import Draft
from portal.models.referral import Awaited, Referral, ReferralState


def erase_unconfirmed() -> int:
    """Requests (jobs' scope) whose address was not confirmed in time, or whose guardian did not answer in time.

    Identity, keys, links and consents go with them. Returns how many.
    """
    settings: Settings = current_app.config["SETTINGS"]
    too_late = or_(
        _awaiting(Awaited.ADDRESS, timedelta(hours=settings.unconfirmed_hours)),
        _awaiting(Awaited.GUARDIAN, timedelta(days=settings.guardian_days)),
    )
    return _rows(delete(Referral).where(Referral.state == ReferralState.AWAITING_CONSENT, too_late))


def erase_stale_drafts() -> int:
    """Forms past their day. Returns how many."""
    return _rows(delete(Draft).where(Draft.expires_at <= clock.now()))


def _awaiting(what: Awaited, patience: timedelta) -> ColumnElement[bool]:
    return (literal(what.value) == any_(Referral.awaiting)) & (Referral.received_at <= clock.now() - patience)


def _rows(statement: Delete) -> int:
    done = db.session.execute(statement.execution_options(synchronize_session=False))
    assert isinstance(done, CursorResult)
    return int(done.rowcount)
