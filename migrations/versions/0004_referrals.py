"""Referrals, the identity kept apart from them, their links, consents and drafts."""

from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = """
CREATE TABLE referral (
    id UUID NOT NULL,
    number TEXT NOT NULL,
    side VARCHAR(40) NOT NULL,
    channel VARCHAR(40) NOT NULL,
    state VARCHAR(40) NOT NULL,
    state_since TIMESTAMP WITH TIME ZONE NOT NULL,
    unroutable_why VARCHAR(40),
    awaiting TEXT[] NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    campaign_id UUID NOT NULL,
    profile JSONB NOT NULL,
    age SMALLINT,
    commune TEXT,
    departement TEXT,
    region TEXT,
    needs TEXT[] NOT NULL,
    hops SMALLINT NOT NULL,
    tracking_digest TEXT NOT NULL,
    link_version SMALLINT NOT NULL,
    merged_into UUID,
    version INTEGER NOT NULL,
    CONSTRAINT pk_referral PRIMARY KEY (id),
    CONSTRAINT uq_referral_number UNIQUE (number),
    CONSTRAINT ck_referral_side CHECK (side IN ('mentee', 'mentor')),
    CONSTRAINT ck_referral_channel CHECK (channel IN ('self', 'family', 'professional')),
    CONSTRAINT ck_referral_state CHECK (state IN ('awaiting_consent', 'awaiting_applicant', 'to_route',
        'waitlisted', 'unroutable', 'placed', 'closed', 'withdrawn', 'merged', 'anonymised')),
    CONSTRAINT ck_referral_unroutable_why CHECK (unroutable_why IN ('none', 'exhausted', 'hops', 'other')),
    CONSTRAINT fk_referral_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaign (id),
    CONSTRAINT uq_referral_tracking_digest UNIQUE (tracking_digest)
);
CREATE INDEX ix_referral_departement_received ON referral (departement, received_at, id);
CREATE INDEX ix_referral_received ON referral (received_at, id);
CREATE INDEX ix_referral_state_received ON referral (state, received_at, id);
CREATE INDEX ix_referral_waiting ON referral (side, received_at, id) WHERE state = 'to_route';
CREATE INDEX ix_referral_waitlisted ON referral (side, received_at, id) WHERE state = 'waitlisted';
CREATE TABLE keys.person_key (
    referral_id UUID NOT NULL,
    purpose VARCHAR(40) NOT NULL,
    wrapped BYTEA NOT NULL,
    CONSTRAINT pk_person_key PRIMARY KEY (referral_id, purpose),
    CONSTRAINT fk_person_key_referral_id FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE,
    CONSTRAINT ck_person_key_purpose CHECK (purpose IN ('preview', 'identity'))
);
CREATE TABLE preview (
    referral_id UUID NOT NULL,
    sealed BYTEA NOT NULL,
    CONSTRAINT pk_preview PRIMARY KEY (referral_id),
    CONSTRAINT fk_preview_referral_id FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE
);
CREATE TABLE identity (
    referral_id UUID NOT NULL,
    sealed BYTEA NOT NULL,
    CONSTRAINT pk_identity PRIMARY KEY (referral_id),
    CONSTRAINT fk_identity_referral_id FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE
);
CREATE TABLE blind_index (
    id UUID NOT NULL,
    referral_id UUID NOT NULL,
    kind VARCHAR(40) NOT NULL,
    digest BYTEA NOT NULL,
    CONSTRAINT pk_blind_index PRIMARY KEY (id),
    CONSTRAINT uq_blind_index_referral_id_kind_digest UNIQUE (referral_id, kind, digest),
    CONSTRAINT fk_blind_index_referral_id FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE,
    CONSTRAINT ck_blind_index_kind CHECK (kind IN ('mail', 'telephone', 'last_name'))
);
CREATE INDEX ix_blind_index_kind_digest ON blind_index (kind, digest);
CREATE TABLE referral_link (
    digest TEXT NOT NULL,
    referral_id UUID NOT NULL,
    purpose VARCHAR(40) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_referral_link PRIMARY KEY (digest),
    CONSTRAINT fk_referral_link_referral_id FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE
        CASCADE,
    CONSTRAINT ck_referral_link_purpose CHECK (purpose IN ('address', 'guardian'))
);
CREATE INDEX ix_referral_link_referral_id ON referral_link (referral_id);
CREATE TABLE consent (
    id UUID NOT NULL,
    referral_id UUID NOT NULL,
    kind VARCHAR(40) NOT NULL,
    wording TEXT NOT NULL,
    given_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_consent PRIMARY KEY (id),
    CONSTRAINT uq_consent_referral_id_kind UNIQUE (referral_id, kind),
    CONSTRAINT fk_consent_referral_id FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE,
    CONSTRAINT ck_consent_kind CHECK (kind IN ('applicant', 'guardian', 'sensitive',
        'professional_attestation', 'guardian_informed', 'guardian_authorisation'))
);
CREATE TABLE draft (
    id UUID NOT NULL,
    token_digest TEXT NOT NULL,
    form TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    submitted_as UUID,
    CONSTRAINT pk_draft PRIMARY KEY (id),
    CONSTRAINT uq_draft_token_digest UNIQUE (token_digest),
    CONSTRAINT fk_draft_submitted_as FOREIGN KEY(submitted_as) REFERENCES referral (id) ON DELETE SET NULL
);
CREATE INDEX ix_draft_expires_at ON draft (expires_at);
"""

