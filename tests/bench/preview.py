"""What one edit of criteria would change over 1,000,000 requests: the crowd beside SQL over a table of their facts.

SQL has all it could wish for: one narrow row a request, lists as bits of a number, the places of each kind in a column
of their own, a covering index on each, parallel workers, everything in memory. Its three-valued logic is the engine's
own, so both must count the very same.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from statistics import median
from typing import Any, LiteralString, NamedTuple

import psycopg

from matching.crowd import Counts, Crowd
from matching.profile import Profile
from matching.vocabulary import Channel, Modality, Need, Public
from tests.bench.eligibility_sql import database
from tests.bench.figure import Effort, Figure
from tests.bench.programmes import COUNTRY, Flat, flat_programmes, some_requests, ways_of

REQUESTS = 1_000_000
EDITS, TIMES = 24, 3
GOAL_MS = 20.0
KINDS = ("commune", "epci", "departement", "region")
NUMBERS: dict[str, int] = {word: at for words in (Channel, Need, Public, Modality) for at, word in enumerate(words)}
REST = "age, level, channel, needs, yes, no, ways"
TABLE: LiteralString = """
    CREATE UNLOGGED TABLE request (
        commune integer, epci integer, departement integer, region integer,  -- 0: unknown
        needs integer, yes integer, no integer, age smallint, level smallint, channel smallint, ways smallint)
