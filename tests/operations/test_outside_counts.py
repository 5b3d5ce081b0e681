"""An association declares who came by other ways: dated, corrected the same day, and obeyed by ARM at once."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.errors import DomainError
from portal.foundation.permissions import Role
from portal.foundation.queue import queue
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as, transaction
from portal.jobs.routing import drain
from portal.models.account import Account
from portal.models.assignment import Assignment
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.event import Event, EventName
from portal.models.objective import OutsideCount
from portal.models.referral import Referral, ReferralState
from portal.models.routing import AssociationStanding
from portal.operations.outside_counts import CountMoved, declare_outside_count
from tests.factories import (
    make_account,
    make_association,
    make_campaign,
    make_capacity,
    make_objective,
    make_programme,
    make_referral,
)

MENTEE = Side.MENTEE


@pytest.fixture
def campaign(arrange: Session) -> Campaign:
    return make_campaign(arrange)


def opened(arrange: Session, campaign: Campaign, name: str, **fields: bool) -> Association:
    association = make_association(arrange, name, **fields)
    make_programme(arrange, association)
    make_capacity(arrange, association, campaign, 50)
    make_objective(arrange, association, campaign, 10)
    return association


@pytest.fixture
def proxite(arrange: Session, campaign: Campaign) -> Association:
    return opened(arrange, campaign, "Proxité")


@pytest.fixture
def marie(arrange: Session, proxite: Association) -> Account:
    account = make_account(arrange, association=proxite, role=Role.ADMINISTRATOR)
    arrange.commit()
    return account


def declare(association: Association, by: Account, amount: int, based_on: str | None = None) -> None:
    with transaction(Scope(DatabaseRole.ASSOCIATION, association_id=association.id, account_id=by.id)):
        declare_outside_count(association.id, MENTEE, amount, by=by.id, based_on=based_on)


def counts(arrange: Session) -> list[tuple[int, int]]:
    """How many days ago, and how many."""
    arrange.expire_all()
    rows = arrange.scalars(select(OutsideCount).order_by(OutsideCount.declared_on))
    return [((clock.today() - one.declared_on).days, one.amount) for one in rows]


def test_a_second_count_the_same_day_corrects_the_first(arrange: Session, proxite: Association, marie: Account) -> None:
    declare(proxite, marie, 12)
    declare(proxite, marie, 21)

    assert counts(arrange) == [(0, 21)]
    told = list(arrange.scalars(select(Event).where(Event.name == EventName.OUTSIDE_COUNT_DECLARED)))
    assert sorted(one.data["amount"] for one in told) == [12, 21]
    assert {one.account_id for one in told} == {marie.id}
    assert queue().count == 1


def test_yesterdays_count_stays_in_the_history(
    arrange: Session, campaign: Campaign, proxite: Association, marie: Account
) -> None:
    yesterday = clock.today() - timedelta(days=1)
    given = {"association_id": proxite.id, "campaign_id": campaign.id, "side": MENTEE, "declared_by": marie.id}
    arrange.add(OutsideCount(**given, amount=12, declared_on=yesterday))
    arrange.commit()
    declare(proxite, marie, 15)

    assert counts(arrange) == [(1, 12), (0, 15)]


def test_a_count_nobody_has_seen_is_not_overwritten(arrange: Session, proxite: Association, marie: Account) -> None:
    declare(proxite, marie, 12, based_on="none")

    with pytest.raises(CountMoved, match="maintenant de 12"):
        declare(proxite, marie, 30, based_on="none")

    assert counts(arrange) == [(0, 12)]


@pytest.mark.parametrize(("amount", "days"), [(-1, 0), (1_000_000, 0), (5, 400)])
def test_a_count_that_cannot_be_is_refused(
    arrange: Session, proxite: Association, marie: Account, amount: int, days: int
) -> None:
    """Below nothing, beyond all measure, or when no campaign is running."""
    with clock.at(clock.now() + timedelta(days=days)), pytest.raises(DomainError) as refused:
        declare(proxite, marie, amount)

    assert refused.value.field == "amount"
    assert counts(arrange) == []


@pytest.mark.parametrize(
    ("role", "days", "amount"),
    [(Role.COORDINATOR, 0, 5), (Role.ADMINISTRATOR, 1, 5), (Role.ADMINISTRATOR, -1, 5), (Role.ADMINISTRATOR, 0, 10**6)],
)
def test_the_database_takes_counts_of_today_from_administrators_alone(
    arrange: Session, campaign: Campaign, proxite: Association, role: Role, days: int, amount: int
) -> None:
    account = make_account(arrange, association=proxite, role=role)
    arrange.commit()
    given = {"association_id": proxite.id, "campaign_id": campaign.id, "side": MENTEE, "declared_by": account.id}
    count = OutsideCount(**given, amount=amount, declared_on=clock.today() + timedelta(days=days))

    scope = Scope(DatabaseRole.ASSOCIATION, association_id=proxite.id, account_id=account.id)
    with acting_as(scope) as session:
        session.add(count)
        with pytest.raises(ProgrammingError, match="row-level security"):
            session.flush()

    assert counts(arrange) == []


def test_nobody_declares_for_another_association(
    arrange: Session, campaign: Campaign, proxite: Association, marie: Account
) -> None:
    other = opened(arrange, campaign, "Télémaque")
    arrange.commit()

    scope = Scope(DatabaseRole.ASSOCIATION, association_id=proxite.id, account_id=marie.id)
    with pytest.raises(ProgrammingError, match="row-level security"), transaction(scope):
        declare_outside_count(other.id, MENTEE, 5, by=marie.id)

    assert counts(arrange) == []


def test_arm_sends_the_next_request_elsewhere_at_once(
    arrange: Session, campaign: Campaign, proxite: Association, marie: Account
) -> None:
    """Proxité, at 0 of 10, is served before Télémaque, at 2 of 10; it declares 5 who came by other ways, and is not."""
    telemaque = opened(arrange, campaign, "Télémaque")
    arrange.add(AssociationStanding(association_id=telemaque.id, campaign_id=campaign.id, side=MENTEE, committed=2))
    make_referral(arrange, campaign)
    arrange.commit()
    drain(MENTEE.value)

    declare(proxite, marie, 5)
    make_referral(arrange, campaign)
    arrange.commit()
    drain(MENTEE.value)

    served = select(Association.name).join(Assignment, Assignment.association_id == Association.id)
    assert list(arrange.scalars(served.order_by(Assignment.offered_at))) == ["Proxité", "Télémaque"]


def test_lowering_a_count_opens_again_to_what_waits(
    arrange: Session, campaign: Campaign, proxite: Association, marie: Account
) -> None:
    """An association that stops at its objective is full by its outside count, and no longer once that is corrected."""
    proxite.stop_at_objective = True
    arrange.commit()
    declare(proxite, marie, 10)
    make_referral(arrange, campaign)
    arrange.commit()
    drain(MENTEE.value)
    assert list(arrange.scalars(select(Referral.state))) == [ReferralState.WAITLISTED]

    declare(proxite, marie, 9)
    drain(MENTEE.value, "waitlist")

    arrange.expire_all()
    assert list(arrange.scalars(select(Referral.state))) == [ReferralState.PLACED]
