"""The association's team: who comes, who changes role, who leaves; and what an administrator cannot do."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.permissions import Role
from portal.models.account import Account, Invitation, LoginSession, Membership
from portal.models.event import JournalAct, JournalEntry
from portal.models.outbox import Message, Outbox
from portal.operations.links import INVITATION_LIFE
from tests.doors.association.house import House, Tab, signed_in_as, text_of
from tests.factories import make_account, make_association

NEW = "nouvelle@example.org"
As = Callable[[Account], Tab]


@pytest.fixture
def boss(arrange: Session, house: House) -> Account:
    """The one who administers the association."""
    account = make_account(arrange, "chef@example.org", association=house.association, role=Role.ADMINISTRATOR)
    arrange.commit()
    return account


@pytest.fixture
def browser_of(app: Flask, arrange: Session, house: House) -> As:
    """A tab of this member, who has just shown who they are."""

    def open_tab(account: Account) -> Tab:
        tab = signed_in_as(app, arrange, account, house.association)
        arrange.execute(update(LoginSession).values(proof_at=clock.now()))
        arrange.commit()
        return tab

    return open_tab


@pytest.fixture
def tab(browser_of: As, boss: Account) -> Tab:
    return browser_of(boss)


def membership_of(arrange: Session, account: Account) -> Membership:
    return arrange.scalars(select(Membership).where(Membership.account_id == account.id)).one()


def invited(arrange: Session) -> list[tuple[Any, ...]]:
    query = select(Invitation.mail, Invitation.role, Invitation.link_version, Invitation.withdrawn_at.is_not(None))
    return [tuple(row) for row in arrange.execute(query.order_by(Invitation.created_at, Invitation.id))]


def test_the_team_is_shown_with_roles_and_second_factors(tab: Tab, house: House) -> None:
    page = text_of(tab.get("/equipe")).replace("<wbr>", "")
    assert "2 personnes répondent aux demandes" in page
    for words in ("chef@example.org", house.coordinator.mail, "Administration", "Coordination", "Pas encore"):
        assert words in page


def test_a_coordinator_sees_the_team_but_changes_nothing(
    browser_of: As, house: House, arrange: Session, boss: Account
) -> None:
    own = browser_of(house.coordinator)
    page = own.get("/equipe").text
    assert "Mettre fin" not in page
    assert "/equipe/inviter" not in page
    target = membership_of(arrange, boss).id
    for path in ("/equipe/inviter", f"/equipe/{target}/role", f"/equipe/{target}/fin"):
        assert own.get(path).status_code == own.post(path).status_code == 403


def test_an_invitation_is_mailed_and_waits(tab: Tab, arrange: Session, house: House, boss: Account) -> None:
    answer = tab.post("/equipe/inviter", data={"mail": NEW.upper(), "role": "coordinator"})
    assert (answer.status_code, answer.location) == (303, "/equipe")
    (row,) = arrange.scalars(select(Invitation))
    assert (row.mail, row.role, row.association_id, row.invited_by) == (
        NEW,
        Role.COORDINATOR,
        house.association.id,
        boss.id,
    )
    assert timedelta(days=13, hours=23) < row.expires_at - clock.now() <= timedelta(days=14)
    assert [(one.message, one.reference_id) for one in arrange.scalars(select(Outbox))] == [
        (Message.INVITATION, row.id)
    ]
    assert arrange.scalars(select(JournalEntry.act)).all() == [JournalAct.MEMBER_INVITED]
    page = text_of(tab.get("/equipe")).replace("<wbr>", "")
    assert "1 invitation en attente" in page
    assert NEW in page


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"mail": "", "role": "coordinator"}, "Écrivez l’adresse"),
        ({"mail": "pas une adresse", "role": "coordinator"}, "incomplète ou mal écrite"),
        ({"mail": NEW, "role": "staff"}, "pas dans la liste"),
        ({"mail": NEW, "role": ""}, "Choisissez un rôle"),
        ({"mail": NEW, "role": "emperor"}, "pas dans la liste"),
    ],
)
def test_bad_input_invites_nobody_and_keeps_what_was_typed(
    tab: Tab, arrange: Session, data: dict[str, str], words: str
) -> None:
    answer = tab.post("/equipe/inviter", data=data)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert data["mail"] in answer.text
    assert invited(arrange) == []


def test_nobody_is_invited_twice(tab: Tab, arrange: Session, house: House) -> None:
    tab.post("/equipe/inviter", data={"mail": NEW, "role": "coordinator"})
    again = tab.post("/equipe/inviter", data={"mail": NEW, "role": "administrator"})
    assert again.status_code == 422
    assert "déjà une invitation en attente" in text_of(again)
    member = tab.post("/equipe/inviter", data={"mail": house.coordinator.mail, "role": "coordinator"})
    assert "fait déjà partie de l’équipe" in text_of(member)
    assert len(invited(arrange)) == 1


def test_an_invitation_too_old_makes_way_for_another(tab: Tab, arrange: Session) -> None:
    tab.post("/equipe/inviter", data={"mail": NEW, "role": "coordinator"})
    arrange.execute(update(Invitation).values(expires_at=clock.now() - timedelta(minutes=1)))
    arrange.commit()
    assert "Trop ancienne" in tab.get("/equipe").text
    assert tab.post("/equipe/inviter", data={"mail": NEW, "role": "administrator"}).status_code == 303
    assert invited(arrange) == [(NEW, Role.COORDINATOR, 1, True), (NEW, Role.ADMINISTRATOR, 1, False)]


def sent_long_ago(arrange: Session) -> None:
    """The last mail of every invitation left eleven minutes ago."""
    arrange.execute(update(Invitation).values(expires_at=clock.now() + INVITATION_LIFE - timedelta(minutes=11)))
    arrange.commit()


def test_an_invitation_is_sent_again_with_another_link_then_withdrawn(tab: Tab, arrange: Session) -> None:
    tab.post("/equipe/inviter", data={"mail": NEW, "role": "coordinator"})
    sent_long_ago(arrange)
    (row,) = arrange.scalars(select(Invitation))
    assert tab.post(f"/equipe/invitations/{row.id}/renvoyer").status_code == 303
    arrange.refresh(row)
    assert row.link_version == 2
    assert len(arrange.scalars(select(Outbox)).all()) == 2
    assert tab.post(f"/equipe/invitations/{row.id}/retirer").status_code == 303
    assert invited(arrange)[0][3] is True
    assert tab.post(f"/equipe/invitations/{row.id}/renvoyer").status_code == 404
    assert tab.post(f"/equipe/invitations/{row.id}/retirer").status_code == 404


def test_one_address_gets_one_mail_in_ten_minutes_and_six_in_all(tab: Tab, arrange: Session) -> None:
    tab.post("/equipe/inviter", data={"mail": NEW, "role": "coordinator"})
    (row,) = arrange.scalars(select(Invitation))
    again = f"/equipe/invitations/{row.id}/renvoyer"
    assert "Attendez dix minutes" in text_of(tab.get(tab.post(again).location))
    for _ in range(6):
        sent_long_ago(arrange)
        tab.post(again)
    assert "déjà partie 6 fois" in text_of(tab.get("/equipe"))
    arrange.refresh(row)
    assert row.link_version == 6
    assert len(arrange.scalars(select(Outbox)).all()) == 6


def test_withdrawing_does_not_make_way_for_another_mail_at_once(tab: Tab, arrange: Session) -> None:
    tab.post("/equipe/inviter", data={"mail": NEW, "role": "coordinator"})
    (row,) = arrange.scalars(select(Invitation))
    tab.post(f"/equipe/invitations/{row.id}/retirer")
    answer = tab.post("/equipe/inviter", data={"mail": NEW, "role": "coordinator"})
    assert answer.status_code == 422
    assert "Attendez dix minutes" in text_of(answer)


def test_twenty_invitations_wait_at_most_withdrawn_today_or_not(tab: Tab, arrange: Session) -> None:
    for number in range(20):
        sent = tab.post("/equipe/inviter", data={"mail": f"p{number}@example.org", "role": "coordinator"})
        assert sent.status_code == 303
    arrange.execute(update(Invitation).where(Invitation.mail == "p0@example.org").values(withdrawn_at=clock.now()))
    arrange.commit()
    answer = tab.post("/equipe/inviter", data={"mail": NEW, "role": "coordinator"})
    assert answer.status_code == 422
    assert "20 invitations" in text_of(answer)
    arrange.execute(
        update(Invitation).where(Invitation.mail == "p0@example.org").values(created_at=clock.now() - timedelta(days=2))
    )
    arrange.commit()
    assert tab.post("/equipe/inviter", data={"mail": NEW, "role": "coordinator"}).status_code == 303


def test_the_team_sees_who_invited(tab: Tab, arrange: Session, house: House, boss: Account) -> None:
    tab.post("/equipe/inviter", data={"mail": NEW, "role": "coordinator"})
    arrange.add(
        Invitation(
            mail="autre@example.org",
            association_id=house.association.id,
            role=Role.ADMINISTRATOR,
            invited_by=make_account(arrange, staff=True).id,
            expires_at=clock.now() + timedelta(days=14),
        )
    )
    arrange.commit()
    shown = text_of(tab.get("/equipe"))
    assert f"Invitation de {boss.name}" in shown
    assert "Invitation de l’équipe du Collectif" in shown


def test_the_invitations_of_who_leaves_are_withdrawn(tab: Tab, arrange: Session, house: House) -> None:
    def invitation(by: Any, association_id: Any) -> Invitation:
        row = Invitation(
            mail=NEW if association_id == house.association.id else "ailleurs@example.org",
            association_id=association_id,
            role=Role.COORDINATOR,
            invited_by=by,
            expires_at=clock.now() + timedelta(days=14),
        )
        arrange.add(row)
        return row

    leaving = house.coordinator
    here = invitation(leaving.id, house.association.id)
    elsewhere = invitation(leaving.id, make_association(arrange).id)
    arrange.commit()
    assert tab.post(f"/equipe/{membership_of(arrange, leaving).id}/fin").status_code == 303
    for row in (here, elsewhere):
        arrange.refresh(row)
    assert here.withdrawn_at is not None
    assert elsewhere.withdrawn_at is None
    journal = text_of(tab.get("/equipe"))
    assert "a retiré une invitation" in journal
    assert f"a mis fin à l’accès de {leaving.name}" in journal


def test_an_administrator_whose_account_is_closed_does_not_count(
    tab: Tab, arrange: Session, boss: Account, house: House
) -> None:
    gone = make_account(arrange, association=house.association, role=Role.ADMINISTRATOR)
    gone.closed_at = clock.now()
    arrange.commit()
    own = membership_of(arrange, boss)
    for act, data in (("fin", {}), ("role", {"role": "coordinator"})):
        answer = tab.post(f"/equipe/{own.id}/{act}", data=data)
        assert answer.status_code == 422
        assert "dernière personne qui administre" in text_of(answer)


@pytest.mark.parametrize("act", ["renvoyer", "retirer"])
def test_changing_an_invitation_wants_a_fresh_proof(tab: Tab, arrange: Session, act: str) -> None:
    tab.post("/equipe/inviter", data={"mail": NEW, "role": "coordinator"})
    sent_long_ago(arrange)
    arrange.execute(update(LoginSession).values(proof_at=clock.now() - timedelta(minutes=11)))
    arrange.commit()
    (row,) = arrange.scalars(select(Invitation))
    answer = tab.post(f"/equipe/invitations/{row.id}/{act}")
    assert (answer.status_code, answer.location) == (303, "/compte/preuve?suite=/equipe")
    arrange.refresh(row)
    assert (row.link_version, row.withdrawn_at) == (1, None)


def test_another_associations_people_and_invitations_do_not_exist(tab: Tab, arrange: Session, neighbour: House) -> None:
    theirs = Invitation(
        mail=NEW,
        association_id=neighbour.association.id,
        role=Role.COORDINATOR,
        expires_at=clock.now() + timedelta(days=1),
    )
    arrange.add(theirs)
    arrange.commit()
    member = membership_of(arrange, neighbour.coordinator).id
    for path in (f"/equipe/{member}/role", f"/equipe/{member}/fin"):
        assert tab.get(path).status_code == tab.post(path, data={"role": "administrator"}).status_code == 404
    for act in ("renvoyer", "retirer"):
        assert tab.post(f"/equipe/invitations/{theirs.id}/{act}").status_code == 404
    assert NEW not in tab.get("/equipe").text.replace("<wbr>", "")


def test_a_role_changes_at_once(tab: Tab, browser_of: As, arrange: Session, house: House) -> None:
    member = membership_of(arrange, house.coordinator)
    other = browser_of(house.coordinator)
    assert other.get("/equipe/inviter").status_code == 403
    page = tab.get(f"/equipe/{member.id}/role")
    assert 'value="coordinator" id="role-0" checked' in page.text
    assert tab.post(f"/equipe/{member.id}/role", data={"role": "administrator"}).status_code == 303
    assert other.get("/equipe/inviter").status_code == 200
    assert JournalAct.ROLE_CHANGED in arrange.scalars(select(JournalEntry.act)).all()


def test_who_leaves_is_out_at_once_everywhere(tab: Tab, browser_of: As, arrange: Session, house: House) -> None:
    member = membership_of(arrange, house.coordinator)
    theirs = [browser_of(house.coordinator) for _ in range(2)]
    assert {one.get("/demandes").status_code for one in theirs} == {200}
    assert "Toutes ses sessions se ferment" in text_of(tab.get(f"/equipe/{member.id}/fin"))
    assert tab.post(f"/equipe/{member.id}/fin").status_code == 303
    sessions = arrange.scalars(select(LoginSession.account_id)).all()
    assert house.coordinator.id not in sessions
    assert {one.get("/demandes").status_code for one in theirs} == {303}
    arrange.refresh(member)
    assert member.ended_at is not None
    assert tab.get(f"/equipe/{member.id}/fin").status_code == 404
    assert house.coordinator.mail not in text_of(tab.get("/equipe")).replace("<wbr>", "")


@pytest.mark.parametrize(("act", "data"), [("fin", {}), ("role", {"role": "coordinator"})])
def test_an_association_keeps_somebody_who_administers_it(
    tab: Tab, arrange: Session, boss: Account, act: str, data: dict[str, str]
) -> None:
    member = membership_of(arrange, boss)
    answer = tab.post(f"/equipe/{member.id}/{act}", data=data)
    assert answer.status_code == 422
    assert "dernière personne qui administre" in text_of(answer)
    arrange.refresh(member)
    assert (member.role, member.ended_at) == (Role.ADMINISTRATOR, None)


def test_who_administers_may_leave_once_somebody_else_does(
    tab: Tab, arrange: Session, boss: Account, house: House
) -> None:
    make_account(arrange, association=house.association, role=Role.ADMINISTRATOR)
    arrange.commit()
    assert tab.post(f"/equipe/{membership_of(arrange, boss).id}/fin").status_code == 303
    assert tab.get("/equipe").location.startswith("/connexion")


@pytest.mark.parametrize("minutes", [None, 11])
def test_grave_acts_want_a_fresh_proof_of_identity(
    tab: Tab, arrange: Session, house: House, minutes: int | None
) -> None:
    proof = None if minutes is None else clock.now() - timedelta(minutes=minutes)
    arrange.execute(update(LoginSession).values(proof_at=proof))
    arrange.commit()
    member = membership_of(arrange, house.coordinator)
    for path in (f"/equipe/{member.id}/fin", f"/equipe/{member.id}/role", "/equipe/inviter"):
        for answer in (tab.get(path), tab.post(path, data={"role": "administrator", "mail": NEW})):
            assert (answer.status_code, answer.location) == (303, f"/compte/preuve?suite={path}")
    arrange.refresh(member)
    assert (member.role, member.ended_at) == (Role.COORDINATOR, None)
    assert invited(arrange) == []


def test_a_form_is_only_drawn_with_time_left_to_fill_it(tab: Tab, arrange: Session) -> None:
    arrange.execute(update(LoginSession).values(proof_at=clock.now() - timedelta(minutes=6)))
    arrange.commit()
    assert tab.get("/equipe/inviter").status_code == 303
    assert tab.post("/equipe/inviter", data={"mail": NEW, "role": "coordinator"}).location == "/equipe"


def test_a_form_drawn_for_another_association_changes_nothing(tab: Tab, arrange: Session, house: House) -> None:
    member = membership_of(arrange, house.coordinator)
    tab.drawn_for = str(make_association(arrange).id)
    assert tab.post(f"/equipe/{member.id}/fin").status_code == 409
    arrange.refresh(member)
    assert member.ended_at is None
