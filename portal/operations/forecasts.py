"""Forecasts: made once a day for every association of the campaign, and kept for a year."""

from collections import Counter
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from matching.forecast import foresee
from matching.index import Index
from matching.programme import places_of
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.models.campaign import Campaign
from portal.models.forecast import Forecast
from portal.operations.reach import recent_profiles
from portal.queries.campaigns import running_campaign
from portal.queries.catalogue import router_of
from portal.queries.forecasts import bounds_of, days_over, offers_of, season_before

KEPT = timedelta(days=365)
FIGURES = ("committed", "objective", "low", "expected", "high")


def make_forecasts() -> int:
    """Those of today, made anew if they were made already (jobs' scope); returns how many. Old ones go."""
    db.session.execute(delete(Forecast).where(Forecast.made_on < clock.today() - KEPT))
    campaign = running_campaign()
    return sum(_make(campaign, side) for side in Side) if campaign else 0


def _make(campaign: Campaign, side: Side) -> int:
    season, before = offers_of(campaign, side), season_before(campaign, side)
    bounds, past = bounds_of(campaign, side, season), before[1] if before else None
    found = foresee(season, days_over(campaign, clock.today()), bounds, past, kinds_of_requests(side))
    of = {"campaign_id": campaign.id, "side": side, "made_on": clock.today()}
    rows = [
        {
            "association_id": UUID(key),
            **of,
            "committed": told.committed,
            "objective": bounds[key].objective,
            "low": told.low,
            "expected": told.expected,
            "high": told.high,
        }
        for key, told in found.items()
    ]
    if rows:
        _keep(rows)
    return len(rows)


def _keep(rows: list[dict[str, object]]) -> None:
    statement = insert(Forecast)
    merged = statement.on_conflict_do_update(
        index_elements=[column.name for column in Forecast.__table__.primary_key],
        set_={name: statement.excluded[name] for name in FIGURES},
    )
    db.session.execute(merged, sorted(rows, key=lambda row: str(row["association_id"])))


def kinds_of_requests(side: Side) -> dict[frozenset[str], float] | None:
    """Which associations the requests of the last 90 days fit, each kind with its share; None when none came."""
    catalogue = router_of(side).catalogue
    index = Index(catalogue)
    masks = Counter(index.outcomes(profile).possible for profile in recent_profiles(side))
    whole = masks.total()
    kinds: Counter[frozenset[str]] = Counter()
    for mask, number in masks.items():
        kinds[frozenset(catalogue.programmes[at].association for at in places_of(mask))] += number
    return {kind: number / whole for kind, number in kinds.items()} if whole else None
