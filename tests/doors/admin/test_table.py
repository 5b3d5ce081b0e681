"""The table of requests: its finding, its views, filters, pages, search and news."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.foundation.tenancy import DatabaseRole
from portal.models.assignment import AssignmentState
from portal.models.campaign import Campaign
from portal.models.person import Applicant, Person
from portal.models.referral import Referral, ReferralState, UnroutableWhy
from portal.queries import referrals as queries
from tests.factories import (
    make_assignment,
    make_association,
    make_programme,
    make_referral,
)

TABLE = "/collectif/demandes"


def named(first: str, last: str, mail: str | None = None, telephone: str | None = None) -> Person:
    return Person(Applicant(first, last, mail, telephone, date(2006, 3, 1)))


def read(answer: TestResponse) -> str:
    """The page's words, entities read."""
    return unescape(answer.text)


def short(referral: Referral) -> str:
    return referral.number.split("-")[1]


@contextmanager
def statements(app: Flask, role: DatabaseRole) -> Iterator[list[str]]:
    """Every statement sent as this role meanwhile."""
    sent: list[str] = []
    engine: Engine = db.engines[role]

    def note(_c: object, _cu: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def test_staff_read_the_finding_in_the_title(staff: FlaskClient, arrange: Session, campaign: Campaign) -> None:
    make_referral(arrange, campaign)
    make_referral(arrange, campaign, state=ReferralState.UNROUTABLE, unroutable_why=UnroutableWhy.NONE)
    make_referral(arrange, campaign, received_at=clock.now() - timedelta(days=3))
    arrange.commit()
    page = staff.get(TABLE)
    assert page.status_code == 200
    assert "2\u00a0demandes aujourd’hui, 1 à décider" in page.text


def test_an_empty_table_says_why_and_what_next(staff: FlaskClient) -> None:
    page = staff.get(TABLE)
    assert page.status_code == 200
    assert "Aucune demande ici" in page.text
    assert "0\u00a0demande aujourd’hui, 0 à décider" in page.text


def test_a_row_tells_who_where_what_and_with_whom(staff: FlaskClient, arrange: Session, campaign: Campaign) -> None:
    association = make_association(arrange, "Proxité")
    referral = make_referral(arrange, campaign, person=named("Léa", "Martin"))
    make_assignment(arrange, referral, association, make_programme(arrange, association))
    arrange.commit()
    page = staff.get(TABLE).text
    for said in (short(referral), "Léa M., 20\u00a0ans", "Roubaix", "Premier emploi", "Proposée", "Proxité"):
        assert said in page
    assert "Martin" not in page


def test_both_sides_are_there_and_a_volunteer_is_told_apart(
    staff: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    make_referral(arrange, campaign, side=Side.MENTOR, person=named("Paul", "Durand"))
    make_referral(arrange, campaign, person=named("Awa", "Diallo"))
    arrange.commit()
    page = staff.get(TABLE).text
    assert "Paul D." in page
    assert "Awa D." in page
    assert page.count('<span class="visually-hidden">bénévole,') == 1


@pytest.mark.parametrize(
    ("state", "fields", "said"),
    [
        (ReferralState.AWAITING_CONSENT, {}, "Accord attendu"),
        (ReferralState.WAITLISTED, {}, "Sans place"),
        (ReferralState.UNROUTABLE, {"unroutable_why": UnroutableWhy.NONE}, "Nulle part"),
        (ReferralState.UNROUTABLE, {"unroutable_why": UnroutableWhy.EXHAUSTED}, "Toutes essayées"),
        (ReferralState.UNROUTABLE, {"unroutable_why": UnroutableWhy.HOPS}, "Trop de tours"),
        (ReferralState.UNROUTABLE, {"unroutable_why": UnroutableWhy.OTHER}, "Motif à lire"),
        (ReferralState.TO_ROUTE, {}, "À orienter"),
        (ReferralState.WITHDRAWN, {}, "Retirée"),
        (ReferralState.CLOSED, {}, "Terminée"),
        (ReferralState.CLOSED, {"unroutable_why": UnroutableWhy.HOPS}, "Terminée"),
        (ReferralState.MERGED, {}, "Doublon"),
    ],
)
def test_each_state_has_its_word(
    staff: FlaskClient, arrange: Session, campaign: Campaign, state: ReferralState, fields: dict, said: str
) -> None:
    make_referral(arrange, campaign, state=state, **fields)
    arrange.commit()
    assert f"<span>{said}</span>" in staff.get(f"{TABLE}?recue=toutes").text


@pytest.mark.parametrize(
    ("state", "fields", "said"),
    [
        (AssignmentState.SEEN, {}, "Vue"),
        (AssignmentState.ACCEPTED, {}, "Acceptée"),
        (AssignmentState.PAIRED, {}, "En binôme"),
        (AssignmentState.OFFERED, {"to_verify": ["Public : QPV"]}, "À vérifier"),
        (AssignmentState.OFFERED, {"hop": 2}, "3<sup>e</sup> tour"),
        (AssignmentState.OFFERED, {"offered_at": clock.now() - timedelta(days=20)}, "En retard"),
    ],
)
def test_once_confided_the_assignment_says_where_it_stands(
    staff: FlaskClient, arrange: Session, campaign: Campaign, state: AssignmentState, fields: dict, said: str
) -> None:
    association = make_association(arrange)
    referral = make_referral(arrange, campaign)
    make_assignment(arrange, referral, association, make_programme(arrange, association), state=state, **fields)
    arrange.commit()
    assert f"<span>{said}</span>" in staff.get(TABLE).text


def test_a_view_holds_what_it_says_and_its_count(staff: FlaskClient, arrange: Session, campaign: Campaign) -> None:
    association = make_association(arrange)
    programme = make_programme(arrange, association)
    old = clock.now() - timedelta(days=30)
    nowhere = make_referral(arrange, campaign, state=ReferralState.UNROUTABLE, received_at=old)
    closed = make_referral(arrange, campaign, state=ReferralState.CLOSED, unroutable_why=UnroutableWhy.EXHAUSTED)
    waiting = make_referral(arrange, campaign, state=ReferralState.WAITLISTED)
    consent = make_referral(arrange, campaign, state=ReferralState.AWAITING_CONSENT)
    late, doubtful = make_referral(arrange, campaign), make_referral(arrange, campaign)
    make_assignment(arrange, late, association, programme, offered_at=clock.now() - timedelta(days=20))
    make_assignment(arrange, doubtful, association, programme, to_verify=["Public : QPV"])
    arrange.commit()
    expected = {
        "7-jours": {closed, waiting, consent, late, doubtful},
        "a-decider": {nowhere, late},
        "nulle-part": {nowhere},
        "sans-place": {waiting},
        "a-verifier": {doubtful},
        "en-retard": {late},
        "accord-attendu": {consent},
        "toutes": {nowhere, closed, waiting, consent, late, doubtful},
    }
    everyone = expected["toutes"]
    for view, inside in expected.items():
        page = staff.get(f"{TABLE}?vue={view}").text
        assert {one for one in everyone if f">{short(one)}<" in page} == inside, view
    page = read(staff.get(TABLE))
    for pill in ("7 jours\u00a05", "À décider\u00a02", "Nulle part\u00a01", "Sans place\u00a01", "En retard\u00a01"):
        assert pill in page


def test_a_count_stops_at_its_cap(
    staff: FlaskClient, arrange: Session, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "CAP", 3)
    monkeypatch.setattr("admin.menus.CAP", 3)
    for _ in range(5):
        make_referral(arrange, campaign, state=ReferralState.WAITLISTED)
    arrange.commit()
    page = staff.get(TABLE).text
    assert "Sans place, plus de 3" in page
    assert "Plus de 3 demandes aujourd’hui" in page
    assert "5 sur plus de 3 demandes" in page


@pytest.fixture
def varied(arrange: Session, campaign: Campaign) -> dict[str, Referral]:
    """Five requests that differ in every way a filter asks about."""
    association = make_association(arrange, "Télémaque")
    old = clock.now() - timedelta(days=40)
    found = {
        "mentor": make_referral(arrange, campaign, side=Side.MENTOR),
        "waiting": make_referral(arrange, campaign, state=ReferralState.WAITLISTED),
        "guidance": make_referral(arrange, campaign, facts={"needs": ["guidance", "motivation"]}),
        "offered": make_referral(arrange, campaign),
        "old": make_referral(arrange, campaign, received_at=old),
    }
    make_assignment(arrange, found["offered"], association, make_programme(arrange, association))
    found["guidance"].commune, found["guidance"].departement, found["guidance"].region = "69123", "69", "84"
    arrange.commit()
    return found


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("cote=benevoles", {"mentor"}),
        ("cote=jeunes", {"waiting", "guidance", "offered"}),
        ("etat=sans-place", {"waiting"}),
        ("etat=proposee", {"offered"}),
        ("besoin=guidance", {"guidance"}),
        ("ou=region:84", {"guidance"}),
        ("ou=departement:69", {"guidance"}),
        ("ou=commune:69123", {"guidance"}),
        ("ou=commune:59512", {"mentor", "waiting", "offered"}),
        ("ou=epci:200093201", {"mentor", "waiting", "offered"}),
        ("ou=country:FR", {"mentor", "waiting", "guidance", "offered"}),
        ("recue=aujourdhui", {"mentor", "waiting", "guidance", "offered"}),
        ("recue=30-jours", {"mentor", "waiting", "guidance", "offered"}),
        ("recue=toutes", {"mentor", "waiting", "guidance", "offered", "old"}),
        ("du=2000-01-01&au=2001-01-01", set()),
        ("vue=toutes&cote=jeunes&ou=region:32", {"waiting", "offered", "old"}),
        ("cote=jeunes&etat=proposee&besoin=first_job", {"offered"}),
    ],
)
def test_filters_live_in_the_address_and_add_up(
    staff: FlaskClient, varied: dict[str, Referral], address: str, inside: set[str]
) -> None:
    page = staff.get(f"{TABLE}?{address}")
    assert page.status_code == 200
    assert {name for name, one in varied.items() if f">{short(one)}<" in page.text} == inside


