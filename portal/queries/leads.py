"""Companies' requests: what they asked, how far staff are, and which of them wait too long."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, true, tuple_
from sqlalchemy.orm import aliased

from portal.foundation import clock
from portal.foundation.config import settings
from portal.foundation.crypto import vault
from portal.foundation.extensions import db
from portal.models.account import Account
from portal.models.company import Company, Lead, LeadKind, LeadState, LeadStep
from portal.queries.referrals import Cursor

CONTACT = "lead.contact_sealed"
NOTE = "lead_step.note_sealed"
PAGE = 50
HOLIDAYS = 14  # days to look back beyond three for each working day: weekends and the longest run of holidays
KIND_LABELS = {
    LeadKind.CONTACT: "Être rappelée",
    LeadKind.MEETING: "Rendez-vous",
    LeadKind.EMPLOYEES: "Lien pour ses salariés",
}
STATE_LABELS = {
    LeadState.RECEIVED: "Reçue",
    LeadState.CALLED: "Appelée",
    LeadState.ORIENTED: "Orientée",
    LeadState.ENGAGED: "Engagée",
    LeadState.CLOSED: "Close",
}
SETTLED = frozenset({LeadState.ENGAGED, LeadState.CLOSED})
AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True)
class Contact:
    """Who asked, as they typed it: always sealed at rest."""

    name: str
    role: str = ""
    mail: str = ""
    telephone: str = ""
    message: str = ""

    def sealed(self, lead_id: UUID) -> bytes:
        return vault().seal(json.dumps(asdict(self)).encode(), column=CONTACT, row=lead_id)

    @classmethod
    def opened(cls, sealed: bytes, lead_id: UUID) -> "Contact":
        """Raises cryptography.exceptions.InvalidTag when altered or moved from another row."""
        kept = json.loads(vault().open(sealed, column=CONTACT, row=lead_id))
        return cls(**{name: kept.get(name) or "" for name in cls.__dataclass_fields__})


class LeadView(StrEnum):
    """The saved views; the value is the address's word."""

    OPEN = "ouvertes"
    LATE = "en-retard"
    RECEIVED = "recues"
    CALLED = "appelees"
    ORIENTED = "orientees"
    ENGAGED = "engagees"
    CLOSED = "closes"


STATE_OF_VIEW = {
    LeadView.RECEIVED: LeadState.RECEIVED,
    LeadView.CALLED: LeadState.CALLED,
    LeadView.ORIENTED: LeadState.ORIENTED,
    LeadView.ENGAGED: LeadState.ENGAGED,
    LeadView.CLOSED: LeadState.CLOSED,
}


def uncalled_late(state: LeadState, received_at: datetime) -> bool:
    """Received, and nobody has called for as long as an association has to answer."""
    late_at = clock.after_working_days(received_at, settings().late_working_days)
    return state is LeadState.RECEIVED and late_at <= clock.now()


def action_late(state: LeadState, next_action_on: date | None) -> bool:
    """What was to be done has not been, a day after."""
    return state not in SETTLED and next_action_on is not None and next_action_on < clock.today()


def _due() -> list[ColumnElement[bool]]:
    """uncalled_late, for the database: whole days that are due, and those that become due at this hour today."""
    now = clock.now().astimezone(clock.PARIS)
    found: list[ColumnElement[bool]] = []
    for back in range(HOLIDAYS + settings().late_working_days * 3):
        same_hour = now - timedelta(days=back)
        lands = clock.after_working_days(same_hour, settings().late_working_days).astimezone(clock.PARIS).date()
        midnight = datetime.combine(same_hour.date(), time.min, clock.PARIS)
        if lands < now.date():
            return [*found, Lead.received_at < midnight + timedelta(days=1)]
        if lands == now.date():
            found.append(and_(Lead.received_at >= midnight, Lead.received_at <= same_hour))
    return found


def late() -> ColumnElement[bool]:
    overdue = and_(Lead.state.not_in(SETTLED), Lead.next_action_on < clock.today())
    return or_(and_(Lead.state == LeadState.RECEIVED, or_(*_due())), overdue)


VIEWS: Mapping[LeadView, Callable[[], ColumnElement[bool]]] = {
    LeadView.OPEN: lambda: Lead.state.not_in(SETTLED),
    LeadView.LATE: late,
}


def _in_view(view: LeadView) -> ColumnElement[bool]:
    return VIEWS[view]() if view in VIEWS else Lead.state == STATE_OF_VIEW[view]


@dataclass(frozen=True)
class LeadFilter:
    """What the table is narrowed to. owner_id: whose; unowned: nobody's."""

    view: LeadView = LeadView.OPEN
    kind: LeadKind | None = None
    owner_id: UUID | None = None
    unowned: bool = False

    def conditions(self) -> list[ColumnElement[bool]]:
        found = [_in_view(self.view)]
        if self.kind:
            found.append(Lead.kind == self.kind)
        if self.unowned:
            found.append(Lead.owner_id.is_(None))
        elif self.owner_id:
            found.append(Lead.owner_id == self.owner_id)
        return found


