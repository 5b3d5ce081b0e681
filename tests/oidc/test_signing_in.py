"""Members sign in by their association's real provider: linked, invited, recognised; and when the service is out."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.permissions import Role
from portal.models.account import Invitation
from portal.operations.links import invitation_path
from portal.operations.passwords import password_matches
from tests import factories
from tests.doors.association.house import text_of
from tests.doors.auth.conftest import SignedInAs, code_now, give_factor
from tests.oidc.conftest import SIGN_IN, Known
from tests.oidc.harness import FIRST, SECOND, Running, at_the_provider, go_through, path_of, query_of, set_out

Owner = "psycopg.Connection[tuple[Any, ...]]"
Invite = Callable[..., str]


@pytest.fixture
def invite(arrange: Session, town: SimpleNamespace) -> Invite:
    """An invitation that was mailed; where accepting with the association's account starts."""

    def send(mail: str = "ada@example.org", association: Any = None) -> str:
        invitation = Invitation(
            mail=mail,
            association_id=(association or town.own).id,
            role=Role.COORDINATOR,
            expires_at=clock.now() + timedelta(days=14),
            link_version=1,
        )
        arrange.add(invitation)
        arrange.commit()
        return f"{SIGN_IN}{invitation_path(invitation.id, 1)}"

    return send


def rows(owner: Owner, query: str) -> list[tuple[Any, ...]]:
    return owner.execute(query).fetchall()


def identities(owner: Owner) -> list[tuple[Any, ...]]:
    return rows(owner, "SELECT account_id, subject FROM external_identity ORDER BY subject")


def test_a_member_links_from_an_open_session_then_signs_in_with_the_second_factor(
    client: FlaskClient, signed_in_as: SignedInAs, known: Known, town: SimpleNamespace, owner: Owner, service: Running
) -> None:
    account = known(None)
    at_home = signed_in_as(account, association=town.own, proof=timedelta())
    assert "Compte Proxité" in at_home.get("/compte").text
    linked = go_through(at_home, f"{SIGN_IN}/relier")
    assert (linked.status_code, linked.location) == (303, "/compte")
    assert identities(owner) == [(account.id, "ada-1")]

    entered = go_through(client, f"{SIGN_IN}?suite=/capacite")
    assert (entered.status_code, entered.location) == (303, "/connexion/code?suite=/capacite")
    assert client.get("/demandes").status_code == 303, "nothing opens before the second factor"
    done = client.post(entered.location, data={"code": code_now()})
    assert (done.status_code, done.location) == (303, "/capacite")
    assert client.get("/demandes").status_code == 200
    session = "SELECT via, association_id FROM login_session WHERE via IS NOT NULL"
    assert rows(owner, session) == [(FIRST, town.own.id)]
    acts = {act for (act,) in rows(owner, "SELECT act FROM journal_entry")}
    assert {"identity_linked", "signed_in"} <= acts
    assert all(way.startswith("Basic ") for way in service.behave()), "the secret is shown in the header"


def test_an_invited_newcomer_joins_without_a_password(
    client: FlaskClient, invite: Invite, owner: Owner, town: SimpleNamespace
) -> None:
    joined = go_through(client, invite())
    assert (joined.status_code, joined.location) == (303, "/connexion/second-facteur")
    [(account_id, subject)] = identities(owner)
    assert subject == "ada-1"
    account = rows(owner, "SELECT id, mail, name, password_hash, staff FROM account")
    assert account == [(account_id, "ada@example.org", "Ada Prévost", "", False)]
    membership = rows(owner, "SELECT account_id, association_id, role FROM membership")
    assert membership == [(account_id, town.own.id, "coordinator")]
    assert rows(owner, "SELECT accepted_by FROM invitation") == [(account_id,)]
    assert client.get("/demandes").status_code == 303
    assert not password_matches("nobody has this password", "")


def test_an_invitation_takes_name_and_verified_mail_from_userinfo_too(
    client: FlaskClient, invite: Invite, owner: Owner, service: Running
) -> None:
    service.behave("in userinfo")
    assert go_through(client, invite()).location == "/connexion/second-facteur"
    assert rows(owner, "SELECT name FROM account") == [("Ada Prévost",)]


