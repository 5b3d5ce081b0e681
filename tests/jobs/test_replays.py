"""A replay run by its job, from what really happened to the report; and the levels of `projected`, solved and read."""

from datetime import date, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from matching.comparison import Comparison
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs import levels, replays
from portal.models.campaign import Campaign
from portal.models.forecast import ProjectedLevel
from portal.models.routing import RoutingPolicy
from portal.operations import reliving
from portal.operations.replays import Question, ask_replay
from portal.queries.routing import board_of
from tests.doors.admin.scene import Scene, days_ago, route, set_scene, somebody
from tests.factories import make_account, make_campaign

Owner = psycopg.Connection[tuple[object, ...]]
ROUTER = Scope(DatabaseRole.ROUTER, read_only=True)


@pytest.fixture
def scene(app: Flask, arrange: Session) -> Scene:
    return set_scene(arrange, make_campaign(arrange))


@pytest.fixture
def samir(app: Flask, arrange: Session) -> UUID:
    found: UUID = make_account(arrange, staff=True).id
    arrange.commit()
    return found


def asked(by: UUID, changes: dict[str, Any], since: date | None = None) -> str:
    today = clock.today()
    with transaction(Scope(DatabaseRole.STAFF, account_id=by)):
        question = Question(Side.MENTEE, since or today - timedelta(days=89), today, changes, "Essai")
        return str(ask_replay(question, by=by).id)


def row(owner: Owner) -> dict[str, Any]:
    found = owner.execute("SELECT state, progress, error, attempts, report FROM replay").fetchone()
    assert found is not None
    return dict(zip(("state", "progress", "error", "attempts", "report"), found, strict=True))


def lived(arrange: Session, scene: Scene, many: int = 6) -> None:
    for number in range(many):
        somebody(arrange, scene.campaign, received_at=days_ago(30 - number))
    route()


def test_a_replay_of_what_is_in_force_finds_what_really_happened(
    scene: Scene, arrange: Session, samir: UUID, owner: Owner
) -> None:
    lived(arrange, scene)
    replays.run(asked(samir, {"policy": {"name": "arm", "hops": 5}}))
    told = row(owner)
    report = told["report"]
    assert (told["state"], told["progress"], told["error"], told["attempts"]) == ("done", 100, None, 1)
    assert report["same_as_recorded"] == {"same": 6, "of": 6}
    assert report["moved"] == []
    assert report["before"]["placed"] == report["after"]["placed"] == 6
    assert report["policies"] == [{"name": "arm", "hops": 3}, {"name": "arm", "hops": 5}]
    assert report["proof"] == {"served": [0, 0, 0], "gini": [0, 0, 0]}


def test_a_replay_tells_what_an_objective_would_have_moved(
    scene: Scene, arrange: Session, samir: UUID, owner: Owner
) -> None:
    lived(arrange, scene)
    key = str(scene.associations["Télémaque"].id)
    replays.run(asked(samir, {"objectives": {key: 4000}}))
    report = row(owner)["report"]
    its = next(one for one in report["associations"] if one["id"] == key)
    assert its["before"] == [2, 20]
    assert its["after"][1] == 4000
    assert its["after"][0] > 2
    assert report["moved"]
    assert "proof" not in report


def test_nothing_but_ids_codes_and_counts_is_kept(scene: Scene, arrange: Session, samir: UUID, owner: Owner) -> None:
    lived(arrange, scene)
    replays.run(asked(samir, {"policy": {"name": "nearest", "hops": 3}}))
    kept = str(row(owner)["report"])
    for word in ("Léa", "Martin", "example.org", "Roubaix", "Proxité"):
        assert word not in kept


def test_a_period_without_requests_says_so(scene: Scene, samir: UUID, owner: Owner) -> None:
    replays.run(asked(samir, {"policy": {"name": "nearest", "hops": 3}}))
    assert row(owner)["state"] == "failed"
    assert "il n’y a rien à rejouer" in row(owner)["error"]


def test_what_no_longer_exists_is_told(scene: Scene, arrange: Session, samir: UUID, owner: Owner) -> None:
    lived(arrange, scene)
    replays.run(asked(samir, {"objectives": {str(samir): 12}}))
    assert row(owner)["state"] == "failed"
    assert "n’existe plus" in row(owner)["error"]


