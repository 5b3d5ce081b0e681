"""The criteria of programmes: those in force, their history, and those that wait for approval."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from matching.vocabulary import Side
from portal.foundation.extensions import db
from portal.models.account import Account
from portal.models.assignment import Assignment
from portal.models.association import Association
from portal.models.programme import CriteriaProposal, Programme, ProgrammeVersion, Verdict

AnySelect = Select[*tuple[Any, ...]]
VERSIONS_SHOWN = 20
SETTLED_SHOWN = 20


@dataclass(frozen=True)
class Version:
    """One version of a side's criteria. author: None when it is not somebody the reader may know."""

    id: UUID
    programme_id: UUID
    side: Side
    number: int
    criteria: dict[str, Any]
    notes: tuple[str, ...]
    created_at: datetime
    author: str | None


@dataclass(frozen=True)
class Proposal:
    """Criteria proposed, with the words around them. based_on: the number they were drawn from, 0 for none."""

    id: UUID
    association_id: UUID
    association: str
    programme_id: UUID
    programme: str
    side: Side
    criteria: dict[str, Any]
    notes: tuple[str, ...]
    based_on: int
    created_at: datetime
    author: str | None
    verdict: Verdict | None
    settled_at: datetime | None
    reason: str | None


@dataclass(frozen=True)
class Kept:
    """A programme with the versions in force and the last proposal of each side."""

    programme: Programme
    versions: tuple[Version, ...]
    proposals: tuple[Proposal, ...]

    def version(self, side: Side) -> Version | None:
        return next((one for one in self.versions if one.side is side), None)

    def proposal(self, side: Side) -> Proposal | None:
        return next((one for one in self.proposals if one.side is side), None)


def own_programmes() -> list[Kept]:
    """The association's programmes by name, archived ones last (association's scope)."""
    programmes = db.session.scalars(
        select(Programme).order_by(Programme.archived_at.is_not(None), func.lower(Programme.name), Programme.id)
    ).all()
    return _kept(programmes)


def programme_kept(programme_id: UUID) -> Kept | None:
    """One programme; None when the reader may not see it."""
    found = db.session.scalars(select(Programme).where(Programme.id == programme_id)).all()
    kept = _kept(found, programme_id)
    return kept[0] if kept else None


def _kept(programmes: Sequence[Programme], programme_id: UUID | None = None) -> list[Kept]:
    versions, proposals = _in_force(programme_id), _last_proposals(programme_id)
    return [
        Kept(
            one,
            tuple(version for version in versions if version.programme_id == one.id),
            tuple(proposal for proposal in proposals if proposal.programme_id == one.id),
        )
        for one in programmes
    ]


def _in_force(programme_id: UUID | None) -> list[Version]:
    latest = (
        select(ProgrammeVersion.id)
        .ext(distinct_on(ProgrammeVersion.programme_id, ProgrammeVersion.side))
        .order_by(ProgrammeVersion.programme_id, ProgrammeVersion.side, ProgrammeVersion.number.desc())
    )
    if programme_id:
        latest = latest.where(ProgrammeVersion.programme_id == programme_id)
    query = _versions().where(ProgrammeVersion.id.in_(latest))
    return [_version(row) for row in db.session.execute(query.order_by(ProgrammeVersion.side, ProgrammeVersion.id))]


def _versions() -> AnySelect:
    return select(
        ProgrammeVersion.id,
        ProgrammeVersion.programme_id,
        ProgrammeVersion.side,
        ProgrammeVersion.number,
        ProgrammeVersion.criteria,
        ProgrammeVersion.notes,
        ProgrammeVersion.created_at,
        Account.name.label("author"),
    ).outerjoin(Account, Account.id == ProgrammeVersion.created_by)


def _version(row: Row[Any]) -> Version:
    fields = row._asdict()
    return Version(**{**fields, "notes": tuple(fields["notes"])})


def versions_of(programme_id: UUID, side: Side, before: int | None = None) -> list[Version]:
    """The versions, the last one first; before: only those of a lower number. One more than are shown."""
    query = _versions().where(ProgrammeVersion.programme_id == programme_id, ProgrammeVersion.side == side)
    if before is not None:
        query = query.where(ProgrammeVersion.number < before)
    rows = db.session.execute(query.order_by(ProgrammeVersion.number.desc()).limit(VERSIONS_SHOWN + 1))
    return [_version(row) for row in rows]


