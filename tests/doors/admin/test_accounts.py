"""Staff and accounts: inviting, finding somebody, closing and reopening, a lost second factor."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.crypto import vault
from portal.foundation.identifiers import new_id
from portal.foundation.permissions import Role
from portal.models.account import Account, Invitation, LoginSession
from portal.models.association import Association
from portal.models.event import JournalAct, JournalEntry
from portal.models.outbox import Message, Outbox
from tests.factories import PASSWORD, make_account, make_association

NEW = "nouvelle@example.org"
BrowserOf = Callable[..., FlaskClient]


@pytest.fixture
def association(arrange: Session) -> Association:
    made = make_association(arrange, "Proxité")
    arrange.commit()
    return made


@pytest.fixture
def claire(arrange: Session, association: Association) -> Account:
    """An administrator of an association, with a second factor."""
    account = make_account(arrange, "claire@example.org", association=association, role=Role.ADMINISTRATOR)
    account.name = "Claire Vasseur"
    account.totp_sealed = vault().seal(b"A" * 32, column="account.totp_sealed", row=account.id)
    account.totp_confirmed_at, account.recovery_digests = clock.now(), ["a", "b"]
    arrange.commit()
    return account


@pytest.fixture
def sure(staff: FlaskClient, arrange: Session) -> FlaskClient:
    """Staff who have just shown who they are."""
    arrange.execute(update(LoginSession).values(proof_at=clock.now()))
    arrange.commit()
    return staff


def acts(arrange: Session) -> list[tuple[JournalAct, str | None]]:
    query = select(JournalEntry.act, JournalEntry.detail).order_by(JournalEntry.at, JournalEntry.id)
    return [(row.act, row.detail) for row in arrange.execute(query)]


def test_the_page_shows_the_team_only(staff: FlaskClient, samir: Account, claire: Account) -> None:
    page = staff.get("/collectif/equipe").text
    assert samir.mail in page.replace("<wbr>", "")
    assert "Claire Vasseur" not in page


@pytest.mark.parametrize(
    ("words", "found"),
    [("vasseur", True), ("CLAIRE@exam", True), ("zzz", False), ("cl", False), ("%%%", False), ("", False)],
)
def test_any_account_is_found_by_name_or_address(
    staff: FlaskClient, arrange: Session, claire: Account, words: str, found: bool
) -> None:
    page = staff.post("/collectif/equipe/chercher", data={"q": words}).text
    assert ("Claire Vasseur" in page) is found
    assert not found or "Proxité (administration)" in page
    assert acts(arrange) == [(JournalAct.SEARCHED, f"accounts:{int(found)}")]


def test_what_was_searched_is_nowhere_in_the_address(staff: FlaskClient) -> None:
    assert staff.get("/collectif/equipe/chercher").location == "/collectif/equipe"


def test_staff_are_invited(sure: FlaskClient, arrange: Session, samir: Account) -> None:
    assert sure.get("/collectif/equipe/inviter").status_code == 200
    assert sure.post("/collectif/equipe/inviter", data={"mail": NEW, "place": "equipe"}).status_code == 303
    row = arrange.scalars(select(Invitation)).one()
    assert (row.mail, row.role, row.association_id, row.invited_by) == (NEW, Role.STAFF, None, samir.id)
    assert arrange.scalars(select(Outbox.message)).all() == [Message.INVITATION]
    assert NEW in sure.get("/collectif/equipe").text.replace("<wbr>", "")


def test_the_first_administrator_of_an_association_is_invited(
    sure: FlaskClient, arrange: Session, association: Association
) -> None:
    sent = {"mail": NEW, "place": str(association.id)}
    assert sure.post("/collectif/equipe/inviter", data=sent).status_code == 303
    row = arrange.scalars(select(Invitation)).one()
    assert (row.role, row.association_id) == (Role.ADMINISTRATOR, association.id)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"mail": "claire@example.org", "place": "equipe"}, "a déjà un compte sur le portail"),
        ({"mail": NEW, "place": "ailleurs"}, "pas dans la liste"),
        ({"mail": NEW, "place": ""}, "Choisissez une équipe"),
        ({"mail": "", "place": "equipe"}, "Écrivez l’adresse"),
    ],
)
def test_an_invitation_in_vain_is_refused_in_words(
    sure: FlaskClient, arrange: Session, claire: Account, data: dict[str, str], words: str
) -> None:
    answer = sure.post("/collectif/equipe/inviter", data=data)
    assert answer.status_code == 422
    assert words in answer.text
    assert arrange.scalars(select(Invitation)).all() == []


def test_an_invitation_is_sent_again_or_withdrawn(sure: FlaskClient, arrange: Session) -> None:
    sure.post("/collectif/equipe/inviter", data={"mail": NEW, "place": "equipe"})
    row = arrange.scalars(select(Invitation)).one()
    again = f"/collectif/equipe/invitations/{row.id}/renvoyer"
    assert "Attendez dix minutes" in sure.get(sure.post(again).location).text
    row.expires_at -= timedelta(minutes=11)
    arrange.commit()
    assert sure.post(again).status_code == 303
    assert sure.post(f"/collectif/equipe/invitations/{row.id}/retirer").status_code == 303
    arrange.refresh(row)
    assert (row.link_version, row.withdrawn_at is not None) == (2, True)
    assert sure.post(f"/collectif/equipe/invitations/{row.id}/renvoyer").status_code == 404
    assert sure.post(f"/collectif/equipe/invitations/{new_id()}/retirer").status_code == 404


@pytest.mark.parametrize("act", ["renvoyer", "retirer"])
def test_changing_an_invitation_wants_a_fresh_proof(sure: FlaskClient, arrange: Session, act: str) -> None:
    sure.post("/collectif/equipe/inviter", data={"mail": NEW, "place": "equipe"})
    arrange.execute(update(LoginSession).values(proof_at=clock.now() - timedelta(minutes=11)))
    row = arrange.scalars(select(Invitation)).one()
    row.expires_at -= timedelta(minutes=11)
    arrange.commit()
    answer = sure.post(f"/collectif/equipe/invitations/{row.id}/{act}")
    assert (answer.status_code, answer.location) == (303, "/compte/preuve?suite=/collectif/equipe")
    arrange.refresh(row)
    assert (row.link_version, row.withdrawn_at) == (1, None)


def test_the_only_one_who_administers_an_association_is_replaced_before_the_account_is_closed(
    sure: FlaskClient, arrange: Session, claire: Account, association: Association
) -> None:
    colleague = make_account(arrange, "paul@example.org", association=association)
    arrange.commit()
    refused = sure.post(f"/collectif/equipe/{claire.id}/fermer")
    assert refused.status_code == 422
    assert "la dernière personne qui administre Proxité" in refused.text
    arrange.refresh(claire)
    assert claire.closed_at is None
    sent = {"mail": colleague.mail, "place": str(association.id)}
    assert sure.post("/collectif/equipe/inviter", data=sent).status_code == 303
    vain = sure.post("/collectif/equipe/inviter", data={"mail": claire.mail, "place": str(association.id)})
    assert "fait déjà partie de l’équipe" in vain.text


def test_the_invitations_of_a_closed_account_are_withdrawn(
    sure: FlaskClient, arrange: Session, association: Association
) -> None:
    other = make_account(arrange, "ines@example.org", staff=True)
    row = Invitation(
        mail=NEW,
        association_id=association.id,
        role=Role.ADMINISTRATOR,
        invited_by=other.id,
        expires_at=clock.now() + timedelta(days=14),
    )
    arrange.add(row)
    arrange.commit()
    assert f"Invitation de {other.name}" in sure.get("/collectif/equipe").text
    assert sure.post(f"/collectif/equipe/{other.id}/fermer").status_code == 303
    arrange.refresh(row)
    assert row.withdrawn_at is not None


def test_a_closed_account_is_out_at_once_and_may_come_back(
    sure: FlaskClient, arrange: Session, browser_of: BrowserOf, claire: Account, association: Association
) -> None:
    make_account(arrange, "cheffe@example.org", association=association, role=Role.ADMINISTRATOR)
    arrange.commit()
    hers = browser_of(claire, association)
    assert hers.get("/demandes").status_code == 200
    assert "Fermer le compte de Claire Vasseur" in sure.get(f"/collectif/equipe/{claire.id}/fermer").text
    assert sure.post(f"/collectif/equipe/{claire.id}/fermer").status_code == 303
    assert hers.get("/demandes").status_code == 303
    assert claire.id not in arrange.scalars(select(LoginSession.account_id)).all()
    assert sure.post(f"/collectif/equipe/{claire.id}/fermer").status_code == 404
    assert "Rouvrir" in sure.get(f"/collectif/equipe/{claire.id}").text
    assert sure.post(f"/collectif/equipe/{claire.id}/rouvrir").status_code == 303
    arrange.refresh(claire)
    assert claire.closed_at is None
    assert acts(arrange) == [(JournalAct.MEMBER_LEFT, str(claire.id)), (JournalAct.MEMBER_JOINED, str(claire.id))]


def test_nobody_closes_their_own_account(sure: FlaskClient, arrange: Session, samir: Account) -> None:
    assert "quelqu’un d’autre de l’équipe" in sure.get(f"/collectif/equipe/{samir.id}").text
    answer = sure.post(f"/collectif/equipe/{samir.id}/fermer")
    assert answer.status_code == 422
    assert "Rien n’a changé" in answer.text
    arrange.refresh(samir)
    assert samir.closed_at is None


def test_a_lost_second_factor_is_taken_off_and_the_person_told(
    sure: FlaskClient, arrange: Session, browser_of: BrowserOf, claire: Account, association: Association
) -> None:
    hers = browser_of(claire, association)
    path = f"/collectif/equipe/{claire.id}/second-facteur"
    for data in ({}, {"why": "telephone_lost"}, {"verified": "y"}, {"why": "boredom", "verified": "y"}):
        assert sure.post(path, data=data).status_code == 422
    assert sure.post(path, data={"why": "telephone_lost", "verified": "y"}).status_code == 303
    arrange.refresh(claire)
    assert (claire.totp_sealed, claire.totp_confirmed_at, claire.totp_last_step) == (None, None, None)
    assert claire.recovery_digests == []
    assert hers.get("/demandes").status_code == 303
    assert acts(arrange) == [(JournalAct.SECOND_FACTOR_RESET, f"telephone_lost:{claire.id}")]
    sent = arrange.scalars(select(Outbox)).one()
    assert (sent.message, sent.reference_id) == (Message.SECOND_FACTOR_RESET, claire.id)
    assert sure.post(path, data={"why": "telephone_lost", "verified": "y"}).status_code == 404


@pytest.mark.parametrize("minutes", [None, 11])
def test_grave_acts_want_a_fresh_proof(
    staff: FlaskClient, arrange: Session, claire: Account, minutes: int | None
) -> None:
    proof = None if minutes is None else clock.now() - timedelta(minutes=minutes)
    arrange.execute(update(LoginSession).values(proof_at=proof))
    arrange.commit()
    own = f"/collectif/equipe/{claire.id}"
    data: dict[str, Any] = {"mail": NEW, "place": "equipe", "why": "telephone_lost", "verified": "y"}
    for path in ("/collectif/equipe/inviter", f"{own}/fermer", f"{own}/rouvrir", f"{own}/second-facteur"):
        for answer in (staff.get(path), staff.post(path, data=data)):
            assert (answer.status_code, answer.location) == (303, f"/compte/preuve?suite={path}")
    arrange.refresh(claire)
    assert (claire.closed_at, claire.totp_confirmed_at is not None) == (None, True)
    assert arrange.scalars(select(Invitation)).all() == []


@pytest.mark.parametrize("act", ["", "/fermer", "/rouvrir", "/second-facteur"])
def test_an_unknown_account_is_a_404(sure: FlaskClient, act: str) -> None:
    assert sure.get(f"/collectif/equipe/{new_id()}{act}").status_code == 404


def test_who_lost_it_sets_a_new_second_factor_at_the_next_sign_in(
    sure: FlaskClient, client: FlaskClient, claire: Account
) -> None:
    signing_in = {"mail": claire.mail, "password": PASSWORD}
    assert client.post("/connexion", data=signing_in).location == "/connexion/code"
    sent = {"why": "telephone_changed", "verified": "y"}
    assert sure.post(f"/collectif/equipe/{claire.id}/second-facteur", data=sent).status_code == 303
    assert client.post("/connexion/code", data={"code": "000000"}).location == "/connexion"
    assert client.post("/connexion", data=signing_in).location == "/connexion/second-facteur"
