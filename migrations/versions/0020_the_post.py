"""The post: leases in the outbox, morning files and their passwords, choices, reminders, and how each job is doing."""

from alembic import op

revision = "0020"
down_revision = "0019"

NEW_EVENTS = "places_confirmed"
EVENTS = """
    referral_submitted address_confirmed guardian_consented guardian_refused referral_confirmed referral_placed
    referral_waitlisted referral_unroutable referral_oriented_by_hand referral_withdrawn referral_closed
    referral_merged referral_reopened assignment_seen assignment_accepted assignment_bounced
    assignment_expired assignment_undone assignment_contacted assignment_paired assignment_ended
    assignment_given_up assignment_unreachable information_asked assignment_postponed capacity_changed
    pause_changed criteria_changed objective_declared criteria_proposed proposal_settled programme_changed
    outside_count_declared campaign_changed association_changed
"""
NEW_ACTS = """
    file_password_read file_password_renewed file_setting_changed morning_file_read mail_retried job_woken
"""
ACTS = """
    contact_read referral_seen answered oriented capacity_changed signed_in sign_in_refused signed_out
    searched consent_given criteria_changed programme_changed objective_changed association_changed member_invited
    member_joined member_left role_changed password_changed second_factor_set second_factor_reset
    second_factor_refused provider_changed identity_linked lead_read lead_changed offer_changed company_changed
    document_made figures_exported
"""
NEW_MESSAGES = """
    address_reminder guardian_reminder referral_waitlisted referral_paired referral_closed request_offered
    requests_digest silence_reminder follow_up_due places_check proposal_settled file_password_renewed morning_file
    staff_digest erasure_notice clarification_answered
"""
MESSAGES = """
    referral_received confirm_address guardian_consent guardian_informed referral_placed referral_accepted
    clarification_asked applicant_awaited invitation password_reset password_changed lead_received second_factor_reset
"""
NEW_STATES = "spread dropped"
STATES = "pending sent dead"

OUTBOX = """
ALTER TABLE outbox ADD COLUMN association_id UUID, ADD COLUMN account_id UUID,
    ADD COLUMN token INTEGER NOT NULL DEFAULT 0, ADD COLUMN leased_until TIMESTAMP WITH TIME ZONE,
    ADD COLUMN gives_up_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now() + interval '48 hours',
    ADD COLUMN dead_at TIMESTAMP WITH TIME ZONE;
UPDATE outbox SET gives_up_at = created_at + interval '48 hours',
    dead_at = CASE WHEN state = 'dead' THEN next_attempt_at END;
ALTER TABLE outbox ALTER COLUMN token DROP DEFAULT, ALTER COLUMN gives_up_at DROP DEFAULT;
DROP INDEX ix_outbox_pending;
CREATE INDEX ix_outbox_pending ON outbox (next_attempt_at, id) WHERE state = 'pending';
CREATE INDEX ix_outbox_dead ON outbox (dead_at, id) WHERE state = 'dead';
CREATE INDEX ix_outbox_notice ON outbox (referral_id, created_at) WHERE message = 'erasure_notice';
CREATE INDEX ix_outbox_reference ON outbox (reference_id) WHERE reference_id IS NOT NULL;
"""

COLUMNS = """
ALTER TABLE association ADD COLUMN morning_mode VARCHAR(40) NOT NULL DEFAULT 'when_unseen'
        CONSTRAINT ck_association_morning_mode CHECK (morning_mode IN ('always', 'when_unseen', 'never')),
    ADD COLUMN morning_hours SMALLINT NOT NULL DEFAULT 24
        CONSTRAINT ck_association_morning_hours CHECK (morning_hours BETWEEN 1 AND 168),
    ADD COLUMN places_confirmed_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE association ALTER COLUMN morning_mode DROP DEFAULT, ALTER COLUMN morning_hours DROP DEFAULT;
ALTER TABLE account ADD COLUMN mail_refused_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE referral ADD COLUMN news VARCHAR(40) NOT NULL DEFAULT 'every_step'
        CONSTRAINT ck_referral_news CHECK (news IN ('every_step', 'outcome', 'none')),
    ADD COLUMN mail_refused_at TIMESTAMP WITH TIME ZONE, ADD COLUMN guardian_refused_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE referral ALTER COLUMN news DROP DEFAULT;
CREATE INDEX ix_referral_refused ON referral (received_at, id)
    WHERE mail_refused_at IS NOT NULL OR guardian_refused_at IS NOT NULL;
"""