def test_without_a_campaign_there_is_nothing_to_replay(
    scene: Scene, samir: UUID, arrange: Session, owner: Owner
) -> None:
    scene.campaign.ends_on = clock.today() - timedelta(days=1)
    arrange.commit()
    replays.run(asked(samir, {"policy": {"name": "nearest", "hops": 3}}))
    assert "Aucune campagne n’est en cours" in row(owner)["error"]


def test_what_breaks_is_tried_again_then_told(
    scene: Scene, arrange: Session, samir: UUID, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> Comparison:
        raise RuntimeError

    lived(arrange, scene)
    monkeypatch.setattr(reliving, "compare", broken)
    replay_id = asked(samir, {"policy": {"name": "nearest", "hops": 3}})
    seen = []
    for _ in range(3):
        replays.run(replay_id)
        seen.append((row(owner)["state"], row(owner)["attempts"]))
    assert seen == [("waiting", 1), ("waiting", 2), ("failed", 3)]
    assert "L’équipe technique en est avertie" in row(owner)["error"]


def put_in_force(arrange: Session, name: str) -> None:
    arrange.add(RoutingPolicy(version=2, name=name, maximum_hops=3))
    arrange.commit()


def last_year(arrange: Session, scene: Scene) -> None:
    """A campaign a year before, in which four times as many came as this year."""
    own = scene.campaign
    before = Campaign(
        name="Avant", starts_on=own.starts_on - timedelta(days=365), ends_on=own.starts_on - timedelta(days=1)
    )
    arrange.add(before)
    arrange.flush()
    for number in range(24):
        somebody(arrange, before, received_at=days_ago(440 - 3 * number))
    route()


def levels_kept(owner: Owner) -> list[tuple[object, ...]]:
    return owner.execute("SELECT side, solved_on FROM projected_level").fetchall()


def level_of(scene: Scene, name: str) -> Fraction | None:
    with transaction(ROUTER):
        return board_of(Side.MENTEE).standing.association(str(scene.associations[name].id)).level


def test_levels_are_solved_only_while_projected_is_in_force(scene: Scene, arrange: Session, owner: Owner) -> None:
    last_year(arrange, scene)
    levels.solve()
    assert levels_kept(owner) == []
    put_in_force(arrange, "projected")
    levels.solve()
    levels.solve()
    told = levels_kept(owner)
    assert set(told) == {("mentee", clock.today())}
    assert len(told) == 5
    assert level_of(scene, "Proxité") is not None


def test_without_a_season_before_there_is_no_level_and_arm_ranks(scene: Scene, arrange: Session, owner: Owner) -> None:
    put_in_force(arrange, "projected")
    lived(arrange, scene)
    levels.solve()
    assert levels_kept(owner) == []
    assert level_of(scene, "Proxité") is None


@pytest.mark.parametrize(
    ("policy", "days", "read"), [("projected", 2, True), ("projected", 3, False), ("arm", 0, False)]
)
def test_levels_are_read_while_fresh_and_only_under_projected(
    scene: Scene, arrange: Session, policy: str, days: int, read: bool
) -> None:
    its = scene.associations["Proxité"]
    solved_on = clock.today() - timedelta(days=days)
    of = {"association_id": its.id, "campaign_id": scene.campaign.id, "side": Side.MENTEE, "solved_on": solved_on}
    arrange.add(ProjectedLevel(**of, numerator=3, denominator=8))
    put_in_force(arrange, policy)
    assert level_of(scene, "Proxité") == (Fraction(3, 8) if read else None)


@pytest.mark.parametrize("lived_before", [True, False])
def test_a_replay_of_projected_says_whether_it_had_a_season_to_foresee_from(
    scene: Scene, arrange: Session, samir: UUID, owner: Owner, lived_before: bool
) -> None:
    if lived_before:
        last_year(arrange, scene)
    lived(arrange, scene)
    replays.run(asked(samir, {"policy": {"name": "projected", "hops": 3}}))
    assert row(owner)["report"]["foreseen"] is lived_before
