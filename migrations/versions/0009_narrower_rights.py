"""Narrower rights: what a bug inside one door could still have done, the database now refuses.

Rows that name an association and one of its programmes or capacities must agree. An assignment moves only along its
table of transitions and, once closed, is nobody's to reopen. What the public submits belongs to a request it has just
made. Everyone but the owner updates named columns only.
"""

from alembic import op

revision = "0009"
down_revision = "0008"

PAIRS = (
    ("programme_version", "programme", "fk_programme_version_programme_id"),
    ("capacity", "programme", "fk_capacity_programme_id"),
    ("assignment", "programme", "fk_assignment_programme_id"),
    ("assignment", "capacity", "fk_assignment_capacity_id"),
    ("programme_standing", "programme", "fk_programme_standing_programme_id"),
    ("standing_delta", "programme", None),
    ("standing_delta", "capacity", None),
)

DELTAS = """
ALTER TABLE standing_delta ADD CONSTRAINT fk_standing_delta_campaign_id FOREIGN KEY (campaign_id)
    REFERENCES campaign (id);
ALTER TABLE standing_delta ADD CONSTRAINT ck_standing_delta_amount CHECK (amount IN (-1, 1));
"""

# The same table as portal.models.assignment.TRANSITIONS; a test compares them.
MOVES = """
CREATE FUNCTION refuse_assignment_move() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE moves constant jsonb := '{
    "offered": ["seen", "information_asked", "postponed", "accepted", "bounced", "expired", "withdrawn"],
    "seen": ["information_asked", "postponed", "accepted", "bounced", "expired", "withdrawn"],
    "information_asked": ["seen", "postponed", "accepted", "bounced", "expired", "withdrawn"],
    "postponed": ["seen", "information_asked", "accepted", "bounced", "expired", "withdrawn"],
    "accepted": ["contacted", "unreachable", "paired", "given_up", "bounced", "withdrawn", "offered"],
    "contacted": ["unreachable", "paired", "given_up", "bounced", "withdrawn"],
    "unreachable": ["contacted", "paired", "given_up", "bounced", "withdrawn"],
    "paired": ["ended", "withdrawn"],
    "bounced": ["offered", "withdrawn"]}';
BEGIN
    IF OLD.closed_at IS NOT NULL AND NEW.closed_at IS NULL THEN
        RAISE EXCEPTION 'a closed assignment is never reopened' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state <> OLD.state AND NOT COALESCE(moves -> OLD.state ? NEW.state, false) THEN
        RAISE EXCEPTION 'an assignment cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuse_move BEFORE UPDATE ON assignment FOR EACH ROW EXECUTE FUNCTION refuse_assignment_move();
"""

ASSIGNMENTS = """
DROP POLICY own ON assignment;
CREATE POLICY own ON assignment FOR SELECT TO portal_association
    USING (association_id = (SELECT scope_association()));
CREATE POLICY answer ON assignment FOR UPDATE TO portal_association
    USING (association_id = (SELECT scope_association()) AND closed_at IS NULL)
    WITH CHECK (association_id = (SELECT scope_association())
        AND due_at <= GREATEST(offered_at, now()) + interval '60 days'
        AND (contact_from IS NULL OR state IN ('accepted', 'contacted', 'unreachable', 'paired', 'ended', 'given_up'))
        AND (contact_until IS NULL OR contact_until <= contact_from + interval '366 days'));
REVOKE UPDATE ON assignment FROM portal_router;
GRANT UPDATE (state, seen_at, answered_at, undo_until, applied_at, contact_from, contact_until, closed_at, version)
    ON assignment TO portal_router;
"""

SUBMISSIONS = """
CREATE FUNCTION fresh_referral() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$SELECT id FROM referral WHERE tracking_digest = scope_link() AND state = 'awaiting_consent'
        AND received_at > now() - interval '10 minutes'$$;
REVOKE ALL ON FUNCTION fresh_referral FROM PUBLIC;
GRANT EXECUTE ON FUNCTION fresh_referral TO portal_public;
ALTER FUNCTION fresh_referral OWNER TO portal_link;
DROP POLICY submit ON referral;
CREATE POLICY submit ON referral FOR INSERT TO portal_public WITH CHECK (
    tracking_digest = (SELECT scope_link()) AND state = 'awaiting_consent' AND cardinality(awaiting) > 0
    AND received_at <= now() + interval '1 minute');
DROP POLICY submit ON referral_link;
CREATE POLICY submit ON referral_link FOR INSERT TO portal_public
    WITH CHECK (referral_id = (SELECT fresh_referral()));
DROP POLICY submit ON consent;
CREATE POLICY submit ON consent FOR INSERT TO portal_public
    WITH CHECK (referral_id = (SELECT fresh_referral()) AND kind <> 'guardian_authorisation');
DROP POLICY submit ON blind_index;
CREATE POLICY submit ON blind_index FOR INSERT TO portal_public WITH CHECK (referral_id = (SELECT fresh_referral()));
DROP POLICY submit ON event;
CREATE POLICY submit ON event FOR INSERT TO portal_public WITH CHECK (referral_id = (SELECT fresh_referral())
    AND name = 'referral_submitted' AND association_id IS NULL AND assignment_id IS NULL AND account_id IS NULL);
DROP POLICY submit ON outbox;
CREATE POLICY submit ON outbox FOR INSERT TO portal_public WITH CHECK (referral_id = (SELECT linked_referral())
    AND message IN ('referral_received', 'confirm_address', 'guardian_consent', 'guardian_informed'));
"""

