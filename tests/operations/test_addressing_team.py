"""What members and staff are told: read as they may read it when it leaves, and only if there is something to tell."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.config import Settings
from portal.foundation.identifiers import new_id
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as
from portal.mail.letter import as_text
from portal.mail.team_messages import TEAM_LETTERS
from portal.models.account import Account
from portal.models.assignment import Assignment, AssignmentState
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.clarification import Clarification
from portal.models.morning import (
    FilePassword,
    MorningFile,
    MorningMode,
    MorningState,
    MorningWorkbook,
    RenewedBecause,
)
from portal.models.outbox import Message, Outbox
from portal.models.programme import CriteriaProposal, Programme, Verdict
from portal.models.referral import ReferralState
from portal.operations.addressing import Addressed, addressed
from portal.operations.addressing_team import READINGS
from tests.factories import (
    make_account,
    make_assignment,
    make_association,
    make_campaign,
    make_capacity,
    make_programme,
    make_referral,
)

LONG_AGO = timedelta(days=90)


class House:
    """An association with a programme, one of its members, and a neighbour whose requests must never be counted."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.campaign: Campaign = make_campaign(session)
        self.own: Association = make_association(session, "Proxité")
        self.programme: Programme = make_programme(session, self.own)
        self.member: Account = make_account(session, "claire@example.org", association=self.own)
        self.neighbour = make_association(session, "Article 1")
        self.neighbours = make_programme(session, self.neighbour)
        self.offered(self.neighbour, self.neighbours)
        session.commit()

    def offered(
        self, association: Association | None = None, programme: Programme | None = None, **fields: Any
    ) -> Assignment:
        referral = make_referral(self.session, self.campaign)
        return make_assignment(self.session, referral, association or self.own, programme or self.programme, **fields)

    def morning(self, passwords: int = 1, **fields: Any) -> MorningFile:
        known = {"state": MorningState.MADE, "digest": b"d", "lines": [["a", "b"], ["c", "d"]], "new": 1} | fields
        file = MorningFile(
            association_id=self.own.id,
            day=date(2026, 11, 23),
            mode=MorningMode.ALWAYS,
            next_attempt_at=clock.now(),
            **known,
        )
        self.session.add(file)
        self.session.flush()
        for number in range(1, passwords + 1):
            self.session.add(
                MorningWorkbook(
                    morning_file_id=file.id, association_id=self.own.id, password_number=number, file=b"%d" % number
                )
            )
        return file


@pytest.fixture
def house(arrange: Session) -> House:
    return House(arrange)


@pytest.fixture
def jobs(app: Flask, house: House) -> Iterator[Session]:
    with acting_as(Scope(DatabaseRole.JOBS)) as session:
        yield session


def told(house: House, message: Message, settings: Settings, about: UUID | None = None) -> Addressed | None:
    house.session.commit()
    row = Outbox(
        message=message, reference_id=about or house.own.id, association_id=house.own.id, account_id=house.member.id
    )
    return addressed(row, settings)


def text_of(found: Addressed | None) -> str:
    assert found
    return as_text(found.letter, brand="Collectif", contact="contact@example.org").replace("\u00a0", " ")


def test_each_message_to_a_team_has_its_reading() -> None:
    assert set(READINGS) == set(TEAM_LETTERS)


def test_a_request_offered_is_told_with_its_number_and_its_page(
    house: House, jobs: Session, settings: Settings
) -> None:
    offered = house.offered()
    found = told(house, Message.REQUEST_OFFERED, settings, offered.id)
    assert found
    assert found.to == "claire@example.org"
    assert found.letter.url == f"{settings.base_url}/demandes/{offered.id}?pour={house.own.id}"
    assert offered.referral_number in found.letter.subject


@pytest.mark.parametrize("state", [AssignmentState.ACCEPTED, AssignmentState.BOUNCED, AssignmentState.POSTPONED])
def test_a_request_answered_meanwhile_is_not_told(
    house: House, jobs: Session, settings: Settings, state: AssignmentState
) -> None:
    offered = house.offered(state=state)
    assert told(house, Message.REQUEST_OFFERED, settings, offered.id) is None


def test_a_request_of_a_neighbour_is_not_told(house: House, jobs: Session, settings: Settings) -> None:
    other = house.offered(house.neighbour, house.neighbours)
    assert told(house, Message.REQUEST_OFFERED, settings, other.id) is None


