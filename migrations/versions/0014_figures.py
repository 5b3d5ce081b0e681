"""Figures by day: appended as deltas with each event, folded by a job, and counted again from the events by command.

One text says what an event counts for; the trigger reads it over the events just written, recounted_figures() over
all of them.
"""

from alembic import op

revision = "0014"
down_revision = "0013"

TABLE = """
CREATE TABLE {name} (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    association_id UUID,
    side VARCHAR(40) NOT NULL,
    measure TEXT NOT NULL,
    dimension TEXT NOT NULL,
    day DATE NOT NULL,
    value TEXT NOT NULL,
    amount INTEGER NOT NULL,
    CONSTRAINT pk_{name} PRIMARY KEY (id),
    CONSTRAINT fk_{name}_association_id FOREIGN KEY(association_id) REFERENCES association (id),
    CONSTRAINT ck_{name}_side CHECK (side IN ('mentee', 'mentor'))
);
ALTER TABLE {name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON {name} TO portal_owner USING (true) WITH CHECK (true);
"""
UNIQUE = """
ALTER TABLE {name} ADD CONSTRAINT uq_{name}_association_id_side_measure_dimension_day_value UNIQUE NULLS NOT DISTINCT
    (association_id, side, measure, dimension, day, value);
"""
INDEX = "CREATE INDEX ix_figure_delta_association ON figure_delta (association_id, measure)"
SUMS = ("daily_figure", "figure_kept")

# How many acceptances of its assignment stood at an event: given, less taken back. At one instant an answer comes
# before its being taken back.
STANDING = """(SELECT count(*) FILTER (WHERE q.name = 'assignment_accepted' AND {given})
        - count(*) FILTER (WHERE q.name = 'assignment_undone' AND q.data ->> 'answer' = 'accepted' AND {taken_back})
    FROM event q WHERE q.assignment_id = {one}.assignment_id AND q.at <= {one}.at
        AND q.name IN ('assignment_accepted', 'assignment_undone'))"""
EARLIER = "(q.at < {one}.at OR q.id < {one}.id)"
AT_ACCEPTING = STANDING.format(one="e", given=EARLIER.format(one="e"), taken_back="q.at < e.at")
AT_UNDOING = STANDING.format(one="u", given="true", taken_back=EARLIER.format(one="u"))
AT_BOUNCING = STANDING.format(one="c", given="true", taken_back="true")

