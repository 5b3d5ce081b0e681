"""The trial of criteria says what then happens: who comes from the waiting list, and who would have come."""

from datetime import timedelta
from random import Random
from time import process_time
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.criteria import EVERYONE, All, Expression, read_criteria, write_criteria
from matching.vocabulary import Channel, Side
from portal.foundation import clock
from portal.foundation.errors import Hidden
from portal.foundation.identifiers import new_id
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as, transaction
from portal.jobs.routing import drain
from portal.models.assignment import Assignment, AssignmentState
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.programme import Programme, ProgrammeVersion
from portal.models.referral import Referral, ReferralState, UnroutableWhy
from portal.models.routing import StandingDelta
from portal.operations.criteria import publish_criteria
from portal.queries import retrospect
from portal.queries.trial import Trial, try_criteria
from tests import factories

SIDE = Side.MENTEE
LILLE = ("commune:59350", "epci:200093201", "departement:59", "region:32", "country:FR")
PARIS = ("commune:75111", "departement:75", "region:11", "country:FR")
HOMES = (factories.ROUBAIX, LILLE, PARIS)
NOBODY: dict[str, Any] = {"all": [{"test": "age", "min": 98}]}


@pytest.fixture
def campaign(arrange: Session) -> Campaign:
    return factories.make_campaign(arrange)


def age(least: int, most: int) -> dict[str, Any]:
    return {"test": "age", "min": least, "max": most}


def in_person(*places: str) -> list[dict[str, Any]]:
    return [{"test": "modality", "any_of": ["hybrid", "in_person"]}, {"test": "territory", "any_of": list(places)}]


def some_criteria(random: Random) -> dict[str, Any]:
    least = random.randint(8, 22)
    parts: list[dict[str, Any]] = [age(least, least + random.randint(2, 12))]
    if random.random() < 0.4:
        parts.append({"test": "need", "any_of": random.sample(["first_job", "guidance", "school_support"], 2)})
    if random.random() < 0.3:
        parts.append({"test": "public", "any_of": ["qpv"]})
    place = random.choice([home[random.randint(0, len(home) - 1)] for home in HOMES])
    if random.random() < 0.5:
        parts.append({"any": [{"all": in_person(place)}, {"test": "modality", "any_of": ["remote"]}]})
    return {"all": parts}


def somebody(arrange: Session, campaign: Campaign, random: Random, **fields: Any) -> Referral:
    facts = {
        "age": random.randint(8, 30),
        "needs": random.sample(["first_job", "guidance", "school_support"], 2),
        "places": sorted(random.choice(HOMES)),
        "modalities": random.choice((["in_person"], ["remote"], ["hybrid", "in_person", "remote"])),
    }
    if random.random() < 0.5:
        facts["publics"] = {"qpv": random.random() < 0.5}
    return factories.make_referral(arrange, campaign, facts=facts, **fields)


def town(arrange: Session, campaign: Campaign, random: Random) -> list[Programme]:
    """A few associations with few places, their requests, and many who wait."""
    programmes = []
    for _ in range(4):
        association = factories.make_association(arrange, stop_at_objective=random.random() < 0.2)
        programmes += [
            factories.make_programme(arrange, association, some_criteria(random)) for _ in range(random.randint(1, 2))
        ]
        factories.make_objective(arrange, association, campaign, random.randint(3, 12))
        for place in random.sample(["departement:59", "commune:75111", "remote"], random.randint(1, 3)):
            amount = random.randint(1, 5)
            capacity = factories.make_capacity(arrange, association, campaign, amount, place)
        taken = factories.make_assignment(
            arrange, somebody(arrange, campaign, random), association, programmes[-1], capacity=capacity
        )
        if random.random() < 0.5:
            bounced(arrange, taken)
    for number in range(40):
        somebody(arrange, campaign, random, received_at=clock.now() - timedelta(hours=40 - number))
    arrange.commit()
    return programmes


