"""Companies: texts of the offer, leads, employees' links; and what the public may know of programmes and places."""

from alembic import op

revision = "0015"
down_revision = "0014"

TABLES = """
CREATE TABLE offer_text (
    id UUID NOT NULL,
    page VARCHAR(40) NOT NULL,
    number INTEGER NOT NULL,
    title TEXT NOT NULL,
    lead TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID,
    published_at TIMESTAMP WITH TIME ZONE,
    published_by UUID,
    CONSTRAINT pk_offer_text PRIMARY KEY (id),
    CONSTRAINT uq_offer_text_page_number UNIQUE (page, number),
    CONSTRAINT ck_offer_text_page CHECK (page IN ('home', 'informer', 'orienter', 'conseiller', 'employees',
        'kit_announcement', 'kit_questions', 'kit_call_for_projects'))
);
CREATE TABLE company (
    id UUID NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    words TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID,
    closed_at TIMESTAMP WITH TIME ZONE,
    version INTEGER NOT NULL,
    CONSTRAINT pk_company PRIMARY KEY (id),
    CONSTRAINT uq_company_slug UNIQUE (slug)
);
CREATE TABLE company_volunteer (
    referral_id UUID NOT NULL,
    company_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_company_volunteer PRIMARY KEY (referral_id),
    CONSTRAINT fk_company_volunteer_referral_id FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE,
    CONSTRAINT fk_company_volunteer_company_id FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_company_volunteer_company_id ON company_volunteer (company_id);
CREATE TABLE lead (
    id UUID NOT NULL,
    number TEXT NOT NULL,
    kind VARCHAR(40) NOT NULL,
    company_name TEXT NOT NULL,
    contact_sealed BYTEA NOT NULL,
    answers JSONB NOT NULL,
    associations JSONB NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    state VARCHAR(40) NOT NULL,
    state_since TIMESTAMP WITH TIME ZONE NOT NULL,
    owner_id UUID,
    next_action TEXT,
    next_action_on DATE,
    company_id UUID,
    version INTEGER NOT NULL,
    CONSTRAINT pk_lead PRIMARY KEY (id),
    CONSTRAINT uq_lead_number UNIQUE (number),
    CONSTRAINT ck_lead_kind CHECK (kind IN ('contact', 'meeting', 'employees')),
    CONSTRAINT ck_lead_state CHECK (state IN ('received', 'called', 'oriented', 'engaged', 'closed')),
    CONSTRAINT fk_lead_company_id FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_lead_state ON lead (state, received_at, id);
CREATE TABLE lead_step (
    id UUID NOT NULL,
    lead_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    account_id UUID,
    state VARCHAR(40) NOT NULL,
    owner_id UUID,
    next_action_on DATE,
    note_sealed BYTEA,
    CONSTRAINT pk_lead_step PRIMARY KEY (id),
    CONSTRAINT fk_lead_step_lead_id FOREIGN KEY(lead_id) REFERENCES lead (id) ON DELETE CASCADE,
    CONSTRAINT ck_lead_step_state CHECK (state IN ('received', 'called', 'oriented', 'engaged', 'closed'))
);
CREATE INDEX ix_lead_step_lead ON lead_step (lead_id, at);
"""

SECURITY = """
ALTER TABLE offer_text ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON offer_text TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE company ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON company TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE company_volunteer ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON company_volunteer TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE lead ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON lead TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE lead_step ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON lead_step TO portal_owner USING (true) WITH CHECK (true);
"""

POLICIES = """
GRANT SELECT ON offer_text TO portal_public, portal_staff, portal_jobs;
GRANT INSERT, UPDATE (published_at, published_by) ON offer_text TO portal_staff;
CREATE POLICY published ON offer_text FOR SELECT TO portal_public USING (published_at IS NOT NULL);
CREATE POLICY everything ON offer_text FOR SELECT TO portal_staff, portal_jobs USING (true);
CREATE POLICY write ON offer_text FOR INSERT TO portal_staff WITH CHECK (created_by = (SELECT scope_account())
    AND (published_at IS NULL OR published_by = (SELECT scope_account())));
CREATE POLICY publish ON offer_text FOR UPDATE TO portal_staff USING (published_at IS NULL)
    WITH CHECK (published_by = (SELECT scope_account()));

GRANT SELECT (id, slug, name, words, closed_at) ON company TO portal_public;
GRANT SELECT, INSERT, UPDATE (name, words, closed_at, version) ON company TO portal_staff;
CREATE POLICY told ON company FOR SELECT TO portal_public USING (true);
CREATE POLICY keep ON company TO portal_staff USING (true) WITH CHECK (true);

GRANT INSERT ON company_volunteer TO portal_public;
GRANT SELECT ON company_volunteer TO portal_staff;
CREATE POLICY come ON company_volunteer FOR INSERT TO portal_public WITH CHECK (
    referral_id = (SELECT fresh_referral())
    AND EXISTS (SELECT FROM company c WHERE c.id = company_volunteer.company_id AND c.closed_at IS NULL));
CREATE POLICY everything ON company_volunteer FOR SELECT TO portal_staff USING (true);

GRANT INSERT ON lead TO portal_public;
GRANT SELECT, UPDATE (state, state_since, owner_id, next_action, next_action_on, company_id, version) ON lead
    TO portal_staff;
GRANT SELECT, DELETE ON lead TO portal_jobs;
CREATE POLICY ask ON lead FOR INSERT TO portal_public WITH CHECK (state = 'received' AND owner_id IS NULL
    AND company_id IS NULL AND next_action IS NULL AND next_action_on IS NULL);
CREATE POLICY follow ON lead TO portal_staff USING (true) WITH CHECK (true);
CREATE POLICY jobs ON lead TO portal_jobs USING (true);
GRANT SELECT, INSERT ON lead_step TO portal_staff;
CREATE POLICY everything ON lead_step FOR SELECT TO portal_staff USING (true);
CREATE POLICY follow ON lead_step FOR INSERT TO portal_staff WITH CHECK (account_id = (SELECT scope_account()));
CREATE POLICY lead ON outbox FOR INSERT TO portal_public WITH CHECK (message = 'lead_received'
    AND referral_id IS NULL);
"""

