"""Campaigns follow each other: objectives and places are carried over, lived days never move, routing goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.errors import DomainError
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs.campaigns import carry_over
from portal.jobs.routing import drain
from portal.models.account import Account
from portal.models.assignment import Assignment
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.capacity import Capacity
from portal.models.event import Event, EventName
from portal.models.objective import Objective, OutsideCount
from portal.models.referral import Referral, ReferralState
from portal.models.routing import AssociationStanding
from portal.operations.campaigns import amend_campaign, carry_again, drop_campaign, open_campaign
from portal.operations.objectives import declare_objective
from portal.queries.campaigns import Gap, Stage, campaign_lines, campaigns, gaps_ahead
from tests.factories import (
    make_account,
    make_association,
    make_campaign,
    make_capacity,
    make_objective,
    make_programme,
    make_referral,
)

DAY = timedelta(days=1)


@pytest.fixture
def campaign(arrange: Session) -> Campaign:
    made = make_campaign(arrange)
    arrange.commit()
    return made


@pytest.fixture
def samir(arrange: Session) -> Account:
    account = make_account(arrange, staff=True)
    arrange.commit()
    return account


@pytest.fixture
def staff(samir: Account) -> Scope:
    return Scope(DatabaseRole.STAFF, account_id=samir.id)


def opened(
    arrange: Session, campaign: Campaign, name: str, objective: int = 10, places: int = 20, side: Side = Side.MENTEE
) -> Association:
    association = make_association(arrange, name)
    make_programme(arrange, association, side=side)
    make_capacity(arrange, association, campaign, places, side=side)
    make_objective(arrange, association, campaign, objective, side)
    arrange.commit()
    return association


def open_next(staff: Scope, campaign: Campaign, *, after: int = 1) -> None:
    first = campaign.ends_on + after * DAY
    with transaction(staff):
        assert staff.account_id is not None
        open_campaign("Suivante", first, first + 364 * DAY, by=staff.account_id)


def following(arrange: Session) -> Campaign:
    return arrange.scalars(select(Campaign).where(Campaign.name == "Suivante")).one()


@contextmanager
def on(day: date, hour: int = 12, minute: int = 0) -> Iterator[None]:
    with clock.at(datetime.combine(day, time(hour, minute), clock.PARIS)):
        yield


def test_the_next_one_starts_from_the_last_objectives_on_both_sides(
    arrange: Session, campaign: Campaign, samir: Account, staff: Scope
) -> None:
    proxite = opened(arrange, campaign, "Proxité", 80)
    opened(arrange, campaign, "Télémaque", 40, side=Side.MENTOR)
    withdrawn = opened(arrange, campaign, "Afev", 30)
    with transaction(staff):
        declare_objective(proxite.id, Side.MENTEE, 90, by=samir.id)
        declare_objective(withdrawn.id, Side.MENTEE, 0, by=samir.id)

    open_next(staff, campaign)

    query = select(Objective).where(Objective.campaign_id == following(arrange).id).order_by(Objective.amount)
    carried = [(one.side, one.amount, one.version, one.provisional) for one in arrange.scalars(query)]
    assert carried == [(Side.MENTOR, 40, 1, True), (Side.MENTEE, 90, 1, True)]
    told = arrange.scalars(select(Event).where(Event.name == EventName.CAMPAIGN_CHANGED)).one()
    assert told.data["act"] == "opened"


def test_the_last_places_come_with_it_to_be_confirmed(arrange: Session, campaign: Campaign, staff: Scope) -> None:
    opened(arrange, campaign, "Proxité", places=7)
    for row in arrange.scalars(select(Capacity)):
        row.or_more, row.updated_at = True, clock.now() - 60 * DAY
    arrange.commit()

    open_next(staff, campaign)

    before, after = arrange.scalars(select(Capacity).order_by(Capacity.version, Capacity.id)).all()
    assert {before.campaign_id, after.campaign_id} == {campaign.id, following(arrange).id}
    assert (after.amount, after.or_more, after.place) == (before.amount, before.or_more, before.place)
    assert after.updated_at == before.updated_at
    assert after.updated_by is None


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (165, 400, "starts_on"),  # from the running one's last day
        (-10, 100, "starts_on"),  # in the past
        (200, 199, "ends_on"),
        (200, 200 + 800, "ends_on"),  # a year mistyped
    ],
)
def test_dates_that_cannot_be_are_refused_on_their_field(
    arrange: Session, campaign: Campaign, samir: Account, staff: Scope, first: int, last: int, field: str
) -> None:
    today = clock.today()
    with pytest.raises(DomainError) as refused, transaction(staff):
        open_campaign("Suivante", today + first * DAY, today + last * DAY, by=samir.id)

    assert refused.value.field == field
    assert arrange.scalar(select(func.count()).select_from(Campaign)) == 1


def test_a_campaign_that_would_swallow_the_next_is_refused_on_its_last_day(
    arrange: Session, campaign: Campaign, staff: Scope
) -> None:
    open_next(staff, campaign)

    with pytest.raises(DomainError, match="Suivante") as refused:
        amend(staff, campaign, last=5)

    assert refused.value.field == "ends_on"


def test_the_database_has_the_last_word_on_an_overlap(
    arrange: Session, campaign: Campaign, samir: Account, staff: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of the team at once: neither sees the other's campaign when looking."""
    monkeypatch.setattr("portal.operations.campaigns.campaign_across", lambda *_: None)

    with pytest.raises(DomainError, match="chevauchent") as refused, transaction(staff):
        open_campaign("Suivante", campaign.ends_on, campaign.ends_on + DAY, by=samir.id)

    assert refused.value.field == "starts_on"


