"""Criteria saved, proposed, approved; programmes opened and archived: rules, races, and what the database refuses itself."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.permissions import Role
from portal.foundation.queue import queue
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs.routing import drain
from portal.models.account import Account
from portal.models.assignment import Assignment
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.programme import CriteriaProposal, Programme, ProgrammeVersion, Verdict
from portal.models.referral import Referral, ReferralState
from portal.operations.criteria import CriteriaConflict, publish_criteria, save_criteria
from portal.operations.programmes import archive_programme, restore_programme, set_intake
from portal.operations.proposals import approve_proposal, propose_criteria, refuse_proposal, withdraw_proposal
from tests import factories

Owner = psycopg.Connection[tuple[object, ...]]
OLD: dict[str, Any] = {"all": [{"test": "age", "min": 14}]}
NEW: dict[str, Any] = {"all": [{"test": "age", "min": 15}]}
NEWER: dict[str, Any] = {"all": [{"test": "age", "min": 16}]}


@pytest.fixture
def campaign(arrange: Session) -> Campaign:
    return factories.make_campaign(arrange)


@pytest.fixture
def association(arrange: Session, campaign: Campaign) -> Association:
    found = factories.make_association(arrange, "Proxité")
    factories.make_capacity(arrange, found, campaign, 10, "departement:59")
    arrange.commit()
    return found


@pytest.fixture
def programme(arrange: Session, association: Association) -> Programme:
    found = factories.make_programme(arrange, association, OLD)
    arrange.commit()
    return found


@pytest.fixture
def claire(arrange: Session, association: Association) -> Account:
    account = factories.make_account(arrange, association=association, role=Role.ADMINISTRATOR)
    arrange.commit()
    return account


@pytest.fixture
def samir(arrange: Session) -> Account:
    account = factories.make_account(arrange, staff=True)
    arrange.commit()
    return account


def as_(account: Account, association: Association | None = None) -> Scope:
    if association is None:
        return Scope(DatabaseRole.STAFF, account_id=account.id)
    return Scope(DatabaseRole.ASSOCIATION, association_id=association.id, account_id=account.id)


def needs_approval(arrange: Session, association: Association) -> None:
    association.approval_required = True
    arrange.commit()


def numbers(arrange: Session) -> list[int]:
    arrange.rollback()
    return list(arrange.scalars(select(ProgrammeVersion.number).order_by(ProgrammeVersion.number)))


def verdicts(arrange: Session) -> list[Verdict | None]:
    arrange.rollback()
    return list(arrange.scalars(select(CriteriaProposal.verdict).order_by(CriteriaProposal.created_at)))


def woken() -> set[tuple[str, ...]]:
    return {tuple(job.args) for job in queue().jobs}


def proposed(account: Account, programme: Programme, association: Association, criteria: object = NEW) -> UUID:
    with transaction(as_(account, association)):
        asked = propose_criteria(programme.id, Side.MENTEE, criteria, by=account.id, drawn_from=1)
        return asked.id


def test_a_save_follows_the_version_it_was_drawn_from(
    arrange: Session, association: Association, programme: Programme, claire: Account
) -> None:
    with transaction(as_(claire, association)):
        version = save_criteria(programme.id, Side.MENTEE, NEW, by=claire.id, drawn_from=1, notes=("Pourquoi.",))
        assert (version.number, version.created_by, version.notes) == (2, claire.id, ["Pourquoi."])
    for drawn_from in (0, 1, 3):
        with pytest.raises(CriteriaConflict, match="version\u00a02"), transaction(as_(claire, association)):
            save_criteria(programme.id, Side.MENTEE, NEWER, by=claire.id, drawn_from=drawn_from)
    assert numbers(arrange) == [1, 2]


def test_two_saves_of_one_moment_leave_one_version(
    arrange: Session, association: Association, programme: Programme, claire: Account
) -> None:
    """The second read the same version before the first committed: the number itself is taken."""
    with transaction(as_(claire, association)):
        with transaction(as_(claire, association)):
            save_criteria(programme.id, Side.MENTEE, NEW, by=claire.id, drawn_from=1)
        with pytest.raises(CriteriaConflict):
            publish_criteria(programme.id, Side.MENTEE, NEWER, by=claire.id, after=1)
    assert numbers(arrange) == [1, 2]


def test_the_same_criteria_written_otherwise_are_unchanged(
    arrange: Session, association: Association, programme: Programme, claire: Account
) -> None:
    with pytest.raises(DomainError, match="Rien ne change"), transaction(as_(claire, association)):
        save_criteria(programme.id, Side.MENTEE, {"all": [{"min": 14, "test": "age"}]}, by=claire.id, drawn_from=1)
    assert numbers(arrange) == [1]


def test_a_side_that_asked_nothing_gets_its_first_version(
    arrange: Session, association: Association, programme: Programme, claire: Account
) -> None:
    with transaction(as_(claire, association)):
        version = save_criteria(programme.id, Side.MENTOR, NEW, by=claire.id, drawn_from=0)
        assert (version.number, version.side) == (1, Side.MENTOR)


def test_unreadable_criteria_name_the_place(association: Association, programme: Programme, claire: Account) -> None:
    with pytest.raises(DomainError, match=r"\$.all\[0\]") as caught, transaction(as_(claire, association)):
        save_criteria(programme.id, Side.MENTEE, {"all": [{"test": "age"}]}, by=claire.id, drawn_from=1)
    assert caught.value.field == "criteria"


def test_the_database_itself_refuses_what_staff_must_approve(
    arrange: Session, association: Association, programme: Programme, claire: Account
) -> None:
    needs_approval(arrange, association)
    with pytest.raises(DomainError, match="relecture"), transaction(as_(claire, association)):
        save_criteria(programme.id, Side.MENTEE, NEW, by=claire.id, drawn_from=1)
    row = ProgrammeVersion(
        association_id=association.id, programme_id=programme.id, side=Side.MENTEE, number=2, criteria=NEW
    )
    with pytest.raises(DBAPIError, match="row-level security"), transaction(as_(claire, association)) as session:
        session.add(row)
    assert numbers(arrange) == [1]


def test_a_proposal_waits_is_approved_and_wakes_the_router(
    arrange: Session, association: Association, programme: Programme, claire: Account, samir: Account, owner: Owner
) -> None:
    needs_approval(arrange, association)
    asked = proposed(claire, programme, association)
    assert numbers(arrange) == [1]
    assert not woken()
    with transaction(as_(samir)):
        version = approve_proposal(asked, by=samir.id, beside=1)
        assert (version.number, version.created_by) == (2, claire.id)
    assert verdicts(arrange) == [Verdict.APPROVED]
    assert ("mentee", "waitlist", "unroutable") in woken()
    happened = [name for (name,) in owner.execute("SELECT name FROM event ORDER BY at, id").fetchall()]
    assert sorted(happened) == ["criteria_changed", "criteria_proposed", "proposal_settled"]
    acts = owner.execute("SELECT act, account_id FROM journal_entry ORDER BY at").fetchall()
    assert acts == [("criteria_changed", claire.id), ("criteria_changed", samir.id)]


def test_a_newer_proposal_takes_the_place_of_the_older(
    arrange: Session, association: Association, programme: Programme, claire: Account
) -> None:
    needs_approval(arrange, association)
    proposed(claire, programme, association)
    proposed(claire, programme, association, NEWER)
    assert verdicts(arrange) == [Verdict.WITHDRAWN, None]


def test_a_save_takes_back_a_proposal_left_from_before(
    arrange: Session, association: Association, programme: Programme, claire: Account
) -> None:
    """Approval was asked once and no longer is: what waits would otherwise undo the save."""
    proposed(claire, programme, association)
    with transaction(as_(claire, association)):
        save_criteria(programme.id, Side.MENTEE, NEWER, by=claire.id, drawn_from=1)
    assert verdicts(arrange) == [Verdict.WITHDRAWN]


def test_staff_publish_without_taking_anybodys_proposal_back(
    arrange: Session, association: Association, programme: Programme, claire: Account, samir: Account
) -> None:
    needs_approval(arrange, association)
    asked = proposed(claire, programme, association)
    with transaction(as_(samir)):
        save_criteria(programme.id, Side.MENTEE, NEWER, by=samir.id, drawn_from=1)
    assert verdicts(arrange) == [None]
    with pytest.raises(CriteriaConflict), transaction(as_(samir)):
        approve_proposal(asked, by=samir.id, beside=1)
    assert verdicts(arrange) == [None]


@pytest.mark.parametrize("reason", ["", "   ", "Non.", "x" * 1_001])
def test_a_refusal_has_a_reason_of_some_length(
    arrange: Session, association: Association, programme: Programme, claire: Account, samir: Account, reason: str
) -> None:
    asked = proposed(claire, programme, association)
    with pytest.raises(DomainError) as caught, transaction(as_(samir)):
        refuse_proposal(asked, by=samir.id, reason=reason)
    assert caught.value.field == "reason"
    assert verdicts(arrange) == [None]


def test_what_is_settled_stays_settled(
    arrange: Session, association: Association, programme: Programme, claire: Account, samir: Account
) -> None:
    asked = proposed(claire, programme, association)
    with transaction(as_(samir)):
        refuse_proposal(asked, by=samir.id, reason="Votre agrément s’arrête à 17 ans.")
    with pytest.raises(DomainError, match="n’attend plus"), transaction(as_(claire, association)):
        withdraw_proposal(asked, by=claire.id)
    with pytest.raises(DomainError, match="n’attend plus"), transaction(as_(samir)):
        approve_proposal(asked, by=samir.id, beside=1)
    assert verdicts(arrange) == [Verdict.REFUSED]


def test_anothers_proposal_and_programme_are_hidden(
    arrange: Session, association: Association, programme: Programme, claire: Account
) -> None:
    asked = proposed(claire, programme, association)
    other = factories.make_association(arrange)
    stranger = factories.make_account(arrange, association=other, role=Role.ADMINISTRATOR)
    arrange.commit()
    acts = (
        lambda: withdraw_proposal(asked, by=stranger.id),
        lambda: save_criteria(programme.id, Side.MENTEE, NEW, by=stranger.id, drawn_from=1),
        lambda: propose_criteria(programme.id, Side.MENTEE, NEW, by=stranger.id, drawn_from=1),
        lambda: set_intake(programme.id, first=None, last=None),
        lambda: archive_programme(programme.id),
        lambda: restore_programme(programme.id),
        lambda: archive_programme(uuid4()),
    )
    for act in acts:
        with pytest.raises(Hidden), transaction(as_(stranger, other)):
            act()
    assert verdicts(arrange) == [None]
    assert numbers(arrange) == [1]


def state_of(arrange: Session, referral: Referral) -> ReferralState:
    arrange.rollback()
    arrange.refresh(referral)
    return referral.state


def test_a_window_closes_the_programme_and_its_opening_brings_those_who_wait(
    arrange: Session, association: Association, programme: Programme, claire: Account, campaign: Campaign, owner: Owner
) -> None:
    today = clock.today()
    with transaction(as_(claire, association)):
        set_intake(programme.id, first=today + timedelta(days=3), last=today + timedelta(days=30))
    referral = factories.make_referral(arrange, campaign)
    arrange.commit()
    drain("mentee")
    assert state_of(arrange, referral) is ReferralState.WAITLISTED
    with transaction(as_(claire, association)):
        set_intake(programme.id, first=today, last=None)
    assert ("mentee", "waitlist", "unroutable") in woken()
    drain("mentee", "waitlist", "unroutable")
    assert state_of(arrange, referral) is ReferralState.PLACED
    assert owner.execute("SELECT DISTINCT act FROM journal_entry").fetchall() == [("programme_changed",)]


@pytest.mark.parametrize(
    ("first", "last"), [(5, 4), (None, -1), (-10, -5), (0, 2_000)], ids=["backwards", "over", "both over", "endless"]
)
def test_a_window_makes_sense(
    association: Association, programme: Programme, claire: Account, first: int | None, last: int
) -> None:
    today = clock.today()
    start = None if first is None else today + timedelta(days=first)
    with pytest.raises(DomainError) as caught, transaction(as_(claire, association)):
        set_intake(programme.id, first=start, last=today + timedelta(days=last))
    assert caught.value.field == "last"


def test_an_archived_programme_keeps_what_it_has_and_gets_nothing_more(
    arrange: Session, association: Association, programme: Programme, claire: Account, campaign: Campaign
) -> None:
    held = factories.make_referral(arrange, campaign)
    arrange.commit()
    drain("mentee")
    with transaction(as_(claire, association)):
        archive_programme(programme.id)
    later = factories.make_referral(arrange, campaign)
    arrange.commit()
    drain("mentee")
    assert state_of(arrange, later) is ReferralState.UNROUTABLE
    assert arrange.scalars(select(Assignment.referral_id).where(Assignment.closed_at.is_(None))).all() == [held.id]
    for act in (
        lambda: save_criteria(programme.id, Side.MENTEE, NEW, by=claire.id, drawn_from=1),
        lambda: set_intake(programme.id, first=None, last=None),
    ):
        with pytest.raises(Hidden), transaction(as_(claire, association)):
            act()
    with pytest.raises(DomainError, match="déjà archivé"), transaction(as_(claire, association)):
        archive_programme(programme.id)
    with transaction(as_(claire, association)):
        restore_programme(programme.id)
    drain("mentee", "waitlist", "unroutable")
    assert state_of(arrange, later) is ReferralState.PLACED
    with pytest.raises(DomainError, match="n’est pas archivé"), transaction(as_(claire, association)):
        restore_programme(programme.id)
