"""Somebody of the Collectif orients a request by hand: from the engine's own list, within what is open, with a reason."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.decision import Placed, Unroutable
from matching.explanation import Eligibility
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs.routing import drain
from portal.models.account import Account
from portal.models.assignment import Assignment, AssignmentState
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.event import Event, EventName, JournalAct, JournalEntry
from portal.models.programme import Programme
from portal.models.referral import Referral, ReferralState, UnroutableWhy
from portal.models.routing import AssociationStanding, CapacityUse
from portal.operations.orientation import Candidates, candidates_for, orient_by_hand
from portal.queries.decisions import decisions_of
from tests.factories import (
    make_account,
    make_assignment,
    make_association,
    make_campaign,
    make_capacity,
    make_objective,
    make_programme,
    make_referral,
)


class Desk:
    """A member of the team, a request without a solution, and four associations: far, near, full, and for children."""

    def __init__(self, arrange: Session) -> None:
        self.arrange = arrange
        self.staff: Account = make_account(arrange, staff=True)
        self.campaign: Campaign = make_campaign(arrange)
        self.programmes: dict[str, Programme] = {}
        self.add("Loin", 40)
        self.add("Proche", 10, outside=5)
        self.add("Complète", 90, places=0)
        self.add("Enfants", 20, criteria={"test": "age", "max": 12})
        self.referral: Referral = make_referral(
            arrange, self.campaign, state=ReferralState.UNROUTABLE, unroutable_why=UnroutableWhy.OTHER
        )
        arrange.commit()

    def add(self, name: str, objective: int, places: int = 5, outside: int = 0, criteria: Any = None) -> Association:
        association = make_association(self.arrange, name)
        self.programmes[name] = make_programme(self.arrange, association, criteria)
        make_capacity(self.arrange, association, self.campaign, places)
        make_objective(self.arrange, association, self.campaign, objective)
        if outside:
            self.arrange.add(
                AssociationStanding(
                    association_id=association.id,
                    campaign_id=self.campaign.id,
                    side=Side.MENTEE,
                    committed=outside,
                    reach=0,
                )
            )
        return association

    def listed(self, referral_id: UUID | None = None) -> Candidates:
        with transaction(Scope(DatabaseRole.STAFF, account_id=self.staff.id, read_only=True)):
            return candidates_for(referral_id or self.referral.id)

    def orient(self, name: str, reason: str = "") -> UUID:
        with transaction(Scope(DatabaseRole.ROUTER, account_id=self.staff.id)):
            made = orient_by_hand(self.referral.id, self.programmes[name].id, by=self.staff.id, reason=reason)
            return made.id

    def assignment(self, key: UUID) -> Assignment:
        self.arrange.expire_all()
        return self.arrange.get_one(Assignment, key)


@pytest.fixture
def desk(arrange: Session) -> Desk:
    return Desk(arrange)


def test_staff_see_every_programme_explained_the_first_one_first(desk: Desk) -> None:
    found = desk.listed()

    assert found.possible
    assert found.kind == "placed"
    assert [one.association for one in found.candidates] == ["Loin", "Proche", "Enfants", "Complète"]
    first, near, children, full = found.candidates
    assert (first.first, first.rank, first.selectable, first.attainment) == (True, 1, True, "0 sur 40 (0\u00a0%)")
    assert (near.first, near.rank, near.selectable, near.committed) == (False, 2, True, 5)
    assert (children.eligibility, children.rank, children.selectable) == (Eligibility.INELIGIBLE, None, True)
    assert children.nearest == ("avec une limite d’âge à 20\u00a0ans",)
    assert (full.selectable, full.closed) == (False, "complet\u00a0: France 0 sur 0")


def test_the_first_of_the_list_needs_no_reason(desk: Desk) -> None:
    made = desk.assignment(desk.orient("Loin"))

    assert (made.by_hand, made.state, made.programme_id) == (True, AssignmentState.OFFERED, desk.programmes["Loin"].id)
    assert desk.referral.state is ReferralState.PLACED
    assert desk.referral.unroutable_why is None


def test_another_than_the_first_asks_why_and_the_decision_keeps_it(desk: Desk) -> None:
    with pytest.raises(DomainError) as refused:
        desk.orient("Proche", "  ")
    assert refused.value.field == "reason"

    made = desk.assignment(desk.orient("Proche", "La famille les connaît."))

    assert made.excerpt["sentence"].startswith("Demande orientée à la main.")
    with transaction(Scope(DatabaseRole.STAFF, read_only=True)):
        (decision,) = decisions_of(desk.referral.id)
        assert decision.id == made.decision_id
        assert (decision.orienter_id, decision.orienter_reason) == (desk.staff.id, "La famille les connaît.")
        assert isinstance(decision.outcome, Placed)
        assert decision.outcome.programme == str(desk.programmes["Loin"].id)
        assert decision.replays()
    fact = desk.arrange.scalars(select(Event)).one()
    assert (fact.name, fact.account_id) == (EventName.REFERRAL_ORIENTED_BY_HAND, desk.staff.id)
    entry = desk.arrange.scalars(select(JournalEntry)).one()
    assert (entry.act, entry.account_id, entry.referral_id) == (JournalAct.ORIENTED, desk.staff.id, desk.referral.id)


def test_the_sums_count_what_was_oriented_by_hand(desk: Desk) -> None:
    made = desk.assignment(desk.orient("Loin"))

    assert made.capacity_id is not None
    assert desk.arrange.get_one(CapacityUse, made.capacity_id).taken == 1
    assert (
        desk.arrange.get_one(AssociationStanding, (made.association_id, desk.campaign.id, Side.MENTEE)).committed == 1
    )


def test_who_does_not_fit_can_be_chosen_with_a_reason_and_is_told_so(desk: Desk) -> None:
    made = desk.assignment(desk.orient("Enfants", "Accord donné par téléphone."))

    assert [row["state"] for row in made.excerpt["rows"]] == ["failed"]
    assert made.excerpt["rank"] is None


def test_nobody_fits_and_staff_still_choose(desk: Desk) -> None:
    desk.arrange.refresh(desk.referral)
    desk.referral.profile = {**desk.referral.profile, "age": 70}
    for name in ("Loin", "Proche"):
        desk.programmes[name].archived_at = clock.now()
    desk.arrange.commit()
    assert desk.listed().kind == "waitlisted"
    desk.programmes["Complète"].archived_at = clock.now()
    desk.arrange.commit()
    assert desk.listed().kind == "unroutable"

    desk.orient("Enfants", "Accord donné par téléphone.")

    with transaction(Scope(DatabaseRole.STAFF, read_only=True)):
        (decision,) = decisions_of(desk.referral.id)
        assert isinstance(decision.outcome, Unroutable)
        assert decision.replays()


def test_a_full_programme_keeps_its_promise_to_its_association(desk: Desk) -> None:
    with pytest.raises(DomainError) as refused:
        desk.orient("Complète", "S’il vous plaît.")

    assert refused.value.field == "programme"
    assert "aucune place libre" in refused.value.message


def test_a_paused_association_is_left_in_peace(desk: Desk) -> None:
    desk.programmes["Loin"].paused_from = clock.today()
    desk.programmes["Loin"].paused_until = clock.today() + timedelta(days=3)
    desk.arrange.commit()

    with pytest.raises(DomainError) as refused:
        desk.orient("Loin", "Urgent.")

    assert "en pause" in refused.value.message


def test_a_request_waiting_for_its_answer_is_taken_back_first(desk: Desk) -> None:
    desk.arrange.refresh(desk.referral)
    programme = desk.programmes["Loin"]
    association = desk.arrange.get_one(Association, programme.association_id)
    before = make_assignment(desk.arrange, desk.referral, association, programme)
    desk.arrange.commit()
    assert desk.listed().possible

    made = desk.assignment(desk.orient("Proche", "Plus près de chez elle."))

    former = desk.assignment(before.id)
    assert (former.state, former.closed_at is None) == (AssignmentState.WITHDRAWN, False)
    assert made.closed_at is None
    assert desk.arrange.get_one(AssociationStanding, (association.id, desk.campaign.id, Side.MENTEE)).committed == 0
    with pytest.raises(DomainError, match="déjà sollicitée"):
        desk.orient("Loin", "Finalement.")


@pytest.mark.parametrize("state", [AssignmentState.ACCEPTED, AssignmentState.BOUNCED, AssignmentState.PAIRED])
def test_an_answered_request_is_not_taken_back(desk: Desk, state: AssignmentState) -> None:
    desk.arrange.refresh(desk.referral)
    programme = desk.programmes["Loin"]
    association = desk.arrange.get_one(Association, programme.association_id)
    make_assignment(desk.arrange, desk.referral, association, programme, state=state)
    desk.arrange.commit()

    assert not desk.listed().possible
    with pytest.raises(DomainError, match="déjà répondu"):
        desk.orient("Proche", "Urgent.")


@pytest.mark.parametrize("state", [ReferralState.AWAITING_CONSENT, ReferralState.WITHDRAWN, ReferralState.CLOSED])
def test_some_states_allow_no_orientation(desk: Desk, state: ReferralState) -> None:
    desk.arrange.refresh(desk.referral)
    desk.referral.state = state
    desk.arrange.commit()

    assert not desk.listed().possible
    with pytest.raises(DomainError, match="ne peut pas être orientée"):
        desk.orient("Loin")


def test_an_unknown_request_is_hidden(desk: Desk) -> None:
    with pytest.raises(Hidden):
        desk.listed(uuid4())
    with pytest.raises(Hidden), transaction(Scope(DatabaseRole.ROUTER)):
        orient_by_hand(uuid4(), desk.programmes["Loin"].id, by=desk.staff.id)


def test_a_programme_that_is_no_more_cannot_be_chosen(desk: Desk) -> None:
    desk.programmes["Loin"].archived_at = clock.now()
    desk.arrange.commit()

    with pytest.raises(DomainError) as refused:
        desk.orient("Loin")

    assert refused.value.field == "programme"


def test_too_long_a_reason_is_refused(desk: Desk) -> None:
    with pytest.raises(DomainError) as refused:
        desk.orient("Proche", "x" * 1001)

    assert refused.value.field == "reason"


def test_the_drainer_leaves_alone_what_was_oriented(desk: Desk) -> None:
    key = desk.orient("Loin")

    drain(Side.MENTEE.value, "waitlist", "unroutable")

    assert desk.arrange.scalars(select(Assignment.id)).all() == [key]
