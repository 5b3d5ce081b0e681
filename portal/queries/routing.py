"""What routing asks: what a batch ranks on, who waits, who was already tried."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from flask import current_app
from sqlalchemy import (
    ColumnClause,
    Integer,
    Row,
    ScalarSelect,
    Select,
    bindparam,
    exists,
    func,
    literal_column,
    select,
    table,
    text,
    tuple_,
    union_all,
)

from matching.decision import Placed
from matching.ranking import Opening
from matching.router import Router
from matching.standing import Standing
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.campaign import Campaign
from portal.models.referral import Referral, ReferralState, UnroutableWhy
from portal.models.routing import StandingDelta
from portal.queries.catalogue import router_of
from portal.queries.standing import CapacityKey, standing_of

Cursor = tuple[datetime, UUID]
Boards = dict[Side, tuple["Stamp", "Board"]]

# All that a board is read from: what associations, staff and other jobs declare, then the sums, a batch's own.
DECLARED = (
    "association",
    "programme",
    "programme_version",
    "capacity",
    "objective",
    "outside_count",
    "campaign",
    "routing_policy",
    "projected_level",
)
SUMS = ("association_standing", "programme_standing", "capacity_use")
ROW_VERSION: tuple[ColumnClause[Any], ...] = (
    literal_column("tableoid"),
    literal_column("ctid"),
    literal_column("xmin"),
)


def _versions_of(names: Iterable[str]) -> ScalarSelect[Any]:
    """One number for all the row versions of these tables."""
    rows = union_all(*(select(*ROW_VERSION).select_from(table(name)) for name in names)).subquery()
    return select(func.sum(func.hashtextextended(func.concat_ws(" ", *rows.columns), 0))).scalar_subquery()


STAMP = select(_versions_of(DECLARED).label("declared"), _versions_of(SUMS).label("sums"))
TRIED = text(
    "SELECT referral_id, association_id FROM assignment WHERE referral_id = ANY(CAST(:referrals AS uuid[]))"
    " ORDER BY offered_at, id"
)
ANYTHING_WAITING = select(
    exists().where(Referral.side == bindparam("side"), Referral.state == literal_column("'to_route'"))
    | exists().where(StandingDelta.side == bindparam("side"))
)


class Stamp(NamedTuple):
    """Another one as soon as any row is: a row version has its place and its transaction for itself."""

    day: date
    declared: object
    sums: object


@dataclass(frozen=True)
class Board:
    """All that a batch ranks on. capacity_ids: by association, programme (None: shared) and place.

    campaign_id is None outside any campaign: then nothing is open.
    """

    side: Side
    campaign_id: UUID | None
    router: Router
    standing: Standing
    capacity_ids: Mapping[CapacityKey, UUID]

    def capacity_of(self, offer: Opening | Placed) -> UUID:
        """The capacity row an offer draws on."""
        own = offer.programme if self.standing.programme(offer.programme).places else None
        return self.capacity_ids[offer.association, own, offer.place]


def board_of(side: Side) -> Board:
    """What is in force for a side at this moment."""
    router = router_of(side)
    campaign_id = current_campaign()
    if campaign_id is None:
        return Board(side, None, router, Standing(), {})
    return Board(side, campaign_id, router, *standing_of(side, campaign_id))


def current_campaign() -> UUID | None:
    today = clock.today()
    query = select(Campaign.id).where(Campaign.starts_on <= today, Campaign.ends_on >= today)
    return db.session.scalar(query.order_by(Campaign.starts_on))


def kept_board(side: Side) -> Board:
    """As board_of, which is only asked again when anything it read has changed (router's scope, under OPENINGS)."""
    stamp = _stamp()
    stamped: Boards = current_app.extensions.setdefault("boards", {})
    if side not in stamped or stamped[side][0] != stamp:
        stamped[side] = (stamp, board_of(side))
    return stamped[side][1]


def keep_board(board: Board, standing: Standing) -> None:
    """The board as our own batch leaves it, all of it written. Should that be rolled back, its stamp is never met.

    Only the sums are stamped anew, which nobody else writes meanwhile: what others have declared since the batch began,
    and a day that began since, are not on this board.
    """
    stamped: Boards = current_app.extensions["boards"]
    stamped[board.side] = stamped[board.side][0]._replace(sums=_stamp().sums), replace(board, standing=standing)


def _stamp() -> Stamp:
    found = db.session.connection().execute(STAMP).one()
    return Stamp(clock.today(), found.declared, found.sums)


def waiting(side: Side, state: ReferralState, limit: int, after: Cursor | None = None) -> list[Row[Any]]:
    """Requests in that state, first received first, locked until the transaction ends.

    Those that somebody is changing at this very moment (a withdrawal) are left out, and so are those without a
    solution that were handed to staff.
    """
    asked = {"side": side, "limit": limit}
    if after is not None:
        asked |= {"received_at": after[0], "id": after[1]}
    return list(db.session.connection().execute(_waiting(state, first=after is None), asked))


@cache
def _waiting(state: ReferralState, *, first: bool) -> Select[Any]:
    """Made once: making it takes as long as running it."""
    columns = (Referral.id, Referral.number, Referral.version, Referral.profile, Referral.hops, Referral.received_at)
    query = (
        select(*columns)
        .where(Referral.side == bindparam("side"), Referral.state == literal_column(f"'{state}'"))
        .order_by(Referral.received_at, Referral.id)
        .limit(bindparam("limit", type_=Integer))
        .with_for_update(skip_locked=True, key_share=True)
    )
    if state is ReferralState.UNROUTABLE:
        query = query.where(Referral.unroutable_why.in_([UnroutableWhy.NONE, UnroutableWhy.EXHAUSTED]))
    if first:
        return query
    return query.where(tuple_(Referral.received_at, Referral.id) > tuple_(bindparam("received_at"), bindparam("id")))


def anything_waiting(side: Side) -> bool:
    """Whether there is work for the drainer: requests to route, or answers whose sums are not folded in yet."""
    return bool(db.session.connection().scalar(ANYTHING_WAITING, {"side": side}))


def tried_by(referral_ids: Iterable[UUID]) -> dict[UUID, frozenset[str]]:
    """The associations each request was ever offered to."""
    found: dict[UUID, set[str]] = defaultdict(set)
    for referral_id, association_id in db.session.connection().execute(TRIED, {"referrals": list(referral_ids)}):
        found[referral_id].add(str(association_id))
    return {referral_id: frozenset(associations) for referral_id, associations in found.items()}
