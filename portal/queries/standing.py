"""Where every association and programme of a side stands: sums, objectives, and what is left of each capacity."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.dialects.postgresql import distinct_on

from matching.ranking import PolicyName
from matching.standing import AssociationStanding as Place
from matching.standing import Places, Standing
from matching.standing import ProgrammeStanding as Share
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.association import Association
from portal.models.capacity import Capacity
from portal.models.forecast import ProjectedLevel
from portal.models.objective import Objective, OutsideCount
from portal.models.programme import Programme
from portal.models.routing import AssociationStanding, CapacityUse, ProgrammeStanding, RoutingPolicy

AnySelect = Select[*tuple[Any, ...]]
CapacityKey = tuple[str, str | None, str]
LEVELS_LAST = timedelta(days=3)


def standing_of(side: Side, campaign_id: UUID) -> tuple[Standing, dict[CapacityKey, UUID]]:
    """The standing, and the row of capacity behind each (association, programme or None when shared, place)."""
    rows = _capacities(side, campaign_id)
    shared, own = _places(rows)
    standing = Standing(_associations(side, campaign_id, shared), _programmes(side, campaign_id, own))
    return standing, {_capacity_key(row): row.id for row in rows}


def _capacities(side: Side, campaign_id: UUID) -> list[Row[Any]]:
    query = (
        select(
            Capacity.id,
            Capacity.association_id,
            Capacity.programme_id,
            Capacity.place,
            Capacity.amount,
            Capacity.or_more,
            CapacityUse.taken,
        )
        .outerjoin(CapacityUse, CapacityUse.capacity_id == Capacity.id)
        .where(Capacity.side == side, Capacity.campaign_id == campaign_id)
        .order_by(Capacity.id)
    )
    return list(db.session.execute(query))


def _capacity_key(row: Row[Any]) -> CapacityKey:
    return str(row.association_id), row.programme_id and str(row.programme_id), row.place


def _places(rows: list[Row[Any]]) -> tuple[dict[str, dict[str, Places]], dict[str, dict[str, Places]]]:
    """The rows of capacity that an association's programmes share, and those a programme has for itself."""
    shared: dict[str, dict[str, Places]] = defaultdict(dict)
    own: dict[str, dict[str, Places]] = defaultdict(dict)
    for row in rows:
        places = Places(row.amount, row.taken or 0, row.or_more)
        holder = own[str(row.programme_id)] if row.programme_id else shared[str(row.association_id)]
        holder[row.place] = places
    return shared, own


def _associations(side: Side, campaign_id: UUID, places: Mapping[str, dict[str, Places]]) -> dict[str, Place]:
    return {
        str(row.id): Place(
            committed=(row.committed or 0) + (row.outside or 0),
            objective=row.objective or 0,
            virtual_start=Fraction(row.numerator or 0, row.denominator or 1),
            reach=row.reach or 0,
            last_served=row.last_served_at,
            stop_at_objective=row.stop_at_objective,
            places=places.get(str(row.id), {}),
            level=Fraction(row.level_numerator, row.level_denominator) if row.level_denominator else None,
        )
        for row in db.session.execute(_figures(side, campaign_id))
    }


def _figures(side: Side, campaign_id: UUID) -> AnySelect:
    objective = (
        select(Objective)
        .where(Objective.side == side, Objective.campaign_id == campaign_id)
        .ext(distinct_on(Objective.association_id))
        .order_by(Objective.association_id, Objective.version.desc())
        .subquery()
    )
    of_campaign = (OutsideCount.side == side, OutsideCount.campaign_id == campaign_id)
    outside = (
        select(OutsideCount.association_id, OutsideCount.amount)
        .where(*of_campaign, OutsideCount.declared_on <= clock.today())
        .ext(distinct_on(OutsideCount.association_id))
        .order_by(OutsideCount.association_id, OutsideCount.declared_on.desc())
        .subquery()
    )
    sums, level = AssociationStanding, _levels(side, campaign_id).subquery()
    return (
        select(
            Association.id,
            Association.stop_at_objective,
            objective.c.amount.label("objective"),
            objective.c.virtual_start_numerator.label("numerator"),
            objective.c.virtual_start_denominator.label("denominator"),
            outside.c.amount.label("outside"),
            sums.committed,
            sums.last_served_at,
            sums.reach,
            level.c.numerator.label("level_numerator"),
            level.c.denominator.label("level_denominator"),
        )
        .outerjoin(objective, objective.c.association_id == Association.id)
        .outerjoin(outside, outside.c.association_id == Association.id)
        .outerjoin(
            sums, (sums.association_id == Association.id) & (sums.campaign_id == campaign_id) & (sums.side == side)
        )
        .outerjoin(level, level.c.association_id == Association.id)
        .order_by(Association.id)
    )


def _levels(side: Side, campaign_id: UUID) -> AnySelect:
    """What `projected` ranks by: none under another policy, nor once they are older than their few days."""
    own = ProjectedLevel
    in_force = select(RoutingPolicy.name).order_by(RoutingPolicy.version.desc()).limit(1).scalar_subquery()
    return select(own.association_id, own.numerator, own.denominator).where(
        own.side == side,
        own.campaign_id == campaign_id,
        own.solved_on > clock.today() - LEVELS_LAST,
        in_force == PolicyName.PROJECTED.value,
    )


def _programmes(side: Side, campaign_id: UUID, places: Mapping[str, dict[str, Places]]) -> dict[str, Share]:
    own = ProgrammeStanding
    query = (
        select(Programme.id, Programme.weight, own.committed, own.last_served_at)
        .outerjoin(own, (own.programme_id == Programme.id) & (own.campaign_id == campaign_id) & (own.side == side))
        .where(Programme.archived_at.is_(None))
        .order_by(Programme.id)
    )
    return {
        str(row.id): Share(row.committed or 0, row.weight, row.last_served_at, places.get(str(row.id), {}))
        for row in db.session.execute(query)
    }
