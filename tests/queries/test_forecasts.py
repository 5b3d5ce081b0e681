"""The daily forecast: what it is made from, what is kept, and what the pages read of it."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.outlook import Bounds
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs.forecasts import foresee
from portal.models.campaign import Campaign
from portal.models.forecast import Forecast
from portal.models.objective import Objective, OutsideCount
from portal.queries.forecasts import bounds_of, offers_of, season_before, worth_of
from portal.queries.foreseen import committed_by_week, forecast_lines
from tests import factories
from tests.lived import Lived

JOBS, STAFF = (Scope(role, read_only=True) for role in (DatabaseRole.JOBS, DatabaseRole.STAFF))
DAY = timedelta(days=1)


@pytest.fixture
def lived(arrange: Session) -> Lived:
    return Lived(arrange, factories.make_campaign(arrange))


@pytest.fixture
def steady(lived: Lived) -> Lived:
    """One request every eighth day each, for 200 days; 166 are left."""
    lived.house("Proxité", objective=50)
    lived.house("Télémaque", objective=60)
    lived.offers("Proxité", range(4, 200, 8))
    lived.offers("Télémaque", range(8, 201, 8))
    return lived


def kept(arrange: Session) -> list[Forecast]:
    arrange.expire_all()
    return list(arrange.scalars(select(Forecast).order_by(Forecast.made_on, Forecast.expected)))


def bounds(lived: Lived, name: str) -> Bounds:
    with transaction(JOBS):
        found = bounds_of(lived.campaign, Side.MENTEE, offers_of(lived.campaign, Side.MENTEE))
    return found[str(lived.houses[name][0].id)]


def test_a_steady_pace_goes_on_to_the_end(arrange: Session, steady: Lived) -> None:
    foresee()

    rows = kept(arrange)
    assert [(row.committed, row.side) for row in rows] == [(25, Side.MENTEE)] * 2
    assert all(row.expected == pytest.approx(25 * 366 / 200, rel=0.06) for row in rows)
    assert all(row.low < row.expected < row.high for row in rows)
    assert {row.objective for row in rows} == {50, 60}


def test_again_the_same_day_it_only_corrects(arrange: Session, steady: Lived) -> None:
    foresee()
    for objective in arrange.scalars(select(Objective)):
        objective.amount += 5
    arrange.commit()
    foresee()

    assert sorted(row.objective for row in kept(arrange)) == [55, 65]


def test_they_are_kept_for_a_year(arrange: Session, steady: Lived) -> None:
    own = {"campaign_id": steady.campaign.id, "side": Side.MENTEE, "committed": 1, "objective": 2}
    figures = {"low": 1, "expected": 1, "high": 1, "association_id": steady.houses["Proxité"][0].id}
    for days in (366, 365):
        arrange.add(Forecast(made_on=clock.today() - days * DAY, **own, **figures))
    arrange.commit()
    foresee()

    assert [row.made_on for row in kept(arrange)] == [clock.today() - 365 * DAY, *[clock.today()] * 2]


def test_without_history_or_campaign_nothing_is_foreseen(arrange: Session, app: Flask, lived: Lived) -> None:
    lived.house("Proxité", objective=60)
    lived.offers("Proxité", range(1, 15))
    foresee()
    assert kept(arrange) == []

    campaign = arrange.get_one(Campaign, lived.campaign.id)
    campaign.ends_on = clock.today() - DAY
    arrange.commit()
    foresee()
    assert kept(arrange) == []


def test_requests_that_came_to_nothing_count_no_longer(lived: Lived) -> None:
    lived.house("Proxité", objective=60)
    lived.offers("Proxité", range(10, 40))
    lived.offers("Proxité", range(10, 20), lost=True)

    with transaction(JOBS):
        season = offers_of(lived.campaign, Side.MENTEE)

    assert season.days == 366
    assert len(season.offers) == len(season.received) == 40
    assert season.committed(200)[str(lived.houses["Proxité"][0].id)] == 30
    assert season.committed(185)[str(lived.houses["Proxité"][0].id)] == 24 + 3


def test_rows_of_places_bound_it_and_one_without_end_does_not(arrange: Session, lived: Lived) -> None:
    association = lived.house("Proxité", objective=60, places=3, stop_at_objective=True)
    lived.offers("Proxité", range(1, 6))
    factories.make_capacity(arrange, association, lived.campaign, 20, place="commune:59512")
    own = {"association_id": association.id, "campaign_id": lived.campaign.id, "side": Side.MENTEE}
    arrange.add_all(OutsideCount(amount=n, declared_on=clock.today() - n * DAY, **own) for n in (4, 9))
    arrange.commit()

    assert bounds(lived, "Proxité") == Bounds(60, 4, 5 + 20, stops=True, opens=0, closes=366)

    factories.make_capacity(arrange, association, lived.campaign, 5, place="remote", or_more=True)
    arrange.commit()
    assert bounds(lived, "Proxité").places is None


def test_a_pause_and_a_window_say_when_requests_come(arrange: Session, lived: Lived) -> None:
    lived.house("Proxité", objective=60, paused_from=clock.today() - DAY, paused_until=clock.today() + 9 * DAY)
    _, programme, _ = lived.houses["Proxité"]
    programme = arrange.merge(programme)
    programme.intake_from, programme.intake_until = None, clock.today() + 29 * DAY
    arrange.commit()
    own = bounds(lived, "Proxité")
    assert (own.opens, own.closes) == (200 + 10, 200 + 30)

    programme.intake_until = clock.today() + DAY
    arrange.commit()
    own = bounds(lived, "Proxité")
    assert (own.opens, own.closes) == (366, 366)


def campaign_before(lived: Lived) -> Campaign:
    """Twenty weeks, over since the day before the present one began, with an objective for Proxité."""
    ends = lived.campaign.starts_on - DAY
    found = Campaign(name="La dernière", starts_on=ends - 139 * DAY, ends_on=ends)
    lived.session.add(found)
    lived.session.flush()
    factories.make_objective(lived.session, lived.houses["Proxité"][0], found, 70)
    lived.session.commit()
    return found


def test_the_last_campaign_gives_the_rhythm_and_tells_what_a_forecast_is_worth(steady: Lived) -> None:
    with transaction(STAFF):
        alone = worth_of(steady.campaign, Side.MENTEE, clock.today())
        assert season_before(steady.campaign, Side.MENTEE) is None
    assert alone is not None
    assert (alone.whole, alone.lived, alone.trial.day) == (False, 200, 100)
    assert alone.trial.error < 0.1

    before = campaign_before(steady)
    steady.offers("Proxité", range(201, 340, 3), campaign=before)
    with transaction(STAFF):
        found = season_before(steady.campaign, Side.MENTEE)
        assert found is not None
        assert (found[0].id, len(found[1].offers), found[1].days) == (before.id, 47, 140)
        worth = worth_of(steady.campaign, Side.MENTEE, clock.today())
    assert worth is not None
    assert (worth.whole, worth.lived, worth.trial.day) == (True, 140, 70)


def test_too_little_history_is_worth_nothing(lived: Lived) -> None:
    lived.house("Proxité", objective=60)
    lived.offers("Proxité", range(1, 15))

    with transaction(STAFF):
        assert worth_of(lived.campaign, Side.MENTEE, clock.today()) is None


def test_the_lowest_attainment_comes_first_and_an_old_forecast_is_not_told(arrange: Session, steady: Lived) -> None:
    steady.house("Sans objectif")
    foresee()

    with transaction(STAFF):
        lines = forecast_lines(steady.campaign.id, Side.MENTEE)
    assert [line.name for line in lines] == ["Télémaque", "Proxité", "Sans objectif"]

    for row in kept(arrange):
        row.made_on -= 7 * DAY
    arrange.commit()
    with transaction(STAFF):
        assert forecast_lines(steady.campaign.id, Side.MENTEE) == []


def test_an_association_reads_its_own_only(steady: Lived) -> None:
    foresee()
    own: UUID = steady.houses["Proxité"][0].id
    scope = Scope(DatabaseRole.ASSOCIATION, association_id=own, read_only=True)

    with transaction(scope):
        lines = forecast_lines(steady.campaign.id, Side.MENTEE)
        before = committed_by_week(steady.campaign, Side.MENTEE, clock.today())

    assert [line.id for line in lines] == [own]
    assert before.amounts[-1] == 25


def test_what_was_committed_week_by_week(arrange: Session, lived: Lived) -> None:
    association = lived.house("Proxité")
    lived.offers("Proxité", (20, 10, 2))
    lived.offers("Proxité", (12,), lost=True)
    own = {"association_id": association.id, "campaign_id": lived.campaign.id, "side": Side.MENTEE}
    arrange.add(OutsideCount(amount=5, declared_on=clock.today() - 9 * DAY, **own))
    arrange.commit()

    with transaction(STAFF):
        found = committed_by_week(lived.campaign, Side.MENTEE, clock.today() - DAY)

    assert found.days[-1] == clock.today() - DAY
    assert found.days[0] - lived.campaign.starts_on < timedelta(days=7)
    assert found.amounts[-4:] == (0, 1, 2 + 5, 3 + 5)
    assert all(isinstance(day, date) for day in found.days)
