"""Routing, answering, undoing, following up and folding at once: the sums are those of a recount at every instant."""

import json
import os
import subprocess
import sys
from collections import Counter
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs.figures import fold
from portal.operations.figures import figure_differences
from tests.concurrency.test_contention import make_associations, make_requests
from tests.factories import make_campaign

SECONDS = 15
ACTORS = ["route", "answer", "answer", "answer", "undo", "follow", "sum", "sum"]


def run_at_once(environment: dict[str, str]) -> Counter[str]:
    """All the processes, started together; what they did, added up."""
    told = {**os.environ, **environment, "UNDO_MINUTES": "1", "LIMITS_ENABLED": "false", "POOL_SIZE": "2"}
    actors = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.concurrency.figure_actors", role, str(seed), str(SECONDS)],
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
    for actor in actors:
        assert actor.stdin is not None
        actor.stdin.write("\n")
        actor.stdin.flush()
    done: Counter[str] = Counter()
    for actor in actors:
        answer, _ = actor.communicate(timeout=SECONDS + 60)
        assert actor.returncode == 0
        done.update(json.loads(answer))
    return done


@pytest.mark.timeout(200)
def test_the_sums_are_those_of_a_recount_while_everybody_acts_and_afterwards(
    app: Flask, arrange: Session, owner: "psycopg.Connection[Any]", portal_environment: dict[str, str]
) -> None:
    campaign = make_campaign(arrange)
    make_associations(arrange, campaign)
    make_requests(arrange, campaign)
    arrange.commit()
    done = run_at_once(portal_environment)
    assert min(done[what] for what in ("accepted", "bounced", "undone", "followed", "sums")) > 0, done
    assert (done["differences"], done["mended"]) == (0, 0)
    fold()
    with transaction(Scope(DatabaseRole.JOBS, read_only=True)):
        assert figure_differences() == []
    assert owner.execute("SELECT count(*) FROM figure_delta").fetchone() == (0,)
    told = owner.execute(
        "SELECT measure, sum(amount) FROM daily_figure WHERE association_id IS NULL AND dimension = 'total' GROUP BY 1"
    ).fetchall()
    counted = owner.execute("SELECT count(*)::int FROM assignment").fetchall()
    assert [(dict(told)["offered"],)] == counted
    assert dict(told)["accepted"] > 0
