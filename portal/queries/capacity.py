"""The places an association declares, and what is taken of them: its own figures only."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, exists, func, or_, select

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.account import Account
from portal.models.assignment import TAKEN, TO_ANSWER, Assignment, AssignmentState
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.capacity import Capacity
from portal.models.objective import Objective
from portal.models.programme import Programme, ProgrammeVersion
from portal.models.routing import CapacityUse


@dataclass(frozen=True)
class Declared:
    """One row of capacity. programme: the name of the programme whose own cap it is, None when shared.

    taken: offered and accepted alike. unanswered: of those, the offers still without answer. used: some request
    was ever counted there, so the row cannot be removed.
    """

    id: UUID
    side: Side
    place: str
    amount: int
    or_more: bool
    version: int
    taken: int
    unanswered: int
    used: bool
    programme: str | None
    updated_at: datetime
    updated_by: str | None

    @property
    def free(self) -> int:
        """Places left, never negative; meaningless when or_more."""
        return max(0, self.amount - self.taken)


@dataclass(frozen=True)
class Room:
    """All the shared rows together. endless: one of them never runs out (it is not in the figures)."""

    free: int
    declared: int
    endless: bool


def current_campaign() -> Campaign | None:
    """The campaign of today, if there is one."""
    today = clock.today()
    return db.session.scalars(
        select(Campaign).where(Campaign.starts_on <= today, Campaign.ends_on >= today)
    ).one_or_none()


def own_association(association_id: UUID) -> Association:
    """The association of the scope, whole."""
    return db.session.scalars(select(Association).where(Association.id == association_id)).one()


def _unanswered() -> Select[UUID | None, int]:
    return (
        select(Assignment.capacity_id.label("row"), func.count().label("unanswered"))
        .where(Assignment.state.in_(TO_ANSWER), Assignment.capacity_id.is_not(None))
        .group_by(Assignment.capacity_id)
    )


def declared_rows(campaign_id: UUID) -> list[Declared]:
    """Every row of the association for a campaign, shared ones first, in the order they were declared."""
    waiting = _unanswered().subquery()
    taken = func.coalesce(CapacityUse.taken, 0)
    query = (
        select(
            Capacity,
            taken.label("taken"),
            func.coalesce(waiting.c.unanswered, 0).label("unanswered"),
            or_(taken > 0, exists().where(Assignment.capacity_id == Capacity.id)).label("used"),
            Programme.name.label("programme"),
            Account.name.label("author"),
        )
        .outerjoin(CapacityUse, CapacityUse.capacity_id == Capacity.id)
        .outerjoin(waiting, waiting.c.row == Capacity.id)
        .outerjoin(Programme, Programme.id == Capacity.programme_id)
        .outerjoin(Account, Account.id == Capacity.updated_by)
        .where(Capacity.campaign_id == campaign_id)
        .order_by(Capacity.programme_id.is_not(None), Capacity.id)
    )
    return [
        Declared(
            id=row.Capacity.id,
            side=row.Capacity.side,
            place=row.Capacity.place,
            amount=row.Capacity.amount,
            or_more=row.Capacity.or_more,
            version=row.Capacity.version,
            taken=row.taken,
            unanswered=row.unanswered,
            used=row.used,
            programme=row.programme,
            updated_at=row.Capacity.updated_at,
            updated_by=row.author,
        )
        for row in db.session.execute(query)
    ]


def room_of(rows: Collection[Declared]) -> Room:
    """What is free in all: of the shared rows when there are some, else of the programmes' own."""
    shared = [row for row in rows if row.programme is None] or list(rows)
    counted = [row for row in shared if not row.or_more]
    return Room(
        free=sum(row.free for row in counted),
        declared=sum(row.amount for row in counted),
        endless=len(counted) < len(shared),
    )


def places_left(capacity_ids: Collection[UUID]) -> Mapping[UUID, int | None]:
    """Per row: what is declared less what was accepted (not what is merely offered); None for no limit."""
    accepted = func.count(Assignment.id).filter(Assignment.state.in_(TAKEN | {AssignmentState.ENDED}))
    query = (
        select(Capacity.id, Capacity.amount, Capacity.or_more, accepted.label("accepted"))
        .outerjoin(Assignment, Assignment.capacity_id == Capacity.id)
        .where(Capacity.id.in_(capacity_ids))
        .group_by(Capacity.id)
        .order_by(Capacity.id)
    )
    return {row.id: None if row.or_more else max(0, row.amount - row.accepted) for row in db.session.execute(query)}


def own_programmes() -> list[tuple[UUID, str]]:
    """The association's programmes, archived ones included, by name."""
    query = select(Programme.id, Programme.name).order_by(Programme.name, Programme.id)
    return [(row.id, row.name) for row in db.session.execute(query)]


def sides_offered() -> frozenset[Side]:
    """The sides the association has programmes for; both when it has none yet."""
    query = (
        select(ProgrammeVersion.side)
        .join(Programme, Programme.id == ProgrammeVersion.programme_id)
        .where(Programme.archived_at.is_(None))
        .distinct()
    )
    return frozenset(db.session.scalars(query)) or frozenset(Side)


def sides_worked(rows: Collection[Declared]) -> list[Side]:
    """The sides the association works with: those it has programmes for, and those it has declared something for."""
    known = sides_offered() | {row.side for row in rows}
    return [side for side in Side if side in known]


def objectives_in_force(campaign_id: UUID) -> Mapping[Side, int]:
    """The association's objective per side: that of the highest version."""
    query = (
        select(Objective.side, Objective.amount)
        .where(Objective.campaign_id == campaign_id)
        .order_by(Objective.side, Objective.version)
    )
    return {row.side: row.amount for row in db.session.execute(query)}