def bounced(arrange: Session, assignment: Assignment) -> None:
    """Sent back: its place comes free with the next batch, as an answer appended it."""
    now = clock.now()
    assignment.state, assignment.closed_at, assignment.applied_at = AssignmentState.BOUNCED, now, now
    arrange.get_one(Referral, assignment.referral_id).state = ReferralState.TO_ROUTE
    arrange.add(
        StandingDelta(
            association_id=assignment.association_id,
            campaign_id=assignment.campaign_id,
            side=assignment.side,
            programme_id=assignment.programme_id,
            capacity_id=assignment.capacity_id,
            amount=-1,
        )
    )


def scope_of(programme: Programme, *, read_only: bool = False) -> Scope:
    return Scope(DatabaseRole.ASSOCIATION, association_id=programme.association_id, read_only=read_only)


def tried(programme: Programme, draft: Expression, current: Expression | None) -> Trial:
    with acting_as(scope_of(programme, read_only=True)):
        return try_criteria(programme.id, SIDE, draft, current)


def criteria_of(arrange: Session, programme: Programme) -> Expression:
    found = arrange.execute(
        select(ProgrammeVersion.criteria)
        .where(ProgrammeVersion.programme_id == programme.id)
        .order_by(ProgrammeVersion.number.desc())
        .limit(1)
    ).scalar_one()
    return read_criteria(found)


def offers_to(arrange: Session, association_id: UUID) -> set[UUID]:
    arrange.rollback()
    query = select(Assignment.referral_id).where(Assignment.association_id == association_id)
    return set(arrange.scalars(query.where(Assignment.closed_at.is_(None))))


def open_assignments(arrange: Session) -> list[Assignment]:
    return list(arrange.scalars(select(Assignment).where(Assignment.closed_at.is_(None)).order_by(Assignment.id)))


def publish(programme: Programme, draft: Expression) -> None:
    with transaction(Scope(DatabaseRole.STAFF)):
        publish_criteria(programme.id, SIDE, write_criteria(draft), by=None)


@pytest.mark.parametrize("seed", range(12))
def test_those_who_wait_come_as_the_trial_said(arrange: Session, campaign: Campaign, seed: int) -> None:
    random = Random(seed)
    programmes = town(arrange, campaign, random)
    drain(SIDE.value)
    for _ in range(3):
        programme = random.choice(programmes)
        drain(SIDE.value, "waitlist", "unroutable")
        if random.random() < 0.5 and (held := open_assignments(arrange)):
            bounced(arrange, random.choice(held))
            arrange.commit()
        before = offers_to(arrange, programme.association_id)
        draft = read_criteria(some_criteria(random))
        said = tried(programme, draft, criteria_of(arrange, programme))
        publish(programme, draft)
        drain(SIDE.value, "waitlist", "unroutable")
        after = offers_to(arrange, programme.association_id)
        assert said.waiting == len(after - before)


def test_the_towns_edits_do_bring_people(arrange: Session, campaign: Campaign) -> None:
    """The property above is not vacuous: somebody waits, and opening a programme to everyone brings them."""
    random = Random(5)
    programmes = town(arrange, campaign, random)
    drain(SIDE.value)
    waiting = {ReferralState.WAITLISTED, ReferralState.UNROUTABLE}
    assert arrange.scalar(select(Referral.id).where(Referral.state.in_(waiting)).limit(1))
    assert any(tried(one, EVERYONE, criteria_of(arrange, one)).waiting for one in programmes)


def one_association(
    arrange: Session, campaign: Campaign, criteria: dict[str, Any], places: int = 50, objective: int = 50
) -> Programme:
    association = factories.make_association(arrange)
    programme = factories.make_programme(arrange, association, criteria)
    factories.make_objective(arrange, association, campaign, objective)
    factories.make_capacity(arrange, association, campaign, places, "departement:59")
    return programme


