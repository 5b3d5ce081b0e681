"""Coming in: invitations, reset of a password, the second factor, providers; and leaving, which ends sessions at once."""

from alembic import op

revision = "0017"
down_revision = "0016"

TABLES = """
CREATE TABLE invitation (
    id UUID NOT NULL,
    mail TEXT NOT NULL,
    association_id UUID,
    role VARCHAR(40) NOT NULL,
    invited_by UUID,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    link_version SMALLINT NOT NULL,
    accepted_at TIMESTAMP WITH TIME ZONE,
    accepted_by UUID,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_invitation PRIMARY KEY (id),
    CONSTRAINT fk_invitation_association_id FOREIGN KEY(association_id) REFERENCES association (id),
    CONSTRAINT ck_invitation_role CHECK (role IN ('coordinator', 'administrator', 'staff'))
);
CREATE INDEX ix_invitation_association_id ON invitation (association_id);
CREATE UNIQUE INDEX uq_invitation_pending ON invitation (lower(mail), coalesce(association_id,
    '00000000-0000-0000-0000-000000000000'::uuid)) WHERE accepted_at IS NULL AND withdrawn_at IS NULL;
CREATE TABLE password_reset (
    id UUID NOT NULL,
    account_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_password_reset PRIMARY KEY (id),
    CONSTRAINT fk_password_reset_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);
CREATE INDEX ix_password_reset_account_id ON password_reset (account_id);
CREATE TABLE identity_provider (
    id UUID NOT NULL,
    association_id UUID NOT NULL,
    name TEXT NOT NULL,
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    client_secret_sealed BYTEA NOT NULL,
    enabled BOOLEAN NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID,
    version INTEGER NOT NULL,
    CONSTRAINT pk_identity_provider PRIMARY KEY (id),
    CONSTRAINT uq_identity_provider_association_id UNIQUE (association_id),
    CONSTRAINT fk_identity_provider_association_id FOREIGN KEY(association_id) REFERENCES association (id)
);
CREATE TABLE external_identity (
    id UUID NOT NULL,
    account_id UUID NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_external_identity PRIMARY KEY (id),
    CONSTRAINT uq_external_identity_issuer_subject UNIQUE (issuer, subject),
    CONSTRAINT fk_external_identity_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);
CREATE INDEX ix_external_identity_account_id ON external_identity (account_id);

ALTER TABLE account ADD COLUMN totp_sealed BYTEA, ADD COLUMN totp_confirmed_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN totp_last_step BIGINT, ADD COLUMN recovery_digests TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[];
ALTER TABLE account ALTER COLUMN recovery_digests DROP DEFAULT;
ALTER TABLE login_session ADD COLUMN second_factor_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN proof_at TIMESTAMP WITH TIME ZONE, ADD COLUMN via UUID;
ALTER TABLE login_session ADD CONSTRAINT fk_login_session_via FOREIGN KEY (via) REFERENCES identity_provider (id)
    ON DELETE SET NULL;
"""

SECURITY = """
ALTER TABLE invitation ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON invitation TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE password_reset ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON password_reset TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE identity_provider ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON identity_provider TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE external_identity ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON external_identity TO portal_owner USING (true) WITH CHECK (true);
"""

