"""Which steps are told by mail: chosen on the tracking page; and what is said when a mailbox refuses."""

from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matching.vocabulary import Channel, Side
from portal.foundation import clock
from portal.models.campaign import Campaign
from portal.models.referral import News, Referral, ReferralState
from tests.doors.public.test_tracking import address_of
from tests.doors.public.walking import text_of
from tests.factories import make_referral

Owner = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def referral(arrange: Session, campaign: Campaign) -> Referral:
    found = make_referral(arrange, campaign)
    arrange.commit()
    return found


def kept(arrange: Session, referral: Referral) -> News:
    arrange.rollback()
    arrange.refresh(referral)
    return referral.news


def test_every_step_is_told_until_something_else_is_chosen(
    client: FlaskClient, arrange: Session, referral: Referral
) -> None:
    page = text_of(client.get(address_of(referral)))
    assert "Ce que je reçois par e-mail" in page
    assert 'value="every_step" id="news-0" checked' in page
    version = referral.version
    for level in (News.NONE, News.OUTCOME, News.EVERY_STEP):
        answer = client.post(f"{address_of(referral)}/courriels", data={"news": level.value})
        assert answer.status_code == 303
        assert kept(arrange, referral) is level
        assert (
            f'value="{level.value}" id="news-{list(News).index(level)}" checked'
            in client.get(address_of(referral)).text
        )
    assert referral.version == version


@pytest.mark.parametrize("value", ["tout", "", None])
def test_anything_else_is_refused_in_words(
    client: FlaskClient, arrange: Session, referral: Referral, value: str | None
) -> None:
    answer = client.post(f"{address_of(referral)}/courriels", data={"news": value} if value is not None else {})
    assert answer.status_code == 422
    assert "Erreur" in text_of(answer)
    assert kept(arrange, referral) is News.EVERY_STEP
    assert client.get(f"{address_of(referral)}/courriels").status_code == 303


def test_a_link_changes_its_own_request_alone(
    client: FlaskClient, arrange: Session, campaign: Campaign, referral: Referral
) -> None:
    other = make_referral(arrange, campaign)
    arrange.commit()
    client.post(f"{address_of(referral)}/courriels", data={"news": "none"})
    assert kept(arrange, other) is News.EVERY_STEP
    assert client.post("/suivi/inconnu/courriels", data={"news": "none"}).status_code == 404


def test_young_people_are_told_tu_and_others_vous(
    client: FlaskClient, arrange: Session, campaign: Campaign, referral: Referral
) -> None:
    mentor = make_referral(arrange, campaign, side=Side.MENTOR, facts={"channel": Channel.SELF.value})
    arrange.commit()
    assert "Les messages qui attendent ta réponse partent toujours." in text_of(client.get(address_of(referral)))
    assert "Les messages qui attendent votre réponse partent toujours." in text_of(client.get(address_of(mentor)))


def test_a_mailbox_that_refuses_is_told_with_what_to_do(
    client: FlaskClient, arrange: Session, referral: Referral
) -> None:
    assert "refusés" not in text_of(client.get(address_of(referral)))
    referral.mail_refused_at = clock.now()
    arrange.commit()
    page = text_of(client.get(address_of(referral)))
    assert "Nos messages à cette adresse sont refusés." in page
    assert "écris-nous à" in page
    assert "@example.org" not in page.replace("contact@collectif.example.org", "")


def test_a_request_that_is_over_has_nothing_left_to_choose(
    client: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    over = make_referral(arrange, campaign, state=ReferralState.WITHDRAWN, mail_refused_at=clock.now())
    arrange.commit()
    page = text_of(client.get(address_of(over)))
    assert "Ce que je reçois par e-mail" not in page
    assert "refusés" not in page
