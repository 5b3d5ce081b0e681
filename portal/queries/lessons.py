"""What an association's own bounces teach, told so that nobody in them can be recognised.

Once a bounce has taken effect the association no longer sees the request, so the facts are read by the router's role,
read-only, in a scope of its own; they never leave this module. What leaves is a criterion (a whole year, a word of a
closed list, a place no smaller than an intercommunality that three requests share) and counts of three or more.

Only what was offered since the criteria last changed is counted among the bounces. Were all of them judged by whatever
criteria are in force, one child's facts would be told by publishing criteria that leave that child out, reading how the
counts differ, and publishing back.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, func, or_, select

from matching.conditions import (
    AgeTest,
    ChannelTest,
    HoursTest,
    LevelTest,
    MonthsTest,
    NeedTest,
    PublicTest,
    ReferrerTypeTest,
    SituationTest,
    TerritoryTest,
    Test,
)
from matching.criteria import Expression
from matching.lessons import Bounced, Lesson, lessons
from matching.profile import Profile
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.foundation.tenancy import DatabaseRole, Scope, current_scope
from portal.foundation.transactions import acting_as
from portal.models.assignment import TAKEN, Assignment, AssignmentState, BounceReason
from portal.models.bounce import BOUNCES
from portal.models.programme import ProgrammeVersion
from portal.models.referral import Referral, ReferralState
from portal.queries.dry_run import readable

WINDOW = timedelta(days=365)
MOST_READ = 400
LEAST = 3
READER = Scope(DatabaseRole.ROUTER, read_only=True)
ACCEPTED = TAKEN | {AssignmentState.ENDED, AssignmentState.GIVEN_UP}
TEACHING = {reason: bounce.weight for reason, bounce in BOUNCES.items() if bounce.weight > 0}
REMEDIES: Mapping[BounceReason, frozenset[type[Test]]] = {
    BounceReason.AGE_OR_LEVEL: frozenset({AgeTest, LevelTest, SituationTest}),
    BounceReason.TERRITORY: frozenset({TerritoryTest}),
    BounceReason.OTHER_NEED: frozenset({NeedTest, SituationTest, PublicTest}),
    BounceReason.NEEDS_REFERRER: frozenset({ChannelTest, ReferrerTypeTest}),
    BounceReason.TOO_LITTLE_TIME: frozenset({MonthsTest, HoursTest}),
}

Asked = tuple[UUID, Side]


@dataclass(frozen=True)
class Learnt:
    """One suggestion. avoided of `of` bounces for that reason; lost, to_verify: None under three, none included.

    lost: requests accepted that would not have come. to_verify: bounces that would have come to be verified.
    """

    programme_id: UUID
    side: Side
    reason: BounceReason
    criterion: Expression
    avoided: int
    of: int
    lost: int | None
    to_verify: int | None


def learnt(in_force: Mapping[Asked, Expression]) -> list[Learnt]:
    """The best suggestion for each programme, side and reason, the most useful first (association's scope).

    in_force: the criteria of each programme and side that may learn. The last twelve months, and of the bounces only
    those offered under these very criteria.
    """
    association = current_scope().association_id
    if association is None or not in_force:
        return []
    programmes = {programme for programme, _ in in_force}
    changed = _changed(association, programmes)
    with acting_as(READER):
        rows = _answered(association, programmes)
    met: defaultdict[Asked, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        asked = row.programme_id, row.side
        if row.state is not AssignmentState.BOUNCED or asked not in changed or row.offered_at >= changed[asked]:
            met[asked].append(row)
    found = [one for asked, criteria in in_force.items() for one in _of(asked, criteria, met[asked])]
    return sorted(found, key=lambda one: (-one.avoided, one.of, str(one.programme_id), one.side, one.reason))


def _changed(association: UUID, programmes: set[UUID]) -> dict[Asked, datetime]:
    """When criteria last became other than they had been; those that never changed are left out."""
    one = ProgrammeVersion
    before = func.lag(one.criteria).over(partition_by=(one.programme_id, one.side), order_by=one.number)
    versions = (
        select(one.programme_id, one.side, one.created_at, (one.criteria != before).label("other"))
        .where(one.association_id == association, one.programme_id.in_(programmes))
        .subquery()
    )
    query = (
        select(versions.c.programme_id, versions.c.side, func.max(versions.c.created_at))
        .where(versions.c.other)
        .group_by(versions.c.programme_id, versions.c.side)
    )
    return {(programme_id, side): at for programme_id, side, at in db.session.execute(query)}


def _answered(association: UUID, programmes: set[UUID]) -> list[Row[Any]]:
    """Requests accepted, and bounces that have taken effect for a reason that teaches; erased ones are left out.

    The newest MOST_READ of each kind, programme by programme, so that a suggestion is the same wherever it is told.
    """
    bounced = and_(
        Assignment.state == AssignmentState.BOUNCED,
        Assignment.closed_at.is_not(None),
        Assignment.bounce_reason.in_(TEACHING),
    )
    newest = func.row_number().over(
        partition_by=(Assignment.programme_id, Assignment.side, Assignment.state == AssignmentState.BOUNCED),
        order_by=(Assignment.offered_at.desc(), Assignment.id.desc()),
    )
    met = (
        select(
            Assignment.programme_id,
            Assignment.side,
            Assignment.state,
            Assignment.bounce_reason,
            Assignment.offered_at,
            Assignment.referral_id,
            newest.label("newest"),
        )
        .where(
            Assignment.association_id == association,
            Assignment.programme_id.in_(programmes),
            Assignment.offered_at > clock.now() - WINDOW,
            or_(bounced, Assignment.state.in_(ACCEPTED)),
        )
        .subquery()
    )
    query = (
        select(met.c.programme_id, met.c.side, met.c.state, met.c.bounce_reason, met.c.offered_at, Referral.profile)
        .join(Referral, Referral.id == met.c.referral_id)
        .where(met.c.newest <= MOST_READ, Referral.state != ReferralState.ANONYMISED)
        .order_by(met.c.programme_id, met.c.side, met.c.newest)
    )
    return list(db.session.execute(query))


def _of(asked: Asked, criteria: Expression, rows: Iterable[Row[Any]]) -> Iterable[Learnt]:
    by_reason: defaultdict[BounceReason | None, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        by_reason[row.bounce_reason if row.state is AssignmentState.BOUNCED else None].append(row)
    taken, reasons = by_reason.pop(None, []), [one for one, its in by_reason.items() if one and len(its) >= LEAST]
    accepted = _profiles(taken) if reasons and len(taken) >= LEAST else []
    for reason in reasons if accepted else []:
        bounced = [Bounced(profile, TEACHING[reason]) for profile in _profiles(by_reason[reason])]
        for lesson in lessons(criteria, bounced, accepted, REMEDIES[reason])[:1]:
            yield _told(asked, reason, lesson)


def _profiles(rows: Iterable[Row[Any]]) -> list[Profile]:
    found = (readable(row.profile) for row in rows)
    return [profile for profile in found if profile is not None]


def _told(asked: Asked, reason: BounceReason, lesson: Lesson) -> Learnt:
    programme_id, side = asked
    lost, unsure = (count if count >= LEAST else None for count in (lesson.lost, lesson.unsure))
    return Learnt(programme_id, side, reason, lesson.criterion, lesson.avoided, lesson.of, lost, unsure)
