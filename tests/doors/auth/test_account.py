"""« Mon compte »: changing one's password and second factor, new recovery codes, sessions, a fresh proof."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.models.account import Account, LoginSession
from portal.models.association import Association
from portal.models.outbox import Message, Outbox
from portal.operations.second_factor import new_secret, seal_offer
from tests.doors.auth.conftest import SignedInAs, code_now, give_factor, pass_both
from tests.factories import PASSWORD, make_account, make_association

NEW = "brique lavande horizon tambour"


@pytest.fixture
def association(arrange: Session) -> Association:
    return make_association(arrange)


@pytest.fixture
def claire(arrange: Session, association: Association) -> Account:
    account = give_factor(arrange, make_account(arrange, "claire@example.org", association=association))
    arrange.commit()
    return account


@pytest.fixture
def browser(signed_in_as: SignedInAs, claire: Account, association: Association) -> FlaskClient:
    return signed_in_as(claire, association=association)


def text_of(answer: Any) -> str:
    return str(answer.text).replace("\u00a0", " ")


def test_the_page_says_what_one_has(browser: FlaskClient, signed_in_as: SignedInAs, claire: Account) -> None:
    signed_in_as(claire)
    signed_in_as(claire, half=True)
    page = text_of(browser.get("/compte"))
    for words in (claire.name, "2 sessions ouvertes", "Celle-ci", "choisi par vous", "Il vous reste 0 code"):
        assert words in page
    assert 'href="/demandes"' in page


def test_staff_have_the_same_page_leading_back_to_their_side(arrange: Session, signed_in_as: SignedInAs) -> None:
    page = signed_in_as(make_account(arrange, staff=True)).get("/compte").text
    assert 'href="/collectif/demandes"' in page


def test_the_old_password_is_asked_and_the_other_sessions_end(
    browser: FlaskClient, arrange: Session, signed_in_as: SignedInAs, claire: Account
) -> None:
    other = signed_in_as(claire)
    wrong = browser.post("/compte/mot-de-passe", data={"old": "not this one at all", "password": NEW})
    assert wrong.status_code == 422
    assert "Ce n’est pas votre mot de passe actuel" in wrong.text
    same = browser.post("/compte/mot-de-passe", data={"old": PASSWORD, "password": PASSWORD})
    assert "C’est déjà votre mot de passe" in text_of(same)
    weak = browser.post("/compte/mot-de-passe", data={"old": PASSWORD, "password": "motdepassemotdepasse"})
    assert "se devine facilement" in weak.text
    assert arrange.scalars(select(Outbox)).all() == []
    assert browser.post("/compte/mot-de-passe", data={"old": PASSWORD, "password": NEW}).location == "/compte"
    assert browser.get("/compte").status_code == 200
    assert other.get("/compte").status_code == 303
    assert [one.message for one in arrange.scalars(select(Outbox))] == [Message.PASSWORD_CHANGED]


def test_another_application_takes_the_place_of_the_first(
    browser: FlaskClient, client: FlaskClient, arrange: Session, signed_in_as: SignedInAs, claire: Account
) -> None:
    other, secret = signed_in_as(claire), new_secret()
    offer = {"offer": seal_offer(secret, claire.id), "code": code_now(secret=secret)}
    without = browser.post("/compte/second-facteur", data={**offer, "current": "000000"})
    assert without.status_code == 422
    arrange.refresh(claire)
    before = claire.totp_sealed
    done = browser.post("/compte/second-facteur", data={**offer, "current": code_now()})
    assert len(re.findall(r'class="code">', done.text)) == 8
    arrange.refresh(claire)
    assert claire.totp_sealed != before
    assert other.get("/compte").status_code == 303
    assert browser.get("/compte").status_code == 200
    client.post("/connexion", data={"mail": claire.mail, "password": PASSWORD})
    assert client.post("/connexion/code", data={"code": code_now(1)}).status_code == 422
    assert client.post("/connexion/code", data={"code": code_now(1, secret)}).status_code == 303


def test_the_new_application_must_show_that_it_works_before_the_first_is_dropped(
    browser: FlaskClient, arrange: Session, claire: Account
) -> None:
    sent = {"offer": seal_offer(new_secret(), claire.id), "code": "000000", "current": code_now()}
    answer = browser.post("/compte/second-facteur", data=sent)
    assert answer.status_code == 422
    arrange.refresh(claire)
    assert claire.totp_last_step is None


def test_new_recovery_codes_make_the_old_ones_worthless(
    browser: FlaskClient, client: FlaskClient, arrange: Session, claire: Account
) -> None:
    def make(code: str) -> list[str]:
        page = browser.post("/compte/codes-de-secours", data={"code": code}).text
        return re.findall(r'class="code">([a-z2-9-]+)<', page)

    assert browser.post("/compte/codes-de-secours", data={"code": "000000"}).status_code == 422
    first = make(code_now())
    assert "8 codes restants" in text_of(browser.get("/compte"))
    second = make(first[0])
    assert len(set(first) | set(second)) == 16
    client.post("/connexion", data={"mail": claire.mail, "password": PASSWORD})
    assert client.post("/connexion/secours", data={"code": first[1]}).status_code == 422
    assert client.post("/connexion/secours", data={"code": second[1]}).status_code == 303


def test_all_sessions_end_at_once_this_one_included(
    browser: FlaskClient, arrange: Session, signed_in_as: SignedInAs, claire: Account
) -> None:
    bystander = signed_in_as(make_account(arrange, staff=True))
    other = signed_in_as(claire)
    assert browser.post("/compte/sessions").location == "/connexion"
    assert {one.get("/compte").status_code for one in (browser, other)} == {303}
    assert bystander.get("/compte").status_code == 200


@pytest.mark.parametrize(
    ("asked", "landed"),
    [("/equipe", "/equipe"), ("//mechant.example", "/demandes"), ("/collectif/equipe", "/demandes")],
)
def test_a_fresh_proof_leads_back_to_what_was_being_done(
    browser: FlaskClient, arrange: Session, asked: str, landed: str
) -> None:
    page = browser.get("/compte/preuve", query_string={"suite": asked})
    assert "Est-ce bien vous" in page.text
    wrong = browser.post("/compte/preuve", query_string={"suite": asked}, data={"password": "not this one"})
    assert wrong.status_code == 422
    assert arrange.scalars(select(LoginSession.proof_at)).one() is None
    arrange.rollback()
    right = browser.post("/compte/preuve", query_string={"suite": asked}, data={"password": PASSWORD})
    assert (right.status_code, right.location) == (303, landed)
    proof = arrange.scalars(select(LoginSession.proof_at)).one()
    assert proof is not None
    assert clock.now() - proof < timedelta(minutes=1)


def test_who_has_no_password_proves_with_a_code(browser: FlaskClient, arrange: Session, claire: Account) -> None:
    claire.password_hash = ""
    arrange.commit()
    assert browser.post("/compte/preuve", data={"password": ""}).status_code == 422
    assert browser.post("/compte/preuve", data={"code": "000000"}).status_code == 422
    assert browser.post("/compte/preuve", data={"code": code_now()}).status_code == 303


def test_an_empty_password_never_signs_in_nor_proves(client: FlaskClient, arrange: Session, claire: Account) -> None:
    claire.password_hash = ""
    arrange.commit()
    for password in ("", " ", "nobody has this password"):
        answer = client.post("/connexion", data={"mail": claire.mail, "password": password})
        assert answer.status_code == 422


def test_signing_in_is_itself_a_fresh_proof(client: FlaskClient, arrange: Session, claire: Account) -> None:
    pass_both(client, claire.mail)
    assert arrange.scalars(select(LoginSession.proof_at)).one() is not None


def test_guessing_at_an_open_desk_is_counted_with_the_codes(counting: Flask, arrange: Session, claire: Account) -> None:
    """Whoever finds a browser open has five tries at the password and five at the code, on whichever page."""
    browser = counting.test_client()
    assert pass_both(browser, claire.mail).status_code == 303
    answers = [browser.post("/compte/preuve", data={"password": "not this one"}).status_code for _ in range(3)]
    answers += [
        browser.post("/compte/mot-de-passe", data={"old": "nor this", "password": NEW}).status_code for _ in "ab"
    ]
    assert answers == [422] * 5
    assert browser.post("/compte/preuve", data={"password": PASSWORD}).status_code == 429
    codes = [browser.post("/compte/codes-de-secours", data={"code": "000000"}).status_code for _ in range(6)]
    assert codes == [422] * 5 + [429]
    assert browser.get("/compte").status_code == 200


def test_right_passwords_cost_no_try_and_give_back_none_of_the_codes(
    counting: Flask, arrange: Session, claire: Account
) -> None:
    """Else who knows the password could guess codes without end between two proofs."""
    browser = counting.test_client()
    assert pass_both(browser, claire.mail).status_code == 303
    for _ in range(4):
        browser.post("/compte/codes-de-secours", data={"code": "000000"})
    for _ in range(3):
        assert browser.post("/compte/preuve", data={"password": "not this one"}).status_code == 422
    assert [browser.post("/compte/preuve", data={"password": PASSWORD}).status_code for _ in range(6)] == [303] * 6
    for _ in range(4):
        assert browser.post("/compte/preuve", data={"password": "not this one"}).status_code == 422
    codes = [browser.post("/compte/codes-de-secours", data={"code": "000000"}).status_code for _ in range(2)]
    assert codes == [422, 429]


def test_a_weak_new_password_is_not_a_failed_try(counting: Flask, arrange: Session, claire: Account) -> None:
    browser = counting.test_client()
    assert pass_both(browser, claire.mail).status_code == 303
    weak = {"old": PASSWORD, "password": "court"}
    assert [browser.post("/compte/mot-de-passe", data=weak).status_code for _ in range(6)] == [422] * 6