def version_numbered(programme_id: UUID, side: Side, number: int) -> Version | None:
    query = _versions().where(
        ProgrammeVersion.programme_id == programme_id,
        ProgrammeVersion.side == side,
        ProgrammeVersion.number == number,
    )
    row = db.session.execute(query).one_or_none()
    return _version(row) if row else None


def version_by_id(version_id: UUID) -> Version | None:
    row = db.session.execute(_versions().where(ProgrammeVersion.id == version_id)).one_or_none()
    return _version(row) if row else None


def _proposals() -> AnySelect:
    own = CriteriaProposal
    return (
        select(
            own.id,
            own.association_id,
            Association.name.label("association"),
            own.programme_id,
            Programme.name.label("programme"),
            own.side,
            own.criteria,
            own.notes,
            own.based_on,
            own.created_at,
            Account.name.label("author"),
            own.verdict,
            own.settled_at,
            own.reason,
        )
        .join(Association, Association.id == own.association_id)
        .join(Programme, Programme.id == own.programme_id)
        .outerjoin(Account, Account.id == own.created_by)
    )


def _proposal(row: Row[Any]) -> Proposal:
    fields = row._asdict()
    return Proposal(**{**fields, "notes": tuple(fields["notes"])})


def _last_proposals(programme_id: UUID | None) -> list[Proposal]:
    own = CriteriaProposal
    last = (
        select(own.id)
        .ext(distinct_on(own.programme_id, own.side))
        .order_by(own.programme_id, own.side, own.created_at.desc(), own.id.desc())
    )
    if programme_id:
        last = last.where(own.programme_id == programme_id)
    return [_proposal(row) for row in db.session.execute(_proposals().where(own.id.in_(last)).order_by(own.side))]


def proposal_by_id(proposal_id: UUID) -> Proposal | None:
    row = db.session.execute(_proposals().where(CriteriaProposal.id == proposal_id)).one_or_none()
    return _proposal(row) if row else None


def pending_proposals() -> list[Proposal]:
    """Those that wait for staff, the oldest first."""
    query = _proposals().where(CriteriaProposal.verdict.is_(None))
    return [
        _proposal(row) for row in db.session.execute(query.order_by(CriteriaProposal.created_at, CriteriaProposal.id))
    ]


def settled_proposals() -> list[Proposal]:
    """The last ones that ended, the newest first."""
    query = _proposals().where(CriteriaProposal.verdict.is_not(None)).order_by(CriteriaProposal.settled_at.desc())
    return [_proposal(row) for row in db.session.execute(query.limit(SETTLED_SHOWN))]


def approval_required(association_id: UUID) -> bool:
    query = select(Association.approval_required).where(Association.id == association_id)
    return bool(db.session.scalar(query))


def open_requests(programme_id: UUID) -> int:
    """How many requests the programme still has in hand."""
    query = select(func.count()).where(Assignment.programme_id == programme_id, Assignment.closed_at.is_(None))
    return db.session.scalar(query) or 0


def programmes_by_association() -> list[Row[Any]]:
    """Every programme still running with the numbers of its versions in force (staff's scope)."""
    own = ProgrammeVersion
    latest = (
        select(own.programme_id, own.side, own.number, own.created_at)
        .ext(distinct_on(own.programme_id, own.side))
        .order_by(own.programme_id, own.side, own.number.desc())
        .subquery()
    )
    query: AnySelect = (
        select(
            Association.id.label("association_id"),
            Association.name.label("association"),
            Association.approval_required,
            Programme.id,
            Programme.name,
            latest.c.side,
            latest.c.number,
            latest.c.created_at,
        )
        .join(Association, Association.id == Programme.association_id)
        .outerjoin(latest, latest.c.programme_id == Programme.id)
        .where(Programme.archived_at.is_(None))
        .order_by(func.lower(Association.name), Association.id, func.lower(Programme.name), Programme.id, latest.c.side)
    )
    return list(db.session.execute(query))
