"""« Toujours exact »: one click each month says that the places hold; so does saving them."""

from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.models.event import Event, EventName, JournalEntry
from tests.doors.association.conftest import SignIn
from tests.doors.association.house import House, text_of


def old(house: House) -> None:
    house.capacity.updated_at = clock.now() - timedelta(days=40)
    house.session.commit()


def test_confirming_dates_the_association_and_changes_no_place(coordinator: FlaskClient, house: House) -> None:
    old(house)
    house.association.paused_from = clock.today()
    house.session.commit()
    version, before = house.association.version, house.capacity.version
    assert coordinator.post("/capacite/confirmer").status_code == 303
    own = house.reread(house.association)
    assert clock.now() - own.places_confirmed_at < timedelta(minutes=1)
    assert (own.version, house.reread(house.capacity).version) == (version, before)
    assert "Vos places sont confirmées" in text_of(coordinator.get("/capacite"))


def test_it_is_an_event_and_a_line_of_the_journal(coordinator: FlaskClient, house: House, arrange: Session) -> None:
    old(house)
    coordinator.post("/capacite/confirmer")
    arrange.rollback()
    fact = arrange.scalars(select(Event)).one()
    assert (fact.name, fact.association_id) == (EventName.PLACES_CONFIRMED, house.association.id)
    assert [entry.detail for entry in arrange.scalars(select(JournalEntry))] == ["confirmed"]


def test_saving_counts_as_confirming(coordinator: FlaskClient, house: House) -> None:
    old(house)
    field = "amount:mentee:commune:59512"
    data = {"place": "commune:59512", field: "31", f"version:{field}": str(house.capacity.version)}
    assert coordinator.post("/capacite", data=data).status_code == 303
    own = house.reread(house.association)
    assert clock.now() - own.places_confirmed_at < timedelta(minutes=1)
    page = text_of(coordinator.get("/capacite"))
    assert "Confirmé aujourd’hui" in page
    assert "Toujours exact" not in page


def test_an_association_confirms_its_own_places_alone(
    coordinator: FlaskClient, house: House, neighbour: House, sign_in: SignIn
) -> None:
    old(house)
    old(neighbour)
    coordinator.post("/capacite/confirmer")
    assert house.reread(neighbour.association).places_confirmed_at is None
    assert "Toujours exact" in text_of(sign_in(neighbour).get("/capacite"))


def test_the_team_page_marks_a_mailbox_that_refuses(coordinator: FlaskClient, house: House) -> None:
    assert "Messages refusés" not in text_of(coordinator.get("/equipe"))
    house.coordinator.mail_refused_at = clock.now()
    house.session.commit()
    assert "Messages refusés" in text_of(coordinator.get("/equipe"))


def test_what_is_typed_and_not_saved_is_neither_confirmed_nor_lost(coordinator: FlaskClient, house: House) -> None:
    old(house)
    field = "amount:mentee:commune:59512"
    data = {"place": "commune:59512", field: "99", f"version:{field}": str(house.capacity.version)}
    answer = coordinator.post("/capacite/confirmer", data=data)
    page = text_of(answer)
    assert answer.status_code == 409
    assert 'value="99"' in page
    assert "elles ne sont donc pas confirmées" in page
    assert "1 changement" in page
    assert house.reread(house.association).places_confirmed_at is None
    assert house.reread(house.capacity).amount == 30


def test_a_place_just_added_is_not_lost_either(coordinator: FlaskClient, house: House) -> None:
    old(house)
    answer = coordinator.post("/capacite/confirmer", data={"place": ["commune:59512", "remote"]})
    assert answer.status_code == 409
    assert "À distance" in text_of(answer)
    assert house.reread(house.association).places_confirmed_at is None


def test_its_button_sends_what_is_typed(coordinator: FlaskClient, house: House) -> None:
    """And the key Enter, in a field, never confirms: the first button of the form only shows the effect."""
    old(house)
    page = coordinator.get("/capacite").text
    effect, confirm = (page.index(f'formaction="/capacite/{act}"') for act in ("apercu", "confirmer"))
    assert effect < confirm
    assert 'form="editor" formaction="/capacite/confirmer"' in page
    unchanged = {"place": "commune:59512", "amount:mentee:commune:59512": "30"}
    assert coordinator.post("/capacite/confirmer", data=unchanged).status_code == 303