def test_userinfo_of_another_subject_is_not_believed(
    client: FlaskClient, invite: Invite, owner: Owner, service: Running
) -> None:
    service.behave("userinfo of another")
    assert go_through(client, invite()).status_code == 403
    assert identities(owner) == []


@pytest.mark.parametrize("mode", ["honest", "mail verified in words", "in userinfo"])
def test_a_mail_that_the_provider_has_not_verified_accepts_nothing(
    client: FlaskClient, invite: Invite, owner: Owner, service: Running, mode: str
) -> None:
    login = "ada" if mode.startswith("mail") else "bob"
    service.behave(mode)
    refused = go_through(client, invite(f"{login}@example.org"), login)
    assert refused.status_code == 403
    assert "n’a pas vérifié votre adresse" in text_of(refused)
    assert rows(owner, "SELECT FROM account") == []
    assert rows(owner, "SELECT accepted_at FROM invitation") == [(None,)]


def test_an_invitation_for_another_address_is_not_accepted(client: FlaskClient, invite: Invite, owner: Owner) -> None:
    refused = go_through(client, invite("carole@example.org"))
    assert refused.status_code == 403
    assert "pour une autre adresse" in text_of(refused)
    assert rows(owner, "SELECT FROM account") == []


def test_whoever_has_an_account_already_is_not_taken_over_by_an_invitation(
    client: FlaskClient, invite: Invite, owner: Owner, arrange: Session, town: SimpleNamespace
) -> None:
    factories.make_account(arrange, "Ada@example.org", association=town.other)
    refused = go_through(client, invite())
    assert refused.status_code == 403
    assert "a déjà un compte sur le portail" in text_of(refused)
    assert identities(owner) == []
    assert rows(owner, "SELECT FROM login_session") == []


def test_an_invitation_of_another_association_knows_nothing_of_this_provider(
    client: FlaskClient, invite: Invite, town: SimpleNamespace
) -> None:
    assert client.post(invite(association=town.other)).status_code == 404
    assert client.post(invite("x@example.org")[:-3] + "zzz").status_code == 404


def test_an_invitation_that_was_withdrawn_on_the_way_is_not_accepted(
    client: FlaskClient, invite: Invite, owner: Owner
) -> None:
    back = at_the_provider(set_out(client, invite()))
    owner.execute("UPDATE invitation SET withdrawn_at = now()")
    refused = client.get(path_of(back))
    assert refused.status_code == 403
    assert "n’est plus valable" in text_of(refused)


def test_the_mail_of_somebody_else_opens_nothing(client: FlaskClient, known: Known, arrange: Session) -> None:
    """An account with the very address that the provider verified: it was never linked."""
    known(None, mail="ada@example.org")
    refused = go_through(client, SIGN_IN)
    assert refused.status_code == 403
    assert "n’est encore relié à personne" in text_of(refused)
    assert client.get("/demandes").status_code == 303


def test_an_identity_belongs_to_one_account(known: Known, signed_in_as: SignedInAs, town: SimpleNamespace) -> None:
    known("ada-1")
    second = signed_in_as(known(None), association=town.own, proof=timedelta())
    refused = go_through(second, f"{SIGN_IN}/relier")
    assert refused.status_code == 403
    assert "déjà relié à une autre personne" in text_of(refused)


def test_whoever_left_or_is_closed_or_is_staff_does_not_come_in(
    client: FlaskClient, known: Known, owner: Owner, town: SimpleNamespace
) -> None:
    account = known()
    for gone in (
        "UPDATE membership SET ended_at = now()",
        "UPDATE membership SET ended_at = NULL; UPDATE account SET closed_at = now()",
        "UPDATE account SET closed_at = NULL, staff = true",
    ):
        owner.execute(gone)
        refused = go_through(client, SIGN_IN)
        assert refused.status_code == 403, gone
        assert "ne fait plus partie de l’équipe de Proxité" in text_of(refused)
    owner.execute("UPDATE account SET staff = false WHERE id = %s", [account.id])
    assert go_through(client, SIGN_IN).status_code == 303