POLICIES = """
DROP POLICY sign_in ON account;
CREATE POLICY sign_in ON account FOR SELECT TO portal_signin USING (true);
CREATE POLICY renew ON account FOR UPDATE TO portal_signin USING (true) WITH CHECK (true);
CREATE POLICY join_invited ON account FOR INSERT TO portal_signin WITH CHECK (NOT demo AND EXISTS (
    SELECT FROM invitation i WHERE lower(i.mail) = lower(account.mail) AND i.accepted_at IS NULL
        AND i.withdrawn_at IS NULL AND account.staff = (i.role = 'staff')));
GRANT INSERT ON account, membership TO portal_signin;
GRANT UPDATE (totp_sealed, totp_confirmed_at, totp_last_step, recovery_digests) ON account TO portal_signin;
CREATE POLICY join_invited ON membership FOR INSERT TO portal_signin WITH CHECK (EXISTS (
    SELECT FROM invitation i JOIN account a ON lower(a.mail) = lower(i.mail) WHERE a.id = membership.account_id
        AND i.association_id = membership.association_id AND i.role = membership.role
        AND i.accepted_at IS NULL AND i.withdrawn_at IS NULL));
GRANT SELECT (totp_confirmed_at) ON account TO portal_association, portal_staff;
GRANT UPDATE (closed_at, totp_sealed, totp_confirmed_at, totp_last_step, recovery_digests) ON account TO portal_staff;
CREATE POLICY keep ON account FOR UPDATE TO portal_staff USING (true) WITH CHECK (true);
GRANT SELECT (id, mail, name, staff, closed_at) ON account TO portal_jobs;
CREATE POLICY letters ON account FOR SELECT TO portal_jobs USING (true);

GRANT UPDATE (role, ended_at) ON membership TO portal_association, portal_staff;
CREATE POLICY keep_own ON membership FOR UPDATE TO portal_association
    USING (association_id = (SELECT scope_association()) AND ended_at IS NULL AND (SELECT scope_administers()))
    WITH CHECK (association_id = (SELECT scope_association()) AND role <> 'staff');
CREATE POLICY keep ON membership FOR UPDATE TO portal_staff USING (ended_at IS NULL) WITH CHECK (role <> 'staff');

GRANT SELECT, UPDATE (accepted_at, accepted_by) ON invitation TO portal_signin;
GRANT SELECT, INSERT, UPDATE (link_version, expires_at, withdrawn_at) ON invitation TO portal_association, portal_staff;
GRANT SELECT, DELETE ON invitation TO portal_jobs;
CREATE POLICY expire ON invitation FOR DELETE TO portal_jobs USING (expires_at < now() - interval '90 days');
CREATE POLICY sign_in ON invitation FOR SELECT TO portal_signin USING (true);
CREATE POLICY accept ON invitation FOR UPDATE TO portal_signin USING (accepted_at IS NULL AND withdrawn_at IS NULL)
    WITH CHECK (true);
CREATE POLICY own ON invitation FOR SELECT TO portal_association USING (association_id = (SELECT scope_association()));
CREATE POLICY invite_own ON invitation FOR INSERT TO portal_association WITH CHECK (
    association_id = (SELECT scope_association()) AND invited_by = (SELECT scope_account()) AND role <> 'staff'
    AND (SELECT scope_administers()));
CREATE POLICY keep_own ON invitation FOR UPDATE TO portal_association
    USING (association_id = (SELECT scope_association()) AND accepted_at IS NULL AND (SELECT scope_administers()))
    WITH CHECK (association_id = (SELECT scope_association()));
CREATE POLICY everything ON invitation FOR SELECT TO portal_staff, portal_jobs USING (true);
CREATE POLICY invite ON invitation FOR INSERT TO portal_staff WITH CHECK (
    invited_by = (SELECT scope_account()) AND (role = 'staff') = (association_id IS NULL));
CREATE POLICY keep ON invitation FOR UPDATE TO portal_staff USING (accepted_at IS NULL) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE (used_at) ON password_reset TO portal_signin;
GRANT SELECT, DELETE ON password_reset TO portal_jobs;
CREATE POLICY sign_in ON password_reset TO portal_signin USING (true) WITH CHECK (true);
CREATE POLICY jobs ON password_reset TO portal_jobs USING (true);

GRANT SELECT ON identity_provider TO portal_signin;
GRANT SELECT (id, association_id, name, issuer, client_id, enabled, updated_at, updated_by, version)
    ON identity_provider TO portal_association, portal_staff;
GRANT INSERT, UPDATE (name, issuer, client_id, client_secret_sealed, enabled, updated_at, updated_by, version), DELETE
    ON identity_provider TO portal_association;
CREATE POLICY sign_in ON identity_provider FOR SELECT TO portal_signin USING (true);
CREATE POLICY own ON identity_provider FOR SELECT TO portal_association
    USING (association_id = (SELECT scope_association()));
CREATE POLICY keep_own ON identity_provider TO portal_association
    USING (association_id = (SELECT scope_association()) AND (SELECT scope_administers()))
    WITH CHECK (association_id = (SELECT scope_association()) AND (SELECT scope_administers()));
CREATE POLICY everything ON identity_provider FOR SELECT TO portal_staff USING (true);
GRANT SELECT, INSERT, DELETE ON external_identity TO portal_signin;
CREATE POLICY sign_in ON external_identity TO portal_signin USING (true) WITH CHECK (true);

GRANT INSERT ON outbox TO portal_signin, portal_staff;
CREATE POLICY account ON outbox FOR INSERT TO portal_signin WITH CHECK (
    message IN ('password_reset', 'password_changed') AND referral_id IS NULL);
CREATE POLICY invite_own ON outbox FOR INSERT TO portal_association WITH CHECK (message = 'invitation'
    AND EXISTS (SELECT FROM invitation i WHERE i.id = outbox.reference_id
        AND i.association_id = (SELECT scope_association())));
CREATE POLICY invite ON outbox FOR INSERT TO portal_staff WITH CHECK (
    message IN ('invitation', 'second_factor_reset') AND referral_id IS NULL);
"""

