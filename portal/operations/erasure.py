"""Erasing what may not be kept: requests nobody confirmed, forms nobody finished. Their events keep ids only."""

from datetime import timedelta

from flask import current_app
from sqlalchemy import ColumnElement, CursorResult, Delete, any_, delete, literal, or_

from portal.foundation import clock
from portal.foundation.config import Settings
from portal.foundation.extensions import db
from portal.models.account import Invitation, LoginSession, PasswordReset
from portal.models.identity import Draft
from portal.models.referral import Awaited, Referral, ReferralState

INVITATIONS_KEPT = timedelta(days=90)
SESSIONS_KEPT = timedelta(hours=10)  # the longest life of all (portal.auth.session)


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


def erase_resets() -> int:
    """Links to choose a password (jobs' scope), used or too old. Returns how many."""
    over = or_(PasswordReset.used_at.is_not(None), PasswordReset.expires_at <= clock.now())
    return _rows(delete(PasswordReset).where(over))


def erase_invitations() -> int:
    """Those whose link has been over for 90 days (jobs' scope), accepted or not. Returns how many."""
    return _rows(delete(Invitation).where(Invitation.expires_at <= clock.now() - INVITATIONS_KEPT))


def erase_sessions() -> int:
    """Those that no rule leaves open any more (sign-in scope). Returns how many."""
    over = LoginSession.created_at <= clock.now() - SESSIONS_KEPT
    return _rows(delete(LoginSession).where(over))


def _awaiting(what: Awaited, patience: timedelta) -> ColumnElement[bool]:
    return (literal(what.value) == any_(Referral.awaiting)) & (Referral.received_at <= clock.now() - patience)


def _rows(statement: Delete) -> int:
    done = db.session.execute(statement.execution_options(synchronize_session=False))
    assert isinstance(done, CursorResult)
    return int(done.rowcount)