owner = aliased(Account)
position = tuple_(Lead.received_at, Lead.id)
COLUMNS = (
    Lead.id,
    Lead.number,
    Lead.kind,
    Lead.company_name,
    Lead.received_at,
    Lead.state,
    Lead.state_since,
    Lead.owner_id,
    owner.name.label("owner"),
    Lead.next_action,
    Lead.next_action_on,
)


@dataclass(frozen=True)
class LeadPage:
    """One page, newest first. before, after: keys to ask for what is newer, older; None at that end."""

    rows: Sequence[Row[Any]]
    before: Cursor | None = None
    after: Cursor | None = None


def leads_page(asked: LeadFilter, *, after: Cursor | None = None, before: Cursor | None = None) -> LeadPage:
    """The first page, or the one older than a key (after), or newer than one (before)."""
    query: AnySelect = select(*COLUMNS).outerjoin(owner, owner.id == Lead.owner_id).where(*asked.conditions())
    if before is not None:
        newer = query.where(position > tuple_(*before)).order_by(Lead.received_at, Lead.id).limit(PAGE + 1)
        rows = db.session.execute(newer).all()
        kept = rows[:PAGE][::-1]
        return LeadPage(kept, _key(kept, 0) if len(rows) > PAGE else None, _key(kept, -1))
    if after is not None:
        query = query.where(position < tuple_(*after))
    rows = db.session.execute(query.order_by(Lead.received_at.desc(), Lead.id.desc()).limit(PAGE + 1)).all()
    kept = rows[:PAGE]
    return LeadPage(kept, _key(kept, 0) if after is not None else None, _key(kept, -1) if len(rows) > PAGE else None)


def _key(rows: Sequence[Row[Any]], index: int) -> Cursor | None:
    return Cursor(rows[index].received_at, rows[index].id) if rows else None


@dataclass(frozen=True)
class LeadFigures:
    """views: how many each holds. oldest: when the oldest of those nobody has called came in. matching: these filters."""

    views: Mapping[LeadView, int]
    oldest: datetime | None
    matching: int


def lead_figures(asked: LeadFilter) -> LeadFigures:
    """The title's figures, the views' and how many match, in one statement."""
    counts = [func.count().filter(_in_view(view)) for view in LeadView]
    waiting = func.min(Lead.received_at).filter(Lead.state == LeadState.RECEIVED)
    matching = func.count().filter(and_(true(), *asked.conditions()))
    oldest, total, *views = db.session.execute(select(waiting, matching, *counts).select_from(Lead)).one()
    return LeadFigures(dict(zip(LeadView, views, strict=True)), oldest, total)


def lead_of(lead_id: UUID) -> Row[Any] | None:
    """One request with all but its contact, and the company its link was made for."""
    query: AnySelect = (
        select(*COLUMNS, Lead.answers, Lead.associations, Lead.version, Lead.company_id, Company.name.label("company"))
        .outerjoin(owner, owner.id == Lead.owner_id)
        .outerjoin(Company, Company.id == Lead.company_id)
        .where(Lead.id == lead_id)
    )
    return db.session.execute(query).one_or_none()


@dataclass(frozen=True)
class ToldStep:
    """What somebody did with a request, in words that can be shown."""

    at: datetime
    by: str
    state: LeadState
    owner: str | None
    next_action_on: date | None
    note: str


def _steps(lead_id: UUID) -> AnySelect:
    author = aliased(Account)
    return (
        select(LeadStep, author.name, owner.name)
        .outerjoin(author, author.id == LeadStep.account_id)
        .outerjoin(owner, owner.id == LeadStep.owner_id)
        .where(LeadStep.lead_id == lead_id)
        .order_by(LeadStep.at.desc(), LeadStep.id.desc())
    )


def steps_of(lead_id: UUID) -> list[ToldStep]:
    """The history of a request, the last step first."""
    return [_told(*row) for row in db.session.execute(_steps(lead_id))]


def last_step_of(lead_id: UUID) -> ToldStep | None:
    row = db.session.execute(_steps(lead_id).limit(1)).one_or_none()
    return _told(*row) if row else None


def _told(step: LeadStep, by: str | None, whose: str | None) -> ToldStep:
    return ToldStep(step.at, by or "", step.state, whose, step.next_action_on, note_of(step))


def note_of(step: LeadStep) -> str:
    return vault().open(step.note_sealed, column=NOTE, row=step.id).decode() if step.note_sealed else ""


def staff_names() -> dict[UUID, str]:
    """Who can follow a request, by name."""
    query = select(Account.id, Account.name).where(Account.staff, Account.closed_at.is_(None))
    return {row.id: row.name for row in db.session.execute(query.order_by(Account.name, Account.id))}
