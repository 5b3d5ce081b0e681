"""Campaigns, associations, their programmes, capacities and objectives."""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
CREATE TABLE campaign (
    id UUID NOT NULL,
    name TEXT NOT NULL,
    starts_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    CONSTRAINT pk_campaign PRIMARY KEY (id)
);
CREATE TABLE association (
    id UUID NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    founder BOOLEAN NOT NULL,
    fictional BOOLEAN NOT NULL,
    contact_mail TEXT,
    sheet JSONB NOT NULL,
    paused_from DATE,
    paused_until DATE,
    stop_at_objective BOOLEAN NOT NULL,
    approval_required BOOLEAN NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT pk_association PRIMARY KEY (id),
    CONSTRAINT uq_association_slug UNIQUE (slug),
    CONSTRAINT uq_association_name UNIQUE (name)
);
CREATE TABLE programme (
    id UUID NOT NULL,
    association_id UUID NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    weight INTEGER NOT NULL,
    paused_from DATE,
    paused_until DATE,
    intake_from DATE,
    intake_until DATE,
    archived_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_programme PRIMARY KEY (id),
    CONSTRAINT fk_programme_association_id FOREIGN KEY(association_id) REFERENCES association (id),
    CONSTRAINT uq_programme_slug UNIQUE (slug)
);
CREATE INDEX ix_programme_association_id ON programme (association_id);
CREATE TABLE programme_version (
    id UUID NOT NULL,
    association_id UUID NOT NULL,
    programme_id UUID NOT NULL,
    side VARCHAR(40) NOT NULL,
    number INTEGER NOT NULL,
    criteria JSONB NOT NULL,
    notes JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID,
    CONSTRAINT pk_programme_version PRIMARY KEY (id),
    CONSTRAINT uq_programme_version_programme_id_side_number UNIQUE (programme_id, side, number),
    CONSTRAINT fk_programme_version_association_id FOREIGN KEY(association_id) REFERENCES association (id),
    CONSTRAINT fk_programme_version_programme_id FOREIGN KEY(programme_id) REFERENCES programme (id),
    CONSTRAINT ck_programme_version_side CHECK (side IN ('mentee', 'mentor'))
);
CREATE INDEX ix_programme_version_association_id ON programme_version (association_id);
CREATE TABLE capacity (
    id UUID NOT NULL,
    association_id UUID NOT NULL,
    campaign_id UUID NOT NULL,
    programme_id UUID,
    side VARCHAR(40) NOT NULL,
    place TEXT NOT NULL,
    amount INTEGER NOT NULL,
    or_more BOOLEAN NOT NULL,
    version INTEGER NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID,
    CONSTRAINT pk_capacity PRIMARY KEY (id),
    CONSTRAINT uq_capacity_association_id_side_campaign_id_place_programme_id UNIQUE NULLS NOT DISTINCT
        (association_id, side, campaign_id, place, programme_id),
    CONSTRAINT ck_capacity_amount CHECK (amount >= 0),
    CONSTRAINT fk_capacity_association_id FOREIGN KEY(association_id) REFERENCES association (id),
    CONSTRAINT fk_capacity_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaign (id),
    CONSTRAINT fk_capacity_programme_id FOREIGN KEY(programme_id) REFERENCES programme (id),
    CONSTRAINT ck_capacity_side CHECK (side IN ('mentee', 'mentor'))
);
CREATE TABLE objective (
    id UUID NOT NULL,
    association_id UUID NOT NULL,
    campaign_id UUID NOT NULL,
    side VARCHAR(40) NOT NULL,
    amount INTEGER NOT NULL,
    version INTEGER NOT NULL,
    virtual_start_numerator BIGINT NOT NULL,
    virtual_start_denominator BIGINT NOT NULL,
    provisional BOOLEAN NOT NULL,
    source TEXT,
    validated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    validated_by UUID,
    CONSTRAINT pk_objective PRIMARY KEY (id),
    CONSTRAINT uq_objective_association_id_side_campaign_id_version UNIQUE (association_id, side,
        campaign_id, version),
    CONSTRAINT ck_objective_positive CHECK (amount >= 0 AND virtual_start_numerator >= 0 AND
        virtual_start_denominator > 0),
    CONSTRAINT fk_objective_association_id FOREIGN KEY(association_id) REFERENCES association (id),
    CONSTRAINT fk_objective_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaign (id),
    CONSTRAINT ck_objective_side CHECK (side IN ('mentee', 'mentor'))
);
CREATE TABLE outside_count (
    id UUID NOT NULL,
    association_id UUID NOT NULL,
    campaign_id UUID NOT NULL,
    side VARCHAR(40) NOT NULL,
    amount INTEGER NOT NULL,
    declared_on DATE NOT NULL,
    declared_by UUID,
    CONSTRAINT pk_outside_count PRIMARY KEY (id),
    CONSTRAINT uq_outside_count_association_id_side_campaign_id_declared_on UNIQUE (association_id, side,
        campaign_id, declared_on),
    CONSTRAINT fk_outside_count_association_id FOREIGN KEY(association_id) REFERENCES association (id),
    CONSTRAINT fk_outside_count_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaign (id),
    CONSTRAINT ck_outside_count_side CHECK (side IN ('mentee', 'mentor'))
);
"""

SECURITY = """
ALTER TABLE campaign ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON campaign TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE association ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON association TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE programme ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON programme TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE programme_version ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON programme_version TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE capacity ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON capacity TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE objective ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON objective TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE outside_count ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON outside_count TO portal_owner USING (true) WITH CHECK (true);
"""

POLICIES = """
ALTER TABLE campaign ADD CONSTRAINT campaign_overlap
    EXCLUDE USING gist (daterange(starts_on, ends_on, '[]') WITH &&);
