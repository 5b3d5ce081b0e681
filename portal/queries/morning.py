"""What waits for an association, as its inbox shows it before acceptance: the content of its morning file.

The database answers for the association of the scope only, and of one instant: everything is read in one snapshot,
whose name is kept. A line says nothing that moves by itself, so that it can be told again later as it was then.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select, text

from matching.profile import Profile
from matching.vocabulary import Side
from matching.wording import labels
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.assignment import TO_ANSWER, Assignment, AssignmentState
from portal.models.association import Association
from portal.models.person import PersonPreview
from portal.models.programme import Programme
from portal.models.referral import Referral
from portal.queries.catalogue import place_name
from portal.queries.inbox import HELD
from portal.queries.people import previews_of

AnySelect = Select[*tuple[Any, ...]]
Cell = str | int | date
HEADINGS = (
    "Nouvelle",
    "N°",
    "Prénom",
    "Âge",
    "Qui",
    "Souhaite",
    "Habite",
    "Programme",
    "Pourquoi vous",
    "À vérifier",
    "Reçue le",
    "Proposée le",
    "Répondre avant le",
    "Où elle en est",
)
WHO = {Side.MENTEE: "Jeune", Side.MENTOR: "Bénévole"}
NEW = "Nouvelle"
SNAPSHOT = text("SELECT pg_current_snapshot()::text, current_setting('transaction_isolation')")
LONGEST = 1000
PINNED = "repeatable read"
# What XML has no sign for, and what spreadsheets write such signs as (_x000D_): neither comes back as it went.
UNTELLABLE = re.compile("x[0-9A-Fa-f]{4}_|[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class NotPinned(RuntimeError):
    """Something was read before: what waits would be that of several instants."""


@dataclass(frozen=True)
class Line:
    """One request. cells: as HEADINGS; a date is that of Paris. new: offered the day before or since; seen: opened."""

    assignment_id: UUID
    cells: tuple[Cell, ...]
    new: bool
    seen: bool


@dataclass(frozen=True)
class Content:
    """All that waits at one instant. at: aware; snapshot: PostgreSQL's own name of what was visible then."""

    association: str
    at: datetime
    snapshot: str
    lines: tuple[Line, ...]
    headings: tuple[str, ...] = HEADINGS


@dataclass(frozen=True)
class Standing:
    """Where a request stood at an instant: what of a line depends on it. due_at: None, as it is now."""

    state: AssignmentState
    due_at: datetime | None
    seen: bool


def waiting_content(association_id: UUID, at: datetime) -> Content:
    """What the association is awaited for, in the order of its inbox. To be read first of all in its scope.

    Raises NotPinned when something has been read before in this transaction.
    """
    snapshot = _pinned_snapshot()
    name = db.session.scalars(select(Association.name).where(Association.id == association_id)).one()
    waiting = _rows().where(Assignment.association_id == association_id, Assignment.state.in_(sorted(TO_ANSWER)))
    found = db.session.execute(waiting.order_by(Assignment.state.in_(sorted(HELD)), Assignment.due_at, Assignment.id))
    lines = _lines(list(found), at, {})
    return Content(name, at, snapshot, tuple(lines))


def _pinned_snapshot() -> str:
    if db.session().in_transaction():
        raise NotPinned
    db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    snapshot, isolation = db.session.execute(SNAPSHOT).one()
    if isolation != PINNED:
        raise NotPinned
    return str(snapshot)


def lines_told_again(standings: Mapping[UUID, Standing], at: datetime) -> dict[UUID, Line]:
    """The same lines from today's rows, each request standing as it did. Those out of sight or erased are missing."""
    found = db.session.execute(_rows().where(Assignment.id.in_(list(standings))))
    rows = [row for row in found if row.profile is not None]
    return {line.assignment_id: line for line in _lines(rows, at, standings) if line.cells[HEADINGS.index("Prénom")]}


def _rows() -> AnySelect:
    return (
        select(
            Assignment.id,
            Assignment.referral_id,
            Assignment.referral_number,
            Assignment.side,
            Assignment.state,
            Assignment.offered_at,
            Assignment.due_at,
            Assignment.seen_at,
            Assignment.excerpt,
            Assignment.to_verify,
            Programme.name.label("programme"),
            Referral.profile,
            Referral.received_at,
        )
        .join(Programme, Programme.id == Assignment.programme_id)
        .outerjoin(Referral, Referral.id == Assignment.referral_id)
    )


def _lines(rows: list[Row[Any]], at: datetime, standings: Mapping[UUID, Standing]) -> Iterable[Line]:
    previews = previews_of([row.referral_id for row in rows])
    since = day_before(at)
    for row in rows:
        standing = standings.get(row.id) or _standing(row)
        new = row.offered_at >= since
        yield Line(row.id, _cells(row, previews.get(row.referral_id), standing, new=new), new, standing.seen)


def _standing(row: "Row[Any]") -> Standing:
    opened = row.seen_at is not None or row.state is not AssignmentState.OFFERED
    return Standing(row.state, row.due_at, seen=opened)


def day_before(at: datetime) -> datetime:
    """Midnight in Paris at the start of the day before: since then, a request is new."""
    yesterday = at.astimezone(clock.PARIS).date() - timedelta(days=1)
    return datetime.combine(yesterday, datetime.min.time(), clock.PARIS)


def _cells(row: "Row[Any]", preview: PersonPreview | None, standing: Standing, *, new: bool) -> tuple[Cell, ...]:
    profile = Profile.from_json(row.profile) if row.profile else None
    cells = (
        NEW if new else "",
        row.referral_number,
        str(preview) if preview else "",
        profile.age if profile and profile.age is not None else "",
        WHO[row.side],
        _capital(labels(profile.needs)) if profile and profile.needs else "",
        _home(profile) if profile else "",
        row.programme,
        _why(row.excerpt),
        "\u00a0; ".join(row.to_verify),
        _day(row.received_at) if row.received_at else "",
        _day(row.offered_at),
        _day(standing.due_at or row.due_at),
        standing.state.label,
    )
    return tuple(_tellable(cell) if isinstance(cell, str) else cell for cell in cells)


def _tellable(words: str) -> str:
    """Without what no cell can hold."""
    return UNTELLABLE.sub(" ", words).strip()[:LONGEST]


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _home(profile: Profile) -> str:
    if profile.home:
        return profile.home
    return next((place_name(code) for code in sorted(profile.places or ()) if code.startswith("commune:")), "")


def _why(excerpt: Mapping[str, Any]) -> str:
    """Why this association, then what of its criteria is met: by name, for the facts stay on the portal."""
    met = [row["criterion"] for row in excerpt.get("rows", []) if row["state"] == "held"]
    words = f"Vos critères remplis\u00a0: {', '.join(dict.fromkeys(met)).lower()}." if met else ""
    return " ".join(part for part in (excerpt.get("sentence", ""), words) if part)


def _day(instant: datetime) -> date:
    return instant.astimezone(clock.PARIS).date()
