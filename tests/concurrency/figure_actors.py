"""Processes that make figures move: python -m tests.concurrency.figure_actors ROLE SEED SECONDS."""

import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError

from matching.vocabulary import Side
from portal.app import create_app
from portal.foundation import clock
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.extensions import db
from portal.foundation.permissions import SignedIn
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs.figures import fold
from portal.jobs.routing import apply_answers, drain
from portal.models.assignment import TAKEN, TO_ANSWER, Assignment, AssignmentState, BounceReason
from portal.operations.assignments import (
    accept_assignment,
    assignment_to_answer,
    bounce_assignment,
    record_follow_up,
    undo_answer,
)
from portal.operations.figures import figure_differences, mend_figures
from tests.concurrency.actors import associations
from tests.concurrency.changing import coordinator, scope_of

REASONS = [BounceReason.NO_PLACE, BounceReason.NO_FITTING_MATCH, BounceReason.NO_FOLLOW_UP]
UNDONE = frozenset({AssignmentState.ACCEPTED, AssignmentState.BOUNCED})
STEPS = (AssignmentState.CONTACTED, AssignmentState.UNREACHABLE, AssignmentState.PAIRED, AssignmentState.GIVEN_UP)
JOBS = Scope(DatabaseRole.JOBS)
LATER = timedelta(minutes=2)  # past the undo window of a minute
done: Counter[str] = Counter()


def one_of(chance: random.Random, states: frozenset[AssignmentState]) -> Assignment:
    """Any of theirs in such a state, locked; Hidden when there is none."""
    query = select(Assignment.id).where(Assignment.closed_at.is_(None), Assignment.state.in_(sorted(states)))
    found = list(db.session.scalars(query.order_by(Assignment.offered_at.desc(), Assignment.id).limit(8)))
    if not found:
        raise Hidden
    return assignment_to_answer(chance.choice(found))


def acting(act: Callable[[random.Random, SignedIn], str]) -> Callable[[random.Random, list[UUID]], None]:
    """The act of a coordinator of some association; too late is no error."""

    def attempt(chance: random.Random, everyone: list[UUID]) -> None:
        person = coordinator(chance, chance.choice(everyone))
        try:
            with transaction(scope_of(person)):
                what = act(chance, person)
        except (DomainError, StaleDataError, Hidden):
            done["too late"] += 1
        else:
            done[what] += 1

    return attempt


def answer(chance: random.Random, person: SignedIn) -> str:
    if chance.random() < 0.7:
        accept_assignment(one_of(chance, TO_ANSWER), by=person)
        return "accepted"
    taken = chance.random() < 0.3
    states = TAKEN - {AssignmentState.PAIRED} if taken else TO_ANSWER
    bounce_assignment(one_of(chance, states), by=person, reason=chance.choice(REASONS), finally_not=taken)
    return "bounced"


def undo(chance: random.Random, person: SignedIn) -> str:
    undo_answer(one_of(chance, UNDONE), by=person)
    return "undone"


def follow(chance: random.Random, person: SignedIn) -> str:
    with clock.at(clock.now() + LATER):
        record_follow_up(one_of(chance, TAKEN), by=person, state=chance.choice(STEPS), authorised=True)
    return "followed"


def route(chance: random.Random, _: list[UUID]) -> None:
    """Answers are left a while before they take effect, so that some are taken back."""
    if chance.random() < 0.8:
        drain(Side.MENTEE.value, "waitlist")
    else:
        with clock.at(clock.now() + LATER):
            apply_answers()
    done["rounds"] += 1
    time.sleep(chance.random() * 0.2)


def sum_up(chance: random.Random, _: list[UUID]) -> None:
    """Fold, compare, mend: there is never anything to mend."""
    fold()
    with transaction(Scope(DatabaseRole.JOBS, read_only=True)):
        done["differences"] += len(figure_differences())
    with transaction(JOBS):
        done["mended"] += mend_figures()
    done["sums"] += 1
    time.sleep(chance.random() * 0.5)


ROLES: dict[str, Callable[[random.Random, list[UUID]], Any]] = {
    "route": route,
    "answer": acting(answer),
    "undo": acting(undo),
    "follow": acting(follow),
    "sum": sum_up,
}


def act(role: str, seed: str, seconds: str) -> None:
    chance = random.Random(f"{role} {seed}")
    with create_app().app_context():
        everyone = associations()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        deadline = time.monotonic() + float(seconds)
        while time.monotonic() < deadline:
            ROLES[role](chance, everyone)
    sys.stdout.write(json.dumps(done))


if __name__ == "__main__":
    act(*sys.argv[1:])
