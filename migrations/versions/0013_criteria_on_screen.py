"""Criteria, programmes, campaigns and outside counts are kept on screen, by those whose they are."""

from alembic import op

revision = "0013"
down_revision = "0012"

TABLES = """
CREATE TABLE criteria_proposal (
    id UUID NOT NULL,
    association_id UUID NOT NULL,
    programme_id UUID NOT NULL,
    side VARCHAR(40) NOT NULL,
    criteria JSONB NOT NULL,
    notes JSONB NOT NULL,
    based_on INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID,
    verdict VARCHAR(40),
    settled_at TIMESTAMP WITH TIME ZONE,
    settled_by UUID,
    reason TEXT,
    CONSTRAINT pk_criteria_proposal PRIMARY KEY (id),
    CONSTRAINT fk_criteria_proposal_programme_id_association_id FOREIGN KEY(programme_id, association_id) REFERENCES
        programme (id, association_id),
    CONSTRAINT fk_criteria_proposal_association_id FOREIGN KEY(association_id) REFERENCES association (id),
    CONSTRAINT ck_criteria_proposal_side CHECK (side IN ('mentee', 'mentor')),
    CONSTRAINT ck_criteria_proposal_verdict CHECK (verdict IN ('approved', 'refused', 'withdrawn'))
);
CREATE INDEX ix_criteria_proposal_association ON criteria_proposal (association_id, created_at);
CREATE UNIQUE INDEX uq_criteria_proposal_pending ON criteria_proposal (programme_id, side) WHERE verdict IS NULL;
"""

SECURITY = """
ALTER TABLE criteria_proposal ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON criteria_proposal TO portal_owner USING (true) WITH CHECK (true);
"""

POLICIES = """
GRANT SELECT, INSERT ON criteria_proposal TO portal_association;
GRANT UPDATE (verdict, settled_at, settled_by) ON criteria_proposal TO portal_association;
CREATE POLICY own ON criteria_proposal FOR SELECT TO portal_association
    USING (association_id = (SELECT scope_association()));
CREATE POLICY propose ON criteria_proposal FOR INSERT TO portal_association WITH CHECK (
    association_id = (SELECT scope_association()) AND created_by = (SELECT scope_account()) AND verdict IS NULL);
CREATE POLICY take_back ON criteria_proposal FOR UPDATE TO portal_association
    USING (association_id = (SELECT scope_association()) AND verdict IS NULL)
    WITH CHECK (association_id = (SELECT scope_association()) AND verdict = 'withdrawn');
GRANT SELECT ON criteria_proposal TO portal_staff;
GRANT UPDATE (verdict, settled_at, settled_by, reason) ON criteria_proposal TO portal_staff;
CREATE POLICY everything ON criteria_proposal FOR SELECT TO portal_staff USING (true);
CREATE POLICY settle ON criteria_proposal FOR UPDATE TO portal_staff USING (verdict IS NULL)
    WITH CHECK (verdict IN ('approved', 'refused') AND settled_by = (SELECT scope_account()));

GRANT UPDATE (intake_from, intake_until, archived_at) ON programme TO portal_association, portal_staff;
CREATE POLICY keep_own ON programme FOR UPDATE TO portal_association
    USING (association_id = (SELECT scope_association())) WITH CHECK (association_id = (SELECT scope_association()));
CREATE POLICY keep ON programme FOR UPDATE TO portal_staff USING (true) WITH CHECK (true);
DROP POLICY publish ON programme_version;
CREATE POLICY publish ON programme_version FOR INSERT TO portal_association WITH CHECK (
    association_id = (SELECT scope_association())
    AND NOT EXISTS (SELECT FROM association a WHERE a.id = programme_version.association_id AND a.approval_required));

GRANT UPDATE (stop_at_objective, approval_required, version) ON association TO portal_staff;
CREATE POLICY keep ON association FOR UPDATE TO portal_staff USING (true) WITH CHECK (true);
GRANT INSERT, UPDATE (name, starts_on, ends_on), DELETE ON campaign TO portal_staff;
CREATE POLICY keep ON campaign FOR INSERT TO portal_staff WITH CHECK (true);
CREATE POLICY amend ON campaign FOR UPDATE TO portal_staff USING (true) WITH CHECK (true);
CREATE POLICY drop_future ON campaign FOR DELETE TO portal_staff USING (starts_on > now());
GRANT INSERT, DELETE ON capacity TO portal_staff;
CREATE POLICY carry_over ON capacity FOR INSERT TO portal_staff WITH CHECK (updated_by IS NULL AND EXISTS (
    SELECT FROM campaign c WHERE c.id = capacity.campaign_id
        AND c.starts_on >= (now() AT TIME ZONE 'Europe/Paris')::date));
CREATE POLICY drop_future ON capacity FOR DELETE TO portal_staff USING (EXISTS (
    SELECT FROM campaign c WHERE c.id = capacity.campaign_id AND c.starts_on > now()));
GRANT DELETE ON objective TO portal_staff;
CREATE POLICY drop_provisional ON objective FOR DELETE TO portal_staff USING (provisional);
GRANT INSERT, UPDATE (amount, declared_by) ON outside_count TO portal_association;
CREATE POLICY declare_own ON outside_count FOR INSERT TO portal_association WITH CHECK (
    association_id = (SELECT scope_association()) AND declared_by = (SELECT scope_account()) AND amount >= 0);
CREATE POLICY correct_own ON outside_count FOR UPDATE TO portal_association
    USING (association_id = (SELECT scope_association()) AND declared_on >= now() - interval '2 days')
    WITH CHECK (association_id = (SELECT scope_association()) AND declared_by = (SELECT scope_account())
        AND amount >= 0);
"""

BACK = """
DROP POLICY correct_own ON outside_count; DROP POLICY declare_own ON outside_count;
REVOKE INSERT, UPDATE (amount, declared_by) ON outside_count FROM portal_association;
DROP POLICY drop_future ON capacity; DROP POLICY carry_over ON capacity;
REVOKE INSERT, DELETE ON capacity FROM portal_staff;
DROP POLICY drop_provisional ON objective; REVOKE DELETE ON objective FROM portal_staff;
DROP POLICY drop_future ON campaign; DROP POLICY amend ON campaign; DROP POLICY keep ON campaign;
REVOKE INSERT, UPDATE (name, starts_on, ends_on), DELETE ON campaign FROM portal_staff;
DROP POLICY keep ON association; REVOKE UPDATE (stop_at_objective, approval_required, version) ON association
    FROM portal_staff;
DROP POLICY publish ON programme_version;
CREATE POLICY publish ON programme_version FOR INSERT TO portal_association
    WITH CHECK (association_id = (SELECT scope_association()));
DROP POLICY keep ON programme; DROP POLICY keep_own ON programme;
REVOKE UPDATE (intake_from, intake_until, archived_at) ON programme FROM portal_association, portal_staff;
DROP TABLE criteria_proposal;
"""


def upgrade() -> None:
    op.execute("SET LOCAL ROLE portal_owner")
    op.execute(TABLES)
    op.execute(SECURITY)
    op.execute(POLICIES)
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute(BACK)
