"""The inbox of an association: its folders, one page of them, and one request in full.

The database answers for the association of the scope only. Past an association's right of sight the referral and
the name are missing (None): the row then says its number alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, case, exists, func, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from matching.profile import Profile
from matching.vocabulary import Need, Side
from portal.foundation import clock
from portal.foundation.errors import Hidden
from portal.foundation.extensions import db
from portal.models.assignment import TAKEN, Assignment, AssignmentState
from portal.models.clarification import Clarification
from portal.models.event import Event, EventName
from portal.models.identity import Consent, ConsentKind
from portal.models.person import PersonPreview
from portal.models.programme import Programme
from portal.models.referral import Referral
from portal.queries.clarifications import ClarificationView, clarifications_of
from portal.queries.people import previews_of

AnySelect = Select[*tuple[Any, ...]]
PAGE = 50
NEWS_MARGIN = timedelta(minutes=5)
_S = AssignmentState
NEW = frozenset({_S.OFFERED, _S.SEEN})
HELD = frozenset({_S.INFORMATION_ASKED, _S.POSTPONED})
ACCEPTED = TAKEN | {_S.ENDED, _S.GIVEN_UP}
GONE = frozenset({_S.BOUNCED, _S.EXPIRED, _S.WITHDRAWN})


class Folder(StrEnum):
    """A folder of the inbox; the value is its name in addresses."""

    TO_ANSWER = "a-traiter"
    HELD = "en-attente"
    ACCEPTED = "acceptees"
    GONE = "reorientees"
    ALL = "toutes"

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS = {
    Folder.TO_ANSWER: "À traiter",
    Folder.HELD: "En attente de précision",
    Folder.ACCEPTED: "Acceptées",
    Folder.GONE: "Réorientées",
    Folder.ALL: "Toutes",
}
STATES = {Folder.TO_ANSWER: NEW, Folder.HELD: HELD, Folder.ACCEPTED: ACCEPTED, Folder.GONE: GONE}
ENDED_AT: ColumnElement[datetime] = func.coalesce(Assignment.answered_at, Assignment.closed_at, Assignment.offered_at)
# Oldest due first where an answer is awaited, latest first where it has been given.
SORTED_BY: Mapping[Folder, "ColumnElement[datetime] | InstrumentedAttribute[datetime]"] = {
    Folder.TO_ANSWER: Assignment.due_at,
    Folder.HELD: Assignment.due_at,
    Folder.ACCEPTED: ENDED_AT,
    Folder.GONE: ENDED_AT,
    Folder.ALL: Assignment.offered_at,
}
RISING = frozenset({Folder.TO_ANSWER, Folder.HELD})


@dataclass(frozen=True)
class Filters:
    """What an inbox is narrowed to; None: everything. place: a code; need: asked for by the person."""

    side: Side | None = None
    programme_id: UUID | None = None
    place: str | None = None
    need: Need | None = None

    def __bool__(self) -> bool:
        return any((self.side, self.programme_id, self.place, self.need))


@dataclass(frozen=True)
class Cursor:
    """A place in a folder: between two rows. forward: what follows it; else what precedes it."""

    at: datetime
    id: UUID
    forward: bool = True


@dataclass(frozen=True)
class Item:
    """One request in a list. profile, preview, received_at: None once out of sight. asked: oldest question first."""

    assignment: Assignment
    programme: str
    profile: Profile | None
    preview: PersonPreview | None
    received_at: datetime | None
    sorted_at: datetime
    asked: tuple[ClarificationView, ...] = ()

    @property
    def answered(self) -> bool:
        """Whether the last question asked has its answer."""
        return bool(self.asked) and self.asked[-1].answered_at is not None

    @property
    def id(self) -> UUID:
        return self.assignment.id

    @property
    def undoable(self) -> bool:
        one = self.assignment
        answered = one.state in {_S.ACCEPTED, _S.BOUNCED} and one.closed_at is None and one.applied_at is None
        return answered and one.undo_until is not None and clock.now() < one.undo_until


@dataclass(frozen=True)
class Listing:
    """One page of a folder. before, after: cursors of the neighbouring pages, None at the ends."""

    items: tuple[Item, ...]
    before: Cursor | None
    after: Cursor | None


@dataclass(frozen=True)
class Counts:
    """How many in each folder, and what presses among those to answer. answered: of those held, questions answered."""

    folders: Mapping[Folder, int]
    leaving_today: int
    leaving_tomorrow: int
    late: int
    answered: int

    @property
    def to_answer(self) -> int:
        return self.folders[Folder.TO_ANSWER]


def _just_answered() -> ColumnElement[bool]:
    """Answered and still to be taken back: the row stays where it was."""
    return and_(
        Assignment.undo_until > clock.now(),
        Assignment.applied_at.is_(None),
        Assignment.closed_at.is_(None),
        Assignment.state.in_([_S.ACCEPTED, _S.BOUNCED]),
    )


def _in_folder(folder: Folder) -> ColumnElement[bool]:
    if folder is Folder.ALL:
        return Assignment.id.is_not(None)
    inside = Assignment.state.in_(STATES[folder])
    if folder is Folder.HELD:
        return or_(inside, and_(_just_answered(), _was_held()))
    return or_(inside, _just_answered()) if folder is Folder.TO_ANSWER else inside


def _was_held() -> ColumnElement[bool]:
    """Whether a request was kept a while before its answer; its state no longer says so."""
    here = (Event.referral_id == Assignment.referral_id, Event.assignment_id == Assignment.id)
    return exists().where(*here, Event.name.in_([EventName.INFORMATION_ASKED, EventName.ASSIGNMENT_POSTPONED]))


def _narrowed(query: AnySelect, filters: Filters) -> AnySelect:
    if filters.side:
        query = query.where(Assignment.side == filters.side)
    if filters.programme_id:
        query = query.where(Assignment.programme_id == filters.programme_id)
    if filters.place:
        query = query.where(Assignment.place == filters.place)
    if filters.need:
        query = query.join(Referral, Referral.id == Assignment.referral_id)
        query = query.where(Referral.needs.contains([filters.need.value]))
    return query


def _inside(folder: Folder, filters: Filters) -> AnySelect:
    """Ids and sorting keys alone: whoever sorts or counts many never reads the requests themselves."""
    chosen = select(Assignment.id, SORTED_BY[folder].label("key")).where(_in_folder(folder))
    return _narrowed(chosen, filters)


def _rows(folder: Folder) -> AnySelect:
    return (
        select(Assignment, Programme.name, Referral.profile, Referral.received_at, SORTED_BY[folder].label("sorted_at"))
        .join(Programme, Programme.id == Assignment.programme_id)
        .outerjoin(Referral, Referral.id == Assignment.referral_id)
    )


def assignments_in(folder: Folder, filters: Filters, cursor: Cursor | None = None) -> Listing:
    """One page of a folder, in its order."""
    column, rising = SORTED_BY[folder], folder in RISING
    forward = cursor is None or cursor.forward
    inside = _inside(folder, filters)
    if cursor:
        here, place = tuple_(column, Assignment.id), (cursor.at, cursor.id)
        inside = inside.where(here > place if rising is forward else here < place)
    keys = (column, Assignment.id) if rising is forward else (column.desc(), Assignment.id.desc())
    page = inside.order_by(*keys).limit(PAGE + 1).subquery()
    found = list(db.session.execute(_rows(folder).join(page, page.c.id == Assignment.id).order_by(*keys)))
    more, kept = len(found) > PAGE, found[:PAGE]
    items = _with_names(kept if forward else kept[::-1])
    return Listing(items, *_neighbours(items, cursor, forward=forward, more=more))


def _neighbours(
    items: tuple[Item, ...], cursor: Cursor | None, *, forward: bool, more: bool
) -> tuple[Cursor | None, Cursor | None]:
    if not items:
        return None, None
    first, last = items[0], items[-1]
    before = cursor is not None if forward else more
    after = more if forward else True
    return (
        Cursor(first.sorted_at, first.id, forward=False) if before else None,
        Cursor(last.sorted_at, last.id) if after else None,
    )


def _with_names(found: "list[Row[Any]]") -> tuple[Item, ...]:
    ids = [row.Assignment.referral_id for row in found]
    previews, asked = previews_of(ids), clarifications_of(ids)
    return tuple(
        _item(row, previews.get(row.Assignment.referral_id), asked.get(row.Assignment.referral_id, ())) for row in found
    )


def _item(row: "Row[Any]", preview: PersonPreview | None, asked: Iterable[ClarificationView]) -> Item:
    return Item(
        assignment=row.Assignment,
        programme=row.name,
        profile=Profile.from_json(row.profile) if row.profile else None,
        preview=preview,
        asked=tuple(asked),
        received_at=row.received_at,
        sorted_at=row.sorted_at,
    )


def assignment_shown(assignment_id: UUID, folder: Folder = Folder.ALL) -> Item:
    """One request of the association, whatever its state, as that folder would sort it. Raises Hidden."""
    found = db.session.execute(_rows(folder).where(Assignment.id == assignment_id)).one_or_none()
    if found is None:
        raise Hidden
    return _with_names([found])[0]


def is_held_here(assignment_id: UUID) -> bool:
    """Whether there is such a request for the association of the scope."""
    return bool(db.session.scalar(select(exists().where(Assignment.id == assignment_id))))


def folder_holding(assignment_id: UUID) -> Folder:
    """Where a request is found now. Raises Hidden."""
    item = assignment_shown(assignment_id)
    if item.undoable:
        return Folder.TO_ANSWER
    return next(folder for folder, states in STATES.items() if item.assignment.state in states)


def counts_by_folder(filters: Filters) -> Counts:
    """Every count of the inbox in one question."""
    today = datetime.combine(clock.today(), datetime.min.time(), clock.PARIS)
    new, due = Assignment.state.in_(NEW), Assignment.due_at
    leaving = [and_(new, due < today + timedelta(days=1)), and_(new, due < today + timedelta(days=2))]
    wanted = [
        *(Assignment.state.in_(states) for states in STATES.values()),
        *leaving,
        and_(new, Assignment.late_at <= clock.now()),
        and_(Assignment.state.in_(HELD), _answered()),
    ]
    sums = [func.count(case((one, 1))) for one in wanted]
    query = _narrowed(select(func.count(), *sums).select_from(Assignment), filters)
    total, *found = db.session.execute(query).one()
    folders = dict(zip(STATES, found, strict=False)) | {Folder.ALL: total}
    leaving_today, by_tomorrow, late, answered = found[len(STATES) :]
    return Counts(folders, leaving_today, by_tomorrow - leaving_today, late, answered)


def _answered() -> ColumnElement[bool]:
    """Whether something was asked and nothing still awaits its answer: Item.answered, in the database."""
    asked = select(Clarification.id).where(
        Clarification.referral_id == Assignment.referral_id, Clarification.assignment_id == Assignment.id
    )
    return and_(exists(asked), ~exists(asked.where(Clarification.answered_at.is_(None))))


def awaiting_answer() -> int:
    """How many requests wait for the association: the navigation's counter."""
    query = select(func.count()).select_from(Assignment).where(Assignment.state.in_(NEW))
    return db.session.scalar(query) or 0