SECURITY = """
ALTER TABLE referral ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON referral TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE keys.person_key ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON keys.person_key TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE preview ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON preview TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE identity ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON identity TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE blind_index ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON blind_index TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE referral_link ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON referral_link TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE consent ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON consent TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE draft ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON draft TO portal_owner USING (true) WITH CHECK (true);
"""

POLICIES = """
CREATE SEQUENCE referral_number;
GRANT USAGE ON SEQUENCE referral_number TO portal_public, portal_jobs;

GRANT SELECT ON referral, referral_link TO portal_link;
CREATE POLICY narrow ON referral FOR SELECT TO portal_link USING (
    tracking_digest = (SELECT scope_link())
    OR id = (SELECT referral_id FROM referral_link WHERE digest = (SELECT scope_link())));
CREATE POLICY narrow ON referral_link FOR SELECT TO portal_link USING (digest = (SELECT scope_link()));
CREATE FUNCTION linked_referral() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$SELECT id FROM referral$$;
REVOKE ALL ON FUNCTION linked_referral FROM PUBLIC;
GRANT EXECUTE ON FUNCTION linked_referral TO portal_public, portal_link;
ALTER FUNCTION linked_referral OWNER TO portal_link;

GRANT SELECT, INSERT ON referral, preview, keys.person_key TO portal_public;
GRANT INSERT ON identity, blind_index, referral_link, consent TO portal_public;
GRANT SELECT ON referral_link TO portal_public;
GRANT SELECT, INSERT, UPDATE, DELETE ON draft TO portal_public;
CREATE POLICY submit ON referral FOR INSERT TO portal_public WITH CHECK (
    tracking_digest = (SELECT scope_link()) AND state IN ('awaiting_consent', 'to_route'));
CREATE POLICY linked ON referral FOR SELECT TO portal_public USING (id = (SELECT linked_referral()));
CREATE POLICY submit ON preview FOR INSERT TO portal_public WITH CHECK (referral_id = (SELECT linked_referral()));
CREATE POLICY linked ON preview FOR SELECT TO portal_public USING (referral_id = (SELECT linked_referral()));
CREATE POLICY submit ON keys.person_key FOR INSERT TO portal_public
    WITH CHECK (referral_id = (SELECT linked_referral()));
CREATE POLICY linked ON keys.person_key FOR SELECT TO portal_public
    USING (purpose = 'preview' AND referral_id = (SELECT linked_referral()));
CREATE POLICY submit ON identity FOR INSERT TO portal_public WITH CHECK (referral_id = (SELECT linked_referral()));
CREATE POLICY submit ON blind_index FOR INSERT TO portal_public WITH CHECK (referral_id = (SELECT linked_referral()));
CREATE POLICY submit ON referral_link FOR INSERT TO portal_public WITH CHECK (referral_id = (SELECT linked_referral()));
CREATE POLICY linked ON referral_link FOR SELECT TO portal_public USING (digest = (SELECT scope_link()));
CREATE POLICY submit ON consent FOR INSERT TO portal_public WITH CHECK (referral_id = (SELECT linked_referral()));
CREATE POLICY own ON draft TO portal_public
    USING (token_digest = (SELECT scope_link())) WITH CHECK (token_digest = (SELECT scope_link()));

GRANT SELECT, UPDATE ON referral TO portal_router;
CREATE POLICY everything ON referral TO portal_router USING (true) WITH CHECK (true);

GRANT SELECT ON referral, preview, identity, keys.person_key, blind_index, consent TO portal_staff;
CREATE POLICY everything_staff ON referral FOR SELECT TO portal_staff USING (true);
CREATE POLICY everything ON preview FOR SELECT TO portal_staff USING (true);
CREATE POLICY everything ON identity FOR SELECT TO portal_staff USING (true);
CREATE POLICY everything ON keys.person_key FOR SELECT TO portal_staff USING (true);
CREATE POLICY everything ON blind_index FOR SELECT TO portal_staff USING (true);
CREATE POLICY everything ON consent FOR SELECT TO portal_staff USING (true);

GRANT SELECT, UPDATE, DELETE ON referral TO portal_jobs;
GRANT SELECT, DELETE ON preview, identity, keys.person_key, blind_index, consent, draft TO portal_jobs;
GRANT SELECT, INSERT, DELETE ON referral_link TO portal_jobs;
CREATE POLICY everything_jobs ON referral TO portal_jobs USING (true) WITH CHECK (true);
CREATE POLICY everything_jobs ON preview TO portal_jobs USING (true);
CREATE POLICY everything_jobs ON identity TO portal_jobs USING (true);
CREATE POLICY everything_jobs ON keys.person_key TO portal_jobs USING (true);
CREATE POLICY everything_jobs ON blind_index TO portal_jobs USING (true);
CREATE POLICY everything_jobs ON consent TO portal_jobs USING (true);
CREATE POLICY everything ON draft TO portal_jobs USING (true);
CREATE POLICY everything ON referral_link TO portal_jobs USING (true) WITH CHECK (true);
"""


def upgrade() -> None:
    op.execute("SET LOCAL ROLE portal_owner")
    op.execute(TABLES)
    op.execute(SECURITY)
    op.execute(POLICIES)
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("DROP FUNCTION linked_referral CASCADE")
    op.execute(
        "DROP TABLE draft, consent, referral_link, blind_index, identity, preview, keys.person_key, referral CASCADE"
    )
    op.execute("DROP SEQUENCE referral_number")
