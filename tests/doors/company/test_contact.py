"""A company asks to be called: its request is written, numbered and never lost; nothing bad typed is."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from redis.exceptions import ConnectionError as RedisDown
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.foundation.extensions import limiter
from portal.models.campaign import Campaign
from portal.models.company import Lead, LeadKind
from portal.models.outbox import Outbox
from portal.queries.leads import Contact
from tests.doors.company.scene import ANSWERS, ASKED, look, open_association, text_of

CONTACT, MEETING, LINK = "/entreprises/contact", "/entreprises/rendez-vous", "/entreprises/lien-salaries"


def leads(session: Session) -> list[Lead]:
    session.expire_all()
    return list(session.scalars(select(Lead)))


def test_a_request_for_contact_carries_the_associations_and_the_answers(
    client: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    association = open_association(arrange, campaign, "Proxité")
    query = {**ANSWERS, "association": [association.slug, "inconnue"], "causes": ["job"]}
    page = text_of(client.get(CONTACT, query_string=query))
    assert "Proxité" in page
    assert "Emploi et insertion" in page
    answer = client.post(CONTACT, query_string=query, data=ASKED)
    assert (answer.status_code, answer.location) == (303, "/entreprises/recue")
    lead = leads(arrange)[0]
    assert lead.kind is LeadKind.CONTACT
    assert lead.associations == [str(association.id)]
    assert lead.answers["places"] == ["commune:59512"]
    assert lead.answers["causes"] == ["job"]
    assert Contact.opened(lead.contact_sealed, lead.id) == Contact(
        "Hélène Marquis", "DRH", "helene@example.org", "+33199001234", "Soixante volontaires."
    )


@pytest.mark.parametrize("slug", ["%00", "proxite%00", "%ED%A0%80", "%F4%8F%BF%BF", "a" * 900, "'", ""])
def test_an_association_that_cannot_be_is_left_out(
    client: FlaskClient, arrange: Session, campaign: Campaign, slug: str
) -> None:
    known = open_association(arrange, campaign, "Proxité")
    answer = client.get(f"{CONTACT}?association={slug}&association={known.slug}")
    assert answer.status_code == 200
    assert "Proxité" in text_of(answer)


def test_whoever_asked_reads_a_number_and_when_they_are_called(client: FlaskClient, arrange: Session) -> None:
    client.post(CONTACT, data=ASKED)
    page = look(client, "/entreprises/recue")
    assert leads(arrange)[0].number in page
    assert "Nous vous rappelons sous 3 jours ouvrés" in page
    assert arrange.scalars(select(Outbox.reference_id)).all() == [leads(arrange)[0].id]


def test_nobody_else_reads_a_number(app: Flask, client: FlaskClient) -> None:
    client.post(CONTACT, data=ASKED)
    assert app.test_client().get("/entreprises/recue").status_code == 303


def test_a_meeting_says_its_subject_and_when(client: FlaskClient, arrange: Session) -> None:
    refused = client.post(MEETING, data=ASKED)
    assert refused.status_code == 422
    assert "Choisissez un sujet" in text_of(refused)
    assert client.post(MEETING, data={**ASKED, "subject": "kit", "slots": ["morning", "noon"]}).status_code == 303
    lead = leads(arrange)[0]
    assert (lead.kind, lead.answers) == (LeadKind.MEETING, {"subject": "kit", "slots": ["morning", "noon"]})


def test_a_link_for_employees_is_asked_for_in_the_same_way(client: FlaskClient, arrange: Session) -> None:
    assert "Une page pour vos salariés" in look(client, LINK)
    client.post(LINK, data=ASKED)
    assert [lead.kind for lead in leads(arrange)] == [LeadKind.EMPLOYEES]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"company": " "}, "Le nom de l’entreprise est nécessaire"),
        ({"name": ""}, "Votre nom est nécessaire"),
        ({"mail": ""}, "L’adresse e-mail est nécessaire"),
        ({"mail": "helene@"}, "incomplète ou mal écrite"),
        ({"telephone": "12"}, "Ce numéro de téléphone semble incomplet"),
        ({"message": "x" * 2001}, "trop long"),
        ({"company": "x" * 200}, "trop long"),
        ({"agreed": None}, "Sans votre accord"),
    ],
)
def test_what_is_wrong_is_said_on_its_field_the_rest_is_kept_and_nothing_is_written(
    client: FlaskClient, arrange: Session, typed: dict[str, str | None], sentence: str
) -> None:
    data = {name: value for name, value in {**ASKED, **typed}.items() if value is not None}
    answer = client.post(CONTACT, data=data)
    assert answer.status_code == 422
    page = text_of(answer)
    assert sentence in page
    kept = "role" if "message" in typed else "message"
    assert ASKED[kept] in page
    assert leads(arrange) == []


def test_a_telephone_is_not_compulsory(client: FlaskClient, arrange: Session) -> None:
    client.post(CONTACT, data={**ASKED, "telephone": "", "role": "", "message": ""})
    lead = leads(arrange)[0]
    assert Contact.opened(lead.contact_sealed, lead.id) == Contact("Hélène Marquis", mail="helene@example.org")


def test_answers_that_no_longer_hold_do_not_lose_the_request(client: FlaskClient, arrange: Session) -> None:
    client.post(CONTACT, query_string={**ANSWERS, "lieu": "Xyzzy"}, data=ASKED)
    assert [lead.answers for lead in leads(arrange)] == [{}]


def test_too_many_requests_from_one_address_are_asked_to_wait(
    app: Flask, client: FlaskClient, arrange: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = FixedWindowRateLimiter(storage_from_string(app.config["RATELIMIT_STORAGE_URI"]))
    monkeypatch.setattr(limiter, "enabled", True)
    monkeypatch.setattr(limiter, "_limiter", counter)
    codes = [client.post(CONTACT, data=ASKED).status_code for _ in range(6)]
    assert codes == [303] * 5 + [429]
    assert len(leads(arrange)) == 5


def test_what_was_typed_is_shown_as_typed(client: FlaskClient) -> None:
    page = client.post(CONTACT, data={**ASKED, "company": "<script>alert(1)</script>", "mail": ""}).text
    assert "<script>alert" not in page


def test_no_personal_data_stands_in_an_address(client: FlaskClient) -> None:
    answer = client.post(CONTACT, query_string=ANSWERS, data=ASKED)
    assert not re.search("helene|Marquis|Filature", answer.location)


@pytest.fixture
def limited(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A browser on a portal that counts, in the queue's own server."""
    counter = FixedWindowRateLimiter(storage_from_string(app.config["RATELIMIT_STORAGE_URI"]))
    monkeypatch.setattr(limiter, "enabled", True)
    monkeypatch.setattr(limiter, "_limiter", counter)
    return client


