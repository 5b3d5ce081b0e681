"""The study of the policies, read from the requests that really came."""

from datetime import timedelta

from flask import Flask
from sqlalchemy.orm import Session

from matching.ranking import PolicyName
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs.routing import ROUTER
from portal.operations.routing import route_waiting
from portal.queries.figures import Period
from portal.queries.policy_study import policy_study
from tests.factories import (
    make_association,
    make_campaign,
    make_capacity,
    make_objective,
    make_programme,
    make_referral,
)

STAFF = Scope(DatabaseRole.STAFF, read_only=True)


def test_every_policy_lives_the_same_requests_and_none_passes_the_best(app: Flask, arrange: Session) -> None:
    campaign = make_campaign(arrange)
    for _ in range(2):
        association = make_association(arrange)
        make_programme(arrange, association)
        make_capacity(arrange, association, campaign)
        make_objective(arrange, association, campaign)
    for _ in range(6):
        make_referral(arrange, campaign)
    arrange.commit()
    with transaction(ROUTER):
        assert route_waiting(Side.MENTEE).placed == 6
    with transaction(STAFF):
        study = policy_study(Period(clock.today() - timedelta(days=30), clock.today()))
    young, volunteers = study.sides
    assert study.in_force is PolicyName.ARM
    assert (young.requests, young.best, young.faithful) == (6, 6, 1.0)
    assert {one.name for one in young.results} >= set(PolicyName) - {PolicyName.PROJECTED}
    assert all(one.served == 6 and one.of_best == 1 for one in young.results)
    assert (volunteers.requests, volunteers.results) == (0, ())
