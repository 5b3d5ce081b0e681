"""What administrators alone do is theirs in the database too; what is told to everyone leaves it already rounded."""

from alembic import op

revision = "0019"
down_revision = "0018"

OWN = "association_id = (SELECT scope_association())"
BY_ADMINISTRATOR = f"{OWN} AND (SELECT scope_administers())"
NOT_REVIEWED = """NOT EXISTS (
    SELECT FROM association a WHERE a.id = programme_version.association_id AND a.approval_required)"""
BY_ONESELF = "declared_by = (SELECT scope_account())"
TODAY = "(now() AT TIME ZONE 'Europe/Paris')::date"
LATELY = "declared_on >= now() - interval '2 days'"

ADMINISTRATORS = f"""
ALTER POLICY publish ON programme_version WITH CHECK (
    {BY_ADMINISTRATOR} AND created_by = (SELECT scope_account()) AND {NOT_REVIEWED});
ALTER POLICY propose ON criteria_proposal WITH CHECK (
    {BY_ADMINISTRATOR} AND created_by = (SELECT scope_account()) AND verdict IS NULL);
ALTER POLICY take_back ON criteria_proposal USING ({BY_ADMINISTRATOR} AND verdict IS NULL)
    WITH CHECK ({OWN} AND verdict = 'withdrawn');
ALTER POLICY keep_own ON programme USING ({BY_ADMINISTRATOR}) WITH CHECK ({OWN});
ALTER POLICY declare_own ON outside_count WITH CHECK (
    {BY_ADMINISTRATOR} AND {BY_ONESELF} AND declared_on = {TODAY} AND amount BETWEEN 0 AND 999999);
ALTER POLICY correct_own ON outside_count USING ({BY_ADMINISTRATOR} AND {LATELY})
    WITH CHECK ({OWN} AND {BY_ONESELF} AND amount BETWEEN 0 AND 999999);
"""
ANY_MEMBER = f"""
ALTER POLICY correct_own ON outside_count USING ({OWN} AND {LATELY})
    WITH CHECK ({OWN} AND {BY_ONESELF} AND amount >= 0);
ALTER POLICY declare_own ON outside_count WITH CHECK ({OWN} AND {BY_ONESELF} AND amount >= 0);
ALTER POLICY keep_own ON programme USING ({OWN}) WITH CHECK ({OWN});
ALTER POLICY take_back ON criteria_proposal USING ({OWN} AND verdict IS NULL)
    WITH CHECK ({OWN} AND verdict = 'withdrawn');
ALTER POLICY propose ON criteria_proposal WITH CHECK (
    {OWN} AND created_by = (SELECT scope_account()) AND verdict IS NULL);
ALTER POLICY publish ON programme_version WITH CHECK ({OWN} AND {NOT_REVIEWED});
"""

INVITED = """
ALTER POLICY join_invited ON account WITH CHECK (NOT demo AND EXISTS (
    SELECT FROM invitation i WHERE lower(i.mail) = lower(account.mail) AND i.accepted_at IS NULL
        AND i.withdrawn_at IS NULL {in_time} AND account.staff = (i.role = 'staff')));
ALTER POLICY join_invited ON membership WITH CHECK (EXISTS (
    SELECT FROM invitation i JOIN account a ON lower(a.mail) = lower(i.mail) WHERE a.id = membership.account_id
        AND i.association_id = membership.association_id AND i.role = membership.role
        AND i.accepted_at IS NULL AND i.withdrawn_at IS NULL {in_time}));
ALTER POLICY accept ON invitation USING (accepted_at IS NULL AND withdrawn_at IS NULL {accepted_in_time});
"""
IN_TIME = INVITED.format(in_time="AND i.expires_at > now()", accepted_in_time="AND expires_at > now()")
AT_ANY_TIME = INVITED.format(in_time="", accepted_in_time="")

