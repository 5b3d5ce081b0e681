"""What waits in the outbox reaches a real SMTP server once, and the demo's mailbox shows it."""

import json
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portal.foundation import clock
from portal.foundation.config import Settings
from portal.foundation.crypto import vault
from portal.foundation.identifiers import new_id
from portal.foundation.mailboxes import address_of
from portal.foundation.permissions import Role
from portal.jobs.mail import send_pending
from portal.local.mailbox import mailbox
from portal.models.account import Invitation, PasswordReset
from portal.models.campaign import Campaign
from portal.models.company import Lead, LeadKind
from portal.models.outbox import Message, Outbox
from portal.models.person import Applicant, Guardian, Person, Referrer
from portal.models.referral import ReferralState
from portal.operations.links import invitation_path, reset_path
from tests import factories
from tests.e2e.conftest import free_port

PEOPLE = {
    "alone": Person(Applicant("Léa", "Martin", "lea@example.org")),
    "guarded": Person(
        Applicant("Léa", "Martin", "lea@example.org"), guardian=Guardian("Anne Martin", "anne@example.org")
    ),
    "referred": Person(Applicant("Léa", "Martin", "lea@example.org"), referrer=Referrer("Karim", "karim@example.org")),
}


@pytest.fixture
def post_office(app: Flask, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A running SMTP server that the application hands its messages to; the folder they fall into."""
    port, folder = free_port(), tmp_path / "mail"
    changed = settings.model_copy(update={"smtp_port": port, "data_dir": tmp_path})
    monkeypatch.setitem(app.config, "SETTINGS", changed)
    server = mailbox("127.0.0.1", port, folder)
    server.start()
    yield folder
    server.stop()


AWAITING = {Message.CONFIRM_ADDRESS: ["address"], Message.GUARDIAN_CONSENT: ["guardian"]}


def put(session: Any, message: Message, person: Person) -> Any:
    awaiting = AWAITING.get(message, [])
    state = ReferralState.AWAITING_CONSENT if awaiting else ReferralState.TO_ROUTE
    campaign = factories.make_campaign(session)
    referral = factories.make_referral(session, campaign, person=person, state=state, awaiting=awaiting)
    row = Outbox(
        deduplication_key=f"{message}:{referral.id}",
        message=message,
        referral_id=referral.id,
        next_attempt_at=clock.now(),
    )
    session.add(row)
    session.commit()
    return referral


def received(folder: Path) -> list[EmailMessage]:
    found = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in sorted(folder.glob("*.eml"))]
    return [one for one in found if isinstance(one, EmailMessage)]


@pytest.mark.parametrize(
    ("message", "who", "to"),
    [
        (Message.CONFIRM_ADDRESS, "alone", "lea@example.org"),
        (Message.REFERRAL_RECEIVED, "referred", "karim@example.org"),
        (Message.GUARDIAN_CONSENT, "guarded", "anne@example.org"),
        (Message.GUARDIAN_INFORMED, "guarded", "anne@example.org"),
        (Message.REFERRAL_RECEIVED, "alone", "lea@example.org"),
    ],
)
def test_each_message_reaches_whoever_it_is_for_once(
    post_office: Path, arrange: Any, owner: Any, message: Message, who: str, to: str
) -> None:
    put(arrange, message, PEOPLE[who])
    send_pending()
    send_pending()
    (mail,) = received(post_office)
    assert mail["To"] == to
    assert owner.execute("SELECT state, attempts FROM outbox").fetchall() == [("sent", 1)]


def test_nothing_personal_is_written_in_a_message(post_office: Path, arrange: Any) -> None:
    put(arrange, Message.GUARDIAN_CONSENT, PEOPLE["guarded"])
    send_pending()
    (mail,) = received(post_office)
    bodies = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    for words in (mail["Subject"], *bodies):
        assert not {"Léa", "Martin", "Anne"} & set(words.replace(",", " ").split())


def test_a_server_that_does_not_answer_is_tried_again_later(
    app: Flask, settings: Settings, arrange: Any, owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SETTINGS", settings.model_copy(update={"smtp_port": free_port()}))
    put(arrange, Message.CONFIRM_ADDRESS, PEOPLE["alone"])
    send_pending()
    ((state, attempts, error, later),) = owner.execute(
        "SELECT state, attempts, error, next_attempt_at > now() FROM outbox"
    ).fetchall()
    assert (state, attempts, error, later) == ("pending", 1, "unreachable", True)


def test_a_message_about_an_erased_request_goes_nowhere(post_office: Path, arrange: Any, owner: Any) -> None:
    referral = put(arrange, Message.CONFIRM_ADDRESS, PEOPLE["alone"])
    owner.execute("DELETE FROM referral WHERE id = %s", [referral.id])
    send_pending()
    assert received(post_office) == []
    assert owner.execute("SELECT state, error FROM outbox").fetchall() == [("dropped", None)]


def test_the_mailbox_page_shows_what_came_and_opens_it(post_office: Path, app: Flask, arrange: Any) -> None:
    referral = put(arrange, Message.CONFIRM_ADDRESS, PEOPLE["alone"])
    send_pending()
    client = app.test_client()
    listed = client.get("/courrier")
    assert listed.status_code == 200
    assert referral.number in listed.text
    (file,) = post_office.glob("*.eml")
    opened = client.get(f"/courrier/{file.stem}")
    assert opened.status_code == 200
    assert "/confirmer/" in opened.text
    assert client.get("/courrier/..%2Fkeys").status_code == 404


def test_a_message_that_cannot_be_made_does_not_hold_the_next_one(post_office: Path, arrange: Any, owner: Any) -> None:
    poisoned = Person(Applicant("Léa", "Martin", "=?utf-8?b?*?=@example.org"))
    put(arrange, Message.REFERRAL_RECEIVED, poisoned)
    campaign = arrange.get(Campaign, owner.execute("SELECT id FROM campaign").fetchone()[0])
    other = factories.make_referral(arrange, campaign, person=PEOPLE["alone"])
    arrange.add(
        Outbox(
            deduplication_key="next",
            message=Message.REFERRAL_RECEIVED,
            referral_id=other.id,
            next_attempt_at=clock.now(),
        )
    )
    arrange.commit()
    send_pending()
    assert [mail["To"] for mail in received(post_office)] == ["lea@example.org"]
    assert sorted(owner.execute("SELECT state, attempts FROM outbox").fetchall()) == [("pending", 1), ("sent", 1)]


@pytest.mark.parametrize(
    "address", ["=?utf-8?b?*?=@example.org", "=?utf-8?q?a=0D=0ABcc=3Av?=@example.org", "lea", "lea@", "léa@example.org"]
)
def test_an_address_that_no_message_could_reach_is_refused(address: str) -> None:
    assert address_of(address) is None


def test_a_guardian_is_informed_only_once_the_request_is_confirmed(post_office: Path, arrange: Any, owner: Any) -> None:
    referral = put(arrange, Message.GUARDIAN_INFORMED, PEOPLE["guarded"])
    owner.execute("UPDATE referral SET state = 'awaiting_consent'")
    send_pending()
    assert received(post_office) == []
    owner.execute("UPDATE referral SET state = 'to_route' WHERE id = %s", [referral.id])
    owner.execute("UPDATE outbox SET next_attempt_at = now()")
    send_pending()
    assert [mail["To"] for mail in received(post_office)] == ["anne@example.org"]


def put_other(session: Any, message: Message, reference_id: Any) -> None:
    """A message about something that is no request."""
    key = f"{message}:{reference_id}"
    session.add(Outbox(deduplication_key=key, message=message, reference_id=reference_id, next_attempt_at=clock.now()))
    session.commit()


def an_invitation(session: Any, **fields: Any) -> Any:
    given = {"association_id": factories.make_association(session, "Proxité").id, "role": Role.COORDINATOR} | fields
    row = Invitation(mail="jeanne@example.org", **{"expires_at": clock.now() + timedelta(days=14), **given})
    session.add(row)
    session.flush()
    return row


def body_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part
    return str(part.get_content())


def test_an_invitation_reaches_whoever_is_invited_with_the_link_of_now(post_office: Path, arrange: Any) -> None:
    invitation = an_invitation(arrange, link_version=3)
    put_other(arrange, Message.INVITATION, invitation.id)
    send_pending()
    (mail,) = received(post_office)
    assert mail["To"] == "jeanne@example.org"
    assert "Proxité vous invite" in body_of(mail)
    assert invitation_path(invitation.id, 3) in body_of(mail)
    assert "Proxité" not in mail["Subject"]


def test_an_invitation_to_the_collectifs_team_says_so(post_office: Path, arrange: Any) -> None:
    put_other(arrange, Message.INVITATION, an_invitation(arrange, association_id=None, role=Role.STAFF).id)
    send_pending()
    assert "L’équipe du Collectif vous invite" in body_of(received(post_office)[0])


@pytest.mark.parametrize(
    "fields",
    [{"withdrawn_at": clock.now()}, {"accepted_at": clock.now()}, {"expires_at": clock.now() - timedelta(days=1)}],
)
def test_an_invitation_that_is_over_is_not_sent(
    post_office: Path, arrange: Any, owner: Any, fields: dict[str, Any]
) -> None:
    put_other(arrange, Message.INVITATION, an_invitation(arrange, **fields).id)
    send_pending()
    assert received(post_office) == []
    assert owner.execute("SELECT state, error FROM outbox").fetchall() == [("dropped", None)]


def test_the_link_to_choose_a_password_goes_to_the_account_itself(post_office: Path, arrange: Any) -> None:
    account = factories.make_account(arrange, "claire@example.org")
    reset = PasswordReset(account_id=account.id, expires_at=clock.now() + timedelta(minutes=30))
    arrange.add(reset)
    arrange.flush()
    put_other(arrange, Message.PASSWORD_RESET, reset.id)
    put_other(arrange, Message.PASSWORD_RESET, new_id())
    send_pending()
    (mail,) = received(post_office)
    assert mail["To"] == "claire@example.org"
    assert reset_path(reset.id) in body_of(mail)


@pytest.mark.parametrize("message", [Message.PASSWORD_CHANGED, Message.SECOND_FACTOR_RESET])
@pytest.mark.parametrize("closed", [False, True])
def test_who_has_an_account_is_told_what_changed_in_it(
    post_office: Path, arrange: Any, message: Message, closed: bool
) -> None:
    account = factories.make_account(arrange, "claire@example.org")
    account.name, account.closed_at = "Claire Vasseur", clock.now() if closed else None
    put_other(arrange, message, account.id)
    send_pending()
    mails = received(post_office)
    assert [mail["To"] for mail in mails] == ([] if closed else ["claire@example.org"])
    assert not any("Vasseur" in words for mail in mails for words in (mail["Subject"], body_of(mail)))


def test_a_company_is_told_that_its_request_came_in(post_office: Path, arrange: Any) -> None:
    key, now = new_id(), clock.now()
    contact = json.dumps({"name": "Paul Durand", "mail": "paul@example.org"}).encode()
    sealed = vault().seal(contact, column="lead.contact_sealed", row=key)
    arrange.add(
        Lead(
            id=key,
            number="E-2026-00001",
            kind=LeadKind.CONTACT,
            company_name="Atelier Durand",
            contact_sealed=sealed,
            received_at=now,
            state_since=now,
        )
    )
    arrange.flush()
    put_other(arrange, Message.LEAD_RECEIVED, key)
    send_pending()
    (mail,) = received(post_office)
    assert mail["To"] == "paul@example.org"
    assert "E-2026-00001" in mail["Subject"]
    assert not {"Durand", "Paul", "Atelier"} & set(f"{mail['Subject']} {body_of(mail)}".split())
