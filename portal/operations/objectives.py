"""Declaring an objective: validated by staff, versioned, with its virtual start frozen (ARM's V)."""

from fractions import Fraction
from functools import partial
from uuid import UUID

from sqlalchemy import select

from matching.virtual_start import competitors, virtual_start
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.errors import DomainError
from portal.foundation.extensions import db
from portal.foundation.locks import share_openings
from portal.foundation.queue import Job, enqueue
from portal.foundation.transactions import after_commit
from portal.models.event import EventName
from portal.models.objective import Objective
from portal.operations.history import happened
from portal.operations.reach import recent_profiles
from portal.queries.routing import Board, board_of


def declare_objective(
    association_id: UUID, side: Side, amount: int, *, by: UUID | None, source: str | None = None
) -> Objective:
    """A new version of the objective for the campaign of today; 0 takes it back (staff's scope).

    Raises DomainError (field "amount") below 0 or outside any campaign.
    """
    share_openings(side)
    board = board_of(side)
    if board.campaign_id is None:
        raise DomainError("Aucune campagne n’est en cours.", field="amount")
    if amount < 0:
        raise DomainError("Un objectif ne peut pas être négatif.", field="amount")
    start = start_for(board, association_id, amount)
    objective = Objective(
        association_id=association_id,
        campaign_id=board.campaign_id,
        side=side,
        amount=amount,
        version=_last_version(association_id, board.campaign_id, side) + 1,
        virtual_start_numerator=start.numerator,
        virtual_start_denominator=start.denominator,
        source=source,
        validated_at=clock.now(),
        validated_by=by,
    )
    db.session.add(objective)
    happened(EventName.OBJECTIVE_DECLARED, association_id=association_id, side=side.value, amount=amount)
    after_commit(partial(enqueue, Job.DRAIN, side.value, "waitlist"))
    return objective


def start_for(board: Board, association_id: UUID, amount: int) -> Fraction:
    """V: what puts a newcomer level with its competitors, found on the requests of the last 90 days."""
    key, standing = str(association_id), board.standing
    its = standing.association(key)
    rivals = competitors(board.router.catalogue, key, recent_profiles(board.side))
    keys = [standing.association(rival).attainment for rival in rivals if standing.association(rival).declared]
    return virtual_start(amount, its.committed, keys, its.attainment if its.declared else None)


def _last_version(association_id: UUID, campaign_id: UUID, side: Side) -> int:
    query = (
        select(Objective.version)
        .where(Objective.association_id == association_id, Objective.campaign_id == campaign_id)
        .where(Objective.side == side)
        .order_by(Objective.version.desc())
        .limit(1)
    )
    return db.session.scalar(query) or 0