TABLES = """
CREATE TABLE morning_file (
    id UUID NOT NULL,
    association_id UUID NOT NULL,
    day DATE NOT NULL,
    mode VARCHAR(40) NOT NULL,
    state VARCHAR(40) NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    at TIMESTAMP WITH TIME ZONE,
    snapshot TEXT,
    lines JSONB,
    digest BYTEA,
    unseen INTEGER NOT NULL,
    new INTEGER NOT NULL,
    attempts SMALLINT NOT NULL,
    token INTEGER NOT NULL,
    next_attempt_at TIMESTAMP WITH TIME ZONE NOT NULL,
    leased_until TIMESTAMP WITH TIME ZONE,
    made_at TIMESTAMP WITH TIME ZONE,
    error TEXT,
    CONSTRAINT pk_morning_file PRIMARY KEY (id),
    CONSTRAINT uq_morning_file_association_id_day UNIQUE (association_id, day),
    CONSTRAINT fk_morning_file_association_id FOREIGN KEY(association_id) REFERENCES association (id),
    CONSTRAINT ck_morning_file_digest CHECK ((state = 'made') = (digest IS NOT NULL)),
    CONSTRAINT ck_morning_file_mode CHECK (mode IN ('always', 'when_unseen', 'never')),
    CONSTRAINT ck_morning_file_state CHECK (state IN ('waiting', 'made', 'empty', 'not_needed', 'not_wanted',
        'missed', 'failed'))
);
CREATE INDEX ix_morning_file_day ON morning_file (day, state);
CREATE INDEX ix_morning_file_waiting ON morning_file (next_attempt_at, id) WHERE state = 'waiting';
CREATE TABLE morning_workbook (
    id UUID NOT NULL,
    morning_file_id UUID NOT NULL,
    association_id UUID NOT NULL,
    password_number SMALLINT NOT NULL,
    file BYTEA NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_morning_workbook PRIMARY KEY (id),
    CONSTRAINT uq_morning_workbook_morning_file_id_password_number UNIQUE (morning_file_id, password_number),
    CONSTRAINT fk_morning_workbook_morning_file_id FOREIGN KEY(morning_file_id) REFERENCES morning_file (id)
        ON DELETE CASCADE,
    CONSTRAINT fk_morning_workbook_association_id FOREIGN KEY(association_id) REFERENCES association (id)
);
CREATE TABLE file_password (
    id UUID NOT NULL,
    association_id UUID NOT NULL,
    number SMALLINT NOT NULL,
    sealed BYTEA NOT NULL,
    because VARCHAR(40) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    retired_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_file_password PRIMARY KEY (id),
    CONSTRAINT uq_file_password_association_id_number UNIQUE (association_id, number),
    CONSTRAINT fk_file_password_association_id FOREIGN KEY(association_id) REFERENCES association (id),
    CONSTRAINT ck_file_password_because CHECK (because IN ('first', 'quarter', 'member_left', 'asked'))
);
CREATE UNIQUE INDEX uq_file_password_current ON file_password (association_id) WHERE retired_at IS NULL;
CREATE TABLE notice_choice (
    id UUID NOT NULL,
    account_id UUID NOT NULL,
    association_id UUID,
    notice VARCHAR(40) NOT NULL,
    rhythm VARCHAR(40) NOT NULL,
    CONSTRAINT pk_notice_choice PRIMARY KEY (id),
    CONSTRAINT fk_notice_choice_account_id FOREIGN KEY(account_id) REFERENCES account (id),
    CONSTRAINT fk_notice_choice_association_id FOREIGN KEY(association_id) REFERENCES association (id),
    CONSTRAINT ck_notice_choice_notice CHECK (notice IN ('offered', 'silence', 'follow_up', 'places', 'criteria',
        'morning_file', 'staff_news')),
    CONSTRAINT ck_notice_choice_rhythm CHECK (rhythm IN ('at_once', 'daily', 'weekly', 'never'))
);
CREATE UNIQUE INDEX uq_notice_choice ON notice_choice (account_id, notice,
    coalesce(association_id, '00000000-0000-0000-0000-000000000000'::uuid));
CREATE TABLE reminder (
    assignment_id UUID NOT NULL,
    step VARCHAR(40) NOT NULL,
    association_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_reminder PRIMARY KEY (assignment_id, step),
    CONSTRAINT fk_reminder_assignment_id FOREIGN KEY(assignment_id) REFERENCES assignment (id) ON DELETE CASCADE,
    CONSTRAINT fk_reminder_association_id FOREIGN KEY(association_id) REFERENCES association (id),
    CONSTRAINT ck_reminder_step CHECK (step IN ('half', 'four_fifths'))
);
CREATE TABLE job_track (
    name TEXT NOT NULL,
    job TEXT NOT NULL,
    slot TEXT,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    failed_at TIMESTAMP WITH TIME ZONE,
    running_on TEXT,
    leased_until TIMESTAMP WITH TIME ZONE,
    failures INTEGER NOT NULL,
    error TEXT,
    CONSTRAINT pk_job_track PRIMARY KEY (name)
);
"""
NEW_TABLES = ("morning_file", "morning_workbook", "file_password", "notice_choice", "reminder", "job_track")