def test_a_provider_opens_its_own_association_only(
    client: FlaskClient, known: Known, arrange: Session, town: SimpleNamespace, owner: Owner
) -> None:
    """The same service, the same subject: but the account works for Télémaque only."""
    account = known(association=town.other)
    assert go_through(client, SIGN_IN).status_code == 403
    assert go_through(client, f"/connexion/{SECOND}").status_code == 303
    done = client.post("/connexion/code", data={"code": code_now()})
    assert done.status_code == 303
    assert rows(owner, "SELECT association_id FROM login_session") == [(town.other.id,)]
    assert account.id == identities(owner)[0][0]


def test_a_session_of_a_provider_joins_no_other_association(
    client: FlaskClient, known: Known, invite: Invite, town: SimpleNamespace, owner: Owner
) -> None:
    account = known()
    go_through(client, SIGN_IN)
    client.post("/connexion/code", data={"code": code_now()})
    path = invite(account.mail, town.other).removeprefix(SIGN_IN)
    assert client.post(path).location == "/demandes"
    assert rows(owner, "SELECT association_id FROM membership") == [(town.own.id,)]
    assert rows(owner, "SELECT accepted_at FROM invitation") == [(None,)]


def test_a_session_of_a_provider_does_not_go_to_another_association(
    client: FlaskClient, known: Known, arrange: Session, town: SimpleNamespace, owner: Owner
) -> None:
    account = known()
    arrange.add(factories.Membership(account_id=account.id, association_id=town.other.id, role=Role.COORDINATOR))
    arrange.commit()
    go_through(client, SIGN_IN)
    client.post("/connexion/code", data={"code": code_now()})
    assert "Télémaque" not in client.get("/demandes").text
    stayed = client.post("/association", data={"association_id": str(town.other.id)})
    assert (stayed.status_code, stayed.location) == (303, "/demandes")
    assert "il n’ouvre qu’elle" in text_of(client.get("/demandes"))
    assert rows(owner, "SELECT association_id FROM login_session") == [(town.own.id,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute("UPDATE login_session SET association_id = %s", [town.other.id])


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE identity_provider SET enabled = false WHERE id = '{}'",
        "UPDATE identity_provider SET issuer = 'https://other.example.org' WHERE id = '{}'",
        "DELETE FROM identity_provider WHERE id = '{}'",
    ],
)
def test_a_provider_switched_off_changed_or_removed_ends_what_it_opened(
    client: FlaskClient,
    another: FlaskClient,
    known: Known,
    owner: Owner,
    signed_in_as: SignedInAs,
    town: Any,
    change: str,
) -> None:
    account = known()
    by_password = signed_in_as(account, association=town.own)
    go_through(client, SIGN_IN)
    client.post("/connexion/code", data={"code": code_now()})
    go_through(another, SIGN_IN)
    assert client.get("/demandes").status_code == 200
    owner.execute(change.format(FIRST))
    assert client.get("/demandes").status_code == 303
    assert another.get("/connexion/code").status_code == 303, "half-way in, ended too"
    assert by_password.get("/demandes").status_code == 200


def test_a_provider_switched_off_on_the_way_opens_nothing(client: FlaskClient, known: Known, owner: Owner) -> None:
    known()
    back = at_the_provider(set_out(client, SIGN_IN))
    owner.execute("UPDATE identity_provider SET enabled = false")
    assert client.get(path_of(back)).status_code == 404
    assert client.get(SIGN_IN).status_code == client.post(SIGN_IN).status_code == 404
    assert rows(owner, "SELECT FROM login_session") == []


def test_unlinking_ends_what_the_provider_opened_elsewhere(
    client: FlaskClient, known: Known, signed_in_as: SignedInAs, town: SimpleNamespace, owner: Owner
) -> None:
    account = known()
    go_through(client, SIGN_IN)
    client.post("/connexion/code", data={"code": code_now()})
    at_home = signed_in_as(account, association=town.own, proof=timedelta())
    assert at_home.post(f"{SIGN_IN}/delier").location == "/compte"
    assert identities(owner) == []
    assert client.get("/demandes").status_code == 303
    assert go_through(client, SIGN_IN).status_code == 403


def test_who_has_no_password_cannot_shut_themselves_out(
    known: Known, signed_in_as: SignedInAs, town: SimpleNamespace, owner: Owner
) -> None:
    account = known()
    owner.execute("UPDATE account SET password_hash = ''")
    at_home = signed_in_as(account, association=town.own, proof=timedelta())
    at_home.post(f"{SIGN_IN}/delier")
    assert "Choisissez d’abord un mot de passe" in text_of(at_home.get("/compte"))
    assert identities(owner) == [(account.id, "ada-1")]


