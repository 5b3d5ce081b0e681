"""Eight processes at once on scarce places: nothing over, lost or double, and every decision ranked on the truth.

Several drain, of which one works; others answer and take it back, change places, criteria, pauses and objectives, orient
by hand and withdraw, while new requests keep coming.
"""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from matching.decision import Placed
from matching.profile import Profile
from matching.standing import Places
from matching.vocabulary import Channel, Side
from portal.foundation import clock
from portal.foundation.crypto import token_digest
from portal.foundation.identifiers import new_id
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs.routing import apply_answers, drain
from portal.models.campaign import Campaign
from portal.models.referral import Referral, ReferralState
from portal.models.routing import RoutingDecision
from portal.operations.routing import BATCH
from portal.queries.decisions import StoredDecision, stored_decision
from portal.queries.routing import board_of, tried_by
from tests.concurrency.actors import AT_MOST_TIMES, LEAST
from tests.concurrency.history import Commit, commits, remembered
from tests.factories import (
    make_association,
    make_campaign,
    make_capacity,
    make_objective,
    make_programme,
    profile_json,
)

ASSOCIATIONS = 12
REQUESTS = 2000
PLACES = 60
SECONDS = 20
NIGHTLY_SECONDS = 120
ACTORS = ["route", "route", "answer", "answer", "undo", "house", "capacity", "withdraw"]
LATE_EACH, LATE_EVERY_SECONDS = 10, 0.5
LATER = timedelta(minutes=2)  # past the undo window of those who have one


def make_requests(arrange: Session, campaign: Campaign) -> list[str]:
    """Requests without identity; returns what some tracking links hash to."""
    now = clock.now()
    rows = [request_row(campaign.id, number, now - timedelta(seconds=REQUESTS - number)) for number in range(REQUESTS)]
    arrange.execute(insert(Referral), rows)
    return [str(row["tracking_digest"]) for row in rows[::10]]


def request_row(campaign_id: UUID, number: int, received: datetime) -> dict[str, Any]:
    key, age = new_id(), 14 + number % 14
    return {
        "id": key,
        "number": f"2026-{number:05}",
        "side": Side.MENTEE,
        "channel": Channel.SELF,
        "state": ReferralState.TO_ROUTE,
        "state_since": received,
        "received_at": received,
        "awaiting": [],
        "campaign_id": campaign_id,
        "profile": profile_json(key, age=age),
        "needs": [],
        "hops": 0,
        "version": 1,
        "tracking_digest": token_digest(f"tracking {number}"),
        "link_version": 1,
    }


def make_associations(arrange: Session, campaign: Campaign) -> None:
    """Each takes its own range of ages, so that they overlap; places for a third of the requests."""
    for number in range(ASSOCIATIONS):
        association = make_association(arrange, f"Association n° {number}")
        youngest = 10 + number
        make_programme(arrange, association, {"test": "age", "min": youngest, "max": youngest + 8})
        make_capacity(arrange, association, campaign, PLACES)
        make_objective(arrange, association, campaign, 50 + 20 * number)


def run_at_once(
    environment: dict[str, str], links: list[str], actors: list[str], seconds: int, meanwhile: Callable[[], None]
) -> Counter[str]:
    """All the processes, started together; what they did, added up. meanwhile: done again and again until the first ends."""
    told = {**os.environ, **environment, "LINKS": json.dumps(links), "LIMITS_ENABLED": "false", "POOL_SIZE": "2"}
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.concurrency.actors", role, str(seed), str(seconds)],
            env={**told, "UNDO_MINUTES": "1"} if role == "undo" else told,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed, role in enumerate(actors)
    ]
    for actor in running:
        assert actor.stdout is not None
        assert actor.stdout.readline() == "ready\n"
    for actor in running:
        assert actor.stdin is not None
        actor.stdin.write("\n")
        actor.stdin.flush()
    while all(actor.poll() is None for actor in running):
        meanwhile()
        time.sleep(LATE_EVERY_SECONDS)
    done: Counter[str] = Counter()
    for actor in running:
        answer, _ = actor.communicate(timeout=seconds * AT_MOST_TIMES + 60)
        assert actor.returncode == 0
        done.update(json.loads(answer))
    return done


@dataclass
class Season:
    """What is left after the processes have gone, and how it came. deadlocks: those PostgreSQL found meanwhile."""

    done: Counter[str]
    told: list[Commit]
    decisions: dict[str, StoredDecision]
    requests: int
    deadlocks: int


Owner = psycopg.Connection[Any]
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


