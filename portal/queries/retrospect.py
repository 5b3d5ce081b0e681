"""The last weeks lived again under other criteria: stored decisions run once more, one programme's criteria replaced."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import itemgetter
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Row, select

from matching.criteria import Expression
from matching.decision import Outcome, Placed
from matching.index import Index, Outcomes
from matching.openings import opening_of, places_nearest_first
from matching.profile import Profile
from matching.programme import Catalogue
from matching.programme import Programme as Candidate
from matching.ranking import Policy
from matching.reading import InvalidInputError
from matching.router import Router
from matching.standing import AssociationStanding, Places, ProgrammeStanding, Standing
from matching.storing import ReplayError, unpack
from matching.vocabulary import Side
from portal.foundation.extensions import db
from portal.models.assignment import Assignment, AssignmentState
from portal.models.routing import RoutingCatalogue, RoutingDecision
from portal.queries.dry_run import own_candidate, with_criteria
from portal.queries.routing import board_of

RELEASED = frozenset(
    {AssignmentState.BOUNCED, AssignmentState.EXPIRED, AssignmentState.WITHDRAWN, AssignmentState.GIVEN_UP}
)
Current = Expression | None
Move = tuple[datetime, int, str, str]
Fit = tuple[Profile, Outcomes]
S = TypeVar("S", AssociationStanding, ProgrammeStanding)
EVERYBODY, NOBODY = "*", ""

MOST_KEPT = 32
_kept: dict[UUID, Catalogue] = {}


@dataclass
class Changes:
    """What would have differed. come, leave: offers to the association; stranded: come that had found no place.

    held: numbers of its own requests among leave.
    """

    come: int = 0
    leave: int = 0
    stranded: int = 0
    held: tuple[str, ...] = ()


@dataclass
class Past:
    """The association's own standing at a moment: today's, less the offers since and plus those come to nothing.

    Used where no stored decision tells it; places and objective are then today's. moves: (when, +1 offered or -1 come to nothing, programme, place), in order.
    net: how many more (or fewer) the draft has already brought, by row of capacity.
    """

    standing: Standing
    own: Candidate
    moves: Sequence[Move]
    net: Counter[str] = field(default_factory=Counter)

    def at(self, moment: datetime, stored: Standing, net: Mapping[str, int]) -> Standing:
        """What a decision kept, with the association's own standing in it; net: places more taken than were.

        Its own part is the stored one when that decision looked at it: before and after must rest on the same figures.
        """
        since = self.moves[bisect_right(self.moves, moment, key=itemgetter(0)) :]
        association, programme = self.own.association, self.own.id
        its = stored.associations.get(association)
        if its is None:
            its = _changed(self.standing.association(association), _undone(since))
        own = stored.programmes.get(programme)
        if own is None:
            own = _changed(self.standing.programme(programme), _undone(move for move in since if move[2] == programme))
        return Standing(
            {**stored.associations, association: _changed(its, net)},
            {**stored.programmes, programme: _changed(own, net)},
        )

    def has_room(self, moment: datetime, profile: Profile, fits: Outcomes) -> bool:
        """Whether the draft would have had a place for this person then; fits: its only column."""
        here, remote = bool(fits.in_person_possible), bool(fits.remote_possible)
        if not here and not remote:
            return False
        standing = self.at(moment, Standing(), self.net)
        return bool(opening_of(self.own, standing, places_nearest_first(profile), in_person=here, remote=remote))

    def ours(self, outcome: Outcome | None) -> Placed | None:
        return outcome if isinstance(outcome, Placed) and outcome.association == self.own.association else None


def _changed(its: S, change: Mapping[str, int]) -> S:
    committed = max(its.committed + sum(change.values()), 0)
    return replace(its, committed=committed, places=_used(its.places, change))


def _undone(moves: Iterable[Move]) -> Counter[str]:
    undone: Counter[str] = Counter()
    for _, amount, _, place in moves:
        undone[place] -= amount
    return undone


def _used(rows: Mapping[str, Places], change: Mapping[str, int]) -> Mapping[str, Places]:
    return {place: row._replace(taken=max(row.taken + change.get(place, 0), 0)) for place, row in rows.items()}


def changes_since(
    programme_id: UUID, side: Side, since: datetime, fits: Mapping[UUID, Fit], draft: Expression, current: Current
) -> Changes:
    """The decisions on these requests run again under both criteria, oldest first (router's scope, read-only).

    fits: the facts of each request that the draft treats otherwise, and how it fits them. Requests oriented by hand
    are left as they went.
    """
    board, own = board_of(side), own_candidate(programme_id, side)
    offered = _offered(UUID(own.association), board.campaign_id, side, since)
    numbers = {row.referral_id: row.referral_number for row in offered}
    rows = _decisions(fits, since)
    catalogues = _catalogues({row.catalogue_id for row in rows})
    again = Again(Past(board.standing, own, _moves(offered, since)), draft, current, catalogues, fits, numbers)
    settled: set[UUID] = set()
    for row in rows:
        if row.referral_id not in settled and again.differs(row):
            settled.add(row.referral_id)
    return again.changes


@dataclass
class Again:
    """Runs stored decisions under the criteria in force and under the draft; compiles each catalogue once.

    numbers: of the requests the association was really offered.
    """

    past: Past
    draft: Expression
    current: Current
    catalogues: Mapping[UUID, Catalogue]
    fits: Mapping[UUID, Fit]
    numbers: Mapping[UUID, str]
    changes: Changes = field(default_factory=Changes)
    routers: dict[tuple[UUID, bool, str, Policy], Router] = field(default_factory=dict)
    indexes: dict[UUID, Index] = field(default_factory=dict)

    def differs(self, row: Row[Any]) -> bool:
        """Count the request when it would have come, or not, against what was."""
        outcomes = self._run(row)
        if outcomes is None:
            return False
        changes, (before, after) = self.changes, (self.past.ours(outcome) for outcome in outcomes)
        if after and not before:
            changes.come += 1
            changes.stranded += not isinstance(outcomes[0], Placed)
            self.past.net[after.place] += 1
        elif before and not after:
            changes.leave += 1
            changes.held += (self.numbers[row.referral_id],) if row.referral_id in self.numbers else ()
            self.past.net[before.place] -= 1
        return bool(before) is not bool(after)

    def _run(self, row: Row[Any]) -> tuple[Outcome, Outcome] | None:
        """Before and after; None when nothing can differ, or the decision can no longer be read."""
        catalogue, (profile, fits) = self.catalogues.get(row.catalogue_id), self.fits[row.referral_id]
        if catalogue is None or self._nothing_differs(row, catalogue, profile, fits):
            return None
        try:
            stored = unpack(row.packed, catalogue)
        except ReplayError:
            return None
        before = self._before(row.catalogue_id, stored, profile)
        router = self._router(row.catalogue_id, stored, self.draft, self._rivals(before))
        standing = self.past.at(stored.at, stored.standing, self.past.net)
        return before, router.route(profile, standing, stored.tried, stored.at)

    def _nothing_differs(self, row: Row[Any], catalogue: Catalogue, profile: Profile, fits: Outcomes) -> bool:
        """No programme of the association fitted it then, and the draft would have had no place for it."""
        if row.referral_id in self.numbers or not self._as_now(catalogue):
            return False
        if self._own_index(row.catalogue_id, catalogue).outcomes(profile).possible:
            return False
        return not self.past.has_room(row.decided_at, profile, fits)

    def _own_index(self, key: UUID, catalogue: Catalogue) -> Index:
        """What the association's own programmes asked in that catalogue."""
        if key not in self.indexes:
            mine = (one for one in catalogue.programmes if one.association == self.past.own.association)
            self.indexes[key] = Index(Catalogue.of(catalogue.side, mine))
        return self.indexes[key]

    def _before(self, key: UUID, stored: Outcome, profile: Profile) -> Outcome:
        """What was decided, or would have been under the criteria in force today."""
        if self.current is None or self._as_now(stored.catalogue):
            return stored
        router = self._router(key, stored, self.current, EVERYBODY)
        return router.route(profile, self.past.at(stored.at, stored.standing, {}), stored.tried, stored.at)

    def _as_now(self, catalogue: Catalogue) -> bool:
        """Whether that catalogue already held the criteria in force."""
        own = self.past.own.id
        if own not in catalogue.positions:
            return self.current is None
        return catalogue.programme(own).criteria == self.current

    def _rivals(self, before: Outcome) -> str:
        """Against whom the draft stands: the one association chosen, since ARM ranks the others below it."""
        if self.past.ours(before):
            return EVERYBODY
        return before.association if isinstance(before, Placed) else NOBODY

    def _router(self, key: UUID, stored: Outcome, criteria: Expression, rivals: str) -> Router:
        asked = (key, criteria is self.draft, rivals, stored.policy)
        if asked not in self.routers:
            whole = with_criteria(stored.catalogue, self.past.own, criteria)
            kept = {rivals, self.past.own.association}
            among = (one for one in whole.programmes if rivals == EVERYBODY or one.association in kept)
            self.routers[asked] = Router(Catalogue.of(whole.side, among, whole.names), stored.policy)
        return self.routers[asked]


def _decisions(referral_ids: Iterable[UUID], since: datetime) -> list[Row[Any]]:
    query = (
        select(
            RoutingDecision.referral_id,
            RoutingDecision.catalogue_id,
            RoutingDecision.decided_at,
            RoutingDecision.packed,
        )
        .where(
            RoutingDecision.referral_id.in_(list(referral_ids)),
            RoutingDecision.decided_at > since,
            RoutingDecision.orienter_id.is_(None),
        )
        .order_by(RoutingDecision.decided_at, RoutingDecision.id)
    )
    return list(db.session.execute(query))


def _catalogues(wanted: set[UUID]) -> dict[UUID, Catalogue]:
    """Catalogues are never updated: each is read once a process, all those missing in one statement."""
    missing = wanted - _kept.keys()
    query = select(RoutingCatalogue.id, RoutingCatalogue.programmes).where(RoutingCatalogue.id.in_(missing))
    for row in db.session.execute(query.order_by(RoutingCatalogue.id)):
        try:
            _kept[row.id] = Catalogue.from_json(row.programmes)
        except InvalidInputError:
            continue
    found = {key: _kept[key] for key in wanted if key in _kept}
    while len(_kept) > MOST_KEPT:
        _kept.pop(next(iter(_kept)))
    return found


def _offered(association_id: UUID, campaign_id: UUID | None, side: Side, since: datetime) -> list[Row[Any]]:
    """What was offered to the association since then, or came to an end since then."""
    query = (
        select(
            Assignment.referral_id,
            Assignment.referral_number,
            Assignment.programme_id,
            Assignment.place,
            Assignment.state,
            Assignment.offered_at,
            Assignment.closed_at,
        )
        .where(
            Assignment.association_id == association_id,
            Assignment.campaign_id == campaign_id,
            Assignment.side == side,
            (Assignment.offered_at > since) | (Assignment.closed_at > since),
        )
        .order_by(Assignment.offered_at, Assignment.id)
    )
    return list(db.session.execute(query))


def _moves(offered: Iterable[Row[Any]], since: datetime) -> list[Move]:
    found: list[Move] = []
    for row in offered:
        if row.offered_at > since:
            found.append((row.offered_at, 1, str(row.programme_id), row.place))
        if row.state in RELEASED and row.closed_at and row.closed_at > since:
            found.append((row.closed_at, -1, str(row.programme_id), row.place))
    return sorted(found)
