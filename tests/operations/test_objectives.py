"""Staff declare objectives: versions, their effect told beforehand, and nothing overwritten unseen."""

from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.errors import DomainError
from portal.foundation.queue import queue
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs.routing import drain
from portal.models.account import Account
from portal.models.assignment import Assignment
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.event import JournalAct, JournalEntry
from portal.models.objective import Objective
from portal.models.referral import Referral, ReferralState
from portal.models.routing import AssociationStanding
from portal.operations.association_settings import AssociationMoved, settle_association
from portal.operations.objectives import Effect, ObjectiveMoved, declare_objective, effect_of
from portal.queries.objectives import median_attainment, objective_lines, versions_of
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


@pytest.fixture
def staff(arrange: Session) -> Account:
    return make_account(arrange, staff=True)


@pytest.fixture
def as_staff(staff: Account) -> Scope:
    return Scope(DatabaseRole.STAFF, account_id=staff.id)


Open = Callable[..., Association]


@pytest.fixture
def opened(arrange: Session, campaign: Campaign) -> Open:
    """An association with a programme for everyone, places in France, an objective and what it has committed."""

    def make(name: str, objective: int = 100, taken: int = 0, **fields: bool) -> Association:
        association = make_association(arrange, name, **fields)
        make_programme(arrange, association)
        make_capacity(arrange, association, campaign, 50)
        if objective:
            make_objective(arrange, association, campaign, objective)
        arrange.add(
            AssociationStanding(association_id=association.id, campaign_id=campaign.id, side=MENTEE, committed=taken)
        )
        return association

    return make


def versions(arrange: Session, association: Association) -> list[tuple[int, int, bool]]:
    own = select(Objective).where(Objective.association_id == association.id).order_by(Objective.version)
    return [(one.version, one.amount, one.provisional) for one in arrange.scalars(own)]


def test_each_declaration_is_a_version_that_says_who_and_why(
    arrange: Session, campaign: Campaign, staff: Account, as_staff: Scope, opened: Open
) -> None:
    proxite = opened("Proxité", 0)
    arrange.commit()

    with transaction(as_staff):
        declare_objective(proxite.id, MENTEE, 80, by=staff.id, source="Appel à projets", based_on=0)
    with transaction(as_staff):
        declare_objective(proxite.id, MENTEE, 90, by=staff.id, source="Avenant", based_on=1)

    assert versions(arrange, proxite) == [(1, 80, False), (2, 90, False)]
    with transaction(as_staff):
        history = versions_of(proxite.id, campaign.id, MENTEE)
        assert [(row.Objective.source, row.validator) for row in history] == [
            ("Avenant", staff.name),
            ("Appel à projets", staff.name),
        ]
    entries = list(arrange.scalars(select(JournalEntry)))
    assert [(one.act, one.account_id) for one in entries] == [(JournalAct.OBJECTIVE_CHANGED, staff.id)] * 2
    assert queue().count == 1  # the first wake-up still waits, and serves both


def test_a_version_nobody_has_seen_is_not_overwritten(
    arrange: Session, staff: Account, as_staff: Scope, opened: Open
) -> None:
    proxite = opened("Proxité", 80)
    arrange.commit()

    with pytest.raises(ObjectiveMoved) as refused, transaction(as_staff):
        declare_objective(proxite.id, MENTEE, 90, by=staff.id, based_on=0)

    assert "il vaut maintenant 80" in refused.value.message
    assert versions(arrange, proxite) == [(1, 80, False)]


def test_validating_a_provisional_objective_makes_a_version_that_is_not(
    arrange: Session, staff: Account, as_staff: Scope, opened: Open
) -> None:
    proxite = opened("Proxité", 80)
    for own in arrange.scalars(select(Objective)):
        own.provisional = True
    arrange.commit()

    with transaction(as_staff):
        declare_objective(proxite.id, MENTEE, 80, by=staff.id, based_on=1)
    with pytest.raises(DomainError, match="déjà"), transaction(as_staff):
        declare_objective(proxite.id, MENTEE, 80, by=staff.id, based_on=2)

    assert versions(arrange, proxite) == [(1, 80, True), (2, 80, False)]


def test_a_campaign_that_is_over_keeps_its_objectives(
    arrange: Session, campaign: Campaign, staff: Account, as_staff: Scope, opened: Open
) -> None:
    proxite = opened("Proxité", 80)
    arrange.commit()

    later = clock.at(clock.now() + timedelta(days=400))
    with later, pytest.raises(DomainError, match="terminée"), transaction(as_staff):
        declare_objective(proxite.id, MENTEE, 90, by=staff.id, campaign_id=campaign.id)

    assert versions(arrange, proxite) == [(1, 80, False)]