# Groups are named by the first value they hold: groups that are whole are rounded, never their parts one by one.
GROUPED = """CASE s.dimension
            WHEN 'age' THEN CASE WHEN s.value = '' THEN '' ELSE (ARRAY[0, 11, 15, 18, 21, 26, 31, 41, 51, 61])[
                1 + width_bucket(s.value::int, ARRAY[11, 15, 18, 21, 26, 31, 41, 51, 61])]::text END
            WHEN 'level' THEN CASE
                WHEN s.value IN ('cp', 'ce1', 'ce2', 'cm1', 'cm2') THEN 'cp'
                WHEN s.value IN ('6e', '5e', '4e', '3e') THEN '6e'
                WHEN s.value IN ('2de', '1re', 'tle') THEN '2de'
                WHEN s.value IN ('bac+1', 'bac+2') THEN 'bac+1'
                WHEN s.value IN ('bac+4', 'bac+5', 'bac+6', 'bac+7', 'bac+8') THEN 'bac+4'
                ELSE s.value END
            ELSE s.value END"""
ROUNDED = "CASE WHEN n <= 0 THEN 0 WHEN n < 5 THEN -1 ELSE n / 5 * 5 END"

# Only periods that the public page has or had: up to a Sunday that is over, from a campaign's first day or for a year.
# Other ones, a day apart, would tell what a day brought. Each table comes with its total (value NULL).
NETWORK_TOLD = f"""
CREATE FUNCTION network_told(first_day date, last_day date) RETURNS TABLE (side text, measure text, dimension text,
    value text, amount int) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH asked AS (
        SELECT WHERE last_day < {TODAY} AND extract(isodow FROM last_day) = 7 AND (first_day = last_day - 364
            OR EXISTS (SELECT FROM campaign c WHERE c.starts_on = first_day AND first_day < last_day - 14))
    ), sums AS (
        SELECT f.side, f.measure, f.dimension, f.day, f.value, f.amount FROM daily_figure f, asked
        WHERE f.association_id IS NULL AND f.day BETWEEN first_day AND last_day
        UNION ALL
        SELECT f.side, f.measure, f.dimension, f.day, f.value, f.amount FROM figure_delta f, asked
        WHERE f.association_id IS NULL AND f.day BETWEEN first_day AND last_day
    ), told AS (
        SELECT s.side, s.measure, s.dimension, {GROUPED} AS value, sum(s.amount)::int AS n FROM sums s
        WHERE (s.dimension = 'total' AND s.measure IN ('received', 'accepted', 'paired'))
            OR (s.dimension IN ('departement', 'age', 'level', 'channel') AND s.measure = 'received')
        GROUP BY 1, 2, 3, 4
        UNION ALL
        SELECT s.side, s.measure, 'week', (date_trunc('week', s.day::timestamp)::date)::text, sum(s.amount)::int
        FROM sums s WHERE s.dimension = 'total' AND s.measure IN ('received', 'accepted') GROUP BY 1, 2, 4
    ), counted AS (
        SELECT t.side, t.measure, t.dimension, t.value, greatest(t.n, 0) AS n FROM told t
        UNION ALL
        SELECT t.side, t.measure, t.dimension, NULL, sum(greatest(t.n, 0))::int FROM told t
        WHERE t.dimension <> 'total' GROUP BY 1, 2, 3
    ), waits AS (
        SELECT s.side, s.value::int AS hours, sum(s.amount)::int AS n FROM sums s
        WHERE s.measure = 'accepted' AND s.dimension = 'wait' GROUP BY 1, 2 HAVING sum(s.amount) > 0
    )
    SELECT c.side::text, c.measure, c.dimension, c.value, {ROUNDED} FROM counted c
    UNION ALL
    SELECT w.side::text, 'accepted', 'median', NULL,
        round((percentile_cont(0.5) WITHIN GROUP (ORDER BY w.hours))::numeric)::int
    FROM waits w, generate_series(1, w.n) GROUP BY 1 HAVING count(*) >= 5
$$;
REVOKE ALL ON FUNCTION network_told FROM PUBLIC;
GRANT EXECUTE ON FUNCTION network_told TO portal_public;
DROP POLICY network_told ON daily_figure; DROP POLICY network_told ON figure_delta;
REVOKE SELECT (side, measure, dimension, day, value, amount, association_id) ON daily_figure, figure_delta
    FROM portal_public;
"""
NETWORK_READ = """
DROP FUNCTION network_told;
GRANT SELECT (side, measure, dimension, day, value, amount, association_id) ON daily_figure, figure_delta
    TO portal_public;
CREATE POLICY network_told ON daily_figure FOR SELECT TO portal_public USING (association_id IS NULL
    AND dimension IN ('total', 'departement', 'age', 'level', 'channel', 'hours', 'wait', 'hop'));
CREATE POLICY network_told ON figure_delta FOR SELECT TO portal_public USING (association_id IS NULL
    AND dimension IN ('total', 'departement', 'age', 'level', 'channel', 'hours', 'wait', 'hop'));
"""

