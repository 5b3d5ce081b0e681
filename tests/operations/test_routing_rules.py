"""Publishing criteria and declaring objectives: versioned, refused when unreadable, obeyed by the next batch."""

from datetime import timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.permissions import Role
from portal.foundation.queue import queue
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs.routing import drain
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.event import Event, EventName
from portal.models.objective import Objective
from portal.models.programme import Programme, ProgrammeVersion
from portal.models.referral import Referral, ReferralState
from portal.models.routing import AssociationStanding
from portal.operations.criteria import publish_criteria
from portal.operations.objectives import declare_objective, start_for
from portal.queries.routing import board_of
from tests.factories import (
    make_account,
    make_association,
    make_campaign,
    make_capacity,
    make_objective,
    make_programme,
    make_referral,
)

CHILDREN = {"all": [{"test": "age", "max": 12}]}
EVERYONE: dict[str, Any] = {"all": []}


@pytest.fixture
def campaign(arrange: Session) -> Campaign:
    return make_campaign(arrange)


@pytest.fixture
def programme(arrange: Session, campaign: Campaign) -> Programme:
    association = make_association(arrange, "Une association")
    made = make_programme(arrange, association, CHILDREN)
    make_capacity(arrange, association, campaign)
    made.kept_by = make_account(arrange, association=association, role=Role.ADMINISTRATOR).id
    arrange.commit()
    return made


def publish(programme: Programme, criteria: object, association_id: UUID | None = None) -> int:
    """As the administrator of the programme's association, unless another is named."""
    by, working_for = programme.kept_by, association_id or programme.association_id
    with transaction(Scope(DatabaseRole.ASSOCIATION, association_id=working_for, account_id=by)):
        return publish_criteria(programme.id, Side.MENTEE, criteria, by=by, notes=("Source : la fiche.",)).number


def test_published_criteria_are_a_new_version_and_reach_those_without_a_solution(
    arrange: Session, campaign: Campaign, programme: Programme
) -> None:
    referral = make_referral(arrange, campaign)
    arrange.commit()
    drain(Side.MENTEE.value)
    arrange.expire_all()
    assert arrange.get_one(Referral, referral.id).state is ReferralState.UNROUTABLE

    assert publish(programme, EVERYONE) == 2

    numbers = select(ProgrammeVersion.number).order_by(ProgrammeVersion.number)
    assert list(arrange.scalars(numbers)) == [1, 2]
    (woken,) = (job for job in queue().jobs if "unroutable" in job.args)
    drain(*woken.args)
    arrange.expire_all()
    assert arrange.get_one(Referral, referral.id).state is ReferralState.PLACED
    assert EventName.CRITERIA_CHANGED in list(arrange.scalars(select(Event.name)))


@pytest.mark.parametrize(
    ("criteria", "path"),
    [
        ({"all": [{"test": "age", "min": "dix"}]}, "$.all[0].min"),
        ({"test": "horoscope"}, "$.test"),
        ([], "$"),
    ],
)
def test_criteria_that_cannot_be_read_are_refused_with_the_place(
    arrange: Session, programme: Programme, criteria: object, path: str
) -> None:
    with pytest.raises(DomainError) as refused:
        publish(programme, criteria)

    assert refused.value.field == "criteria"
    assert path in refused.value.message
    assert arrange.scalar(select(func.count()).select_from(ProgrammeVersion)) == 1


def test_nobody_publishes_for_another_association(arrange: Session, programme: Programme) -> None:
    other = make_association(arrange)
    arrange.commit()

    with pytest.raises(Hidden):
        publish(programme, EVERYONE, other.id)
    programme.archived_at = clock.now()
    arrange.commit()
    with pytest.raises(Hidden):
        publish(programme, EVERYONE)


def test_the_team_approves_first_where_it_asked_to(arrange: Session, programme: Programme) -> None:
    arrange.get_one(Association, programme.association_id).approval_required = True
    arrange.commit()

    with pytest.raises(DomainError, match="équipe du Collectif"):
        publish(programme, EVERYONE)