def lived(
    arrange: Session, owner: Owner, environment: dict[str, str], actors: list[str], seconds: int
) -> Iterator[Season]:
    """Everybody at once for so long, then one process alone until nothing moves any more."""
    campaign = make_campaign(arrange)
    with remembered(owner):
        make_associations(arrange, campaign)
        links = make_requests(arrange, campaign)
        arrange.commit()
        numbers, before = count(REQUESTS), deadlocks(owner)

        def some_more() -> None:
            rows = [request_row(campaign.id, next(numbers), clock.now()) for _ in range(LATE_EACH)]
            arrange.execute(insert(Referral), rows)
            arrange.commit()

        done = run_at_once(environment, links, actors, seconds, some_more)
        with clock.at(clock.now() + LATER):
            apply_answers()
        drain(Side.MENTEE.value, "waitlist", "unroutable")
        told = commits(owner)
        with transaction(Scope(DatabaseRole.STAFF, read_only=True)) as session:
            rows = session.scalars(select(RoutingDecision).order_by(RoutingDecision.decided_at))
            decisions = {str(row.id): stored_decision(row) for row in rows}
        yield Season(done, told, decisions, next(numbers), deadlocks(owner) - before)


def deadlocks(owner: Owner) -> int:
    owner.execute("SELECT pg_stat_clear_snapshot()")
    row = owner.execute(DEADLOCKS).fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture
def season(app: Flask, arrange: Session, owner: Owner, portal_environment: dict[str, str]) -> Iterator[Season]:
    yield from lived(arrange, owner, portal_environment, ACTORS, SECONDS)


@dataclass
class Ledger:
    """Everything as it must have stood at each commit, counted again from what was committed before it."""

    amounts: dict[str, int] = field(default_factory=dict)
    really_taken: Counter[str] = field(default_factory=Counter)
    folded_taken: Counter[str] = field(default_factory=Counter)
    committed: Counter[str] = field(default_factory=Counter)
    owner_of: dict[str, str] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    paused: dict[str, bool] = field(default_factory=dict)
    offers: int = 0
    decided: int = 0

    def follow(self, commit: Commit, decisions: dict[str, StoredDecision]) -> None:
        self._openings(commit)
        for delta in commit.of("standing_delta insert"):
            self.really_taken[delta["capacity_id"]] += delta["amount"]
        for delta in commit.of("standing_delta delete"):
            self.folded_taken[delta["capacity_id"]] += delta["amount"]
            self.committed[delta["association_id"]] += delta["amount"]
        offers = {offer["decision_id"]: offer for offer in commit.of("assignment insert")}
        for row in commit.of("routing_decision insert"):
            self._decided(decisions[row["id"]], offers.get(row["id"]))

    def _openings(self, commit: Commit) -> None:
        for row in commit.of("capacity insert") + commit.of("capacity update"):
            self.amounts[row["id"]] = row["amount"]
            self.owner_of[row["association_id"]] = row["id"]
        for row in commit.of("programme_version insert"):
            self.versions[row["programme_id"]] = row["number"]
        for row in commit.of("association insert") + commit.of("association update"):
            self.paused[row["id"]] = row["paused_from"] is not None

    def _decided(self, decision: StoredDecision, offer: dict[str, Any] | None) -> None:
        self.decided += 1
        for association, its in decision.outcome.standing.associations.items():
            capacity = self.owner_of[association]
            assert its.committed == self.committed[association]
            assert dict(its.places) == {"country:FR": Places(self.amounts[capacity], self.folded_taken[capacity])}
        for programme in decision.outcome.catalogue.programmes:
            assert programme.version == self.versions[programme.id]
            assert bool(programme.pauses) == self.paused[programme.association]
        if offer is None:
            assert not isinstance(decision.outcome, Placed)
            return
        assert offer["by_hand"] or isinstance(decision.outcome, Placed)
        self._offered(offer)

    def _offered(self, offer: dict[str, Any]) -> None:
        capacity = offer["capacity_id"]
        assert not self.paused[offer["association_id"]]
        self.offers += 1
        self.committed[offer["association_id"]] += 1
        self.folded_taken[capacity] += 1
        self.really_taken[capacity] += 1
        assert self.really_taken[capacity] <= self.folded_taken[capacity] <= self.amounts[capacity]


@pytest.mark.timeout(600)
def test_eight_processes_at_once_keep_every_promise(season: Season, owner: Owner) -> None:
    assert_every_promise_is_kept(season, owner)


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_twelve_processes_for_minutes_keep_every_promise(
    app: Flask, arrange: Session, owner: Owner, portal_environment: dict[str, str]
) -> None:
    actors = [*ACTORS, "route", "answer", "undo", "house"]
    for season in lived(arrange, owner, portal_environment, actors, NIGHTLY_SECONDS):
        assert_every_promise_is_kept(season, owner)