def test_who_would_have_come_and_who_would_not_over_the_last_thirty_days(arrange: Session, campaign: Campaign) -> None:
    """Twelve of 20 years found nobody; eight of 14 came. Taking 18 to 25 instead turns both round."""
    programme = one_association(arrange, campaign, {"all": [age(11, 17)]})
    for number in range(20):
        received = clock.now() - timedelta(days=20, hours=-number)
        factories.make_referral(
            arrange, campaign, received_at=received, facts={"age": 20 if number < 12 else 14, "level": "tle"}
        )
    arrange.commit()
    drain(SIDE.value)
    said = tried(programme, read_criteria({"all": [age(18, 25)]}), criteria_of(arrange, programme))
    assert (said.looked_at, said.before.certain, said.after.certain) == (20, 8, 12)
    assert (said.gained, said.lost, said.come, said.leave, said.stranded) == (12, 8, 12, 8, 12)
    assert [(source.name, source.count) for source in said.territories] == [("Nord", 12)]
    assert [(source.name, source.count) for source in said.levels] == [("terminale (Bac−1)", 12)]
    assert said.left == (12,)
    assert (said.waiting, said.places_left) == (12, 30)
    assert len(said.held) == 8


def test_what_would_have_come_stops_at_the_places(arrange: Session, campaign: Campaign) -> None:
    programme = one_association(arrange, campaign, NOBODY, places=3)
    for _ in range(9):
        factories.make_referral(arrange, campaign, received_at=clock.now() - timedelta(days=2))
    arrange.commit()
    drain(SIDE.value)
    said = tried(programme, EVERYONE, read_criteria(NOBODY))
    assert (said.gained, said.come, said.waiting, said.places_left) == (9, 3, 3, 0)


def test_a_rival_further_from_its_objective_would_still_have_had_them(arrange: Session, campaign: Campaign) -> None:
    """Its standing of that moment is what the stored decision kept."""
    rival = one_association(arrange, campaign, {"all": []}, objective=1_000)
    programme = one_association(arrange, campaign, NOBODY, objective=10)
    for _ in range(6):
        factories.make_referral(arrange, campaign, received_at=clock.now() - timedelta(days=2))
    arrange.commit()
    drain(SIDE.value)
    assert len(offers_to(arrange, rival.association_id)) == 6
    said = tried(programme, EVERYONE, read_criteria(NOBODY))
    assert said.gained == 6
    assert 1 <= said.come < 6
    assert said.stranded == 0


@pytest.mark.parametrize("seed", range(6))
def test_a_wider_programme_loses_nobody(arrange: Session, campaign: Campaign, seed: int) -> None:
    """Before and after rest on the same figures: taking everyone sends none of those who came elsewhere."""
    random = Random(200 + seed)
    programmes = town(arrange, campaign, random)
    drain(SIDE.value)
    for programme in programmes:
        said = tried(programme, EVERYONE, criteria_of(arrange, programme))
        assert said.leave <= said.come