def test_a_period_of_two_days_holds_both(staff: FlaskClient, varied: dict[str, Referral]) -> None:
    day = varied["old"].received_at.astimezone(clock.PARIS).date().isoformat()
    page = staff.get(f"{TABLE}?du={day}&au={day}").text
    assert {name for name, one in varied.items() if f">{short(one)}<" in page} == {"old"}


def test_an_association_has_what_it_holds_now(
    staff: FlaskClient, varied: dict[str, Referral], arrange: Session
) -> None:
    page = staff.get(TABLE).text
    holder = arrange.scalars(select(queries.Association.id).where(queries.Association.name == "Télémaque")).one()
    assert f'<option value="{holder}">Télémaque</option>' in page
    page = staff.get(f"{TABLE}?association={holder}").text
    assert {name for name, one in varied.items() if f">{short(one)}<" in page} == {"offered"}


@pytest.mark.parametrize(
    "address",
    [
        "cote=personne", "etat=%00", "numeros=%00", "numeros=2026-00001%0A", "du=0001-01-01", "au=9999-12-31", "ou=commune:00000", "ou=nimporte", "association=pas-un-id", "besoin=manger",
        "recue=jamais", "du=2026-13-45", "vue=inconnue", "apres=abc", "apres=99999999999999999999.x", "avant=",
        "apres=-1.00000000-0000-0000-0000-000000000000", "ouverte=pas-un-id", "numeros=,,,", "territoire=%00",
        "ouverte=00000000-0000-0000-0000-000000000000", "apres=99999999999999999.00000000-0000-0000-0000-000000000000",
    ],
)  # fmt: skip
def test_an_address_we_do_not_understand_still_opens(
    staff: FlaskClient, varied: dict[str, Referral], address: str
) -> None:
    assert staff.get(f"{TABLE}?{address}").status_code == 200


