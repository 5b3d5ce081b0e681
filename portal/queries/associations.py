"""Where every association stands in the campaign: attainment, openings, pause, what waits there (staff's sight)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.account import Account, Membership
from portal.models.assignment import TO_ANSWER, Assignment
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.capacity import Capacity
from portal.models.objective import Objective, OutsideCount
from portal.models.programme import Programme, ProgrammeVersion
from portal.models.routing import AssociationStanding, CapacityUse

AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True)
class Places:
    """declared and taken, over all places of one side; or_more: at least one row never runs out."""

    declared: int = 0
    taken: int = 0
    or_more: bool = False
    free: int = 0


@dataclass(frozen=True)
class SideStanding:
    """One association on one side. committed includes the outside count; objective 0 is undeclared."""

    committed: int = 0
    objective: int = 0
    provisional: bool = False
    places: Places = field(default_factory=Places)


@dataclass(frozen=True)
class AssociationLine:
    """One association: its sides, and what is still to answer there."""

    id: UUID
    name: str
    founder: bool
    paused_from: date | None
    paused_until: date | None
    sides: dict[Side, SideStanding]
    pending: int = 0
    late: int = 0

    @property
    def paused(self) -> bool:
        """Today falls within its pause."""
        today = clock.today()
        started = self.paused_from is not None and self.paused_from <= today
        return started and (self.paused_until is None or today <= self.paused_until)

    def side(self, side: Side) -> SideStanding:
        return self.sides.get(side, SideStanding())


def association_names() -> dict[UUID, str]:
    """Every association by name."""
    query = select(Association.id, Association.name).order_by(func.lower(Association.name))
    return {row.id: row.name for row in db.session.execute(query)}


def association_of(association_id: UUID) -> Association | None:
    return db.session.get(Association, association_id)


def current_campaign() -> Campaign | None:
    today = clock.today()
    return db.session.scalar(select(Campaign).where(Campaign.starts_on <= today, Campaign.ends_on >= today))


def association_lines(only: UUID | None = None) -> list[AssociationLine]:
    """All of them by name, or one, in a constant number of statements."""
    campaign = current_campaign()
    chosen = select(Association).order_by(func.lower(Association.name))
    found = db.session.scalars(chosen.where(Association.id == only) if only else chosen).all()
    sides = _sides(campaign.id) if campaign else {}
    waiting = {row.association_id: row for row in db.session.execute(_waiting())}
    return [_line(one, sides.get(one.id, {}), waiting.get(one.id)) for one in found]


def _line(one: Association, sides: dict[Side, SideStanding], waiting: Row[Any] | None) -> AssociationLine:
    return AssociationLine(
        id=one.id,
        name=one.name,
        founder=one.founder,
        paused_from=one.paused_from,
        paused_until=one.paused_until,
        sides=sides,
        pending=waiting.pending if waiting else 0,
        late=waiting.late if waiting else 0,
    )


def _waiting() -> AnySelect:
    """Per association: assignments to answer, and those that are late."""
    late = func.count().filter(Assignment.late_at <= clock.now()).label("late")
    return (
        select(Assignment.association_id, func.count().label("pending"), late)
        .where(Assignment.closed_at.is_(None), Assignment.state.in_(TO_ANSWER))
        .group_by(Assignment.association_id)
        .order_by(Assignment.association_id)
    )


def _sides(campaign_id: UUID) -> dict[UUID, dict[Side, SideStanding]]:
    committed = {(row[0], row[1]): row[2] for row in db.session.execute(_committed(campaign_id))}
    outside = {(row[0], row[1]): row[2] for row in db.session.execute(_outside(campaign_id))}
    objectives = {(row[0], row[1]): row for row in db.session.execute(_objectives(campaign_id))}
    places = {(row[0], row[1]): Places(*row[2:]) for row in db.session.execute(_places(campaign_id))}
    found: dict[UUID, dict[Side, SideStanding]] = defaultdict(dict)
    for key in {*committed, *outside, *objectives, *places}:
        objective = objectives.get(key)
        found[key[0]][key[1]] = SideStanding(
            committed=committed.get(key, 0) + outside.get(key, 0),
            objective=objective.amount if objective else 0,
            provisional=bool(objective and objective.provisional),
            places=places.get(key, Places()),
        )
    return found


def _committed(campaign_id: UUID) -> AnySelect:
    own = AssociationStanding
    query = select(own.association_id, own.side, own.committed).where(own.campaign_id == campaign_id)
    return query.order_by(own.association_id, own.side)


def _outside(campaign_id: UUID) -> AnySelect:
    own = OutsideCount
    return (
        select(own.association_id, own.side, own.amount)
        .where(own.campaign_id == campaign_id, own.declared_on <= clock.today())
        .ext(distinct_on(own.association_id, own.side))
        .order_by(own.association_id, own.side, own.declared_on.desc())
    )


def _objectives(campaign_id: UUID) -> AnySelect:
    own = Objective
    return (
        select(own.association_id, own.side, own.amount, own.provisional)
        .where(own.campaign_id == campaign_id)
        .ext(distinct_on(own.association_id, own.side))
        .order_by(own.association_id, own.side, own.version.desc())
    )


def _places(campaign_id: UUID) -> AnySelect:
    """Declared, taken, whether one never runs out, and free: a row over its amount takes nothing from another."""
    taken = func.coalesce(CapacityUse.taken, 0)
    return (
        select(
            Capacity.association_id,
            Capacity.side,
            func.sum(Capacity.amount),
            func.sum(taken),
            func.bool_or(Capacity.or_more),
            func.sum(func.greatest(Capacity.amount - taken, 0)),
        )
        .outerjoin(CapacityUse, CapacityUse.capacity_id == Capacity.id)
        .where(Capacity.campaign_id == campaign_id)
        .group_by(Capacity.association_id, Capacity.side)
        .order_by(Capacity.association_id, Capacity.side)
    )


def capacities_of(association_id: UUID) -> Sequence[Row[Any]]:
    """Every declared row of the campaign, by side and place, with what is taken."""
    campaign = current_campaign()
    if campaign is None:
        return []
    query: AnySelect = (
        select(
            Capacity.side,
            Capacity.place,
            Capacity.amount,
            Capacity.or_more,
            Capacity.updated_at,
            func.coalesce(CapacityUse.taken, 0).label("taken"),
            Programme.name.label("programme"),
        )
        .outerjoin(CapacityUse, CapacityUse.capacity_id == Capacity.id)
        .outerjoin(Programme, Programme.id == Capacity.programme_id)
        .where(Capacity.association_id == association_id, Capacity.campaign_id == campaign.id)
        .order_by(Capacity.side, Capacity.amount.desc(), Capacity.place)
    )
    return db.session.execute(query).all()


def members_of(association_id: UUID) -> Sequence[Row[Any]]:
    """Who signs in for it now: name, mail and role, by name."""
    query: AnySelect = (
        select(Account.name, Account.mail, Membership.role)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.association_id == association_id, Membership.ended_at.is_(None), Account.closed_at.is_(None))
        .order_by(func.lower(Account.name), Account.mail)
    )
    return db.session.execute(query).all()


def criteria_in_force(association_id: UUID) -> Sequence[Row[Any]]:
    """The latest version of each programme and side, by the programme's name; archived ones left out."""
    latest = (
        select(ProgrammeVersion)
        .where(ProgrammeVersion.association_id == association_id)
        .ext(distinct_on(ProgrammeVersion.programme_id, ProgrammeVersion.side))
        .order_by(ProgrammeVersion.programme_id, ProgrammeVersion.side, ProgrammeVersion.number.desc())
        .subquery()
    )
    query: AnySelect = (
        select(
            Programme.id,
            Programme.name,
            Programme.description,
            Programme.paused_from,
            Programme.paused_until,
            latest.c.side,
            latest.c.number,
            latest.c.criteria,
            latest.c.created_at,
        )
        .join(latest, latest.c.programme_id == Programme.id)
        .where(Programme.archived_at.is_(None))
        .order_by(Programme.name, latest.c.side)
    )
    return db.session.execute(query).all()
