"""An administrator sets, tries, changes and removes the provider of the association."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.crypto import vault
from portal.foundation.permissions import Role
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as
from portal.models.account import LoginSession
from portal.operations.discovery import ProviderDown
from tests import factories
from tests.doors.association.house import House, Tab, signed_in_as, text_of

Owner = "psycopg.Connection[tuple[Any, ...]]"
SECRET = "a-secret-that-nobody-reads-again"
TYPED = {
    "seen": "",
    "name": "Compte Proxité",
    "issuer": "https://id.example.org",
    "client_id": "portail",
    "secret": SECRET,
    "enabled": "y",
}
PAGE = "/equipe/connexion"


def with_fresh_proof(session: Session) -> None:
    session.query(LoginSession).update({"proof_at": clock.now()})
    session.commit()


@pytest.fixture
def administrator(app: Flask, arrange: Session, house: House) -> Tab:
    account = factories.make_account(arrange, association=house.association, role=Role.ADMINISTRATOR)
    tab = signed_in_as(app, arrange, account, house.association)
    with_fresh_proof(arrange)
    return tab


def stored(owner: Owner) -> list[tuple[Any, ...]]:
    return owner.execute(
        "SELECT name, issuer, client_id, enabled, version, client_secret_sealed, id FROM identity_provider"
    ).fetchall()


def test_an_administrator_sets_a_provider_and_copies_the_address_of_return(
    administrator: Tab, owner: Owner, app: Flask
) -> None:
    assert "Connecter l’équipe" in administrator.get(PAGE).text
    assert administrator.post(PAGE, data=TYPED).status_code == 303
    [(*public, sealed, key)] = stored(owner)
    assert public == ["Compte Proxité", "https://id.example.org", "portail", True, 1]
    assert vault().open(sealed, column="identity_provider.client_secret", row=key) == SECRET.encode()
    page = administrator.get(PAGE)
    assert f"http://localhost/connexion/{key}/retour" in page.text
    assert SECRET not in page.text
    assert "peut se connecter avec Compte Proxité" in text_of(page)
    assert owner.execute("SELECT detail FROM journal_entry WHERE act = 'provider_changed'").fetchall() == [("enabled",)]


def test_an_empty_secret_keeps_the_one_there_is(administrator: Tab, owner: Owner) -> None:
    administrator.post(PAGE, data=TYPED)
    [(*_, sealed, _key)] = stored(owner)
    changed = {**TYPED, "seen": "1", "secret": "", "name": "Compte de l’équipe", "enabled": ""}
    assert administrator.post(PAGE, data=changed).status_code == 303
    [(name, _, _, enabled, version, still, _)] = stored(owner)
    assert (name, enabled, version, still) == ("Compte de l’équipe", False, 2, sealed)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": ""}, "Donnez un nom"),
        ({"issuer": ""}, "Donnez l’adresse de votre service"),
        ({"issuer": "http://id.example.org"}, "en https"),
        ({"issuer": "https://id.example.org?x=1"}, "en https"),
        ({"issuer": "https://user:word@id.example.org"}, "en https"),
        ({"client_id": " "}, "Donnez l’identifiant"),
        ({"secret": ""}, "Donnez le secret"),
        ({"name": "x" * 81}, "80 caractères au plus"),
        ({"secret": "x" * 501}, "500 caractères au plus"),
    ],
)
def test_what_is_mistyped_is_said_kept_and_changes_nothing(
    administrator: Tab, owner: Owner, typed: dict[str, str], said: str
) -> None:
    answer = administrator.post(PAGE, data={**TYPED, **typed})
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert SECRET not in answer.text
    assert "portail" in answer.text or "client_id" in typed
    assert stored(owner) == []


def test_another_service_wants_its_own_secret(administrator: Tab, owner: Owner) -> None:
    """Else the secret of the first would be shown to the second."""
    administrator.post(PAGE, data=TYPED)
    for change in ({"issuer": "https://other.example.org"}, {"client_id": "autre"}):
        answer = administrator.post(PAGE, data={**TYPED, "seen": "1", "secret": "", **change})
        assert answer.status_code == 422
        assert "secret de ce nouveau service" in text_of(answer)
    assert stored(owner)[0][1:3] == ("https://id.example.org", "portail")


@pytest.mark.parametrize("seen", ["", "1", "9", "x"])
def test_what_changed_meanwhile_is_not_overwritten(administrator: Tab, owner: Owner, seen: str) -> None:
    administrator.post(PAGE, data=TYPED)
    administrator.post(PAGE, data={**TYPED, "seen": "1", "name": "Deuxième"})
    answer = administrator.post(PAGE, data={**TYPED, "seen": seen, "name": "Troisième"})
    assert answer.status_code == 409
    assert "ont changé pendant ce temps" in text_of(answer)
    assert 'value="Troisième"' in answer.text
    assert stored(owner)[0][0] == "Deuxième"
    assert administrator.post(PAGE, data={**TYPED, "seen": "2", "name": "Troisième"}).status_code == 303


def test_an_administrator_removes_the_provider(administrator: Tab, owner: Owner) -> None:
    administrator.post(PAGE, data=TYPED)
    assert administrator.post(f"{PAGE}/retirer").status_code == 303
    assert stored(owner) == []
    assert administrator.post(f"{PAGE}/retirer").status_code == 404
    assert administrator.post(f"{PAGE}/verifier").status_code == 404


def test_trying_says_whether_the_service_answers(
    administrator: Tab, monkeypatch: pytest.MonkeyPatch, owner: Owner
) -> None:
    administrator.post(PAGE, data=TYPED)
    before = stored(owner)

    def down(_: str) -> None:
        raise ProviderDown

    for behaviour, said in ((down, "ne répond pas comme il faudrait"), (lambda _: None, "sait tout ce que le portail")):
        monkeypatch.setattr("portal.association.provider.discover", behaviour)
        assert administrator.post(f"{PAGE}/verifier").status_code == 303
        assert said in text_of(administrator.get(PAGE))
    assert stored(owner) == before


def test_a_fresh_proof_of_identity_comes_first(administrator: Tab, arrange: Session, owner: Owner) -> None:
    administrator.post(PAGE, data=TYPED)
    arrange.query(LoginSession).update({"proof_at": clock.now() - timedelta(hours=1)})
    arrange.commit()
    for answer in (
        administrator.get(PAGE),
        administrator.post(PAGE, data={**TYPED, "seen": "1", "name": "Autre"}),
        administrator.post(f"{PAGE}/retirer"),
    ):
        assert answer.location.startswith("/compte/preuve")
    assert stored(owner)[0][0] == "Compte Proxité"


def test_a_coordinator_neither_sees_nor_sets_it(coordinator: Tab, owner: Owner) -> None:
    assert coordinator.get(PAGE).status_code == 403
    assert coordinator.post(PAGE, data=TYPED).status_code == 403
    assert stored(owner) == []


def test_each_association_has_its_own(
    administrator: Tab, app: Flask, arrange: Session, neighbour: House, owner: Owner
) -> None:
    administrator.post(PAGE, data=TYPED)
    account = factories.make_account(arrange, association=neighbour.association, role=Role.ADMINISTRATOR)
    theirs = signed_in_as(app, arrange, account, neighbour.association)
    with_fresh_proof(arrange)
    assert "id.example.org" not in theirs.get(PAGE).text
    assert theirs.post(f"{PAGE}/retirer").status_code == 404
    assert theirs.post(PAGE, data={**TYPED, "name": "Compte Télémaque"}).status_code == 303
    assert sorted(row[0] for row in stored(owner)) == ["Compte Proxité", "Compte Télémaque"]


def test_the_associations_role_cannot_read_the_sealed_secret(administrator: Tab, house: House) -> None:
    administrator.post(PAGE, data=TYPED)
    scope = Scope(DatabaseRole.ASSOCIATION, association_id=house.association.id)
    with acting_as(scope) as session:
        assert session.scalar(text("SELECT count(id) FROM identity_provider")) == 1
        with pytest.raises(ProgrammingError, match="permission denied"):
            session.execute(text("SELECT client_secret_sealed FROM identity_provider"))