# Which criteria an association has and how many places it declares are public; who wrote them is not.
TOLD = """
GRANT SELECT (sheet) ON association TO portal_public;
GRANT SELECT (id, association_id, slug, name, description, intake_from, intake_until, archived_at) ON programme
    TO portal_public;
GRANT SELECT (id, association_id, programme_id, side, number, criteria) ON programme_version TO portal_public;
GRANT SELECT (id, association_id, campaign_id, programme_id, side, place, amount, or_more) ON capacity
    TO portal_public;
CREATE POLICY told ON programme FOR SELECT TO portal_public USING (archived_at IS NULL);
CREATE POLICY told ON programme_version FOR SELECT TO portal_public USING (true);
CREATE POLICY told ON capacity FOR SELECT TO portal_public USING (true);

CREATE FUNCTION company_volunteers(of_company uuid) RETURNS int LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
    SELECT count(*)::int FROM company_volunteer v JOIN referral r ON r.id = v.referral_id
    WHERE v.company_id = of_company AND r.state NOT IN ('awaiting_consent', 'withdrawn', 'merged') $$;
CREATE FUNCTION waiting_by_departement() RETURNS TABLE (departement text, waiting int) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT r.departement, count(*)::int FROM referral r
    WHERE r.side = 'mentee' AND r.state IN ('to_route', 'waitlisted', 'unroutable') AND r.departement IS NOT NULL
    GROUP BY 1 HAVING count(*) >= 5 ORDER BY 2 DESC, 1 $$;
CREATE FUNCTION mentors_lacking(on_day date) RETURNS TABLE (association_id uuid, lacking int) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT DISTINCT ON (o.association_id) o.association_id,
        greatest(o.amount - coalesce(s.committed, 0) - coalesce((SELECT x.amount FROM outside_count x
            WHERE x.association_id = o.association_id AND x.campaign_id = o.campaign_id AND x.side = 'mentor'
            ORDER BY x.declared_on DESC LIMIT 1), 0), 0)
    FROM objective o JOIN campaign c ON c.id = o.campaign_id AND on_day BETWEEN c.starts_on AND c.ends_on
    LEFT JOIN association_standing s ON s.association_id = o.association_id AND s.campaign_id = o.campaign_id
        AND s.side = 'mentor'
    WHERE o.side = 'mentor' ORDER BY o.association_id, o.version DESC $$;
REVOKE ALL ON FUNCTION company_volunteers, waiting_by_departement, mentors_lacking FROM PUBLIC;
GRANT EXECUTE ON FUNCTION company_volunteers, waiting_by_departement, mentors_lacking TO portal_public, portal_staff;
"""

BACK = """
DROP FUNCTION company_volunteers, waiting_by_departement, mentors_lacking;
DROP POLICY told ON capacity; DROP POLICY told ON programme_version; DROP POLICY told ON programme;
REVOKE ALL ON capacity, programme_version, programme FROM portal_public;
REVOKE SELECT (id, association_id, campaign_id, programme_id, side, place, amount, or_more) ON capacity
    FROM portal_public;
REVOKE SELECT (id, association_id, programme_id, side, number, criteria) ON programme_version FROM portal_public;
REVOKE SELECT (id, association_id, slug, name, description, intake_from, intake_until, archived_at) ON programme
    FROM portal_public;
REVOKE SELECT (sheet) ON association FROM portal_public;
DROP POLICY lead ON outbox;
DROP TABLE lead_step, lead, company_volunteer, company, offer_text;
"""


def upgrade() -> None:
    op.execute("SET LOCAL ROLE portal_owner")
    op.execute(TABLES)
    op.execute(SECURITY)
    op.execute(POLICIES)
    op.execute(TOLD)
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute(BACK)
