"""A way back: whoever could not be reached, or did not follow up, takes the request up again by their link."""

from alembic import op

revision = "0011"
down_revision = "0010"

RESUME = """
CREATE FUNCTION resume_linked_referral(at timestamptz) RETURNS text LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE found referral;
BEGIN
    SELECT * INTO found FROM referral WHERE tracking_digest = scope_link() FOR UPDATE;
    IF found.state = 'awaiting_applicant' OR (found.state = 'closed' AND EXISTS (
        SELECT FROM assignment a WHERE a.referral_id = found.id AND a.state = 'bounced'
            AND a.bounce_reason IN ('no_follow_up', 'unreachable'))
        AND NOT EXISTS (SELECT FROM assignment a WHERE a.referral_id = found.id AND a.state IN ('ended', 'given_up')))
    THEN
        UPDATE referral SET state = 'to_route', state_since = at, version = version + 1 WHERE id = found.id;
        INSERT INTO event (id, at, name, referral_id, data)
        VALUES (gen_random_uuid(), at, 'referral_reopened', found.id, '{}');
        RETURN 'to_route';
    END IF;
    RETURN found.state;
END $$;
REVOKE ALL ON FUNCTION resume_linked_referral FROM PUBLIC;
GRANT EXECUTE ON FUNCTION resume_linked_referral TO portal_public;
ALTER FUNCTION resume_linked_referral OWNER TO portal_link;
ALTER TABLE outbox DROP CONSTRAINT ck_outbox_message;
ALTER TABLE outbox ADD CONSTRAINT ck_outbox_message CHECK (message IN ('referral_received', 'confirm_address',
    'guardian_consent', 'guardian_informed', 'referral_placed', 'referral_accepted', 'clarification_asked',
    'applicant_awaited'));
"""


def upgrade() -> None:
    op.execute("SET LOCAL ROLE portal_owner")
    op.execute(RESUME)
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("DROP FUNCTION resume_linked_referral")
    op.execute("DELETE FROM outbox WHERE message = 'applicant_awaited'")
    op.execute("ALTER TABLE outbox DROP CONSTRAINT ck_outbox_message")
    op.execute(
        "ALTER TABLE outbox ADD CONSTRAINT ck_outbox_message CHECK (message IN ('referral_received', 'confirm_address',"
        " 'guardian_consent', 'guardian_informed', 'referral_placed', 'referral_accepted', 'clarification_asked'))"
    )
