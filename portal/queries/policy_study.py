"""What the study of the policies is made of: each policy's life of the same requests, and the season's forecast.

Lived in the router's scope (facts only) with one seed: a study shows differences far larger than those of chance.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, func, select

from matching import fairness
from matching.answering import habits_of
from matching.comparison import Figures, faithful, figures_of
from matching.foresight import Foreseen, answered, foreseen
from matching.hindsight import Hindsight
from matching.ranking import PolicyName
from matching.replay import Run, known_outcomes, replay
from matching.router import Router
from matching.season import Season
from matching.settings import Settings
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.forecast import Forecast
from portal.queries.campaigns import running_campaign
from portal.queries.catalogue import policy_in_force
from portal.queries.demand import levels_for
from portal.queries.figures import Period
from portal.queries.forecasts import worth_of
from portal.queries.past_seasons import past_season, settings_in_force

DRAWS = 5
READER = Scope(DatabaseRole.ROUTER, read_only=True)
AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True)
class PolicyResult:
    """One policy on the requests of the period.

    served: requests that an association holds at the end, or welcomed until they left by themselves. of_best: as a
    share of those that could have been served had all been known. gini, lowest: of the attainments of associations
    that declared an objective. at_once: offered as they came. hops: offers that came to nothing and went on.
    """

    name: PolicyName
    served: int
    of_best: float
    gini: float
    lowest: float
    at_once: int
    hops: int
    waitlisted: int
    unroutable: int


@dataclass(frozen=True)
class Expected:
    """An association's committed at the end of the campaign, as foreseen."""

    name: str
    committed: int
    objective: int
    low: int
    expected: int
    high: int


@dataclass(frozen=True)
class ForecastError:
    """How wrong a forecast made on that day of the season was: mean error, and how often the interval held."""

    day: int
    error: float
    coverage: float


@dataclass(frozen=True)
class SideStudy:
    """One side. best: what could have been served had all been known; best_gini: of what it leaves at work.

    faithful: in how many requests today's settings find the association really chosen; None without any. margin: by how
    much the requests served by the policy in force vary over DRAWS draws of the answers that nobody gave.
    """

    side: Side
    requests: int
    best: int
    best_gini: float
    faithful: float | None
    margin: int
    results: tuple[PolicyResult, ...]
    expected: tuple[Expected, ...] = ()
    errors: tuple[ForecastError, ...] = ()

    def result(self, name: PolicyName) -> PolicyResult | None:
        return next((one for one in self.results if one.name is name), None)


@dataclass(frozen=True)
class PolicyStudy:
    """Both sides over a period. in_force: the policy that routes today."""

    period: Period
    in_force: PolicyName
    sides: tuple[SideStudy, ...]


def usual_period() -> Period:
    """From the campaign's first day to yesterday; the last twelve months outside any campaign."""
    yesterday = clock.today() - timedelta(days=1)
    campaign = running_campaign()
    return Period(
        campaign.starts_on if campaign and campaign.starts_on <= yesterday else yesterday - timedelta(days=365),
        yesterday,
    )


def policy_study(period: Period) -> PolicyStudy:
    """Every policy on the requests of these days, and the forecast of the campaign in course (staff's scope)."""
    with acting_as(READER):
        in_force = policy_in_force().name
        lived = [_side(side, period) for side in Side]
    return PolicyStudy(period, in_force, tuple(_with_forecast(one) for one in lived))


def _side(side: Side, period: Period) -> SideStudy:
    season, settings = past_season(side, period.first, period.last), settings_in_force(side, period.first)
    if not season.kept:
        return SideStudy(side, 0, 0, 0.0, None, 0, ())
    router = Router(settings.catalogue)
    settings = replace(settings, levels=levels_for(side, router, period.first, period.last))
    lives = _Lives(answered(season), settings, router)
    ideal = lives.foreseen()
    runs = {name: lives.under(name) for name in _policies(settings)}
    ours = runs.get(settings.policy.name) or lives.under(settings.policy.name)
    attained = _attained(ideal.ideal, settings)
    same, of = faithful(season, ours)
    return SideStudy(
        side=side,
        requests=len(season.kept),
        best=ideal.served,
        best_gini=float(fairness.gini(attained)) if attained else 0.0,
        faithful=same / of if of else None,
        margin=lives.margin(ours),
        results=tuple(_result(name, figures_of(run), ideal.served) for name, run in runs.items()),
    )


class _Lives:
    """The same requests under one policy after another: judged once, with the same habits."""

    def __init__(self, season: Season, settings: Settings, router: Router) -> None:
        self.season, self.settings, self.router = season, settings, router
        self.habits, self.known = habits_of(season), known_outcomes(season, router)

    def foreseen(self) -> Foreseen:
        return foreseen(self.season, self.settings, self.habits, self.known)

    def under(self, name: PolicyName, seed: int = 0) -> Run:
        under = replace(self.settings, policy=replace(self.settings.policy, name=name))
        return replay(self.season, under, seed=seed, habits=self.habits, router=self.router, known=self.known)

    def margin(self, first: Run) -> int:
        """By how much what is served varies over the draws, the first of which has been lived."""
        runs = [first, *(self.under(self.settings.policy.name, seed) for seed in range(1, DRAWS))]
        served = [figures_of(run).served for run in runs]
        return max(served) - min(served)


def _policies(settings: Settings) -> Iterator[PolicyName]:
    """All; the projected one only where levels can be solved."""
    return (name for name in PolicyName if name is not PolicyName.PROJECTED or settings.levels)


def _result(name: PolicyName, found: Figures, best: int) -> PolicyResult:
    served = found.served
    return PolicyResult(
        name=name,
        served=served,
        of_best=served / best if best else 1.0,
        gini=float(found.gini or 0),
        lowest=float(found.lowest or 0),
        at_once=found.placed_at_once,
        hops=found.hops,
        waitlisted=found.waitlisted,
        unroutable=sum(found.unroutable.values()),
    )


def _attained(ideal: Hindsight, settings: Settings) -> Mapping[str, tuple[int, int]]:
    """Of those with an objective, with what was committed at the start."""
    standing = settings.standing
    return {
        key: (ideal.attained.get(key, 0) + standing.association(key).committed, standing.association(key).objective)
        for key in settings.catalogue.associations
        if standing.association(key).declared
    }


def _with_forecast(study: SideStudy) -> SideStudy:
    campaign = running_campaign()
    if campaign is None:
        return study
    worth = worth_of(campaign, study.side, clock.today())
    errors = () if worth is None else (ForecastError(worth.trial.day, worth.trial.error, worth.trial.coverage),)
    return replace(study, expected=tuple(_expected(study.side, campaign)), errors=errors)


def _expected(side: Side, campaign: Campaign) -> Iterator[Expected]:
    """The latest forecast of each association."""
    of = (Forecast.campaign_id == campaign.id, Forecast.side == side)
    latest = select(func.max(Forecast.made_on)).where(*of).scalar_subquery()
    query: AnySelect = (
        select(Association.name, Forecast)
        .join(Association, Association.id == Forecast.association_id)
        .where(*of, Forecast.made_on == latest)
        .order_by(Association.name, Association.id)
    )
    for name, one in db.session.execute(query):
        yield Expected(name, one.committed, one.objective, one.low, one.expected, one.high)