# Whether the scope's account administers the scope's association, past the policies that ask it.
ADMINISTERS = """
CREATE FUNCTION scope_administers() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM membership m WHERE m.account_id = scope_account()
        AND m.association_id = scope_association() AND m.role = 'administrator' AND m.ended_at IS NULL) $$;
REVOKE ALL ON FUNCTION scope_administers FROM PUBLIC;
GRANT EXECUTE ON FUNCTION scope_administers TO portal_association;
"""

LEAVING = """
CREATE FUNCTION end_sessions() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_TABLE_NAME = 'account' THEN
        DELETE FROM login_session WHERE account_id = NEW.id;
    ELSE
        DELETE FROM login_session WHERE account_id = NEW.account_id;
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION end_sessions FROM PUBLIC;
CREATE TRIGGER end_sessions AFTER UPDATE OF ended_at ON membership FOR EACH ROW
    WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION end_sessions();
CREATE TRIGGER end_sessions AFTER UPDATE OF closed_at ON account FOR EACH ROW
    WHEN (OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL) EXECUTE FUNCTION end_sessions();
CREATE TRIGGER end_sessions_of_factor AFTER UPDATE OF totp_confirmed_at ON account FOR EACH ROW
    WHEN (OLD.totp_confirmed_at IS NOT NULL AND NEW.totp_confirmed_at IS NULL) EXECUTE FUNCTION end_sessions();
"""

BACK = """
DROP TRIGGER end_sessions_of_factor ON account; DROP TRIGGER end_sessions ON account;
DROP TRIGGER end_sessions ON membership; DROP FUNCTION end_sessions;
DROP POLICY invite ON outbox; DROP POLICY invite_own ON outbox; DROP POLICY account ON outbox;
REVOKE INSERT ON outbox FROM portal_signin, portal_staff;
DROP POLICY keep ON membership; DROP POLICY keep_own ON membership;
REVOKE UPDATE (role, ended_at) ON membership FROM portal_association, portal_staff;
DROP POLICY join_invited ON membership; DROP POLICY join_invited ON account;
REVOKE INSERT ON account, membership FROM portal_signin;
DROP POLICY letters ON account; REVOKE SELECT (id, mail, name, staff, closed_at) ON account FROM portal_jobs;
DROP POLICY keep ON account; REVOKE UPDATE (closed_at) ON account FROM portal_staff;
DROP POLICY renew ON account; DROP POLICY sign_in ON account;
CREATE POLICY sign_in ON account TO portal_signin USING (true) WITH CHECK (true);
ALTER TABLE login_session DROP COLUMN via, DROP COLUMN proof_at, DROP COLUMN second_factor_at;
ALTER TABLE account DROP COLUMN recovery_digests, DROP COLUMN totp_last_step, DROP COLUMN totp_confirmed_at,
    DROP COLUMN totp_sealed;
DROP TABLE external_identity, identity_provider, password_reset, invitation;
DROP FUNCTION scope_administers;
"""


def upgrade() -> None:
    op.execute("SET LOCAL ROLE portal_owner")
    op.execute(TABLES)
    op.execute(SECURITY)
    op.execute(ADMINISTERS)
    op.execute(POLICIES)
    op.execute(LEAVING)
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute(BACK)
