"""Eight processes at once on scarce places: nothing over, lost or double, and every decision ranked on the truth."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from matching.decision import Placed
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
from portal.queries.decisions import StoredDecision, stored_decision
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
ACTORS = ["route"] * 3 + ["answer"] * 3 + ["capacity", "withdraw"]


def make_requests(arrange: Session, campaign: Campaign) -> list[str]:
    """Requests without identity; returns what some tracking links hash to."""
    now, rows = clock.now(), []
    for number in range(REQUESTS):
        key, age = new_id(), 14 + number % 14
        received = now - timedelta(seconds=REQUESTS - number)
        rows.append(
            {
                "id": key,
                "number": f"2026-{number:05}",
                "side": Side.MENTEE,
                "channel": Channel.SELF,
                "state": ReferralState.TO_ROUTE,
                "state_since": received,
                "received_at": received,
                "awaiting": [],
                "campaign_id": campaign.id,
                "profile": profile_json(key, age=age),
                "needs": [],
                "hops": 0,
                "version": 1,
                "tracking_digest": token_digest(f"tracking {number}"),
                "link_version": 1,
            }
        )
    arrange.execute(insert(Referral), rows)
    return [str(row["tracking_digest"]) for row in rows[::10]]


def make_associations(arrange: Session, campaign: Campaign) -> None:
    """Each takes its own range of ages, so that they overlap; places for a third of the requests."""
    for number in range(ASSOCIATIONS):
        association = make_association(arrange, f"Association n° {number}")
        youngest = 10 + number
        make_programme(arrange, association, {"test": "age", "min": youngest, "max": youngest + 8})
        make_capacity(arrange, association, campaign, PLACES)
        make_objective(arrange, association, campaign, 50 + 20 * number)


def run_at_once(environment: dict[str, str], links: list[str]) -> Counter[str]:
    """All the processes, started together; what they did, added up."""
    told = {**os.environ, **environment, "LINKS": json.dumps(links), "LIMITS_ENABLED": "false", "POOL_SIZE": "2"}
    actors = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.concurrency.actors", role, str(seed), str(SECONDS)],
            env=told,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed, role in enumerate(ACTORS)
    ]
    for actor in actors:
        assert actor.stdout is not None
        assert actor.stdout.readline() == "ready\n"
    done: Counter[str] = Counter()
    for actor in actors:
        assert actor.stdin is not None
        actor.stdin.write("\n")
        actor.stdin.flush()
    for actor in actors:
        answer, _ = actor.communicate(timeout=SECONDS + 60)
        assert actor.returncode == 0
        done.update(json.loads(answer))
    return done


@dataclass
class Season:
    """What is left after the processes have gone, and how it came."""

    done: Counter[str]
    told: list[Commit]
    decisions: dict[str, StoredDecision]


@pytest.fixture
def season(
    app: Flask, arrange: Session, owner: "psycopg.Connection[Any]", portal_environment: dict[str, str]
) -> Iterator[Season]:
    """Twenty seconds of everybody at once, then one process alone until nothing moves any more."""
    campaign = make_campaign(arrange)
    with remembered(owner):
        make_associations(arrange, campaign)
        links = make_requests(arrange, campaign)
        arrange.commit()
        done = run_at_once(portal_environment, links)
        apply_answers()
        drain(Side.MENTEE.value, "waitlist")
        told = commits(owner)
        with transaction(Scope(DatabaseRole.STAFF, read_only=True)) as session:
            rows = session.scalars(select(RoutingDecision).order_by(RoutingDecision.decided_at))
            decisions = {str(row.id): stored_decision(row) for row in rows}
        yield Season(done, told, decisions)


@dataclass
class Ledger:
    """Everything as it must have stood at each commit, counted again from what was committed before it."""

    amounts: dict[str, int] = field(default_factory=dict)
    really_taken: Counter[str] = field(default_factory=Counter)
    folded_taken: Counter[str] = field(default_factory=Counter)
    committed: Counter[str] = field(default_factory=Counter)
    owner_of: dict[str, str] = field(default_factory=dict)
    offers: int = 0
    decided: int = 0

    def follow(self, commit: Commit, decisions: dict[str, StoredDecision]) -> None:
        self._capacities(commit)
        for delta in commit.of("standing_delta insert"):
            self.really_taken[delta["capacity_id"]] += delta["amount"]
        for delta in commit.of("standing_delta delete"):
            self.folded_taken[delta["capacity_id"]] += delta["amount"]
            self.committed[delta["association_id"]] += delta["amount"]
        offers = {offer["decision_id"]: offer for offer in commit.of("assignment insert")}
        for row in commit.of("routing_decision insert"):
            self._decided(decisions[row["id"]], offers.get(row["id"]))

    def _capacities(self, commit: Commit) -> None:
        for row in commit.of("capacity insert") + commit.of("capacity update"):
            self.amounts[row["id"]] = row["amount"]
            self.owner_of[row["association_id"]] = row["id"]

    def _decided(self, decision: StoredDecision, offer: dict[str, Any] | None) -> None:
        self.decided += 1
        for association, its in decision.outcome.standing.associations.items():
            capacity = self.owner_of[association]
            assert its.committed == self.committed[association]
            assert dict(its.places) == {"country:FR": Places(self.amounts[capacity], self.folded_taken[capacity])}
        assert isinstance(decision.outcome, Placed) == (offer is not None)
        if offer is not None:
            self._offered(offer)

    def _offered(self, offer: dict[str, Any]) -> None:
        capacity = offer["capacity_id"]
        self.offers += 1
        self.committed[offer["association_id"]] += 1
        self.folded_taken[capacity] += 1
        self.really_taken[capacity] += 1
        assert self.really_taken[capacity] <= self.folded_taken[capacity] <= self.amounts[capacity]


@pytest.mark.timeout(300)
def test_eight_processes_at_once_keep_every_promise(season: Season, owner: "psycopg.Connection[Any]") -> None:
    assert_everybody_worked(season)
    assert_no_offer_beyond_the_capacity_of_its_moment_and_every_rank_on_the_truth(season, owner)
    assert_every_decision_agrees_when_run_again(season)
    assert_no_request_is_lost_double_or_given_back(owner)
    assert_the_sums_are_those_of_a_recount(owner)


def assert_everybody_worked(season: Season) -> None:
    assert season.done["accepted"] > 50
    assert season.done["bounced"] > 50
    assert season.done["capacity"] > 5
    assert season.done["withdrawn"] > 5
    assert season.done["rounds"] > 5


def assert_no_offer_beyond_the_capacity_of_its_moment_and_every_rank_on_the_truth(
    season: Season, owner: "psycopg.Connection[Any]"
) -> None:
    ledger = Ledger()
    for commit in season.told:
        ledger.follow(commit, season.decisions)
    assert ledger.decided == len(season.decisions) >= REQUESTS
    assert owner.execute("SELECT count(*) FROM assignment").fetchone() == (ledger.offers,)
    assert ledger.offers > ASSOCIATIONS * PLACES


def assert_every_decision_agrees_when_run_again(season: Season) -> None:
    assert [decision.id for decision in season.decisions.values() if not decision.replays()] == []


def assert_no_request_is_lost_double_or_given_back(owner: "psycopg.Connection[Any]") -> None:
    def rows(query: str) -> list[Any]:
        return owner.execute(query).fetchall()

    assert rows("SELECT count(*) FROM referral") == [(REQUESTS,)]
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


def assert_the_sums_are_those_of_a_recount(owner: "psycopg.Connection[Any]") -> None:
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