OWN = "association_id = (SELECT scope_association())"
MINE = "account_id = (SELECT scope_account())"
RIGHTS = f"""
GRANT UPDATE (token, leased_until, gives_up_at, dead_at) ON outbox TO portal_jobs;
GRANT UPDATE (state, attempts, next_attempt_at, gives_up_at, leased_until, dead_at, error) ON outbox TO portal_staff;
CREATE POLICY retry ON outbox FOR UPDATE TO portal_staff USING (state = 'dead') WITH CHECK (state = 'pending');
ALTER POLICY invite ON outbox WITH CHECK (
    message IN ('invitation', 'second_factor_reset', 'proposal_settled') AND referral_id IS NULL);
CREATE POLICY answered ON outbox FOR INSERT TO portal_public WITH CHECK (
    message = 'clarification_answered' AND referral_id IS NULL AND account_id IS NULL AND EXISTS (
        SELECT FROM clarification c WHERE c.assignment_id = outbox.reference_id
            AND c.association_id = outbox.association_id AND c.referral_id = (SELECT linked_referral())));
CREATE POLICY tell ON outbox FOR INSERT TO portal_association WITH CHECK (
    message IN ('referral_paired', 'referral_closed') AND account_id IS NULL AND EXISTS (
        SELECT FROM assignment a WHERE a.referral_id = outbox.referral_id AND a.{OWN}));

GRANT UPDATE (morning_mode, morning_hours, places_confirmed_at) ON association TO portal_association;
GRANT SELECT (mail_refused_at) ON account TO portal_association, portal_staff, portal_jobs;
GRANT UPDATE (mail_refused_at) ON account TO portal_jobs;
CREATE POLICY refusals ON account FOR UPDATE TO portal_jobs USING (true) WITH CHECK (true);
GRANT SELECT ON membership TO portal_jobs;
CREATE POLICY letters ON membership FOR SELECT TO portal_jobs USING (true);
GRANT UPDATE (mail_refused_at, guardian_refused_at) ON referral TO portal_jobs;
GRANT UPDATE (news) ON referral TO portal_link;
GRANT UPDATE (excerpt, to_verify, bounce_note, closed_at) ON assignment TO portal_jobs;
GRANT UPDATE (orienter_reason, packed) ON routing_decision TO portal_jobs;
CREATE POLICY forget ON assignment FOR UPDATE TO portal_jobs USING (EXISTS (
    SELECT FROM referral r WHERE r.id = assignment.referral_id AND r.state = 'anonymised')) WITH CHECK (true);

GRANT SELECT ON morning_file TO portal_association, portal_staff;
GRANT SELECT, INSERT, UPDATE, DELETE ON morning_file TO portal_jobs;
GRANT UPDATE (state, attempts, next_attempt_at, leased_until, error) ON morning_file TO portal_staff;
CREATE POLICY own ON morning_file FOR SELECT TO portal_association USING ({OWN});
CREATE POLICY everything ON morning_file FOR SELECT TO portal_staff USING (true);
CREATE POLICY retry ON morning_file FOR UPDATE TO portal_staff USING (state = 'failed') WITH CHECK (state = 'waiting');
CREATE POLICY jobs ON morning_file TO portal_jobs USING (true) WITH CHECK (true);

GRANT SELECT ON morning_workbook TO portal_association;
GRANT SELECT, INSERT, DELETE ON morning_workbook TO portal_jobs;
CREATE POLICY own ON morning_workbook FOR SELECT TO portal_association USING ({OWN});
CREATE POLICY jobs ON morning_workbook TO portal_jobs USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE (retired_at) ON file_password TO portal_association, portal_jobs;
GRANT DELETE ON file_password TO portal_jobs;
CREATE POLICY own ON file_password FOR SELECT TO portal_association USING ({OWN});
CREATE POLICY renew ON file_password FOR INSERT TO portal_association WITH CHECK (
    {OWN} AND because = 'asked' AND retired_at IS NULL AND (SELECT scope_administers()));
CREATE POLICY retire ON file_password FOR UPDATE TO portal_association
    USING ({OWN} AND retired_at IS NULL AND (SELECT scope_administers())) WITH CHECK ({OWN} AND retired_at IS NOT NULL);
CREATE POLICY jobs ON file_password TO portal_jobs USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE (rhythm) ON notice_choice TO portal_association, portal_staff;
GRANT SELECT, DELETE ON notice_choice TO portal_jobs;
CREATE POLICY mine ON notice_choice TO portal_association USING ({MINE} AND {OWN}) WITH CHECK ({MINE} AND {OWN});
CREATE POLICY mine_as_staff ON notice_choice TO portal_staff
    USING ({MINE} AND association_id IS NULL) WITH CHECK ({MINE} AND association_id IS NULL);
CREATE POLICY jobs ON notice_choice TO portal_jobs USING (true);

GRANT SELECT, INSERT ON reminder TO portal_jobs;
GRANT SELECT ON reminder TO portal_association;
CREATE POLICY own ON reminder FOR SELECT TO portal_association USING ({OWN});
CREATE POLICY jobs ON reminder TO portal_jobs USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE ON job_track TO portal_jobs;
GRANT SELECT ON job_track TO portal_staff;
CREATE POLICY jobs ON job_track TO portal_jobs USING (true) WITH CHECK (true);
CREATE POLICY everything ON job_track FOR SELECT TO portal_staff USING (true);

GRANT UPDATE (state, attempts, error, progress) ON document TO portal_staff;
CREATE POLICY retry ON document FOR UPDATE TO portal_staff USING (state = 'failed') WITH CHECK (state = 'waiting');
"""

