"""One mailbox is written to a few times a day for requests that nobody has confirmed, whoever fills the forms in."""

from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from redis.exceptions import ConnectionError as RedisDown
from werkzeug.test import TestResponse

from portal.foundation.extensions import limiter
from tests.doors.public.walking import (
    MISSION_LOCALE_FOR_17,
    PUPIL_OF_14,
    REFERRER,
    REFUGEE_OF_20,
    YOUNG,
    Steps,
    changed,
    fill,
    text_of,
)

pytestmark = pytest.mark.usefixtures("campaign")
Owner = psycopg.Connection[tuple[Any, ...]]
TOO_MANY = "Trop de demandes sont parties aujourd’hui avec l’une des adresses e-mail"


@pytest.fixture(autouse=True)
def counting(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    counter = FixedWindowRateLimiter(storage_from_string(app.config["RATELIMIT_STORAGE_URI"]))
    monkeypatch.setattr(limiter, "enabled", True)
    monkeypatch.setattr(limiter, "_limiter", counter)


def asked(client: FlaskClient, form: str, steps: Steps, rank: int) -> TestResponse:
    """Filled in and sent, each time from another source."""
    fill(client, form, steps)
    return client.post(f"/{form}/relire", data={"agreed": "y"}, environ_base={"REMOTE_ADDR": f"192.0.2.{rank}"})


def requests(owner: Owner) -> int:
    (row,) = owner.execute("SELECT count(*) FROM referral").fetchall()
    return int(row[0])


def test_beyond_five_requests_the_form_says_so_keeps_all_and_writes_nothing(client: FlaskClient, owner: Owner) -> None:
    answers = [asked(client, YOUNG, REFUGEE_OF_20, rank) for rank in range(6)]
    assert [answer.status_code for answer in answers] == [303] * 5 + [422]
    page = text_of(answers[-1])
    assert TOO_MANY in page
    assert "Amina" in page
    assert requests(owner) == 5
    assert "Amina" in text_of(client.get(f"/{YOUNG}/relire"))
    other = changed(REFUGEE_OF_20, contact={"mail": "autre@example.org"})
    assert asked(client, YOUNG, other, 9).status_code == 303


def test_the_guardians_mailbox_counts_too(client: FlaskClient, owner: Owner) -> None:
    pupils = [changed(PUPIL_OF_14, contact={"mail": f"eleve{rank}@example.org"}) for rank in range(6)]
    codes = [asked(client, YOUNG, pupil, rank).status_code for rank, pupil in enumerate(pupils)]
    assert codes == [303] * 5 + [422]
    assert requests(owner) == 5


def test_whoever_registers_young_people_as_their_work_may_do_more(client: FlaskClient, owner: Owner) -> None:
    young = [
        changed(MISSION_LOCALE_FOR_17, responsable={"name": "Parent", "mail": f"parent{rank}@example.org"})
        for rank in range(7)
    ]
    codes = [asked(client, REFERRER, steps, rank).status_code for rank, steps in enumerate(young)]
    assert codes == [303] * 7
    assert requests(owner) == 7


def test_a_silent_counter_refuses_nobody(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object) -> bool:
        raise RedisDown

    monkeypatch.setattr(limiter.limiter, "hit", down)
    monkeypatch.setattr(limiter.limiter, "test", down)
    assert [asked(client, YOUNG, REFUGEE_OF_20, rank).status_code for rank in range(6)] == [303] * 6
