"""Following a request: where it is, who has it, until when; and taking it back."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from redis.exceptions import ConnectionError as RedisDown
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.crypto import vault
from portal.foundation.extensions import limiter
from portal.models.assignment import AssignmentState
from portal.models.campaign import Campaign
from portal.models.referral import Referral, ReferralState
from portal.web.typography import day_long
from tests.doors.public.walking import REFUGEE_OF_20, YOUNG, fill, post, text_of
from tests.factories import make_assignment, make_association, make_programme, make_referral

Owner = psycopg.Connection[tuple[Any, ...]]


def address_of(referral: Referral) -> str:
    return f"/suivi/{vault().link_token('tracking', referral.id, 1)}"


def placed(arrange: Session, campaign: Campaign, state: AssignmentState, **fields: Any) -> Referral:
    association = make_association(arrange, "Proxité")
    referral = make_referral(arrange, campaign)
    make_assignment(arrange, referral, association, make_programme(arrange, association), state=state, **fields)
    arrange.commit()
    return referral


def test_it_says_who_has_the_request_and_until_when(client: FlaskClient, arrange: Session, campaign: Campaign) -> None:
    referral = placed(arrange, campaign, AssignmentState.OFFERED, answered_by_name="Claire Vasseur")
    shown = text_of(client.get(address_of(referral)))
    assert "Bonjour Léa, Proxité a ta demande." in shown
    assert day_long(clock.now() + timedelta(days=7)) in shown
    assert "Confiée à Proxité" in shown
    assert referral.number in shown


@pytest.mark.parametrize(
    "secret", ["Martin", "example.org", "0639980001", "639980001", "Claire Vasseur", "Programme", "59512"]
)
def test_it_reveals_nothing_else(client: FlaskClient, arrange: Session, campaign: Campaign, secret: str) -> None:
    referral = placed(
        arrange, campaign, AssignmentState.SEEN, answered_by_name="Claire Vasseur", bounce_note="Programme"
    )
    shown = text_of(client.get(address_of(referral))).replace("contact@collectif.example.org", "")
    assert secret not in shown


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (AssignmentState.ACCEPTED, "Proxité a dit oui."),
        (AssignmentState.CONTACTED, "le contact est pris."),
        (AssignmentState.UNREACHABLE, "cherche à te joindre."),
        (AssignmentState.PAIRED, "tu as un mentor."),
    ],
)
def test_each_stage_has_its_title(
    client: FlaskClient, arrange: Session, campaign: Campaign, state: AssignmentState, words: str
) -> None:
    referral = placed(arrange, campaign, state, answered_at=clock.now())
    assert words in text_of(client.get(address_of(referral)))


@pytest.mark.parametrize("answer", [AssignmentState.ACCEPTED, AssignmentState.BOUNCED])
def test_an_answer_that_can_still_be_undone_is_not_told(
    client: FlaskClient, arrange: Session, campaign: Campaign, answer: AssignmentState
) -> None:
    soon = clock.now() + timedelta(minutes=3)
    referral = placed(arrange, campaign, answer, answered_at=clock.now(), undo_until=soon)
    assert "Proxité a ta demande." in text_of(client.get(address_of(referral)))


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (ReferralState.TO_ROUTE, "ta demande est en route."),
        (ReferralState.WAITLISTED, "ta demande attend une place."),
        (ReferralState.UNROUTABLE, "nous cherchons pour ta demande."),
        (ReferralState.AWAITING_APPLICANT, "toujours d’accord\u00a0?"),
        (ReferralState.WITHDRAWN, "ta demande est retirée."),
        (ReferralState.CLOSED, "ta demande est terminée."),
        (ReferralState.MERGED, "ta demande est réunie avec une autre."),
    ],
)
def test_each_state_has_its_title(
    client: FlaskClient, arrange: Session, campaign: Campaign, state: ReferralState, words: str
) -> None:
    referral = make_referral(arrange, campaign, state=state)
    arrange.commit()
    assert words in text_of(client.get(address_of(referral)))


def test_an_earlier_association_is_told_without_its_reason(
    client: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    bounced = {"closed_at": clock.now(), "bounce_note": "note interne"}
    referral = placed(arrange, campaign, AssignmentState.BOUNCED, **bounced)
    referral.state = ReferralState.TO_ROUTE
    arrange.commit()
    shown = text_of(client.get(address_of(referral)))
    assert "la demande est repartie, avec sa date d’origine" in shown
    assert "note interne" not in shown


def test_a_mentor_and_a_professional_are_said_vous(client: FlaskClient, arrange: Session, campaign: Campaign) -> None:
    mentor = make_referral(arrange, campaign, side=Side.MENTOR)
    referred = make_referral(arrange, campaign, facts={"channel": "professional", "referrer_type": "college"})
    arrange.commit()
    assert "votre proposition est en route." in text_of(client.get(address_of(mentor)))
    assert "Bonjour, la demande de Léa est en route." in text_of(client.get(address_of(referred)))


def test_asking_to_withdraw_changes_nothing_and_the_button_does(
    client: FlaskClient, arrange: Session, campaign: Campaign, owner: Owner
) -> None:
    referral = placed(arrange, campaign, AssignmentState.ACCEPTED)
    assert "Retirer ta demande" in text_of(client.get(address_of(referral) + "/retirer"))
    assert owner.execute("SELECT state FROM referral").fetchall() == [("placed",)]
    assert client.post(address_of(referral) + "/retirer").location == address_of(referral)
    assert owner.execute("SELECT state FROM referral").fetchall() == [("withdrawn",)]
    assert owner.execute("SELECT state FROM assignment").fetchall() == [("withdrawn",)]
    assert owner.execute("SELECT amount FROM standing_delta").fetchall() == [(-1,)]
    assert "ta demande est retirée." in text_of(client.get(address_of(referral)))
    assert client.get(address_of(referral) + "/retirer").status_code == 303


def test_an_unknown_link_is_a_plain_404(client: FlaskClient, arrange: Session, campaign: Campaign) -> None:
    known = make_referral(arrange, campaign, state=ReferralState.ANONYMISED)
    arrange.commit()
    absent, erased = client.get("/suivi/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), client.get(address_of(known))
    assert (absent.status_code, erased.status_code) == (404, 404)
    assert client.get(f"/suivi/{known.number}").status_code == 404


@pytest.fixture
def limited(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A browser on a portal that counts, in the queue's own server."""
    counter = FixedWindowRateLimiter(storage_from_string(app.config["RATELIMIT_STORAGE_URI"]))
    monkeypatch.setattr(limiter, "enabled", True)
    monkeypatch.setattr(limiter, "_limiter", counter)
    return client


