"""Replays as staff ask for them, wait for them and read them."""

import csv
import io
import json
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.identifiers import new_id
from portal.jobs.replays import run
from portal.models.account import Account
from portal.models.campaign import Campaign
from portal.models.programme import CriteriaProposal
from portal.models.replay import Replay, ReplayState
from portal.queries.replays import PAGE
from tests.doors.admin.scene import PUPILS, Scene, days_ago, route, set_scene, somebody

ROOM = "/collectif/moteur/rejeux"
Owner = psycopg.Connection[tuple[object, ...]]


def text_of(answer: TestResponse) -> str:
    return unescape(answer.get_data(as_text=True)).replace("\u00a0", " ")


@pytest.fixture
def scene(arrange: Session, campaign: Campaign) -> Scene:
    return set_scene(arrange, campaign)


def typed(**values: str) -> dict[str, str]:
    """The form as a browser sends it when nothing is changed."""
    today = clock.today()
    empty = dict.fromkeys(
        ("policy", "association", "place", "proposal", "programme", "hops", "objective", "places"), ""
    )
    return {"since": str(today - timedelta(days=89)), "until": str(today), "criteria": "", **empty, **values}


def ask(staff: FlaskClient, **values: str) -> TestResponse:
    return staff.post(f"{ROOM}/nouveau?cote=jeunes", data=typed(**values))


def replay_of(owner: Owner) -> tuple[Any, ...]:
    found = owner.execute("SELECT id, side, title, changes, state FROM replay").fetchone()
    assert found is not None
    return found


def lived(arrange: Session, scene: Scene) -> None:
    """Four young people: routed today, as the engine does."""
    for number in range(4):
        somebody(arrange, scene.campaign, received_at=days_ago(20 - number))
    route()


def done(staff: FlaskClient, owner: Owner, **values: str) -> str:
    """The address of a replay asked for and run."""
    ask(staff, **values)
    run(str(replay_of(owner)[0]))
    return f"{ROOM}/{replay_of(owner)[0]}"


def test_a_policy_is_tried_from_the_form_and_its_page_waits(staff: FlaskClient, scene: Scene, owner: Owner) -> None:
    assert 'name="policy"' in text_of(staff.get(f"{ROOM}/nouveau"))
    answer = ask(staff, policy="nearest", hops="2")
    replay_id, side, title, changes, state = replay_of(owner)
    assert (answer.status_code, answer.location) == (303, f"{ROOM}/{replay_id}")
    assert (side, state, changes) == ("mentee", "waiting", {"policy": {"name": "nearest", "hops": 2}})
    assert title == "La place déclarée la plus proche, 2\u00a0associations au plus"
    page = text_of(staff.get(f"{ROOM}/{replay_id}"))
    assert "Le passé se rejoue" in page
    assert "Actualiser" in page
    waited = staff.get(f"{ROOM}/{replay_id}/avancement")
    assert "HX-Refresh" not in waited.headers
    assert "<html" not in text_of(waited)
    assert title.replace("\u00a0", " ") in text_of(staff.get(ROOM))


def test_an_objective_places_and_criteria_are_tried_together(staff: FlaskClient, scene: Scene, owner: Owner) -> None:
    place = owner.execute("SELECT id FROM capacity WHERE amount = 30").fetchone()
    assert place is not None
    its, own = scene.associations["Proxité"], scene.programmes["Télémaque"]
    ask(
        staff,
        association=str(its.id),
        objective="1 200",
        place=str(place[0]),
        places="12",
        or_more="y",
        programme=str(own.id),
        criteria=json.dumps(PUPILS),
    )
    _, _, title, changes, _ = replay_of(owner)
    row = {"association": str(its.id), "programme": None, "place": "departement:59", "declared": 12, "or_more": True}
    assert changes == {"objectives": {str(its.id): 1200}, "capacities": [row], "criteria": {str(own.id): PUPILS}}
    told = title.replace("\u00a0", " ")
    assert told.startswith("Proxité : objectif à 1 200 ; Proxité, Nord : 12 places ou plus ; Télémaque, ")


