"""The season waiting at the door: the demo's associations and programmes, their places, and requests to route.

Laid out again before each way of routing, so that all ways start from the same.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from itertools import cycle, islice
from typing import Any

import psycopg
from flask import Flask
from psycopg.types.json import Jsonb
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from matching.profile import Profile
from matching.vocabulary import Side
from portal.app import create_app
from portal.demo.load import SEED
from portal.demo.season import demo_season
from portal.demo.world import write_world
from portal.foundation import clock
from portal.foundation.config import Settings
from portal.foundation.database import owner_url
from portal.foundation.identifiers import new_id
from portal.models.referral import ReferralState

Owner = psycopg.Connection[tuple[Any, ...]]
SIDE = Side.MENTEE
LONG_AGO = timedelta(hours=1)
EMPTIED = (
    "TRUNCATE referral, event, outbox, figure_delta, standing_delta, association_standing, programme_standing,"
    " capacity_use, routing_decision CASCADE"
)
UNTAKEN = "INSERT INTO capacity_use (capacity_id, association_id, taken) SELECT id, association_id, 0 FROM capacity"
# One open place each, none beyond what was declared, one decision each, and sums that are those of a recount.
BROKEN = {
    "over": (
        "SELECT count(*) FROM capacity c JOIN (SELECT capacity_id, count(*) taken FROM assignment"
        " WHERE closed_at IS NULL GROUP BY 1) t ON t.capacity_id = c.id WHERE t.taken > c.amount AND NOT c.or_more"
    ),
    "lost": (
        "SELECT count(*) FROM referral r WHERE r.state = 'to_route' OR (r.state = 'placed') <> EXISTS"
        " (SELECT FROM assignment a WHERE a.referral_id = r.id AND a.closed_at IS NULL)"
        " OR NOT EXISTS (SELECT FROM routing_decision d WHERE d.referral_id = r.id)"
        " OR NOT EXISTS (SELECT FROM event e WHERE e.referral_id = r.id)"
        " OR (r.state <> 'unroutable') <> EXISTS (SELECT FROM outbox o WHERE o.referral_id = r.id)"
    ),
    "double": (
        "SELECT count(*) FROM (SELECT referral_id FROM assignment GROUP BY 1 HAVING count(*) > 1"
        " UNION ALL SELECT referral_id FROM routing_decision GROUP BY 1 HAVING count(*) > 1"
        " UNION ALL SELECT referral_id FROM event GROUP BY 1 HAVING count(*) > 1) twice"
    ),
    "sums": (
        "SELECT count(*) FROM capacity_use u FULL JOIN (SELECT capacity_id, count(*)::int taken FROM assignment"
        " GROUP BY 1) t USING (capacity_id) WHERE coalesce(u.taken, 0) <> coalesce(t.taken, 0)"
    ),
}


@cache
def profiles() -> tuple[Profile, ...]:
    """Those of the demo's season who look for a mentor, first received first."""
    end = clock.today() - timedelta(days=1)
    return tuple(one.profile for one in demo_season(SEED, end) if one.profile.side is SIDE)


@contextmanager
def application(environment: dict[str, str]) -> Iterator[Flask]:
    app = create_app(settings_of(environment))
    with app.app_context():
        yield app


def settings_of(environment: dict[str, str]) -> Settings:
    return Settings(**{name.lower(): value for name, value in environment.items()})


@dataclass(frozen=True)
class Season:
    """A database of which everything but the requests stands; `owner` sees everything."""

    owner: Owner
    campaign_id: Any

    def wait(self, amount: int, at: datetime | None = None) -> None:
        """So many requests to route and nothing decided yet. at: the first one's reception (an hour ago)."""
        self.owner.execute(EMPTIED)
        self.owner.execute(UNTAKEN)
        first = at or clock.now() - LONG_AGO
        with self.owner.cursor() as cursor, cursor.copy(f"COPY referral ({', '.join(COLUMNS)}) FROM STDIN") as copy:
            for number, profile in enumerate(islice(cycle(profiles()), amount)):
                received = first + timedelta(microseconds=number)
                copy.write_row([_plain(value) for value in self._row(number, profile, received)])
        self.owner.execute("ANALYZE referral")
        self.owner.execute("CHECKPOINT")

    def _row(self, number: int, profile: Profile, received: datetime) -> tuple[Any, ...]:
        key = new_id()
        facts = Jsonb({**profile.to_json(), "key": str(key)})
        state = (ReferralState.TO_ROUTE, received, received, [], self.campaign_id, facts, profile.age, [], 0)
        return (key, f"2026-{number:07}", profile.side, profile.channel, *state, f"digest {number}", 1, "every_step", 1)

    def broken(self) -> int:
        """Promises not kept: offers beyond capacity, requests lost or placed twice, sums that are no recount."""
        return sum(int(str(self.one(query))) for query in BROKEN.values())

    def one(self, query: str) -> object:
        row = self.owner.execute(query).fetchone()
        return row and row[0]


COLUMNS = (
    "id",
    "number",
    "side",
    "channel",
    "state",
    "state_since",
    "received_at",
    "awaiting",
    "campaign_id",
    "profile",
    "age",
    "needs",
    "hops",
    "tracking_digest",
    "link_version",
    "news",
    "version",
)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


@contextmanager
def season_in(environment: dict[str, str]) -> Iterator[Season]:
    """The demo's associations in a migrated, empty database (application context needed)."""
    settings = settings_of(environment)
    engine = create_engine(owner_url(settings))
    with Session(engine) as session:
        world = write_world(session, SEED, clock.today() - timedelta(days=1))
        session.commit()
    engine.dispose()
    with psycopg.connect(environment["DATABASE_URL"], autocommit=True) as owner:
        yield Season(owner, world.campaign_id)
