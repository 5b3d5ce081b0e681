"""The programmes a company may be shown, with what is published of them, compiled for as long as nothing changes."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select, text
from sqlalchemy.dialects.postgresql import distinct_on

from matching.conditions import TerritoryTest
from matching.criteria import read_criteria, tests_of
from matching.index import Index
from matching.programme import Catalogue, Period
from matching.programme import Programme as Candidate
from matching.reading import InvalidInputError
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.capacity import Capacity
from portal.models.programme import Programme, ProgrammeVersion

log = logging.getLogger(__name__)
Signature = tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class AssociationTold:
    """What is published of an association. sheet: as in models.association."""

    id: UUID
    slug: str
    name: str
    sheet: Mapping[str, Any] = field(hash=False)

    def of_programme(self, name: str) -> Mapping[str, Any]:
        """What the sheet says of one programme; nothing when it is silent."""
        found = (one for one in self.sheet.get("programmes", ()) if one.get("name") == name)
        return next(found, {})


@dataclass(frozen=True)
class ProgrammeTold:
    id: UUID
    association_id: UUID
    name: str
    description: str


@dataclass(frozen=True)
class Shelf:
    """The criteria in force for one side, compiled. named: every place they speak of."""

    catalogue: Catalogue
    index: Index
    named: frozenset[str]

    def programme(self, key: UUID) -> Candidate | None:
        """None when the programme publishes nothing for this side."""
        position = self.catalogue.positions.get(str(key))
        return None if position is None else self.catalogue.programmes[position]

    def bit(self, key: UUID) -> int:
        """Its bit in a mask; 0 when it publishes nothing for this side."""
        position = self.catalogue.positions.get(str(key))
        return 0 if position is None else 1 << position


@dataclass(frozen=True)
class Panel:
    """Every programme that accompanies young people, what it asks of them, and of mentors."""

    associations: Mapping[UUID, AssociationTold]
    programmes: Mapping[UUID, ProgrammeTold]
    young: Shelf
    grown: Shelf


_compiled: dict[str, tuple[Signature, Panel]] = {}


def panel_in_force() -> Panel:
    """Two queries. Compiled once for as long as nothing published changes."""
    told = db.session.execute(
        select(Association.id, Association.slug, Association.name, Association.sheet).order_by(Association.id)
    ).all()
    rows = db.session.execute(_in_force()).all()
    signature = (tuple(map(tuple, told)), tuple(map(tuple, rows)))
    known = _compiled.get("panel")
    if known is None or known[0] != signature:
        known = (signature, _panel(told, rows))
        _compiled["panel"] = known
    return known[1]


def _in_force() -> Select[*tuple[Any, ...]]:
    """The latest version of each programme and side."""
    return (
        select(
            Programme.id,
            Programme.association_id,
            Programme.name,
            Programme.description,
            Programme.intake_from,
            Programme.intake_until,
            ProgrammeVersion.side,
            ProgrammeVersion.number,
            ProgrammeVersion.criteria,
        )
        .join(ProgrammeVersion, ProgrammeVersion.programme_id == Programme.id)
        .where(Programme.archived_at.is_(None))
        .ext(distinct_on(Programme.id, ProgrammeVersion.side))
        .order_by(Programme.id, ProgrammeVersion.side, ProgrammeVersion.number.desc())
    )


def _panel(told: Iterable[Row[Any]], rows: Iterable[Row[Any]]) -> Panel:
    associations = {row.id: AssociationTold(row.id, row.slug, row.name, row.sheet) for row in told}
    readable = [(row, found) for row in rows if (found := _candidate(row)) is not None]
    programmes = {
        row.id: ProgrammeTold(row.id, row.association_id, row.name, row.description)
        for row, _ in readable
        if row.side is Side.MENTEE
    }
    both = [found for row, found in readable if row.id in programmes]
    return Panel(associations, programmes, _shelf(Side.MENTEE, both), _shelf(Side.MENTOR, both))


def _candidate(row: Row[Any]) -> Candidate | None:
    """None when its criteria cannot be read: the others are shown all the same."""
    try:
        criteria = read_criteria(row.criteria)
    except InvalidInputError:
        log.exception("criteria_unreadable", extra={"programme_id": str(row.id)})
        return None
    window = (row.intake_from, row.intake_until)
    return Candidate(
        id=str(row.id),
        association=str(row.association_id),
        side=row.side,
        criteria=criteria,
        version=row.number,
        name=row.name,
        intake=Period(*window) if any(window) else None,
    )


def _shelf(side: Side, candidates: Iterable[Candidate]) -> Shelf:
    catalogue = Catalogue.of(side, candidates)
    tests = (test for candidate in catalogue.programmes for test in tests_of(candidate.criteria))
    named = {place for test in tests if isinstance(test, TerritoryTest) for place in test.any_of}
    return Shelf(catalogue, Index(catalogue), frozenset(named))


def associations_lacking_mentors(on: date) -> frozenset[UUID]:
    """Those further from their objective of mentors than none; how far is nobody's business here."""
    rows = db.session.execute(text("SELECT association_id FROM mentors_lacking(:day)"), {"day": on})
    return frozenset(rows.scalars())


@dataclass(frozen=True)
class Room:
    """Places declared for young people. or_more: the amount is a floor."""

    place: str
    amount: int
    or_more: bool


def places_declared(associations: Iterable[UUID]) -> dict[UUID, list[Room]]:
    """This campaign's places for young people, by association; a programme's own caps are left out."""
    today = clock.today()
    query = (
        select(Capacity.association_id, Capacity.place, Capacity.amount, Capacity.or_more)
        .join(Campaign, Campaign.id == Capacity.campaign_id)
        .where(Capacity.association_id.in_(list(associations)), Capacity.side == Side.MENTEE)
        .where(Capacity.programme_id.is_(None), Campaign.starts_on <= today, today <= Campaign.ends_on)
        .order_by(Capacity.association_id, Capacity.place)
    )
    found: dict[UUID, list[Room]] = {}
    for row in db.session.execute(query):
        found.setdefault(row.association_id, []).append(Room(row.place, row.amount, row.or_more))
    return found
