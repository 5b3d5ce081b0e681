"""Declaring an objective: validated by staff, versioned, with its virtual start frozen (ARM's V)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.exc import IntegrityError

from matching.profile import Profile
from matching.standing import AssociationStanding
from matching.virtual_start import competitors, virtual_start
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.errors import DomainError
from portal.foundation.extensions import db
from portal.foundation.locks import share_openings
from portal.foundation.queue import Job, enqueue
from portal.foundation.transactions import after_commit
from portal.models.campaign import Campaign
from portal.models.event import EventName, JournalAct
from portal.models.objective import Objective
from portal.operations.history import happened, journal
from portal.operations.reach import recent_profiles
from portal.queries.campaigns import Stage, campaign_of, running_campaign, stage_of
from portal.queries.routing import Board, board_of

MOST = 999_999
AS_IT_IS = "Validé tel quel"


class ObjectiveMoved(DomainError):
    """Somebody declared another version meanwhile."""


@dataclass(frozen=True)
class Effect:
    """What declaring this amount would do: where the association stands before and after, as ARM sees it.

    ahead_before, ahead: how many associations ARM serves first, of those that have an objective.
    """

    before: AssociationStanding
    after: AssociationStanding
    ahead_before: int = 0
    ahead: int = 0


def declare_objective(
    association_id: UUID,
    side: Side,
    amount: int,
    *,
    by: UUID | None,
    source: str | None = None,
    campaign_id: UUID | None = None,
    based_on: int | None = None,
) -> Objective:
    """A new version of the objective for a campaign, today's unless told; 0 takes it back (staff's scope).

    based_on: the version its author had before their eyes. Raises ObjectiveMoved when it is no longer the latest,
    DomainError (field "amount") for an amount that cannot be, or a campaign that is over or does not exist.
    """
    share_openings(side)
    campaign = campaign_to_declare_in(campaign_id)
    last = _in_force(campaign.id, side).get(association_id)
    _check(last, amount, based_on)
    start = effect_of(campaign, association_id, side, amount).after.virtual_start
    objective = _version_after(last, association_id, campaign.id, side, amount, start)
    objective.source, objective.validated_by = source, by
    _keep(objective)
    after_commit(partial(enqueue, Job.DRAIN, side.value, "waitlist"))
    return objective


def validate_objectives(campaign_id: UUID, side: Side, seen: Mapping[UUID, int], *, by: UUID) -> int:
    """Provisional objectives become validated ones, their amounts unchanged; returns how many.

    seen: the version of each association's objective that its author had before their eyes. What has changed since
    is left as it is.
    """
    share_openings(side)
    campaign = campaign_to_declare_in(campaign_id)
    running = stage_of(campaign) is Stage.RUNNING
    board, recent = (board_of(side), list(recent_profiles(side))) if running else (None, [])
    found = _in_force(campaign.id, side)
    chosen = [last for key, last in found.items() if last.provisional and seen.get(key) == last.version]
    for last in chosen:
        start = start_for(board, last.association_id, last.amount, recent) if board else Fraction(0)
        objective = _version_after(last, last.association_id, campaign.id, side, last.amount, start)
        objective.source, objective.validated_by = AS_IT_IS, by
        _keep(objective)
    after_commit(partial(enqueue, Job.DRAIN, side.value, "waitlist"))
    return len(chosen)


def _version_after(
    last: Objective | None, association_id: UUID, campaign_id: UUID, side: Side, amount: int, start: Fraction
) -> Objective:
    return Objective(
        association_id=association_id,
        campaign_id=campaign_id,
        side=side,
        amount=amount,
        version=(last.version if last else 0) + 1,
        virtual_start_numerator=start.numerator,
        virtual_start_denominator=start.denominator,
        validated_at=clock.now(),
    )


def effect_of(campaign: Campaign, association_id: UUID, side: Side, amount: int) -> Effect:
    """Reads only. Before its first day a campaign has nothing committed, and nobody to catch up with."""
    if stage_of(campaign) is not Stage.RUNNING:
        return Effect(AssociationStanding(), AssociationStanding(objective=amount))
    board = board_of(side)
    before = board.standing.association(str(association_id))
    after = replace(before, objective=amount, virtual_start=start_for(board, association_id, amount))
    return Effect(before, after, _ahead(board, association_id, before), _ahead(board, association_id, after))


def _ahead(board: Board, association_id: UUID, its: AssociationStanding) -> int:
    others = (one for key, one in board.standing.associations.items() if key != str(association_id) and one.declared)
    return sum(not its.declared or one.attainment < its.attainment for one in others)


def start_for(board: Board, association_id: UUID, amount: int, recent: Iterable[Profile] | None = None) -> Fraction:
    """V: what puts a newcomer level with its competitors, found on the requests of the last 90 days.

    recent: those requests, when they have been read already.
    """
    key, standing = str(association_id), board.standing
    its = standing.association(key)
    rivals = competitors(board.router.catalogue, key, recent_profiles(board.side) if recent is None else recent)
    keys = [standing.association(rival).attainment for rival in rivals if standing.association(rival).declared]
    return virtual_start(amount, its.committed, keys, its.attainment if its.declared else None)


def campaign_to_declare_in(campaign_id: UUID | None) -> Campaign:
    """Raises DomainError (field "amount") when there is none, or it is over."""
    campaign = campaign_of(campaign_id) if campaign_id else running_campaign()
    if campaign is None:
        raise DomainError("Aucune campagne n’est en cours.", field="amount")
    if stage_of(campaign) is Stage.OVER:
        raise DomainError("Cette campagne est terminée\u00a0: ses objectifs ne changent plus.", field="amount")
    return campaign


def _check(last: Objective | None, amount: int, based_on: int | None) -> None:
    if amount < 0:
        raise DomainError("Un objectif ne peut pas être négatif.", field="amount")
    if amount > MOST:
        raise DomainError(f"Un objectif ne dépasse pas {MOST}.", field="amount")
    if based_on is not None and based_on != (last.version if last else 0):
        raise ObjectiveMoved(_meanwhile(last), field="amount")
    if last is not None and last.amount == amount and not last.provisional:
        raise DomainError("C’est déjà l’objectif en vigueur.", field="amount")


def _meanwhile(last: Objective | None) -> str:
    now = f"il vaut maintenant {last.amount}" if last else "il n’y en a plus"
    return f"Cet objectif a changé pendant ce temps\u00a0: {now}. Vérifiez, puis enregistrez de nouveau."


def _keep(objective: Objective) -> None:
    side, association_id, amount = objective.side.value, objective.association_id, objective.amount
    happened(EventName.OBJECTIVE_DECLARED, association_id=association_id, side=side, amount=amount)
    db.session.add(objective)
    try:
        db.session.flush()
    except IntegrityError as error:
        raise ObjectiveMoved(
            "Cet objectif vient d’être changé par quelqu’un d’autre\u00a0: vérifiez, puis enregistrez de nouveau.",
            field="amount",
        ) from error
    if objective.validated_by is not None:
        journal(JournalAct.OBJECTIVE_CHANGED, detail=f"{association_id} {side} {amount} v{objective.version}")


def _in_force(campaign_id: UUID, side: Side) -> dict[UUID, Objective]:
    """The latest version of every association."""
    query = (
        select(Objective)
        .where(Objective.campaign_id == campaign_id, Objective.side == side)
        .ext(distinct_on(Objective.association_id))
        .order_by(Objective.association_id, Objective.version.desc())
    )
    return {one.association_id: one for one in db.session.scalars(query)}
