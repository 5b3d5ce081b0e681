"""The engine kept by staff: replays, policies that two people publish, forecasts and projected levels."""

from alembic import op

revision = "0022"
down_revision = "0021"

TABLES = """
CREATE TABLE replay (
    id UUID NOT NULL,
    side VARCHAR(40) NOT NULL,
    title TEXT NOT NULL,
    since DATE NOT NULL,
    until DATE NOT NULL,
    changes JSONB NOT NULL,
    seeds SMALLINT NOT NULL,
    state VARCHAR(40) NOT NULL,
    progress SMALLINT NOT NULL,
    report JSONB,
    error TEXT,
    attempts SMALLINT NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    asked_by UUID,
    running_since TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_replay PRIMARY KEY (id),
    CONSTRAINT ck_replay_side CHECK (side IN ('mentee', 'mentor')),
    CONSTRAINT ck_replay_state CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    CONSTRAINT ck_replay_period CHECK (since <= until),
    CONSTRAINT ck_replay_progress CHECK (progress BETWEEN 0 AND 100),
    CONSTRAINT ck_replay_report CHECK ((state = 'done') = (report IS NOT NULL))
);
CREATE INDEX ix_replay_asked ON replay (asked_at);
CREATE INDEX ix_replay_waiting ON replay (asked_at) WHERE state IN ('waiting', 'running');
CREATE TABLE policy_proposal (
    id UUID NOT NULL,
    name TEXT NOT NULL,
    maximum_hops SMALLINT NOT NULL,
    reason TEXT NOT NULL,
    replay_id UUID,
    returns_to INTEGER,
    proposed_by UUID NOT NULL,
    proposed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    outcome VARCHAR(40),
    settled_by UUID,
    settled_at TIMESTAMP WITH TIME ZONE,
    verdict_reason TEXT,
    version INTEGER,
    CONSTRAINT pk_policy_proposal PRIMARY KEY (id),
    CONSTRAINT fk_policy_proposal_replay_id FOREIGN KEY(replay_id) REFERENCES replay (id),
    CONSTRAINT fk_policy_proposal_returns_to FOREIGN KEY(returns_to) REFERENCES routing_policy (version),
    CONSTRAINT fk_policy_proposal_version FOREIGN KEY(version) REFERENCES routing_policy (version),
    CONSTRAINT uq_policy_proposal_version UNIQUE (version),
    CONSTRAINT ck_policy_proposal_outcome CHECK (outcome IN ('published', 'refused', 'withdrawn')),
    CONSTRAINT ck_policy_proposal_hops CHECK (maximum_hops BETWEEN 1 AND 10),
    CONSTRAINT ck_policy_proposal_version CHECK ((outcome = 'published') = (version IS NOT NULL)),
    CONSTRAINT ck_policy_proposal_settled CHECK ((outcome IS NULL) = (settled_at IS NULL))
);
CREATE UNIQUE INDEX uq_policy_proposal_pending ON policy_proposal (outcome) NULLS NOT DISTINCT WHERE outcome IS NULL;
CREATE TABLE forecast (
    association_id UUID NOT NULL,
    campaign_id UUID NOT NULL,
    side VARCHAR(40) NOT NULL,
    made_on DATE NOT NULL,
    committed INTEGER NOT NULL,
    objective INTEGER NOT NULL,
    low INTEGER NOT NULL,
    expected INTEGER NOT NULL,
    high INTEGER NOT NULL,
    CONSTRAINT pk_forecast PRIMARY KEY (association_id, campaign_id, side, made_on),
    CONSTRAINT fk_forecast_association_id FOREIGN KEY(association_id) REFERENCES association (id),
    CONSTRAINT fk_forecast_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaign (id),
    CONSTRAINT ck_forecast_side CHECK (side IN ('mentee', 'mentor')),
    CONSTRAINT ck_forecast_interval CHECK (low <= expected AND expected <= high)
);
CREATE TABLE projected_level (
    association_id UUID NOT NULL,
    campaign_id UUID NOT NULL,
    side VARCHAR(40) NOT NULL,
    solved_on DATE NOT NULL,
    numerator BIGINT NOT NULL,
    denominator BIGINT NOT NULL,
    CONSTRAINT pk_projected_level PRIMARY KEY (association_id, campaign_id, side),
    CONSTRAINT fk_projected_level_association_id FOREIGN KEY(association_id) REFERENCES association (id),
    CONSTRAINT fk_projected_level_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaign (id),
    CONSTRAINT ck_projected_level_side CHECK (side IN ('mentee', 'mentor')),
    CONSTRAINT ck_projected_level_positive CHECK (numerator >= 0 AND denominator > 0)
);
"""
NEW_TABLES = ("policy_proposal", "replay", "forecast", "projected_level")