def assert_every_promise_is_kept(season: Season, owner: Owner) -> None:
    assert_everybody_worked(season)
    assert season.deadlocks == 0
    assert_no_offer_beyond_the_capacity_of_its_moment_and_every_rank_on_the_truth(season, owner)
    assert_every_decision_agrees_when_run_again(season)
    assert_nobody_is_overtaken_by_more_than_a_batch(owner)
    assert_no_request_is_lost_double_or_given_back(season, owner)
    assert_nobody_waits_who_could_be_placed()
    assert_the_sums_are_those_of_a_recount(owner)


def assert_everybody_worked(season: Season) -> None:
    expected = [least for role, least in LEAST.items() if role in ACTORS]
    least = {what: amount for each in expected for what, amount in each.items()}
    assert {what: season.done[what] for what in least if season.done[what] < least[what]} == {}
    assert season.requests > REQUESTS


def assert_no_offer_beyond_the_capacity_of_its_moment_and_every_rank_on_the_truth(season: Season, owner: Owner) -> None:
    ledger = Ledger()
    for commit in season.told:
        ledger.follow(commit, season.decisions)
    assert ledger.decided == len(season.decisions) >= REQUESTS
    assert owner.execute("SELECT count(*) FROM assignment").fetchone() == (ledger.offers,)
    assert ledger.offers > ASSOCIATIONS * PLACES


def assert_every_decision_agrees_when_run_again(season: Season) -> None:
    assert [decision.id for decision in season.decisions.values() if not decision.replays()] == []


def assert_nobody_is_overtaken_by_more_than_a_batch(owner: Owner) -> None:
    """First received, first decided on: at most the rest of its batch comes before a request, or the next one's."""
    decided = owner.execute(
        "SELECT rank() OVER (ORDER BY r.received_at, r.id) - rank() OVER (ORDER BY min(d.decided_at))"
        " FROM referral r JOIN routing_decision d ON d.referral_id = r.id GROUP BY r.id, r.received_at"
    ).fetchall()
    assert len(decided) > REQUESTS / 2
    assert max(abs(moved) for (moved,) in decided) <= BATCH


def assert_nobody_waits_who_could_be_placed() -> None:
    """A last look by the engine itself, on what stands now."""
    with transaction(Scope(DatabaseRole.ROUTER, read_only=True)) as session:
        board = board_of(Side.MENTEE)
        states = (ReferralState.WAITLISTED, ReferralState.UNROUTABLE)
        waiting = list(session.execute(select(Referral.id, Referral.profile).where(Referral.state.in_(states))))
        tried, at = tried_by(one.id for one in waiting), clock.now()
        for one in waiting:
            profile, those = Profile.from_json(one.profile), tried.get(one.id, frozenset())
            assert not isinstance(board.router.route(profile, board.standing, those, at), Placed)


def assert_no_request_is_lost_double_or_given_back(season: Season, owner: Owner) -> None:
    def rows(query: str) -> list[Any]:
        return owner.execute(query).fetchall()

    assert rows("SELECT count(*) FROM referral") == [(season.requests,)]
    assert rows("SELECT id FROM referral WHERE state = 'to_route'") == []
    assert (
        rows(
            "SELECT r.id FROM referral r LEFT JOIN assignment a ON a.referral_id = r.id AND a.closed_at IS NULL"
            " GROUP BY r.id HAVING count(a.id) <> (CASE r.state WHEN 'placed' THEN 1 ELSE 0 END)"
        )
        == []
    )
    assert (
        rows(
            "SELECT referral_id FROM assignment GROUP BY referral_id HAVING count(*) <> count(DISTINCT association_id)"
        )
        == []
    )
    assert (
        rows(
            "SELECT a.id FROM assignment a LEFT JOIN routing_decision d ON d.id = a.decision_id"
            " AND d.referral_id = a.referral_id WHERE d.id IS NULL"
        )
        == []
    )


def assert_the_sums_are_those_of_a_recount(owner: Owner) -> None:
    counted = "count(*) FILTER (WHERE state NOT IN ('bounced', 'expired', 'withdrawn', 'given_up'))"
    for kept, key, column in (
        ("association_standing", "association_id", "committed"),
        ("programme_standing", "programme_id", "committed"),
        ("capacity_use", "capacity_id", "taken"),
    ):
        sums = owner.execute(f"SELECT {key}, {column} FROM {kept} ORDER BY 1").fetchall()
        recount = owner.execute(f"SELECT {key}, {counted} FROM assignment GROUP BY 1 ORDER BY 1").fetchall()
        assert sums == recount
        assert len(sums) == ASSOCIATIONS
