"""Mailboxes that refuse are remembered until they take mail."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.identifiers import new_id
from portal.foundation.permissions import Role
from portal.jobs.mail import send_pending
from portal.models.account import Invitation
from portal.models.company import Lead, LeadKind, LeadState
from portal.models.outbox import Message, Outbox
from portal.queries.leads import Contact
from tests import factories
from tests.mail.engine import REFUSAL, Desk, Owner, handed_to, in_background, sent_to
from tests.mail.post_offices import Stage, Trouble, opened


@pytest.fixture
def desk(arrange: Session, owner: Owner) -> Desk:
    return Desk(arrange, owner)


def refused(desk: Desk, table: str, column: str = "mail_refused_at") -> list[bool]:
    rows = desk.owner.execute(f"SELECT {column} IS NOT NULL FROM {table} ORDER BY id").fetchall()
    return [bool(one) for (one,) in rows]


def test_an_account_whose_mailbox_refuses_is_marked_until_it_takes_mail(
    app: Flask, desk: Desk, arrange: Session
) -> None:
    account = factories.make_account(arrange, "Claire@example.org")
    factories.make_account(arrange)
    for number, (trouble, marked) in enumerate([(True, True), (True, True), (False, False), (False, False)]):
        desk.session.add(
            Outbox(deduplication_key=str(number), message=Message.PASSWORD_CHANGED, reference_id=account.id)
        )
        desk.session.commit()
        sent_to(app, *[Trouble(Stage.RCPT, reply=REFUSAL)] * trouble)
        assert refused(desk, "account") == [marked, False]
    assert [state for state, *_ in desk.rows()] == ["dead", "dead", "sent", "sent"]


@pytest.mark.parametrize(
    ("message", "column"),
    [(Message.REFERRAL_RECEIVED, "mail_refused_at"), (Message.GUARDIAN_INFORMED, "guardian_refused_at")],
)
def test_a_request_says_which_of_its_mailboxes_refuses_and_stays_as_it_was(
    app: Flask, desk: Desk, message: Message, column: str
) -> None:
    request = desk.request(guardian="anne@example.org")
    other = ({"mail_refused_at", "guardian_refused_at"} - {column}).pop()
    for key, troubles, marked in (("1", [Trouble(Stage.CONTENT, reply=REFUSAL)], True), ("2", [], False)):
        desk.session.add(Outbox(deduplication_key=key, message=message, referral_id=request.id))
        desk.session.commit()
        sent_to(app, *troubles)
        assert (refused(desk, "referral", column), refused(desk, "referral", other)) == ([marked], [False])
    assert desk.owner.execute("SELECT version FROM referral").fetchone() == (1,)


def test_a_passing_refusal_marks_nobody(app: Flask, desk: Desk) -> None:
    desk.message()
    sent_to(app, Trouble(Stage.RCPT, reply="452 4.2.2 Mailbox full"))
    assert refused(desk, "referral") == [False]


def test_a_request_held_by_somebody_does_not_hold_back_what_is_sent(app: Flask, desk: Desk) -> None:
    """Once 250 is said, nothing may come before the commit that says so."""
    row = desk.message()
    desk.owner.execute("UPDATE referral SET mail_refused_at = now()")
    with opened() as office, handed_to(app, office), desk.owner.transaction():
        desk.owner.execute("SELECT FROM referral WHERE id = %s FOR UPDATE", [row.referral_id])
        worker = in_background(app, send_pending)
        office.arrivals([f"<{row.id}@collectif.example.org>"], 10)
        worker.join(0.5)
        assert worker.is_alive()
        assert desk.rows() == [("sent", 1, None)]
    worker.join(20)
    assert refused(desk, "referral") == [False]


@pytest.mark.parametrize("message", [Message.LEAD_RECEIVED, Message.INVITATION])
def test_what_anybody_had_us_write_to_a_members_address_marks_no_member(
    app: Flask, desk: Desk, arrange: Session, message: Message
) -> None:
    factories.make_account(arrange, "claire@example.org")
    about = _lead(arrange) if message is Message.LEAD_RECEIVED else _invitation(arrange)
    arrange.add(Outbox(deduplication_key="1", message=message, reference_id=about))
    arrange.commit()
    sent_to(app, Trouble(Stage.RCPT, reply=REFUSAL))
    assert desk.rows() == [("dead", 1, "smtp_550")]
    assert refused(desk, "account") == [False]


def _lead(session: Session) -> UUID:
    key = new_id()
    contact = Contact("Claire Vasseur", mail="claire@example.org")
    session.add(
        Lead(
            id=key,
            number="E-2026-7KQ4MX",
            kind=LeadKind.CONTACT,
            company_name="Filature",
            contact_sealed=contact.sealed(key),
            state=LeadState.RECEIVED,
            state_since=clock.now(),
        )
    )
    session.flush()
    return key


def _invitation(session: Session) -> UUID:
    row = Invitation(mail="claire@example.org", role=Role.STAFF, expires_at=clock.now() + timedelta(days=14))
    session.add(row)
    session.flush()
    return row.id