"""
COPY: LiteralString = (
    "COPY request (commune, epci, departement, region, age, level, channel, needs, yes, no, ways) FROM STDIN"
)


class Edit(NamedTuple):
    before: Flat
    after: Flat


class Told(NamedTuple):
    """What an edit changes, counted."""

    before: Counts
    after: Counts
    gained: int
    lost: int


class Mismatch(AssertionError):
    """The crowd and SQL do not count the same."""


@dataclass(frozen=True)
class Times:
    """Seconds that one edit took."""

    ours: float
    sql: float


def measure_preview(effort: Effort) -> list[Figure]:
    with database(effort.folder) as connection:
        started = time.perf_counter()
        crowd = Crowd(poured(some_requests(effort.of(REQUESTS, 2_000), unknown=0.05), connection))
        built = time.perf_counter() - started
        indexed(connection)
        times = [timed(edit, crowd, connection) for edit in edits(effort.of(EDITS, 4))]
    ours, sql = [one.ours * 1e3 for one in times], [one.sql * 1e3 for one in times]
    return [
        Figure("preview.edit", median(ours), f"ms over {crowd.size}", GOAL_MS, peer=median(sql)),
        Figure("preview.worst", max(ours), f"ms over {crowd.size}", GOAL_MS, peer=max(sql)),
        Figure("preview.memory", crowd.weight / 1e6, "MB"),
        Figure("preview.filled", built, "s, both"),
    ]


def poured(profiles: Iterable[Profile], connection: "psycopg.Connection[Any]") -> Iterator[Profile]:
    """The profiles, written into the table on their way."""
    connection.execute(TABLE)
    with connection.cursor().copy(COPY) as copy:
        for profile in profiles:
            copy.write_row(row_of(profile))
            yield profile


def row_of(profile: Profile) -> tuple[int | None, ...]:
    yes = [public for public, answer in profile.publics.items() if answer]
    no = [public for public, answer in profile.publics.items() if answer is False]
    return (
        *home_of(profile.places),
        profile.age,
        profile.level and profile.level.rank,
        None if profile.channel is None else NUMBERS[profile.channel],
        None if profile.needs is None else bits(profile.needs),
        bits(yes),
        bits(no),
        None if profile.modalities is None else bits(ways_of(profile.modalities)),
    )


@cache
def home_of(places: frozenset[str] | None) -> tuple[int, ...]:
    homes = dict(place.split(":") for place in places or () if place != COUNTRY)
    return tuple(int(homes.get(kind, -1)) + 1 for kind in KINDS)


def bits(values: Iterable[str]) -> int:
    return sum(1 << NUMBERS[value] for value in values)


def indexed(connection: "psycopg.Connection[Any]") -> None:
    for kind in KINDS:
        connection.execute(f"CREATE INDEX ON request ({kind}) INCLUDE ({REST})")
    connection.execute("CREATE INDEX ON request (age) INCLUDE (level, channel, needs, yes, no, ways, commune)")
    connection.execute("VACUUM (ANALYZE) request")
    connection.execute("SET plan_cache_mode = force_custom_plan")


def edits(count: int) -> Iterator[Edit]:
    """In turn: an age, a need, a public, a territory."""
    for turn, before in enumerate(flat_programmes(count)):
        yield Edit(before, (older, needier, prouder, wider)[turn % 4](before))


def older(one: Flat) -> Flat:
    return replace(one, ages=(one.ages[0], one.ages[1] + 1))


def needier(one: Flat) -> Flat:
    return replace(one, needs=one.needs ^ {Need.GUIDANCE})


def prouder(one: Flat) -> Flat:
    return replace(one, publics=(one.publics or frozenset()) ^ {Public.QPV, Public.RURAL} or None)


def wider(one: Flat) -> Flat:
    """One more place of the same kind; the whole country becomes one département."""
    kind, _, number = min(one.places).partition(":")
    added = "departement:059" if kind == "country" else f"{kind}:{(int(number) + 1) % 18:0{len(number)}}"
    return replace(one, places=frozenset({added}) | (one.places - {COUNTRY}))


def timed(edit: Edit, crowd: Crowd, connection: "psycopg.Connection[Any]") -> Times:
    """The median of a few times, after a first one. Raises Mismatch."""
    query, before, after = query_of(edit), edit.before.criteria, edit.after.criteria
    ours, sql = [], []
    for _ in range(1 + TIMES):
        started = time.perf_counter()
        preview = crowd.preview(before, after)
        ours.append(time.perf_counter() - started)
        started = time.perf_counter()
        rows = connection.execute(query).fetchall()
        sql.append(time.perf_counter() - started)
        found = Told(preview.before, preview.after, preview.gained.bit_count(), preview.lost.bit_count())
        if found != told(rows):
            raise Mismatch(f"{edit}: the crowd counts {found}, SQL {told(rows)}")
    return Times(median(ours[1:]), median(sql[1:]))


def query_of(edit: Edit) -> Any:
    """How many requests there are of each pair of truths, among those that the territory and the age may let in."""
    both = (edit.before, edit.after)
    least, most = min(one.ages[0] for one in both), max(one.ages[1] for one in both)
    return (
        f"SELECT {truth(edit.before)} AS was, {truth(edit.after)} AS now, count(*) FROM request"
        f" WHERE {nearby(both)} AND (age BETWEEN {least} AND {most} OR age IS NULL) GROUP BY 1, 2"
    )


def nearby(both: tuple[Flat, Flat]) -> str:
    if any(COUNTRY in one.places for one in both):
        return "true"
    kind = min(both[0].places).partition(":")[0]
    return f"{kind} IN ({', '.join(map(str, [0, *numbers(both[0].places | both[1].places)]))})"


def numbers(places: frozenset[str]) -> list[int]:
    return [int(place.partition(":")[2]) + 1 for place in sorted(places)]


def truth(one: Flat) -> str:
    """The criteria as an SQL expression: true, false, or NULL for to verify."""
    lowest, highest = one.levels
    tests = [
        here(one.places),
        f"age BETWEEN {one.ages[0]} AND {one.ages[1]}",
        f"level BETWEEN {lowest.rank} AND {highest.rank}",
        f"needs & {bits(one.needs)} <> 0",
    ]
    if one.publics:
        asked = bits(one.publics)
        tests.append(f"CASE WHEN yes & {asked} <> 0 THEN true WHEN no & {asked} = {asked} THEN false END")
    if one.channels:
        tests.append(f"channel IN ({', '.join(str(NUMBERS[each]) for each in one.channels)})")
    if len(one.ways) < len(Modality):
        tests.append(f"ways & {bits(one.ways)} <> 0")
    return f"({' AND '.join(tests)})"


def here(places: frozenset[str]) -> str:
    if COUNTRY in places:
        return "(commune > 0 OR NULL)"
    kind = min(places).partition(":")[0]
    return f"NULLIF({kind}, 0) IN ({', '.join(map(str, numbers(places)))})"


def told(rows: Iterable[tuple[bool | None, bool | None, int]]) -> Told:
    found = {(was, now): count for was, now, count in rows}

    def among(*pairs: tuple[Any, Any]) -> int:
        return sum(found.get(pair, 0) for pair in pairs)

    every = (True, None, False)
    return Told(
        Counts(among(*((True, now) for now in every)), among(*((None, now) for now in every))),
        Counts(among(*((was, True) for was in every)), among(*((was, None) for was in every))),
        gained=among((False, True), (False, None)),
        lost=among((True, False), (None, False)),
    )