def test_linking_wants_a_fresh_proof_and_ones_own_association(
    known: Known, signed_in_as: SignedInAs, town: SimpleNamespace, arrange: Session
) -> None:
    account = known(None)
    stale = signed_in_as(account, association=town.own, proof=timedelta(hours=1))
    assert stale.get(f"{SIGN_IN}/relier").location.startswith("/compte/preuve")
    assert stale.post(f"{SIGN_IN}/relier").location.startswith("/compte/preuve")
    fresh = signed_in_as(account, association=town.own, proof=timedelta())
    assert fresh.get(f"{SIGN_IN}/relier").status_code == 200
    assert fresh.get(f"/connexion/{SECOND}/relier").status_code == 404
    staff = signed_in_as(give_factor(arrange, factories.make_account(arrange, staff=True)), proof=timedelta())
    assert staff.get(f"{SIGN_IN}/relier").status_code == 404


def test_linking_ends_in_the_session_that_began_it(
    known: Known, signed_in_as: SignedInAs, town: SimpleNamespace, owner: Owner, app: Flask
) -> None:
    browser = signed_in_as(known(None), association=town.own, proof=timedelta())
    back = at_the_provider(set_out(browser, f"{SIGN_IN}/relier"))
    owner.execute("DELETE FROM login_session")
    refused = browser.get(path_of(back))
    assert refused.status_code == 403
    assert "session s’est fermée" in text_of(refused)
    assert identities(owner) == []


def test_signing_in_takes_the_place_of_what_this_browser_held(
    known: Known, signed_in_as: SignedInAs, town: SimpleNamespace, owner: Owner
) -> None:
    account = known()
    browser = signed_in_as(account, association=town.own)
    [(before,)] = rows(owner, "SELECT digest FROM login_session")
    go_through(browser, SIGN_IN)
    [(after,)] = rows(owner, "SELECT digest FROM login_session")
    assert before != after


def test_who_declines_there_is_told_what_to_do(client: FlaskClient, known: Known) -> None:
    known()
    refused = go_through(client, SIGN_IN, login="")
    assert refused.status_code == 403
    assert "n’a pas confirmé que c’est vous" in text_of(refused)


def test_the_way_out_says_all_that_binds_the_answer_to_this_attempt(client: FlaskClient, town: SimpleNamespace) -> None:
    first, second = (query_of(set_out(client, SIGN_IN)) for _ in range(2))
    assert first["code_challenge_method"] == "S256"
    assert first["redirect_uri"] == f"http://localhost/connexion/{FIRST}/retour"
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 43, name
        assert first[name] != second[name], name


def test_nothing_personal_is_logged(
    client: FlaskClient, known: Known, service: Running, caplog: pytest.LogCaptureFixture
) -> None:
    known(None)
    with caplog.at_level("INFO"):
        go_through(client, SIGN_IN)
        service.behave("token: down")
        client.get(path_of(at_the_provider(set_out(client, SIGN_IN))))
    for word in ("ada", "Ada", "ada@example.org", "state=", "code="):
        assert word not in caplog.text


def test_the_pages_list_the_providers_that_are_switched_on(
    client: FlaskClient, town: SimpleNamespace, owner: Owner
) -> None:
    assert "Se connecter avec le compte de mon association" in client.get("/connexion").text
    listed = text_of(client.get("/connexion/associations"))
    assert "Proxité · Compte Proxité" in listed
    assert "Télémaque · Compte Télémaque" in listed
    owner.execute("UPDATE identity_provider SET enabled = false")
    assert "Proxité" not in client.get("/connexion/associations").text
    assert "le compte de mon association" not in client.get("/connexion").text


def test_an_invitation_offers_the_associations_own_account(client: FlaskClient, invite: Invite, owner: Owner) -> None:
    path = invite().removeprefix(SIGN_IN)
    assert "Accepter avec Compte Proxité" in text_of(client.get(path))
    owner.execute("UPDATE identity_provider SET enabled = false")
    assert "Compte Proxité" not in client.get(path).text
