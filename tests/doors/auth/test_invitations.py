"""Coming in by an invitation: a newcomer, somebody who has an account already, and links that no longer open."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.identifiers import new_id
from portal.foundation.permissions import Role
from portal.models.account import Account, Invitation, LoginSession, Membership
from portal.models.association import Association
from portal.models.event import JournalAct, JournalEntry
from portal.operations.links import invitation_path
from tests.doors.auth.conftest import SignedInAs, give_factor, pass_both
from tests.factories import make_account, make_association

NEW = "nouvelle@example.org"
ANSWERS = {"name": "Jeanne Petit", "password": "brique lavande horizon tambour"}
Invite = Callable[..., Invitation]


@pytest.fixture
def association(arrange: Session) -> Association:
    return make_association(arrange, "Proxité")


@pytest.fixture
def invite(arrange: Session, association: Association) -> Invite:
    """An invitation to the association; staff=True: to the Collectif's team."""

    def make(mail: str = NEW, *, staff: bool = False, role: Role = Role.COORDINATOR, **fields: Any) -> Invitation:
        row = Invitation(
            mail=mail,
            association_id=None if staff else association.id,
            role=Role.STAFF if staff else role,
            **{"expires_at": clock.now() + timedelta(days=14), **fields},
        )
        arrange.add(row)
        arrange.commit()
        return row

    return make


def path_of(invitation: Invitation) -> str:
    return invitation_path(invitation.id, invitation.link_version)


def test_the_page_names_the_association_and_changes_nothing(
    client: FlaskClient, invite: Invite, arrange: Session
) -> None:
    path = path_of(invite())
    for _ in range(2):
        page = client.get(path)
        assert page.status_code == 200
        assert "Rejoindre Proxité" in page.text
        assert NEW in page.text
    assert arrange.scalars(select(Account)).all() == []


def test_a_newcomer_chooses_a_password_then_sets_a_second_factor(
    client: FlaskClient, invite: Invite, arrange: Session, association: Association
) -> None:
    invitation = invite()
    answer = client.post(path_of(invitation), data=ANSWERS)
    assert (answer.status_code, answer.location) == (303, "/connexion/second-facteur")
    account = arrange.scalars(select(Account)).one()
    assert (account.mail, account.name, account.staff, account.demo) == (NEW, "Jeanne Petit", False, False)
    member = arrange.scalars(select(Membership)).one()
    assert (member.account_id, member.association_id, member.role) == (account.id, association.id, Role.COORDINATOR)
    arrange.refresh(invitation)
    assert (invitation.accepted_by, invitation.accepted_at is not None) == (account.id, True)
    assert JournalAct.MEMBER_JOINED in arrange.scalars(select(JournalEntry.act)).all()
    assert client.get("/demandes").status_code == 303


def test_a_newcomer_to_the_collectifs_team_is_staff(client: FlaskClient, invite: Invite, arrange: Session) -> None:
    invitation = invite(staff=True)
    assert "l’équipe du Collectif" in client.get(path_of(invitation)).text
    assert client.post(path_of(invitation), data=ANSWERS).status_code == 303
    assert arrange.scalars(select(Account.staff)).one() is True
    assert arrange.scalars(select(Membership)).all() == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({**ANSWERS, "name": ""}, "Écrivez votre prénom"),
        ({**ANSWERS, "name": "x" * 200}, "trop long"),
        ({**ANSWERS, "password": ""}, "Choisissez un mot de passe"),
        ({**ANSWERS, "password": "court"}, "de 15 à 128 caractères"),
        ({**ANSWERS, "password": "jeanne petit jeanne petit"}, "se devine facilement"),
        ({}, "Écrivez votre prénom"),
    ],
)
def test_bad_input_creates_nothing_and_keeps_the_name(
    client: FlaskClient, invite: Invite, arrange: Session, data: dict[str, str], words: str
) -> None:
    answer = client.post(path_of(invite()), data=data)
    assert answer.status_code == 422
    assert words in answer.text
    assert data.get("name", "") in answer.text
    assert arrange.scalars(select(Account)).all() == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"expires_at": clock.now() - timedelta(minutes=1)}, "trop ancienne"),
        ({"withdrawn_at": clock.now()}, "a été retirée"),
        ({"accepted_at": clock.now()}, "a déjà servi"),
    ],
)
def test_a_link_that_is_over_says_so(
    client: FlaskClient, invite: Invite, arrange: Session, fields: dict[str, Any], words: str
) -> None:
    path = path_of(invite(**fields))
    for answer in (client.get(path), client.post(path, data=ANSWERS)):
        assert answer.status_code == 410
        assert words in answer.text
    assert arrange.scalars(select(Account)).all() == []


def test_a_link_sent_before_the_last_one_no_longer_opens(client: FlaskClient, invite: Invite, arrange: Session) -> None:
    invitation = invite()
    before = path_of(invitation)
    invitation.link_version = 2
    arrange.commit()
    assert client.get(before).status_code == client.post(before, data=ANSWERS).status_code == 404
    assert client.get(path_of(invitation)).status_code == 200


@pytest.mark.parametrize("token", ["x", "é", "A" * 32, "../.."])
def test_a_forged_link_is_a_404(client: FlaskClient, invite: Invite, token: str) -> None:
    for key in (invite().id, new_id()):
        assert client.get(f"/invitation/{key}/{token}").status_code == 404


