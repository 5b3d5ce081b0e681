"""What an association offers, as it is published: its programmes, their criteria in force, its sheet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from matching.vocabulary import Side
from portal.foundation.extensions import db
from portal.models.programme import Programme, ProgrammeVersion


@dataclass(frozen=True)
class InForce:
    """The version of a programme's criteria in force for one side."""

    side: Side
    number: int
    criteria: Mapping[str, Any]
    notes: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True)
class Offered:
    """A programme and what it asks of each side."""

    programme: Programme
    versions: tuple[InForce, ...]


def programmes_offered() -> list[Offered]:
    """The association's programmes still running, by name, with their criteria in force."""
    programmes = db.session.scalars(
        select(Programme).where(Programme.archived_at.is_(None)).order_by(Programme.name, Programme.id)
    ).all()
    versions = _versions_in_force()
    return [
        Offered(one, tuple(versions[one.id, side] for side in Side if (one.id, side) in versions)) for one in programmes
    ]


def _versions_in_force() -> dict[tuple[UUID, Side], InForce]:
    """The highest number of each programme and side: read in rising order, the last one stays."""
    query = select(ProgrammeVersion).order_by(
        ProgrammeVersion.programme_id, ProgrammeVersion.side, ProgrammeVersion.number
    )
    return {(row.programme_id, row.side): _in_force(row) for row in db.session.scalars(query)}


def _in_force(row: ProgrammeVersion) -> InForce:
    return InForce(row.side, row.number, row.criteria, tuple(row.notes), row.created_at)