def asked(house: House, one: Assignment, *, answered: bool) -> None:
    sealed, at = (b"sealed", clock.now()) if answered else (None, None)
    house.session.add(
        Clarification(
            referral_id=one.referral_id,
            assignment_id=one.id,
            association_id=one.association_id,
            question_sealed=b"sealed",
            answer_sealed=sealed,
            answered_at=at,
        )
    )


def test_an_answer_is_told_with_the_number_and_the_page_of_its_request(
    house: House, jobs: Session, settings: Settings
) -> None:
    held = house.offered(state=AssignmentState.INFORMATION_ASKED)
    asked(house, held, answered=True)
    found = told(house, Message.CLARIFICATION_ANSWERED, settings, held.id)
    assert found
    assert found.letter.url == f"{settings.base_url}/demandes/{held.id}?pour={house.own.id}"
    assert held.referral_number in found.letter.subject
    assert "attend de nouveau votre décision. Sans réponse de votre part avant le" in text_of(found)


@pytest.mark.parametrize("why", ["accepted", "asked again", "a neighbour's"])
def test_an_answer_that_changes_nothing_any_more_is_not_told(
    house: House, jobs: Session, settings: Settings, why: str
) -> None:
    state = AssignmentState.ACCEPTED if why == "accepted" else AssignmentState.INFORMATION_ASKED
    where = (house.neighbour, house.neighbours) if why == "a neighbour's" else ()
    held = house.offered(*where, state=state)
    asked(house, held, answered=True)
    if why == "asked again":
        asked(house, held, answered=False)
    assert told(house, Message.CLARIFICATION_ANSWERED, settings, held.id) is None


@pytest.mark.parametrize("message", [Message.REQUESTS_DIGEST, Message.SILENCE_REMINDER])
def test_the_figures_are_those_of_the_moment_and_of_the_association_alone(
    house: House, jobs: Session, settings: Settings, message: Message
) -> None:
    now = clock.now().astimezone(clock.PARIS).replace(hour=12)
    with clock.at(now):
        for days in (1, 8, 6):
            house.offered(offered_at=now - timedelta(days=days))
        found = text_of(told(house, message, settings))
    assert "3 demandes à traiter, 1 part aujourd’hui" in found
    assert "- 3 demandes à traiter" in found
    assert "- 1 part demain vers une autre association" in found


@pytest.mark.parametrize(
    "message", [Message.REQUESTS_DIGEST, Message.SILENCE_REMINDER, Message.FOLLOW_UP_DUE, Message.FILE_PASSWORD_RENEWED]
)
def test_nothing_to_tell_is_not_told(house: House, jobs: Session, settings: Settings, message: Message) -> None:
    assert told(house, message, settings) is None


def test_requests_without_a_first_contact_are_told(house: House, jobs: Session, settings: Settings) -> None:
    weeks_ago = clock.now() - timedelta(days=21)
    house.offered(state=AssignmentState.ACCEPTED, offered_at=weeks_ago, answered_at=weeks_ago)
    assert "1 demande attend une suite" in text_of(told(house, Message.FOLLOW_UP_DUE, settings))