def test_accepting_twice_makes_one_account(client: FlaskClient, invite: Invite, arrange: Session) -> None:
    path = path_of(invite())
    assert client.post(path, data=ANSWERS).status_code == 303
    assert client.post(path, data=ANSWERS).status_code == 410
    assert len(arrange.scalars(select(Account)).all()) == 1


@pytest.fixture
def elsewhere(arrange: Session) -> Association:
    return make_association(arrange, "Télémaque")


@pytest.fixture
def known(arrange: Session, elsewhere: Association) -> Account:
    """Somebody who works for another association already."""
    account = give_factor(arrange, make_account(arrange, NEW, association=elsewhere))
    arrange.commit()
    return account


def places(arrange: Session, account: Account) -> set[UUID]:
    return set(arrange.scalars(select(Membership.association_id).where(Membership.account_id == account.id)))


def test_who_has_an_account_signs_in_to_accept(
    client: FlaskClient, invite: Invite, arrange: Session, known: Account, association: Association
) -> None:
    path = path_of(invite(NEW.upper()))
    page = client.get(path)
    assert f"/connexion?suite={path}" in page.text
    assert client.post(path, data=ANSWERS).status_code == 200
    assert association.id not in places(arrange, known)
    assert pass_both(client, known.mail, suite=path).location == path
    assert "Rejoindre l’équipe" in client.get(path).text
    arrange.rollback()
    assert client.post(path).location == "/demandes"
    assert association.id in places(arrange, known)
    assert len(arrange.scalars(select(Account)).all()) == 1
    assert "Proxité" in client.get("/demandes").text
    assert client.get(path).status_code == 410


def test_another_account_never_accepts_for_somebody_else(
    invite: Invite, arrange: Session, signed_in_as: SignedInAs, known: Account, association: Association
) -> None:
    stranger = make_account(arrange, staff=True)
    browser = signed_in_as(stranger)
    path = path_of(invite())
    page = browser.get(path)
    assert "connectée ou connecté avec un autre compte" in page.text
    browser.post(path, data=ANSWERS)
    assert association.id not in places(arrange, known) | places(arrange, stranger)


def test_half_way_in_is_not_enough_to_accept(
    invite: Invite,
    arrange: Session,
    signed_in_as: SignedInAs,
    known: Account,
    association: Association,
    elsewhere: Association,
) -> None:
    path = path_of(invite())
    signed_in_as(known, association=elsewhere, half=True).post(path)
    assert association.id not in places(arrange, known)


def test_an_account_is_never_turned_into_staff(
    invite: Invite, arrange: Session, signed_in_as: SignedInAs, known: Account, elsewhere: Association
) -> None:
    path = path_of(invite(staff=True))
    browser = signed_in_as(known, association=elsewhere)
    assert "Un compte du Collectif est personnel et à part" in browser.get(path).text
    assert browser.post(path).status_code == 422
    arrange.refresh(known)
    assert known.staff is False


@pytest.mark.parametrize(
    ("asked", "role"), [(Role.ADMINISTRATOR, Role.ADMINISTRATOR), (Role.COORDINATOR, Role.COORDINATOR)]
)
def test_who_joins_twice_keeps_one_membership(
    invite: Invite,
    arrange: Session,
    signed_in_as: SignedInAs,
    known: Account,
    association: Association,
    elsewhere: Association,
    asked: Role,
    role: Role,
) -> None:
    """Asked to administer, who was a member does from then on."""
    invitation = invite(role=asked)
    arrange.add(Membership(account_id=known.id, association_id=association.id, role=Role.COORDINATOR))
    arrange.commit()
    assert signed_in_as(known, association=elsewhere).post(path_of(invitation)).status_code == 303
    rows = arrange.scalars(select(Membership).where(Membership.association_id == association.id)).all()
    assert [row.role for row in rows] == [role]
    arrange.refresh(invitation)
    assert invitation.accepted_by == known.id
    raised = JournalAct.ROLE_CHANGED in arrange.scalars(select(JournalEntry.act)).all()
    assert raised is (role is Role.ADMINISTRATOR)


def test_an_administrator_is_never_lowered_by_accepting(
    invite: Invite, arrange: Session, signed_in_as: SignedInAs, known: Account, association: Association
) -> None:
    invitation = invite()
    arrange.add(Membership(account_id=known.id, association_id=association.id, role=Role.ADMINISTRATOR))
    arrange.commit()
    assert signed_in_as(known, association=association).post(path_of(invitation)).status_code == 303
    rows = arrange.scalars(select(Membership).where(Membership.association_id == association.id)).all()
    assert [row.role for row in rows] == [Role.ADMINISTRATOR]


def test_a_newcomer_ends_the_session_this_browser_held(
    invite: Invite, arrange: Session, signed_in_as: SignedInAs, known: Account, elsewhere: Association
) -> None:
    browser = signed_in_as(known, association=elsewhere)
    assert browser.post(path_of(invite("autre@example.org")), data=ANSWERS).status_code == 303
    holders = arrange.scalars(select(LoginSession.account_id)).all()
    assert len(holders) == 1
    assert known.id not in holders
