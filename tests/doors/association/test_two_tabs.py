"""Two tabs, two associations: what was drawn for one is never done to the other."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.permissions import Role
from portal.models.account import LoginSession, Membership
from portal.models.assignment import AssignmentState
from tests.doors.association.house import House, Tab, signed_in_as, text_of

Owner = psycopg.Connection[tuple[object, ...]]
ROOMS = ("/demandes", "/capacite", "/criteres", "/chiffres", "/objectif", "/fiche", "/fichier", "/equipe")
ELSE, NOBODYS = re.compile(r"<uuid:\w+>"), UUID(int=7)
WATCHED = ("assignment", "capacity", "association", "clarification", "event", "journal_entry", "outbox")


@pytest.fixture
def afev(house: House, neighbour: House, arrange: Session) -> House:
    """The other association of the same administrator; its rows and those of the first have equal versions."""
    arrange.query(Membership).filter_by(account_id=house.coordinator.id).one().role = Role.ADMINISTRATOR
    membership = Membership(
        account_id=house.coordinator.id, association_id=neighbour.association.id, role=Role.ADMINISTRATOR
    )
    arrange.add(membership)
    arrange.commit()
    return neighbour


@pytest.fixture
def first_tab(app: Flask, arrange: Session, house: House, afev: House) -> Tab:
    """Its pages were drawn for the other association; the session works for the house by now."""
    tab = signed_in_as(app, arrange, house.coordinator, house.association)
    tab.drawn_for = str(afev.association.id)
    return tab


def posts(app: Flask) -> list[str]:
    """Every address of the door that can be written to; {id} stands for a request, nobody's ids for the rest."""
    found = [
        ELSE.sub(str(NOBODYS), rule.rule.replace("<uuid:assignment_id>", "{id}").replace("<side>", "jeunes"))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(ROOMS) and "POST" in (rule.methods or ())
    ]
    assert len(found) >= 25
    return found


def filled(house: House) -> dict[str, str]:
    """What would act, wherever it is sent."""
    tomorrow = (clock.today() + timedelta(days=2)).isoformat()
    field = f"amount:mentee:{house.capacity.place}"
    return {
        "place": house.capacity.place, field: "4", f"version:{field}": "1", "row": str(house.capacity.id),
        "version": "1", "amount": "4", "first": tomorrow, "until": tomorrow, "reason": "no_place",
        "question": "À quelle heure finissent les cours ?", "etape": "contacted",
    }  # fmt: skip


def watched(owner: Owner) -> list[object]:
    return [owner.execute(f"SELECT * FROM {table} ORDER BY id").fetchall() for table in WATCHED]


@pytest.mark.parametrize("sent", ["the other association", "nothing", "nonsense"])
def test_nothing_drawn_for_another_association_is_done(
    app: Flask, first_tab: Tab, house: House, owner: Owner, sent: str
) -> None:
    offered = house.offer("Léa")
    first_tab.drawn_for = {"nothing": None, "nonsense": "x"}.get(sent, first_tab.drawn_for)
    before = watched(owner)
    for address in posts(app):
        answer = first_tab.post(address.format(id=offered.id), data={**filled(house), "chosen": str(offered.id)})
        page = text_of(answer)
        assert answer.status_code == 409, address
        assert f"Vous travaillez maintenant pour {house.association.name}. Rien n’a été enregistré." in page, address
        assert f"Continuer pour {house.association.name}" in page
        assert ("Revenir à Télémaque" in page) is (sent == "the other association")
    assert watched(owner) == before


def test_the_same_forms_drawn_for_the_present_association_are_read(app: Flask, first_tab: Tab, house: House) -> None:
    first_tab.drawn_for = str(house.association.id)
    for address in posts(app):
        offered = house.offer("Léa")
        answer = first_tab.post(address.format(id=offered.id), data=filled(house))
        assert "Vous travaillez maintenant" not in text_of(answer), address


