"""The trial of criteria: what others would have changed over the last 30 days, and who would come now.

The association's own role sees nobody else's request, so all of it is read by the router's role, read-only, in a scope
of its own; only counts leave this module, and the numbers of requests the association already holds. The counts are
exact: `trial_told` says what of them an association reads.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from matching.criteria import All, Expression
from matching.index import Index, Outcomes
from matching.profile import Profile
from matching.programme import Catalogue
from matching.programme import Programme as Candidate
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.errors import Hidden
from portal.foundation.extensions import db
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as
from portal.models.programme import Programme
from portal.models.referral import Referral, ReferralState
from portal.queries.catalogue import place_name
from portal.queries.dry_run import DryRun, dry_run, readable
from portal.queries.retrospect import Changes, changes_since

WINDOW = timedelta(days=30)
MOST_RECENT = 5_000
MOST_NAMED = 5
UNCONFIRMED = (ReferralState.AWAITING_CONSENT, ReferralState.ANONYMISED)
READER = Scope(DatabaseRole.ROUTER, read_only=True)
NOWHERE = Outcomes(0, 0, 0, 0)


@dataclass(frozen=True)
class Fits:
    """How many requests criteria fit."""

    certain: int = 0
    to_verify: int = 0

    @property
    def all(self) -> int:
        return self.certain + self.to_verify


@dataclass(frozen=True)
class Source:
    """Where gains come from."""

    name: str
    count: int


@dataclass(frozen=True)
class Trial:
    """A draft beside the criteria in force.

    looked_at: requests received since then; all of them unless partial. left: how many remain after each clause of
    the draft. gained, lost: requests that would fit, and no longer. come, leave: that would have been offered to the
    association, and not; stranded: how many of come had found no place then. held: numbers of its own requests among
    leave. waiting: requests that wait and would come now; places_left: what would then be free where they would
    come, None when it never runs out or nothing would come.
    """

    since: datetime
    looked_at: int
    partial: bool
    before: Fits
    after: Fits
    left: tuple[int, ...]
    gained: int = 0
    lost: int = 0
    come: int = 0
    leave: int = 0
    stranded: int = 0
    held: tuple[str, ...] = ()
    territories: tuple[Source, ...] = ()
    levels: tuple[Source, ...] = ()
    changed: bool = False
    waiting: int = 0
    waiting_seen: int = 0
    waiting_partial: bool = False
    places_left: int | None = None


@dataclass(frozen=True)
class Met:
    """A recent request, and how the criteria in force and the draft fit it."""

    id: UUID
    number: str
    profile: Profile
    before: Outcomes
    after: Outcomes

    @property
    def changed(self) -> bool:
        return self.before != self.after


def try_criteria(programme_id: UUID, side: Side, draft: Expression, current: Expression | None) -> Trial:
    """The draft beside the criteria in force (None: there are none yet). Raises Hidden for another's programme."""
    if db.session.get(Programme, programme_id) is None:
        raise Hidden
    since = clock.now() - WINDOW
    with acting_as(READER):
        rows = _recent(side, since)
        met = judged(rows[:MOST_RECENT], side, draft, current)
        left = _left(met, side, draft)
        if draft == current:
            return Trial(since, len(met), len(rows) > MOST_RECENT, _fits(met, 0), _fits(met, 1), left)
        fits = {one.id: (one.profile, one.after) for one in met if one.changed}
        past = changes_since(programme_id, side, since, fits, draft, current)
        coming = dry_run(programme_id, side, draft)
    return _trial(since, len(rows) > MOST_RECENT, met, left, past, coming)


def _recent(side: Side, since: datetime) -> list[Row[Any]]:
    """Confirmed requests received since then, not erased meanwhile, newest first: one more than are looked at."""
    query = (
        select(Referral.id, Referral.number, Referral.profile)
        .where(Referral.side == side, Referral.received_at > since, Referral.state.not_in(UNCONFIRMED))
        .order_by(Referral.received_at.desc(), Referral.id.desc())
        .limit(MOST_RECENT + 1)
    )
    return list(db.session.execute(query))


def judged(rows: Iterable[Row[Any]], side: Side, draft: Expression, current: Expression | None) -> list[Met]:
    """Each request under both criteria."""
    before = _index(side, [current]) if current is not None else None
    after = _index(side, [draft])
    found = []
    for row in rows:
        profile = readable(row.profile)
        if profile is not None:
            was = before.outcomes(profile) if before else NOWHERE
            found.append(Met(row.id, row.number, profile, was, after.outcomes(profile)))
    return found


def _index(side: Side, expressions: Iterable[Expression]) -> Index:
    return Index(Catalogue.of(side, [Candidate(f"{at:03}", "a", side, one) for at, one in enumerate(expressions)]))


def _left(met: Iterable[Met], side: Side, draft: Expression) -> tuple[int, ...]:
    """How many remain after the first clause, the first two, and so on."""
    if not isinstance(draft, All) or not draft.parts:
        return ()
    index = _index(side, [All(draft.parts[: at + 1]) for at in range(len(draft.parts))])
    count: Counter[int] = Counter()
    for mask, times in Counter(index.outcomes(one.profile).possible for one in met).items():
        for at in range(len(draft.parts)):
            count[at] += times * (mask >> at & 1)
    return tuple(count[at] for at in range(len(draft.parts)))


def _fits(met: Iterable[Met], which: int) -> Fits:
    outcomes = [(one.before, one.after)[which] for one in met]
    certain = sum(1 for each in outcomes if each.certain)
    return Fits(certain, sum(1 for each in outcomes if each.possible) - certain)


def _trial(
    since: datetime, partial: bool, met: list[Met], left: tuple[int, ...], past: Changes, coming: DryRun
) -> Trial:
    gained = [one for one in met if one.after.possible and not one.before.possible]
    return Trial(
        since=since,
        looked_at=len(met),
        partial=partial,
        before=_fits(met, 0),
        after=_fits(met, 1),
        left=left,
        gained=len(gained),
        lost=sum(1 for one in met if one.before.possible and not one.after.possible),
        come=past.come,
        leave=past.leave,
        stranded=past.stranded,
        held=tuple(sorted(past.held)),
        territories=_sources(_departement(one.profile) for one in gained),
        levels=_sources(one.profile.level.label if one.profile.level else "niveau inconnu" for one in gained),
        changed=True,
        waiting=len(coming.placed),
        waiting_seen=coming.seen,
        waiting_partial=coming.more,
        places_left=_places_left(coming),
    )


def _departement(profile: Profile) -> str:
    found = (place for place in sorted(profile.places or ()) if place.startswith("departement:"))
    return next((place_name(place) for place in found), "lieu inconnu")


def _sources(names: Iterable[str]) -> tuple[Source, ...]:
    """The largest first."""
    return tuple(Source(name, count) for name, count in Counter(names).most_common(MOST_NAMED))


def _places_left(coming: DryRun) -> int | None:
    rows = {
        (one.programme if coming.standing.programme(one.programme).places else one.association, one.place): one
        for one in coming.placed
    }
    places = [coming.standing.rows(one.association, one.programme)[one.place] for one in rows.values()]
    if not places or any(row.or_more for row in places):
        return None
    return sum(max(row.declared - row.taken, 0) for row in places)
