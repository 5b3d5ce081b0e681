"""What must hold once all is quiet again, whatever died: read as the owner, and in the mail server's own memory."""

from collections import Counter
from typing import Any

from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.operations.figures import figure_differences
from portal.operations.journal_chain import verify
from tests.kills.load import Season
from tests.kills.world import World
from tests.stateful.looking import NEVER, SUMS

# What is still under way; nothing is, once quiet.
UNDER_WAY = {
    "requests not routed": "SELECT count(*) FROM referral WHERE state IN ('to_route', 'waitlisted', 'unroutable')",
    "answers not applied": "SELECT count(*) FROM assignment WHERE undo_until <= now() AND applied_at IS NULL",
    "mails not sent": "SELECT count(*) FROM outbox WHERE state = 'pending'",
    "documents not drawn": "SELECT count(*) FROM document WHERE state IN ('waiting', 'drawing')",
    "morning files not made": "SELECT count(*) FROM morning_file WHERE state = 'waiting'",
    "mornings not opened": (
        "SELECT count(*) FROM association a WHERE NOT EXISTS (SELECT FROM morning_file m"
        " WHERE m.association_id = a.id AND m.day = (now() AT TIME ZONE 'Europe/Paris')::date)"
    ),
}
LOOK = " UNION ALL ".join(f"SELECT '{what}', ({query})" for what, query in UNDER_WAY.items())
BROKEN = NEVER | {
    "a request not accepted exactly once": (
        "SELECT r.id FROM referral r WHERE r.id <> ALL (%(left)s) AND (r.state <> 'placed'"
        " OR (SELECT count(*) FROM assignment a WHERE a.referral_id = r.id AND a.closed_at IS NULL"
        " AND a.state = 'accepted' AND a.applied_at IS NOT NULL) <> 1"
        " OR (SELECT count(*) FROM event e WHERE e.referral_id = r.id AND e.name = 'assignment_accepted') <> 1)"
    ),
    "a request without exactly one beginning": (
        "SELECT r.id FROM referral r"
        " WHERE (SELECT count(*) FROM event e WHERE e.referral_id = r.id AND e.name = 'referral_submitted') <> 1"
    ),
    "an offer without exactly one event": (
        "SELECT a.id FROM assignment a"
        " WHERE (SELECT count(*) FROM event e WHERE e.assignment_id = a.id AND e.name = 'referral_placed') <> 1"
    ),
    "a mail given up": "SELECT id || ' ' || message || ' ' || coalesce(error, '') FROM outbox WHERE state = 'dead'",
    "a request whose address nobody was asked to confirm": (
        "SELECT id FROM referral r WHERE (SELECT count(*) FROM outbox o WHERE o.referral_id = r.id"
        " AND o.message = 'confirm_address' AND o.state = 'sent') <> 1"
    ),
    "an offer that the applicant or the team was not told once": (
        "SELECT a.id FROM assignment a WHERE"
        " (SELECT count(*) FROM outbox o WHERE o.deduplication_key = 'referral_placed:' || a.id) <> 1"
        " OR (SELECT count(*) FROM outbox o WHERE o.reference_id = a.id AND o.message = 'request_offered'"
        " AND o.account_id IS NULL AND o.state = 'spread') <> 1"
        " OR (SELECT count(*) FROM outbox o WHERE o.reference_id = a.id AND o.message = 'request_offered'"
        " AND o.account_id IS NOT NULL) <> 1"
    ),
    "an acceptance that the applicant was not told once": (
        "SELECT a.id FROM assignment a WHERE a.state = 'accepted' AND"
        " (SELECT count(*) FROM outbox o WHERE o.deduplication_key = 'referral_accepted:' || a.id AND o.state = 'sent') <> 1"
    ),
    "a document not drawn": "SELECT id || ' ' || coalesce(error, '') FROM document WHERE state <> 'ready'",
    "a morning file not made": (
        "SELECT id || ' ' || state || ' ' || coalesce(error, '') FROM morning_file"
        " WHERE mode <> 'never' AND state NOT IN ('made', 'empty')"
    ),
    "a morning file that its member did not get once": (
        "SELECT m.id FROM morning_file m WHERE m.state = 'made' AND"
        " ((SELECT count(*) FROM morning_workbook w WHERE w.morning_file_id = m.id) < 1"
        " OR (SELECT count(*) FROM outbox o WHERE o.reference_id = m.id AND o.message = 'morning_file'"
        " AND o.account_id IS NULL AND o.state = 'spread') <> 1"
        " OR (SELECT count(*) FROM outbox o WHERE o.reference_id = m.id AND o.message = 'morning_file'"
        " AND o.account_id IS NOT NULL AND o.state = 'sent') <> 1)"
    ),
    "something left under a lease": (
        "SELECT id FROM outbox WHERE state <> 'pending' AND leased_until IS NOT NULL"
        " UNION ALL SELECT id FROM morning_file WHERE state <> 'waiting' AND leased_until IS NOT NULL"
    ),
}
COUNTED = (
    "SELECT key, side, count(*)::int FROM (SELECT unnest(ARRAY[association_id, programme_id, capacity_id]) AS key, side"
    " FROM assignment WHERE closed_at IS NULL) taken GROUP BY key, side"
)


