"""Staff see that an invitation could not be delivered, where it is listed and among the messages that did not leave."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.permissions import Role
from portal.models.account import Invitation
from portal.models.outbox import GIVES_UP_AFTER, Message, Outbox, OutboxState
from portal.operations.links import INVITATION_DAYS

HERE, PLATFORM = "/collectif/equipe", "/collectif/fonctionnement"
MARK = "Invitation non reçue"
WHY = "L’adresse n’existe pas, ou refuse nos messages"


@pytest.fixture
def invitation(arrange: Session) -> Invitation:
    row = Invitation(
        mail="jeanne@example.org", role=Role.STAFF, expires_at=clock.now() + timedelta(days=INVITATION_DAYS)
    )
    arrange.add(row)
    arrange.commit()
    return row


def mailed(arrange: Session, invitation: Invitation, state: OutboxState, **fields: object) -> Outbox:
    now = clock.now()
    died = {"dead_at": now, "error": "smtp_550"} if state is OutboxState.DEAD else {}
    row = Outbox(
        deduplication_key=f"invitation:{invitation.id}:{state}",
        message=Message.INVITATION,
        reference_id=invitation.id,
        state=state,
        gives_up_at=now + GIVES_UP_AFTER,
        **{**died, **fields},
    )
    arrange.add(row)
    arrange.commit()
    return row


def test_an_invitation_that_could_not_be_delivered_says_so_and_why(
    staff: FlaskClient, arrange: Session, invitation: Invitation
) -> None:
    assert MARK not in staff.get(HERE).text
    mailed(arrange, invitation, OutboxState.DEAD)
    page = staff.get(HERE).text
    assert page.count(MARK) == 1
    assert WHY in page


@pytest.mark.parametrize("state", [OutboxState.PENDING, OutboxState.SENT])
def test_sent_again_it_says_nothing_any_more(
    staff: FlaskClient, arrange: Session, invitation: Invitation, state: OutboxState
) -> None:
    mailed(arrange, invitation, OutboxState.DEAD, created_at=clock.now() - timedelta(hours=1))
    mailed(arrange, invitation, state)
    assert MARK not in staff.get(HERE).text


def test_the_message_that_did_not_leave_names_nobody_and_leads_to_the_list(
    staff: FlaskClient, arrange: Session, invitation: Invitation
) -> None:
    mailed(arrange, invitation, OutboxState.DEAD)
    page = staff.get(PLATFORM).text
    assert 'href="/collectif/equipe#invitations">Une personne invitée</a>' in page
    assert "jeanne" not in page
    assert 'id="invitations"' in staff.get(HERE).text
