"""The platform's rules change by two people, on a proof, and come back the same way."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from sqlalchemy import Executable, insert, update
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from matching.ranking import PolicyName
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.extensions import db
from portal.foundation.identifiers import new_id
from portal.foundation.queue import PAPER, PORTAL, Job, queue
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.models.replay import PolicyOutcome, PolicyProposal, Replay, ReplayState
from portal.models.routing import RoutingPolicy
from portal.operations.policies import (
    PolicyConflict,
    missing_proof,
    propose_policy,
    propose_return,
    publish_policy,
    refuse_policy,
    withdraw_policy,
)
from tests.factories import make_account, make_campaign, make_referral

Owner = psycopg.Connection[tuple[object, ...]]
WHY = "Essai décidé au comité de novembre."
PROJECTED = {"policy": {"name": "projected", "hops": 3}}


@pytest.fixture
def two(app: Flask, arrange: Session) -> tuple[UUID, UUID]:
    """Samir and Nadia of the team; version 1, ARM and three associations, is in force."""
    campaign = make_campaign(arrange)
    for side in Side:
        make_referral(arrange, campaign, side=side)
    ids = tuple(make_account(arrange, staff=True).id for _ in range(2))
    arrange.commit()
    return ids[0], ids[1]


def staff(account_id: UUID) -> AbstractContextManager[Any]:
    return transaction(Scope(DatabaseRole.STAFF, account_id=account_id))


def proposed(by: UUID, name: PolicyName = PolicyName.ARM, hops: int = 4) -> UUID:
    with staff(by):
        return propose_policy(name, hops, WHY, by=by).id


def told(owner: Owner, query: str) -> list[tuple[object, ...]]:
    return owner.execute(query).fetchall()


def _executed(statements: Iterable[Executable]) -> None:
    for statement in statements:
        db.session.execute(statement)


def make_replay(
    session: Session,
    side: Side,
    *,
    served: tuple[float, float, float] = (3, 5, 9),
    gini: tuple[float, float, float] = (0.0, 0.0, 0.0),
    days: int = 90,
    finished: int = 0,
    changes: dict[str, Any] | None = None,
) -> Replay:
    """A replay of `projected` alone, done: what its proof tells against ARM."""
    until = date(2026, 10, 31)
    replay = Replay(
        id=new_id(),
        side=side,
        title="Niveaux projetés",
        since=until - timedelta(days=days - 1),
        until=until,
        changes=PROJECTED if changes is None else changes,
        seeds=5,
        state=ReplayState.DONE,
        progress=100,
        report={"proof": {"served": served, "gini": gini}},
        finished_at=clock.now() - timedelta(days=finished),
    )
    session.add(replay)
    session.commit()
    return replay


def test_rules_proposed_by_one_are_published_by_another(two: tuple[UUID, UUID], owner: Owner) -> None:
    samir, nadia = two
    asked = proposed(samir)
    assert told(owner, "SELECT max(version) FROM routing_policy") == [(1,)]
    with staff(nadia):
        assert publish_policy(asked, by=nadia).version == 2
    assert told(owner, "SELECT name, maximum_hops, note, created_by FROM routing_policy WHERE version = 2") == [
        ("arm", 4, WHY, nadia)
    ]
    assert told(owner, "SELECT outcome, settled_by, version FROM policy_proposal") == [("published", nadia, 2)]
    assert told(owner, "SELECT act, account_id FROM journal_entry ORDER BY at") == [
        ("policy_proposed", samir),
        ("policy_settled", nadia),
    ]
    assert told(owner, "SELECT name, data->>'version' FROM event") == [("policy_published", "2")]


def test_publishing_wakes_both_drainers(two: tuple[UUID, UUID]) -> None:
    samir, nadia = two
    asked = proposed(samir)
    with staff(nadia):
        publish_policy(asked, by=nadia)
        assert queue(PORTAL).jobs == []
    woken = sorted((job.func_name, tuple(job.args)) for job in queue(PORTAL).jobs)
    passes = ("waitlist", "unroutable")
    assert woken == [(Job.DRAIN.value, ("mentee", *passes)), (Job.DRAIN.value, ("mentor", *passes))]
    assert queue(PAPER).jobs == []


def test_projected_levels_are_solved_as_soon_as_they_are_needed(two: tuple[UUID, UUID], arrange: Session) -> None:
    for side in Side:
        make_replay(arrange, side)
    samir, nadia = two
    asked = proposed(samir, PolicyName.PROJECTED, 3)
    with staff(nadia):
        publish_policy(asked, by=nadia)
    assert [job.func_name for job in queue(PAPER).jobs] == [Job.SOLVE_LEVELS.value]


def test_nobody_publishes_nor_refuses_their_own_proposal(two: tuple[UUID, UUID], owner: Owner) -> None:
    samir, _ = two
    asked = proposed(samir)
    with pytest.raises(DomainError, match="deuxième personne"), staff(samir):
        publish_policy(asked, by=samir)
    with pytest.raises(DomainError, match="deuxième personne"), staff(samir):
        refuse_policy(asked, WHY, by=samir)
    assert told(owner, "SELECT outcome FROM policy_proposal") == [(None,)]


def test_the_database_itself_wants_a_second_person(two: tuple[UUID, UUID], owner: Owner) -> None:
    samir, nadia = two
    asked = proposed(samir)
    refused = {"outcome": PolicyOutcome.REFUSED, "settled_by": samir, "settled_at": clock.now()}
    alone = update(PolicyProposal).where(PolicyProposal.id == asked).values(**refused)
    rules = insert(RoutingPolicy).values(version=2, note="", maximum_hops=4, created_at=clock.now())
    own, other = rules.values(name="arm", created_by=samir), rules.values(name="random", created_by=nadia)
    for by, statement in ((samir, alone), (samir, own), (nadia, other)):
        with pytest.raises(ProgrammingError, match="row-level security"), staff(by):
            db.session.execute(statement)
    assert told(owner, "SELECT version FROM routing_policy") == [(1,)]


@pytest.mark.parametrize(
    ("versions", "settled", "said"),
    [
        ((2,), None, "settling its proposal"),
        ((2, 3), 2, "settling its proposal"),
        ((3,), 3, "the next version"),
        ((2_147_483_647,), 2_147_483_647, "the next version"),
    ],
)
def test_the_database_itself_wants_one_settled_proposal_and_the_next_number_of_a_version(
    two: tuple[UUID, UUID], owner: Owner, versions: tuple[int, ...], settled: int | None, said: str
) -> None:
    samir, nadia = two
    asked = proposed(samir)
    rules = insert(RoutingPolicy).values(note="", name="arm", maximum_hops=4, created_at=clock.now(), created_by=nadia)
    answer = {"outcome": PolicyOutcome.PUBLISHED, "settled_by": nadia, "settled_at": clock.now(), "version": settled}
    settling = update(PolicyProposal).where(PolicyProposal.id == asked).values(**answer)
    statements = [rules.values(version=version) for version in versions] + [settling] * bool(settled)
    with pytest.raises(IntegrityError, match=said), staff(nadia):
        _executed(statements)
    assert told(owner, "SELECT version FROM routing_policy") == [(1,)]
    assert told(owner, "SELECT outcome FROM policy_proposal") == [(None,)]


def test_the_database_lets_no_proposal_be_settled_as_a_version_it_is_not(two: tuple[UUID, UUID], owner: Owner) -> None:
    samir, nadia = two
    asked = proposed(samir)
    answer = {"outcome": PolicyOutcome.PUBLISHED, "settled_by": nadia, "settled_at": clock.now(), "version": 1}
    with pytest.raises(ProgrammingError, match="row-level security"), staff(nadia):
        db.session.execute(update(PolicyProposal).where(PolicyProposal.id == asked).values(**answer))
    assert told(owner, "SELECT outcome FROM policy_proposal") == [(None,)]


def test_a_refusal_says_why_and_changes_no_rule(two: tuple[UUID, UUID], owner: Owner) -> None:
    samir, nadia = two
    asked = proposed(samir)
    with pytest.raises(DomainError) as refusal, staff(nadia):
        refuse_policy(asked, "Non.", by=nadia)
    assert refusal.value.field == "reason"
    with staff(nadia):
        refuse_policy(asked, "Attendons la fin de la rentrée.", by=nadia)
    assert told(owner, "SELECT outcome, verdict_reason, settled_by FROM policy_proposal") == [
        ("refused", "Attendons la fin de la rentrée.", nadia)
    ]
    assert told(owner, "SELECT version FROM routing_policy") == [(1,)]


def test_only_its_author_takes_a_proposal_back(two: tuple[UUID, UUID], owner: Owner) -> None:
    samir, nadia = two
    asked = proposed(samir)
    with pytest.raises(DomainError, match="Seule la personne"), staff(nadia):
        withdraw_policy(asked, by=nadia)
    with staff(samir):
        withdraw_policy(asked, by=samir)
    assert told(owner, "SELECT outcome FROM policy_proposal") == [("withdrawn",)]
    with pytest.raises(PolicyConflict, match="n’attend plus"), staff(nadia):
        publish_policy(asked, by=nadia)


def test_one_proposal_waits_at_a_time(two: tuple[UUID, UUID]) -> None:
    samir, nadia = two
    proposed(samir)
    with pytest.raises(PolicyConflict, match="attend déjà"):
        proposed(nadia, hops=5)


@pytest.mark.parametrize(
    ("hops", "why", "field", "said"),
    [
        (3, WHY, None, "Rien ne change"),
        (0, WHY, "hops", "de 1 à 10"),
        (11, WHY, "hops", "de 1 à 10"),
        (4, "Oui", "reason", "Dites pourquoi"),
        (4, "x" * 1_001, "reason", "Dites pourquoi"),
    ],
)
def test_what_makes_no_proposal_is_refused_in_words(
    two: tuple[UUID, UUID], owner: Owner, hops: int, why: str, field: str | None, said: str
) -> None:
    with pytest.raises(DomainError, match=said) as refusal, staff(two[0]):
        propose_policy(PolicyName.ARM, hops, why, by=two[0])
    assert refusal.value.field == field
    assert told(owner, "SELECT FROM policy_proposal") == []


def test_another_policy_than_arm_wants_a_proof_on_each_side(two: tuple[UUID, UUID], arrange: Session) -> None:
    with pytest.raises(DomainError, match="du côté des jeunes et du côté des bénévoles"):
        proposed(two[0], PolicyName.PROJECTED, 3)
    make_replay(arrange, Side.MENTEE)
    with pytest.raises(DomainError, match="du côté des bénévoles"):
        proposed(two[0], PolicyName.PROJECTED, 3)
    make_replay(arrange, Side.MENTOR)
    proposed(two[0], PolicyName.PROJECTED, 3)


def test_a_side_on_which_nobody_came_wants_no_proof(two: tuple[UUID, UUID], arrange: Session, owner: Owner) -> None:
    make_replay(arrange, Side.MENTEE)
    owner.execute("UPDATE referral SET received_at = received_at - interval '91 days' WHERE side = 'mentor'")
    proposed(two[0], PolicyName.PROJECTED, 3)


@pytest.mark.parametrize(
    ("told", "enough"),
    [
        ({"served": (1, 2, 3)}, True),
        ({"served": (1, 2, 3), "gini": (0.0, 0.004, 0.005)}, True),
        ({"served": (1, 2, 3), "gini": (0.0, 0.004, 0.006)}, False),
        ({"served": (0, 2, 3)}, False),
        ({"served": (-2, 1, 3), "gini": (-0.02, -0.02, -0.01)}, True),
        ({"served": (-2, 1, 3), "gini": (-0.02, -0.01, 0.01)}, False),
        ({"served": (-3, -2, -1), "gini": (-0.5, -0.4, -0.3)}, False),
        ({"days": 89}, False),
        ({"finished": 31}, False),
        ({"changes": {**PROJECTED, "objectives": {"a": 3}}}, False),
        ({"changes": {"policy": {"name": "projected", "hops": 5}}}, False),
    ],
)
def test_what_proves_that_a_policy_does_better_than_arm(
    two: tuple[UUID, UUID], arrange: Session, told: dict[str, Any], enough: bool
) -> None:
    make_replay(arrange, Side.MENTOR)
    make_replay(arrange, Side.MENTEE, **told)
    with staff(two[0]):
        assert (missing_proof(PolicyName.PROJECTED, 3) == "") is enough


def test_the_latest_replay_has_the_last_word(two: tuple[UUID, UUID], arrange: Session) -> None:
    for side in Side:
        make_replay(arrange, side, finished=1)
    make_replay(arrange, Side.MENTEE, served=(-20, -12, -3))
    with staff(two[0]):
        assert "l’ARM fait accueillir 12\u00a0demandes de plus" in missing_proof(PolicyName.PROJECTED, 3)


def test_what_speaks_against_a_policy_is_told_beside_what_lacks(two: tuple[UUID, UUID], arrange: Session) -> None:
    make_replay(arrange, Side.MENTEE, served=(-20, -12, -3), gini=(0.1, 0.1, 0.1))
    with staff(two[0]):
        said = missing_proof(PolicyName.PROJECTED, 3)
    assert "jeunes, l’ARM fait accueillir 12\u00a0demandes de plus" in said
    assert "Il manque un rejeu du côté des bénévoles" in said


@pytest.mark.parametrize(
    ("served", "finished", "said"), [((-20, -12, -3), 0, "12\u00a0demandes"), (None, 31, "Il manque")]
)
def test_a_proof_that_holds_no_more_is_not_published_and_the_proposal_stays(
    two: tuple[UUID, UUID],
    arrange: Session,
    owner: Owner,
    served: tuple[float, float, float] | None,
    finished: int,
    said: str,
) -> None:
    samir, nadia = two
    for side in Side:
        make_replay(arrange, side)
    asked = proposed(samir, PolicyName.PROJECTED, 3)
    if served:
        make_replay(arrange, Side.MENTEE, served=served)
    owner.execute("UPDATE replay SET finished_at = finished_at - %s * interval '1 day'", [finished])
    with pytest.raises(DomainError, match=f"sa preuve ne tient plus.*{said}"), staff(nadia):
        publish_policy(asked, by=nadia)
    assert told(owner, "SELECT version FROM routing_policy") == [(1,)]
    assert told(owner, "SELECT outcome FROM policy_proposal") == [(None,)]


def test_a_return_to_what_was_proved_once_wants_no_proof_when_it_is_published(
    two: tuple[UUID, UUID], arrange: Session, owner: Owner
) -> None:
    samir, nadia = two
    for side in Side:
        make_replay(arrange, side)
    for name, hops in ((PolicyName.PROJECTED, 3), (PolicyName.ARM, 4)):
        asked = proposed(samir, name, hops)
        with staff(nadia):
            publish_policy(asked, by=nadia)
    owner.execute("UPDATE replay SET finished_at = finished_at - interval '40 days'")
    with staff(samir):
        back = propose_return(2, WHY, by=samir).id
    with staff(nadia):
        assert publish_policy(back, by=nadia).version == 4


def test_the_replay_shown_is_one_of_those_that_count(two: tuple[UUID, UUID], arrange: Session, owner: Owner) -> None:
    mine, other = (make_replay(arrange, side) for side in Side)
    unrelated = make_replay(arrange, Side.MENTEE, changes={"policy": {"name": "random", "hops": 9}})
    for asked, shown in ((other.id, {other.id}), (unrelated.id, {mine.id, other.id}), (new_id(), {mine.id, other.id})):
        with staff(two[0]):
            proposal = propose_policy(PolicyName.PROJECTED, 3, WHY, by=two[0], replay_id=asked)
            assert proposal.replay_id in shown
            withdraw_policy(proposal.id, by=two[0])


@pytest.mark.parametrize(("hops", "shown"), [(5, True), (6, False)])
def test_a_short_replay_of_arm_is_shown_beside_the_very_rules_it_tries(
    two: tuple[UUID, UUID], arrange: Session, hops: int, shown: bool
) -> None:
    short = make_replay(arrange, Side.MENTEE, days=7, changes={"policy": {"name": "arm", "hops": 5}})
    with staff(two[0]):
        proposal = propose_policy(PolicyName.ARM, hops, WHY, by=two[0], replay_id=short.id)
        assert (proposal.replay_id == short.id) is shown


def test_one_goes_back_to_an_older_version_by_two_people_and_without_a_replay(
    two: tuple[UUID, UUID], owner: Owner
) -> None:
    samir, nadia = two
    asked = proposed(samir)
    with staff(nadia):
        publish_policy(asked, by=nadia)
    with staff(nadia):
        back = propose_return(1, "Trop de réorientations.", by=nadia).id
    with pytest.raises(DomainError, match="deuxième personne"), staff(nadia):
        publish_policy(back, by=nadia)
    with staff(samir):
        assert publish_policy(back, by=samir).version == 3
    assert told(owner, "SELECT version, name, maximum_hops FROM routing_policy ORDER BY version") == [
        (1, "arm", 3),
        (2, "arm", 4),
        (3, "arm", 3),
    ]
    with pytest.raises(DomainError, match="mêmes règles"), staff(nadia):
        propose_return(1, "Trop de réorientations.", by=nadia)
    with pytest.raises(Hidden), staff(nadia):
        propose_return(9, "Trop de réorientations.", by=nadia)
