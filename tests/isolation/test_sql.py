"""What each database role can see by SQL alone, whatever the application forgets to ask."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from portal.foundation import clock
from portal.foundation.crypto import token_digest, vault
from portal.foundation.extensions import Base, db
from portal.foundation.identifiers import new_id
from portal.foundation.tenancy import DatabaseRole, NoScope, Scope
from portal.foundation.transactions import acting_as, transaction
from portal.models.assignment import TRANSITIONS, Assignment, AssignmentState
from portal.queries.people import person_of, previews_of
from tests import factories

TENANT_TABLES = sorted(table.fullname for table in Base.metadata.sorted_tables if "association_id" in table.columns)
PERSONAL_TABLES = ["referral", "preview", "identity", "keys.person_key", "consent", "assignment"]


class Town:
    """Two associations, each with a request of its own, and a third request nobody has."""

    def __init__(self, session: Any) -> None:
        campaign = factories.make_campaign(session)
        self.associations, self.referrals, self.assignments, self.accounts = [], [], [], []
        for name in ("Proxité", "Afev"):
            association = factories.make_association(session, name)
            programme = factories.make_programme(session, association)
            capacity = factories.make_capacity(session, association, campaign)
            factories.make_objective(session, association, campaign)
            referral = factories.make_referral(session, campaign)
            self.accounts.append(factories.make_account(session, association=association))
            self.assignments.append(
                factories.make_assignment(session, referral, association, programme, capacity=capacity)
            )
            self.associations.append(association)
            self.referrals.append(referral)
        self.alone = factories.make_referral(session, campaign)
        session.commit()

    def scope(self, number: int, *, read_only: bool = False) -> Scope:
        return Scope(
            DatabaseRole.ASSOCIATION,
            association_id=self.associations[number].id,
            account_id=self.accounts[number].id,
            read_only=read_only,
        )


@pytest.fixture
def town(arrange: Any) -> Town:
    return Town(arrange)


def count(table: str) -> int:
    return db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


def readable(table: str) -> int:
    """Rows the current scope sees; a refused table counts for none."""
    try:
        with db.session.begin_nested():
            return count(table)
    except ProgrammingError:
        return 0


def test_without_a_scope_nothing_can_be_asked(app: Flask) -> None:
    with pytest.raises(NoScope):
        db.session.execute(text("SELECT 1"))


@pytest.mark.parametrize("table", sorted({*TENANT_TABLES, *PERSONAL_TABLES}))
def test_an_association_without_its_tenant_bound_sees_no_row(town: Town, table: str) -> None:
    with acting_as(Scope(DatabaseRole.ASSOCIATION)):
        assert readable(table) == 0


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_an_association_sees_only_its_own_rows(town: Town, owner: Any, table: str) -> None:
    mine = town.associations[0]
    with acting_as(town.scope(0)):
        if readable(table) == 0:
            return
        others = db.session.execute(
            text(f"SELECT count(*) FROM {table} WHERE association_id IS DISTINCT FROM :mine"), {"mine": mine.id}
        )
        assert others.scalar_one() == 0


@pytest.mark.parametrize("table", PERSONAL_TABLES)
def test_an_association_reads_only_the_requests_assigned_to_it(town: Town, table: str) -> None:
    column = "id" if table == "referral" else "referral_id"
    with acting_as(town.scope(0)):
        found = set(db.session.execute(text(f"SELECT {column} FROM {table}")).scalars())
    assert found <= {town.referrals[0].id}


def test_before_acceptance_an_association_sees_the_first_name_and_no_contact(town: Town) -> None:
    mine = town.referrals[0].id
    with acting_as(town.scope(0)):
        assert str(previews_of([mine, town.referrals[1].id, town.alone.id])[mine]) == "Léa M."
        assert len(previews_of([mine, town.referrals[1].id, town.alone.id])) == 1
        assert person_of(mine) is None


def test_after_acceptance_an_association_reads_the_contact_for_its_time(town: Town, arrange: Any) -> None:
    assignment = arrange.get(Assignment, town.assignments[0].id)
    assignment.state = AssignmentState.ACCEPTED
    assignment.contact_from = clock.now() - timedelta(minutes=1)
    assignment.contact_until = clock.now() + timedelta(days=90)
    arrange.commit()
    with acting_as(town.scope(0)):
        assert person_of(town.referrals[0].id).applicant.last_name == "Martin"
    with acting_as(town.scope(1)):
        assert person_of(town.referrals[0].id) is None
    assignment.contact_until = clock.now() - timedelta(minutes=1)
    arrange.commit()
    with acting_as(town.scope(0)):
        assert person_of(town.referrals[0].id) is None


def test_a_bounced_request_is_out_of_sight_once_it_has_gone_on(town: Town, arrange: Any) -> None:
    assignment = arrange.get(Assignment, town.assignments[0].id)
    assignment.state, assignment.closed_at = AssignmentState.BOUNCED, clock.now()
    arrange.commit()
    with acting_as(town.scope(0)):
        assert readable("assignment") == 1
        assert readable("referral") == readable("preview") == readable("keys.person_key") == 0


WRITES: dict[str, Callable[[Town], tuple[str, dict[str, object]]]] = {
    "answer another's request": lambda town: (
        "UPDATE assignment SET state = 'accepted' WHERE id = :id",
        {"id": town.assignments[1].id},
    ),
    "change another's capacity": lambda town: (
        "UPDATE capacity SET amount = 0 WHERE association_id = :id",
        {"id": town.associations[1].id},
    ),
    "pause another": lambda town: (
        "UPDATE association SET paused_from = now() WHERE id = :id",
        {"id": town.associations[1].id},
    ),
}


@pytest.mark.parametrize("name", WRITES)
def test_an_association_changes_nothing_of_another(town: Town, name: str) -> None:
    statement, values = WRITES[name](town)
    with transaction(town.scope(0)):
        assert db.session.execute(text(statement), values).rowcount == 0


def test_the_database_knows_the_same_moves_as_the_code(town: Town, owner: Any) -> None:
    """The trigger's table and TRANSITIONS, compared move by move."""
    one = town.assignments[0].id
    for old in AssignmentState:
        for new in set(AssignmentState) - {old}:
            with owner.transaction(force_rollback=True):
                owner.execute("SET LOCAL session_replication_role = replica")
                owner.execute("UPDATE assignment SET state = %s WHERE id = %s", [old.value, one])
                owner.execute("SET LOCAL session_replication_role = origin")
                try:
                    owner.execute("UPDATE assignment SET state = %s WHERE id = %s", [new.value, one])
                    moved = True
                except psycopg.errors.CheckViolation:
                    moved = False
            assert moved == (new in TRANSITIONS[old]), f"{old} to {new}"


