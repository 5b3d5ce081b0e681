"""The audit journal is kept for twelve months: its oldest links go, and what is left still hangs together."""

from alembic import op

revision = "0021"
down_revision = "0020"

# The last old entry stays, with the seal before it: its own date, under the chain, proves that only old ones went.
FORGET = """
CREATE FUNCTION forget_old_journal() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE last_old integer; gone integer;
BEGIN
    SELECT coalesce(min(s.position), (SELECT max(position) + 1 FROM journal_seal)) - 1 INTO last_old
        FROM journal_seal s JOIN journal_entry e ON e.id = s.entry_id WHERE e.at >= now() - interval '12 months';
    DELETE FROM journal_entry e USING journal_seal s WHERE s.entry_id = e.id AND s.position < last_old;
    GET DIAGNOSTICS gone = ROW_COUNT;
    DELETE FROM journal_seal WHERE position < last_old - 1;
    RETURN gone;
END $$;
REVOKE ALL ON FUNCTION forget_old_journal FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_old_journal TO portal_jobs;
"""


def upgrade() -> None:
    op.execute("SET LOCAL ROLE portal_owner")
    op.execute(FORGET)
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("DROP FUNCTION forget_old_journal")
