"""Accounts, memberships and sessions: the sign-in role's whole world."""

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = """
CREATE TABLE account (
    id UUID NOT NULL,
    mail TEXT NOT NULL,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    staff BOOLEAN NOT NULL,
    demo BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_account PRIMARY KEY (id)
);
CREATE UNIQUE INDEX uq_account_mail ON account (lower(mail));
CREATE TABLE membership (
    id UUID NOT NULL,
    account_id UUID NOT NULL,
    association_id UUID NOT NULL,
    role VARCHAR(40) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_membership PRIMARY KEY (id),
    CONSTRAINT fk_membership_account_id FOREIGN KEY(account_id) REFERENCES account (id),
    CONSTRAINT fk_membership_association_id FOREIGN KEY(association_id) REFERENCES association (id),
    CONSTRAINT ck_membership_role CHECK (role IN ('coordinator', 'administrator', 'staff'))
);
CREATE INDEX ix_membership_association_id ON membership (association_id);
CREATE UNIQUE INDEX uq_membership_current ON membership (account_id, association_id) WHERE ended_at IS NULL;
CREATE TABLE login_session (
    digest TEXT NOT NULL,
    account_id UUID NOT NULL,
    association_id UUID,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_login_session PRIMARY KEY (digest),
    CONSTRAINT fk_login_session_account_id FOREIGN KEY(account_id) REFERENCES account (id),
    CONSTRAINT fk_login_session_association_id FOREIGN KEY(association_id) REFERENCES association (id)
);
CREATE INDEX ix_login_session_account_id ON login_session (account_id);
"""

SECURITY = """
ALTER TABLE account ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON account TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE membership ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON membership TO portal_owner USING (true) WITH CHECK (true);
ALTER TABLE login_session ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON login_session TO portal_owner USING (true) WITH CHECK (true);
"""

POLICIES = """
GRANT SELECT ON account, membership TO portal_signin;
GRANT UPDATE (password_hash) ON account TO portal_signin;
GRANT SELECT, INSERT, UPDATE, DELETE ON login_session TO portal_signin;
CREATE POLICY sign_in ON account TO portal_signin USING (true) WITH CHECK (true);
CREATE POLICY sign_in ON membership FOR SELECT TO portal_signin USING (true);
CREATE POLICY sign_in ON login_session TO portal_signin USING (true) WITH CHECK (true);

GRANT SELECT (id, mail, name, staff, created_at, closed_at) ON account TO portal_association, portal_staff;
GRANT SELECT ON membership TO portal_association, portal_staff;
CREATE POLICY own ON membership FOR SELECT TO portal_association USING (association_id = (SELECT scope_association()));
CREATE POLICY members ON account FOR SELECT TO portal_association USING (EXISTS (
    SELECT FROM membership m WHERE m.account_id = account.id AND m.association_id = (SELECT scope_association())));
CREATE POLICY everything ON account FOR SELECT TO portal_staff USING (true);
CREATE POLICY everything ON membership FOR SELECT TO portal_staff USING (true);
"""


def upgrade() -> None:
    op.execute("SET LOCAL ROLE portal_owner")
    op.execute(TABLES)
    op.execute(SECURITY)
    op.execute(POLICIES)
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("DROP TABLE login_session, membership, account CASCADE")
