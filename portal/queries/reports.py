"""Everything the monthly report of an association and the board's report are made of, read in a few statements."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.assignment import TAKEN, TO_ANSWER, Assignment, AssignmentState
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.company import Company, Lead, LeadState
from portal.models.programme import Programme
from portal.models.referral import Referral, ReferralState
from portal.queries.figures import Figures, Period, Tally, association_figures, network_delays, network_figures
from portal.queries.figures_live import Waiting, waiting_now
from portal.queries.objectives import ObjectiveLine, median_attainment, objective_lines

AnySelect = Select[*tuple[Any, ...]]
WEEKS_TOLD = timedelta(weeks=13)
ACCEPTED = TAKEN | {AssignmentState.ENDED, AssignmentState.GIVEN_UP}
STUCK = (ReferralState.WAITLISTED, ReferralState.UNROUTABLE)


@dataclass(frozen=True)
class ProgrammeLine:
    """What became of the requests offered to a programme in the period, as it stands now."""

    name: str
    side: Side
    offered: int
    accepted: int
    bounced: int
    waiting: int


@dataclass(frozen=True)
class AssociationMonth:
    """One association's month. trend: the thirteen weeks up to its end; network: everyone's delays, its own included."""

    name: str
    month: date
    period: Period
    figures: Figures
    trend: Figures
    network: Mapping[Side, Tally]
    campaign: str
    objectives: Mapping[Side, ObjectiveLine]
    programmes: tuple[ProgrammeLine, ...]


@dataclass(frozen=True)
class Standings:
    """Where every association is with its objective on one side. median: of their attainments."""

    lines: tuple[ObjectiveLine, ...]
    median: float | None


@dataclass(frozen=True)
class Stuck:
    """Requests that nobody can take now, in one département ("" unknown): no place, and no solution."""

    departement: str
    waitlisted: int
    unroutable: int


@dataclass(frozen=True)
class BoardPeriod:
    """The whole network over a period. What waits and the objectives are those of the day it is drawn."""

    period: Period
    figures: Figures
    waiting: Mapping[Side, Waiting]
    campaign: str
    standings: Mapping[Side, Standings]
    stuck: Mapping[Side, tuple[Stuck, ...]]
    leads: Mapping[LeadState, int]
    leads_received: int
    volunteers: tuple[tuple[str, int], ...]


def association_month(association_id: UUID, month: date) -> AssociationMonth:
    """month: its first day. A month that has begun is told up to today."""
    today = clock.today()
    following = (month + timedelta(days=31)).replace(day=1)
    period = Period(month, max(month, min(following - timedelta(days=1), today)))
    own = db.session.scalars(select(Association).where(Association.id == association_id)).one()
    campaign = campaign_on(today)
    lines = {side: objective_lines(campaign.id, side, association_id) for side in Side} if campaign else {}
    return AssociationMonth(
        name=own.name,
        month=month,
        period=period,
        figures=association_figures(association_id, period),
        trend=association_figures(association_id, Period(period.last - WEEKS_TOLD, period.last)),
        network=network_delays(period),
        campaign=campaign.name if campaign else "",
        objectives={side: found[0] for side, found in lines.items() if found},
        programmes=tuple(_programmes(association_id, period)),
    )


def campaign_on(day: date) -> Campaign | None:
    return db.session.scalar(select(Campaign).where(Campaign.starts_on <= day, Campaign.ends_on >= day))


def _programmes(association_id: UUID, period: Period) -> list[ProgrammeLine]:
    start, end = period.instants
    state = Assignment.state
    query: AnySelect = (
        select(
            Programme.name,
            Assignment.side,
            func.count(),
            func.count().filter(state.in_(ACCEPTED)),
            func.count().filter(state == AssignmentState.BOUNCED),
            func.count().filter(state.in_(TO_ANSWER)),
        )
        .join(Programme, Programme.id == Assignment.programme_id)
        .where(Assignment.association_id == association_id, Assignment.offered_at >= start, Assignment.offered_at < end)
        .group_by(Programme.id, Programme.name, Assignment.side)
        .order_by(Assignment.side, Programme.name, Programme.id)
    )
    return [ProgrammeLine(*row) for row in db.session.execute(query)]


def board_period(period: Period) -> BoardPeriod:
    """Staff's sight. Raises nothing for a period without anything in it: its figures are zeros."""
    campaign = campaign_on(clock.today())
    return BoardPeriod(
        period=period,
        figures=network_figures(period),
        waiting=waiting_now(),
        campaign=campaign.name if campaign else "",
        standings={side: _standings(campaign.id, side) for side in Side} if campaign else {},
        stuck=_stuck(),
        leads=_leads(),
        leads_received=_leads_received(period),
        volunteers=tuple(_volunteers()),
    )


def _standings(campaign_id: UUID, side: Side) -> Standings:
    """Those that have an objective, or took somebody; the furthest on first."""
    lines = [line for line in objective_lines(campaign_id, side) if line.objective or line.committed]
    lines.sort(key=lambda line: (line.attainment is None, -(line.attainment or 0), line.name.casefold()))
    median = median_attainment(lines)
    return Standings(tuple(lines), None if median is None else float(median))


def _stuck() -> dict[Side, tuple[Stuck, ...]]:
    """Most of them first."""
    waitlisted, unroutable = (func.count().filter(Referral.state == state) for state in STUCK)
    query: AnySelect = (
        select(Referral.side, func.coalesce(Referral.departement, "").label("departement"), waitlisted, unroutable)
        .where(Referral.state.in_(STUCK))
        .group_by(Referral.side, Referral.departement)
        .order_by(func.count().desc(), Referral.departement)
    )
    rows = db.session.execute(query).all()
    return {side: tuple(Stuck(*row[1:]) for row in rows if row[0] is side) for side in Side}


def _leads() -> dict[LeadState, int]:
    query = select(Lead.state, func.count()).group_by(Lead.state)
    found = {row[0]: row[1] for row in db.session.execute(query)}
    return {state: found.get(state, 0) for state in LeadState}


def _leads_received(period: Period) -> int:
    start, end = period.instants
    query = select(func.count()).select_from(Lead).where(Lead.received_at >= start, Lead.received_at < end)
    return db.session.scalar(query) or 0


def _volunteers() -> list[tuple[str, int]]:
    """By company, those who came by its link and were confirmed; companies without any are told too."""
    counted = func.company_volunteers(Company.id)
    query = select(Company.name, counted).order_by(counted.desc(), func.lower(Company.name), Company.id)
    return [(row[0], row[1]) for row in db.session.execute(query)]
