"""The capacity editor: what is declared, the effect before saving, conflicts, and the pause."""

from datetime import timedelta

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.models.capacity import Capacity
from portal.models.event import Event, EventName
from portal.web.typography import day
from tests import factories
from tests.doors.association.house import House, signed_in_as, text_of

Owner = psycopg.Connection[tuple[object, ...]]
ROUBAIX, LILLE = "commune:59512", "commune:59350"


def typed(house: House, amount: object, *, version: int | None = None, **more: str) -> dict[str, str]:
    """The form as a browser sends it, with this number for young people in Roubaix."""
    name = f"amount:mentee:{ROUBAIX}"
    known = house.capacity.version if version is None else version
    return {"place": ROUBAIX, name: str(amount), f"version:{name}": str(known), **more}


def test_a_coordinator_reads_places_and_what_is_taken(coordinator: FlaskClient, house: House) -> None:
    house.offer("Léa")
    page = text_of(coordinator.get("/capacite"))
    assert "Roubaix" in page
    assert 'value="30"' in page
    assert "1 prise" in page
    assert "Confirmé aujourd’hui" in page


def test_nothing_is_saved_until_save(coordinator: FlaskClient, house: House) -> None:
    page = text_of(coordinator.post("/capacite/apercu", data=typed(house, 48)))
    assert "+18" in page
    assert "était 30" in page
    assert "Non enregistré" in page
    assert "1 changement" in page
    assert "Roubaix, jeunes 30 → 48" in page
    assert house.reread(house.capacity).amount == 30


def test_saving_keeps_it_and_says_who(coordinator: FlaskClient, house: House, owner: Owner) -> None:
    assert coordinator.post("/capacite", data=typed(house, 48)).status_code == 303
    assert house.reread(house.capacity).amount == 48
    assert house.capacity.updated_by == house.coordinator.id
    assert owner.execute("SELECT act, detail FROM journal_entry").fetchall() == [
        ("capacity_changed", f"mentee {ROUBAIX} 48")
    ]
    (data,) = owner.execute("SELECT data FROM event WHERE name = 'capacity_changed'").fetchone() or ({},)
    assert data == {"side": "mentee", "place": ROUBAIX, "before": 30, "after": 48, "or_more": False}


def test_lowering_under_what_is_taken_is_allowed_and_said(coordinator: FlaskClient, house: House) -> None:
    for name in ("Léa", "Aya", "Zoé"):
        house.offer(name)
    page = text_of(coordinator.post("/capacite/apercu", data=typed(house, 1)))
    assert "Moins que ce qui est pris : 3 pour 1 place" in page
    assert "3 demandes attendent encore votre réponse" in page
    assert coordinator.post("/capacite", data=typed(house, 1)).status_code == 303
    assert house.reread(house.capacity).amount == 1


@pytest.mark.parametrize("amount", ["douze", "-4", "3,5", "99999999999"])
def test_what_is_no_number_is_asked_again_and_stays_typed(coordinator: FlaskClient, house: House, amount: str) -> None:
    answer = coordinator.post("/capacite", data=typed(house, amount))
    assert answer.status_code == 422
    assert f'value="{amount}"' in text_of(answer)
    assert "Rien n’a été enregistré, et rien n’a été perdu." in text_of(answer)
    assert house.reread(house.capacity).amount == 30


@pytest.mark.parametrize("amount", [100_000, 999_999_999])
def test_too_many_places_are_refused_in_words(coordinator: FlaskClient, house: House, amount: int) -> None:
    answer = coordinator.post("/capacite", data=typed(house, amount))
    assert answer.status_code == 422
    assert "Indiquez un nombre entre 0 et 99999" in text_of(answer)


def test_or_more_is_for_large_numbers_only(coordinator: FlaskClient, house: House) -> None:
    more = {f"more:amount:mentee:{ROUBAIX}": "1"}
    assert coordinator.post("/capacite", data=typed(house, 20, **more)).status_code == 422
    assert coordinator.post("/capacite", data=typed(house, 200, **more)).status_code == 303
    assert house.reread(house.capacity).or_more


def test_a_row_changed_by_somebody_else_meanwhile_is_not_overwritten(
    app: Flask, arrange: Session, coordinator: FlaskClient, house: House
) -> None:
    colleague = factories.make_account(arrange, association=house.association)
    before = typed(house, 12)
    other = signed_in_as(app, arrange, colleague, house.association)
    assert other.post("/capacite", data=typed(house, 48)).status_code == 303
    answer = coordinator.post("/capacite", data=before)
    page = text_of(answer)
    assert answer.status_code == 409
    assert f"{colleague.name} a changé Roubaix pendant ce temps : 48" in page
    assert 'value="12"' in page
    assert house.reread(house.capacity).amount == 48
    name = f"version:amount:mentee:{ROUBAIX}"
    assert f'name="{name}" value="{house.capacity.version}"' in page
    assert coordinator.post("/capacite", data=typed(house, 12)).status_code == 303


def test_a_place_is_searched_added_and_saved(coordinator: FlaskClient, house: House, arrange: Session) -> None:
    found = text_of(coordinator.post("/capacite/apercu", data=typed(house, 30, search="lille")))
    assert LILLE in found
    added = text_of(coordinator.post("/capacite/apercu", data=typed(house, 30, add=LILLE)))
    assert f'name="amount:mentee:{LILLE}"' in added
    name = f"amount:mentee:{LILLE}"
    data = typed(house, 30) | {"place": [ROUBAIX, LILLE], name: "5", f"version:{name}": "0"}
    assert coordinator.post("/capacite", data=data).status_code == 303
    row = arrange.query(Capacity).filter_by(place=LILLE, side=Side.MENTEE).one()
    assert (row.amount, row.association_id) == (5, house.association.id)