def test_a_pending_proposal_is_tried_before_it_is_approved(
    staff: FlaskClient, scene: Scene, arrange: Session, owner: Owner
) -> None:
    own = scene.programmes["Proxité"]
    proposal = CriteriaProposal(
        association_id=own.association_id, programme_id=own.id, side=Side.MENTEE, criteria=PUPILS, based_on=1
    )
    arrange.add(proposal)
    arrange.commit()
    assert f'<option selected value="{proposal.id}">' in text_of(staff.get(f"{ROOM}/nouveau?proposition={proposal.id}"))
    ask(staff, proposal=str(proposal.id))
    assert replay_of(owner)[3] == {"criteria": {str(own.id): PUPILS}}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "Changez au moins une chose"),
        ({"policy": "arm", "hops": "3"}, "Ce sont déjà les règles en vigueur"),
        ({"policy": "au-pif"}, "Cette réponse n’est pas dans la liste."),
        ({"hops": "11"}, "Indiquez un nombre de 1 à 10."),
        ({"hops": "deux"}, "Écrivez un nombre entier"),
        ({"policy": "nearest", "since": "2026-13-01"}, "Cette date n’existe pas"),
        ({"policy": "nearest", "until": "2999-01-01"}, "Cette date n’existe pas"),
        ({"policy": "nearest", "until": "2099-01-01"}, "Ce jour n’est pas encore venu"),
        ({"policy": "nearest", "since": "2001-01-01"}, "Choisissez un an au plus."),
        ({"objective": "12"}, "Choisissez ce que ce nombre change."),
        ({"places": "12"}, "Choisissez ce que ce nombre change."),
        ({"criteria": "{}"}, "Choisissez le programme qui aurait ces critères."),
    ],
)
def test_what_is_wrong_is_told_on_its_field_and_what_was_typed_stays(
    staff: FlaskClient, scene: Scene, owner: Owner, values: dict[str, str], said: str
) -> None:
    answer = ask(staff, **values)
    page = text_of(answer)
    assert answer.status_code == 422
    assert said in page
    for name in {"hops", "objective", "places", "since", "until"} & set(values):
        assert f'value="{values[name]}"' in page
    assert owner.execute("SELECT FROM replay").fetchall() == []


@pytest.mark.parametrize(
    ("criteria", "said"),
    [
        ("", "Collez les critères que ce programme aurait."),
        ("{", "Ce n’est pas du JSON"),
        ('{"all": [{"test": "age", "min": "x"}]}', "« $.all[0].min » : il faut un nombre entier."),
    ],
)
def test_criteria_that_cannot_be_read_are_told_at_their_place(
    staff: FlaskClient, scene: Scene, owner: Owner, criteria: str, said: str
) -> None:
    answer = ask(staff, programme=str(scene.programmes["Proxité"].id), criteria=criteria)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert criteria in text_of(answer)
    assert owner.execute("SELECT FROM replay").fetchall() == []


def test_a_number_without_what_it_changes_is_asked_for(staff: FlaskClient, scene: Scene) -> None:
    answer = ask(staff, association=str(scene.associations["Proxité"].id))
    assert answer.status_code == 422
    assert "Écrivez un nombre entier, par exemple 120." in text_of(answer)


def test_the_result_says_what_changes_and_for_whom(
    staff: FlaskClient, scene: Scene, arrange: Session, owner: Owner
) -> None:
    lived(arrange, scene)
    address = done(staff, owner, programme=str(scene.programmes["Proxité"].id), criteria=json.dumps(PUPILS))
    page = text_of(staff.get(address))
    assert "Autant de jeunes accueillis" in page
    assert "Avant et après" in page
    assert "Sur 4 demandes vraiment proposées à une association, les règles d’aujourd’hui commencent" in page
    assert "demandes iraient ailleurs" in page or "demande irait ailleurs" in page
    assert "Proxité" in page
    assert "Proposer cette règle" not in page
    assert staff.get(f"{address}/avancement").headers["HX-Refresh"] == "true"
    moved = text_of(staff.get(f"{address}/demandes?page=99"))
    assert "Page 1 sur 1" in moved
    assert "/collectif/demandes/" in moved


def test_a_policy_alone_says_what_it_lacks_to_be_proposed(
    staff: FlaskClient, scene: Scene, arrange: Session, owner: Owner
) -> None:
    lived(arrange, scene)
    somebody(arrange, scene.campaign, side=Side.MENTOR)
    page = text_of(staff.get(done(staff, owner, policy="nearest")))
    assert "Cette règle ne peut pas être proposée." in page
    assert "Il manque un rejeu du côté des bénévoles" in page


