"""Companies' requests: who waits for a call, one request, and a step that never loses it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.extensions import db
from portal.foundation.tenancy import DatabaseRole
from portal.models.account import Account
from portal.models.company import Lead, LeadKind, LeadState, LeadStep
from portal.models.event import JournalAct, JournalEntry
from portal.queries.leads import PAGE
from tests.doors.admin.company_scene import CLAIRE, make_company, make_lead
from tests.factories import make_account, make_association

LEADS = "/collectif/entreprises"
MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)


def read(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return unescape(answer.text)


def title_of(page: str) -> str:
    return page.split("<h1>")[1].split("</h1>", maxsplit=1)[0]


def step(lead: Lead, **changed: object) -> dict[str, object]:
    """A whole form, as the page would send it."""
    tomorrow = clock.today() + timedelta(days=1)
    form = {
        "state": "called",
        "owner_id": str(lead.owner_id or ""),
        "next_action": "Rappeler pour fixer un rendez-vous",
        "next_action_on": tomorrow.isoformat(),
        "note": "Deux sites, quarante volontaires possibles.",
        "version": str(lead.version),
    }
    return form | changed


def again(arrange: Session, lead: Lead) -> Lead:
    arrange.expire_all()
    found = arrange.get(Lead, lead.id)
    assert found is not None
    return found


def acts(arrange: Session) -> list[JournalAct]:
    return list(arrange.scalars(select(JournalEntry.act).order_by(JournalEntry.at)))


def test_the_title_says_who_is_to_be_called_and_since_when(staff: FlaskClient, arrange: Session) -> None:
    make_lead(arrange, "Filature du Nord", received_at=clock.now() - timedelta(days=4))
    make_lead(arrange, "Coopérative des Deux Rives")
    make_lead(arrange, "Déjà appelée", state=LeadState.CALLED)
    page = read(staff, LEADS)
    assert title_of(page) == "2\u00a0entreprises à rappeler, la plus ancienne depuis 4\u00a0jours"
    assert "Filature du Nord" in page
    assert "Claire Vasseur" not in page


def test_nobody_to_call_is_said_too(staff: FlaskClient, arrange: Session) -> None:
    assert title_of(read(staff, LEADS)) == "Aucune entreprise à rappeler"
    assert "Aucune demande ici" in read(staff, LEADS)
    make_lead(arrange, state=LeadState.CALLED, next_action="Appeler", next_action_on=clock.today())
    assert title_of(read(staff, LEADS)) == "1\u00a0entreprise suivie, aucune à rappeler"


def test_one_company_alone_is_said_in_the_singular(staff: FlaskClient, arrange: Session) -> None:
    make_lead(arrange)
    assert title_of(read(staff, LEADS)) == "1\u00a0entreprise à rappeler, reçue aujourd’hui"


@pytest.mark.parametrize(
    ("received", "now", "late"),
    [
        ("2024-11-18 09:00", "2024-11-21 10:00", True),
        ("2024-11-18 10:00", "2024-11-21 10:00", True),
        ("2024-11-18 10:01", "2024-11-21 10:00", False),
        ("2024-11-19 09:00", "2024-11-21 10:00", False),
        ("2024-11-15 09:00", "2024-11-20 10:00", True),
        ("2024-11-15 11:00", "2024-11-20 10:00", False),
        ("2024-11-17 09:00", "2024-11-20 10:00", True),
        ("2024-11-17 11:00", "2024-11-20 10:00", False),
        ("2024-11-03 11:00", "2024-11-20 10:00", True),
        ("2024-12-23 11:00", "2024-12-27 10:00", False),
        ("2024-12-23 11:00", "2024-12-27 12:00", True),
    ],
)
def test_late_is_three_working_days_without_a_call(
    staff: FlaskClient, arrange: Session, received: str, now: str, late: bool
) -> None:
    """At the same hour in Paris; Saturdays, Sundays and holidays do not count. List and badge agree."""
    received_at, at = (datetime.fromisoformat(text).replace(tzinfo=clock.PARIS) for text in (received, now))
    make_lead(arrange, "Filature du Nord", received_at=received_at)
    with clock.at(at.astimezone(UTC)):  # in the past, so that nobody's session has expired
        assert ("Filature du Nord" in read(staff, f"{LEADS}?vue=en-retard")) is late
        assert ("Reçue, en retard" in read(staff, f"{LEADS}?vue=recues")) is late


def test_an_action_of_yesterday_is_late_until_the_request_is_settled(staff: FlaskClient, arrange: Session) -> None:
    yesterday = clock.today() - timedelta(days=1)
    make_lead(arrange, "Filature du Nord", state=LeadState.CALLED, next_action="Appeler", next_action_on=yesterday)
    make_lead(arrange, "Réglée", state=LeadState.CLOSED, next_action_on=yesterday)
    page = read(staff, f"{LEADS}?vue=en-retard")
    assert "Filature du Nord" in page
    assert "en retard" in page
    assert "Réglée" not in page


def test_filters_live_in_the_address(staff: FlaskClient, arrange: Session, samir: Account) -> None:
    other = make_account(arrange, staff=True)
    make_lead(arrange, "La mienne", owner_id=samir.id)
    make_lead(arrange, "La sienne", owner_id=other.id, kind=LeadKind.MEETING)
    make_lead(arrange, "À personne", kind=LeadKind.EMPLOYEES)
    found = {
        "qui=moi": "La mienne",
        f"qui={other.id}": "La sienne",
        "qui=personne": "À personne",
        "motif=rendez-vous": "La sienne",
        "motif=lien&qui=personne": "À personne",
    }
    for query, name in found.items():
        page = read(staff, f"{LEADS}?{query}")
        assert [one for one in ("La mienne", "La sienne", "À personne") if f">{one}</a>" in page] == [name], query
    for query in ("vue=rien", "motif=rien", "qui=rien", "vue=%00", "apres=rien", "avant=1.2"):
        assert "La mienne" in read(staff, f"{LEADS}?{query}"), query


def test_a_long_list_is_walked_both_ways_and_misses_nobody(staff: FlaskClient, arrange: Session) -> None:
    for number in range(PAGE + 3):
        make_lead(arrange, f"Entreprise {number:03}", received_at=MONDAY + timedelta(minutes=number))
    first = read(staff, LEADS)
    older = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    second = read(staff, older)
    names = [f"Entreprise {number:03}" for number in range(PAGE + 3)]
    assert [name for name in names if name in first] == names[3:]
    assert [name for name in names if name in second] == names[:3]
    newer = second.split('rel="prev"')[0].rsplit('href="', 1)[1].split('"')[0]
    assert [name for name in names if name in read(staff, newer)] == names[3:]


def test_contact_details_open_with_an_act_that_the_journal_keeps(staff: FlaskClient, arrange: Session) -> None:
    lead = make_lead(arrange)
    page = read(staff, f"{LEADS}/{lead.id}")
    assert not [word for word in (CLAIRE.name, CLAIRE.mail, CLAIRE.message) if word in page]
    answer = unescape(staff.post(f"{LEADS}/{lead.id}/coordonnees").text).replace("<wbr>", "")
    for word in (CLAIRE.name, CLAIRE.role, CLAIRE.mail, CLAIRE.message, "06\u00a039\u00a098\u00a000\u00a012"):
        assert word in answer
    entries = arrange.scalars(select(JournalEntry)).all()
    assert [(one.act, one.detail) for one in entries] == [(JournalAct.LEAD_READ, str(lead.id))]
    assert staff.get(f"{LEADS}/{lead.id}/coordonnees").status_code == 405


def test_what_was_asked_is_said_in_words(staff: FlaskClient, arrange: Session) -> None:
    association = make_association(arrange, "Proxité")
    answers = {"causes": ["school"], "unknown": ["x"]}
    lead = make_lead(arrange, answers=answers, associations=[str(association.id), str(uuid4()), "rien"])
    page = read(staff, f"{LEADS}/{lead.id}")
    assert "Proxité" in page
    assert "Réussite à l’école" in page
    assert "school" not in page.split("La demande</h2>")[1]


def test_a_step_is_written_down_and_told(staff: FlaskClient, arrange: Session, samir: Account) -> None:
    lead = make_lead(arrange)
    answer = staff.post(f"{LEADS}/{lead.id}", data=step(lead, owner_id=str(samir.id)))
    assert (answer.status_code, answer.location) == (303, f"{LEADS}/{lead.id}")
    moved = again(arrange, lead)
    assert (moved.state, moved.owner_id, moved.version) == (LeadState.CALLED, samir.id, 2)
    assert moved.next_action == "Rappeler pour fixer un rendez-vous"
    kept = arrange.scalars(select(LeadStep)).one()
    assert b"volontaires" not in (kept.note_sealed or b"")
    page = read(staff, answer.location)
    assert "Appelée, suivie par Samir Aubert" in page
    assert "quarante volontaires possibles" in page
    assert acts(arrange) == [JournalAct.LEAD_CHANGED]
    assert arrange.scalars(select(JournalEntry.detail)).all() == [str(lead.id)]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"next_action": "  "}, "Dites ce qui vient ensuite"),
        ({"next_action_on": ""}, "Donnez une date à la prochaine action."),
        ({"next_action_on": "2020-01-01"}, "Cette date est passée"),
        ({"next_action_on": "31/02/2027"}, "Cette date n’existe pas"),
        ({"next_action_on": "0001-01-01"}, "Cette date n’existe pas"),
        ({"owner_id": "personne"}, "Dites qui suit cette demande."),
        ({"owner_id": str(uuid4())}, "Cette réponse n’est pas dans la liste."),
        ({"state": "perdue"}, "Cette réponse n’est pas dans la liste."),
        ({"state": ""}, "Choisissez un état."),
        ({"note": "a" * 2001}, "Restez sous 2000 caractères."),
        ({"next_action": "a" * 201}, "trop long"),
    ],
)
def test_a_step_that_would_lose_the_request_is_refused_and_keeps_what_was_typed(
    staff: FlaskClient, arrange: Session, samir: Account, changed: dict[str, object], sentence: str
) -> None:
    lead = make_lead(arrange)
    answer = staff.post(
        f"{LEADS}/{lead.id}", data=step(lead, **{"owner_id": str(samir.id), "note": "Ma note gardée", **changed})
    )
    page = unescape(answer.text)
    assert answer.status_code == 422
    assert sentence in page
    assert "Rien n’a été perdu" in page
    assert ("Ma note gardée" in page) is ("note" not in changed)
    assert again(arrange, lead).version == 1
    assert arrange.scalars(select(LeadStep)).all() == []
    assert acts(arrange) == []


@pytest.mark.parametrize("state", ["engaged", "closed"])
def test_a_settled_request_needs_nothing_more(staff: FlaskClient, arrange: Session, state: str) -> None:
    lead = make_lead(arrange, next_action="Appeler", next_action_on=clock.today())
    sent = step(lead, state=state, owner_id="personne", next_action="", next_action_on="", note="")
    assert staff.post(f"{LEADS}/{lead.id}", data=sent).status_code == 303
    moved = again(arrange, lead)
    assert (moved.state.value, moved.next_action, moved.next_action_on) == (state, None, None)


def test_of_two_people_the_later_is_told_and_keeps_their_words(
    staff: FlaskClient, arrange: Session, samir: Account, browser_of: Callable[..., FlaskClient]
) -> None:
    lead = make_lead(arrange)
    ines = make_account(arrange, staff=True)
    ines.name = "Inès Roux"
    arrange.commit()
    first = browser_of(ines).post(f"{LEADS}/{lead.id}", data=step(lead, owner_id=str(ines.id)))
    assert first.status_code == 303
    late = step(lead, owner_id=str(samir.id), note="Ma note gardée")
    answer = staff.post(f"{LEADS}/{lead.id}", data=late)
    page = unescape(answer.text)
    assert answer.status_code == 422
    assert "Inès Roux a changé cette demande à" in page
    assert "Ma note gardée" in page
    assert again(arrange, lead).owner_id == ines.id
    seen = page.split('name="version"')[1].split('value="')[1].split('"')[0]
    assert staff.post(f"{LEADS}/{lead.id}", data=late | {"version": seen}).status_code == 303
    assert again(arrange, lead).owner_id == samir.id


@pytest.mark.parametrize("version", ["", "rien", "99999999999999", "-1", "٣"])
def test_a_version_that_cannot_be_read_changes_nothing(
    staff: FlaskClient, arrange: Session, samir: Account, version: str
) -> None:
    lead = make_lead(arrange)
    sent = step(lead, owner_id=str(samir.id), version=version)
    assert staff.post(f"{LEADS}/{lead.id}", data=sent).status_code == 422
    assert staff.post(f"{LEADS}/{lead.id}/prendre", data={"version": version}).status_code == 303
    assert again(arrange, lead).version == 1


def test_taking_a_request_is_one_click(staff: FlaskClient, arrange: Session, samir: Account) -> None:
    lead = make_lead(arrange)
    answer = staff.post(f"{LEADS}/{lead.id}/prendre", data={"version": "1"})
    taken = again(arrange, lead)
    assert (taken.owner_id, taken.state, taken.next_action_on) == (samir.id, LeadState.RECEIVED, clock.today())
    assert taken.next_action == "Appeler l’entreprise"
    page = read(staff, answer.location)
    assert "Vous suivez maintenant Filature du Nord." in page
    assert "Prendre en charge" not in page
    assert acts(arrange) == [JournalAct.LEAD_CHANGED]


def test_taking_a_settled_request_is_refused(staff: FlaskClient, arrange: Session) -> None:
    lead = make_lead(arrange, state=LeadState.CLOSED)
    answer = staff.post(f"{LEADS}/{lead.id}/prendre", data={"version": "1"})
    assert "déjà réglée" in read(staff, answer.location)
    assert again(arrange, lead).owner_id is None


def test_a_request_of_somebody_who_left_is_still_theirs_until_given_on(staff: FlaskClient, arrange: Session) -> None:
    gone = make_account(arrange, staff=True)
    gone.name, gone.closed_at = "Paul Petit", clock.now()
    arrange.commit()
    lead = make_lead(arrange, owner_id=gone.id)
    assert "Paul Petit (compte fermé)" in read(staff, f"{LEADS}/{lead.id}")
    assert staff.post(f"{LEADS}/{lead.id}", data=step(lead)).status_code == 303
    assert again(arrange, lead).owner_id == gone.id


def test_the_link_of_a_company_is_told_on_its_request(staff: FlaskClient, arrange: Session) -> None:
    company = make_company(arrange)
    lead = make_lead(arrange, company_id=company.id)
    page = read(staff, f"{LEADS}/{lead.id}")
    assert f"{LEADS}/liens/{company.id}" in page
    assert "Créer son lien" not in page


def test_an_unknown_request_is_a_404(staff: FlaskClient) -> None:
    for method, path in (("GET", ""), ("POST", ""), ("POST", "/prendre"), ("POST", "/coordonnees")):
        assert staff.open(f"{LEADS}/{uuid4()}{path}", method=method).status_code == 404


def queries(client: FlaskClient, address: str) -> int:
    """How many statements staff's role runs for one page."""
    seen: list[str] = []
    engine = db.engines[DatabaseRole.STAFF]

    def note(*arguments: object) -> None:
        seen.append(str(arguments[2]))

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert client.get(address).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(seen)


def test_the_pages_ask_a_constant_number_of_queries(staff: FlaskClient, arrange: Session, samir: Account) -> None:
    lead = make_lead(arrange)
    staff.get(LEADS)
    few = queries(staff, LEADS), queries(staff, f"{LEADS}/{lead.id}")
    for number in range(12):
        make_lead(arrange, f"Entreprise {number}", owner_id=samir.id)
    for number in range(5):
        lead = again(arrange, lead)
        staff.post(f"{LEADS}/{lead.id}", data=step(lead, owner_id=str(samir.id), note=f"Appel {number}"))
    assert (queries(staff, LEADS), queries(staff, f"{LEADS}/{lead.id}")) == few
    assert max(few) <= 8
