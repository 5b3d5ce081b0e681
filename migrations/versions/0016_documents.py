"""Documents drawn by a job: each is read by whom it belongs to."""

from alembic import op

revision = "0016"
down_revision = "0015"

TABLES = """
CREATE TABLE document (
    id UUID NOT NULL,
    kind VARCHAR(40) NOT NULL,
    association_id UUID,
    title TEXT NOT NULL,
    parameters JSONB NOT NULL,
    state VARCHAR(40) NOT NULL,
    progress SMALLINT NOT NULL,
    pages SMALLINT,
    file BYTEA,
    error TEXT,
    attempts SMALLINT NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    asked_by UUID,
    drawing_since TIMESTAMP WITH TIME ZONE,
    ready_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_document PRIMARY KEY (id),
    CONSTRAINT ck_document_progress CHECK (progress BETWEEN 0 AND 100),
    CONSTRAINT ck_document_file CHECK ((state = 'ready') = (file IS NOT NULL)),
    CONSTRAINT ck_document_kind CHECK (kind IN ('association_report', 'board_report', 'territory_brochure',
        'company_kit')),
    CONSTRAINT fk_document_association_id FOREIGN KEY(association_id) REFERENCES association (id),
    CONSTRAINT ck_document_state CHECK (state IN ('waiting', 'drawing', 'ready', 'failed'))
);
CREATE INDEX ix_document_association ON document (association_id, asked_at);
CREATE INDEX ix_document_waiting ON document (asked_at) WHERE state IN ('waiting', 'drawing');
"""

SECURITY = """
ALTER TABLE document ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON document TO portal_owner USING (true) WITH CHECK (true);
"""

POLICIES = """
GRANT SELECT, INSERT ON document TO portal_association, portal_staff;
GRANT SELECT ON document TO portal_public;
GRANT SELECT, INSERT, UPDATE (state, progress, pages, file, error, attempts, drawing_since, ready_at), DELETE ON document
    TO portal_jobs;
CREATE POLICY own ON document FOR SELECT TO portal_association USING (association_id = (SELECT scope_association()));
CREATE POLICY ask ON document FOR INSERT TO portal_association WITH CHECK (
    association_id = (SELECT scope_association()) AND kind = 'association_report' AND state = 'waiting'
    AND asked_by = (SELECT scope_account()));
CREATE POLICY everything ON document FOR SELECT TO portal_staff USING (true);
CREATE POLICY ask_any ON document FOR INSERT TO portal_staff WITH CHECK (
    state = 'waiting' AND asked_by = (SELECT scope_account()));
CREATE POLICY kits ON document FOR SELECT TO portal_public USING (kind = 'company_kit' AND state = 'ready');
CREATE POLICY jobs ON document TO portal_jobs USING (true) WITH CHECK (true);
"""


def upgrade() -> None:
    op.execute("SET LOCAL ROLE portal_owner")
    op.execute(TABLES)
    op.execute(SECURITY)
    op.execute(POLICIES)
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("DROP TABLE document")
