"""A session that a provider vouched for lives as long as its provider, and works for the provider's association only."""

from alembic import op

revision = "0018"
down_revision = "0017"

TRIGGERS = """
CREATE FUNCTION end_vouched_sessions() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM login_session WHERE via = OLD.id;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER end_vouched_sessions BEFORE DELETE ON identity_provider FOR EACH ROW
    EXECUTE FUNCTION end_vouched_sessions();
CREATE TRIGGER end_vouched_sessions_of_changed BEFORE UPDATE ON identity_provider FOR EACH ROW
    WHEN (NOT NEW.enabled OR OLD.issuer <> NEW.issuer OR OLD.client_id <> NEW.client_id)
    EXECUTE FUNCTION end_vouched_sessions();

CREATE FUNCTION vouched_session() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM identity_provider p WHERE p.id = NEW.via AND p.enabled AND p.association_id = NEW.association_id
        FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'this provider opens no session here' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vouched_session BEFORE INSERT OR UPDATE OF via, association_id ON login_session FOR EACH ROW
    WHEN (NEW.via IS NOT NULL) EXECUTE FUNCTION vouched_session();
REVOKE ALL ON FUNCTION end_vouched_sessions, vouched_session FROM PUBLIC;
"""


def upgrade() -> None:
    op.execute("SET LOCAL ROLE portal_owner")
    op.execute(TRIGGERS)
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("DROP TRIGGER vouched_session ON login_session")
    op.execute("DROP TRIGGER end_vouched_sessions_of_changed ON identity_provider")
    op.execute("DROP TRIGGER end_vouched_sessions ON identity_provider")
    op.execute("DROP FUNCTION vouched_session, end_vouched_sessions")
