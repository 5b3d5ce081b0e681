"""Eligibility in PostgreSQL: a server of its own, the programmes as rows, and the best indexes for them."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from matching.profile import Profile
from matching.vocabulary import Channel
from portal.local.keys import keys_in
from portal.local.layout import layout_of
from portal.local.postgres import cluster_in
from portal.local.servers import Servers, running
from tests.bench.eligibility_peers import Found
from tests.bench.programmes import Flat, flat_facts

ANY = "any"  # stands in a row for "nothing asked", and in every request
SETTINGS: tuple[LiteralString, ...] = (
    "SET work_mem = '256MB'",
    "SET maintenance_work_mem = '512MB'",
    "SET max_parallel_workers_per_gather = 2",
    "SET jit = off",
)
PROGRAMMES: LiteralString = """
    CREATE UNLOGGED TABLE programme (
        bit integer, ages int4range, levels int4range, needs text[], publics text[], places text[], channels text[],
        ways text[])
"""
COPY: LiteralString = "COPY programme FROM STDIN"
INDEXES: tuple[LiteralString, ...] = (
    "CREATE INDEX ON programme USING gin (places)",
    "CREATE INDEX ON programme USING gin (needs)",
    "CREATE INDEX ON programme USING gin (publics)",
    "CREATE INDEX ON programme USING gist (ages, levels)",
    "ANALYZE programme",
)
FITTING: LiteralString = """
    SELECT bit FROM programme
    WHERE places && %(places)s AND ages @> %(age)s::int AND levels @> %(level)s::int AND needs && %(needs)s
      AND publics && %(publics)s AND channels && %(channels)s AND ways && %(ways)s
"""


@contextmanager
def database(folder: Path) -> Iterator["psycopg.Connection[Any]"]:
    """A connection to an empty database, tuned for reading; the server is gone afterwards."""
    layout = layout_of(folder)
    layout.prepare()
    cluster = cluster_in(layout, keys_in(layout.data)["DATABASE_PASSWORD"], os.environ, durable=False)
    try:
        with (
            running(Servers(cluster, None, cluster.url(), ""), layout.logs),
            psycopg.connect(cluster.url(), autocommit=True, prepare_threshold=0) as connection,
        ):
            for setting in SETTINGS:
                connection.execute(setting)
            yield connection
    finally:
        for used in {layout.servers, layout.sockets, layout.control}:
            shutil.rmtree(used, ignore_errors=True)


class SqlMatch:
    """One prepared query a request, on a local socket."""

    name = "sql_match"

    def __init__(self, connection: "psycopg.Connection[Any]", programmes: list[Flat]) -> None:
        self.connection = connection
        connection.execute("DROP TABLE IF EXISTS programme")
        connection.execute(PROGRAMMES)
        with connection.cursor().copy(COPY) as copy:
            for bit, one in enumerate(programmes):
                copy.write_row((bit, *_row(one)))
        for statement in INDEXES:
            connection.execute(statement)

    def asked(self, profile: Profile) -> dict[str, Any]:
        facts = flat_facts(profile)
        return {**facts, "publics": [ANY, *facts["publics"]], "channels": [facts["channel"]]}

    def judge(self, asked: dict[str, Any]) -> list[tuple[int]]:
        return self.connection.execute(FITTING, asked).fetchall()

    def read(self, judged: list[tuple[int]]) -> Found:
        return Found([bit for (bit,) in judged])


def _row(one: Flat) -> tuple[Any, ...]:
    youngest, oldest = one.ages
    lowest, highest = one.levels
    return (
        f"[{youngest},{oldest}]",
        f"[{lowest.rank},{highest.rank}]",
        _words(one.needs),
        _words(one.publics or {ANY}),
        _words(one.places),
        _words(one.channels or Channel),
        _words(one.ways),
    )


def _words(values: Any) -> list[str]:
    return sorted(str(value) for value in values)