def amend(staff: Scope, campaign: Campaign, *, first: int = 0, last: int = 0, name: str = "Campagne") -> None:
    with transaction(staff) as session:
        own = session.get(Campaign, campaign.id)
        amend_campaign(own, name, own.starts_on + first * DAY, own.ends_on + last * DAY)


@pytest.mark.parametrize(("first", "last", "field"), [(1, 0, "starts_on"), (0, -166, "ends_on")])
def test_days_already_lived_stay_in_their_campaign(
    arrange: Session, campaign: Campaign, staff: Scope, first: int, last: int, field: str
) -> None:
    days = (campaign.starts_on, campaign.ends_on)
    with pytest.raises(DomainError) as refused:
        amend(staff, campaign, first=first, last=last)

    assert refused.value.field == field
    arrange.refresh(campaign)
    assert (campaign.starts_on, campaign.ends_on) == days


def test_the_running_one_may_end_today_or_later_than_said(arrange: Session, campaign: Campaign, staff: Scope) -> None:
    amend(staff, campaign, last=-165, name="Raccourcie")
    arrange.refresh(campaign)
    assert (campaign.ends_on, campaign.name) == (clock.today(), "Raccourcie")

    amend(staff, campaign, last=30)
    arrange.refresh(campaign)
    assert campaign.ends_on == clock.today() + 30 * DAY


def test_one_that_is_over_changes_its_name_only(arrange: Session, campaign: Campaign, staff: Scope) -> None:
    with on(campaign.ends_on + 2 * DAY):
        with pytest.raises(DomainError, match="terminée"):
            amend(staff, campaign, last=10)
        amend(staff, campaign, name="Saison 2026")

    arrange.refresh(campaign)
    assert campaign.name == "Saison 2026"


def test_a_future_one_is_dropped_with_what_was_carried_over(arrange: Session, campaign: Campaign, staff: Scope) -> None:
    opened(arrange, campaign, "Proxité")
    open_next(staff, campaign)
    made = following(arrange).id

    with transaction(staff) as session:
        drop_campaign(session.get(Campaign, made))

    assert [one.id for one in arrange.scalars(select(Campaign))] == [campaign.id]
    assert {one.campaign_id for one in arrange.scalars(select(Objective))} == {campaign.id}
    assert {one.campaign_id for one in arrange.scalars(select(Capacity))} == {campaign.id}


def test_one_that_has_begun_or_holds_a_validated_objective_is_not_dropped(
    arrange: Session, campaign: Campaign, samir: Account, staff: Scope
) -> None:
    proxite = opened(arrange, campaign, "Proxité", 80)
    open_next(staff, campaign)
    made = following(arrange).id
    with transaction(staff):
        declare_objective(proxite.id, Side.MENTEE, 90, by=samir.id, campaign_id=made)

    for dropped in (campaign.id, made):
        with pytest.raises(DomainError), transaction(staff) as session:
            drop_campaign(session.get(Campaign, dropped))

    assert arrange.scalar(select(func.count()).select_from(Campaign)) == 2


def test_on_the_eve_what_has_changed_meanwhile_comes_with_it(
    arrange: Session, campaign: Campaign, samir: Account, staff: Scope
) -> None:
    """Places and objectives of the last campaign moved since; what was validated for the next one stays."""
    changed, settled = opened(arrange, campaign, "Proxité", 80), opened(arrange, campaign, "Télémaque", 40)
    open_next(staff, campaign)
    made = following(arrange)
    with transaction(staff):
        declare_objective(changed.id, Side.MENTEE, 90, by=samir.id)
        declare_objective(settled.id, Side.MENTEE, 45, by=samir.id)
        declare_objective(settled.id, Side.MENTEE, 50, by=samir.id, campaign_id=made.id)
    for row in arrange.scalars(select(Capacity).where(Capacity.campaign_id == campaign.id)):
        row.amount = 33
    arrange.commit()

    with on(campaign.ends_on - DAY, 23):
        carry_over()
    assert carried(arrange, made) == ([40, 50, 80], [20, 20])
    with on(campaign.ends_on, 23):
        carry_over()
    assert carried(arrange, made) == ([40, 50, 90], [33, 33])


