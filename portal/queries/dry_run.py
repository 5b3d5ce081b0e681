"""What the next drain would do if a programme's criteria were others: the engine itself, on what waits, kept nowhere.

Read by the router's role, read-only. The order is the drainer's: those without a place, those without a solution, then
those still to route; answers not yet folded into the sums are counted as the drainer would.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from matching.criteria import Expression
from matching.decision import Placed
from matching.profile import Profile
from matching.programme import Catalogue, Period
from matching.programme import Programme as Candidate
from matching.reading import InvalidInputError
from matching.router import Router
from matching.standing import AssociationStanding, Places, ProgrammeStanding, Standing
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.association import Association
from portal.models.programme import Programme
from portal.models.referral import Referral, ReferralState, UnroutableWhy
from portal.models.routing import StandingDelta
from portal.queries.routing import Board, board_of, tried_by
from portal.queries.standing import CapacityKey

MOST_WAITING = 3_000
LOOKED_AT_AGAIN = (UnroutableWhy.NONE, UnroutableWhy.EXHAUSTED)


@dataclass(frozen=True)
class DryRun:
    """What would come to the association. seen: how many wait; more: whether others wait beyond those looked at."""

    placed: tuple[Placed, ...]
    seen: int
    more: bool
    standing: Standing


def dry_run(programme_id: UUID, side: Side, criteria: Expression) -> DryRun:
    """The drain that would follow the publication of these criteria (router's scope, read-only)."""
    board = board_of(side)
    own = own_candidate(programme_id, side)
    router = Router(with_criteria(board.router.catalogue, own, criteria), board.router.policy)
    waiting = _waiting(side)
    looked_at = waiting[:MOST_WAITING]
    standing = with_answers(board, _answers(side))
    tried = tried_by(row.id for row in looked_at)
    placed = tuple(_placed(router, standing, looked_at, tried))
    ours = tuple(one for one in placed if one.association == own.association)
    after = standing
    for one in ours:
        after = after.after(one, one.at)
    return DryRun(ours, len(looked_at), len(waiting) > MOST_WAITING, after)


def _placed(
    router: Router, standing: Standing, waiting: Iterable[Row[Any]], tried: Mapping[UUID, frozenset[str]]
) -> Iterator[Placed]:
    start = clock.now().astimezone(clock.PARIS)
    for order, referral in enumerate(waiting):
        profile = readable(referral.profile)
        if profile is None:
            continue
        at = start + timedelta(microseconds=order)
        decision = router.route(profile, standing, tried.get(referral.id, ()), at)
        if isinstance(decision, Placed):
            standing = standing.after(decision, at)
            yield decision


def readable(facts: object) -> Profile | None:
    try:
        return Profile.from_json(facts)
    except InvalidInputError:
        return None


def own_candidate(programme_id: UUID, side: Side) -> Candidate:
    """The programme as it would enter the catalogue, whatever its criteria."""
    query = (
        select(Programme, Association)
        .join(Association, Association.id == Programme.association_id)
        .where(Programme.id == programme_id)
    )
    own, its = db.session.execute(query).one()
    pauses = ((own.paused_from, own.paused_until), (its.paused_from, its.paused_until))
    window = (own.intake_from, own.intake_until)
    return Candidate(
        id=str(own.id),
        association=str(its.id),
        side=side,
        name=own.name,
        pauses=tuple(Period(start, end) for start, end in pauses if start),
        intake=Period(*window) if any(window) else None,
    )


def with_criteria(catalogue: Catalogue, own: Candidate, criteria: Expression) -> Catalogue:
    """The catalogue with the programme asking this: as it stands in it, or as it would enter it."""
    known = catalogue.programme(own.id) if own.id in catalogue.positions else own
    others = (one for one in catalogue.programmes if one.id != own.id)
    return Catalogue.of(catalogue.side, [*others, replace(known, criteria=criteria)], catalogue.names)


def _waiting(side: Side) -> list[Row[Any]]:
    """One more than are looked at, in the drainer's order."""
    order = (ReferralState.WAITLISTED, ReferralState.UNROUTABLE, ReferralState.TO_ROUTE)
    found: list[Row[Any]] = []
    for state in order:
        within = (Referral.unroutable_why.in_(LOOKED_AT_AGAIN),) if state is ReferralState.UNROUTABLE else ()
        query = (
            select(Referral.id, Referral.profile)
            .where(Referral.side == side, Referral.state == state, *within)
            .order_by(Referral.received_at, Referral.id)
            .limit(MOST_WAITING + 1)
        )
        found.extend(db.session.execute(query))
    return found[: MOST_WAITING + 1]


def _answers(side: Side) -> list[Row[Any]]:
    query = (
        select(
            StandingDelta.association_id,
            StandingDelta.programme_id,
            StandingDelta.capacity_id,
            StandingDelta.campaign_id,
            StandingDelta.amount,
        )
        .where(StandingDelta.side == side)
        .order_by(StandingDelta.id)
    )
    return list(db.session.execute(query))


def with_answers(board: Board, answers: Iterable[Row[Any]]) -> Standing:
    """The standing once these answers are folded in."""
    associations, programmes = dict(board.standing.associations), dict(board.standing.programmes)
    rows = {identifier: key for key, identifier in board.capacity_ids.items()}
    for answer in answers:
        if answer.campaign_id != board.campaign_id:
            continue
        its, own = str(answer.association_id), str(answer.programme_id)
        key, amount = rows.get(answer.capacity_id), answer.amount
        shared = associations.get(its, AssociationStanding())
        alone = programmes.get(own, ProgrammeStanding())
        associations[its] = replace(
            shared, committed=shared.committed + amount, places=_freed(shared.places, key, None, amount)
        )
        programmes[own] = replace(
            alone, committed=alone.committed + amount, places=_freed(alone.places, key, own, amount)
        )
    return Standing(associations, programmes)


def _freed(
    rows: Mapping[str, Places], key: CapacityKey | None, holder: str | None, amount: int
) -> Mapping[str, Places]:
    """The rows with this one's use changed, when it is theirs."""
    if key is None or key[1] != holder or key[2] not in rows:
        return rows
    row = rows[key[2]]
    return {**rows, key[2]: row._replace(taken=row.taken + amount)}
