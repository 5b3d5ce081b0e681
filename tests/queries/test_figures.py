"""Figures of a period: whose they are, what they are compared with, and the medians."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs.figures import fold
from portal.models.event import EventName
from portal.models.referral import ReferralState
from portal.queries.figures import (
    Period,
    association_figures,
    median_days,
    network_delays,
    network_figures,
    weekly_median_days,
)
from portal.queries.figures_export import sums_of
from portal.queries.figures_live import waiting_now
from portal.queries.figures_public import figures_told
from tests import factories
from tests.figures import Network, noon

STAFF = Scope(DatabaseRole.STAFF, read_only=True)
ANYONE = Scope(DatabaseRole.PUBLIC, read_only=True)


@pytest.fixture
def network(arrange: Session) -> Network:
    return Network(arrange, factories.make_campaign(arrange))


def last(days: int) -> Period:
    return Period(clock.today() - timedelta(days=days - 1), clock.today())


def scope_of(network: Network, name: str) -> Scope:
    return Scope(DatabaseRole.ASSOCIATION, association_id=network.association(name).id, read_only=True)


@pytest.mark.parametrize(
    ("hours", "days"),
    [({}, None), ({24: 1}, 1.0), ({0: 1, 48: 1}, 1.0), ({12: 3, 240: 2}, 0.5), ({10: 1, 20: 1, 96: 1}, 20 / 24)],
)
def test_the_median_of_whole_hours_is_in_days(hours: dict[int, int], days: float | None) -> None:
    assert median_days(hours) == days


def test_a_period_knows_the_one_before_and_its_weeks() -> None:
    own = Period(date(2026, 9, 2), date(2026, 9, 29))  # a Wednesday, and a Tuesday
    assert (own.days, own.previous) == (28, Period(date(2026, 8, 5), date(2026, 9, 1)))
    assert own.weeks == tuple(date(2026, 8, 31) + timedelta(days=7 * n) for n in range(5))
    assert own.weeks[own.whole_weeks] == (date(2026, 9, 7), date(2026, 9, 14), date(2026, 9, 21))
    short = Period(date(2026, 9, 2), date(2026, 9, 15))
    assert short.weeks[short.whole_weeks] == short.weeks


def test_an_association_reads_its_own_and_of_the_others_delays_alone(app: Flask, network: Network) -> None:
    network.accepted("Proxité", noon(3), hours=24)
    network.accepted("Télémaque", noon(3), hours=72)
    fold()
    network.accepted("Télémaque", noon(2), hours=48)
    with transaction(scope_of(network, "Proxité")):
        own = association_figures(network.association("Proxité").id, last(10)).side(Side.MENTEE).now
        assert (own.total("offered"), own.total("accepted"), own.answering_days()) == (1, 1, 1.0)
        theirs = association_figures(network.association("Télémaque").id, last(10)).side(Side.MENTEE).now
        assert dict(theirs.amounts) == {}
        assert network_delays(last(10))[Side.MENTEE].answering_days() == 2.0
        whole = network_figures(last(10)).side(Side.MENTEE).now
        assert {dimension for _, dimension, _ in whole.amounts} == {"hours"}


def test_the_public_is_told_no_public_no_need_and_no_association(app: Flask, network: Network) -> None:
    for _ in range(6):
        network.offered("Proxité", noon(10), referral=network.received(noon(10), publics={"refugee": True}))
    sunday = clock.today() - timedelta(days=clock.today().isoweekday())
    with transaction(ANYONE):
        found = figures_told(Period(sunday - timedelta(days=364), sunday)).side(Side.MENTEE)
        assert found.now.total("received") == sum(found.week_by_week("received")) == 5
        assert {dimension for _, dimension, _ in found.now.amounts} == {
            "total", "departement", "age", "level", "channel"
        }  # fmt: skip
    with pytest.raises(ProgrammingError, match="permission denied"), transaction(ANYONE):
        association_figures(network.association("Proxité").id, last(10))
    with transaction(STAFF):
        assert network_figures(last(20)).side(Side.MENTEE).now.by("received", "public") == {"refugee": 6}


def test_a_period_is_compared_with_the_one_before_once_there_is_one(app: Flask, network: Network) -> None:
    for days in (1, 2, 11):
        network.received(noon(days))
    with transaction(STAFF):
        own = network_figures(last(10)).side(Side.MENTEE)
        assert (own.now.total("received"), own.before, own.total_before("received")) == (2, None, None)
    network.received(noon(25))
    with transaction(STAFF):
        own = network_figures(last(10)).side(Side.MENTEE)
        assert (own.now.total("received"), own.total_before("received")) == (2, 1)


def test_each_side_has_its_own_weeks(app: Flask, network: Network) -> None:
    monday = clock.today() - timedelta(days=clock.today().weekday() + 7)
    period = Period(monday - timedelta(days=7), monday + timedelta(days=6))
    for days, side in ((0, Side.MENTEE), (0, Side.MENTEE), (-1, Side.MENTEE), (6, Side.MENTOR)):
        at = noon(0) + (monday - clock.today()) + timedelta(days=days)
        network.received(at, side)
    with transaction(STAFF):
        found = network_figures(period)
        assert found.side(Side.MENTEE).week_by_week("received") == (1, 2)
        assert found.side(Side.MENTOR).week_by_week("received") == (0, 1)
        assert found.side(Side.MENTOR).week_by_week("paired") == (0, 0)


def test_the_median_of_each_week(app: Flask, network: Network) -> None:
    monday = clock.today() - timedelta(days=clock.today().weekday() + 14)
    at = noon(0) + (monday - clock.today())
    for hours in (24, 30, 72):
        network.accepted("Proxité", at, hours=hours)
    with transaction(STAFF):
        found = weekly_median_days(Period(monday, monday + timedelta(days=13)))
        assert found == {Side.MENTEE: (1.25, None), Side.MENTOR: (None, None)}
        own = weekly_median_days(last(30), "accepted", "hours", network.association("Télémaque").id)
        assert set(own[Side.MENTEE]) == {None}


def test_what_was_accepted_at_once_and_who_found_a_place(app: Flask, network: Network) -> None:
    first = network.accepted("Proxité", noon(5))
    again = network.offered("Télémaque", noon(4), hop=1, referral=network.received(noon(5)))
    network.told(again, EventName.ASSIGNMENT_ACCEPTED, 5)
    assert first.hop == 0
    with transaction(STAFF):
        own = network_figures(last(10)).side(Side.MENTEE)
        assert own.now.by("accepted", "hop") == {"0": 1, "1": 1}
        assert (own.placed, own.now.total("offered")) == (1, 2)
        assert sum(own.week_by_week("accepted_first")) == 1


def test_who_waits_at_this_moment_is_counted_from_the_requests(app: Flask, arrange: Session, network: Network) -> None:
    for state, side in (
        (ReferralState.WAITLISTED, Side.MENTEE),
        (ReferralState.WAITLISTED, Side.MENTEE),
        (ReferralState.UNROUTABLE, Side.MENTEE),
        (ReferralState.WAITLISTED, Side.MENTOR),
        (ReferralState.CLOSED, Side.MENTOR),
    ):
        factories.make_referral(arrange, network.campaign, state=state, side=side)
    arrange.commit()
    with transaction(STAFF):
        found = waiting_now()
        assert (found[Side.MENTEE].no_place, found[Side.MENTEE].nowhere) == (2, 1)
        assert (found[Side.MENTOR].no_place, found[Side.MENTOR].nowhere) == (1, 0)


def test_the_export_has_every_sum_of_everybody(app: Flask, network: Network) -> None:
    network.accepted("Proxité", noon(3))
    fold()
    network.accepted("Télémaque", noon(2))
    with transaction(STAFF):
        rows: list[Any] = [tuple(row) for row in sums_of(last(10)) if row[3] == "total"]
    assert (None, Side.MENTEE, "accepted", "total", "", 2) in rows
    assert ("Proxité", Side.MENTEE, "accepted", "total", "", 1) in rows
    assert ("Télémaque", Side.MENTEE, "offered", "total", "", 1) in rows
    assert [row for row in rows if row[0] is None] == rows[: len([row for row in rows if row[0] is None])]


def test_an_empty_house_has_empty_figures(app: Flask) -> None:
    with transaction(STAFF):
        found = network_figures(last(30))
        assert found.since is None
        assert [dict(found.side(side).now.amounts) for side in Side] == [{}, {}]
        assert db.session.is_active
