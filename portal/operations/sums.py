"""The sums that routing ranks on: written under the OPENINGS lock only, others append a StandingDelta."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, func
from sqlalchemy.dialects.postgresql import Insert

from matching.vocabulary import Side
from portal.foundation.extensions import Base, db
from portal.models.assignment import Assignment
from portal.models.routing import AssociationStanding, CapacityUse, ProgrammeStanding, StandingDelta
from portal.operations.at_once import insertion, run

TAKEN = (
    delete(StandingDelta)
    .where(StandingDelta.side == bindparam("side"))
    .returning(
        StandingDelta.association_id,
        StandingDelta.campaign_id,
        StandingDelta.side,
        StandingDelta.programme_id,
        StandingDelta.capacity_id,
        StandingDelta.amount,
    )
)


@dataclass(frozen=True)
class Change:
    """One place taken (amount 1, served_at set) or given back (amount −1)."""

    association_id: UUID
    campaign_id: UUID
    side: Side
    programme_id: UUID
    capacity_id: UUID | None
    amount: int
    served_at: datetime | None = None


def fold_answers(side: Side) -> None:
    """Bring into the sums what answers have appended since the last batch."""
    add_to_sums([Change(*row) for row in db.session.connection().execute(TAKEN, {"side": side})])


def add_to_sums(changes: Iterable[Change]) -> None:
    """Add to the three sums; a row that does not exist yet is made."""
    associations: Counter[tuple[UUID, UUID, Side]] = Counter()
    programmes: Counter[tuple[UUID, UUID, Side, UUID]] = Counter()
    places: Counter[tuple[UUID, UUID]] = Counter()
    served: dict[UUID, datetime] = {}
    for one in changes:
        associations[one.association_id, one.campaign_id, one.side] += one.amount
        programmes[one.programme_id, one.campaign_id, one.side, one.association_id] += one.amount
        if one.capacity_id:
            places[one.capacity_id, one.association_id] += one.amount
        if one.served_at:
            served[one.association_id] = served[one.programme_id] = one.served_at
    _add(
        AssociationStanding,
        [
            {
                "association_id": key[0],
                "campaign_id": key[1],
                "side": key[2],
                "committed": amount,
                "reach": 0,
                "last_served_at": served.get(key[0]),
            }
            for key, amount in associations.items()
        ],
    )
    _add(
        ProgrammeStanding,
        [
            {
                "programme_id": key[0],
                "campaign_id": key[1],
                "side": key[2],
                "association_id": key[3],
                "committed": amount,
                "last_served_at": served.get(key[0]),
            }
            for key, amount in programmes.items()
        ],
    )
    _take_places(places)


def _add(sums: type[AssociationStanding | ProgrammeStanding], rows: list[dict[str, Any]]) -> None:
    if rows:
        run(_addition(sums, tuple(rows[0])), sorted(rows, key=lambda row: str(list(row.values())[:3])))


@cache
def _addition(sums: type[AssociationStanding | ProgrammeStanding], names: tuple[str, ...]) -> Insert:
    statement = insertion(sums, names)
    return statement.on_conflict_do_update(
        index_elements=[column.name for column in sums.__table__.primary_key],
        set_={
            "committed": sums.committed + statement.excluded.committed,
            "last_served_at": func.coalesce(statement.excluded.last_served_at, sums.last_served_at),
        },
    )


def _take_places(places: Counter[tuple[UUID, UUID]]) -> None:
    if places:
        rows = [{"capacity_id": key[0], "association_id": key[1], "taken": amount} for key, amount in places.items()]
        run(_taking(tuple(rows[0])), rows)


@cache
def _taking(names: tuple[str, ...]) -> Insert:
    statement = insertion(CapacityUse, names)
    return statement.on_conflict_do_update(
        index_elements=[CapacityUse.capacity_id],
        set_={"taken": CapacityUse.taken + statement.excluded.taken},
    )


def give_back(assignment: Assignment) -> Base:
    """The row by which a place comes free at the next batch."""
    return StandingDelta(
        association_id=assignment.association_id,
        campaign_id=assignment.campaign_id,
        side=assignment.side,
        programme_id=assignment.programme_id,
        capacity_id=assignment.capacity_id,
        amount=-1,
    )