ME = "(SELECT scope_account())"
RIGHTS = f"""
GRANT SELECT, INSERT ON replay TO portal_staff;
CREATE POLICY everything ON replay FOR SELECT TO portal_staff, portal_jobs USING (true);
CREATE POLICY ask ON replay FOR INSERT TO portal_staff WITH CHECK (asked_by = {ME} AND state = 'waiting');
GRANT SELECT, DELETE ON replay TO portal_jobs;
GRANT UPDATE (state, progress, report, error, attempts, running_since, finished_at) ON replay TO portal_jobs;
CREATE POLICY run ON replay FOR UPDATE TO portal_jobs USING (true) WITH CHECK (true);
CREATE POLICY clear ON replay FOR DELETE TO portal_jobs USING (NOT state IN ('waiting', 'running'));

GRANT SELECT, INSERT ON policy_proposal TO portal_staff;
GRANT UPDATE (outcome, settled_by, settled_at, verdict_reason, version) ON policy_proposal TO portal_staff;
GRANT SELECT (replay_id) ON policy_proposal TO portal_jobs;
CREATE POLICY everything ON policy_proposal FOR SELECT TO portal_staff, portal_jobs USING (true);
CREATE POLICY propose ON policy_proposal FOR INSERT TO portal_staff
    WITH CHECK (proposed_by = {ME} AND outcome IS NULL);
CREATE POLICY settle ON policy_proposal FOR UPDATE TO portal_staff USING (outcome IS NULL) WITH CHECK (
    settled_by = {ME} AND (proposed_by <> {ME}) = (outcome IN ('published', 'refused'))
    AND (version IS NULL OR EXISTS (SELECT FROM routing_policy r WHERE r.version = policy_proposal.version
        AND r.created_by = {ME} AND r.name = policy_proposal.name AND r.maximum_hops = policy_proposal.maximum_hops)));
GRANT SELECT (version, name, maximum_hops) ON routing_policy TO portal_public;
CREATE POLICY published ON routing_policy FOR SELECT TO portal_public USING (true);
GRANT INSERT ON routing_policy TO portal_staff;
CREATE POLICY publish ON routing_policy FOR INSERT TO portal_staff WITH CHECK (
    created_by = {ME} AND EXISTS (
        SELECT FROM policy_proposal p WHERE p.outcome IS NULL AND p.proposed_by <> {ME}
            AND p.name = routing_policy.name AND p.maximum_hops = routing_policy.maximum_hops));

GRANT SELECT ON forecast TO portal_association, portal_staff;
GRANT SELECT, INSERT, UPDATE, DELETE ON forecast TO portal_jobs;
CREATE POLICY own ON forecast FOR SELECT TO portal_association
    USING (association_id = (SELECT scope_association()));
CREATE POLICY everything ON forecast FOR SELECT TO portal_staff USING (true);
CREATE POLICY keep ON forecast TO portal_jobs USING (true) WITH CHECK (true);

GRANT SELECT ON projected_level TO portal_staff, portal_router;
GRANT SELECT, INSERT, UPDATE, DELETE ON projected_level TO portal_jobs;
CREATE POLICY everything ON projected_level FOR SELECT TO portal_staff, portal_router USING (true);
CREATE POLICY keep ON projected_level TO portal_jobs USING (true) WITH CHECK (true);
"""