def carried(arrange: Session, campaign: Campaign) -> tuple[list[int], list[int]]:
    arrange.expire_all()
    objectives = select(Objective.amount).where(Objective.campaign_id == campaign.id).order_by(Objective.amount)
    places = select(Capacity.amount).where(Capacity.campaign_id == campaign.id)
    return list(arrange.scalars(objectives)), list(arrange.scalars(places))


def test_a_campaign_that_has_begun_is_not_carried_over_again(
    arrange: Session, campaign: Campaign, samir: Account, staff: Scope
) -> None:
    opened(arrange, campaign, "Proxité", 80)

    with pytest.raises(DomainError, match="commencé"), transaction(staff) as session:
        carry_again(session.get(Campaign, campaign.id), by=samir.id)

    assert carried(arrange, campaign) == ([80], [20])


def test_days_of_no_campaign_are_told(arrange: Session, campaign: Campaign, staff: Scope) -> None:
    last = campaign.ends_on
    open_next(staff, campaign, after=11)

    with transaction(staff):
        found = campaigns()
        told = gaps_ahead(found)
        end = found[0].ends_on
        stages = {line.name: line.stage for line in campaign_lines()}

    assert told == [Gap(last + DAY, last + 10 * DAY), Gap(end + DAY, None)]
    assert stages == {"Suivante": Stage.FUTURE, "Campagne": Stage.RUNNING}


def served(arrange: Session) -> list[tuple[str, str]]:
    """Who was offered a request and in which campaign, in order."""
    query = (
        select(Association.name, Campaign.name)
        .join(Assignment, Assignment.association_id == Association.id)
        .join(Campaign, Campaign.id == Assignment.campaign_id)
    )
    return [(row[0], row[1]) for row in arrange.execute(query.order_by(Assignment.offered_at))]


def test_at_midnight_requests_are_ranked_on_the_new_campaigns_objectives(
    arrange: Session, campaign: Campaign, samir: Account, staff: Scope
) -> None:
    """Proxité is far ahead in the old campaign and Télémaque gets everything; the day after, all start from nothing
    and the new objectives decide: one in three to Télémaque, whose objective is half of Proxité's."""
    proxite = opened(arrange, campaign, "Proxité")
    opened(arrange, campaign, "Télémaque")
    arrange.add_all(
        [
            AssociationStanding(association_id=proxite.id, campaign_id=campaign.id, side=Side.MENTEE, committed=9),
            OutsideCount(
                association_id=proxite.id,
                campaign_id=campaign.id,
                side=Side.MENTEE,
                amount=500,
                declared_on=clock.today(),
            ),
        ]
    )
    arrange.commit()
    open_next(staff, campaign)
    made = following(arrange).id
    with transaction(staff):
        declare_objective(proxite.id, Side.MENTEE, 20, by=samir.id, campaign_id=made)
    received = datetime.combine(campaign.ends_on, time(23, 50), clock.PARIS)

    make_referral(arrange, campaign, received_at=received)
    arrange.commit()
    with on(campaign.ends_on, 23, 59):
        drain(Side.MENTEE.value)
    assert served(arrange) == [("Télémaque", "Campagne")]

    for minute in range(3):
        make_referral(arrange, campaign, received_at=received + timedelta(minutes=minute))
    arrange.commit()
    with on(campaign.ends_on + DAY, 0, 1):
        drain(Side.MENTEE.value)

    fresh = served(arrange)[1:]
    assert {name for _, name in fresh} == {"Suivante"}
    assert sorted(name for name, _ in fresh) == ["Proxité", "Proxité", "Télémaque"]


def test_what_waited_without_a_campaign_goes_on_its_first_day(
    arrange: Session, campaign: Campaign, staff: Scope
) -> None:
    """Outside any campaign nothing is open: requests wait, and the waiting list is looked at again by itself."""
    opened(arrange, campaign, "Proxité")
    open_next(staff, campaign, after=11)
    make_referral(arrange, campaign)
    arrange.commit()

    with on(campaign.ends_on + 5 * DAY):
        drain(Side.MENTEE.value)
        drain(Side.MENTEE.value, "waitlist")
    assert list(arrange.scalars(select(Referral.state))) == [ReferralState.WAITLISTED]

    with on(campaign.ends_on + 11 * DAY):
        drain(Side.MENTEE.value, "waitlist")
    assert served(arrange) == [("Proxité", "Suivante")]