def offered_since(instant: datetime) -> int:
    """How many requests were offered since then, whatever became of them: a number that only grows."""
    query = select(func.count()).select_from(Assignment).where(Assignment.offered_at > instant)
    return db.session.scalar(query) or 0


@dataclass(frozen=True)
class Place:
    """Where a request stands in its folder: position of total, and the one that follows it."""

    position: int
    total: int
    following: UUID | None


def place_in_folder(folder: Folder, filters: Filters, assignment: Assignment, sorted_at: datetime) -> Place:
    """Position (from 1) of a request in a folder's order."""
    column, rising = SORTED_BY[folder], folder in RISING
    here, mine = tuple_(column, Assignment.id), (sorted_at, assignment.id)
    inside = _inside(folder, filters)
    keys = (column, Assignment.id) if rising else (column.desc(), Assignment.id.desc())
    following = inside.where(here > mine if rising else here < mine).order_by(*keys).limit(1)
    sums = inside.with_only_columns(func.count(), func.count(case((here <= mine if rising else here >= mine, 1))))
    total, position = db.session.execute(sums).one()
    nearest = db.session.execute(following).first()
    return Place(position, total, nearest.id if nearest else None)


def events_of(assignment: Assignment) -> list[Event]:
    """What happened to a request here, oldest first."""
    here = (Event.referral_id == assignment.referral_id, Event.assignment_id == assignment.id)
    return list(db.session.scalars(select(Event).where(*here).order_by(Event.at, Event.id)))


def consents_of(referral_id: UUID) -> dict[ConsentKind, datetime]:
    """Which agreements were given, and when."""
    query = select(Consent.kind, Consent.given_at).where(Consent.referral_id == referral_id).order_by(Consent.kind)
    return {row.kind: row.given_at for row in db.session.execute(query)}