def from_place(client: FlaskClient, rank: int, **typed: str) -> TestResponse:
    """Another source each time: the limit by source plays no part."""
    return client.post(CONTACT, data={**ASKED, **typed}, environ_base={"REMOTE_ADDR": f"192.0.2.{rank}"})


def test_one_mailbox_is_written_to_five_times_a_day_from_wherever_it_is_asked(
    limited: FlaskClient, arrange: Session
) -> None:
    spellings = ["helene@example.org", "Helene@Example.org", "helene@EXAMPLE.org"]
    answers = [from_place(limited, rank, mail=spellings[rank % 3]) for rank in range(7)]
    assert [answer.status_code for answer in answers] == [303] * 5 + [422] * 2
    page = text_of(answers[-1])
    assert "Trop de demandes sont parties aujourd’hui avec cette adresse e-mail" in page
    assert ASKED["message"] in page
    assert len(leads(arrange)) == len(arrange.scalars(select(Outbox.id)).all()) == 5
    assert from_place(limited, 8, mail="autre@example.org").status_code == 303


def test_the_counter_holds_no_address(app: Flask, limited: FlaskClient) -> None:
    from_place(limited, 1)
    keys = [key.decode() for key in app.extensions["redis"].keys("*letters*")]
    assert len(keys) == 1
    assert "example" not in keys[0]


def test_a_silent_counter_refuses_no_mailbox(limited: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object) -> bool:
        raise RedisDown

    monkeypatch.setattr(limiter.limiter, "hit", down)
    monkeypatch.setattr(limiter.limiter, "test", down)
    assert [from_place(limited, rank).status_code for rank in range(7)] == [303] * 7


@pytest.mark.parametrize("typed", ["a@exämple.fr", "a@xn--exmple-cua.fr", "A@EXÄMPLE.fr"])
def test_an_address_whose_domain_has_an_accent_is_kept_as_mail_servers_read_it(
    client: FlaskClient, arrange: Session, typed: str
) -> None:
    assert client.post(CONTACT, data={**ASKED, "mail": typed}).status_code == 303
    (lead,) = leads(arrange)
    assert Contact.opened(lead.contact_sealed, lead.id).mail == f"{typed[0]}@xn--exmple-cua.fr"


@pytest.mark.parametrize("typed", ["zoé@example.fr", "zoé@exämple.fr"])
def test_an_accent_before_the_at_is_refused_in_words(client: FlaskClient, arrange: Session, typed: str) -> None:
    answer = client.post(CONTACT, data={**ASKED, "mail": typed})
    assert answer.status_code == 422
    page = text_of(answer)
    assert "n’a pas d’accent avant le signe @" in page
    assert typed in page
    assert leads(arrange) == []