# An answer taken back counts against the day it was given on. Accepting again what stood accepted (a bounce after
# acceptance, taken back) is no second acceptance. The first contact counts, not the following ones; whoever is paired
# has been contacted.
COUNTED = f"""
WITH counted AS (
    SELECT e.id, e.at, e.name, e.referral_id, e.association_id, e.assignment_id, e.data, 1 AS amount
    FROM {{source}} e
    WHERE e.name <> 'assignment_accepted' OR {AT_ACCEPTING} = 0
    UNION ALL
    SELECT p.id, p.at, p.name, p.referral_id, p.association_id, p.assignment_id, p.data, -1
    FROM {{source}} u CROSS JOIN LATERAL (
        SELECT * FROM event q WHERE q.assignment_id = u.assignment_id AND q.at <= u.at
            AND q.name = 'assignment_' || (u.data ->> 'answer')
        ORDER BY q.at DESC, q.id DESC LIMIT 1) p
    WHERE u.name = 'assignment_undone'
        AND (u.data ->> 'answer' = 'bounced' OR {AT_UNDOING} = 1)
), told AS (
    SELECT c.*, m.measure, (c.at AT TIME ZONE 'Europe/Paris')::date AS day, coalesce(a.side, r.side) AS side, a.hop,
        r.age, r.departement, r.needs, r.channel, r.profile, r.received_at, CASE m.measure
            WHEN 'accepted' THEN a.offered_at
            WHEN 'bounced' THEN CASE WHEN {AT_BOUNCING} = 0 THEN a.offered_at END
            WHEN 'contacted' THEN (SELECT max(q.at) FROM event q WHERE q.assignment_id = c.assignment_id
                AND q.name = 'assignment_accepted' AND q.at <= c.at) END AS since
    FROM counted c
    JOIN (VALUES ('referral_confirmed', 'received'), ('referral_placed', 'offered'),
        ('referral_oriented_by_hand', 'offered'), ('referral_waitlisted', 'waitlisted'),
        ('referral_unroutable', 'unroutable'), ('assignment_accepted', 'accepted'),
        ('assignment_bounced', 'bounced'), ('assignment_expired', 'expired'), ('assignment_contacted', 'contacted'),
        ('assignment_paired', 'contacted'), ('assignment_unreachable', 'unreachable'), ('assignment_paired', 'paired'),
        ('assignment_ended', 'ended'), ('assignment_given_up', 'given_up')
    ) m (name, measure) ON m.name = c.name
    LEFT JOIN assignment a ON a.id = c.assignment_id
    LEFT JOIN referral r ON r.id = c.referral_id
    WHERE NOT (m.measure IN ('contacted', 'unreachable') AND EXISTS (
        SELECT FROM event q WHERE q.assignment_id = c.assignment_id AND q.at <= c.at
            AND q.name = CASE m.measure WHEN 'unreachable' THEN 'assignment_unreachable' ELSE 'assignment_contacted' END
            AND (q.at < c.at OR c.name = 'assignment_paired' OR q.id < c.id)))
)
SELECT w.whose AS association_id, t.side, t.measure, f.dimension, t.day, f.value, sum(t.amount)::int AS amount
FROM told t
CROSS JOIN LATERAL (SELECT NULL::uuid AS whose
    UNION ALL SELECT t.association_id WHERE t.association_id IS NOT NULL) w
CROSS JOIN LATERAL (
    SELECT 'total' AS dimension, '' AS value
    UNION ALL SELECT 'reason', t.data ->> 'reason' WHERE t.measure = 'bounced'
    UNION ALL SELECT 'hours', greatest(floor(extract(epoch FROM t.at - t.since) / 3600), 0)::int::text
        WHERE t.since IS NOT NULL
    UNION ALL SELECT 'wait', greatest(floor(extract(epoch FROM t.at - t.received_at) / 3600), 0)::int::text
        WHERE t.measure = 'accepted' AND w.whose IS NULL AND t.received_at IS NOT NULL
    UNION ALL SELECT 'hop', coalesce(t.hop, 0)::text WHERE t.measure IN ('offered', 'accepted')
    UNION ALL SELECT 'departement', coalesce(t.departement, '')
        WHERE t.measure IN ('received', 'accepted', 'paired', 'unroutable') AND w.whose IS NULL
    UNION ALL SELECT 'age', coalesce(t.age::text, '') WHERE t.measure = 'received'
    UNION ALL SELECT 'level', coalesce(t.profile ->> 'level', '') WHERE t.measure = 'received'
    UNION ALL SELECT 'channel', t.channel WHERE t.measure = 'received'
    UNION ALL SELECT 'referrer', t.profile ->> 'referrer_type'
        WHERE t.measure = 'received' AND t.profile ->> 'referrer_type' IS NOT NULL
    UNION ALL SELECT 'need', need FROM unnest(t.needs) need WHERE t.measure = 'received'
    UNION ALL SELECT 'public', p.key FROM jsonb_each(CASE jsonb_typeof(t.profile -> 'publics')
        WHEN 'object' THEN t.profile -> 'publics' ELSE '{{{{}}}}' END) p
        WHERE t.measure = 'received' AND p.value = 'true'
) f
WHERE t.side IS NOT NULL
GROUP BY 1, 2, 3, 4, 5, 6
"""
KEY = "association_id, side, measure, dimension, day, value"
REMAINING = """(SELECT e.* FROM event e WHERE NOT EXISTS (
    SELECT FROM referral r WHERE r.id = e.referral_id AND r.state = 'anonymised'))"""