# Staff count to the unit; everybody else by fives, and not at all under five.
COUNTS = """
CREATE OR REPLACE FUNCTION waiting_by_departement() RETURNS TABLE (departement text, waiting int) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT r.departement, {waiting} FROM referral r
    WHERE r.side = 'mentee' AND r.state IN ('to_route', 'waitlisted', 'unroutable') AND r.departement IS NOT NULL
    GROUP BY 1 HAVING count(*) >= 5 ORDER BY 2 DESC, 1 $$;
CREATE OR REPLACE FUNCTION mentors_lacking(on_day date) RETURNS TABLE (association_id uuid, lacking int) LANGUAGE sql
STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    {lacking} (SELECT DISTINCT ON (o.association_id) o.association_id,
        greatest(o.amount - coalesce(s.committed, 0) - coalesce((SELECT x.amount FROM outside_count x
            WHERE x.association_id = o.association_id AND x.campaign_id = o.campaign_id AND x.side = 'mentor'
            ORDER BY x.declared_on DESC LIMIT 1), 0), 0) AS lacking
    FROM objective o JOIN campaign c ON c.id = o.campaign_id AND on_day BETWEEN c.starts_on AND c.ends_on
    LEFT JOIN association_standing s ON s.association_id = o.association_id AND s.campaign_id = o.campaign_id
        AND s.side = 'mentor'
    WHERE o.side = 'mentor' ORDER BY o.association_id, o.version DESC) found {kept} $$;
"""
COUNTS_ROUNDED = COUNTS.format(
    waiting="(count(*) / 5 * 5)::int",
    lacking="SELECT found.association_id, 1 FROM",
    kept="WHERE found.lacking > 0",
)
COUNTS_EXACT = COUNTS.format(
    waiting="count(*)::int", lacking="SELECT found.association_id, found.lacking FROM", kept=""
)
VOLUNTEERS = """
CREATE FUNCTION company_volunteers_told(of_company uuid) RETURNS int LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$ SELECT company_volunteers(of_company) / 5 * 5 $$;
REVOKE ALL ON FUNCTION company_volunteers_told FROM PUBLIC;
GRANT EXECUTE ON FUNCTION company_volunteers_told TO portal_public;
REVOKE EXECUTE ON FUNCTION company_volunteers FROM portal_public;
"""
VOLUNTEERS_EXACT = """
GRANT EXECUTE ON FUNCTION company_volunteers TO portal_public;
DROP FUNCTION company_volunteers_told;
"""


def upgrade() -> None:
    op.execute("SET LOCAL ROLE portal_owner")
    for statements in (ADMINISTRATORS, IN_TIME, NETWORK_TOLD, COUNTS_ROUNDED, VOLUNTEERS):
        op.execute(statements)
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE portal_owner")
    for statements in (VOLUNTEERS_EXACT, COUNTS_EXACT, NETWORK_READ, AT_ANY_TIME, ANY_MEMBER):
        op.execute(statements)
    op.execute("RESET ROLE")
