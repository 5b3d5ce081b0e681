"""What a mailed link may do: withdraw, confirm the address, consent as guardian. Three narrow functions.

They run as portal_link, which sees and changes nothing but the referral of the link bound to the transaction.
Each returns the state of the referral afterwards, or null when the link opens nothing or is for another purpose.
"""

from alembic import op

revision = "0008"
down_revision = "0007"

RIGHTS = """
GRANT SELECT ON assignment TO portal_link;
GRANT UPDATE (state, state_since, awaiting, version) ON referral TO portal_link;
GRANT UPDATE (state, answered_at, closed_at, undo_until, contact_from, contact_until, version)
    ON assignment TO portal_link;
GRANT INSERT ON event, consent, standing_delta TO portal_link;
CREATE POLICY narrow_update ON referral FOR UPDATE TO portal_link
    USING (id = (SELECT linked_referral())) WITH CHECK (id = (SELECT linked_referral()));
CREATE POLICY narrow ON assignment TO portal_link
    USING (referral_id = (SELECT linked_referral())) WITH CHECK (referral_id = (SELECT linked_referral()));
CREATE POLICY narrow ON event FOR INSERT TO portal_link WITH CHECK (referral_id = (SELECT linked_referral()));
CREATE POLICY narrow ON consent FOR INSERT TO portal_link WITH CHECK (referral_id = (SELECT linked_referral()));
CREATE POLICY narrow ON standing_delta FOR INSERT TO portal_link WITH CHECK (association_id IN (
    SELECT association_id FROM assignment WHERE referral_id = (SELECT linked_referral())));
"""

WITHDRAW = """
CREATE FUNCTION withdraw_linked_referral(at timestamptz) RETURNS text LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE found referral; open_one assignment;
BEGIN
    SELECT * INTO found FROM referral WHERE tracking_digest = scope_link() FOR UPDATE;
    IF found.id IS NULL OR found.state IN ('withdrawn', 'merged', 'anonymised', 'closed') THEN
        RETURN found.state;
    END IF;
    SELECT * INTO open_one FROM assignment WHERE referral_id = found.id AND closed_at IS NULL FOR UPDATE;
    IF open_one.id IS NOT NULL THEN
        UPDATE assignment SET state = 'withdrawn', closed_at = at, undo_until = NULL, contact_from = NULL,
            contact_until = NULL, version = version + 1 WHERE id = open_one.id;
        IF open_one.state <> 'ended' THEN
            INSERT INTO standing_delta (id, association_id, campaign_id, side, programme_id, capacity_id, amount)
            VALUES (gen_random_uuid(), open_one.association_id, open_one.campaign_id, open_one.side,
                    open_one.programme_id, open_one.capacity_id, -1);
        END IF;
    END IF;
    UPDATE assignment SET contact_from = NULL, contact_until = NULL, version = version + 1
        WHERE referral_id = found.id AND contact_until IS NOT NULL;
    UPDATE referral SET state = 'withdrawn', state_since = at, version = version + 1 WHERE id = found.id;
    INSERT INTO event (id, at, name, referral_id, association_id, assignment_id, data)
    VALUES (gen_random_uuid(), at, 'referral_withdrawn', found.id, open_one.association_id, open_one.id, '{}');
    RETURN 'withdrawn';
END $$;
"""

CONFIRM = """
CREATE FUNCTION give_awaited(what text, at timestamptz) RETURNS text LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE found referral; left_over text[];
BEGIN
    SELECT * INTO found FROM referral WHERE id = linked_referral() FOR UPDATE;
    left_over := array_remove(found.awaiting, what);
    IF found.state = 'awaiting_consent' AND what = ANY (found.awaiting) THEN
        UPDATE referral SET awaiting = left_over, version = version + 1,
            state = CASE WHEN cardinality(left_over) = 0 THEN 'to_route' ELSE state END,
            state_since = CASE WHEN cardinality(left_over) = 0 THEN at ELSE state_since END
        WHERE id = found.id RETURNING * INTO found;
        INSERT INTO event (id, at, name, referral_id, data) VALUES (gen_random_uuid(), at,
            CASE what WHEN 'address' THEN 'address_confirmed' ELSE 'guardian_consented' END, found.id, '{}');
    END IF;
    RETURN found.state;
END $$;
CREATE FUNCTION confirm_linked_address(at timestamptz) RETURNS text LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM referral_link WHERE digest = scope_link() AND purpose = 'address') THEN
        RETURN NULL;
    END IF;
    RETURN give_awaited('address', at);
END $$;
CREATE FUNCTION consent_as_linked_guardian(wording text, at timestamptz) RETURNS text LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM referral_link WHERE digest = scope_link() AND purpose = 'guardian') THEN
        RETURN NULL;
    END IF;
    INSERT INTO consent (id, referral_id, kind, wording, given_at)
    VALUES (gen_random_uuid(), linked_referral(), 'guardian', wording, at)
    ON CONFLICT DO NOTHING;
    RETURN give_awaited('guardian', at);
END $$;
CREATE FUNCTION refuse_as_linked_guardian(at timestamptz) RETURNS text LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE found referral;
BEGIN
    IF NOT EXISTS (SELECT FROM referral_link WHERE digest = scope_link() AND purpose = 'guardian') THEN
        RETURN NULL;
    END IF;
    SELECT * INTO found FROM referral WHERE id = linked_referral() FOR UPDATE;
    IF found.state = 'awaiting_consent' THEN
        UPDATE referral SET state = 'withdrawn', state_since = at, version = version + 1 WHERE id = found.id;
        INSERT INTO event (id, at, name, referral_id, data)
        VALUES (gen_random_uuid(), at, 'guardian_refused', found.id, '{}');
        RETURN 'withdrawn';
    END IF;
    RETURN found.state;
END $$;
"""

NAMES = (
    "withdraw_linked_referral",
    "give_awaited",
    "confirm_linked_address",
    "consent_as_linked_guardian",
    "refuse_as_linked_guardian",
)


def upgrade() -> None:
    op.execute("SET LOCAL ROLE portal_owner")
    op.execute(RIGHTS)
    op.execute(WITHDRAW)
    op.execute(CONFIRM)
    for name in NAMES:
        op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
        if name != "give_awaited":
            op.execute(f"GRANT EXECUTE ON FUNCTION {name} TO portal_public")
        op.execute(f"ALTER FUNCTION {name} OWNER TO portal_link")
    op.execute("RESET ROLE")


def downgrade() -> None:
    for name in reversed(NAMES):
        op.execute(f"DROP FUNCTION {name}")
    op.execute("DROP POLICY narrow_update ON referral; DROP POLICY narrow ON assignment")
    op.execute("DROP POLICY narrow ON event; DROP POLICY narrow ON consent; DROP POLICY narrow ON standing_delta")
    op.execute("REVOKE ALL ON assignment, event, consent, standing_delta FROM portal_link")
    op.execute("REVOKE UPDATE (state, state_since, awaiting, version) ON referral FROM portal_link")
