"""What the companies' pages show: a small network of associations, texts, companies and their volunteers."""

import html
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from matching.vocabulary import Side
from portal.foundation import clock
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.company import Company, CompanyVolunteer, OfferPage, OfferText
from portal.models.programme import ProgrammeVersion
from portal.models.referral import ReferralState
from tests.factories import make_association, make_capacity, make_programme, make_referral

ROUBAIX = "commune:59512"
ANSWERS = {"lieu": "Roubaix", "engagement": "mentors", "rencontre": "either"}
ASKED = {
    "company": "Filature du Nord",
    "name": "Hélène Marquis",
    "role": "DRH",
    "mail": "helene@example.org",
    "telephone": "01 99 00 12 34",
    "message": "Soixante volontaires.",
    "agreed": "y",
}


def text_of(answer: TestResponse) -> str:
    """What the page says, spaces as they are typed."""
    return html.unescape(answer.get_data(as_text=True)).replace("\u00a0", " ")


def look(client: FlaskClient, path: str, **query: Any) -> str:
    answer = client.get(path, query_string=query)
    assert answer.status_code == 200, (path, answer.status_code)
    return text_of(answer)


def open_association(
    session: Session, campaign: Campaign, name: str, young: Any = None, grown: Any = None
) -> Association:
    """An association with one programme in force for both sides, and thirty places at Roubaix."""
    association = make_association(session, name)
    programme = make_programme(session, association, young)
    session.add(
        ProgrammeVersion(
            association_id=association.id,
            programme_id=programme.id,
            side=Side.MENTOR,
            number=1,
            criteria=grown or {"all": []},
        )
    )
    make_capacity(session, association, campaign, 30, place=ROUBAIX)
    session.commit()
    return association


def publish(
    session: Session, page: OfferPage, number: int, title: str, body: str = "Corps.", *, live: bool = True
) -> None:
    session.add(
        OfferText(
            page=page,
            number=number,
            title=title,
            lead="Chapeau.",
            body=body,
            published_at=clock.now() if live else None,
        )
    )
    session.commit()


def open_company(session: Session, slug: str = "filature-du-nord", *, closed: bool = False) -> Company:
    company = Company(slug=slug, name="Filature du Nord", words="", closed_at=clock.now() if closed else None)
    session.add(company)
    session.commit()
    return company


def bring(session: Session, campaign: Campaign, company: Company, state: ReferralState, count: int = 1) -> None:
    """Volunteers who came by this company's link, their requests in this state."""
    for _ in range(count):
        referral = make_referral(session, campaign, side=Side.MENTOR, state=state)
        session.add(CompanyVolunteer(referral_id=referral.id, company_id=company.id))
    session.commit()
