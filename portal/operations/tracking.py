"""What the holder of a link may do: withdraw, confirm an address, agree or refuse as guardian, ask for a mail again.

Each act is a narrow function of the database, on the request of the link bound to the transaction, and nothing else.
"""

from functools import partial

from sqlalchemy import text

from portal.foundation import clock
from portal.foundation.extensions import db
from portal.foundation.queue import Job, enqueue
from portal.foundation.transactions import after_commit
from portal.models.outbox import Message
from portal.models.referral import Awaited, News, ReferralState
from portal.operations.consent import GUARDIAN_LINK
from portal.operations.telling import Told, tell_once
from portal.queries.tracking import Tracked

MAILS = {Awaited.ADDRESS: Message.CONFIRM_ADDRESS, Awaited.GUARDIAN: Message.GUARDIAN_CONSENT}


def withdraw(request: Tracked) -> ReferralState:
    """The owner takes the request back, wherever it stands; the association loses it at once."""
    return _act("withdraw_linked_referral(:at)", request)


def resume(request: Tracked) -> ReferralState:
    """Whoever could not be reached, or did not follow up, takes the request up again: it goes on to the next."""
    return _act("resume_linked_referral(:at)", request)


def confirm_address(request: Tracked) -> ReferralState:
    return _act("confirm_linked_address(:at)", request)


def consent_as_guardian(request: Tracked) -> ReferralState:
    return _act("consent_as_linked_guardian(:wording, :at)", request, wording=GUARDIAN_LINK)


def refuse_as_guardian(request: Tracked) -> ReferralState:
    return _act("refuse_as_linked_guardian(:at)", request)


def _act(call: str, request: Tracked, **values: str) -> ReferralState:
    """The state afterwards; whoever waits for a request to route is woken when it has just become one."""
    found = db.session.scalar(text(f"SELECT {call}"), {"at": clock.now(), **values})
    state = ReferralState(found)
    if state is ReferralState.TO_ROUTE and request.state is not state:
        after_commit(partial(enqueue, Job.DRAIN, request.side.value))
    return state


def send_again(request: Tracked) -> None:
    """Mail once more what the request still waits for; once a day at most for each message."""
    key = f"{request.id}:{clock.today().isoformat()}"
    tell_once(Told(MAILS[awaited], key, referral_id=request.id) for awaited in sorted(request.awaiting))


def choose_news(level: News) -> News:
    """Which steps are told by mail from now on; whatever needs an answer always is. Returns what is kept."""
    return News(db.session.scalar(text("SELECT choose_linked_news(:level)"), {"level": level.value}))
