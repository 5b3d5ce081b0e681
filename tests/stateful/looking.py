"""What is: the rows as their owner reads them, and what each tenant's own login sees of them."""

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import text

from matching.vocabulary import Side
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction

Owner = psycopg.Connection[Any]

# What may never be found, whatever happened before.
NEVER = {
    "two associations at once": (
        "SELECT referral_id FROM assignment WHERE closed_at IS NULL GROUP BY referral_id HAVING count(*) > 1"
    ),
    "with an association, and yet not placed": (
        "SELECT r.id FROM assignment a JOIN referral r ON r.id = a.referral_id"
        " WHERE a.closed_at IS NULL AND r.state <> 'placed'"
    ),
    "placed with nobody, and no end that waits to be applied": (
        "SELECT r.id FROM referral r WHERE r.state = 'placed' AND NOT EXISTS (SELECT FROM assignment a"
        " WHERE a.referral_id = r.id AND (a.closed_at IS NULL"
        " OR a.state IN ('ended', 'given_up') AND a.applied_at IS NULL))"
    ),
    "offered twice to the same association": (
        "SELECT referral_id FROM assignment GROUP BY referral_id, association_id HAVING count(*) > 1"
    ),
    "offered before everybody agreed": (
        "SELECT r.id FROM referral r JOIN assignment a ON a.referral_id = r.id"
        " WHERE r.state = 'awaiting_consent' OR r.awaiting <> '{}'"
    ),
    "offered to another side's or another association's place": (
        "SELECT a.id FROM assignment a JOIN capacity c ON c.id = a.capacity_id JOIN programme p ON p.id = a.programme_id"
        " WHERE (c.side, c.association_id, p.association_id) <> (a.side, a.association_id, a.association_id)"
    ),
    "an offer without its decision": (
        "SELECT a.id FROM assignment a LEFT JOIN routing_decision d"
        " ON d.id = a.decision_id AND d.referral_id = a.referral_id WHERE d.id IS NULL"
    ),
    "a person's traces without a request": (
        "SELECT referral_id FROM (SELECT referral_id FROM identity UNION SELECT referral_id FROM preview"
        " UNION SELECT referral_id FROM keys.person_key UNION SELECT referral_id FROM blind_index"
        " UNION SELECT referral_id FROM referral_link UNION SELECT referral_id FROM consent) traces"
        " WHERE referral_id NOT IN (SELECT id FROM referral)"
    ),
    "a request without its sealed person": (
        "SELECT id FROM referral WHERE id NOT IN (SELECT referral_id FROM identity)"
        " OR id NOT IN (SELECT referral_id FROM preview)"
        " OR (SELECT count(*) FROM keys.person_key k WHERE k.referral_id = referral.id) <> 2"
    ),
}
SUMS = (
    "SELECT key, side, sum(amount)::int FROM ("
    " SELECT association_id AS key, side, committed AS amount FROM association_standing"
    " UNION ALL SELECT programme_id, side, committed FROM programme_standing"
    " UNION ALL SELECT u.capacity_id, c.side, u.taken FROM capacity_use u JOIN capacity c ON c.id = u.capacity_id"
    " UNION ALL SELECT unnest(ARRAY[association_id, programme_id, capacity_id]), side, amount FROM standing_delta"
    ") counted GROUP BY key, side HAVING sum(amount) <> 0"
)
TRACES = (
    "SELECT 'referral' AS kind, id FROM referral UNION ALL SELECT 'preview', referral_id FROM preview"
    " UNION ALL SELECT 'key of the ' || purpose, referral_id FROM keys.person_key"
)
PERSONS = " UNION ALL SELECT 'identity', referral_id FROM identity"


def referrals(owner: Owner) -> dict[UUID, tuple[Any, ...]]:
    """State, why, hops and what is awaited, by request."""
    found = owner.execute("SELECT id, state, unroutable_why, hops, awaiting FROM referral").fetchall()
    return {row[0]: (*row[1:4], set(row[4])) for row in found}


def assignments(owner: Owner) -> dict[UUID, tuple[Any, ...]]:
    """Request, association, state, reason, whether applied and closed, undo window and contact's, by assignment."""
    found = owner.execute(
        "SELECT id, referral_id, association_id, state, bounce_reason, applied_at IS NOT NULL, closed_at IS NOT NULL,"
        " contact_from, contact_until FROM assignment"
    ).fetchall()
    return {row[0]: tuple(row[1:]) for row in found}


def new_offers(owner: Owner, known: set[UUID]) -> list[tuple[Any, ...]]:
    """Id, request, association, programme, capacity, offered and due instants of those not known yet."""
    return owner.execute(
        "SELECT id, referral_id, association_id, programme_id, capacity_id, offered_at, due_at FROM assignment"
        " WHERE id <> ALL (%s) ORDER BY offered_at, id",
        [list(known)],
    ).fetchall()


def sums(owner: Owner) -> Counter[tuple[UUID, Side]]:
    """The sums that routing ranks on, with what is not folded in yet: associations, programmes, rows of capacity."""
    return Counter({(key, Side(side)): amount for key, side, amount in owner.execute(SUMS).fetchall()})


def journal(owner: Owner) -> Counter[tuple[str, UUID | None, str | None]]:
    return Counter(owner.execute("SELECT act, referral_id, detail FROM journal_entry").fetchall())


def seen_by(scope: Scope) -> tuple[datetime, set[tuple[str, UUID]]]:
    """What this login reads, and the database's own instant, which its policies go by.

    The public login has no right at all to identities, so they are not even asked for.
    """
    with transaction(scope) as session:
        at = session.scalar(text("SELECT now()"))
        query = TRACES if scope.role is DatabaseRole.PUBLIC else TRACES + PERSONS
        return at, {(kind, key) for kind, key in session.execute(text(query))}
