"""Objectives of a campaign and side, what counts towards them, and their history; the scope decides whose."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from statistics import median
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.account import Account
from portal.models.association import Association
from portal.models.objective import Objective, OutsideCount
from portal.models.routing import AssociationStanding

AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True)
class ObjectiveLine:
    """One association on one side of a campaign.

    objective 0 is undeclared. routed: what the portal has committed; outside: the latest outside count, declared on
    outside_on. version 0: no objective was ever declared.
    """

    id: UUID
    name: str
    routed: int
    outside: int
    outside_on: date | None
    outside_by: str | None
    objective: int
    version: int
    provisional: bool
    source: str | None
    validated_at: datetime | None
    validated_by: str | None
    virtual_start: Fraction

    @property
    def committed(self) -> int:
        return self.routed + self.outside

    @property
    def attainment(self) -> Fraction | None:
        """Committed over objective; None when it is undeclared."""
        return Fraction(self.committed, self.objective) if self.objective else None

    @property
    def ranked_at(self) -> Fraction | None:
        """ARM's key while a virtual start counts: below the objective. None when attainment itself is the key."""
        if not self.virtual_start or self.committed >= self.objective:
            return None
        return (self.committed + self.virtual_start) / (self.objective + self.virtual_start)


def objective_lines(campaign_id: UUID, side: Side, only: UUID | None = None) -> list[ObjectiveLine]:
    """Every association of the scope by name, or one, in one statement."""
    query = _lines(campaign_id, side)
    if only is not None:
        query = query.where(Association.id == only)
    return [_line(row) for row in db.session.execute(query)]


def median_attainment(lines: Iterable[ObjectiveLine]) -> Fraction | None:
    """Of those that have an objective."""
    found = [line.attainment for line in lines if line.attainment is not None]
    return median(found) if found else None


def _line(row: Row[Any]) -> ObjectiveLine:
    return ObjectiveLine(
        id=row.id,
        name=row.name,
        routed=row.routed or 0,
        outside=row.outside or 0,
        outside_on=row.declared_on,
        outside_by=row.declarer,
        objective=row.objective or 0,
        version=row.version or 0,
        provisional=bool(row.provisional),
        source=row.source,
        validated_at=row.validated_at,
        validated_by=row.validator,
        virtual_start=Fraction(row.numerator or 0, row.denominator or 1),
    )


def _lines(campaign_id: UUID, side: Side) -> AnySelect:
    objective, outside = _in_force(campaign_id, side).subquery(), _counted(campaign_id, side).subquery()
    sums = AssociationStanding
    return (
        select(
            Association.id,
            Association.name,
            sums.committed.label("routed"),
            outside.c.amount.label("outside"),
            outside.c.declared_on,
            outside.c.declarer,
            objective.c.amount.label("objective"),
            objective.c.version,
            objective.c.provisional,
            objective.c.source,
            objective.c.validated_at,
            objective.c.validator,
            objective.c.virtual_start_numerator.label("numerator"),
            objective.c.virtual_start_denominator.label("denominator"),
        )
        .outerjoin(objective, objective.c.association_id == Association.id)
        .outerjoin(outside, outside.c.association_id == Association.id)
        .outerjoin(
            sums, (sums.association_id == Association.id) & (sums.campaign_id == campaign_id) & (sums.side == side)
        )
        .order_by(func.lower(Association.name), Association.id)
    )


def _in_force(campaign_id: UUID, side: Side) -> AnySelect:
    """The highest version of each association, with who validated it."""
    own = Objective
    return (
        select(own, Account.name.label("validator"))
        .outerjoin(Account, Account.id == own.validated_by)
        .where(own.campaign_id == campaign_id, own.side == side)
        .ext(distinct_on(own.association_id))
        .order_by(own.association_id, own.version.desc())
    )


def _counted(campaign_id: UUID, side: Side) -> AnySelect:
    """The latest outside count of each association, with who declared it."""
    own = OutsideCount
    return (
        select(own.association_id, own.amount, own.declared_on, Account.name.label("declarer"))
        .outerjoin(Account, Account.id == own.declared_by)
        .where(own.campaign_id == campaign_id, own.side == side, own.declared_on <= clock.today())
        .ext(distinct_on(own.association_id))
        .order_by(own.association_id, own.declared_on.desc())
    )


def versions_of(association_id: UUID, campaign_id: UUID, side: Side) -> Sequence[Row[Any]]:
    """Every version of an objective, latest first: Objective, and validator's name (None when it is unknown)."""
    own = Objective
    query: AnySelect = (
        select(own, Account.name.label("validator"))
        .outerjoin(Account, Account.id == own.validated_by)
        .where(own.association_id == association_id, own.campaign_id == campaign_id, own.side == side)
        .order_by(own.version.desc())
    )
    return db.session.execute(query).all()


def outside_counts_of(association_id: UUID, campaign_id: UUID) -> Sequence[Row[Any]]:
    """Every count an association declared in a campaign, latest first: OutsideCount, and declarer's name."""
    own = OutsideCount
    query: AnySelect = (
        select(own, Account.name.label("declarer"))
        .outerjoin(Account, Account.id == own.declared_by)
        .where(own.association_id == association_id, own.campaign_id == campaign_id)
        .order_by(own.declared_on.desc(), own.side)
    )
    return db.session.execute(query).all()