# One version a proposal, settled by whoever publishes it, the next number of all: looked at when all of it is written.
TWO_PEOPLE = """
CREATE FUNCTION publish_by_settling() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM policy_proposal p WHERE p.version = NEW.version AND p.outcome = 'published'
            AND p.settled_by = NEW.created_by AND p.proposed_by <> NEW.created_by) THEN
        RAISE EXCEPTION 'a policy is published by settling its proposal' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.version <> 1 + (SELECT coalesce(max(version), 0) FROM routing_policy WHERE version < NEW.version) THEN
        RAISE EXCEPTION 'a policy takes the next version' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER publish_by_settling AFTER INSERT ON routing_policy DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (current_user = 'portal_staff') EXECUTE FUNCTION publish_by_settling();
"""

NEW_ACTS = "replay_asked policy_proposed policy_settled"
ACTS = """
    contact_read referral_seen answered oriented capacity_changed signed_in sign_in_refused signed_out
    searched consent_given criteria_changed programme_changed objective_changed association_changed member_invited
    member_joined member_left role_changed password_changed second_factor_set second_factor_reset
    second_factor_refused provider_changed identity_linked lead_read lead_changed offer_changed company_changed
    document_made figures_exported file_password_read file_password_renewed file_setting_changed morning_file_read
    mail_retried job_woken
"""
KINDS = "association_report board_report territory_brochure company_kit"
NEW_KINDS = "policy_study"
NEW_EVENTS = "policy_published"
EVENTS = """
    referral_submitted address_confirmed guardian_consented guardian_refused referral_confirmed referral_placed
    referral_waitlisted referral_unroutable referral_oriented_by_hand referral_withdrawn referral_closed
    referral_merged referral_reopened assignment_seen assignment_accepted assignment_bounced
    assignment_expired assignment_undone assignment_contacted assignment_paired assignment_ended
    assignment_given_up assignment_unreachable information_asked assignment_postponed capacity_changed
    pause_changed criteria_changed objective_declared criteria_proposed proposal_settled programme_changed
    outside_count_declared campaign_changed association_changed places_confirmed
"""


def allow(table: str, column: str, words: str) -> None:
    """The closed list of a column, written anew."""
    name = f"ck_{table}_{column}"
    listed = ", ".join(f"'{word}'" for word in words.split())
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} IN ({listed}))")


def upgrade() -> None:
    op.execute("SET LOCAL ROLE portal_owner")
    allow("journal_entry", "act", f"{ACTS} {NEW_ACTS}")
    allow("event", "name", f"{EVENTS} {NEW_EVENTS}")
    allow("document", "kind", f"{KINDS} {NEW_KINDS}")
    op.execute(TABLES)
    for table in NEW_TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY owner ON {table} TO portal_owner USING (true) WITH CHECK (true)")
    op.execute(RIGHTS)
    op.execute(TWO_PEOPLE)
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("DROP TRIGGER publish_by_settling ON routing_policy; DROP FUNCTION publish_by_settling")
    op.execute("DROP POLICY publish ON routing_policy; DROP POLICY published ON routing_policy")
    op.execute("REVOKE SELECT (version, name, maximum_hops) ON routing_policy FROM portal_public")
    op.execute("REVOKE INSERT ON routing_policy FROM portal_staff")
    op.execute(f"DROP TABLE {', '.join(NEW_TABLES)}")
    op.execute("DELETE FROM journal_seal")
    op.execute("DELETE FROM journal_entry WHERE act IN ('replay_asked', 'policy_proposed', 'policy_settled')")
    op.execute("DELETE FROM event WHERE name = 'policy_published'")
    op.execute("DELETE FROM document WHERE kind = 'policy_study'")
    allow("journal_entry", "act", ACTS)
    allow("event", "name", EVENTS)
    allow("document", "kind", KINDS)
