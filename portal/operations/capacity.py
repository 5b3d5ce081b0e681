"""Declaring how many young people and mentors an association can take, and pausing it.

Lowering under what is taken is allowed: what was offered stays, and nothing more comes until there is room again.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from matching.vocabulary import REMOTE, Side
from portal.foundation import clock
from portal.foundation.errors import DomainError
from portal.foundation.extensions import db
from portal.foundation.locks import share_openings
from portal.foundation.permissions import SignedIn
from portal.foundation.queue import Job, enqueue
from portal.foundation.tenancy import current_scope
from portal.foundation.transactions import after_commit
from portal.models.account import Account
from portal.models.assignment import Assignment
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.capacity import Capacity
from portal.models.event import EventName, JournalAct
from portal.operations.history import happened, journal
from portal.places import UnknownPlaceError, label

MOST = 99_999
OR_MORE_FROM = 200
LONGEST_PAUSE_DAYS = 366


@dataclass(frozen=True)
class Change:
    """What one row should become. amount None: no row any more. version: that of the row as it was read, 0 for none."""

    side: Side
    place: str
    amount: int | None
    or_more: bool = False
    version: int = 0


class CapacityConflict(DomainError):
    """Somebody changed the same row in the meantime."""


def save_capacities(campaign: Campaign, changes: Sequence[Change], *, by: SignedIn) -> None:
    """All the changes, or none; the association's places are right as of now.

    Raises CapacityConflict, or DomainError on a bad value.
    """
    for change in changes:
        _check(change)
    sides = sorted({change.side for change in changes})
    for side in sides:
        share_openings(side)
    for change in sorted(changes, key=lambda one: (one.side, one.place)):
        _apply(campaign, change, by=by)
    try:
        db.session.flush()
    except (StaleDataError, IntegrityError) as error:
        raise CapacityConflict("Ces places viennent de changer : vérifiez puis enregistrez de nouveau.") from error
    _date_places()
    for change in changes:
        journal(JournalAct.CAPACITY_CHANGED, detail=f"{change.side.value} {change.place} {change.amount}")
    _wake(sides)


def confirm_capacities() -> None:
    """Still right: the association is dated of now, no place changes. Confirming twice is no harm."""
    _date_places()
    happened(EventName.PLACES_CONFIRMED, association_id=_association_id())
    journal(JournalAct.CAPACITY_CHANGED, detail="confirmed")


def _date_places() -> None:
    """Past the association's version: whoever confirms never stands in the way of whoever pauses."""
    db.session.execute(
        update(Association)
        .where(Association.id == _association_id())
        .values(places_confirmed_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def pause_association(association: Association, *, first: date, back: date | None) -> None:
    """Nothing more is offered from the first day until the day before the return (None: unknown)."""
    today = clock.today()
    if first < today:
        raise DomainError("La pause commence aujourd’hui ou plus tard.", field="first")
    if back is not None and back <= first:
        raise DomainError("Le retour vient après le début de la pause.", field="back")
    if back is not None and back > first + timedelta(days=LONGEST_PAUSE_DAYS):
        raise DomainError("Une pause dure un an au plus : choisissez un retour plus proche.", field="back")
    _set_pause(association, first, back - timedelta(days=1) if back else None)


def resume_association(association: Association) -> None:
    """Requests come again, from now."""
    _set_pause(association, None, None)


def _set_pause(association: Association, first: date | None, last: date | None) -> None:
    for side in sorted(Side):
        share_openings(side)
    association.paused_from, association.paused_until = first, last
    happened(
        EventName.PAUSE_CHANGED,
        association_id=association.id,
        first=first.isoformat() if first else None,
        last=last.isoformat() if last else None,
    )
    try:
        db.session.flush()
    except StaleDataError as error:
        raise CapacityConflict("La pause vient d’être changée par quelqu’un d’autre : vérifiez.") from error
    journal(JournalAct.CAPACITY_CHANGED, detail=f"pause {first or 'none'}")
    _wake(sorted(Side))


def _wake(sides: Iterable[Side]) -> None:
    for side in sides:
        after_commit(partial(enqueue, Job.DRAIN, side.value, "waitlist"))


def _check(change: Change) -> None:
    field = field_of(change.side, change.place)
    if change.amount is not None and not 0 <= change.amount <= MOST:
        raise DomainError(f"Indiquez un nombre entre 0 et {MOST}.", field=field)
    if change.or_more and (change.amount or 0) < OR_MORE_FROM:
        raise DomainError(f"« Ou plus » s’emploie à partir de {OR_MORE_FROM} places.", field=field)
    try:
        label(change.place)
    except UnknownPlaceError:
        raise DomainError("Ce territoire n’est pas connu.", field=field) from None


def field_of(side: Side, place: str) -> str:
    """The name of the form field that holds a row's number."""
    return f"amount:{side.value}:{place}"


def _row(campaign: Campaign, change: Change) -> Capacity | None:
    query = select(Capacity).where(
        Capacity.campaign_id == campaign.id,
        Capacity.side == change.side,
        Capacity.place == change.place,
        Capacity.programme_id.is_(None),
    )
    return db.session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()


def _apply(campaign: Campaign, change: Change, *, by: SignedIn) -> None:
    row = _row(campaign, change)
    before = _before(row)
    if (row.version if row else 0) != change.version:
        raise CapacityConflict(_who_changed(row, change), field=field_of(change.side, change.place))
    if change.amount is None:
        _remove(row, change)
    elif row is None:
        db.session.add(_new_row(campaign, change, by=by))
    else:
        row.amount, row.or_more = change.amount, change.or_more
        row.updated_at, row.updated_by = clock.now(), by.account_id
    happened(
        EventName.CAPACITY_CHANGED,
        association_id=_association_id(),
        side=change.side.value,
        place=change.place,
        before=before,
        after=change.amount,
        or_more=change.or_more,
    )


def _before(row: Capacity | None) -> int | None:
    return row.amount if row else None


def _new_row(campaign: Campaign, change: Change, *, by: SignedIn) -> Capacity:
    return Capacity(
        association_id=_association_id(),
        campaign_id=campaign.id,
        side=change.side,
        place=change.place,
        amount=change.amount,
        or_more=change.or_more,
        updated_at=clock.now(),
        updated_by=by.account_id,
    )


def _remove(row: Capacity | None, change: Change) -> None:
    if row is None:
        return
    if db.session.scalar(select(exists().where(Assignment.capacity_id == row.id))):
        place = label(change.place)
        raise DomainError(
            f"Des demandes sont comptées à {place} : mettez 0 place plutôt que de retirer la ligne.",
            field=field_of(change.side, change.place),
        )
    db.session.delete(row)


def _who_changed(row: Capacity | None, change: Change) -> str:
    """« Paul Martin a changé Roubaix pendant ce temps : 48 »."""
    place = label(change.place)
    if row is None:
        return (
            f"{place} a été retiré pendant ce temps. Vos autres valeurs sont toujours là : vérifiez, puis enregistrez."
        )
    who = db.session.scalar(select(Account.name).where(Account.id == row.updated_by)) or "Quelqu’un"
    more = " ou plus" if row.or_more else ""
    return f"{who} a changé {place} pendant ce temps : {row.amount}{more}. Vérifiez, puis enregistrez de nouveau."


def _association_id() -> UUID:
    found = current_scope().association_id
    assert found is not None
    return found


def known_places(codes: Collection[str]) -> list[str]:
    """Those of the codes that name a place, in the same order."""
    return [code for code in codes if _is_known(code)]


def _is_known(code: str) -> bool:
    try:
        return code == REMOTE or bool(label(code))
    except UnknownPlaceError:
        return False