def test_a_search_that_finds_nothing_says_so(coordinator: FlaskClient, house: House) -> None:
    page = text_of(coordinator.post("/capacite/apercu", data=typed(house, 30, search="zzzzzz")))
    assert "Aucun territoire ne porte ce nom" in page


def test_a_place_that_does_not_exist_is_ignored(coordinator: FlaskClient, house: House, owner: Owner) -> None:
    data = typed(house, 30) | {"place": "commune:00000", "amount:mentee:commune:00000": "5"}
    coordinator.post("/capacite", data=data)
    assert owner.execute("SELECT count(*) FROM capacity").fetchone() == (1,)


def test_a_place_nobody_used_can_be_taken_away(coordinator: FlaskClient, house: House, owner: Owner) -> None:
    page = text_of(coordinator.post("/capacite/apercu", data=typed(house, 30, remove=ROUBAIX)))
    assert "Roubaix retiré" in page
    assert "Remettre" in page
    assert coordinator.post("/capacite", data=typed(house, 30, removed=ROUBAIX)).status_code == 303
    assert owner.execute("SELECT count(*) FROM capacity").fetchone() == (0,)


def test_a_place_in_use_cannot_be_taken_away(coordinator: FlaskClient, house: House, owner: Owner) -> None:
    house.offer("Léa")
    assert "Retirer Roubaix" not in text_of(coordinator.get("/capacite"))
    answer = coordinator.post("/capacite", data=typed(house, 30, removed=ROUBAIX))
    assert answer.status_code == 422
    assert "mettez 0 place plutôt" in text_of(answer)
    assert owner.execute("SELECT count(*) FROM capacity").fetchone() == (1,)


def test_a_monthly_still_right_is_one_click(coordinator: FlaskClient, house: House, arrange: Session) -> None:
    house.capacity.updated_at = clock.now() - timedelta(days=31)
    arrange.commit()
    page = text_of(coordinator.get("/capacite"))
    assert f"Confirmé le {day(clock.now() - timedelta(days=31))}".replace("\u00a0", " ") in page
    assert "Toujours exact" in page
    assert coordinator.post("/capacite/confirmer").status_code == 303
    page = text_of(coordinator.get("/capacite"))
    assert "Confirmé aujourd’hui" in page
    assert "Toujours exact" not in page
    assert house.reread(house.capacity).amount == 30
    assert arrange.scalars(select(Event.name)).all() == [EventName.PLACES_CONFIRMED]


def test_after_a_bounce_the_row_is_lowered_in_one_click(coordinator: FlaskClient, house: House) -> None:
    data = {"row": str(house.capacity.id), "version": "1", "amount": "3"}
    assert coordinator.post("/capacite/ajuster", data=data).status_code == 303
    assert house.reread(house.capacity).amount == 3
    again = coordinator.post("/capacite/ajuster", data=data | {"amount": "4"})
    assert again.status_code == 409
    assert house.reread(house.capacity).amount == 3


def test_another_association_s_row_cannot_be_touched(coordinator: FlaskClient, neighbour: House) -> None:
    data = {"row": str(neighbour.capacity.id), "version": "1", "amount": "0"}
    assert coordinator.post("/capacite/ajuster", data=data).status_code == 404
    assert neighbour.reread(neighbour.capacity).amount == 30


def test_a_pause_has_a_first_day_and_a_return(coordinator: FlaskClient, house: House) -> None:
    first, back = clock.today(), clock.today() + timedelta(days=20)
    answer = coordinator.post("/capacite/pause", data={"first": first.isoformat(), "back": back.isoformat()})
    assert answer.status_code == 303
    house.reread(house.association)
    assert (house.association.paused_from, house.association.paused_until) == (first, back - timedelta(days=1))
    assert "En pause du" in text_of(coordinator.get("/capacite"))
    coordinator.post("/capacite/reprendre")
    assert house.reread(house.association).paused_from is None


@pytest.mark.parametrize(
    ("first", "back", "said"),
    [
        (-1, 5, "La pause commence aujourd’hui ou plus tard"),
        (3, 3, "Le retour vient après le début"),
        (0, 800, "Une pause dure un an au plus"),
    ],
)
def test_a_pause_that_makes_no_sense_is_asked_again(
    coordinator: FlaskClient, house: House, first: int, back: int, said: str
) -> None:
    days = [(clock.today() + timedelta(days=number)).isoformat() for number in (first, back)]
    answer = coordinator.post("/capacite/pause", data={"first": days[0], "back": days[1]})
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert house.reread(house.association).paused_from is None


def test_a_pause_without_a_first_day_is_asked_again(coordinator: FlaskClient) -> None:
    answer = coordinator.post("/capacite/pause", data={"first": "", "back": ""})
    assert answer.status_code == 422
    assert "Choisissez le premier jour" in text_of(answer)


def test_without_a_campaign_the_page_says_so(coordinator: FlaskClient, house: House, arrange: Session) -> None:
    house.campaign.ends_on = clock.today() - timedelta(days=1)
    arrange.commit()
    assert "Aucune campagne n’est ouverte" in text_of(coordinator.get("/capacite"))
    assert coordinator.post("/capacite", data=typed(house, 3)).status_code == 404
    assert "Déclarer vos places" in text_of(coordinator.get("/demandes"))
