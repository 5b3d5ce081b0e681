"""Staff open, amend and drop campaigns; the page says what happens on days that have none."""

from datetime import date, timedelta
from html import unescape
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.models.campaign import Campaign
from portal.models.objective import Objective
from tests.factories import make_association, make_capacity, make_objective

LIST = "/collectif/campagnes"
DAY = timedelta(days=1)


def plain(text: str) -> str:
    return unescape(text).replace("\u00a0", " ")


def read(client: FlaskClient, address: str = LIST) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return plain(answer.text)


def open_next(client: FlaskClient, first: date, last: date, name: str = "Suivante") -> tuple[int, str]:
    data = {"name": name, "starts_on": first.isoformat(), "ends_on": last.isoformat()}
    answer = client.post(LIST, data=data)
    return answer.status_code, plain(answer.text)


def found(arrange: Session) -> list[str]:
    arrange.expire_all()
    return list(arrange.scalars(select(Campaign.name).order_by(Campaign.starts_on)))


@pytest.fixture
def season(arrange: Session, campaign: Campaign) -> Campaign:
    association = make_association(arrange, "Proxité")
    make_capacity(arrange, association, campaign)
    make_objective(arrange, association, campaign, 40)
    arrange.commit()
    return campaign


def test_the_form_proposes_the_year_after_the_last_campaign(staff: FlaskClient, season: Campaign) -> None:
    first = season.ends_on + DAY
    page = read(staff)

    assert f'value="{first.isoformat()}"' in page
    assert f"À partir du {first.day}" in page
    assert "court jusqu’au" in page


def test_the_next_campaign_opens_with_provisional_objectives(
    staff: FlaskClient, arrange: Session, season: Campaign
) -> None:
    first = season.ends_on + DAY
    status, _ = open_next(staff, first, first + 364 * DAY)

    made = arrange.scalars(select(Campaign).where(Campaign.name == "Suivante")).one()
    page = read(staff, f"{LIST}/{made.id}")
    assert status == 303
    assert "Suivante : 1 objectif à valider" in page
    assert "déclarées par 1 association" in page
    assert "Provisoire" in read(staff, f"/collectif/objectifs?campagne={made.id}")


def test_dates_that_overlap_are_refused_on_the_date_and_kept(
    staff: FlaskClient, arrange: Session, season: Campaign
) -> None:
    status, page = open_next(staff, season.ends_on, season.ends_on + 90 * DAY)

    assert status == 422
    said = page.split('id="starts_on-error"')[1].split("</p>")[0]
    assert "Ces dates recouvrent « Campagne »" in said
    assert f'value="{season.ends_on.isoformat()}"' in page
    assert found(arrange) == ["Campagne"]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": ""}, "name"),
        ({"starts_on": "demain"}, "starts_on"),
        ({"ends_on": ""}, "ends_on"),
        ({"ends_on": "2027-02-31"}, "ends_on"),
    ],
)
def test_what_cannot_be_read_is_told_on_its_field(
    staff: FlaskClient, arrange: Session, season: Campaign, typed: dict[str, str], field: str
) -> None:
    first = season.ends_on + DAY
    data = {"name": "Suivante", "starts_on": first.isoformat(), "ends_on": (first + DAY).isoformat(), **typed}
    answer = staff.post(LIST, data=data)

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert found(arrange) == ["Campagne"]


def test_days_without_a_campaign_are_said(staff: FlaskClient, season: Campaign) -> None:
    first = season.ends_on + 11 * DAY
    open_next(staff, first, first + 30 * DAY)

    page = read(staff)

    assert "aucune campagne.</strong> Pendant ces jours rien n’est proposé" in page


def test_when_none_is_running_the_page_says_what_happens(
    staff: FlaskClient, arrange: Session, season: Campaign
) -> None:
    season.starts_on, season.ends_on = clock.today() - 300 * DAY, clock.today() - DAY
    arrange.commit()

    page = read(staff)

    assert "Aucune campagne n’est en cours" in page
    assert "Aucune demande n’est proposée aujourd’hui." in page


def amend(client: FlaskClient, campaign: Campaign, **typed: str) -> tuple[int, str]:
    data = {
        "name": campaign.name,
        "starts_on": campaign.starts_on.isoformat(),
        "ends_on": campaign.ends_on.isoformat(),
        "seen": f"{campaign.starts_on} {campaign.ends_on} {campaign.name}",
        **typed,
    }
    answer = client.post(f"{LIST}/{campaign.id}", data=data)
    return answer.status_code, plain(answer.text)