def under_way(world: World) -> dict[str, int]:
    """What is not done yet, and how much of it. Raises psycopg.OperationalError while the database is down."""
    return {what: count for what, count in world.rows(LOOK) if count}


def broken(world: World, season: Season) -> list[str]:
    """A line for each promise that does not hold; to be asked once nothing is under way."""
    left = [errand.referral for errand in season.errands if errand.left]
    found = [
        f"{what}: {row[0]}"
        for what, query in BROKEN.items()
        for row in world.owner().execute(query, {"left": left}).fetchall()
    ]
    return [*found, *not_as_asked(world, season), *miscounted(world), *ill_mailed(world)]


def not_as_asked(world: World, season: Season) -> list[str]:
    """Each request sent stands there once, and has been sent back as often as it was."""
    found = []
    requests = world.rows("SELECT count(*) FROM referral")[0][0]
    if requests != len(season.errands):
        found.append(f"{requests} requests for {len(season.errands)} sent")
    sent_back = Counter(row[0] for row in world.rows("SELECT referral_id FROM assignment WHERE state = 'bounced'"))
    return found + [
        f"sent back {sent_back[errand.referral]} times, not {len(errand.sent_back)}: {errand.referral}"
        for errand in season.errands
        if sent_back[errand.referral] != len(errand.sent_back)
    ]


def miscounted(world: World) -> list[str]:
    """The sums that routing ranks on, the figures and the journal, each counted again."""
    found = [] if set(world.rows(SUMS)) == set(world.rows(COUNTED)) else ["the sums are not those of the assignments"]
    with world.app.app_context(), transaction(Scope(DatabaseRole.JOBS, read_only=True)):
        found += [f"a figure differs: {one}" for one in figure_differences()[:3]]
        verdict = verify()
    return found if verdict.intact else [*found, f"the journal is broken at {verdict.broken_at}"]


def ill_mailed(world: World) -> list[str]:
    """Each message sent came once; once more for each death between the server's 250 and our commit, and no more.

    One that came before such a death may have nothing left to tell when its turn comes again: it is dropped then.
    """
    taken = Counter({key.partition("@")[0]: times for key, times in world.post_office.taken.items()})
    rows: dict[str, Any] = dict(world.rows("SELECT id::text, state FROM outbox"))
    excused = in_the_window(world)
    found = [f"sent, but it never came: {key}" for key, state in rows.items() if state == "sent" and not taken[key]]
    found += [
        f"came {times} times for {excused[key]} deaths in the window, and is {rows.get(key)}: {key}"
        for key, times in taken.items()
        if times > excused[key] + (rows.get(key) == "sent")
    ]
    mailboxes = world.post_office.mailbox_of
    return found + [f"went to {len(to)} mailboxes: {key}" for key, to in mailboxes.items() if len(to) != 1]


def in_the_window(world: World) -> Counter[str]:
    """How many processes left this message between the server's word and ours."""
    return Counter(noted.name.partition("=")[0] for noted in (world.control / "window").iterdir())


def doubled(world: World) -> int:
    """How many messages came more often than once."""
    return sum(times - 1 for times in world.post_office.taken.values())
