"""Who mentors in a place: published facts of those that declared places there, and of those that reach it from afar."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from matching.criteria import Expression, read_criteria
from matching.index import Index
from matching.profile import Profile
from matching.programme import Catalogue
from matching.programme import Programme as Candidate
from matching.programme import places_of as positions_of
from matching.reading import InvalidInputError
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.capacity import Capacity
from portal.models.programme import Programme, ProgrammeVersion
from portal.places import REMOTE, commune_codes_of, label, places_of

AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True)
class Places:
    """Declared for the campaign; or_more: at least that many."""

    amount: int = 0
    or_more: bool = False

    def with_row(self, row: Row[Any]) -> "Places":
        return Places(self.amount + row.amount, self.or_more or row.or_more)


@dataclass(frozen=True)
class ProgrammeTold:
    """A programme that takes people of the place on at least one side. told: its part of the published sheet."""

    name: str
    description: str
    criteria: Mapping[Side, Expression]
    told: Mapping[str, Any]


@dataclass(frozen=True)
class Sheet:
    """One association. sheet: its published facts; places: those declared within the place, per side."""

    name: str
    founder: bool
    fictional: bool
    mail: str
    sheet: Mapping[str, Any]
    programmes: tuple[ProgrammeTold, ...]
    places: Mapping[Side, Places]


@dataclass(frozen=True)
class Territory:
    """A place and who mentors there. present: with places declared within it; around: who reach it from further."""

    code: str
    name: str
    campaign: str
    present: tuple[Sheet, ...]
    around: tuple[Sheet, ...]


def territory(place: str) -> Territory:
    """Raises portal.places.UnknownPlaceError. A constant number of statements."""
    ground = frozenset(commune_codes_of(place))
    names = {place}.union(*(places_of(code) for code in ground))
    campaign = _campaign()
    declared = _declared(campaign.id) if campaign else {}
    programmes = _programmes(names)
    present, around = [], []
    for one in _associations(programmes):
        rows = declared.get(one.id, [])
        inside = [row for row in rows if _within(row.place, ground)]
        if inside:
            present.append(_sheet(one, programmes[one.id], inside))
        elif any(row.place == REMOTE or row.place in names for row in rows):
            around.append(_sheet(one, programmes[one.id], []))
    return Territory(place, label(place), campaign.name if campaign else "", tuple(present), tuple(around))


def _within(place: str, ground: frozenset[str]) -> bool:
    return place != REMOTE and ground.issuperset(commune_codes_of(place))


def _campaign() -> Campaign | None:
    today = clock.today()
    return db.session.scalar(select(Campaign).where(Campaign.starts_on <= today, Campaign.ends_on >= today))


def _associations(programmes: Iterable[UUID]) -> list[Association]:
    query = select(Association).where(Association.id.in_(list(programmes)))
    return list(db.session.scalars(query.order_by(func.lower(Association.name))))


def _declared(campaign_id: UUID) -> dict[UUID, list[Row[Any]]]:
    """The rows of capacity that are not empty, by association."""
    query: AnySelect = (
        select(Capacity.association_id, Capacity.side, Capacity.place, Capacity.amount, Capacity.or_more)
        .where(Capacity.campaign_id == campaign_id, (Capacity.amount > 0) | Capacity.or_more)
        .order_by(Capacity.association_id, Capacity.place)
    )
    found: dict[UUID, list[Row[Any]]] = defaultdict(list)
    for row in db.session.execute(query):
        found[row.association_id].append(row)
    return found


def _programmes(names: frozenset[str] | set[str]) -> dict[UUID, list[ProgrammeTold]]:
    """Those whose criteria in force do not exclude somebody living there, by association and by name."""
    found: dict[UUID, dict[UUID, ProgrammeTold]] = defaultdict(dict)
    read = [
        (row, criteria) for row in db.session.execute(_in_force()) if (criteria := _readable(row.criteria)) is not None
    ]
    fitting = {(side, key) for side in Side for key in _fitting(side, read, frozenset(names))}
    for row, criteria in read:
        if (row.side, str(row.id)) not in fitting:
            continue
        own = found[row.association_id].get(row.id)
        asked = {**(own.criteria if own else {}), row.side: criteria}
        told: Mapping[str, Any] = next(
            (one for one in row.sheet.get("programmes", []) if one.get("name") == row.name), {}
        )
        found[row.association_id][row.id] = ProgrammeTold(row.name, row.description, asked, told)
    return {association: list(own.values()) for association, own in found.items()}


def _fitting(side: Side, read: Iterable[tuple[Row[Any], Expression]], names: frozenset[str]) -> Iterator[str]:
    """The programmes that do not exclude, on that side, somebody of whom only the place is known."""
    found = [Candidate(str(row.id), str(row.association_id), side, its) for row, its in read if row.side is side]
    catalogue = Catalogue.of(side, found)
    fits = Index(catalogue).outcomes(Profile("", side, places=names)).possible
    return (catalogue.programmes[position].id for position in positions_of(fits))


def _readable(criteria: object) -> Expression | None:
    """None when they cannot be read: one broken row does not stop everybody's brochure."""
    try:
        return read_criteria(criteria)
    except InvalidInputError:
        return None


def _in_force() -> AnySelect:
    latest = (
        select(ProgrammeVersion)
        .ext(distinct_on(ProgrammeVersion.programme_id, ProgrammeVersion.side))
        .order_by(ProgrammeVersion.programme_id, ProgrammeVersion.side, ProgrammeVersion.number.desc())
        .subquery()
    )
    return (
        select(
            Programme.id,
            Programme.association_id,
            Programme.name,
            Programme.description,
            Association.sheet,
            latest.c.side,
            latest.c.criteria,
        )
        .join(latest, latest.c.programme_id == Programme.id)
        .join(Association, Association.id == Programme.association_id)
        .where(Programme.archived_at.is_(None))
        .order_by(Programme.name, Programme.id, latest.c.side)
    )


def _sheet(one: Association, programmes: list[ProgrammeTold], rows: list[Row[Any]]) -> Sheet:
    places: dict[Side, Places] = {}
    for row in rows:
        places[row.side] = places.get(row.side, Places()).with_row(row)
    return Sheet(
        name=one.name,
        founder=one.founder,
        fictional=one.fictional,
        mail=one.contact_mail or "",
        sheet=one.sheet,
        programmes=tuple(programmes),
        places=places,
    )