def test_the_running_campaign_is_renamed_and_prolonged_but_begins_when_it_began(
    staff: FlaskClient, arrange: Session, season: Campaign
) -> None:
    longer = season.ends_on + 10 * DAY
    assert amend(staff, season, name="Saison", ends_on=longer.isoformat())[0] == 303
    arrange.refresh(season)
    assert (season.name, season.ends_on) == ("Saison", longer)

    status, page = amend(staff, season, starts_on=(season.starts_on + DAY).isoformat())
    assert status == 422
    assert "son premier jour ne change plus" in page.split('id="starts_on-error"')[1]


def test_a_campaign_changed_meanwhile_is_not_overwritten(
    staff: FlaskClient, arrange: Session, season: Campaign
) -> None:
    status, page = amend(staff, season, name="Autre nom", seen="2020-01-01 2020-12-31 Ancienne")

    assert status == 409
    assert "a changé pendant ce temps" in page
    assert 'value="Autre nom"' in page
    assert found(arrange) == ["Campagne"]


def test_a_future_campaign_is_dropped_the_running_one_is_not(
    staff: FlaskClient, arrange: Session, season: Campaign
) -> None:
    first = season.ends_on + DAY
    open_next(staff, first, first + 364 * DAY)
    made = arrange.scalars(select(Campaign).where(Campaign.name == "Suivante")).one()

    refused = staff.post(f"{LIST}/{season.id}/supprimer", follow_redirects=True)
    dropped = staff.post(f"{LIST}/{made.id}/supprimer", follow_redirects=True)

    assert "Une campagne commencée ne se supprime pas" in plain(refused.text)
    assert "Suivante est supprimée" in plain(dropped.text)
    assert found(arrange) == ["Campagne"]
    assert len(list(arrange.scalars(select(Objective)))) == 1


def test_a_future_campaign_takes_again_what_has_changed(staff: FlaskClient, arrange: Session, season: Campaign) -> None:
    first = season.ends_on + DAY
    open_next(staff, first, first + 364 * DAY)
    made = arrange.scalars(select(Campaign).where(Campaign.name == "Suivante")).one()
    for one in arrange.scalars(select(Objective).where(Objective.campaign_id == season.id)):
        one.amount = 55
    arrange.commit()

    taken = staff.post(f"{LIST}/{made.id}/reprendre", follow_redirects=True)
    refused = staff.post(f"{LIST}/{season.id}/reprendre", follow_redirects=True)

    assert "sont ceux d’aujourd’hui" in plain(taken.text)
    assert "Cette campagne a commencé" in plain(refused.text)
    arrange.expire_all()
    assert [one.amount for one in arrange.scalars(select(Objective))] == [55, 55]


def test_an_unknown_campaign_is_not_found(staff: FlaskClient, season: Campaign) -> None:
    for answer in (
        staff.get(f"{LIST}/{uuid4()}"),
        staff.post(f"{LIST}/{uuid4()}"),
        staff.post(f"{LIST}/{uuid4()}/supprimer"),
        staff.post(f"{LIST}/{uuid4()}/reprendre"),
    ):
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("years", "field"), [(4, "starts_on"), (3, "ends_on"), (7000, "starts_on"), (-300, "starts_on")]
)
def test_a_year_that_slipped_is_told_on_its_date(
    staff: FlaskClient, arrange: Session, season: Campaign, years: int, field: str
) -> None:
    first = date(clock.today().year + years, clock.today().month, 1)
    last = first + 60 * DAY
    status, page = open_next(staff, first, last)

    assert status == 422
    assert f'id="{field}-error"' in page
    assert found(arrange) == ["Campagne"]


@pytest.mark.parametrize("last", [date.max, date.max - DAY, date(2100, 12, 31)])
def test_the_page_opens_whatever_the_last_campaign_is(
    staff: FlaskClient, arrange: Session, season: Campaign, last: date
) -> None:
    arrange.add(Campaign(name="Lointaine", starts_on=last - 30 * DAY, ends_on=last))
    arrange.commit()

    assert "Lointaine" in read(staff)
    assert open_next(staff, season.ends_on, season.ends_on)[0] == 422


@pytest.mark.parametrize("name", ["\x00", "\x00\x1f\x7f", "\u2028"])
def test_a_name_of_signs_nobody_sees_is_refused(
    staff: FlaskClient, arrange: Session, season: Campaign, name: str
) -> None:
    first = season.ends_on + DAY
    status, page = open_next(staff, first, first + 30 * DAY, name)

    assert status == 422
    assert 'id="name-error"' in page
    assert found(arrange) == ["Campagne"]


def test_signs_nobody_sees_are_left_out_of_a_name(staff: FlaskClient, arrange: Session, season: Campaign) -> None:
    first = season.ends_on + DAY
    status, _ = open_next(staff, first, first + 30 * DAY, "Sui\x00vante\n encore")

    assert status == 303
    assert found(arrange) == ["Campagne", "Suivante encore"]