GRANT SELECT ON campaign TO portal_public, portal_association, portal_staff, portal_router, portal_jobs;
CREATE POLICY everyone ON campaign FOR SELECT
    TO portal_public, portal_association, portal_staff, portal_router, portal_jobs USING (true);

GRANT SELECT (id, slug, name, founder, fictional) ON association TO portal_public, portal_signin;
GRANT SELECT ON association TO portal_association, portal_staff, portal_router, portal_jobs;
GRANT UPDATE (paused_from, paused_until, version) ON association TO portal_association;
CREATE POLICY names ON association FOR SELECT TO portal_public, portal_signin USING (true);
CREATE POLICY own ON association TO portal_association
    USING (id = (SELECT scope_association())) WITH CHECK (id = (SELECT scope_association()));
CREATE POLICY everything ON association FOR SELECT TO portal_staff, portal_router, portal_jobs USING (true);

GRANT SELECT ON programme, programme_version, capacity, objective, outside_count
    TO portal_association, portal_staff, portal_router, portal_jobs;
GRANT INSERT, UPDATE, DELETE ON capacity TO portal_association;
GRANT INSERT ON objective, outside_count, programme_version TO portal_staff;
CREATE POLICY declare ON objective FOR INSERT TO portal_staff WITH CHECK (true);
CREATE POLICY declare ON outside_count FOR INSERT TO portal_staff WITH CHECK (true);
CREATE POLICY publish_any ON programme_version FOR INSERT TO portal_staff WITH CHECK (true);
CREATE POLICY own ON programme FOR SELECT TO portal_association USING (association_id = (SELECT scope_association()));
CREATE POLICY own ON programme_version FOR SELECT TO portal_association
    USING (association_id = (SELECT scope_association()));
GRANT INSERT ON programme_version TO portal_association;
CREATE POLICY publish ON programme_version FOR INSERT TO portal_association
    WITH CHECK (association_id = (SELECT scope_association()));
CREATE POLICY own ON capacity TO portal_association
    USING (association_id = (SELECT scope_association())) WITH CHECK (association_id = (SELECT scope_association()));
CREATE POLICY own ON objective FOR SELECT TO portal_association USING (association_id = (SELECT scope_association()));
CREATE POLICY own ON outside_count FOR SELECT TO portal_association
    USING (association_id = (SELECT scope_association()));
CREATE POLICY everything ON programme FOR SELECT TO portal_staff, portal_router, portal_jobs USING (true);
CREATE POLICY everything ON programme_version FOR SELECT TO portal_staff, portal_router, portal_jobs USING (true);
CREATE POLICY everything ON capacity FOR SELECT TO portal_staff, portal_router, portal_jobs USING (true);
CREATE POLICY everything ON objective FOR SELECT TO portal_staff, portal_router, portal_jobs USING (true);
CREATE POLICY everything ON outside_count FOR SELECT TO portal_staff, portal_router, portal_jobs USING (true);
"""


def upgrade() -> None:
    op.execute("SET LOCAL ROLE portal_owner")
    op.execute(TABLES)
    op.execute(SECURITY)
    op.execute(POLICIES)
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute(
        "DROP TABLE outside_count, objective, capacity, programme_version, programme, association, campaign CASCADE"
    )
