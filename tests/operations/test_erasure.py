"""What nobody confirmed in time is erased, with all that was sealed; what is confirmed is left alone."""

from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.jobs.privacy import erase_unconfirmed
from portal.models.campaign import Campaign
from portal.models.identity import Draft
from portal.models.referral import Referral, ReferralState
from tests.factories import make_campaign, make_referral

SEALED = ("preview", "identity", "keys.person_key", "blind_index")


@pytest.fixture
def campaign(arrange: Session) -> Campaign:
    return make_campaign(arrange)


@pytest.mark.parametrize(
    ("awaiting", "hours", "left"),
    [
        (["address"], 71, 1),
        (["address"], 73, 0),
        (["address", "guardian"], 73, 0),
        (["guardian"], 73, 1),
        (["guardian"], 24 * 14 + 1, 0),
    ],
)
def test_a_request_nobody_confirmed_is_erased_in_time(
    arrange: Session,
    campaign: Campaign,
    owner: "psycopg.Connection[tuple[object, ...]]",
    awaiting: list[str],
    hours: int,
    left: int,
) -> None:
    received = clock.now() - timedelta(hours=hours)
    make_referral(arrange, campaign, state=ReferralState.AWAITING_CONSENT, awaiting=awaiting, received_at=received)
    make_referral(arrange, campaign, received_at=received)
    arrange.commit()

    erase_unconfirmed()

    assert arrange.scalar(select(func.count()).select_from(Referral)) == 1 + left
    for table in SEALED:
        rows = owner.execute(f"SELECT count(DISTINCT referral_id) FROM {table}").fetchone()
        assert rows == (1 + left,)


def test_a_form_past_its_day_is_erased(arrange: Session, campaign: Campaign) -> None:
    now = clock.now()
    for number, expires_at in enumerate((now - timedelta(minutes=1), now + timedelta(minutes=1))):
        arrange.add(Draft(token_digest=f"digest {number}", form="mentee", sealed=b"sealed", expires_at=expires_at))
    arrange.commit()

    erase_unconfirmed()

    assert list(arrange.scalars(select(Draft.token_digest))) == ["digest 1"]
