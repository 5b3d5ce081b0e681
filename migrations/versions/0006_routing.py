"""What routing keeps: rules, catalogues, decisions, and the sums it ranks on."""

from alembic import op

revision = "0006"
down_revision = "0005"

TABLES = """
CREATE TABLE routing_policy (
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    maximum_hops SMALLINT NOT NULL,
    note TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID,
    CONSTRAINT pk_routing_policy PRIMARY KEY (version)
);
CREATE TABLE routing_catalogue (
    id UUID NOT NULL,
    side VARCHAR(40) NOT NULL,
    digest BYTEA NOT NULL,
    programmes JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_routing_catalogue PRIMARY KEY (id),
    CONSTRAINT ck_routing_catalogue_side CHECK (side IN ('mentee', 'mentor')),
    CONSTRAINT uq_routing_catalogue_digest UNIQUE (digest)
);
CREATE TABLE routing_decision (
    id UUID NOT NULL,
    referral_id UUID NOT NULL,
    catalogue_id UUID NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
    packed BYTEA NOT NULL,
    profile JSONB,
    orienter_id UUID,
    orienter_reason TEXT,
    CONSTRAINT pk_routing_decision PRIMARY KEY (id),
    CONSTRAINT fk_routing_decision_referral_id FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE
        CASCADE,
    CONSTRAINT fk_routing_decision_catalogue_id FOREIGN KEY(catalogue_id) REFERENCES routing_catalogue (id)
);
CREATE INDEX ix_routing_decision_referral ON routing_decision (referral_id, decided_at);
CREATE TABLE association_standing (
    association_id UUID NOT NULL,
    campaign_id UUID NOT NULL,
    side VARCHAR(40) NOT NULL,
    committed INTEGER NOT NULL,
    last_served_at TIMESTAMP WITH TIME ZONE,
    reach INTEGER NOT NULL,
    CONSTRAINT pk_association_standing PRIMARY KEY (association_id, campaign_id, side),
    CONSTRAINT fk_association_standing_association_id FOREIGN KEY(association_id) REFERENCES association (id),
    CONSTRAINT fk_association_standing_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaign (id),
    CONSTRAINT ck_association_standing_side CHECK (side IN ('mentee', 'mentor'))
);
CREATE TABLE programme_standing (
    programme_id UUID NOT NULL,
    campaign_id UUID NOT NULL,
    side VARCHAR(40) NOT NULL,
    association_id UUID NOT NULL,
    committed INTEGER NOT NULL,
    last_served_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_programme_standing PRIMARY KEY (programme_id, campaign_id, side),
    CONSTRAINT fk_programme_standing_programme_id FOREIGN KEY(programme_id) REFERENCES programme (id),
    CONSTRAINT fk_programme_standing_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaign (id),
    CONSTRAINT ck_programme_standing_side CHECK (side IN ('mentee', 'mentor')),
    CONSTRAINT fk_programme_standing_association_id FOREIGN KEY(association_id) REFERENCES association (id)
);
CREATE TABLE capacity_use (
    capacity_id UUID NOT NULL,
    association_id UUID NOT NULL,
    taken INTEGER NOT NULL,
    CONSTRAINT pk_capacity_use PRIMARY KEY (capacity_id),
    CONSTRAINT fk_capacity_use_capacity_id FOREIGN KEY(capacity_id) REFERENCES capacity (id) ON DELETE
        CASCADE,
    CONSTRAINT fk_capacity_use_association_id FOREIGN KEY(association_id) REFERENCES association (id)
);
CREATE TABLE standing_delta (
    id UUID NOT NULL,
    association_id UUID NOT NULL,
    campaign_id UUID NOT NULL,
    side VARCHAR(40) NOT NULL,
    programme_id UUID NOT NULL,
    capacity_id UUID,
    amount SMALLINT NOT NULL,
    CONSTRAINT pk_standing_delta PRIMARY KEY (id),
    CONSTRAINT fk_standing_delta_association_id FOREIGN KEY(association_id) REFERENCES association (id),
    CONSTRAINT ck_standing_delta_side CHECK (side IN ('mentee', 'mentor'))
);
"""

SECURITY = """
ALTER TABLE routing_policy ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON routing_policy TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE routing_catalogue ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON routing_catalogue TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE routing_decision ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON routing_decision TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE association_standing ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON association_standing TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE programme_standing ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON programme_standing TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE capacity_use ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON capacity_use TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE standing_delta ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON standing_delta TO portal_owner USING (true) WITH CHECK (true);
"""

POLICIES = """
GRANT SELECT ON routing_policy, routing_catalogue, routing_decision TO portal_staff, portal_router, portal_jobs;
GRANT INSERT ON routing_catalogue, routing_decision TO portal_router;
GRANT UPDATE (profile) ON routing_decision TO portal_jobs;
CREATE POLICY everything ON routing_policy FOR SELECT TO portal_staff, portal_router, portal_jobs USING (true);
CREATE POLICY everything ON routing_catalogue FOR SELECT TO portal_staff, portal_jobs USING (true);
CREATE POLICY router ON routing_catalogue TO portal_router USING (true) WITH CHECK (true);
CREATE POLICY everything ON routing_decision FOR SELECT TO portal_staff USING (true);
CREATE POLICY jobs ON routing_decision TO portal_jobs USING (true) WITH CHECK (true);
CREATE POLICY router ON routing_decision TO portal_router USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE ON association_standing, programme_standing, capacity_use TO portal_router;
GRANT SELECT, INSERT, DELETE ON standing_delta TO portal_router;
CREATE POLICY router ON association_standing TO portal_router USING (true) WITH CHECK (true);
CREATE POLICY router ON programme_standing TO portal_router USING (true) WITH CHECK (true);
CREATE POLICY router ON capacity_use TO portal_router USING (true) WITH CHECK (true);
CREATE POLICY router ON standing_delta TO portal_router USING (true) WITH CHECK (true);
GRANT SELECT ON association_standing, programme_standing, capacity_use TO portal_association, portal_staff;
GRANT SELECT ON standing_delta TO portal_staff;
GRANT INSERT ON standing_delta TO portal_association;
CREATE POLICY own ON association_standing FOR SELECT TO portal_association
    USING (association_id = (SELECT scope_association()));
CREATE POLICY own ON programme_standing FOR SELECT TO portal_association
    USING (association_id = (SELECT scope_association()));
CREATE POLICY own ON capacity_use FOR SELECT TO portal_association
    USING (association_id = (SELECT scope_association()));
CREATE POLICY own ON standing_delta FOR INSERT TO portal_association
    WITH CHECK (association_id = (SELECT scope_association()));
CREATE POLICY everything ON association_standing FOR SELECT TO portal_staff USING (true);
CREATE POLICY everything ON programme_standing FOR SELECT TO portal_staff USING (true);
CREATE POLICY everything ON capacity_use FOR SELECT TO portal_staff USING (true);
CREATE POLICY everything ON standing_delta FOR SELECT TO portal_staff USING (true);
"""


def upgrade() -> None:
    op.execute("SET LOCAL ROLE portal_owner")
    op.execute(TABLES)
    op.execute(SECURITY)
    op.execute(POLICIES)
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute(
        "DROP TABLE standing_delta, capacity_use, programme_standing, association_standing, routing_decision, routing_catalogue, routing_policy CASCADE"
    )
