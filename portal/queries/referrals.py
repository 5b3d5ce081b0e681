"""The Collectif's table: every request of both sides, filtered, a page at a time, newest first.

A page is found by its key (received_at, id), so that a new request never moves what is being read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, CompoundSelect, Row, Select, and_, func, literal, select, tuple_, union_all

from matching.vocabulary import Need, Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.assignment import TAKEN, TO_ANSWER, Assignment
from portal.models.association import Association
from portal.models.referral import Referral, ReferralState
from portal.places import COUNTRY, PlaceKind, commune_codes_of, kind_of

PAGE = 50
CAP = 1_000
WEEK = timedelta(days=7)
YEARS = 3
DIGITS = 5
CURRENT = and_(Assignment.referral_id == Referral.id, Assignment.closed_at.is_(None))
AnySelect = Select[*tuple[Any, ...]]


class View(StrEnum):
    """A saved view; the value is what the address says."""

    WEEK = "7-jours"
    TO_DECIDE = "a-decider"
    NOWHERE = "nulle-part"
    NO_PLACE = "sans-place"
    TO_VERIFY = "a-verifier"
    LATE = "en-retard"
    CONSENT = "accord-attendu"
    ALL = "toutes"


class Stage(StrEnum):
    """Where a request stands, its current assignment included; the value is what the address says."""

    CONSENT = "accord-attendu"
    APPLICANT = "precision-attendue"
    TO_ROUTE = "a-orienter"
    NO_PLACE = "sans-place"
    NOWHERE = "nulle-part"
    OFFERED = "proposee"
    TAKEN = "acceptee"
    CLOSED = "terminee"
    WITHDRAWN = "retiree"
    MERGED = "doublon"
    ANONYMISED = "anonymisee"


STATE_OF_STAGE = {
    Stage.CONSENT: ReferralState.AWAITING_CONSENT,
    Stage.APPLICANT: ReferralState.AWAITING_APPLICANT,
    Stage.TO_ROUTE: ReferralState.TO_ROUTE,
    Stage.NO_PLACE: ReferralState.WAITLISTED,
    Stage.NOWHERE: ReferralState.UNROUTABLE,
    Stage.CLOSED: ReferralState.CLOSED,
    Stage.WITHDRAWN: ReferralState.WITHDRAWN,
    Stage.MERGED: ReferralState.MERGED,
    Stage.ANONYMISED: ReferralState.ANONYMISED,
}
ASSIGNMENTS_OF_STAGE = {Stage.OFFERED: TO_ANSWER, Stage.TAKEN: TAKEN}


class Cursor(NamedTuple):
    """The key of a request in the table."""

    received_at: datetime
    id: UUID


@dataclass(frozen=True)
class ReferralFilter:
    """What the table is narrowed to; None is no filter. place: a code of places. numbers: only these requests."""

    view: View = View.ALL
    side: Side | None = None
    stage: Stage | None = None
    place: str | None = None
    association_id: UUID | None = None
    need: Need | None = None
    received_from: datetime | None = None
    received_until: datetime | None = None
    numbers: frozenset[str] | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        found = [VIEWS[self.view](), *_period(self), *_place(self.place)]
        if self.side:
            found.append(Referral.side == self.side)
        if self.stage:
            found.append(_stage(self.stage))
        if self.association_id:
            found.append(Assignment.association_id == self.association_id)
        if self.need:
            found.append(Referral.needs.contains([self.need.value]))
        if self.numbers is not None:
            found.append(Referral.number.in_(self.numbers))
        return found


def midnight(day: date) -> datetime:
    """When that day begins in Paris."""
    return datetime.combine(day, time.min, clock.PARIS)


def late() -> ColumnElement[bool]:
    return and_(Assignment.state.in_(TO_ANSWER), Assignment.late_at <= clock.now())


def _nowhere() -> ColumnElement[bool]:
    return Referral.state == ReferralState.UNROUTABLE


def _to_verify() -> ColumnElement[bool]:
    return and_(Assignment.state.in_(TO_ANSWER), func.jsonb_array_length(Assignment.to_verify) > 0)


def _to_decide() -> CompoundSelect[tuple[UUID]]:
    """Two short lists put together: an OR over both tables would read them whole."""
    nowhere = select(Referral.id).where(_nowhere())
    return union_all(nowhere, select(Assignment.referral_id).where(Assignment.closed_at.is_(None), late()))


VIEWS: dict[View, Callable[[], ColumnElement[bool]]] = {
    View.WEEK: lambda: Referral.received_at >= clock.now() - WEEK,
    View.TO_DECIDE: lambda: Referral.id.in_(_to_decide()),
    View.NOWHERE: _nowhere,
    View.NO_PLACE: lambda: Referral.state == ReferralState.WAITLISTED,
    View.TO_VERIFY: _to_verify,
    View.LATE: late,
    View.CONSENT: lambda: Referral.state == ReferralState.AWAITING_CONSENT,
    View.ALL: lambda: literal(value=True),
}


def _stage(stage: Stage) -> ColumnElement[bool]:
    if stage in ASSIGNMENTS_OF_STAGE:
        return Assignment.state.in_(ASSIGNMENTS_OF_STAGE[stage])
    return Referral.state == STATE_OF_STAGE[stage]


def _period(asked: ReferralFilter) -> list[ColumnElement[bool]]:
    found = []
    if asked.received_from:
        found.append(Referral.received_at >= asked.received_from)
    if asked.received_until:
        found.append(Referral.received_at < asked.received_until)
    return found


def _place(place: str | None) -> list[ColumnElement[bool]]:
    if place is None or place == COUNTRY:
        return []
    code = place.partition(":")[2]
    match kind_of(place):
        case PlaceKind.REGION:
            return [Referral.region == code]
        case PlaceKind.DEPARTEMENT:
            return [Referral.departement == code]
    return [Referral.commune.in_(commune_codes_of(place))]


def _matching(asked: ReferralFilter, *columns: Any) -> AnySelect:
    return select(*columns).select_from(Referral).outerjoin(Assignment, CURRENT).where(*asked.conditions())


position = tuple_(Referral.received_at, Referral.id)
COLUMNS = (
    Referral.id,
    Referral.number,
    Referral.side,
    Referral.state,
    Referral.state_since,
    Referral.unroutable_why,
    Referral.received_at,
    Referral.age,
    Referral.commune,
    Referral.needs,
    Referral.hops,
    Assignment.id.label("assignment_id"),
    Assignment.state.label("assignment_state"),
    Assignment.offered_at,
    Assignment.answered_at,
    Assignment.late_at,
    Assignment.due_at,
    Assignment.to_verify,
    Assignment.hop,
    Assignment.by_hand,
    Association.id.label("association_id"),
    Association.name.label("association_name"),
)


@dataclass(frozen=True)
class Page:
    """One page, newest first. before, after: keys to ask for what is newer, older; None at that end."""

    rows: Sequence[Row[Any]]
    before: Cursor | None = None
    after: Cursor | None = None


def referrals_page(asked: ReferralFilter, *, after: Cursor | None = None, before: Cursor | None = None) -> Page:
    """The first page, or the one older than a key (after), or newer than one (before)."""
    query = _matching(asked, *COLUMNS).outerjoin(Association, Association.id == Assignment.association_id)
    if before is not None:
        return _newer(query, before)
    if after is not None:
        query = query.where(position < tuple_(*after))
    rows = db.session.execute(query.order_by(Referral.received_at.desc(), Referral.id.desc()).limit(PAGE + 1)).all()
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    return Page(rows, _key(rows, 0) if after is not None else None, _key(rows, -1) if more else None)


def _newer(query: AnySelect, before: Cursor) -> Page:
    newer = query.where(position > tuple_(*before)).order_by(Referral.received_at, Referral.id).limit(PAGE + 1)
    rows = db.session.execute(newer).all()
    more = len(rows) > PAGE
    rows = rows[:PAGE][::-1]
    return Page(rows, _key(rows, 0) if more else None, _key(rows, -1))


def _key(rows: Sequence[Row[Any]], index: int) -> Cursor | None:
    return Cursor(rows[index].received_at, rows[index].id) if rows else None


def referrals_count(asked: ReferralFilter) -> int:
    """How many match, counted up to CAP + 1 (which then means more than CAP)."""
    return db.session.scalar(select(func.count()).select_from(_capped(asked))) or 0


def newer_count(asked: ReferralFilter, than: Cursor | None) -> int:
    """How many have come since that key, capped like the others."""
    query = _matching(asked, Referral.id)
    if than is not None:
        query = query.where(position > tuple_(*than))
    return db.session.scalar(select(func.count()).select_from(query.limit(CAP + 1).subquery())) or 0


def newest_key() -> Cursor | None:
    """The key of the latest request of all: what is newer than it was not there when the page was made."""
    query = select(Referral.received_at, Referral.id).order_by(Referral.received_at.desc(), Referral.id.desc())
    found = db.session.execute(query.limit(1)).one_or_none()
    return Cursor(*found) if found else None


def _capped(asked: ReferralFilter) -> Any:
    return _matching(asked, Referral.id).limit(CAP + 1).subquery()


@dataclass(frozen=True)
class Figures:
    """today: received since midnight in Paris. views: how many each saved view holds, capped."""

    today: int
    views: dict[View, int]

    @property
    def to_decide(self) -> int:
        return self.views[View.TO_DECIDE]


def table_figures() -> Figures:
    """The title's figures and the views' counts, in one statement."""
    counted = {view: ReferralFilter(view) for view in View if view is not View.ALL}
    today = ReferralFilter(received_from=midnight(clock.today()))
    columns = [
        select(func.count()).select_from(_capped(asked)).scalar_subquery() for asked in (today, *counted.values())
    ]
    first, *others = db.session.execute(select(*columns)).one()
    return Figures(first, dict(zip(counted, others, strict=True)))


def referral_facts(referral_id: UUID) -> Row[Any] | None:
    """One request as the table shows it, with all that routing knows of it."""
    query: AnySelect = (
        select(
            *COLUMNS,
            Referral.channel,
            Referral.profile,
            Referral.awaiting,
            Referral.merged_into,
            Referral.mail_refused_at,
            Referral.guardian_refused_at,
        )
        .select_from(Referral)
        .outerjoin(Assignment, CURRENT)
        .outerjoin(Association, Association.id == Assignment.association_id)
        .where(Referral.id == referral_id)
    )
    return db.session.execute(query).one_or_none()


def numbers_of(referral_ids: Sequence[UUID]) -> list[str]:
    """The numbers of these requests, newest first."""
    query = select(Referral.number).where(Referral.id.in_(referral_ids))
    return list(db.session.scalars(query.order_by(Referral.received_at.desc(), Referral.id.desc())))


def numbers_like(text: str) -> list[str]:
    """The requests of that number, newest first: « 2026-04817 », or « 4817 » in any of the last years."""
    plain = text.strip()
    years = range(clock.today().year, clock.today().year - YEARS, -1)
    asked = {plain} | {f"{year}-{plain:0>{DIGITS}}" for year in years if plain.isdigit()}
    query = select(Referral.number).where(Referral.number.in_(asked))
    return list(db.session.scalars(query.order_by(Referral.number.desc())))
