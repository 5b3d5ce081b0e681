"""Everybody acts, in any order; after each act what stands in the database is what the model says."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy.orm import Session

from matching.vocabulary import Modality, Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs import journal, privacy, routing
from portal.models.assignment import AssignmentState, BounceReason
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.event import JournalAct
from portal.models.referral import Awaited, ReferralState, UnroutableWhy
from portal.operations import answers, expiry
from portal.operations import assignments as inbox
from portal.operations.capacity import Change, pause_association, resume_association, save_capacities
from portal.operations.contact import read_contact
from portal.operations.criteria import publish_criteria
from portal.operations.intake import submit_referral
from portal.operations.orientation import orient_by_hand
from portal.operations.routing import route_waiting
from tests.application import EMPTY
from tests.stateful import acting, looking
from tests.stateful.model import (
    EXPIRY,
    HOLD_DAYS,
    LEFT,
    TO_ANSWER,
    Model,
    Offer,
    Request,
)
from tests.stateful.world import BY_SPECIFICITY, KINDS, WAYS, Kind, World, submission

A, R = AssignmentState, ReferralState
PASSES = {"waitlist": R.WAITLISTED, "unroutable": R.UNROUTABLE}
LOOKED_AT_AGAIN = {UnroutableWhy.NONE, UnroutableWhy.EXHAUSTED}
AGES = ((0, 99), (0, 15), (16, 99), (30, 99))
LONGEST = timedelta(days=60)
STEPS = tuple(timedelta(minutes=minutes) for minutes in (2, 6, 6, 60 * 5, 60 * 24 * 4, 60 * 24 * 8, 60 * 24 * 15))
picks, sides = st.integers(0, 30), st.sampled_from(Side)
AnyOffer = tuple[Request, Offer]


def chosen[T](pick: int, preferred: Sequence[T], others: Sequence[T]) -> T:
    """One of those that the act is meant for, newest first; when there is none, one it must be refused for."""
    among = preferred or others
    return among[-1 - pick % len(among)]
