"""A period read back for a replay: who came, what really became of each offer, and where everybody started."""

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Update, text, update
from sqlalchemy.orm import Session

from matching.season import End, Season
from matching.settings import Settings
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.models.assignment import Assignment, AssignmentState, BounceReason
from portal.models.campaign import Campaign
from portal.models.referral import Referral, ReferralState
from portal.queries.past_seasons import past, past_season, settings_in_force
from tests.doors.admin.scene import Scene, route, set_scene, somebody
from tests.factories import make_assignment, make_campaign

ROUTER = Scope(DatabaseRole.ROUTER, read_only=True)
NOW = clock.now()


@pytest.fixture
def campaign(arrange: Session) -> Campaign:
    return make_campaign(arrange)


@pytest.fixture
def scene(app: Flask, arrange: Session, campaign: Campaign) -> Scene:
    return set_scene(arrange, campaign)


def days(count: float) -> datetime:
    return NOW - timedelta(days=count)


def season(since: int = 90) -> Season:
    with transaction(ROUTER):
        return past_season(Side.MENTEE, clock.today() - timedelta(days=since), clock.today())


def in_force(since: int | None = None) -> Settings:
    with transaction(ROUTER):
        return settings_in_force(Side.MENTEE, None if since is None else clock.today() - timedelta(days=since))


def offered(arrange: Session, scene: Scene, name: str, ago: float, **fields: Any) -> Assignment:
    """A request received and offered that long ago to this association."""
    referral = somebody(arrange, scene.campaign, received_at=days(ago), state=ReferralState.PLACED)
    found = make_assignment(
        arrange,
        referral,
        scene.associations[name],
        scene.programmes[name],
        offered_at=days(ago),
        **fields,
    )
    found.place = "departement:59"
    arrange.commit()
    return found


def past_every_rule(arrange: Session, statement: Update) -> None:
    """As it stands after months, without living through them."""
    arrange.execute(text("SET LOCAL session_replication_role = replica"))
    arrange.execute(statement)
    arrange.commit()


def test_a_request_comes_when_it_was_first_routed_with_its_facts_only(scene: Scene, arrange: Session) -> None:
    referral = somebody(arrange, scene.campaign, received_at=days(12))
    with clock.at(days(10)):
        route()
    arrival = season().kept[0]
    assert arrival.at == days(10).astimezone(clock.PARIS)
    assert arrival.profile.key == str(referral.id)
    assert arrival.profile.age == 20
    told = arrival.recorded[0]
    assert told.association == str(arrange.query(Assignment).one().association_id)
    assert (told.end, told.after) == (End.KEPT, timedelta(0))
    assert "Léa" not in repr(arrival)
    assert "Martin" not in repr(arrival)


def test_only_the_days_and_the_side_asked_for_are_read(scene: Scene, arrange: Session) -> None:
    somebody(arrange, scene.campaign, received_at=days(100))
    kept = somebody(arrange, scene.campaign, received_at=days(20))
    somebody(arrange, scene.campaign, received_at=days(20), side=Side.MENTOR)
    somebody(arrange, scene.campaign, received_at=days(20), state=ReferralState.AWAITING_CONSENT)
    route()
    assert [arrival.profile.key for arrival in season().kept] == [str(kept.id)]


@pytest.mark.parametrize(
    ("fields", "end"),
    [
        ({"state": AssignmentState.SEEN}, End.KEPT),
        ({"state": AssignmentState.PAIRED, "answered_at": days(9)}, End.KEPT),
        ({"state": AssignmentState.ENDED, "answered_at": days(9), "closed_at": days(5)}, End.KEPT),
        (
            {
                "state": AssignmentState.BOUNCED,
                "bounce_reason": BounceReason.NO_PLACE,
                "answered_at": days(9),
                "applied_at": days(8),
                "closed_at": days(8),
            },
            End.BOUNCED,
        ),
        (
            {
                "state": AssignmentState.BOUNCED,
                "bounce_reason": BounceReason.NO_FOLLOW_UP,
                "answered_at": days(8),
                "closed_at": days(8),
            },
            End.WITHDRAWN,
        ),
        ({"state": AssignmentState.EXPIRED, "closed_at": days(8)}, End.EXPIRED),
        ({"state": AssignmentState.GIVEN_UP, "answered_at": days(9), "closed_at": days(8)}, End.WITHDRAWN),
        ({"state": AssignmentState.WITHDRAWN, "closed_at": days(8)}, End.WITHDRAWN),
    ],
)
def test_what_became_of_an_offer_and_when_it_took_effect(
    scene: Scene, arrange: Session, fields: dict[str, Any], end: End
) -> None:
    somebody(arrange, scene.campaign, received_at=days(10))
    with clock.at(days(10)):
        route()
    past_every_rule(arrange, update(Assignment).values(**fields))
    told = season().kept[0].recorded
    assert [(one.end, round(one.after / timedelta(days=1))) for one in told] == [(end, 0 if end is End.KEPT else 2)]


def test_a_request_erased_since_is_counted_and_left_out(scene: Scene, arrange: Session) -> None:
    somebody(arrange, scene.campaign, received_at=days(10))
    route()
    past_every_rule(arrange, update(Referral).values(profile={}, state=ReferralState.ANONYMISED))
    with transaction(ROUTER):
        found = past(Side.MENTEE, clock.today() - timedelta(days=30), clock.today())
    assert (found.season.kept, found.left_out) == ((), 1)


def test_at_the_start_nothing_is_committed_and_places_are_as_declared_today(scene: Scene, arrange: Session) -> None:
    offered(arrange, scene, "Proxité", 30)
    key = str(scene.associations["Proxité"].id)
    found = in_force().standing.association(key)
    assert (found.committed, found.last_served, found.virtual_start) == (0, None, Fraction(0))
    assert found.objective == 40
    assert found.places["departement:59"]._asdict() == {"declared": 30, "taken": 0, "or_more": False}


def test_in_mid_campaign_what_was_already_held_counts_and_keeps_its_place(scene: Scene, arrange: Session) -> None:
    offered(arrange, scene, "Proxité", 60)
    offered(arrange, scene, "Proxité", 60, state=AssignmentState.BOUNCED, closed_at=days(50))
    offered(arrange, scene, "Proxité", 60, state=AssignmentState.BOUNCED, closed_at=days(10))
    offered(arrange, scene, "Proxité", 5)
    found = in_force(30).standing.association(str(scene.associations["Proxité"].id))
    assert found.committed == 2
    assert found.places["departement:59"].taken == 2
    own = in_force(30).standing.programme(str(scene.programmes["Proxité"].id))
    assert own.committed == 2


def test_the_settings_are_those_in_force(scene: Scene) -> None:
    found = in_force()
    assert (found.policy.name.value, found.policy.hops, found.policy.version) == ("arm", 3, 1)
    assert {one.id for one in found.catalogue.programmes} == {str(one.id) for one in scene.programmes.values()}