@pytest.mark.parametrize(
    ("address", "said", "typed"),
    [
        ("ou=zzz", "Nous ne connaissons aucun territoire «\u00a0zzz\u00a0»", 'value="zzz"'),
        ("du=2026-13-45", "«\u00a02026-13-45\u00a0» n’est pas une date", 'value="2026-13-45"'),
        ("au=demain", "«\u00a0demain\u00a0» n’est pas une date", 'value="demain"'),
        ("du=2026-03-02&au=2026-03-01", "La seconde date vient avant la première.", 'value="2026-03-01"'),
        ("territoire=Zzzz", "Aucun territoire ne commence par «\u00a0Zzzz\u00a0»", 'value="Zzzz"'),
    ],
)
def test_a_filter_that_cannot_be_read_is_told_kept_and_shows_nobody(
    staff: FlaskClient, varied: dict[str, Referral], address: str, said: str, typed: str
) -> None:
    page = read(staff.get(f"{TABLE}?{address}"))
    assert said in page
    assert typed in page
    assert not any(f">{short(one)}<" in page for one in varied.values())


def test_a_territory_is_found_by_its_name(staff: FlaskClient, varied: dict[str, Referral]) -> None:
    answer = staff.get(f"{TABLE}?cote=jeunes&territoire=Hauts-de-France")
    assert (answer.status_code, answer.location) == (302, f"{TABLE}?cote=jeunes&ou=region:32")


