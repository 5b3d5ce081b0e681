"""The drainer sends each request to the association that ARM names, once, within what is open, and writes down why."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs.routing import drain, look_again, measure_reach, sweep
from portal.models.assignment import Assignment, AssignmentState
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.capacity import Capacity
from portal.models.event import Event, EventName
from portal.models.outbox import Message, Outbox
from portal.models.programme import Programme, ProgrammeVersion
from portal.models.referral import Referral, ReferralState, UnroutableWhy
from portal.models.routing import (
    AssociationStanding,
    CapacityUse,
    ProgrammeStanding,
    RoutingCatalogue,
    RoutingDecision,
    StandingDelta,
)
from portal.operations.routing import route_again, route_waiting
from portal.queries.decisions import decisions_of
from tests.factories import (
    make_assignment,
    make_association,
    make_campaign,
    make_capacity,
    make_objective,
    make_programme,
    make_referral,
)

MENTEE = Side.MENTEE.value
ADULTS = {"test": "age", "min": 18}
QPV = {"test": "public", "any_of": ["qpv"]}


@pytest.fixture
def campaign(arrange: Session) -> Campaign:
    return make_campaign(arrange)


Open = Callable[..., Association]


@pytest.fixture
def opened(arrange: Session, campaign: Campaign) -> Open:
    """Make an association with one programme, places in France and an objective."""

    def make(name: str, objective: int = 100, places: int = 10, criteria: Any = None, **fields: Any) -> Association:
        association = make_association(arrange, name, **fields)
        make_programme(arrange, association, criteria)
        if places:
            make_capacity(arrange, association, campaign, places)
        if objective:
            make_objective(arrange, association, campaign, objective)
        return association

    return make


def states(arrange: Session) -> list[ReferralState]:
    arrange.expire_all()
    return list(arrange.scalars(select(Referral.state).order_by(Referral.received_at, Referral.id)))


def programme_of(arrange: Session, association: Association) -> Programme:
    return arrange.scalars(select(Programme).where(Programme.association_id == association.id)).one()


def served(arrange: Session) -> list[str]:
    """The associations served, in the order of their offers."""
    query = select(Association.name).join(Assignment, Assignment.association_id == Association.id)
    return list(arrange.scalars(query.order_by(Assignment.offered_at)))


def test_a_young_person_goes_to_the_association_furthest_from_its_objective(
    arrange: Session, campaign: Campaign, opened: Open
) -> None:
    near, far = opened("Proche", 10), opened("Loin", 40)
    make_referral(arrange, campaign, state=ReferralState.PLACED)
    first = make_referral(arrange, campaign)
    make_assignment(arrange, first, near, programme_of(arrange, near))
    referral = make_referral(arrange, campaign)
    arrange.commit()

    drain(MENTEE)

    found = arrange.scalars(select(Assignment).where(Assignment.referral_id == referral.id)).one()
    assert found.association_id == far.id
    assert found.state is AssignmentState.OFFERED
    assert (found.hop, found.by_hand, found.place) == (0, False, "country:FR")
    assert found.due_at - found.offered_at == timedelta(days=7)
    assert found.offered_at < found.late_at < found.due_at
    assert states(arrange)[-1] is ReferralState.PLACED


def test_requests_alternate_between_equal_associations_in_the_order_they_came(
    arrange: Session, campaign: Campaign, opened: Open
) -> None:
    opened("Une", 50)
    opened("Autre", 50)
    now = clock.now()
    for minute in range(6):
        make_referral(arrange, campaign, received_at=now - timedelta(minutes=minute))
    arrange.commit()

    drain(MENTEE)

    names = served(arrange)
    assert names.count("Une") == names.count("Autre") == 3
    assert all(names[place] != names[place + 1] for place in (0, 2, 4))
    order = select(Referral.received_at).join(Assignment, Assignment.referral_id == Referral.id)
    received = list(arrange.scalars(order.order_by(Assignment.offered_at)))
    assert received == sorted(received)


def test_the_sums_follow_every_offer(arrange: Session, campaign: Campaign, opened: Open) -> None:
    association = opened("Seule")
    for _ in range(3):
        make_referral(arrange, campaign)
    arrange.commit()

    drain(MENTEE)

    sums = arrange.scalars(select(AssociationStanding)).one()
    assert (sums.association_id, sums.committed) == (association.id, 3)
    assert sums.last_served_at is not None
    assert arrange.scalars(select(ProgrammeStanding.committed)).one() == 3
    assert arrange.scalars(select(CapacityUse.taken)).one() == 3


def test_an_offer_tells_the_association_why_and_the_applicant_that_it_is_placed(
    arrange: Session, campaign: Campaign, opened: Open
) -> None:
    opened("Adultes", 40, criteria={"all": [ADULTS, QPV]})
    opened("Tous", 40, places=0)
    referral = make_referral(arrange, campaign)
    arrange.commit()

    drain(MENTEE)

    found = arrange.scalars(select(Assignment)).one()
    assert found.excerpt["programme"] == str(found.programme_id)
    assert found.excerpt["place_label"] == "France"
    assert (found.excerpt["declared"], found.excerpt["free"]) == (10, 9)
    assert found.excerpt["attainment"] == "0 sur 40 (0\u00a0%)"
    assert {row["code"]: row["state"] for row in found.excerpt["rows"]} == {"age": "held", "public": "to_verify"}
    assert found.to_verify == ["Public\u00a0: quartier prioritaire (QPV)"]
    told = {row.message: row for row in arrange.scalars(select(Outbox))}
    assert told.keys() == {Message.REFERRAL_PLACED, Message.REQUEST_OFFERED}
    assert told[Message.REFERRAL_PLACED].referral_id == referral.id
    team = told[Message.REQUEST_OFFERED]
    assert (team.association_id, team.reference_id, team.account_id) == (found.association_id, found.id, None)
    fact = arrange.scalars(select(Event)).one()
    assert (fact.name, fact.assignment_id) == (EventName.REFERRAL_PLACED, found.id)
    assert fact.data == {"programme": str(found.programme_id), "hop": 0, "certain": False}


def test_who_is_eligible_for_certain_passes_before_who_is_to_verify(
    arrange: Session, campaign: Campaign, opened: Open
) -> None:
    opened("À vérifier", 1000, criteria=QPV)
    opened("Sûre", 10, criteria=ADULTS)
    make_referral(arrange, campaign)
    arrange.commit()

    drain(MENTEE)

    assert served(arrange) == ["Sûre"]


def test_nobody_fits_so_the_request_is_handed_to_staff(arrange: Session, campaign: Campaign, opened: Open) -> None:
    opened("Enfants", criteria={"test": "age", "max": 12})
    referral = make_referral(arrange, campaign)
    arrange.commit()

    drain(MENTEE)

    assert states(arrange) == [ReferralState.UNROUTABLE]
    assert arrange.get_one(Referral, referral.id).unroutable_why is UnroutableWhy.NONE
    assert arrange.scalars(select(Event.data)).one() == {"why": "none"}
    assert arrange.scalar(select(func.count()).select_from(Assignment)) == 0


def test_places_run_out_and_the_last_ones_wait_until_capacity_grows(
    arrange: Session, campaign: Campaign, opened: Open
) -> None:
    opened("Pleine", places=2)
    now = clock.now()
    for minute in range(4):
        make_referral(arrange, campaign, received_at=now - timedelta(minutes=10 - minute))
    arrange.commit()

    drain(MENTEE)
    placed, waits = ReferralState.PLACED, ReferralState.WAITLISTED
    assert states(arrange) == [placed, placed, waits, waits]

    arrange.scalars(select(Capacity)).one().amount = 3
    arrange.commit()
    drain(MENTEE, "waitlist")

    assert states(arrange) == [placed, placed, placed, waits]
    assert arrange.scalars(select(CapacityUse.taken)).one() == 3


def test_the_waiting_list_is_left_untouched_when_nothing_has_changed(
    arrange: Session, campaign: Campaign, opened: Open, owner: "psycopg.Connection[tuple[Any, ...]]"
) -> None:
    opened("Sans place", places=0)
    make_referral(arrange, campaign)
    arrange.commit()
    drain(MENTEE)
    before = owner.execute("SELECT version, state_since FROM referral").fetchall()

    drain(MENTEE, "waitlist")

    assert owner.execute("SELECT version, state_since FROM referral").fetchall() == before
    assert owner.execute("SELECT count(*) FROM routing_decision").fetchone() == (1,)
    assert owner.execute("SELECT count(*) FROM event").fetchone() == (1,)


def test_a_long_waiting_list_is_looked_at_to_its_end(
    arrange: Session, campaign: Campaign, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    association = opened("Sans place", places=0)
    for _ in range(5):
        make_referral(arrange, campaign, state=ReferralState.WAITLISTED, facts={"age": 12})
    late = make_referral(arrange, campaign, state=ReferralState.WAITLISTED)
    make_capacity(arrange, association, campaign, 10, "remote")
    version = arrange.scalars(select(ProgrammeVersion)).one()
    arrange.add(
        ProgrammeVersion(
            association_id=association.id,
            programme_id=version.programme_id,
            side=Side.MENTEE,
            number=2,
            criteria=ADULTS,
        )
    )
    arrange.commit()
    monkeypatch.setattr(route_again, "__defaults__", (None, 2))
    look_again(Side.MENTEE, ReferralState.WAITLISTED)

    arrange.expire_all()
    assert arrange.get_one(Referral, late.id).state is ReferralState.PLACED
    assert states(arrange)[:5] == [ReferralState.UNROUTABLE] * 5


def test_new_criteria_are_obeyed_from_the_next_batch_on(arrange: Session, campaign: Campaign, opened: Open) -> None:
    association = opened("Change")
    make_referral(arrange, campaign)
    arrange.commit()
    drain(MENTEE)
    version = arrange.scalars(select(ProgrammeVersion)).one()
    arrange.add(
        ProgrammeVersion(
            association_id=association.id,
            programme_id=version.programme_id,
            side=Side.MENTEE,
            number=2,
            criteria={"test": "age", "max": 12},
        )
    )
    make_referral(arrange, campaign)
    arrange.commit()

    drain(MENTEE)

    assert states(arrange) == [ReferralState.PLACED, ReferralState.UNROUTABLE]
    assert arrange.scalar(select(func.count()).select_from(RoutingCatalogue)) == 2


def test_a_pause_closes_the_door_for_its_days(arrange: Session, campaign: Campaign, opened: Open) -> None:
    today = clock.today()
    opened("En pause", paused_from=today, paused_until=today + timedelta(days=6))
    make_referral(arrange, campaign)
    arrange.commit()

    drain(MENTEE)
    assert states(arrange) == [ReferralState.WAITLISTED]

    with clock.at(clock.now() + timedelta(days=7)):
        drain(MENTEE, "waitlist")
    assert states(arrange) == [ReferralState.PLACED]


def test_an_association_that_stops_at_its_objective_is_left_alone(
    arrange: Session, campaign: Campaign, opened: Open
) -> None:
    opened("S’arrête", 1, stop_at_objective=True)
    for _ in range(2):
        make_referral(arrange, campaign)
    arrange.commit()

    drain(MENTEE)

    assert sorted(states(arrange)) == [ReferralState.PLACED, ReferralState.WAITLISTED]


def test_a_request_never_returns_to_who_had_it(arrange: Session, campaign: Campaign, opened: Open) -> None:
    had = opened("Déjà", 1000)
    opened("Autre", 10)
    referral = make_referral(arrange, campaign)
    programme = programme_of(arrange, had)
    make_assignment(arrange, referral, had, programme, state=AssignmentState.BOUNCED, closed_at=clock.now())
    referral.state, referral.hops = ReferralState.TO_ROUTE, 1
    arrange.commit()

    drain(MENTEE)

    assert served(arrange) == ["Déjà", "Autre"]
    assert arrange.scalars(select(Assignment.hop).where(Assignment.closed_at.is_(None))).one() == 1


@pytest.mark.parametrize(("tried", "why"), [(2, UnroutableWhy.EXHAUSTED), (3, UnroutableWhy.HOPS)])
def test_after_enough_hands_staff_take_over(
    arrange: Session, campaign: Campaign, opened: Open, tried: int, why: UnroutableWhy
) -> None:
    referral = make_referral(arrange, campaign)
    for number in range(tried):
        association = opened(f"Essayée {number}")
        programme = programme_of(arrange, association)
        make_assignment(arrange, referral, association, programme, state=AssignmentState.BOUNCED, closed_at=clock.now())
    if why is UnroutableWhy.HOPS:
        opened("Pas encore essayée")
    referral.state, referral.hops = ReferralState.TO_ROUTE, tried
    arrange.commit()

    drain(MENTEE)

    arrange.expire_all()
    assert arrange.get_one(Referral, referral.id).unroutable_why is why


def test_answers_are_folded_into_the_sums_before_the_next_ranking(
    arrange: Session, campaign: Campaign, opened: Open
) -> None:
    association = opened("Une place", places=1)
    first = make_referral(arrange, campaign)
    programme = programme_of(arrange, association)
    capacity = arrange.scalars(select(Capacity)).one()
    made = make_assignment(
        arrange, first, association, programme, capacity=capacity, state=AssignmentState.GIVEN_UP, closed_at=clock.now()
    )
    arrange.add(
        StandingDelta(
            association_id=association.id,
            campaign_id=campaign.id,
            side=Side.MENTEE,
            programme_id=programme.id,
            capacity_id=capacity.id,
            amount=-1,
        )
    )
    second = make_referral(arrange, campaign)
    arrange.commit()

    drain(MENTEE)

    arrange.expire_all()
    assert arrange.get_one(Referral, second.id).state is ReferralState.PLACED
    assert arrange.scalar(select(func.count()).select_from(StandingDelta)) == 0
    assert arrange.scalars(select(CapacityUse.taken)).one() == 1
    assert arrange.get_one(Assignment, made.id).state is AssignmentState.GIVEN_UP


def test_a_programme_with_places_of_its_own_draws_on_them(arrange: Session, campaign: Campaign, opened: Open) -> None:
    association = opened("Partage", places=5)
    programme = programme_of(arrange, association)
    own = make_capacity(arrange, association, campaign, 1, programme_id=programme.id)
    for _ in range(2):
        make_referral(arrange, campaign)
    arrange.commit()

    drain(MENTEE)

    assert sorted(states(arrange)) == [ReferralState.PLACED, ReferralState.WAITLISTED]
    assert arrange.scalars(select(Assignment.capacity_id)).one() == own.id


def test_every_decision_replays_to_the_same_digest_and_stays_small(
    arrange: Session, campaign: Campaign, opened: Open
) -> None:
    opened("Adultes", 40, places=3, criteria=ADULTS)
    opened("Tous", 60, places=3)
    opened("QPV", 20, criteria=QPV)
    opened("Enfants", 20, criteria={"test": "age", "max": 12})
    referrals = [make_referral(arrange, campaign, facts={"age": age}) for age in (9, 15, 20, 25, 30) * 4]
    arrange.commit()

    drain(MENTEE)

    with transaction(Scope(DatabaseRole.STAFF, read_only=True)):
        decisions = [decision for referral in referrals for decision in decisions_of(referral.id)]
        assert len(decisions) == len(referrals)
        assert all(decision.replays() for decision in decisions)
        assert all(decision.explanation for decision in decisions)
    size = arrange.scalar(select(func.avg(func.length(RoutingDecision.packed))))
    assert size is not None
    assert size < 1000


def test_unreadable_facts_are_for_staff_and_hold_nobody_up(arrange: Session, campaign: Campaign, opened: Open) -> None:
    opened("Ouverte")
    broken = make_referral(arrange, campaign, facts={"level": "no such level"})
    make_referral(arrange, campaign)
    arrange.commit()

    drain(MENTEE)

    assert sorted(states(arrange)) == [ReferralState.PLACED, ReferralState.UNROUTABLE]
    arrange.expire_all()
    assert arrange.get_one(Referral, broken.id).unroutable_why is UnroutableWhy.OTHER


def test_unreadable_criteria_leave_out_their_programme_only(arrange: Session, campaign: Campaign, opened: Open) -> None:
    opened("Illisible", 1000, criteria={"test": "horoscope"})
    opened("Lisible", 10)
    make_referral(arrange, campaign)
    arrange.commit()

    drain(MENTEE)

    assert served(arrange) == ["Lisible"]


def test_each_side_has_its_own_associations_places_and_sums(arrange: Session, campaign: Campaign, opened: Open) -> None:
    association = opened("Deux côtés")
    make_programme(arrange, association, side=Side.MENTOR)
    make_capacity(arrange, association, campaign, 1, side=Side.MENTOR)
    mentor = make_referral(arrange, campaign, side=Side.MENTOR)
    mentee = make_referral(arrange, campaign)
    arrange.commit()

    drain(Side.MENTOR.value)
    arrange.expire_all()
    assert arrange.get_one(Referral, mentor.id).state is ReferralState.PLACED
    assert arrange.get_one(Referral, mentee.id).state is ReferralState.TO_ROUTE

    sweep()
    arrange.expire_all()
    assert arrange.get_one(Referral, mentee.id).state is ReferralState.PLACED
    assert dict(arrange.execute(select(AssociationStanding.side, AssociationStanding.committed)).all()) == {
        Side.MENTEE: 1,
        Side.MENTOR: 1,
    }


def test_outside_any_campaign_requests_wait(arrange: Session, campaign: Campaign, opened: Open) -> None:
    opened("Ouverte")
    make_referral(arrange, campaign)
    arrange.commit()

    with clock.at(clock.now() + timedelta(days=400)):
        drain(MENTEE)

    assert states(arrange) == [ReferralState.WAITLISTED]


def test_a_batch_takes_only_so_many_and_the_oldest_first(
    app: Flask, arrange: Session, campaign: Campaign, opened: Open
) -> None:
    opened("Ouverte")
    now = clock.now()
    for minute in range(5):
        make_referral(arrange, campaign, received_at=now - timedelta(minutes=minute))
    arrange.commit()

    with transaction(Scope(DatabaseRole.ROUTER)):
        batch = route_waiting(Side.MENTEE, limit=2)

    assert (batch.seen, batch.placed, batch.waitlisted, batch.unroutable) == (2, 2, 0, 0)
    assert states(arrange) == [ReferralState.PLACED] * 2 + [ReferralState.TO_ROUTE] * 3


def test_reach_counts_the_requests_an_association_alone_could_have_taken(
    arrange: Session, campaign: Campaign, opened: Open
) -> None:
    rare, common = (
        opened("Rare", criteria={"test": "age", "min": 25}),
        opened("Commune", criteria={"test": "age", "max": 29}),
    )
    for age in (12, 20, 27, 30, 30, 30):
        make_referral(arrange, campaign, facts={"age": age})
    old = clock.now() - timedelta(days=91)
    make_referral(arrange, campaign, facts={"age": 30}, received_at=old)
    arrange.commit()

    measure_reach()

    found = dict(arrange.execute(select(AssociationStanding.association_id, AssociationStanding.reach)).all())
    assert found == {rare.id: 3, common.id: 2}
    drain(MENTEE)
    assert arrange.scalars(select(AssociationStanding.reach).order_by(AssociationStanding.reach)).all() == [2, 3]
