"""The roles of the database, and the functions its policies read the scope with.

portal_owner owns every table and portal_link the narrow functions of mailed links; neither can log in.
The others are logins that own nothing and bypass nothing.
"""

from alembic import op

revision = "0001"
down_revision = None

ROLES = """
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['portal_owner', 'portal_link'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS NOINHERIT', name);
        END IF;
    END LOOP;
    FOREACH name IN ARRAY ARRAY['portal_public', 'portal_signin', 'portal_association', 'portal_staff',
                                'portal_router', 'portal_jobs'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS NOINHERIT', name);
        END IF;
    END LOOP;
    EXECUTE format('GRANT portal_owner, portal_link TO %I', current_user);
    EXECUTE format('GRANT CREATE ON DATABASE %I TO portal_owner', current_database());
END $$;
GRANT portal_link TO portal_owner;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO portal_owner, portal_link;
GRANT USAGE ON SCHEMA public TO portal_public, portal_signin, portal_association, portal_staff,
    portal_router, portal_jobs;
"""

FUNCTIONS = """
SET LOCAL ROLE portal_owner;
CREATE SCHEMA keys;
GRANT USAGE ON SCHEMA keys TO portal_public, portal_association, portal_staff, portal_jobs;
CREATE FUNCTION scope_association() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(current_setting('app.association_id', true), '')::uuid;
CREATE FUNCTION scope_account() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(current_setting('app.account_id', true), '')::uuid;
CREATE FUNCTION scope_link() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(current_setting('app.link', true), '');
RESET ROLE;
"""


def upgrade() -> None:
    op.execute(ROLES)
    op.execute(FUNCTIONS)


def downgrade() -> None:
    op.execute("DROP FUNCTION scope_link, scope_account, scope_association; DROP SCHEMA keys")