# Coordinators may pause; the morning file is their administrators' to set.
GUARD = """
CREATE FUNCTION guard_morning_settings() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF current_user = 'portal_association' AND NOT scope_administers() THEN
        RAISE EXCEPTION 'only administrators set the morning file' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_morning_settings BEFORE UPDATE OF morning_mode, morning_hours ON association FOR EACH ROW
    WHEN (OLD.morning_mode IS DISTINCT FROM NEW.morning_mode OR OLD.morning_hours IS DISTINCT FROM NEW.morning_hours)
    EXECUTE FUNCTION guard_morning_settings();
CREATE FUNCTION choose_linked_news(level text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE referral SET news = level WHERE tracking_digest = scope_link();
    RETURN (SELECT news FROM referral WHERE tracking_digest = scope_link());
END $$;
REVOKE ALL ON FUNCTION choose_linked_news FROM PUBLIC;
GRANT EXECUTE ON FUNCTION choose_linked_news TO portal_public;
ALTER FUNCTION choose_linked_news OWNER TO portal_link;
"""

BACK = """
DROP FUNCTION choose_linked_news;
DROP TRIGGER guard_morning_settings ON association;
DROP FUNCTION guard_morning_settings;
DROP POLICY retry ON document;
REVOKE UPDATE (state, attempts, error, progress) ON document FROM portal_staff;
REVOKE UPDATE (news) ON referral FROM portal_link;
DROP POLICY forget ON assignment; REVOKE UPDATE (excerpt, to_verify, bounce_note, closed_at) ON assignment FROM portal_jobs;
REVOKE UPDATE (orienter_reason, packed) ON routing_decision FROM portal_jobs;
DROP POLICY letters ON membership; REVOKE SELECT ON membership FROM portal_jobs;
DROP POLICY refusals ON account;
ALTER POLICY invite ON outbox WITH CHECK (message IN ('invitation', 'second_factor_reset') AND referral_id IS NULL);
DROP POLICY tell ON outbox; DROP POLICY answered ON outbox; DROP POLICY retry ON outbox;
REVOKE UPDATE (state, attempts, next_attempt_at, error) ON outbox FROM portal_staff;
ALTER TABLE referral DROP COLUMN news, DROP COLUMN mail_refused_at, DROP COLUMN guardian_refused_at;
ALTER TABLE account DROP COLUMN mail_refused_at;
ALTER TABLE association DROP COLUMN morning_mode, DROP COLUMN morning_hours, DROP COLUMN places_confirmed_at;
DROP INDEX ix_outbox_notice, ix_outbox_reference, ix_outbox_dead, ix_outbox_pending;
ALTER TABLE outbox DROP COLUMN association_id, DROP COLUMN account_id, DROP COLUMN token, DROP COLUMN leased_until,
    DROP COLUMN gives_up_at, DROP COLUMN dead_at;
CREATE INDEX ix_outbox_pending ON outbox (next_attempt_at) WHERE state = 'pending';
"""


