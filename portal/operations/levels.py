"""Projected levels: solved each morning while `projected` is in force, kept until the next."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.forecast import ProjectedLevel


def keep_levels(side: Side, campaign_id: UUID, levels: Mapping[UUID, tuple[int, int]]) -> int:
    """Today's levels in the place of those before (jobs role); returns how many. Without any, ARM ranks."""
    own = ProjectedLevel
    db.session.execute(delete(own).where(own.side == side))
    of = {"campaign_id": campaign_id, "side": side, "solved_on": clock.today()}
    rows = [
        {"association_id": key, **of, "numerator": numerator, "denominator": denominator}
        for key, (numerator, denominator) in sorted(levels.items())
    ]
    if rows:
        db.session.execute(insert(own), rows)
    return len(rows)
