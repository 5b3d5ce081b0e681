"""Setting a provider and linking an identity, each under the database role that does it."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.config import Environment
from portal.foundation.crypto import new_token, token_digest
from portal.foundation.permissions import MembershipView, Role, SignedIn
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.models.account import Account, ExternalIdentity, IdentityProvider, Invitation, LoginSession
from portal.models.association import Association
from portal.operations import providers
from portal.operations.providers import (
    NotVouched,
    ProviderMoved,
    ProviderSettings,
    Vouched,
    accept_vouched,
    account_vouched_for,
    link_identity,
    secret_of,
    set_provider,
)
from portal.queries.providers import provider_of, usable_provider
from tests import factories

WANTED = ProviderSettings("Compte Proxité", "https://id.example.org", "portail", "secret", enabled=True)
SIGN_IN = Scope(DatabaseRole.SIGN_IN)


@pytest.fixture
def association(arrange: Session) -> Association:
    made = factories.make_association(arrange, "Proxité")
    arrange.commit()
    return made


def member(session: Session, association: Association, role: Role = Role.ADMINISTRATOR) -> Account:
    account = factories.make_account(session, association=association, role=role)
    session.commit()
    return account


def scope_of(account: Account, association: Association) -> Scope:
    return Scope(DatabaseRole.ASSOCIATION, association_id=association.id, account_id=account.id)


def person(account: Account, association: Association) -> SignedIn:
    own = MembershipView(association.id, association.name, Role.COORDINATOR)
    return SignedIn(account.id, account.name, "", memberships=(own,), association_id=association.id)


@pytest.fixture
def provider_id(arrange: Session, association: Association) -> UUID:
    account = member(arrange, association)
    with transaction(scope_of(account, association)):
        return set_provider(WANTED, association.id, by=account.id, found=None)


def vouched(subject: str = "ada-1", mail: str | None = "ada@example.org", name: str | None = "Ada") -> Vouched:
    return Vouched(WANTED.issuer, subject, mail, name)


def test_the_sign_in_role_reads_the_secret_that_an_administrator_set(app: Flask, provider_id: UUID) -> None:
    with transaction(SIGN_IN):
        found = usable_provider(provider_id)
        assert found is not None
        assert secret_of(found) == "secret"
        assert "secret_sealed" not in repr(found)


def test_the_database_refuses_a_provider_set_by_a_coordinator(arrange: Session, association: Association) -> None:
    account = member(arrange, association, Role.COORDINATOR)
    with pytest.raises(ProgrammingError, match="row-level security"), transaction(scope_of(account, association)):
        set_provider(WANTED, association.id, by=account.id, found=None)


def test_of_two_who_set_the_first_provider_one_is_told(
    arrange: Session, association: Association, provider_id: UUID
) -> None:
    account = member(arrange, association)
    with pytest.raises(ProviderMoved), transaction(scope_of(account, association)):
        set_provider(WANTED, association.id, by=account.id, found=None)


def test_of_two_who_change_it_one_is_told(arrange: Session, association: Association, provider_id: UUID) -> None:
    account = member(arrange, association)
    with transaction(scope_of(account, association)) as session:
        found = provider_of(association.id)
        arrange.query(IdentityProvider).update({"version": 2})
        arrange.commit()
        with pytest.raises(ProviderMoved):
            set_provider(WANTED, association.id, by=account.id, found=found)
        session.rollback()


def test_of_two_who_link_the_same_identity_at_once_one_is_told(
    arrange: Session, association: Association, provider_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have looked before either has written."""
    first, second = member(arrange, association), member(arrange, association)
    with transaction(SIGN_IN):
        found = usable_provider(provider_id)
        assert found is not None
        link_identity(person(first, association), found, vouched())
    monkeypatch.setattr(providers, "account_known_as", lambda *_: None)
    with pytest.raises(NotVouched), transaction(SIGN_IN):
        link_identity(person(second, association), found, vouched())


def test_an_account_has_one_identity_an_issuer(
    arrange: Session, association: Association, provider_id: UUID, owner: "object"
) -> None:
    account = member(arrange, association)
    for subject in ("ada-1", "ada-2", "ada-2"):
        with transaction(SIGN_IN):
            found = usable_provider(provider_id)
            assert found is not None
            link_identity(person(account, association), found, vouched(subject))
    assert owner.execute("SELECT subject FROM external_identity").fetchall() == [("ada-2",)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  Ada   Prévost ", "Ada Prévost"),
        (None, "ada.p"),
        ("\x1b[31m", "ada.p"),
        ("42", "ada.p"),
        ("A" * 300, "A" * 80),
    ],
)
def test_whoever_joins_has_a_legible_name(
    arrange: Session, association: Association, provider_id: UUID, given: str | None, kept: str
) -> None:
    later = clock.now() + timedelta(days=1)
    invitation = Invitation(
        mail="ada.p@example.org", association_id=association.id, role=Role.COORDINATOR, expires_at=later
    )
    arrange.add(invitation)
    arrange.commit()
    with transaction(SIGN_IN) as session:
        found = usable_provider(provider_id)
        assert found is not None
        waiting = session.get(Invitation, invitation.id)
        account = accept_vouched(waiting, found, vouched(mail="Ada.P@example.org", name=given))
        assert account.name == kept


@pytest.mark.parametrize("spoilt", ["disabled", "another association", "no association"])
def test_the_database_opens_no_session_by_a_provider_that_may_not(
    arrange: Session, association: Association, provider_id: UUID, spoilt: str
) -> None:
    account, place = member(arrange, association), association.id
    if spoilt == "disabled":
        arrange.query(IdentityProvider).update({"enabled": False})
    elif spoilt == "another association":
        place = factories.make_association(arrange, "Télémaque").id
    arrange.commit()
    row = LoginSession(
        digest=token_digest(new_token()),
        account_id=account.id,
        association_id=None if spoilt == "no association" else place,
        last_seen_at=clock.now(),
        via=provider_id,
    )
    with pytest.raises(ProgrammingError, match="opens no session here"), transaction(SIGN_IN) as session:
        session.add(row)


def test_a_demo_account_never_comes_in_in_production(
    app: Flask, arrange: Session, association: Association, provider_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = member(arrange, association)
    account.demo = True
    arrange.add(ExternalIdentity(account_id=account.id, issuer=WANTED.issuer, subject="ada-1"))
    arrange.commit()
    with transaction(SIGN_IN):
        found = usable_provider(provider_id)
        assert found is not None
        assert account_vouched_for(found, vouched()).id == account.id
        live = app.config["SETTINGS"].model_copy(update={"environment": Environment.PRODUCTION})
        monkeypatch.setitem(app.config, "SETTINGS", live)
        with pytest.raises(NotVouched):
            account_vouched_for(found, vouched())
