"""What changes under the drainer's feet: criteria, pauses, objectives, requests oriented by hand, answers taken back."""

import random
import time
from collections import Counter
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.extensions import db
from portal.foundation.permissions import SignedIn
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.models.assignment import TO_ANSWER, Assignment, AssignmentState, BounceReason
from portal.models.association import Association
from portal.models.programme import Programme
from portal.models.referral import Referral, ReferralState
from portal.operations.assignments import accept_assignment, assignment_to_answer, bounce_assignment, undo_answer
from portal.operations.capacity import pause_association, resume_association
from portal.operations.criteria import publish_criteria
from portal.operations.objectives import declare_objective
from portal.operations.orientation import orient_by_hand

SIDE = Side.MENTEE
STAFF, ROUTER = Scope(DatabaseRole.STAFF), Scope(DatabaseRole.ROUTER)
UNDONE = frozenset({AssignmentState.ACCEPTED, AssignmentState.BOUNCED})
TOO_LATE = (DomainError, Hidden, StaleDataError, IntegrityError)


def coordinator(chance: random.Random, association_id: UUID) -> SignedIn:
    return SignedIn(UUID(int=chance.getrandbits(128)), "Une coordinatrice", "", association_id=association_id)


def scope_of(person: SignedIn) -> Scope:
    return Scope(DatabaseRole.ASSOCIATION, association_id=person.association_id, account_id=person.account_id)


def some(chance: random.Random, states: frozenset[AssignmentState]) -> Assignment:
    """Any of theirs in such a state, locked; Hidden when there is none."""
    query = select(Assignment.id).where(Assignment.closed_at.is_(None), Assignment.state.in_(sorted(states)))
    found = list(db.session.scalars(query.order_by(Assignment.offered_at.desc(), Assignment.id).limit(8)))
    if not found:
        raise Hidden
    return assignment_to_answer(chance.choice(found))


def answer_and_undo(chance: random.Random, person: SignedIn) -> str:
    """Half of the time an answer, else one is taken back. This process's window is a minute: see UNDO_MINUTES."""
    if chance.random() < 0.5:
        undo_answer(some(chance, UNDONE), by=person)
        return "undone"
    answered = some(chance, TO_ANSWER)
    if chance.random() < 0.5:
        accept_assignment(answered, by=person)
    else:
        bounce_assignment(answered, by=person, reason=BounceReason.NO_PLACE)
    return "answered for now"


def change_criteria(chance: random.Random, person: SignedIn) -> str:
    programme = db.session.scalars(select(Programme).where(Programme.association_id == person.association_id)).first()
    assert programme is not None
    youngest = chance.randint(8, 20)
    criteria = {"test": "age", "min": youngest, "max": youngest + chance.randint(6, 14)}
    publish_criteria(programme.id, SIDE, criteria, by=None)
    return "criteria"


def pause_or_resume(_: random.Random, person: SignedIn) -> str:
    association = db.session.get_one(Association, person.association_id)
    if association.paused_from is None:
        pause_association(association, first=clock.today(), back=None)
        return "paused"
    resume_association(association)
    return "resumed"


def validate_objective(chance: random.Random, person: SignedIn) -> str:
    assert person.association_id is not None
    declare_objective(person.association_id, SIDE, chance.randint(20, 400), by=None)
    return "objective"


def orient(chance: random.Random, person: SignedIn) -> str:
    """To a programme of theirs, whether or not it fits, and whoever has the request now."""
    states = (ReferralState.WAITLISTED, ReferralState.UNROUTABLE, ReferralState.PLACED)
    query = select(Referral.id).where(Referral.state == chance.choice(states)).order_by(Referral.received_at).limit(300)
    referrals = list(db.session.scalars(query))
    programmes = select(Programme.id).where(Programme.association_id == person.association_id)
    if not referrals:
        raise Hidden
    chosen = chance.choice(referrals)
    orient_by_hand(chosen, db.session.scalars(programmes).one(), by=person.account_id, reason="Une phrase.")
    return "by hand"


ACTS = {
    "undo": ((answer_and_undo, None),),
    "house": (
        (change_criteria, STAFF),
        (pause_or_resume, None),
        (pause_or_resume, None),
        (validate_objective, STAFF),
        (orient, ROUTER),
        (orient, ROUTER),
    ),
}
PAUSE_SECONDS = {"undo": 0.0, "house": 0.03}


def change(role: str, chance: random.Random, everyone: list[UUID], done: Counter[str]) -> None:
    """One of the role's acts, in the scope of whoever may do it: a coordinator unless told. Too late is no error."""
    act, scope = chance.choice(ACTS[role])
    person = coordinator(chance, chance.choice(everyone))
    try:
        with transaction(scope or scope_of(person)):
            what = act(chance, person)
    except TOO_LATE:
        done["too late"] += 1
    else:
        done[what] += 1
    time.sleep(PAUSE_SECONDS[role])
