"""To whom a message about a request goes, whether it is wanted, and that nobody is told what is over."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from matching.vocabulary import Channel, Side
from portal.foundation import clock
from portal.foundation.config import Settings
from portal.foundation.identifiers import new_id
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as
from portal.mail.letter import as_text
from portal.mail.messages import LETTERS
from portal.models.assignment import AssignmentState
from portal.models.campaign import Campaign
from portal.models.clarification import Clarification
from portal.models.outbox import Message, Outbox
from portal.models.person import Applicant, Guardian, Person, Referrer
from portal.models.referral import News, Referral, ReferralState
from portal.operations.addressing import Addressed, addressed
from portal.operations.wanting import HOLDS, OUTCOMES, STEPS, wanted
from tests.factories import make_assignment, make_association, make_campaign, make_programme, make_referral

APPLICANT = Applicant("Léa", "Martin", "lea@example.org")
FAMILY = Person(APPLICANT, guardian=Guardian("Anne Martin", "anne@example.org"))
REFERRED = Person(APPLICANT, referrer=Referrer("Karim", "karim@example.org"))
WAITS = {"state": ReferralState.AWAITING_CONSENT, "awaiting": ["address", "guardian"]}
HELD = frozenset(
    {Message.REFERRAL_ACCEPTED, Message.REFERRAL_PAIRED, Message.CLARIFICATION_ASKED, Message.REFERRAL_PLACED}
)
STATE_OF = {
    Message.REFERRAL_RECEIVED: ReferralState.TO_ROUTE,
    Message.GUARDIAN_INFORMED: ReferralState.TO_ROUTE,
    Message.REFERRAL_WAITLISTED: ReferralState.WAITLISTED,
    Message.REFERRAL_CLOSED: ReferralState.CLOSED,
    Message.APPLICANT_AWAITED: ReferralState.AWAITING_APPLICANT,
    Message.ERASURE_NOTICE: ReferralState.CLOSED,
}


@pytest.fixture
def jobs(app: Flask) -> Iterator[Session]:
    with acting_as(Scope(DatabaseRole.JOBS)) as session:
        yield session


@pytest.fixture
def campaign(arrange: Session) -> Campaign:
    return make_campaign(arrange)


def standing(
    session: Session, campaign: Campaign, message: Message, person: Person = FAMILY, **fields: Any
) -> Referral:
    """A request that this message is still true of."""
    if message in HELD:
        referral = make_referral(session, campaign, person=person, **fields)
        hold(session, referral, message)
    else:
        given = {"state": STATE_OF[message]} if message in STATE_OF else WAITS
        referral = make_referral(session, campaign, person=person, **given, **fields)
    session.commit()
    return referral


def hold(session: Session, referral: Referral, message: Message) -> None:
    """An association has it, and has done with it what the message tells."""
    states = {
        Message.REFERRAL_ACCEPTED: AssignmentState.ACCEPTED,
        Message.REFERRAL_PAIRED: AssignmentState.PAIRED,
        Message.CLARIFICATION_ASKED: AssignmentState.INFORMATION_ASKED,
    }
    association = make_association(session, "Proxité")
    programme = make_programme(session, association)
    state = states.get(message, AssignmentState.OFFERED)
    held = make_assignment(session, referral, association, programme, state=state)
    session.add(
        Clarification(
            referral_id=referral.id, assignment_id=held.id, association_id=association.id, question_sealed=b"sealed"
        )
    )


def told(referral: Referral, message: Message, settings: Settings) -> Addressed | None:
    row = Outbox(message=message, referral_id=referral.id, created_at=clock.now())
    return addressed(row, settings)


@pytest.mark.parametrize("message", list(LETTERS))
def test_each_message_goes_to_whoever_it_is_for(
    arrange: Session, campaign: Campaign, jobs: Session, settings: Settings, message: Message
) -> None:
    found = told(standing(arrange, campaign, message), message, settings)
    assert found
    assert found.to == ("anne@example.org" if message.startswith("guardian") else "lea@example.org")
    assert found.attachments == ()


@pytest.mark.parametrize("message", list(LETTERS))
def test_nothing_personal_is_in_it(
    arrange: Session, campaign: Campaign, jobs: Session, settings: Settings, message: Message
) -> None:
    found = told(standing(arrange, campaign, message), message, settings)
    assert found
    said = as_text(found.letter, brand="Collectif", contact="contact@example.org") + found.letter.subject
    assert not {"léa", "martin", "anne", "lea@example.org", "anne@example.org"} & set(
        said.lower().replace(",", " ").split()
    )


def test_a_referrer_is_told_instead_of_the_person(
    arrange: Session, campaign: Campaign, jobs: Session, settings: Settings
) -> None:
    referral = standing(arrange, campaign, Message.REFERRAL_ACCEPTED, REFERRED, facts={"channel": Channel.PROFESSIONAL})
    found = told(referral, Message.REFERRAL_ACCEPTED, settings)
    assert found
    assert found.to == "karim@example.org"
    assert found.letter.title == "Proxité a dit oui"
    assert "L’association va prendre contact." in found.letter.paragraphs


def test_a_mentor_reads_of_a_proposal(arrange: Session, campaign: Campaign, jobs: Session, settings: Settings) -> None:
    referral = standing(arrange, campaign, Message.REFERRAL_WAITLISTED, side=Side.MENTOR)
    found = told(referral, Message.REFERRAL_WAITLISTED, settings)
    assert found
    assert found.letter.subject.startswith("Proposition")


def test_nobody_to_write_to_is_nothing_to_send(
    arrange: Session, campaign: Campaign, jobs: Session, settings: Settings
) -> None:
    alone = standing(arrange, campaign, Message.GUARDIAN_CONSENT, Person(APPLICANT))
    assert told(alone, Message.GUARDIAN_CONSENT, settings) is None
    silent = standing(arrange, campaign, Message.REFERRAL_RECEIVED, Person(Applicant("Léa", "Martin", None)))
    assert told(silent, Message.REFERRAL_RECEIVED, settings) is None
    assert addressed(Outbox(message=Message.REFERRAL_RECEIVED, referral_id=new_id()), settings) is None


@pytest.mark.parametrize("message", list(LETTERS))
def test_what_is_over_is_not_told(
    arrange: Session, owner: Any, campaign: Campaign, jobs: Session, settings: Settings, message: Message
) -> None:
    referral = standing(arrange, campaign, message)
    over = "anonymised" if message is Message.ERASURE_NOTICE else "withdrawn"
    owner.execute("UPDATE referral SET state = %s", [over])
    owner.execute("UPDATE assignment SET closed_at = now()")
    assert told(referral, message, settings) is None


@pytest.mark.parametrize(
    ("message", "awaited"),
    [
        (Message.CONFIRM_ADDRESS, "guardian"),
        (Message.ADDRESS_REMINDER, "guardian"),
        (Message.GUARDIAN_CONSENT, "address"),
        (Message.GUARDIAN_REMINDER, "address"),
    ],
)
def test_what_was_given_meanwhile_is_not_asked_again(
    arrange: Session, campaign: Campaign, jobs: Session, settings: Settings, message: Message, awaited: str
) -> None:
    given = {"state": ReferralState.AWAITING_CONSENT, "awaiting": [awaited]}
    referral = make_referral(arrange, campaign, person=FAMILY, **given)
    arrange.commit()
    assert told(referral, message, settings) is None


def test_a_question_answered_meanwhile_is_not_told(
    arrange: Session, owner: Any, campaign: Campaign, jobs: Session, settings: Settings
) -> None:
    referral = standing(arrange, campaign, Message.CLARIFICATION_ASKED)
    owner.execute("UPDATE clarification SET answered_at = now(), answer_sealed = 'x'")
    assert told(referral, Message.CLARIFICATION_ASKED, settings) is None


def test_news_decides_but_never_hides_what_must_be_answered() -> None:
    assert all(wanted(message, News.EVERY_STEP) for message in LETTERS)
    assert {message for message in LETTERS if not wanted(message, News.OUTCOME)} == STEPS
    assert {message for message in LETTERS if not wanted(message, News.NONE)} == STEPS | OUTCOMES
    assert set(HOLDS) == set(LETTERS)


@pytest.mark.parametrize(
    ("news", "message", "sent"),
    [
        (News.EVERY_STEP, Message.REFERRAL_PLACED, True),
        (News.OUTCOME, Message.REFERRAL_PLACED, False),
        (News.OUTCOME, Message.REFERRAL_PAIRED, True),
        (News.NONE, Message.REFERRAL_PAIRED, False),
        (News.NONE, Message.CLARIFICATION_ASKED, True),
        (News.NONE, Message.ERASURE_NOTICE, True),
    ],
)
def test_whoever_chose_is_told_what_they_chose(
    arrange: Session, campaign: Campaign, jobs: Session, settings: Settings, news: News, message: Message, sent: bool
) -> None:
    referral = standing(arrange, campaign, message, news=news)
    assert bool(told(referral, message, settings)) is sent


def test_the_days_said_are_those_that_erase(
    arrange: Session, campaign: Campaign, jobs: Session, settings: Settings
) -> None:
    at = clock.now() - timedelta(days=2)
    referral = make_referral(arrange, campaign, person=FAMILY, received_at=at, **WAITS)
    arrange.commit()
    known = settings.model_copy(update={"guardian_days": 14, "unconfirmed_hours": 72})
    asked = told(referral, Message.GUARDIAN_REMINDER, known)
    assert asked
    last = (at + timedelta(days=14)).astimezone(clock.PARIS).day
    assert f" {last if last > 1 else '1er'}\u00a0" in asked.letter.after[0]
