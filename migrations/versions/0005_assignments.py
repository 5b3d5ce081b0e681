"""Assignments, and what an association may read of a referral through its own."""

from alembic import op

revision = "0005"
down_revision = "0004"

TABLES = """
CREATE TABLE assignment (
    id UUID NOT NULL,
    referral_id UUID NOT NULL,
    association_id UUID NOT NULL,
    programme_id UUID NOT NULL,
    campaign_id UUID NOT NULL,
    capacity_id UUID,
    decision_id UUID,
    side VARCHAR(40) NOT NULL,
    referral_number TEXT NOT NULL,
    place TEXT NOT NULL,
    hop SMALLINT NOT NULL,
    by_hand BOOLEAN NOT NULL,
    state VARCHAR(40) NOT NULL,
    offered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    late_at TIMESTAMP WITH TIME ZONE NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE,
    answered_at TIMESTAMP WITH TIME ZONE,
    answered_by UUID,
    answered_by_name TEXT,
    bounce_reason VARCHAR(40),
    bounce_note TEXT,
    undo_until TIMESTAMP WITH TIME ZONE,
    applied_at TIMESTAMP WITH TIME ZONE,
    contact_from TIMESTAMP WITH TIME ZONE,
    contact_until TIMESTAMP WITH TIME ZONE,
    closed_at TIMESTAMP WITH TIME ZONE,
    excerpt JSONB NOT NULL,
    to_verify JSONB NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT pk_assignment PRIMARY KEY (id),
    CONSTRAINT fk_assignment_referral_id FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE,
    CONSTRAINT fk_assignment_association_id FOREIGN KEY(association_id) REFERENCES association (id),
    CONSTRAINT fk_assignment_programme_id FOREIGN KEY(programme_id) REFERENCES programme (id),
    CONSTRAINT fk_assignment_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaign (id),
    CONSTRAINT fk_assignment_capacity_id FOREIGN KEY(capacity_id) REFERENCES capacity (id),
    CONSTRAINT ck_assignment_side CHECK (side IN ('mentee', 'mentor')),
    CONSTRAINT ck_assignment_state CHECK (state IN ('offered', 'seen', 'information_asked', 'postponed',
        'accepted', 'contacted', 'unreachable', 'paired', 'ended', 'given_up', 'bounced', 'expired',
        'withdrawn')),
    CONSTRAINT ck_assignment_bounce_reason CHECK (bounce_reason IN ('no_place', 'age_or_level',
        'territory', 'other_need', 'needs_referrer', 'no_fitting_match', 'unreachable', 'no_follow_up',
        'duplicate', 'charter_not_met', 'too_little_time', 'other'))
);
CREATE INDEX ix_assignment_due ON assignment (due_at) WHERE closed_at IS NULL;
CREATE INDEX ix_assignment_history ON assignment (association_id, offered_at, id);
CREATE INDEX ix_assignment_inbox ON assignment (association_id, state, due_at, id);
CREATE INDEX ix_assignment_referral ON assignment (referral_id);
CREATE INDEX ix_assignment_to_apply ON assignment (undo_until) WHERE applied_at IS NULL AND undo_until IS
        NOT NULL;
CREATE UNIQUE INDEX uq_assignment_current ON assignment (referral_id) WHERE closed_at IS NULL;
"""

SECURITY = """
ALTER TABLE assignment ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON assignment TO portal_owner USING (true) WITH CHECK (true);
"""

POLICIES = """
GRANT SELECT ON assignment TO portal_association, portal_staff, portal_jobs;
GRANT UPDATE (state, seen_at, answered_at, answered_by, answered_by_name, bounce_reason, bounce_note, undo_until,
    applied_at, contact_from, contact_until, due_at, closed_at, version) ON assignment TO portal_association;
CREATE POLICY own ON assignment TO portal_association
    USING (association_id = (SELECT scope_association())) WITH CHECK (association_id = (SELECT scope_association()));
CREATE POLICY everything ON assignment FOR SELECT TO portal_staff, portal_jobs USING (true);
GRANT SELECT, INSERT, UPDATE ON assignment TO portal_router;
CREATE POLICY everything_router ON assignment TO portal_router USING (true) WITH CHECK (true);
GRANT SELECT (id, referral_id, association_id, state, offered_at, late_at, due_at, answered_at, undo_until, closed_at)
    ON assignment TO portal_public;
CREATE POLICY linked ON assignment FOR SELECT TO portal_public USING (referral_id = (SELECT linked_referral()));

GRANT SELECT ON referral, preview, identity, keys.person_key, consent TO portal_association;
CREATE POLICY assigned ON referral FOR SELECT TO portal_association USING (EXISTS (
    SELECT FROM assignment a WHERE a.referral_id = referral.id AND a.association_id = (SELECT scope_association())
        AND (a.closed_at IS NULL OR a.contact_until > now())));
CREATE POLICY assigned ON preview FOR SELECT TO portal_association USING (EXISTS (
    SELECT FROM assignment a WHERE a.referral_id = preview.referral_id
        AND a.association_id = (SELECT scope_association())
        AND (a.closed_at IS NULL OR a.contact_until > now())));
CREATE POLICY assigned ON consent FOR SELECT TO portal_association USING (EXISTS (
    SELECT FROM assignment a WHERE a.referral_id = consent.referral_id
        AND a.association_id = (SELECT scope_association())
        AND (a.closed_at IS NULL OR a.contact_until > now())));
CREATE POLICY accepted ON identity FOR SELECT TO portal_association USING (EXISTS (
    SELECT FROM assignment a WHERE a.referral_id = identity.referral_id
        AND a.association_id = (SELECT scope_association())
        AND a.state IN ('accepted', 'contacted', 'unreachable', 'paired', 'ended')
        AND a.contact_from <= now() AND a.contact_until > now()));
CREATE POLICY assigned ON keys.person_key FOR SELECT TO portal_association USING (EXISTS (
    SELECT FROM assignment a WHERE a.referral_id = person_key.referral_id
        AND a.association_id = (SELECT scope_association())
        AND CASE person_key.purpose
            WHEN 'preview' THEN a.closed_at IS NULL OR a.contact_until > now()
            ELSE a.state IN ('accepted', 'contacted', 'unreachable', 'paired', 'ended')
                AND a.contact_from <= now() AND a.contact_until > now() END));
"""


def upgrade() -> None:
    op.execute("SET LOCAL ROLE portal_owner")
    op.execute(TABLES)
    op.execute(SECURITY)
    op.execute(POLICIES)
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("DROP POLICY assigned ON keys.person_key")
    op.execute("DROP POLICY accepted ON identity")
    op.execute("DROP POLICY assigned ON consent")
    op.execute("DROP POLICY assigned ON preview")
    op.execute("DROP POLICY assigned ON referral")
    op.execute("DROP TABLE assignment CASCADE")
