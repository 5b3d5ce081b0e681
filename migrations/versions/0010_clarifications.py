"""Clarifications: what an association asks before it answers, sealed, and its answer by the tracking link."""

from alembic import op

revision = "0010"
down_revision = "0009"

TABLE = """
CREATE TABLE clarification (
    id UUID NOT NULL,
    referral_id UUID NOT NULL,
    assignment_id UUID NOT NULL,
    association_id UUID NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    asked_by UUID,
    question_sealed BYTEA NOT NULL,
    answered_at TIMESTAMP WITH TIME ZONE,
    answer_sealed BYTEA,
    CONSTRAINT pk_clarification PRIMARY KEY (id),
    CONSTRAINT fk_clarification_referral_id FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE,
    CONSTRAINT fk_clarification_assignment_id FOREIGN KEY(assignment_id) REFERENCES assignment (id) ON DELETE CASCADE,
    CONSTRAINT fk_clarification_association_id FOREIGN KEY(association_id) REFERENCES association (id)
);
CREATE INDEX ix_clarification_referral ON clarification (referral_id, asked_at);
ALTER TABLE outbox DROP CONSTRAINT ck_outbox_message;
ALTER TABLE outbox ADD CONSTRAINT ck_outbox_message CHECK (message IN ('referral_received', 'confirm_address',
    'guardian_consent', 'guardian_informed', 'referral_placed', 'referral_accepted', 'clarification_asked'));
ALTER TABLE clarification ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON clarification TO portal_owner USING (true) WITH CHECK (true);
"""

POLICIES = """
GRANT SELECT, INSERT ON clarification TO portal_association;
CREATE POLICY assigned ON clarification FOR SELECT TO portal_association USING (
    association_id = (SELECT scope_association()) AND EXISTS (SELECT FROM assignment a
        WHERE a.id = clarification.assignment_id AND (a.closed_at IS NULL OR a.contact_until > now())));
CREATE POLICY ask ON clarification FOR INSERT TO portal_association WITH CHECK (
    association_id = (SELECT scope_association()) AND answered_at IS NULL
    AND EXISTS (SELECT FROM assignment a WHERE a.id = clarification.assignment_id
        AND a.referral_id = clarification.referral_id AND a.closed_at IS NULL));
GRANT INSERT ON outbox TO portal_association;
CREATE POLICY ask ON outbox FOR INSERT TO portal_association WITH CHECK (message = 'clarification_asked'
    AND EXISTS (SELECT FROM assignment a WHERE a.referral_id = outbox.referral_id AND a.closed_at IS NULL
        AND a.association_id = (SELECT scope_association())));

GRANT SELECT ON clarification TO portal_public;
GRANT UPDATE (answered_at, answer_sealed) ON clarification TO portal_public;
CREATE POLICY linked ON clarification FOR SELECT TO portal_public USING (referral_id = (SELECT linked_referral()));
CREATE POLICY answer ON clarification FOR UPDATE TO portal_public
    USING (referral_id = (SELECT linked_referral()) AND answered_at IS NULL)
    WITH CHECK (referral_id = (SELECT linked_referral()));

GRANT SELECT ON clarification TO portal_staff, portal_jobs;
GRANT DELETE ON clarification TO portal_jobs;
CREATE POLICY everything ON clarification FOR SELECT TO portal_staff USING (true);
CREATE POLICY jobs ON clarification TO portal_jobs USING (true);
"""


def upgrade() -> None:
    op.execute("SET LOCAL ROLE portal_owner")
    op.execute(TABLE)
    op.execute(POLICIES)
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("DROP TABLE clarification; DROP POLICY ask ON outbox; REVOKE INSERT ON outbox FROM portal_association")
    op.execute("DELETE FROM outbox WHERE message = 'clarification_asked'")
    op.execute("ALTER TABLE outbox DROP CONSTRAINT ck_outbox_message")
    op.execute(
        "ALTER TABLE outbox ADD CONSTRAINT ck_outbox_message CHECK (message IN ('referral_received', 'confirm_address',"
        " 'guardian_consent', 'guardian_informed', 'referral_placed', 'referral_accepted'))"
    )