def test_tracking_is_limited_to_30_looks_a_minute(limited: FlaskClient) -> None:
    answers = [limited.get("/suivi/nothing").status_code for _ in range(31)]
    assert answers == [404] * 30 + [429]
    assert limited.get("/").status_code == 200


def test_five_requests_an_hour_come_in_from_one_address(limited: FlaskClient, campaign: Campaign, owner: Owner) -> None:
    for _ in range(6):
        fill(limited, YOUNG, REFUGEE_OF_20)
        last = post(limited, YOUNG, "relire", {"agreed": "y"})
    assert last.status_code == 429
    assert owner.execute("SELECT count(*) FROM referral").fetchone() == (5,)
    assert limited.get(f"/{YOUNG}/relire").status_code == 200


def test_a_silent_counter_refuses_nobody(limited: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object) -> bool:
        raise RedisDown

    monkeypatch.setattr(limiter.limiter, "hit", down)
    assert [limited.get("/suivi/nothing").status_code for _ in range(40)] == [404] * 40


def test_whoever_could_not_be_reached_takes_the_request_up_again(
    client: FlaskClient, arrange: Session, campaign: Campaign, owner: Any
) -> None:
    referral = make_referral(arrange, campaign, state=ReferralState.AWAITING_APPLICANT)
    arrange.commit()
    assert "Reprendre ma demande" in client.get(address_of(referral)).text
    answer = client.post(f"{address_of(referral)}/reprendre", follow_redirects=True)
    assert "La demande repart" in answer.text
    assert owner.execute("SELECT state FROM referral").fetchone() == ("to_route",)


def test_a_request_that_led_to_a_mentor_cannot_be_taken_up_again(
    client: FlaskClient, arrange: Session, campaign: Campaign, owner: Any
) -> None:
    referral = make_referral(arrange, campaign, state=ReferralState.CLOSED)
    arrange.commit()
    assert "Reprendre" not in client.get(address_of(referral)).text
    answer = client.post(f"{address_of(referral)}/reprendre", follow_redirects=True)
    assert "ne peut plus être reprise" in answer.text
    assert owner.execute("SELECT state FROM referral").fetchone() == ("closed",)
