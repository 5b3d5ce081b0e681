"""The catalogue in force for a side, compiled once for as long as nothing in it changes."""

import logging
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.dialects.postgresql import distinct_on

from matching.conditions import TerritoryTest
from matching.criteria import read_criteria, tests_of
from matching.programme import Catalogue, Period
from matching.programme import Programme as Candidate
from matching.ranking import Policy, PolicyName
from matching.reading import InvalidInputError
from matching.router import Router
from matching.vocabulary import Side
from portal.foundation.extensions import db
from portal.models.association import Association
from portal.models.capacity import Capacity
from portal.models.programme import Programme, ProgrammeVersion
from portal.models.routing import RoutingPolicy
from portal.places import UnknownPlaceError, label

log = logging.getLogger(__name__)

Signature = tuple[tuple[Row[Any], ...], tuple[str, ...]]
AnySelect = Select[*tuple[Any, ...]]

_compiled: dict[Side, tuple[Signature, Router]] = {}


def policy_in_force() -> Policy:
    found = db.session.scalar(select(RoutingPolicy).order_by(RoutingPolicy.version.desc()).limit(1))
    if found is None:
        return Policy()
    return Policy(PolicyName(found.name), found.version, found.maximum_hops)


def router_of(side: Side) -> Router:
    """The compiled catalogue in force. Kept for as long as nothing in it changes, which is asked every time."""
    signature = tuple(db.session.execute(_in_force(side))), tuple(db.session.scalars(_open_places(side)))
    known = _compiled.get(side)
    if known is None or known[0] != signature:
        known = (signature, Router(_catalogue(side, *signature)))
        _compiled[side] = known
    return known[1].under(policy_in_force())


def _in_force(side: Side) -> AnySelect:
    """One row a programme: all that the catalogue holds but the criteria, which a version's id stands for."""
    latest = (
        select(ProgrammeVersion.id, ProgrammeVersion.programme_id, ProgrammeVersion.number)
        .where(ProgrammeVersion.side == side)
        .ext(distinct_on(ProgrammeVersion.programme_id))
        .order_by(ProgrammeVersion.programme_id, ProgrammeVersion.number.desc())
        .subquery()
    )
    return (
        select(
            Programme.id,
            Programme.name,
            Programme.paused_from,
            Programme.paused_until,
            Programme.intake_from,
            Programme.intake_until,
            Association.id.label("association_id"),
            Association.name.label("association_name"),
            Association.paused_from.label("association_paused_from"),
            Association.paused_until.label("association_paused_until"),
            latest.c.id.label("version_id"),
            latest.c.number,
        )
        .join(Association, Association.id == Programme.association_id)
        .join(latest, latest.c.programme_id == Programme.id)
        .where(Programme.archived_at.is_(None))
        .order_by(Programme.id)
    )


def _open_places(side: Side) -> Select[str]:
    """Where places are declared: explanations name them."""
    return select(Capacity.place).where(Capacity.side == side).distinct().order_by(Capacity.place)


def _catalogue(side: Side, rows: tuple[Row[Any], ...], places: tuple[str, ...]) -> Catalogue:
    versions = [row.version_id for row in rows]
    query = select(ProgrammeVersion.id, ProgrammeVersion.criteria).where(ProgrammeVersion.id.in_(versions))
    criteria: dict[UUID, object] = {
        row.id: row.criteria for row in db.session.execute(query.order_by(ProgrammeVersion.id))
    }
    candidates = [found for row in rows if (found := _candidate(side, row, criteria[row.version_id]))]
    names = {str(row.association_id): row.association_name for row in rows}
    known = {place: place_name(place) for place in _named(candidates).union(places)}
    return Catalogue.of(side, candidates, names | known)


def _candidate(side: Side, row: Row[Any], criteria: object) -> Candidate | None:
    """None when its criteria cannot be read: one association's broken row must not stop everyone's routing."""
    try:
        expression = read_criteria(criteria)
    except InvalidInputError:
        log.exception("criteria_unreadable", extra={"version_id": str(row.version_id)})
        return None
    pauses = ((row.paused_from, row.paused_until), (row.association_paused_from, row.association_paused_until))
    window = (row.intake_from, row.intake_until)
    return Candidate(
        id=str(row.id),
        association=str(row.association_id),
        side=side,
        criteria=expression,
        version=row.number,
        name=row.name,
        pauses=tuple(Period(start, end) for start, end in pauses if start),
        intake=Period(*window) if any(window) else None,
    )


def _named(candidates: Iterable[Candidate]) -> set[str]:
    tests = (test for candidate in candidates for test in tests_of(candidate.criteria))
    return {place for test in tests if isinstance(test, TerritoryTest) for place in test.any_of}


def place_name(place: str) -> str:
    try:
        return label(place)
    except UnknownPlaceError:
        return place
