"""What was committed, in the order of commits: written by triggers as each transaction ends, one transaction at a time.

The triggers are deferred to the end of the transaction and take a lock that lasts until it has committed, so that the
order of rows is the order of commits and owes nothing to the locks under test.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import psycopg

INSTALL = """
CREATE TABLE history (
    position bigserial PRIMARY KEY, tx xid8 NOT NULL DEFAULT pg_current_xact_id(), kind text NOT NULL, entry jsonb NOT NULL
);
CREATE FUNCTION remember() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(999001);
    INSERT INTO history (kind, entry)
    VALUES (TG_TABLE_NAME || ' ' || lower(TG_OP), CASE TG_OP WHEN 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END);
    RETURN NULL;
END $$;
"""
WATCHED = {
    "capacity": "INSERT OR UPDATE",
    "programme_version": "INSERT",
    "association": "INSERT OR UPDATE",
    "assignment": "INSERT",
    "routing_decision": "INSERT",
    "standing_delta": "INSERT OR DELETE",
}


@contextmanager
def remembered(owner: "psycopg.Connection[Any]") -> Iterator[None]:
    """Everything committed inside is remembered."""
    owner.execute(INSTALL)
    for table, events in WATCHED.items():
        owner.execute(
            f"CREATE CONSTRAINT TRIGGER remember AFTER {events} ON {table}"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION remember()"
        )
    try:
        yield
    finally:
        owner.execute("DROP FUNCTION remember CASCADE")
        owner.execute("DROP TABLE history")


@dataclass
class Commit:
    """The rows of one committed transaction, by what happened to them, each list in order."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return self.rows.get(kind, [])


def commits(owner: "psycopg.Connection[Any]") -> list[Commit]:
    """All of them, in the order they were committed."""
    found = owner.execute("SELECT tx::text, kind, entry FROM history ORDER BY position").fetchall()
    told = []
    for _, rows in groupby(found, key=lambda row: row[0]):
        commit = Commit()
        for _, kind, entry in rows:
            commit.rows.setdefault(kind, []).append(entry)
        told.append(commit)
    return told