@pytest.mark.parametrize("seed", range(6))
def test_running_against_the_chosen_rival_alone_says_what_running_against_all_says(
    arrange: Session, campaign: Campaign, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(100 + seed)
    programmes = town(arrange, campaign, random)
    drain(SIDE.value)
    edits = [(random.choice(programmes), read_criteria(some_criteria(random))) for _ in range(6)]
    quick = [tried(one, draft, criteria_of(arrange, one)) for one, draft in edits]
    monkeypatch.setattr(retrospect.Again, "_rivals", lambda *_: retrospect.EVERYBODY)
    whole = [tried(one, draft, criteria_of(arrange, one)) for one, draft in edits]
    for said, known in zip(quick, whole, strict=True):
        assert (said.come, said.leave, said.stranded, said.held) == (
            known.come,
            known.leave,
            known.stranded,
            known.held,
        )


def test_only_confirmed_requests_of_the_last_thirty_days_are_looked_at(arrange: Session, campaign: Campaign) -> None:
    programme = one_association(arrange, campaign, {"all": []})
    now = clock.now()
    factories.make_referral(arrange, campaign, received_at=now - timedelta(days=29))
    factories.make_referral(arrange, campaign, received_at=now - timedelta(days=31))
    factories.make_referral(arrange, campaign, state=ReferralState.AWAITING_CONSENT)
    factories.make_referral(arrange, campaign, side=Side.MENTOR)
    arrange.commit()
    assert tried(programme, EVERYONE, read_criteria(NOBODY)).looked_at == 1


def test_those_handed_to_staff_do_not_come(arrange: Session, campaign: Campaign) -> None:
    programme = one_association(arrange, campaign, NOBODY)
    for why in UnroutableWhy:
        factories.make_referral(arrange, campaign, state=ReferralState.UNROUTABLE, unroutable_why=why)
    arrange.commit()
    assert tried(programme, EVERYONE, read_criteria(NOBODY)).waiting == 2


def test_a_side_that_asked_nothing_yet_can_be_tried(arrange: Session, campaign: Campaign) -> None:
    programme = one_association(arrange, campaign, NOBODY)
    association = arrange.get_one(Association, programme.association_id)
    factories.make_capacity(arrange, association, campaign, 5, "departement:59", Side.MENTOR)
    factories.make_referral(arrange, campaign, side=Side.MENTOR)
    arrange.commit()
    with acting_as(scope_of(programme, read_only=True)):
        said = try_criteria(programme.id, Side.MENTOR, EVERYONE, None)
    assert (said.before.all, said.after.all, said.waiting) == (0, 1, 1)


def test_unchanged_criteria_change_nothing(arrange: Session, campaign: Campaign) -> None:
    programme = one_association(arrange, campaign, {"all": [age(18, 25)]})
    factories.make_referral(arrange, campaign)
    arrange.commit()
    said = tried(programme, All((read_criteria(age(18, 25)),)), criteria_of(arrange, programme))
    assert not said.changed
    assert (said.before, said.after.certain, said.come, said.waiting) == (said.after, 1, 0, 0)


def test_anothers_programme_cannot_be_tried(arrange: Session, campaign: Campaign) -> None:
    programme, other = (one_association(arrange, campaign, NOBODY) for _ in range(2))
    arrange.commit()
    with pytest.raises(Hidden), acting_as(scope_of(other, read_only=True)):
        try_criteria(programme.id, SIDE, EVERYONE, None)


def test_the_trial_writes_nothing_and_gives_the_scope_back(arrange: Session, campaign: Campaign, owner: Any) -> None:
    programme = one_association(arrange, campaign, NOBODY)
    factories.make_referral(arrange, campaign, state=ReferralState.WAITLISTED)
    arrange.commit()
    with acting_as(scope_of(programme, read_only=True)) as session:
        try_criteria(programme.id, SIDE, EVERYONE, read_criteria(NOBODY))
        assert session.scalar(select(Programme.id).where(Programme.id == programme.id)) == programme.id
    assert owner.execute("SELECT count(*) FROM assignment").fetchone() == (0,)
    assert owner.execute("SELECT state FROM referral").fetchone() == ("waitlisted",)


def many(arrange: Session, campaign: Campaign, random: Random, count: int) -> None:
    """Requests without their people, whom the trial never reads."""
    for number in range(count):
        key = new_id()
        received = clock.now() - timedelta(minutes=20 * number)
        profile = factories.profile_json(key, age=random.randint(8, 30), places=sorted(random.choice(HOMES)))
        arrange.add(
            Referral(
                id=key, number=f"2026-9{number:05}", side=SIDE, channel=Channel.SELF, state=ReferralState.TO_ROUTE,
                state_since=received, received_at=received, campaign_id=campaign.id, profile=profile,
                tracking_digest=str(key),
            )
        )  # fmt: skip


@pytest.mark.bench
def test_two_thousand_requests_are_tried_in_about_a_second(arrange: Session, campaign: Campaign) -> None:
    """The worst draft: every request changes, so every decision of the month is run again. Fails past four seconds of work."""
    random = Random(1)
    for _ in range(75):
        association = factories.make_association(arrange)
        for _ in range(2):
            factories.make_programme(arrange, association, some_criteria(random))
        factories.make_objective(arrange, association, campaign, 40)
        factories.make_capacity(arrange, association, campaign, 10, "country:FR")
    programme = one_association(arrange, campaign, NOBODY)
    many(arrange, campaign, random, 2_000)
    arrange.commit()
    drain(SIDE.value)
    started = process_time()
    said = tried(programme, EVERYONE, read_criteria(NOBODY))
    spent = process_time() - started
    assert (said.looked_at, said.gained) == (2_000, 2_000)
    assert spent < 4, f"{spent:.1f} s"