HISTORY = """
DROP POLICY own ON event;
CREATE POLICY own ON event FOR SELECT TO portal_association USING (association_id = (SELECT scope_association()));
CREATE POLICY append_own ON event FOR INSERT TO portal_association WITH CHECK (
    association_id = (SELECT scope_association()) AND account_id IS NOT DISTINCT FROM (SELECT scope_account())
    AND (referral_id IS NULL OR EXISTS (SELECT FROM assignment a WHERE a.referral_id = event.referral_id
        AND a.association_id = (SELECT scope_association()))));
DROP POLICY own ON journal_entry;
CREATE POLICY own ON journal_entry FOR SELECT TO portal_association
    USING (association_id = (SELECT scope_association()));
CREATE POLICY append_own ON journal_entry FOR INSERT TO portal_association WITH CHECK (
    association_id = (SELECT scope_association()) AND account_id = (SELECT scope_account())
    AND (referral_id IS NULL OR EXISTS (SELECT FROM assignment a WHERE a.referral_id = journal_entry.referral_id
        AND a.association_id = (SELECT scope_association()))));
"""

COLUMNS = """
REVOKE UPDATE ON referral FROM portal_router, portal_jobs;
GRANT UPDATE (state, state_since, unroutable_why, hops, version, merged_into) ON referral TO portal_router;
GRANT UPDATE (state, state_since, version, profile, age, commune, departement, region, needs) ON referral
    TO portal_jobs;
REVOKE UPDATE ON outbox FROM portal_jobs;
GRANT UPDATE (state, attempts, next_attempt_at, sent_at, error) ON outbox TO portal_jobs;
"""

BACK = """
DROP TRIGGER refuse_move ON assignment; DROP FUNCTION refuse_assignment_move;
DROP POLICY answer ON assignment; DROP POLICY own ON assignment;
CREATE POLICY own ON assignment TO portal_association
    USING (association_id = (SELECT scope_association())) WITH CHECK (association_id = (SELECT scope_association()));
GRANT UPDATE ON assignment TO portal_router; GRANT UPDATE ON referral TO portal_router, portal_jobs;
GRANT UPDATE ON outbox TO portal_jobs;
DROP POLICY append_own ON event; DROP POLICY own ON event;
CREATE POLICY own ON event TO portal_association
    USING (association_id = (SELECT scope_association())) WITH CHECK (association_id = (SELECT scope_association()));
DROP POLICY append_own ON journal_entry; DROP POLICY own ON journal_entry;
CREATE POLICY own ON journal_entry TO portal_association USING (association_id = (SELECT scope_association()))
    WITH CHECK (association_id = (SELECT scope_association()) AND account_id = (SELECT scope_account()));
DROP POLICY submit ON referral; DROP POLICY submit ON referral_link; DROP POLICY submit ON consent;
DROP POLICY submit ON blind_index; DROP POLICY submit ON event; DROP POLICY submit ON outbox;
CREATE POLICY submit ON referral FOR INSERT TO portal_public WITH CHECK (
    tracking_digest = (SELECT scope_link()) AND state IN ('awaiting_consent', 'to_route'));
CREATE POLICY submit ON referral_link FOR INSERT TO portal_public WITH CHECK (referral_id = (SELECT linked_referral()));
CREATE POLICY submit ON consent FOR INSERT TO portal_public WITH CHECK (referral_id = (SELECT linked_referral()));
CREATE POLICY submit ON blind_index FOR INSERT TO portal_public WITH CHECK (referral_id = (SELECT linked_referral()));
CREATE POLICY submit ON event FOR INSERT TO portal_public WITH CHECK (referral_id = (SELECT linked_referral()));
CREATE POLICY submit ON outbox FOR INSERT TO portal_public WITH CHECK (referral_id = (SELECT linked_referral()));
DROP FUNCTION fresh_referral;
ALTER TABLE standing_delta DROP CONSTRAINT fk_standing_delta_campaign_id;
ALTER TABLE standing_delta DROP CONSTRAINT ck_standing_delta_amount;
"""


def upgrade() -> None:
    op.execute("SET LOCAL ROLE portal_owner")
    for table in ("programme", "capacity"):
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT uq_{table}_id_association_id UNIQUE (id, association_id)")
    for table, named, old in PAIRS:
        if old:
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {old}")
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT fk_{table}_{named}_id_association_id"
            f" FOREIGN KEY ({named}_id, association_id) REFERENCES {named} (id, association_id)"
        )
    for part in (DELTAS, MOVES, ASSIGNMENTS, SUBMISSIONS, HISTORY, COLUMNS):
        op.execute(part)
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute(BACK)
    for table, named, old in PAIRS:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT fk_{table}_{named}_id_association_id")
        if old:
            op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {old} FOREIGN KEY ({named}_id) REFERENCES {named} (id)")
    for table in ("programme", "capacity"):
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT uq_{table}_id_association_id")