def test_places_declared_in_the_first_tab_never_reach_the_other_association(
    first_tab: Tab, house: House, afev: House
) -> None:
    field = f"amount:mentee:{house.capacity.place}"
    sent = {"place": house.capacity.place, field: "99", f"version:{field}": "1"}
    assert house.capacity.version == afev.capacity.version == 1
    assert first_tab.post("/capacite", data=sent).status_code == 409
    assert (house.reread(house.capacity).amount, afev.reread(afev.capacity).amount) == (30, 30)
    first_tab.post("/association", data={"association_id": str(afev.association.id)})
    assert first_tab.post("/capacite", data=sent).status_code == 303
    assert (house.reread(house.capacity).amount, afev.reread(afev.capacity).amount) == (30, 99)


class Forms(HTMLParser):
    """The forms of a page: where each posts, by itself or by a button that stands apart from it, and its hidden fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[set[str], dict[str, str]]] = []
        self.apart: dict[str, set[str]] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            writes = values.get("method") == "post"
            places = {values.get("action", "") if writes else "", values.get("hx-post", "")}
            self.found.append((places - {""} | self.apart.get(values.get("id", ""), set()), {}))
        if tag == "button" and "form" in values and "formaction" in values:
            self.apart.setdefault(values["form"], set()).add(values["formaction"])
        if tag == "input" and values.get("type") == "hidden" and self.found:
            self.found[-1][1][values["name"]] = values.get("value", "")


@pytest.mark.usefixtures("undo_window")
def test_every_form_of_the_door_says_what_it_was_drawn_for(
    app: Flask, coordinator: Tab, house: House, arrange: Session
) -> None:
    states = {state: house.offer("Léa", state=state, age=15) for state in (AssignmentState.OFFERED, *AssignmentState)}
    now = clock.now()
    taken = house.offer(
        "Aya",
        state=AssignmentState.CONTACTED,
        answered_at=now,
        contact_from=now,
        contact_until=now + timedelta(days=9),
    )
    bounced = house.offer("Zoé")
    coordinator.post(f"/demandes/{bounced.id}/reorienter", data={"reason": "no_place"})
    house.capacity.updated_at = clock.now() - timedelta(days=40)
    arrange.commit()
    pages = [f"/demandes/{one.id}" for one in (*states.values(), taken, bounced)]
    first = states[AssignmentState.OFFERED].id
    pages += [f"/demandes/{first}/{act}" for act in ("reorienter", "precision", "attendre")]
    arrange.query(Membership).filter_by(account_id=house.coordinator.id).one().role = Role.ADMINISTRATOR
    arrange.execute(update(LoginSession).values(proof_at=clock.now()))
    arrange.commit()
    side = f"/criteres/{house.programme.id}/jeunes"
    pages += [side, f"{side}/versions", f"/criteres/{house.programme.id}", "/chiffres/rapports", "/objectif"]
    pages += ["/equipe/inviter", "/equipe/connexion", f"/demandes/{taken.id}/suivi/confirmer?etape=paired"]
    answers = [coordinator.get(page) for page in (*pages, "/demandes", "/capacite", "/equipe", "/fichier")]
    house.capacity.amount = 0
    house.association.paused_from = clock.today()
    arrange.commit()
    several = {"chosen": str(first)}
    answers += [coordinator.get("/capacite"), coordinator.post("/demandes/accepter", data=several)]
    written = set()
    for answer in answers:
        for places, hidden in Forms(text_of(answer)).found:
            ours = {place.partition("?")[0] for place in places if place.startswith(ROOMS)}
            written |= {place.replace(place.split("/")[2], "{id}") if place.count("/") > 2 else place for place in ours}
            assert not ours or hidden.get("association") == str(house.association.id), (answer.request.path, ours)
            assert ours or "association" not in hidden
    always = ("/demandes", "/capacite")
    assert {one for one in posts(app) if one.startswith(always)} == {one for one in written if one.startswith(always)}
    assert len({one.split("/")[1] for one in written}) == len(ROOMS) - 1  # the sheet is only read