def test_a_closed_assignment_is_nobodys_to_reopen(town: Town, arrange: Any, owner: Any) -> None:
    assignment = arrange.get(Assignment, town.assignments[0].id)
    assignment.state, assignment.closed_at = AssignmentState.BOUNCED, clock.now()
    arrange.commit()
    grab = "UPDATE assignment SET state = 'offered', contact_from = now(), contact_until = now() WHERE id = :id"
    with transaction(town.scope(0)):
        assert db.session.execute(text(grab), {"id": assignment.id}).rowcount == 0
    with pytest.raises(psycopg.errors.CheckViolation, match="never reopened"):
        owner.execute("UPDATE assignment SET closed_at = NULL WHERE id = %s", [assignment.id])


FORGERIES = {
    "contact before accepting": "UPDATE assignment SET contact_from = now(), contact_until = now() + interval '1 day'",
    "contact for ever": "UPDATE assignment SET state = 'accepted', contact_from = now(), contact_until = 'infinity'",
    "a request kept for ever": "UPDATE assignment SET due_at = 'infinity'",
    "criteria for another's programme": "INSERT INTO programme_version (id, association_id, programme_id, side, number,"
    " criteria, notes, created_at) VALUES (gen_random_uuid(), :mine, :programme, 'mentee', 99, '{}', '[]', now())",
    "places taken from another": "INSERT INTO standing_delta (id, association_id, campaign_id, side, programme_id,"
    " amount) SELECT gen_random_uuid(), :mine, id, 'mentee', :programme, -1 FROM campaign",
    "a thousand places at once": "INSERT INTO standing_delta (id, association_id, campaign_id, side, programme_id,"
    " amount) SELECT gen_random_uuid(), p.association_id, c.id, 'mentee', p.id, -1000 FROM campaign c, programme p",
    "a fact about a stranger's request": "INSERT INTO event (id, at, name, referral_id, association_id, account_id, data)"
    " VALUES (gen_random_uuid(), now(), 'referral_closed', :alone, :mine, :account, '{}')",
    "a journal entry about a stranger's request": "INSERT INTO journal_entry (id, at, act, account_id, association_id,"
    " referral_id) VALUES (gen_random_uuid(), now(), 'contact_read', :account, :mine, :alone)",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_the_database_refuses_a_forged_row(town: Town, arrange: Any, name: str) -> None:
    statement = FORGERIES[name]
    values = {
        "mine": town.associations[0].id,
        "programme": arrange.get(Assignment, town.assignments[1].id).programme_id,
        "alone": town.alone.id,
        "account": town.accounts[0].id,
    }
    used = {key: value for key, value in values.items() if f":{key}" in statement}
    with acting_as(town.scope(0)), pytest.raises(DBAPIError, match=r"row-level security|foreign key|check constraint"):
        db.session.execute(text(statement), used)


REFUSED_TO_ASSOCIATIONS = [
    "UPDATE assignment SET association_id = :other WHERE association_id = :mine",
    "UPDATE assignment SET referral_id = :alone WHERE association_id = :mine",
    "UPDATE referral SET state = 'closed'",
    "DELETE FROM assignment",
    "DELETE FROM journal_entry",
    "UPDATE journal_entry SET detail = ''",
    "UPDATE event SET data = '{}'",
    "UPDATE objective SET amount = 1",
    "UPDATE association_standing SET committed = 0",
    "SELECT * FROM routing_decision",
    "SELECT * FROM blind_index",
    "SELECT * FROM outbox",
    "SELECT * FROM login_session",
    "SELECT password_hash FROM account",
    "SET ROLE portal_staff",
    "TRUNCATE event",
]


@pytest.mark.parametrize("statement", REFUSED_TO_ASSOCIATIONS)
def test_the_database_refuses_an_association(town: Town, statement: str) -> None:
    values = {"mine": town.associations[0].id, "other": town.associations[1].id, "alone": town.alone.id}
    used = {name: value for name, value in values.items() if f":{name}" in statement}
    with acting_as(town.scope(0)), pytest.raises(ProgrammingError, match=r"permission denied|row-level security"):
        db.session.execute(text(statement), used)


def test_an_event_cannot_be_signed_with_anothers_name(town: Town) -> None:
    with acting_as(town.scope(0)), pytest.raises(ProgrammingError, match="row-level security"):
        db.session.execute(
            text(
                "INSERT INTO event (id, at, name, association_id, data)"
                " VALUES (:id, now(), 'capacity_changed', :other, '{}')"
            ),
            {"id": new_id(), "other": town.associations[1].id},
        )


def test_a_read_only_scope_cannot_write(town: Town) -> None:
    with acting_as(town.scope(0, read_only=True)), pytest.raises(Exception, match="read-only transaction"):
        db.session.execute(text("UPDATE capacity SET amount = 1"))


PUBLISHED = {"programme", "programme_version", "capacity"}
PRIVATE = sorted({*TENANT_TABLES, *PERSONAL_TABLES, "draft", "event", "outbox", "account"} - PUBLISHED)


@pytest.mark.parametrize("table", PRIVATE)
def test_the_public_role_sees_nothing_without_a_link(town: Town, table: str) -> None:
    with acting_as(Scope(DatabaseRole.PUBLIC)):
        assert readable(table) == 0


@pytest.mark.parametrize(
    "column", ["programme.weight", "programme_version.created_by", "programme_version.notes", "capacity.updated_by"]
)
def test_the_public_role_knows_criteria_and_places_but_not_who_wrote_them(town: Town, column: str) -> None:
    table, _, name = column.partition(".")
    with acting_as(Scope(DatabaseRole.PUBLIC)):
        assert count(table) > 0
        with pytest.raises(ProgrammingError, match="permission denied"):
            db.session.execute(text(f"SELECT {name} FROM {table}"))


def link_of(referral_id: UUID) -> str:
    return token_digest(vault().link_token("tracking", referral_id, 1))


def test_a_tracking_link_opens_one_request_and_no_contact(town: Town) -> None:
    mine = town.referrals[0].id
    with acting_as(Scope(DatabaseRole.PUBLIC, link_digest=link_of(mine))):
        assert set(db.session.execute(text("SELECT id FROM referral")).scalars()) == {mine}
        assert set(db.session.execute(text("SELECT referral_id FROM assignment")).scalars()) == {mine}
        assert readable("identity") == 0
        assert set(db.session.execute(text("SELECT purpose FROM keys.person_key")).scalars()) == {"preview"}


REFUSED_TO_THE_PUBLIC = [
    "UPDATE referral SET state = 'closed'",
    "UPDATE assignment SET state = 'accepted'",
    "DELETE FROM referral",
    "SELECT excerpt FROM assignment",
    "SELECT * FROM identity",
    "SELECT mail FROM account",
    "SELECT contact_mail FROM association",
    "SELECT * FROM routing_decision",
    "SET ROLE portal_router",
]


@pytest.mark.parametrize("statement", REFUSED_TO_THE_PUBLIC)
def test_the_database_refuses_the_public_role(town: Town, statement: str) -> None:
    scope = Scope(DatabaseRole.PUBLIC, link_digest=link_of(town.referrals[0].id))
    with acting_as(scope), pytest.raises(ProgrammingError, match="permission denied"):
        db.session.execute(text(statement))


def test_the_public_role_cannot_attach_a_link_to_anothers_request(town: Town) -> None:
    scope = Scope(DatabaseRole.PUBLIC, link_digest=token_digest("forged"))
    with acting_as(scope), pytest.raises(ProgrammingError, match="row-level security"):
        db.session.execute(
            text(
                "INSERT INTO referral_link (digest, referral_id, purpose, created_at)"
                " VALUES (:digest, :referral, 'guardian', now())"
            ),
            {"digest": token_digest("forged"), "referral": town.alone.id},
        )


ROLE_CANNOT_READ = {
    DatabaseRole.SIGN_IN: ["referral", "preview", "identity", "keys.person_key", "assignment", "routing_decision"],
    DatabaseRole.ROUTER: ["preview", "identity", "keys.person_key", "blind_index", "account", "login_session", "draft"],
    DatabaseRole.STAFF: ["login_session", "draft", "referral_link"],
    DatabaseRole.JOBS: ["login_session", "external_identity", "identity_provider"],
}


@pytest.mark.parametrize(
    ("role", "table"), [(role, table) for role, tables in ROLE_CANNOT_READ.items() for table in tables]
)
def test_each_role_sees_only_its_own_world(town: Town, role: DatabaseRole, table: str) -> None:
    with acting_as(Scope(role)), pytest.raises(ProgrammingError, match="permission denied"):
        count(table)


@pytest.mark.parametrize("role", [role for role in DatabaseRole if role is not DatabaseRole.SIGN_IN])
def test_only_signing_in_reads_passwords_and_second_factors(town: Town, role: DatabaseRole) -> None:
    for column in ("password_hash", "totp_sealed", "recovery_digests"):
        with acting_as(Scope(role)), pytest.raises(ProgrammingError, match="permission denied"):
            db.session.execute(text(f"SELECT {column} FROM account"))


def test_withdrawing_by_link_withdraws_that_request_only(town: Town, owner: Any) -> None:
    scope = Scope(DatabaseRole.PUBLIC, link_digest=link_of(town.referrals[0].id))
    with transaction(scope):
        state = db.session.execute(text("SELECT withdraw_linked_referral(:at)"), {"at": clock.now()}).scalar_one()
    assert state == "withdrawn"
    states = dict(owner.execute("SELECT id, state FROM referral").fetchall())
    assert states == {town.referrals[0].id: "withdrawn", town.referrals[1].id: "placed", town.alone.id: "to_route"}
    assert owner.execute(
        "SELECT state, closed_at IS NOT NULL FROM assignment WHERE id = %s", [town.assignments[0].id]
    ).fetchone() == ("withdrawn", True)
    assert owner.execute("SELECT association_id, amount FROM standing_delta").fetchall() == [
        (town.associations[0].id, -1)
    ]


def test_a_link_of_another_purpose_withdraws_and_consents_to_nothing(town: Town, owner: Any) -> None:
    with transaction(Scope(DatabaseRole.PUBLIC, link_digest=token_digest("forged"))):
        assert db.session.execute(text("SELECT withdraw_linked_referral(now())")).scalar_one() is None
        assert db.session.execute(text("SELECT confirm_linked_address(now())")).scalar_one() is None
        assert db.session.execute(text("SELECT consent_as_linked_guardian('v1', now())")).scalar_one() is None
    assert owner.execute("SELECT count(*) FROM event").fetchone() == (0,)


def test_staff_cannot_flip_a_setting_to_become_the_router(town: Town) -> None:
    with acting_as(Scope(DatabaseRole.STAFF)), pytest.raises(ProgrammingError):
        db.session.execute(text("UPDATE referral SET state = 'closed'"))


def test_two_associations_never_share_a_pooled_connections_scope(town: Town) -> None:
    """The setting dies with the transaction: the next user of the connection starts blind."""
    with acting_as(town.scope(0)):
        assert readable("assignment") == 1
    with acting_as(Scope(DatabaseRole.ASSOCIATION)):
        assert readable("assignment") == 0


def test_the_owner_is_not_used_by_the_application(app: Flask) -> None:
    users = {engine.url.username for engine in db.engines.values()}
    assert users == {role.value for role in DatabaseRole}


LATE_FORGERIES = {
    "the guardian's agreement": "INSERT INTO consent (id, referral_id, kind, wording, given_at)"
    " VALUES (gen_random_uuid(), :mine, 'guardian', 'v', now())",
    "a second link": "INSERT INTO referral_link (digest, referral_id, purpose, created_at)"
    " VALUES ('x', :mine, 'guardian', now())",
    "a fact": "INSERT INTO event (id, at, name, referral_id, data)"
    " VALUES (gen_random_uuid(), now(), 'assignment_accepted', :mine, '{}')",
    "a message of acceptance": "INSERT INTO outbox (id, deduplication_key, message, referral_id, state, attempts,"
    " token, created_at, next_attempt_at, gives_up_at) VALUES (gen_random_uuid(), 'x', 'referral_accepted', :mine,"
    " 'pending', 0, 0, now(), now(), now())",
}


@pytest.mark.parametrize("name", LATE_FORGERIES)
def test_a_tracking_link_adds_nothing_to_a_request_already_under_way(town: Town, name: str) -> None:
    mine = town.referrals[0].id
    scope = Scope(DatabaseRole.PUBLIC, link_digest=link_of(mine))
    with acting_as(scope), pytest.raises(ProgrammingError, match="row-level security"):
        db.session.execute(text(LATE_FORGERIES[name]), {"mine": mine})