def committed(arrange: Session, campaign: Campaign, association: Association, count: int) -> None:
    arrange.add(
        AssociationStanding(
            association_id=association.id, campaign_id=campaign.id, side=Side.MENTEE, committed=count, reach=0
        )
    )


@pytest.mark.parametrize(
    ("amount", "rivals", "expected"),
    [
        (100, (50, 50, 50), Fraction(100)),  # a newcomer starts level with rivals at a half: (0 + 100) / (100 + 100)
        (100, (0, 0, 0), Fraction(0)),  # nobody has begun
        (100, (), Fraction(0)),  # nobody competes
        (0, (50,), Fraction(0)),  # undeclared
    ],
)
def test_a_newcomer_starts_at_the_median_of_its_rivals(
    arrange: Session, campaign: Campaign, amount: int, rivals: tuple[int, ...], expected: Fraction
) -> None:
    newcomer = make_association(arrange, "Nouvelle")
    make_programme(arrange, newcomer)
    for taken in rivals:
        rival = make_association(arrange)
        make_programme(arrange, rival)
        make_objective(arrange, rival, campaign, 100)
        committed(arrange, campaign, rival, taken)
    make_referral(arrange, campaign)
    arrange.commit()

    with transaction(Scope(DatabaseRole.STAFF, read_only=True)):
        assert start_for(board_of(Side.MENTEE), newcomer.id, amount) == expected


def declare(association: Association, amount: int) -> Objective:
    with transaction(Scope(DatabaseRole.STAFF)):
        return declare_objective(association.id, Side.MENTEE, amount, by=None, source="Appel à projets")


def test_a_declared_objective_is_a_version_with_its_start_frozen(arrange: Session, campaign: Campaign) -> None:
    newcomer, rival = make_association(arrange, "Nouvelle"), make_association(arrange, "Rivale")
    for association in (newcomer, rival):
        make_programme(arrange, association)
    make_objective(arrange, rival, campaign, 100)
    committed(arrange, campaign, rival, 50)
    make_referral(arrange, campaign)
    arrange.commit()

    declare(newcomer, 40)
    declare(newcomer, 60)

    query = select(Objective).where(Objective.association_id == newcomer.id).order_by(Objective.version)
    first, second = arrange.scalars(query).all()
    assert (first.version, first.virtual_start_numerator, first.virtual_start_denominator) == (1, 40, 1)
    assert (second.version, second.amount, second.virtual_start_numerator) == (2, 60, 60)
    facts = list(arrange.scalars(select(Event.name)))
    assert facts == [EventName.OBJECTIVE_DECLARED] * 2
    assert queue().count == 1  # the first wake-up still waits, and serves both


def test_an_objective_is_refused_below_nothing_or_outside_any_campaign(arrange: Session, campaign: Campaign) -> None:
    association = make_association(arrange)
    arrange.commit()

    with pytest.raises(DomainError) as refused:
        declare(association, -1)
    assert refused.value.field == "amount"
    with clock.at(clock.now() + timedelta(days=400)), pytest.raises(DomainError, match="campagne"):
        declare(association, 10)


def test_raising_an_objective_does_not_make_an_association_late(arrange: Session, campaign: Campaign) -> None:
    raising, rival = make_association(arrange, "Relève"), make_association(arrange, "Rivale")
    for association, taken in ((raising, 30), (rival, 50)):
        make_programme(arrange, association)
        make_objective(arrange, association, campaign, 100)
        committed(arrange, campaign, association, taken)
    make_referral(arrange, campaign)
    arrange.commit()

    with transaction(Scope(DatabaseRole.STAFF, read_only=True)):
        start = start_for(board_of(Side.MENTEE), raising.id, 200)

    assert (30 + start) / (200 + start) == Fraction(30, 100)


def test_an_unknown_programme_is_hidden(programme: Programme) -> None:
    with pytest.raises(Hidden), transaction(Scope(DatabaseRole.ASSOCIATION, association_id=programme.association_id)):
        publish_criteria(uuid4(), Side.MENTEE, EVERYONE, by=None)
