"""The domain's events, the audit journal and its chain, and the outbox."""

from alembic import op

revision = "0007"
down_revision = "0006"

TABLES = """
CREATE TABLE event (
    id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    name VARCHAR(40) NOT NULL,
    referral_id UUID,
    association_id UUID,
    assignment_id UUID,
    account_id UUID,
    data JSONB NOT NULL,
    CONSTRAINT pk_event PRIMARY KEY (id),
    CONSTRAINT ck_event_name CHECK (name IN ('referral_submitted', 'address_confirmed',
        'guardian_consented', 'guardian_refused', 'referral_placed', 'referral_waitlisted',
        'referral_unroutable', 'referral_oriented_by_hand', 'referral_withdrawn', 'referral_closed',
        'referral_merged', 'referral_reopened', 'assignment_seen', 'assignment_accepted',
        'assignment_bounced', 'assignment_expired', 'assignment_undone', 'assignment_contacted',
        'assignment_paired', 'assignment_ended', 'assignment_given_up', 'assignment_unreachable',
        'information_asked', 'assignment_postponed', 'capacity_changed', 'pause_changed',
        'criteria_changed', 'objective_declared'))
);
CREATE INDEX ix_event_association ON event (association_id, at);
CREATE INDEX ix_event_referral ON event (referral_id, at);
CREATE TABLE journal_entry (
    id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    act VARCHAR(40) NOT NULL,
    account_id UUID,
    association_id UUID,
    referral_id UUID,
    detail TEXT,
    CONSTRAINT pk_journal_entry PRIMARY KEY (id),
    CONSTRAINT ck_journal_entry_act CHECK (act IN ('contact_read', 'referral_seen', 'answered', 'oriented',
        'capacity_changed', 'signed_in', 'sign_in_refused', 'signed_out', 'searched', 'consent_given'))
);
CREATE INDEX ix_journal_entry_association ON journal_entry (association_id, at);
CREATE INDEX ix_journal_entry_referral ON journal_entry (referral_id, at);
CREATE TABLE journal_seal (
    position INTEGER NOT NULL,
    entry_id UUID NOT NULL,
    mac BYTEA NOT NULL,
    CONSTRAINT pk_journal_seal PRIMARY KEY (position),
    CONSTRAINT uq_journal_seal_entry_id UNIQUE (entry_id)
);
CREATE TABLE outbox (
    id UUID NOT NULL,
    deduplication_key TEXT NOT NULL,
    message VARCHAR(40) NOT NULL,
    referral_id UUID NOT NULL,
    state VARCHAR(40) NOT NULL,
    attempts SMALLINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    next_attempt_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    error TEXT,
    CONSTRAINT pk_outbox PRIMARY KEY (id),
    CONSTRAINT uq_outbox_deduplication_key UNIQUE (deduplication_key),
    CONSTRAINT ck_outbox_message CHECK (message IN ('referral_received', 'confirm_address',
        'guardian_consent', 'guardian_informed', 'referral_placed', 'referral_accepted')),
    CONSTRAINT ck_outbox_state CHECK (state IN ('pending', 'sent', 'dead'))
);
CREATE INDEX ix_outbox_pending ON outbox (next_attempt_at) WHERE state = 'pending';
"""

SECURITY = """
ALTER TABLE event ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON event TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE journal_entry ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON journal_entry TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE journal_seal ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON journal_seal TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE outbox ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON outbox TO portal_owner USING (true) WITH CHECK (true);
"""

POLICIES = """
GRANT INSERT ON event TO portal_public, portal_association, portal_staff, portal_router, portal_jobs;
GRANT SELECT ON event TO portal_association, portal_staff, portal_router, portal_jobs;
CREATE POLICY submit ON event FOR INSERT TO portal_public WITH CHECK (referral_id = (SELECT linked_referral()));
CREATE POLICY own ON event TO portal_association
    USING (association_id = (SELECT scope_association())) WITH CHECK (association_id = (SELECT scope_association()));
CREATE POLICY append ON event FOR INSERT TO portal_staff, portal_router, portal_jobs WITH CHECK (true);
CREATE POLICY everything ON event FOR SELECT TO portal_staff, portal_router, portal_jobs USING (true);

GRANT INSERT ON journal_entry TO portal_signin, portal_association, portal_staff, portal_router, portal_jobs;
GRANT SELECT ON journal_entry TO portal_association, portal_staff, portal_jobs;
CREATE POLICY own ON journal_entry TO portal_association USING (association_id = (SELECT scope_association()))
    WITH CHECK (association_id = (SELECT scope_association()) AND account_id = (SELECT scope_account()));
CREATE POLICY append ON journal_entry FOR INSERT TO portal_staff WITH CHECK (account_id = (SELECT scope_account()));
CREATE POLICY append_any ON journal_entry FOR INSERT TO portal_signin, portal_router, portal_jobs WITH CHECK (true);
CREATE POLICY everything ON journal_entry FOR SELECT TO portal_staff, portal_jobs USING (true);
GRANT SELECT ON journal_seal TO portal_staff;
GRANT SELECT, INSERT ON journal_seal TO portal_jobs;
CREATE POLICY everything ON journal_seal FOR SELECT TO portal_staff USING (true);
CREATE POLICY jobs ON journal_seal TO portal_jobs USING (true) WITH CHECK (true);

GRANT INSERT ON outbox TO portal_public, portal_router, portal_jobs;
GRANT SELECT ON outbox TO portal_staff, portal_jobs;
GRANT UPDATE ON outbox TO portal_jobs;
CREATE POLICY submit ON outbox FOR INSERT TO portal_public WITH CHECK (referral_id = (SELECT linked_referral()));
CREATE POLICY append ON outbox FOR INSERT TO portal_router WITH CHECK (true);
CREATE POLICY jobs ON outbox TO portal_jobs USING (true) WITH CHECK (true);
CREATE POLICY everything ON outbox FOR SELECT TO portal_staff USING (true);
"""


def upgrade() -> None:
    op.execute("SET LOCAL ROLE portal_owner")
    op.execute(TABLES)
    op.execute(SECURITY)
    op.execute(POLICIES)
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("DROP TABLE outbox, journal_seal, journal_entry, event CASCADE")
