"""New requests announce themselves; somebody is looked up without a trace in an address."""

from datetime import date, timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from matching.vocabulary import Side
from portal.foundation import clock
from portal.models.campaign import Campaign
from portal.models.event import JournalAct, JournalEntry
from portal.models.person import Applicant, Person
from tests.factories import make_referral

TABLE = "/collectif/demandes"


def named(first: str, last: str, mail: str | None = None, telephone: str | None = None) -> Person:
    return Person(Applicant(first, last, mail, telephone, date(2006, 3, 1)))


def read(answer: TestResponse) -> str:
    """The page's words, entities read."""
    return unescape(answer.text)


def test_nothing_new_is_said_in_an_empty_answer_then_a_304(
    staff: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    make_referral(arrange, campaign, received_at=clock.now() - timedelta(minutes=1))
    arrange.commit()
    asked = staff.get(TABLE).text.split('data-live="')[1].split('"')[0].replace("&amp;", "&")
    answer = staff.get(asked)
    assert answer.status_code == 204
    again = staff.get(asked, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_new_requests_announce_themselves(staff: FlaskClient, arrange: Session, campaign: Campaign) -> None:
    asked = staff.get(f"{TABLE}?cote=jeunes").text.split('data-live="')[1].split('"')[0].replace("&amp;", "&")
    make_referral(arrange, campaign)
    make_referral(arrange, campaign)
    make_referral(arrange, campaign, side=Side.MENTOR)
    arrange.commit()
    answer = staff.get(asked)
    assert answer.status_code == 200
    assert "2\u00a0nouvelles, les afficher" in read(answer)
    assert f'href="{TABLE}?cote=jeunes"' in answer.text
    again = staff.get(asked, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.text) == (304, "")


@pytest.mark.parametrize("typed", ["lea.martin@example.org", " LEA.Martin@example.org ", "06 39 98 00 01", "martin"])
def test_somebody_is_found_by_exact_mail_telephone_or_last_name(
    staff: FlaskClient, arrange: Session, campaign: Campaign, typed: str
) -> None:
    wanted = make_referral(arrange, campaign, person=named("Léa", "Martin", "lea.martin@example.org", "0639980001"))
    make_referral(arrange, campaign, person=named("Awa", "Diallo", "awa@example.org", "0639980002"))
    arrange.commit()
    answer = staff.post(f"{TABLE}/chercher", data={"q": typed})
    assert (answer.status_code, answer.location) == (303, f"{TABLE}?numeros={wanted.number}")
    page = staff.get(answer.location).text
    assert "Léa M." in page
    assert "Awa D." not in page
    entry = arrange.scalars(select(JournalEntry)).one()
    assert (entry.act, entry.detail) == (JournalAct.SEARCHED, "1")


@pytest.mark.parametrize("typed", ["Léa Martin", "martin léa", "  LEA   MARTIN "])
def test_a_whole_name_finds_that_person_and_no_namesake(
    staff: FlaskClient, arrange: Session, campaign: Campaign, typed: str
) -> None:
    wanted = make_referral(arrange, campaign, person=named("Léa", "Martin"))
    make_referral(arrange, campaign, person=named("Awa", "Martin"))
    make_referral(arrange, campaign, person=named("Léa", "Diallo"))
    arrange.commit()
    assert staff.post(f"{TABLE}/chercher", data={"q": typed}).location == f"{TABLE}?numeros={wanted.number}"


def test_names_of_several_words_are_found_whole(staff: FlaskClient, arrange: Session, campaign: Campaign) -> None:
    wanted = make_referral(arrange, campaign, person=named("Jean-Pierre", "Le Gall"))
    make_referral(arrange, campaign, person=named("Anne", "Gall"))
    arrange.commit()
    for typed in ("Jean Pierre Le Gall", "Le Gall Jean-Pierre", "le gall"):
        assert staff.post(f"{TABLE}/chercher", data={"q": typed}).location == f"{TABLE}?numeros={wanted.number}"


def test_a_first_name_nobody_has_still_finds_the_last_name(
    staff: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    wanted = make_referral(arrange, campaign, person=named("Léa", "Martin"))
    arrange.commit()
    answer = staff.post(f"{TABLE}/chercher", data={"q": "Lea-Rose Martin"})
    assert answer.location == f"{TABLE}?numeros={wanted.number}"


def test_what_was_searched_never_stays_in_an_address_or_the_journal(
    staff: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    make_referral(arrange, campaign, person=named("Léa", "Martin", "lea.martin@example.org"))
    arrange.commit()
    answer = staff.post(f"{TABLE}/chercher", data={"q": "lea.martin@example.org"})
    assert "lea" not in answer.location
    assert "lea" not in (arrange.scalars(select(JournalEntry)).one().detail or "")


def test_a_number_is_found_with_or_without_its_year_and_is_no_look_at_a_person(
    staff: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    referral = make_referral(arrange, campaign)
    referral.number = f"{clock.today().year}-04817"
    arrange.commit()
    for typed in (referral.number, "04817", "4817"):
        answer = staff.post(f"{TABLE}/chercher", data={"q": typed})
        assert parse_qs(urlsplit(answer.location).query) == {"numeros": [referral.number]}
    assert arrange.scalars(select(JournalEntry)).all() == []


def test_nobody_found_is_said_what_was_typed_stays_and_no_stranger_follows(
    staff: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    make_referral(arrange, campaign)
    arrange.commit()
    page = staff.post(f"{TABLE}/chercher", data={"q": "inconnue@example.org"})
    assert page.status_code == 200
    assert "Aucune demande ne correspond" in page.text
    assert "inconnue@example.org" in page.text
    assert "Léa M." not in page.text
    assert "Voir toutes les demandes" in page.text


def test_a_search_asked_for_again_by_its_address_leads_to_the_table(staff: FlaskClient) -> None:
    answer = staff.get(f"{TABLE}/chercher")
    assert (answer.status_code, answer.location) == (303, TABLE)


@pytest.mark.parametrize("typed", ["", "   ", "\x00", "é" * 5000, "%", "'; DROP TABLE referral; --", "+", "@"])
def test_odd_searches_break_nothing(staff: FlaskClient, typed: str) -> None:
    assert staff.post(f"{TABLE}/chercher", data={"q": typed}).status_code in {200, 303}
