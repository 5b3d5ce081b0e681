"""Processes that act at once: python -m tests.concurrency.actors ROLE SEED SECONDS. Each prints what it did."""

import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm.exc import StaleDataError

from matching.vocabulary import Side
from portal.app import create_app
from portal.foundation import clock
from portal.foundation.errors import AlreadyAnswered, DomainError, Hidden
from portal.foundation.extensions import db
from portal.foundation.permissions import SignedIn
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import bind_link, transaction
from portal.jobs.routing import apply_answers, drain
from portal.models.assignment import TO_ANSWER, Assignment, BounceReason
from portal.models.campaign import Campaign
from portal.models.capacity import Capacity
from portal.operations.assignments import accept_assignment, assignment_to_answer, bounce_assignment
from portal.operations.capacity import Change, save_capacities
from tests.concurrency.changing import change, coordinator, scope_of

REASONS = [BounceReason.NO_PLACE] * 6 + [BounceReason.NO_FOLLOW_UP, BounceReason.OTHER]
# On a busy machine a process goes on until it has done this much, at most so many times as long.
LEAST = {
    "route": {"rounds": 5},
    "answer": {"accepted": 25, "bounced": 25},
    "capacity": {"capacity": 5},
    "withdraw": {"withdrawn": 5},
    "undo": {"undone": 5},
    "house": {"criteria": 5, "paused": 5, "resumed": 5, "objective": 5, "by hand": 5},
}
AT_MOST_TIMES = 6
done: Counter[str] = Counter()


def associations() -> list[UUID]:
    with transaction(Scope(DatabaseRole.ROUTER, read_only=True)):
        return list(db.session.scalars(select(Capacity.association_id).distinct().order_by(Capacity.association_id)))


def answer(chance: random.Random, everyone: list[UUID]) -> None:
    """A coordinator accepts or bounces some of what waits for an answer; two may open the same one."""
    person = coordinator(chance, chance.choice(everyone))
    for _ in range(5):
        try:
            with transaction(scope_of(person)):
                answer_one(chance, person)
        except (AlreadyAnswered, StaleDataError, Hidden):
            done["too late"] += 1


def answer_one(chance: random.Random, person: SignedIn) -> None:
    query = select(Assignment.id).where(Assignment.closed_at.is_(None), Assignment.state.in_(sorted(TO_ANSWER)))
    found = list(db.session.scalars(query.order_by(Assignment.due_at, Assignment.id).limit(5)))
    if not found:
        return
    assignment = assignment_to_answer(chance.choice(found))
    if chance.random() < 0.5:
        accept_assignment(assignment, by=person)
        done["accepted"] += 1
        return
    reason = chance.choice(REASONS)
    bounce_assignment(assignment, by=person, reason=reason, note="Une phrase.")
    done["bounced"] += 1


def change_capacity(chance: random.Random, everyone: list[UUID]) -> None:
    """Capacity goes up and down, also under what is taken."""
    person = coordinator(chance, chance.choice(everyone))
    with transaction(scope_of(person)):
        row = db.session.scalars(select(Capacity).order_by(Capacity.id).limit(1)).one()
        campaign = db.session.get_one(Campaign, row.campaign_id)
        amount = max(0, row.amount + chance.randint(-8, 12))
        change = Change(Side.MENTEE, row.place, amount, version=row.version)
        db.session.expire_all()
        try:
            save_capacities(campaign, [change], by=person)
        except DomainError:
            done["conflict"] += 1
            raise
        done["capacity"] += 1
    time.sleep(0.02)


def withdraw(chance: random.Random, _: list[UUID]) -> None:
    """Somebody withdraws from the tracking link, whatever state the request is in."""
    digests = json.loads(os.environ["LINKS"])
    with transaction(Scope(DatabaseRole.PUBLIC)):
        bind_link(chance.choice(digests))
        db.session.execute(text("SELECT withdraw_linked_referral(:at)"), {"at": clock.now()})
        done["withdrawn"] += 1
    time.sleep(0.05)


def route(chance: random.Random, _: list[UUID]) -> None:
    chance.choice(
        (
            lambda: drain("mentee"),
            lambda: drain("mentee"),
            lambda: drain("mentee", "waitlist", "unroutable"),
            apply_answers,
        )
    )()
    done["rounds"] += 1
    time.sleep(chance.random() * 0.05)


def changing(role: str) -> Callable[[random.Random, list[UUID]], None]:
    return lambda chance, everyone: change(role, chance, everyone, done)


ROLES: dict[str, Callable[[random.Random, list[UUID]], Any]] = {
    "route": route,
    "answer": answer,
    "capacity": change_capacity,
    "withdraw": withdraw,
    "undo": changing("undo"),
    "house": changing("house"),
}


def goes_on(elapsed: float, seconds: float, least: dict[str, int]) -> bool:
    unfinished = any(done[what] < amount for what, amount in least.items())
    return elapsed < (seconds * AT_MOST_TIMES if unfinished else seconds)


def act(role: str, seed: str, seconds: str) -> None:
    chance = random.Random(f"{role} {seed}")
    with create_app().app_context():
        everyone = associations()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        started, least = time.monotonic(), LEAST[role]
        while goes_on(time.monotonic() - started, float(seconds), least):
            ROLES[role](chance, everyone)
    sys.stdout.write(json.dumps(done))


if __name__ == "__main__":
    act(*sys.argv[1:])