def test_places_are_asked_about_once_a_month(house: House, jobs: Session, settings: Settings, owner: Any) -> None:
    make_capacity(house.session, house.own, house.campaign, amount=26)
    assert told(house, Message.PLACES_CHECK, settings) is None
    owner.execute("UPDATE capacity SET updated_at = %s", [clock.now() - LONG_AGO])
    assert "26 places libres" in text_of(told(house, Message.PLACES_CHECK, settings))
    house.own.places_confirmed_at = clock.now()
    assert told(house, Message.PLACES_CHECK, settings) is None


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (Verdict.APPROVED, "Vos nouveaux critères sont approuvés"),
        (Verdict.REFUSED, "Vos nouveaux critères ne sont pas retenus"),
        (Verdict.WITHDRAWN, None),
        (None, None),
    ],
)
def test_how_a_proposal_ended_is_told_without_its_reason(
    house: House, jobs: Session, settings: Settings, verdict: Verdict | None, said: str | None
) -> None:
    proposal = CriteriaProposal(
        association_id=house.own.id,
        programme_id=house.programme.id,
        side=Side.MENTEE,
        criteria={"all": []},
        based_on=1,
        verdict=verdict,
        reason="Un motif confidentiel",
    )
    house.session.add(proposal)
    house.session.flush()
    found = told(house, Message.PROPOSAL_SETTLED, settings, proposal.id)
    if said is None:
        assert found is None
    else:
        assert said in text_of(found)
        assert f"Programme « {house.programme.name} », côté jeunes." in text_of(found)
        assert "confidentiel" not in text_of(found)


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (RenewedBecause.MEMBER_LEFT, "L’ancien n’ouvre plus que les fichiers déjà envoyés"),
        (RenewedBecause.QUARTER, "L’ancien ouvre encore les fichiers jusqu’au"),
    ],
)
def test_a_new_password_is_told_and_never_written(
    house: House, jobs: Session, settings: Settings, why: RenewedBecause, said: str
) -> None:
    retired = clock.now() - timedelta(days=1)
    kinds = ((1, RenewedBecause.FIRST, retired), (2, why, None))
    for number, because, over in kinds:
        house.session.add(
            FilePassword(association_id=house.own.id, number=number, sealed=b"sealed", because=because, retired_at=over)
        )
    found = text_of(told(house, Message.FILE_PASSWORD_RENEWED, settings))
    assert said in found
    assert f"{settings.base_url}/fichier?pour={house.own.id}" in found
    assert f"{settings.base_url}/compte/courriels?pour={house.own.id}" in found


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        (MorningMode.ALWAYS, "chaque matin où une demande attend"),
        (MorningMode.WHEN_UNSEEN, "sans avoir été vue"),
        (MorningMode.NEVER, "ne pas recevoir ce fichier"),
    ],
)
def test_the_first_password_comes_with_what_the_association_chose(
    house: House, jobs: Session, settings: Settings, mode: MorningMode, said: str
) -> None:
    house.own.morning_mode = mode
    house.session.add(
        FilePassword(association_id=house.own.id, number=1, sealed=b"sealed", because=RenewedBecause.FIRST)
    )
    assert said in text_of(told(house, Message.FILE_PASSWORD_RENEWED, settings))


def test_the_morning_file_tells_the_hour_of_its_content(house: House, jobs: Session, settings: Settings) -> None:
    file = house.morning(at=datetime(2026, 11, 23, 12, 48, tzinfo=UTC))
    assert "copie de vos demandes à 13 h 48," in text_of(told(house, Message.MORNING_FILE, settings, file.id))


def test_the_morning_file_is_joined_under_each_password(house: House, jobs: Session, settings: Settings) -> None:
    file = house.morning(passwords=3)
    house.session.flush()
    found = told(house, Message.MORNING_FILE, settings, file.id)
    assert found
    assert "2 demandes attendent, dont 1 nouvelle" in text_of(found)
    assert [(one.name, one.content) for one in found.attachments] == [
        ("demandes-2026-11-23.xlsx", b"3"),
        ("demandes-2026-11-23-ancien-mot-de-passe.xlsx", b"2"),
        ("demandes-2026-11-23-ancien-mot-de-passe-2.xlsx", b"1"),
    ]


@pytest.mark.parametrize("fields", [{"state": MorningState.FAILED, "digest": None}, {"passwords": 0}])
def test_a_morning_file_that_is_not_there_is_not_told(
    house: House, jobs: Session, settings: Settings, fields: dict[str, Any]
) -> None:
    file = house.morning(**fields)
    assert told(house, Message.MORNING_FILE, settings, file.id) is None
    assert told(house, Message.MORNING_FILE, settings, new_id()) is None


@pytest.mark.parametrize("gone", ["UPDATE membership SET ended_at = now()", "UPDATE account SET closed_at = now()"])
def test_whoever_has_left_is_told_nothing(
    house: House, jobs: Session, settings: Settings, owner: Any, gone: str
) -> None:
    offered = house.offered()
    house.session.commit()
    owner.execute(gone)
    assert told(house, Message.REQUEST_OFFERED, settings, offered.id) is None


def test_a_member_of_another_association_is_told_nothing(house: House, jobs: Session, settings: Settings) -> None:
    offered = house.offered()
    house.member = make_account(house.session, association=house.neighbour)
    assert told(house, Message.REQUEST_OFFERED, settings, offered.id) is None


def told_staff(account: Account, settings: Settings) -> Addressed | None:
    return addressed(Outbox(message=Message.STAFF_DIGEST, reference_id=new_id(), account_id=account.id), settings)


def test_staff_are_told_what_waits_for_them(house: House, jobs: Session, settings: Settings) -> None:
    staff = make_account(house.session, staff=True)
    house.session.commit()
    assert told_staff(staff, settings) is None
    make_referral(house.session, house.campaign, state=ReferralState.UNROUTABLE)
    house.session.commit()
    found = told_staff(staff, settings)
    assert found
    assert found.to == staff.mail
    assert "1 demande à orienter à la main" in text_of(found)
    assert told_staff(house.member, settings) is None