def test_namesakes_are_offered_as_a_choice(staff: FlaskClient) -> None:
    page = staff.get(f"{TABLE}?territoire=Saint-Denis").text
    assert "lequel" in page
    assert "ou=commune:93066" in page
    assert "ou=commune:97411" in page


def test_an_unknown_territory_says_so(staff: FlaskClient) -> None:
    assert "Aucun territoire ne commence par" in staff.get(f"{TABLE}?territoire=Zzzz").text


def numbers_on(page: str, everyone: list[Referral]) -> list[str]:
    return [one.number for one in everyone if f">{short(one)}<" in page]


def older(page: str) -> str | None:
    return next(
        (
            part.split('"')[0].replace("&amp;", "&")
            for part in page.split('href="')[1:]
            if "apres=" in part.split('"')[0] and 'rel="next"' in part.split(">")[0]
        ),
        None,
    )


def newer(page: str) -> str | None:
    return next(
        (
            part.split('"')[0].replace("&amp;", "&")
            for part in page.split('href="')[1:]
            if "avant=" in part.split('"')[0] and 'rel="prev"' in part.split(">")[0]
        ),
        None,
    )


def test_pages_follow_each_other_without_a_hole_and_come_back(
    staff: FlaskClient, arrange: Session, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE", 4)
    same = clock.now() - timedelta(hours=1)
    everyone = [make_referral(arrange, campaign, received_at=same) for _ in range(6)]
    everyone += [make_referral(arrange, campaign, received_at=same - timedelta(minutes=n)) for n in range(1, 5)]
    arrange.commit()
    seen, pages, address = [], [], f"{TABLE}?cote=jeunes"
    while address:
        page = staff.get(address).text
        pages.append(address)
        seen += numbers_on(page, everyone)
        address = older(page)
    assert sorted(seen) == sorted(one.number for one in everyone)
    assert len(seen) == len(set(seen)) == 10
    assert len(pages) == 3
    assert all("cote=jeunes" in one for one in pages)
    back = newer(staff.get(pages[2]).text)
    assert numbers_on(staff.get(back).text, everyone) == numbers_on(staff.get(pages[1]).text, everyone)


def test_a_new_request_moves_nothing_on_an_older_page(
    staff: FlaskClient, arrange: Session, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE", 3)
    everyone = [make_referral(arrange, campaign, received_at=clock.now() - timedelta(minutes=n)) for n in range(1, 8)]
    arrange.commit()
    second = older(staff.get(TABLE).text)
    before = numbers_on(staff.get(second).text, everyone)
    make_referral(arrange, campaign)
    arrange.commit()
    assert numbers_on(staff.get(second).text, everyone) == before == [one.number for one in everyone[3:6]]


def test_five_rows_or_fifty_ask_the_same_number_of_questions(
    app: Flask, staff: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    association = make_association(arrange)
    programme = make_programme(arrange, association)
    counts = []
    for more in (5, 45):
        for _ in range(more):
            make_assignment(arrange, make_referral(arrange, campaign), association, programme)
        arrange.commit()
        with statements(app, DatabaseRole.STAFF) as sent:
            page = staff.get(TABLE).text
        counts.append(len(sent))
    assert page.count("<tr>") > 50
    assert counts[0] == counts[1] <= 8


def test_a_row_opens_in_place_and_closes(staff: FlaskClient, arrange: Session, campaign: Campaign) -> None:
    referral = make_referral(arrange, campaign)
    arrange.commit()
    closed = staff.get(TABLE).text
    assert 'aria-expanded="false"' in closed
    assert f"ouverte={referral.id}" in closed
    opened = staff.get(f"{TABLE}?ouverte={referral.id}").text
    assert 'aria-expanded="true"' in opened
    assert '<tr class="detail">' in opened
    assert "Pas encore de décision" in opened
