"""A forgotten password: a link by mail, once and for half an hour, which never skips the second factor."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.identifiers import new_id
from portal.models.account import Account, LoginSession, PasswordReset
from portal.models.event import JournalAct, JournalEntry
from portal.models.outbox import Message, Outbox
from portal.operations.links import reset_path
from tests.doors.auth.conftest import SignedInAs, code_now, give_factor
from tests.factories import PASSWORD, make_account, make_association

NEW = "brique lavande horizon tambour"


@pytest.fixture
def claire(arrange: Session) -> Account:
    account = give_factor(
        arrange,
        make_account(arrange, "claire@example.org", association=make_association(arrange), role="administrator"),
    )
    arrange.commit()
    return account


@pytest.fixture
def link(client: FlaskClient, arrange: Session, claire: Account) -> str:
    """The address mailed to her."""
    client.post("/mot-de-passe", data={"mail": claire.mail})
    return reset_path(arrange.scalars(select(PasswordReset.id)).one())


def choose(client: FlaskClient, link: str, password: str = NEW) -> Any:
    return client.post(link, data={"password": password})


def knock(client: FlaskClient, mail: str, password: str) -> Any:
    return client.post("/connexion", data={"mail": mail, "password": password})


def test_the_sign_in_page_leads_there(client: FlaskClient) -> None:
    assert 'href="/mot-de-passe"' in client.get("/connexion").text
    assert client.get("/mot-de-passe").status_code == 200


@pytest.mark.parametrize("known", [True, False])
def test_the_answer_is_the_same_whether_an_account_exists(
    client: FlaskClient, arrange: Session, claire: Account, known: bool
) -> None:
    answer = client.post("/mot-de-passe", data={"mail": " Claire@Example.org " if known else "personne@example.org"})
    assert (answer.status_code, answer.location) == (303, "/mot-de-passe/demande")
    assert "Si un compte existe à cette adresse, un message part" in client.get("/mot-de-passe/demande").text
    assert [one.message for one in arrange.scalars(select(Outbox))] == [Message.PASSWORD_RESET]
    resets = arrange.scalars(select(PasswordReset)).all()
    assert [one.account_id for one in resets] == ([claire.id] if known else [])


def test_the_same_statements_run_for_an_unknown_address(
    client: FlaskClient, app: Flask, claire: Account, statements: list[str]
) -> None:
    client.post("/mot-de-passe", data={"mail": "personne@example.org"})
    for_nobody, statements[:] = list(statements), []
    client.post("/mot-de-passe", data={"mail": claire.mail})
    assert statements == for_nobody
    assert any("INSERT INTO password_reset" in one for one in statements)


def test_a_closed_account_gets_no_link(client: FlaskClient, arrange: Session, claire: Account) -> None:
    claire.closed_at = clock.now()
    arrange.commit()
    client.post("/mot-de-passe", data={"mail": claire.mail})
    assert arrange.scalars(select(PasswordReset)).all() == []


def test_opening_the_link_changes_nothing(client: FlaskClient, arrange: Session, claire: Account, link: str) -> None:
    for _ in range(3):
        assert "Nouveau mot de passe" in client.get(link).text
    before = claire.password_hash
    arrange.refresh(claire)
    assert claire.password_hash == before
    assert arrange.scalars(select(PasswordReset.used_at)).one() is None


def test_the_new_password_ends_all_sessions_and_the_second_factor_stays(
    client: FlaskClient, arrange: Session, signed_in_as: SignedInAs, claire: Account, link: str
) -> None:
    before = signed_in_as(claire)
    answer = choose(client, link)
    assert (answer.status_code, answer.location) == (303, "/connexion")
    assert arrange.scalars(select(LoginSession)).all() == []
    assert before.get("/compte").status_code == 303
    assert knock(client, claire.mail, PASSWORD).status_code == 422
    assert knock(client, claire.mail, NEW).location == "/connexion/code"
    arrange.refresh(claire)
    assert claire.totp_confirmed_at is not None
    messages = arrange.scalars(select(Outbox.message).order_by(Outbox.created_at)).all()
    assert messages == [Message.PASSWORD_RESET, Message.PASSWORD_CHANGED]
    assert JournalAct.PASSWORD_CHANGED in arrange.scalars(select(JournalEntry.act)).all()


def test_a_link_serves_once_and_takes_the_others_with_it(
    client: FlaskClient, arrange: Session, claire: Account, link: str
) -> None:
    client.post("/mot-de-passe", data={"mail": claire.mail})
    links = [reset_path(one) for one in arrange.scalars(select(PasswordReset.id))]
    assert len(links) == 2
    assert choose(client, link).status_code == 303
    for one in links:
        for answer in (client.get(one), choose(client, one, "autre phrase tout à fait neuve")):
            assert answer.status_code == 410
            assert "Ce lien ne sert plus" in answer.text
    assert knock(client, claire.mail, NEW).status_code == 303


@pytest.mark.parametrize(("minutes", "status"), [(29, 303), (31, 410)])
def test_a_link_lasts_half_an_hour(client: FlaskClient, link: str, minutes: int, status: int) -> None:
    with clock.at(clock.now() + timedelta(minutes=minutes)):
        assert choose(client, link).status_code == status


@pytest.mark.parametrize("forge", ["another's", "cut", "unknown", "empty"])
def test_a_forged_link_opens_nothing(client: FlaskClient, link: str, forge: str) -> None:
    address, _, token = link.rpartition("/")
    forged = {
        "another's": f"/mot-de-passe/{new_id()}/{token}",
        "cut": f"{address}/{token[:-1]}",
        "unknown": reset_path(new_id()),
        "empty": f"{address}/é",
    }[forge]
    assert client.get(forged).status_code == choose(client, forged).status_code == 410


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("", "Choisissez un mot de passe"),
        ("court", "de 15 à 128 caractères"),
        ("a" * 129, "de 15 à 128 caractères"),
        ("motdepassemotdepasse", "se devine facilement"),
        ("claire claire claire", "se devine facilement"),
        ("aaaaaaaaaaaaaaaaaaaaaaaa", "se devine facilement"),
    ],
)
def test_a_weak_password_is_refused_in_words_and_the_link_still_serves(
    client: FlaskClient, link: str, password: str, words: str
) -> None:
    answer = choose(client, link, password)
    assert answer.status_code == 422
    assert words in answer.text
    assert not password or password not in answer.text
    assert choose(client, link).status_code == 303


def test_a_long_password_is_welcome(client: FlaskClient, claire: Account, link: str) -> None:
    long = "brique lavande horizon tambour " * 4
    assert choose(client, link, long).status_code == 303
    assert knock(client, claire.mail, long).status_code == 303
    assert knock(client, claire.mail, long[:72]).status_code == 422


@pytest.mark.parametrize("mail", ["", "pas une adresse", "a" * 300 + "@example.org", "\x00"])
def test_an_address_that_is_none_is_refused(client: FlaskClient, arrange: Session, mail: str) -> None:
    answer = client.post("/mot-de-passe", data={"mail": mail})
    assert answer.status_code == 422
    assert arrange.scalars(select(Outbox)).all() == []


def test_the_sixth_request_of_a_day_for_one_address_waits(counting: Flask) -> None:
    client = counting.test_client()
    answers = [client.post("/mot-de-passe", data={"mail": "claire@example.org"}) for _ in range(6)]
    assert [one.status_code for one in answers] == [303] * 5 + [429]
    assert "Réessayez dans 24\u00a0heures" in answers[5].text
    assert client.post("/mot-de-passe", data={"mail": "autre@example.org"}).status_code == 303


def test_a_finished_reset_starts_all_counters_of_the_account_afresh(
    counting: Flask, arrange: Session, claire: Account, link: str
) -> None:
    half_way = counting.test_client()
    knock(half_way, claire.mail, PASSWORD)
    for _ in range(5):
        half_way.post("/connexion/code", data={"code": "000000"})
    client = counting.test_client()
    for _ in range(10):
        knock(client, claire.mail, "wrong")
    assert knock(client, claire.mail, PASSWORD).status_code == 429
    assert choose(client, link).status_code == 303
    assert knock(client, claire.mail, NEW).status_code == 303
    assert client.post("/connexion/code", data={"code": code_now()}).status_code == 303