# Figures outlive the facts they were made of: what a request counted for is kept, by day and nameless, when its
# facts go, and the recount goes on from there.
FUNCTIONS = f"""
CREATE FUNCTION count_events() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO figure_delta ({KEY}, amount)
    {COUNTED.format(source="added")};
    RETURN NULL;
END $$;
CREATE TRIGGER count_events AFTER INSERT ON event REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_events();
CREATE FUNCTION keep_figures() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO figure_kept ({KEY}, amount)
    {COUNTED.format(source="(SELECT * FROM event WHERE referral_id = OLD.id)")}
    ON CONFLICT ({KEY}) DO UPDATE SET amount = figure_kept.amount + excluded.amount;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_figures BEFORE UPDATE OF state ON referral FOR EACH ROW
    WHEN (NEW.state = 'anonymised' AND OLD.state <> 'anonymised') EXECUTE FUNCTION keep_figures();
CREATE TRIGGER keep_figures_erased BEFORE DELETE ON referral FOR EACH ROW
    WHEN (OLD.state NOT IN ('awaiting_consent', 'anonymised')) EXECUTE FUNCTION keep_figures();
CREATE FUNCTION recounted_figures() RETURNS TABLE (association_id uuid, side varchar, measure text, dimension text,
    day date, value text, amount int) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT {KEY}, sum(amount)::int FROM (
        SELECT {KEY}, amount FROM ({COUNTED.format(source=REMAINING)}) counted
        UNION ALL SELECT {KEY}, amount FROM figure_kept
    ) everything GROUP BY {KEY} $$;
REVOKE ALL ON FUNCTION count_events, keep_figures, recounted_figures FROM PUBLIC;
GRANT EXECUTE ON FUNCTION recounted_figures TO portal_jobs;
"""

POLICIES = """
GRANT SELECT ON daily_figure, figure_delta TO portal_association, portal_staff, portal_jobs;
GRANT SELECT (side, measure, dimension, day, value, amount, association_id) ON daily_figure, figure_delta
    TO portal_public;
GRANT INSERT, UPDATE (amount), DELETE ON daily_figure TO portal_jobs;
GRANT INSERT, DELETE ON figure_delta TO portal_jobs;
"""
WHO = """
CREATE POLICY jobs ON {table} TO portal_jobs USING (true) WITH CHECK (true);
CREATE POLICY everything ON {table} FOR SELECT TO portal_staff USING (true);
CREATE POLICY own ON {table} FOR SELECT TO portal_association USING (association_id = (SELECT scope_association()));
CREATE POLICY network ON {table} FOR SELECT TO portal_association
    USING (association_id IS NULL AND dimension = 'hours');
CREATE POLICY network_told ON {table} FOR SELECT TO portal_public USING (association_id IS NULL
    AND dimension IN ('total', 'departement', 'age', 'level', 'channel', 'hours', 'wait', 'hop'));
"""

# A request is received once nothing more is awaited for it.
CONFIRM = """
CREATE OR REPLACE FUNCTION give_awaited(what text, at timestamptz) RETURNS text LANGUAGE plpgsql
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
            CASE what WHEN 'address' THEN 'address_confirmed' ELSE 'guardian_consented' END, found.id, '{{}}');
        {told}
    END IF;
    RETURN found.state;
END $$;
"""
TOLD = """IF cardinality(left_over) = 0 THEN
            INSERT INTO event (id, at, name, referral_id, data)
            VALUES (gen_random_uuid(), at, 'referral_confirmed', found.id, '{}');
        END IF;"""


def upgrade() -> None:
    op.execute("SET LOCAL ROLE portal_owner")
    for name in ("daily_figure", "figure_delta", "figure_kept"):
        op.execute(TABLE.format(name=name))
    for name in SUMS:
        op.execute(UNIQUE.format(name=name))
    op.execute(INDEX)
    op.execute(FUNCTIONS)
    op.execute(POLICIES)
    for table in ("daily_figure", "figure_delta"):
        op.execute(WHO.format(table=table))
    op.execute("SET LOCAL ROLE portal_link")
    op.execute(CONFIRM.format(told=TOLD))
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE portal_link")
    op.execute(CONFIRM.format(told=""))
    op.execute("RESET ROLE")
    op.execute("DROP TRIGGER count_events ON event")
    op.execute("DROP TRIGGER keep_figures ON referral; DROP TRIGGER keep_figures_erased ON referral")
    op.execute("DROP FUNCTION count_events, keep_figures, recounted_figures")
    op.execute("DROP TABLE figure_kept, figure_delta, daily_figure")
