"""Every table is behind forced row-level security, and no role of the application owns or bypasses anything."""

from typing import Any

import psycopg
import pytest

from portal.foundation.tenancy import DatabaseRole

ALLOWED = {"alembic_version"}
OWNERS = {"portal_owner", "portal_link"}


@pytest.fixture
def catalogue(database_url: str) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(database_url, autocommit=True)


def test_every_table_forces_row_level_security(catalogue: Any) -> None:
    bare = catalogue.execute(
        "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE relkind IN ('r', 'p') AND nspname IN ('public', 'keys')"
        " AND NOT (relrowsecurity AND relforcerowsecurity)"
    ).fetchall()
    assert {name for (name,) in bare} <= ALLOWED


def test_every_table_has_a_policy_for_the_owner_too(catalogue: Any) -> None:
    tables = {
        name
        for (name,) in catalogue.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname IN ('public', 'keys')"
        ).fetchall()
    }
    owned = {
        name
        for (name,) in catalogue.execute(
            "SELECT tablename FROM pg_policies WHERE 'portal_owner' = ANY (roles)"
        ).fetchall()
    }
    assert tables - owned == ALLOWED


def test_login_roles_own_nothing_and_bypass_nothing(catalogue: Any) -> None:
    for role in DatabaseRole:
        row = catalogue.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin,"
            " (SELECT count(*) FROM pg_class WHERE relowner = r.oid),"
            " (SELECT count(*) FROM pg_auth_members WHERE member = r.oid)"
            " FROM pg_roles r WHERE rolname = %s",
            [role.value],
        ).fetchone()
        assert row == (False, False, False, False, True, 0, 0), role


def test_roles_that_own_cannot_log_in(catalogue: Any) -> None:
    for role in OWNERS:
        row = catalogue.execute(
            "SELECT rolcanlogin, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = %s", [role]
        ).fetchone()
        assert row == (False, False, False)


def test_no_table_is_granted_to_everyone(catalogue: Any) -> None:
    granted = catalogue.execute(
        "SELECT table_name FROM information_schema.role_table_grants"
        " WHERE grantee = 'PUBLIC' AND table_schema IN ('public', 'keys')"
    ).fetchall()
    assert granted == []


# Functions that run with their owner's rights, and the logins that may call them; the rest are run by triggers.
CALLED_BY = {
    "recounted_figures": {"portal_jobs"},
    "company_volunteers": {"portal_staff"},
    "company_volunteers_told": {"portal_public"},
    "network_told": {"portal_public"},
    "waiting_by_departement": {"portal_public", "portal_staff"},
    "mentors_lacking": {"portal_public", "portal_staff"},
    "count_events": set(),
    "keep_figures": set(),
    "scope_administers": {"portal_association"},
    "end_vouched_sessions": set(),
    "vouched_session": set(),
    "end_sessions": set(),
    "forget_old_journal": {"portal_jobs"},
}
LOGINS = ("portal_public", "portal_signin", "portal_association", "portal_staff", "portal_router", "portal_jobs")


def test_functions_that_see_more_are_few_and_called_by_few(catalogue: Any) -> None:
    definers = catalogue.execute(
        "SELECT p.oid, proname, pg_get_userbyid(proowner), proconfig FROM pg_proc p JOIN pg_namespace n"
        " ON n.oid = p.pronamespace WHERE prosecdef AND nspname = 'public'"
    ).fetchall()
    assert definers
    for oid, name, owner, config in definers:
        assert owner == ("portal_owner" if name in CALLED_BY else "portal_link"), name
        assert config == ["search_path=public, pg_temp"], name
        callers = {
            login
            for login in LOGINS
            if catalogue.execute("SELECT has_function_privilege(%s, %s, 'EXECUTE')", [login, oid]).fetchone()[0]
        }
        assert callers == CALLED_BY.get(name, {"portal_public"}), name
