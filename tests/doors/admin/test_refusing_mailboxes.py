"""Mailboxes that refuse our messages are marked where staff look: accounts, and requests."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.models.account import Account
from portal.models.campaign import Campaign
from portal.web.typography import day
from tests.factories import make_referral


def text_of(page: str) -> str:
    return page.replace("\u00a0", " ")


def test_an_account_is_marked_in_the_list_and_on_its_page(staff: FlaskClient, arrange: Session, samir: Account) -> None:
    account = f"/collectif/equipe/{samir.id}"
    assert "Refuse nos messages" not in staff.get("/collectif/equipe").text
    assert "refusés depuis" not in staff.get(account).text
    samir.mail_refused_at = clock.now()
    arrange.commit()
    assert "Refuse nos messages" in staff.get("/collectif/equipe").text
    assert f"refusés depuis le {day(clock.now())}".replace("\u00a0", " ") in text_of(staff.get(account).text)


def test_a_request_says_whose_mailbox_refuses_and_never_the_address(
    staff: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    referral = make_referral(arrange, campaign)
    arrange.commit()
    address = f"/collectif/demandes/{referral.id}"
    assert "Messages refusés" not in staff.get(address).text
    referral.mail_refused_at = referral.guardian_refused_at = clock.now()
    arrange.commit()
    page = staff.get(address).text
    assert page.count("Messages refusés") == 2
    assert "du responsable légal" in page
    assert "lea" not in page.split("Messages refusés")[1].split("</p>")[0]