def test_before_its_first_day_a_campaign_has_no_virtual_start(
    arrange: Session, campaign: Campaign, staff: Account, as_staff: Scope, opened: Open
) -> None:
    """Though the running one is well under way: everybody will start from nothing."""
    proxite, _ = opened("Proxité", 0), opened("Télémaque", 100, 50)
    make_referral(arrange, campaign, state=ReferralState.PLACED)
    following = Campaign(
        name="Suivante", starts_on=campaign.ends_on + timedelta(days=1), ends_on=campaign.ends_on + timedelta(days=300)
    )
    arrange.add(following)
    arrange.commit()

    with transaction(as_staff):
        now = declare_objective(proxite.id, MENTEE, 80, by=staff.id)
        then = declare_objective(proxite.id, MENTEE, 80, by=staff.id, campaign_id=following.id)
        assert now.virtual_start_numerator > 0
        assert (then.campaign_id, then.virtual_start_numerator) == (following.id, 0)


def effect(scope: Scope, campaign: Campaign, association: Association, amount: int) -> Effect:
    with transaction(scope):
        return effect_of(campaign, association.id, MENTEE, amount)


def test_the_effect_is_told_before_and_is_what_declaring_does(
    arrange: Session, campaign: Campaign, staff: Account, as_staff: Scope, opened: Open
) -> None:
    proxite = opened("Proxité", 40, 30)
    opened("Télémaque", 100, 50)
    opened("Afev", 100, 60)
    make_referral(arrange, campaign, state=ReferralState.PLACED)
    arrange.commit()

    told = effect(as_staff, campaign, proxite, 200)

    assert (told.before.attainment, told.ahead_before) == (Fraction(3, 4), 2)
    assert told.after.virtual_start > 0
    assert told.ahead == 1  # level with the median of the two others, 55 %
    with transaction(as_staff):
        kept = declare_objective(proxite.id, MENTEE, 200, by=staff.id)
        start = Fraction(kept.virtual_start_numerator, kept.virtual_start_denominator)
    assert start == told.after.virtual_start


def test_attainment_adds_what_came_by_other_ways(
    arrange: Session, campaign: Campaign, as_staff: Scope, opened: Open
) -> None:
    opened("Afev", 100, 20)
    opened("Proxité", 0, 5)
    opened("Télémaque", 100, 60)
    arrange.commit()

    with transaction(as_staff):
        lines = objective_lines(campaign.id, MENTEE)
        assert [(line.name, line.attainment) for line in lines] == [
            ("Afev", Fraction(1, 5)),
            ("Proxité", None),
            ("Télémaque", Fraction(3, 5)),
        ]
        assert median_attainment(lines) == Fraction(2, 5)


def offered_to(arrange: Session) -> list[str]:
    query = select(Association.name).join(Assignment, Assignment.association_id == Association.id)
    return list(arrange.scalars(query.order_by(Assignment.offered_at)))


def settle(scope: Scope, association: Association, *, stop: bool, based_on: int) -> None:
    with transaction(scope) as session:
        own = session.get(Association, association.id)
        settle_association(own, approval_required=False, stop_at_objective=stop, based_on=based_on)


def test_an_association_that_stops_at_its_objective_is_offered_nothing_beyond_it(
    arrange: Session, campaign: Campaign, as_staff: Scope, opened: Open
) -> None:
    """And is offered what waits, by itself, once it no longer stops."""
    proxite = opened("Proxité", 1)
    arrange.commit()
    settle(as_staff, proxite, stop=True, based_on=1)
    for _ in range(2):
        make_referral(arrange, campaign)
    arrange.commit()

    drain(MENTEE.value)

    assert offered_to(arrange) == ["Proxité"]
    states = select(Referral.state).order_by(Referral.received_at)
    assert list(arrange.scalars(states)) == [ReferralState.PLACED, ReferralState.WAITLISTED]

    settle(as_staff, proxite, stop=False, based_on=2)
    drain(MENTEE.value, "waitlist")

    assert offered_to(arrange) == ["Proxité"] * 2


def test_settings_somebody_else_has_changed_are_not_overwritten(
    arrange: Session, as_staff: Scope, opened: Open
) -> None:
    proxite = opened("Proxité")
    arrange.commit()
    settle(as_staff, proxite, stop=True, based_on=1)

    with pytest.raises(AssociationMoved):
        settle(as_staff, proxite, stop=False, based_on=1)

    arrange.refresh(proxite)
    assert (proxite.stop_at_objective, proxite.version) == (True, 2)
