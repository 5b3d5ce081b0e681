"""The catalogue in force for a side, compiled once for as long as nothing in it changes."""

import logging
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, Subquery, Text, cast, func, literal, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on

from matching.conditions import TerritoryTest
from matching.criteria import Expression, read_criteria, tests_of
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

AnySelect = Select[*tuple[Any, ...]]


class Read(NamedTuple):
    """One version's criteria, and every place they speak of. criteria: None when they cannot be read."""

    criteria: Expression | None
    places: frozenset[str]


class Compiled(NamedTuple):
    """A side's catalogue compiled, and what it was made of. told: the digest of all that was in force."""

    told: str
    programmes: Mapping[tuple[Any, ...], Candidate | None]
    versions: Mapping[UUID, Read]
    router: Router


_compiled: dict[Side, Compiled] = {}


def policy_in_force() -> Policy:
    found = db.session.scalar(select(RoutingPolicy).order_by(RoutingPolicy.version.desc()).limit(1))
    if found is None:
        return Policy()
    return Policy(PolicyName(found.name), found.version, found.maximum_hops)


def router_of(side: Side) -> Router:
    """The compiled catalogue in force.

    Whether anything changed is asked every time, so nobody is ever routed on criteria that are no longer in force;
    then only what changed is read and compiled again.
    """
    told = db.session.scalars(_told(side)).one()
    known = _compiled.get(side)
    if known is None or known.told != told:
        known = _compiled[side] = _amended(side, known, told)
    return known.router.under(policy_in_force())


def _amended(side: Side, known: Compiled | None, told: str) -> Compiled:
    """What is in force now. It may be newer than what was told: then the next to ask is told otherwise, and reads again."""
    rows = list(db.session.execute(_in_force(side)))
    versions = _versions(known.versions if known else {}, rows)
    made = known.programmes if known else {}
    programmes = {tuple(row): made.get(tuple(row)) or _candidate(side, row, versions[row.version_id]) for row in rows}
    before = known.router.catalogue if known else Catalogue.of(side, ())
    catalogue = Catalogue.of(side, filter(None, programmes.values()), _names(side, before, rows, versions))
    return Compiled(told, programmes, versions, known.router.amended(catalogue) if known else Router(catalogue))


def _versions(known: Mapping[UUID, Read], rows: Iterable[Row[Any]]) -> Mapping[UUID, Read]:
    """The versions in force, reading those not read yet: a version never changes."""
    wanted = {row.version_id for row in rows}
    missing = wanted - known.keys()
    query = select(ProgrammeVersion.id, ProgrammeVersion.criteria).where(ProgrammeVersion.id.in_(missing))
    read = {row.id: _read(row.id, row.criteria) for row in db.session.execute(query)} if missing else {}
    return {version: known[version] if version in known else read[version] for version in wanted}


def _read(version_id: UUID, criteria: object) -> Read:
    """Without criteria when they cannot be read: one association's broken row must not stop everyone's routing."""
    try:
        expression = read_criteria(criteria)
    except InvalidInputError:
        log.exception("criteria_unreadable", extra={"version_id": str(version_id)})
        return Read(None, frozenset())
    tests = (test for test in tests_of(expression) if isinstance(test, TerritoryTest))
    return Read(expression, frozenset[str]().union(*(test.any_of for test in tests)))


def _names(side: Side, before: Catalogue, rows: Iterable[Row[Any]], versions: Mapping[UUID, Read]) -> dict[str, str]:
    """Associations and places in words. A place named before keeps its name: it is looked up once."""
    named = frozenset(db.session.scalars(_open_places(side))).union(*(version.places for version in versions.values()))
    names = {place: before.names.get(place) or place_name(place) for place in named}
    return {str(row.association_id): row.association_name for row in rows} | names


@cache
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


@cache
def _told(side: Side) -> Select[str]:
    """One text for all the rows above and all the places: another as soon as one of them is."""
    programmes, places = _in_force(side).subquery("programmes"), _open_places(side).subquery("places")
    return select(func.md5(_text(programmes, programmes.c.id) + "\n\n" + _text(places, places.c.place)))


def _text(rows: Subquery, order: ColumnElement[Any]) -> ColumnElement[str]:
    """All the rows of a subquery as one text, in that order."""
    joined = func.string_agg(cast(literal_column(rows.name), Text), aggregate_order_by(literal("\n"), order))
    return func.coalesce(select(joined).select_from(rows).scalar_subquery(), "")


def _candidate(side: Side, row: Row[Any], version: Read) -> Candidate | None:
    if version.criteria is None:
        return None
    pauses = ((row.paused_from, row.paused_until), (row.association_paused_from, row.association_paused_until))
    window = (row.intake_from, row.intake_until)
    return Candidate(
        id=str(row.id),
        association=str(row.association_id),
        side=side,
        criteria=version.criteria,
        version=row.number,
        name=row.name,
        pauses=tuple(Period(start, end) for start, end in pauses if start),
        intake=Period(*window) if any(window) else None,
    )


def place_name(place: str) -> str:
    try:
        return label(place)
    except UnknownPlaceError:
        return place
