"""What each database role may do with accounts, invitations, resets and providers, whatever the code above asks."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.extensions import db
from portal.foundation.identifiers import new_id
from portal.foundation.permissions import Role
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as, transaction
from portal.models.account import Account, ExternalIdentity, IdentityProvider, Invitation, Membership, PasswordReset
from tests import factories

REFUSED = r"permission denied|row-level security"
MAIL = "invitee@example.org"


@dataclass
class Place:
    """An association, who administers it, who coordinates, and whom it invited."""

    id: UUID
    administrator: UUID
    coordinator: UUID
    membership: UUID
    invitation: UUID

    def scope(self, account_id: UUID | None = None) -> Scope:
        return Scope(DatabaseRole.ASSOCIATION, association_id=self.id, account_id=account_id or self.administrator)


@pytest.fixture
def places(arrange: Session) -> tuple[Place, Place]:
    return _place(arrange, MAIL), _place(arrange, "other@example.org")


def _place(session: Session, mail: str) -> Place:
    association = factories.make_association(session)
    boss = factories.make_account(session, association=association, role=Role.ADMINISTRATOR)
    member = factories.make_account(session, association=association)
    invitation = Invitation(
        mail=mail,
        association_id=association.id,
        role=Role.COORDINATOR,
        invited_by=boss.id,
        expires_at=clock.now() + timedelta(days=1),
    )
    reset = PasswordReset(account_id=member.id, expires_at=clock.now() + timedelta(minutes=30))
    provider = IdentityProvider(
        association_id=association.id,
        name="Annuaire",
        issuer="https://id.example.org",
        client_id="portail",
        client_secret_sealed=b"sealed",
    )
    linked = ExternalIdentity(account_id=member.id, issuer="https://id.example.org", subject=str(member.id))
    session.add_all([invitation, reset, provider, linked])
    session.commit()
    membership = session.query(Membership).filter_by(account_id=member.id).one()
    return Place(association.id, boss.id, member.id, membership.id, invitation.id)


def run(statement: str, **values: Any) -> Any:
    return db.session.execute(text(statement), values)


def readable(table: str) -> int:
    return int(run(f"SELECT count(*) FROM {table}").scalar_one())


TABLES = ("invitation", "password_reset", "identity_provider", "external_identity")
# How many of the two rows of each table a role reads; None: it may not even ask.
SIGHT: dict[DatabaseRole, tuple[int | None, ...]] = {
    DatabaseRole.PUBLIC: (None, None, None, None),
    DatabaseRole.SIGN_IN: (2, 2, 2, 2),
    DatabaseRole.ASSOCIATION: (1, None, 1, None),
    DatabaseRole.STAFF: (2, None, 2, None),
    DatabaseRole.ROUTER: (None, None, None, None),
    DatabaseRole.JOBS: (2, 2, None, None),
}


@pytest.mark.parametrize("role", DatabaseRole)
def test_each_role_reads_what_its_work_asks(places: tuple[Place, Place], role: DatabaseRole) -> None:
    for table, expected in zip(TABLES, SIGHT[role], strict=True):
        with acting_as(Scope(role, association_id=places[0].id, account_id=places[0].administrator)):
            if expected is None:
                with pytest.raises(ProgrammingError, match="permission denied"):
                    readable(f"(SELECT id FROM {table}) AS t")
            else:
                assert readable(f"(SELECT id FROM {table}) AS t") == expected, table


@pytest.mark.parametrize("role", [DatabaseRole.ASSOCIATION, DatabaseRole.STAFF])
def test_a_providers_secret_is_read_by_signing_in_only(places: tuple[Place, Place], role: DatabaseRole) -> None:
    scope = Scope(role, association_id=places[0].id, account_id=places[0].administrator)
    with acting_as(scope), pytest.raises(ProgrammingError, match="permission denied"):
        run("SELECT client_secret_sealed FROM identity_provider")


INVITE = (
    "INSERT INTO invitation (id, mail, association_id, role, invited_by, created_at, expires_at, link_version)"
    " VALUES (gen_random_uuid(), 'x@example.org', :association, :role, :by, now(), now(), 1)"
)
OWN_WRITES = {
    "invites": INVITE,
    "renews": "UPDATE invitation SET link_version = 2 WHERE association_id = :association",
    "grants": "UPDATE membership SET role = 'administrator' WHERE association_id = :association",
    "sends away": "UPDATE membership SET ended_at = now() WHERE association_id = :association",
    "drops the provider": "DELETE FROM identity_provider WHERE association_id = :association",
    "turns the provider on": "UPDATE identity_provider SET enabled = true WHERE association_id = :association",
}


def tried(place: Place, who: UUID, statement: str, association: UUID, role: str = "coordinator") -> int:
    """How many rows it touched; -1 when refused outright."""
    values = {"association": association, "role": role, "by": who}
    used = {name: value for name, value in values.items() if f":{name}" in statement}
    try:
        with transaction(place.scope(who)):
            return int(run(statement, **used).rowcount)
    except ProgrammingError as refusal:
        if "row-level security" not in str(refusal):
            raise
        return -1


@pytest.mark.parametrize("act", OWN_WRITES)
def test_who_administers_does_it_for_their_own_association_only(places: tuple[Place, Place], act: str) -> None:
    own, other = places
    assert tried(own, own.administrator, OWN_WRITES[act], other.id) <= 0
    assert tried(own, own.administrator, OWN_WRITES[act], own.id) >= 1


@pytest.mark.parametrize("act", OWN_WRITES)
def test_a_coordinator_does_none_of_it(places: tuple[Place, Place], act: str) -> None:
    own, _ = places
    assert tried(own, own.coordinator, OWN_WRITES[act], own.id) <= 0
    assert tried(own, places[1].administrator, OWN_WRITES[act], own.id) <= 0


def test_no_association_makes_anybody_staff(places: tuple[Place, Place]) -> None:
    own, _ = places
    assert tried(own, own.administrator, INVITE, own.id, role="staff") == -1
    grant = "UPDATE membership SET role = 'staff' WHERE association_id = :association"
    assert tried(own, own.administrator, grant, own.id) == -1


def test_nobody_invites_in_anothers_name(places: tuple[Place, Place]) -> None:
    own, _ = places
    with acting_as(own.scope()), pytest.raises(ProgrammingError, match="row-level security"):
        run(INVITE, association=own.id, role="coordinator", by=own.coordinator)


def test_who_left_never_comes_back_by_the_row(places: tuple[Place, Place], owner: Any) -> None:
    own, _ = places
    owner.execute("UPDATE membership SET ended_at = now() WHERE id = %s", [own.membership])
    back = "UPDATE membership SET ended_at = NULL WHERE association_id = :association AND ended_at IS NOT NULL"
    assert tried(own, own.administrator, back, own.id) == 0


REFUSED_TO_ASSOCIATIONS = [
    "UPDATE account SET closed_at = now()",
    "UPDATE invitation SET accepted_at = now()",
    "UPDATE invitation SET mail = 'x@example.org'",
    "UPDATE membership SET account_id = gen_random_uuid()",
    "UPDATE membership SET association_id = gen_random_uuid()",
    "INSERT INTO membership SELECT * FROM membership",
    "DELETE FROM membership",
    "DELETE FROM invitation",
]


@pytest.mark.parametrize("statement", REFUSED_TO_ASSOCIATIONS)
def test_the_database_refuses_an_administrator(places: tuple[Place, Place], statement: str) -> None:
    with acting_as(places[0].scope()), pytest.raises(ProgrammingError, match=REFUSED):
        run(statement)


REFUSED_TO_STAFF = [
    "UPDATE account SET password_hash = ''",
    "UPDATE account SET staff = true",
    "UPDATE account SET mail = 'x@example.org'",
    "UPDATE invitation SET accepted_at = now()",
    "UPDATE membership SET role = 'staff'",
    "INSERT INTO password_reset (id, account_id) SELECT gen_random_uuid(), id FROM account",
    "UPDATE identity_provider SET enabled = true",
    "DELETE FROM login_session",
]


@pytest.mark.parametrize("statement", REFUSED_TO_STAFF)
def test_the_database_refuses_staff(places: tuple[Place, Place], arrange: Session, statement: str) -> None:
    member = factories.make_account(arrange, staff=True)
    arrange.commit()
    with acting_as(Scope(DatabaseRole.STAFF, account_id=member.id)), pytest.raises(ProgrammingError, match=REFUSED):
        run(statement)


def newcomer(mail: str, **fields: Any) -> Account:
    return Account(id=new_id(), mail=mail, name="x", password_hash="", recovery_digests=[], **fields)


@pytest.mark.parametrize(
    ("mail", "fields", "let_in"),
    [
        (MAIL, {}, True),
        (MAIL.upper(), {}, True),
        (MAIL, {"staff": True}, False),
        (MAIL, {"demo": True}, False),
        ("stranger@example.org", {}, False),
    ],
)
def test_an_account_is_made_only_for_whom_an_open_invitation_names(
    places: tuple[Place, Place], mail: str, fields: dict[str, bool], let_in: bool
) -> None:
    with acting_as(Scope(DatabaseRole.SIGN_IN)):
        db.session.add(newcomer(mail, **fields))
        if let_in:
            db.session.flush()
        else:
            with pytest.raises(ProgrammingError, match="row-level security"):
                db.session.flush()


@pytest.mark.parametrize("column", ["accepted_at", "withdrawn_at"])
def test_a_settled_invitation_lets_nobody_in(places: tuple[Place, Place], owner: Any, column: str) -> None:
    owner.execute(f"UPDATE invitation SET {column} = now()")
    with acting_as(Scope(DatabaseRole.SIGN_IN)):
        db.session.add(newcomer(MAIL))
        with pytest.raises(ProgrammingError, match="row-level security"):
            db.session.flush()


def test_an_invitation_past_its_day_lets_nobody_in(places: tuple[Place, Place], arrange: Session, owner: Any) -> None:
    known = factories.make_account(arrange, MAIL)
    arrange.commit()
    owner.execute("UPDATE invitation SET expires_at = now() - interval '1 minute'")
    accept = "UPDATE invitation SET accepted_at = now() WHERE id = :id"
    with acting_as(Scope(DatabaseRole.SIGN_IN)):
        assert run(accept, id=places[0].invitation).rowcount == 0
    for row in (
        newcomer("other@example.org"),
        Membership(account_id=known.id, association_id=places[0].id, role=Role.COORDINATOR),
    ):
        with acting_as(Scope(DatabaseRole.SIGN_IN)):
            db.session.add(row)
            with pytest.raises(ProgrammingError, match="row-level security"):
                db.session.flush()


@pytest.mark.parametrize(
    ("which", "role", "let_in"),
    [(0, Role.COORDINATOR, True), (0, Role.ADMINISTRATOR, False), (1, Role.COORDINATOR, False)],
)
def test_a_membership_is_that_of_the_invitation(
    places: tuple[Place, Place], which: int, role: Role, let_in: bool
) -> None:
    """Neither a greater role than was offered, nor another association."""
    with acting_as(Scope(DatabaseRole.SIGN_IN)):
        account = newcomer(MAIL)
        db.session.add(account)
        db.session.flush()
        db.session.add(Membership(account_id=account.id, association_id=places[which].id, role=role))
        if let_in:
            db.session.flush()
        else:
            with pytest.raises(ProgrammingError, match="row-level security"):
                db.session.flush()


def test_the_sign_in_role_neither_closes_accounts_nor_grants_roles(places: tuple[Place, Place]) -> None:
    for statement in (
        "UPDATE account SET closed_at = now()",
        "UPDATE account SET staff = true",
        "UPDATE account SET demo = false",
        "UPDATE membership SET role = 'administrator'",
        "UPDATE invitation SET withdrawn_at = now()",
        "DELETE FROM account",
    ):
        with acting_as(Scope(DatabaseRole.SIGN_IN)), pytest.raises(ProgrammingError, match="permission denied"):
            run(statement)


@pytest.mark.parametrize(
    ("role", "message", "allowed"),
    [
        (DatabaseRole.SIGN_IN, "password_reset", True),
        (DatabaseRole.SIGN_IN, "password_changed", True),
        (DatabaseRole.SIGN_IN, "invitation", False),
        (DatabaseRole.ASSOCIATION, "password_reset", False),
        (DatabaseRole.STAFF, "invitation", True),
        (DatabaseRole.STAFF, "second_factor_reset", True),
        (DatabaseRole.STAFF, "password_reset", False),
        (DatabaseRole.PUBLIC, "password_reset", False),
    ],
)
def test_each_door_sends_its_own_messages_only(
    places: tuple[Place, Place], role: DatabaseRole, message: str, allowed: bool
) -> None:
    write = (
        "INSERT INTO outbox (id, deduplication_key, message, reference_id, state, attempts, token, created_at,"
        " next_attempt_at, gives_up_at) VALUES (gen_random_uuid(), 'x', :message, gen_random_uuid(), 'pending', 0, 0,"
        " now(), now(), now())"
    )
    with acting_as(Scope(role, association_id=places[0].id, account_id=places[0].administrator)):
        if allowed:
            assert run(write, message=message).rowcount == 1
        else:
            with pytest.raises(ProgrammingError, match="row-level security"):
                run(write, message=message)


@pytest.mark.parametrize("days", [89, 91])
def test_the_erasing_job_takes_old_invitations_only(places: tuple[Place, Place], owner: Any, days: int) -> None:
    owner.execute("UPDATE invitation SET expires_at = now() - make_interval(days => %s)", [days])
    with transaction(Scope(DatabaseRole.JOBS)):
        assert run("DELETE FROM invitation").rowcount == (2 if days > 90 else 0)


@pytest.mark.parametrize("leaving", ["membership", "account", "factor"])
def test_the_database_itself_ends_the_sessions_of_who_leaves(
    places: tuple[Place, Place], owner: Any, leaving: str
) -> None:
    own, other = places
    for account in (own.coordinator, other.coordinator):
        owner.execute(
            "INSERT INTO login_session (digest, account_id, created_at, last_seen_at) VALUES (%s, %s, now(), now())",
            [str(account), account],
        )
    owner.execute("UPDATE account SET totp_confirmed_at = now()")
    act = {
        "membership": "UPDATE membership SET ended_at = now() WHERE account_id = %s",
        "account": "UPDATE account SET closed_at = now() WHERE id = %s",
        "factor": "UPDATE account SET totp_confirmed_at = NULL WHERE id = %s",
    }[leaving]
    owner.execute(act, [own.coordinator])
    assert owner.execute("SELECT account_id FROM login_session").fetchall() == [(other.coordinator,)]
