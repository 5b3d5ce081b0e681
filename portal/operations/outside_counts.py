"""Declaring the outside count: those who came by other ways than the portal, as of today; it counts for ARM at once."""

from functools import partial
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.errors import DomainError
from portal.foundation.extensions import db
from portal.foundation.locks import share_openings
from portal.foundation.queue import Job, enqueue
from portal.foundation.transactions import after_commit
from portal.models.event import EventName, JournalAct
from portal.models.objective import OutsideCount
from portal.operations.history import happened, journal
from portal.queries.campaigns import running_campaign

MOST = 999_999


class CountMoved(DomainError):
    """Somebody of the association declared another count meanwhile."""


def declare_outside_count(
    association_id: UUID, side: Side, amount: int, *, by: UUID, based_on: str | None = None
) -> OutsideCount:
    """The association's count of today on a side; a second one the same day corrects the first.

    based_on: `mark_of` the count its author had before their eyes. Raises CountMoved when it is no longer the latest,
    DomainError (field "amount") for an amount that cannot be, or outside any campaign.
    """
    share_openings(side)
    campaign = running_campaign()
    if campaign is None:
        raise DomainError("Aucune campagne n’est en cours.", field="amount")
    if not 0 <= amount <= MOST:
        raise DomainError(f"Indiquez un nombre entre 0 et {MOST}.", field="amount")
    last = _latest(association_id, campaign.id, side)
    if based_on is not None and based_on != mark_of(last):
        raise CountMoved(_meanwhile(last), field="amount")
    count = _of_today(last, association_id, campaign.id, side)
    count.amount, count.declared_by = amount, by
    _keep(count)
    after_commit(partial(enqueue, Job.DRAIN, side.value, "waitlist"))
    return count


def mark_of(count: OutsideCount | None) -> str:
    """Tells one state of the count from another."""
    return f"{count.declared_on.isoformat()} {count.amount}" if count else "none"


def _of_today(last: OutsideCount | None, association_id: UUID, campaign_id: UUID, side: Side) -> OutsideCount:
    today = clock.today()
    if last is not None and last.declared_on == today:
        return last
    count = OutsideCount(association_id=association_id, campaign_id=campaign_id, side=side, declared_on=today)
    db.session.add(count)
    return count


def _keep(count: OutsideCount) -> None:
    try:
        db.session.flush()
    except IntegrityError as error:
        raise CountMoved(
            "Ce nombre vient d’être déclaré par quelqu’un d’autre\u00a0: vérifiez, puis enregistrez de nouveau.",
            field="amount",
        ) from error
    side, amount = count.side.value, count.amount
    happened(EventName.OUTSIDE_COUNT_DECLARED, association_id=count.association_id, side=side, amount=amount)
    journal(JournalAct.OBJECTIVE_CHANGED, detail=f"outside {side} {amount}")


def _meanwhile(last: OutsideCount | None) -> str:
    now = f"il est maintenant de {last.amount}" if last else "il n’y en a plus"
    return f"Ce nombre a changé pendant ce temps\u00a0: {now}. Vérifiez, puis enregistrez de nouveau."


def _latest(association_id: UUID, campaign_id: UUID, side: Side) -> OutsideCount | None:
    own = OutsideCount
    query = (
        select(own)
        .where(own.association_id == association_id, own.campaign_id == campaign_id, own.side == side)
        .where(own.declared_on <= clock.today())
        .order_by(own.declared_on.desc())
        .limit(1)
    )
    return db.session.scalar(query)
