"""Old requests: a month's notice, then nobody is left in them; what they counted for stays."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.identifiers import new_id
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs.privacy import forget_old
from portal.models.assignment import AssignmentState
from portal.models.event import Event, EventName
from portal.models.referral import Referral, ReferralState
from portal.operations.figures import figure_differences
from tests import factories

Owner = psycopg.Connection[tuple[Any, ...]]
LONG_AGO = timedelta(days=731)
SEALED = ("identity", "preview", "keys.person_key", "blind_index", "referral_link", "consent")


@pytest.fixture
def old(arrange: Session) -> Referral:
    """Placed with an association, given up, and silent since."""
    campaign = factories.make_campaign(arrange)
    association = factories.make_association(arrange)
    programme = factories.make_programme(arrange, association)
    then = clock.now() - LONG_AGO
    referral = factories.make_referral(arrange, campaign, state=ReferralState.CLOSED, received_at=then)
    assignment = factories.make_assignment(
        arrange, referral, association, programme, state=AssignmentState.GIVEN_UP, closed_at=then, bounce_note="Léa"
    )
    referral.state = ReferralState.CLOSED
    for name in (EventName.REFERRAL_CONFIRMED, EventName.REFERRAL_PLACED):
        placed = name is EventName.REFERRAL_PLACED
        whose = {"association_id": association.id, "assignment_id": assignment.id} if placed else {}
        arrange.add(Event(id=new_id(), at=then, name=name, referral_id=referral.id, data={}, **whose))
    arrange.commit()
    return referral


def states(owner: Owner) -> list[str]:
    return [state for (state,) in owner.execute("SELECT state FROM referral ORDER BY id").fetchall()]


def a_month_later(owner: Owner) -> None:
    owner.execute("UPDATE outbox SET created_at = created_at - interval '30 days'")


def test_notice_comes_first_and_only_once(old: Referral, owner: Owner) -> None:
    forget_old()
    forget_old()
    told = owner.execute("SELECT message, referral_id FROM outbox").fetchall()
    assert told == [("erasure_notice", old.id)]
    assert states(owner) == ["closed"]


def test_a_month_later_nobody_is_left_in_it(old: Referral, owner: Owner) -> None:
    counted = owner.execute("SELECT count(*) FROM recounted_figures()").fetchone()
    assert counted is not None
    assert counted[0] > 0
    before = owner.execute("SELECT * FROM recounted_figures() ORDER BY 1, 2, 3, 4, 5, 6").fetchall()
    forget_old()
    a_month_later(owner)
    forget_old()
    assert states(owner) == ["anonymised"]
    for table in SEALED:
        assert owner.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
    assert owner.execute("SELECT count(*) FROM assignment WHERE closed_at IS NULL").fetchone() == (0,)
    row = owner.execute("SELECT profile, age, commune, departement, region, needs FROM referral").fetchone()
    assert row == ({}, None, None, None, None, [])
    assert owner.execute("SELECT excerpt, to_verify, bounce_note FROM assignment").fetchone() == ({}, [], None)
    assert owner.execute("SELECT * FROM recounted_figures() ORDER BY 1, 2, 3, 4, 5, 6").fetchall() == before
    with transaction(Scope(DatabaseRole.JOBS)):
        assert figure_differences() == []


def test_whatever_happens_meanwhile_keeps_it(old: Referral, arrange: Session, owner: Owner) -> None:
    forget_old()
    a_month_later(owner)
    arrange.add(Event(id=new_id(), name=EventName.REFERRAL_REOPENED, referral_id=old.id, data={}))
    arrange.commit()
    forget_old()
    assert states(owner) == ["closed"]


def test_a_younger_one_is_left_alone(old: Referral, owner: Owner) -> None:
    owner.execute("UPDATE referral SET state_since = now() - interval '699 days'")
    forget_old()
    assert owner.execute("SELECT count(*) FROM outbox").fetchone() == (0,)


def test_who_came_back_is_told_again_before_being_forgotten(old: Referral, arrange: Session, owner: Owner) -> None:
    owner.execute("UPDATE event SET at = now() - interval '705 days'")
    owner.execute("UPDATE referral SET state_since = now() - interval '705 days'")
    forget_old()
    arrange.add(Event(id=new_id(), name=EventName.REFERRAL_REOPENED, referral_id=old.id, data={}))
    arrange.commit()
    for table, column in (("event", "at"), ("outbox", "created_at"), ("referral", "state_since")):
        owner.execute(f"UPDATE {table} SET {column} = {column} - interval '732 days'")
    owner.execute("UPDATE outbox SET deduplication_key = 'that of two years ago'")
    forget_old()
    forget_old()
    assert states(owner) == ["closed"]
    assert owner.execute("SELECT count(*) FROM outbox").fetchone() == (2,)
    a_month_later(owner)
    forget_old()
    assert states(owner) == ["anonymised"]