def allow(table: str, column: str, words: str) -> None:
    """The closed list of a column, written anew."""
    name = f"ck_{table}_{column}"
    listed = ", ".join(f"'{word}'" for word in words.split())
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} IN ({listed}))")


def forget(table: str, column: str, words: str) -> None:
    listed = ", ".join(f"'{word}'" for word in words.split())
    op.execute(f"DELETE FROM {table} WHERE {column} IN ({listed})")


def upgrade() -> None:
    op.execute("SET LOCAL ROLE portal_owner")
    allow("event", "name", EVENTS + NEW_EVENTS)
    allow("journal_entry", "act", ACTS + NEW_ACTS)
    allow("outbox", "message", MESSAGES + NEW_MESSAGES)
    allow("outbox", "state", f"{STATES} {NEW_STATES}")
    op.execute(OUTBOX)
    op.execute(COLUMNS)
    op.execute(TABLES)
    for table in NEW_TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY owner ON {table} TO portal_owner USING (true) WITH CHECK (true)")
    op.execute(RIGHTS)
    op.execute(GUARD)
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute(f"DROP TABLE {', '.join(NEW_TABLES)}")
    op.execute(BACK)
    forget("event", "name", NEW_EVENTS)
    forget("outbox", "message", NEW_MESSAGES)
    forget("outbox", "state", NEW_STATES)
    op.execute("DELETE FROM journal_seal")
    forget("journal_entry", "act", NEW_ACTS)
    allow("event", "name", EVENTS)
    allow("journal_entry", "act", ACTS)
    allow("outbox", "message", MESSAGES)
    allow("outbox", "state", STATES)