@pytest.mark.parametrize(
    ("served", "said", "kind"),
    [
        ((-9, -5, -1), "Ce rejeu parle contre ce réglage.", '"button button--small"'),
        ((1, 5, 9), "L’ARM se propose sans preuve.", '"button button--small"'),
    ],
)
def test_arm_is_proposed_without_a_proof_but_no_page_pretends_that_the_past_speaks_for_it(
    staff: FlaskClient,
    scene: Scene,
    arrange: Session,
    owner: Owner,
    served: tuple[int, int, int],
    said: str,
    kind: str,
) -> None:
    lived(arrange, scene)
    address = done(staff, owner, policy="arm", hops="1")
    owner.execute(
        "UPDATE replay SET report = jsonb_set(report, '{differences,served}', to_jsonb(%s::int[]))", [[*served]]
    )
    page = text_of(staff.get(address))
    assert said in page
    assert "parle pour" not in page
    assert f'<a class={kind} href="/collectif/moteur/proposer?regle=arm&essais=1' in page


def test_a_replay_that_cannot_be_done_says_why_and_is_asked_again(
    staff: FlaskClient, scene: Scene, owner: Owner
) -> None:
    address = done(staff, owner, policy="nearest")
    page = text_of(staff.get(address))
    assert "Ce rejeu n’a pas pu se faire" in page
    assert "il n’y a rien à rejouer" in page
    answer = staff.post(f"{address}/refaire")
    assert answer.status_code == 303
    assert answer.location != address
    for missing in (".json", "/mesures.csv", "/demandes"):
        assert staff.get(address + missing).status_code == 404


def test_the_report_is_taken_away_as_csv_and_json(
    staff: FlaskClient, scene: Scene, arrange: Session, owner: Owner
) -> None:
    scene.associations["Télémaque"].name = "=cmd|' /C calc'!A0"
    lived(arrange, scene)
    address = done(staff, owner, programme=str(scene.programmes["Proxité"].id), criteria=json.dumps(PUPILS))
    answer = staff.get(f"{address}/associations.csv")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="rejeu-associations-')
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff")), delimiter=";"))
    assert rows[0][0] == "Association"
    assert {row[0] for row in rows[1:]} >= {"Proxité", "'=cmd|' /C calc'!A0"}
    for table in ("mesures", "demandes", "lieux"):
        assert staff.get(f"{address}/{table}.csv").status_code == 200
    assert staff.get(f"{address}/personnes.csv").status_code == 404
    told = json.loads(staff.get(f"{address}.json").data)
    assert told["report"]["requests"] == 4
    assert "Léa" not in json.dumps(told, ensure_ascii=False)


def make_replays(arrange: Session, samir: Account, many: int) -> list[UUID]:
    keys = [new_id() for _ in range(many)]
    for key in keys:
        day = clock.today()
        question = {"side": Side.MENTEE, "title": f"Rejeu {key}", "since": day, "until": day, "changes": {}, "seeds": 1}
        arrange.add(Replay(id=key, **question, state=ReplayState.FAILED, error="Non.", asked_by=samir.id))
    arrange.commit()
    return keys


def test_the_list_is_read_a_page_at_a_time(staff: FlaskClient, arrange: Session, samir: Account) -> None:
    keys = make_replays(arrange, samir, PAGE + 1)
    first = text_of(staff.get(ROOM))
    assert str(keys[-1]) in first
    assert str(keys[0]) not in first
    assert f"avant={keys[1]}" in first
    assert str(keys[0]) in text_of(staff.get(f"{ROOM}?avant={keys[1]}"))


@pytest.mark.parametrize("path", ["", "/nouveau"])
def test_more_of_everything_costs_no_more_statements(
    staff: FlaskClient, scene: Scene, arrange: Session, samir: Account, path: str
) -> None:
    def cost() -> int:
        seen: list[str] = []

        def note(*told: Any) -> None:
            seen.append(told[2])

        event.listen(Engine, "before_cursor_execute", note)
        try:
            assert staff.get(ROOM + path).status_code == 200
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        return len(seen)

    make_replays(arrange, samir, 1)
    cost()
    few = cost()
    make_replays(arrange, samir, 12)
    for number in range(3):
        scene.join(arrange, f"Nouvelle {number}", PUPILS, places=5, objective=5)
    arrange.commit()
    assert cost() == few


def test_what_is_not_there_is_not_found(staff: FlaskClient) -> None:
    for path in ("", "/demandes", "/avancement", ".json", "/mesures.csv"):
        assert staff.get(f"{ROOM}/{new_id()}{path}").status_code == 404
