"""Whether a message about a request is still to be sent: its owner wants it, and what it tells of still holds."""

from collections.abc import Callable

from sqlalchemy import ColumnElement, exists, select

from portal.foundation.extensions import db
from portal.models.assignment import TAKEN, TO_ANSWER, Assignment, AssignmentState
from portal.models.clarification import Clarification
from portal.models.outbox import Message
from portal.models.referral import Awaited, News, Referral, ReferralState

_M, _R = Message, ReferralState
STEPS = frozenset({_M.REFERRAL_PLACED, _M.REFERRAL_WAITLISTED})
OUTCOMES = frozenset({_M.REFERRAL_ACCEPTED, _M.REFERRAL_PAIRED, _M.REFERRAL_CLOSED})
REFUSED = {News.EVERY_STEP: frozenset[Message](), News.OUTCOME: STEPS, News.NONE: STEPS | OUTCOMES}
OVER = frozenset({_R.CLOSED, _R.WITHDRAWN, _R.MERGED, _R.ANONYMISED})


def wanted(message: Message, news: News) -> bool:
    """What must be answered or confirmed is always told."""
    return message not in REFUSED[news]


def holds_still(message: Message, referral: Referral) -> bool:
    return HOLDS[message](referral)


def _awaits(what: Awaited) -> Callable[[Referral], bool]:
    return lambda referral: referral.state is _R.AWAITING_CONSENT and what in referral.awaiting


def _stands(state: ReferralState) -> Callable[[Referral], bool]:
    return lambda referral: referral.state is state


def _with_an_association(*states: AssignmentState) -> Callable[[Referral], bool]:
    return lambda referral: _current(referral, Assignment.state.in_(states))


def _current(referral: Referral, *more: ColumnElement[bool]) -> bool:
    mine = (Assignment.referral_id == referral.id, Assignment.closed_at.is_(None), *more)
    return bool(db.session.scalar(select(exists().where(*mine))))


def _asked(referral: Referral) -> bool:
    """The association that has it now still waits for an answer."""
    open_question = exists().where(Clarification.assignment_id == Assignment.id, Clarification.answered_at.is_(None))
    return _current(referral, open_question)


def _open(referral: Referral) -> bool:
    return referral.state not in OVER


HOLDS: dict[Message, Callable[[Referral], bool]] = {
    _M.REFERRAL_RECEIVED: _open,
    _M.CONFIRM_ADDRESS: _awaits(Awaited.ADDRESS),
    _M.ADDRESS_REMINDER: _awaits(Awaited.ADDRESS),
    _M.GUARDIAN_CONSENT: _awaits(Awaited.GUARDIAN),
    _M.GUARDIAN_REMINDER: _awaits(Awaited.GUARDIAN),
    _M.GUARDIAN_INFORMED: _open,
    _M.REFERRAL_PLACED: _with_an_association(*TO_ANSWER),
    _M.REFERRAL_WAITLISTED: _stands(_R.WAITLISTED),
    _M.REFERRAL_ACCEPTED: _with_an_association(*TAKEN),
    _M.REFERRAL_PAIRED: _with_an_association(AssignmentState.PAIRED),
    _M.REFERRAL_CLOSED: _stands(_R.CLOSED),
    _M.CLARIFICATION_ASKED: _asked,
    _M.APPLICANT_AWAITED: _stands(_R.AWAITING_APPLICANT),
    _M.ERASURE_NOTICE: lambda referral: referral.state is not _R.ANONYMISED,
}
