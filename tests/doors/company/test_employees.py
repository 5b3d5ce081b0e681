"""A company's own page: its employees come by it, register as mentors, and are counted; nobody else is."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.crypto import token_digest, vault
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as, bind_link
from portal.models.campaign import Campaign
from portal.models.company import Company, CompanyVolunteer
from portal.models.referral import Referral, ReferralState
from portal.operations.volunteers import count_volunteer
from tests.doors.company.scene import bring, look, open_company, text_of
from tests.doors.public.walking import MENTOR, MOTHER_OF_11, PUPIL_OF_14, REFERRER, STUDENT_MENTOR, YOUNG, send
from tests.factories import make_account, make_association, make_referral

PAGE = "/e/filature-du-nord"


def counted(session: Session) -> list[tuple[Any, Any]]:
    session.expire_all()
    return [(row.referral_id, row.company_id) for row in session.scalars(select(CompanyVolunteer))]


def follow(client: FlaskClient, slug: str = "filature-du-nord") -> None:
    answer = client.get(f"/e/{slug}/devenir-mentor")
    assert (answer.status_code, answer.location) == (303, f"/{MENTOR}")


def test_an_employee_who_comes_by_the_link_is_counted_with_the_request(
    client: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    company = open_company(arrange)
    follow(client)
    send(client, MENTOR, STUDENT_MENTOR)
    referral = arrange.scalars(select(Referral)).one()
    assert counted(arrange) == [(referral.id, company.id)]


def test_whoever_registers_without_the_link_is_not_counted(
    client: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    open_company(arrange)
    send(client, MENTOR, STUDENT_MENTOR)
    assert counted(arrange) == []


@pytest.mark.parametrize(("form", "steps"), [(YOUNG, PUPIL_OF_14), (REFERRER, MOTHER_OF_11)])
def test_a_young_persons_request_is_never_counted_even_in_the_same_browser(
    client: FlaskClient, arrange: Session, campaign: Campaign, form: str, steps: Any
) -> None:
    open_company(arrange)
    follow(client)
    send(client, form, steps)
    assert arrange.scalars(select(Referral)).one().side is Side.MENTEE
    assert counted(arrange) == []


def test_the_link_serves_once_a_second_volunteer_of_the_same_browser_follows_it_again(
    client: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    open_company(arrange)
    follow(client)
    send(client, MENTOR, STUDENT_MENTOR)
    client.get(f"/{MENTOR}/prenom")
    send(client, MENTOR, STUDENT_MENTOR)
    assert len(counted(arrange)) == 1
    follow(client)
    send(client, MENTOR, STUDENT_MENTOR)
    assert len(counted(arrange)) == 2


def test_a_form_sent_twice_counts_once(client: FlaskClient, arrange: Session, campaign: Campaign) -> None:
    open_company(arrange)
    follow(client)
    send(client, MENTOR, STUDENT_MENTOR)
    follow(client)
    again = client.post(f"/{MENTOR}/relire", data={"agreed": "y"})
    assert again.status_code == 303
    assert len(counted(arrange)) == 1


def test_a_link_closed_meanwhile_counts_nobody_and_loses_no_request(
    client: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    company = open_company(arrange)
    follow(client)
    company.closed_at = clock.now()
    arrange.commit()
    send(client, MENTOR, STUDENT_MENTOR)
    assert arrange.scalars(select(Referral)).one().state is ReferralState.AWAITING_CONSENT
    assert counted(arrange) == []


@pytest.mark.parametrize("slug", ["inconnue", "x" * 500, "'; DROP TABLE company", "é"])
def test_a_cookie_that_somebody_wrote_themselves_counts_nothing_and_breaks_nothing(
    client: FlaskClient, arrange: Session, campaign: Campaign, slug: str
) -> None:
    open_company(arrange)
    client.set_cookie("entreprise", slug, path=f"/{MENTOR}")
    send(client, MENTOR, STUDENT_MENTOR)
    assert counted(arrange) == []
    assert len(arrange.scalars(select(Referral)).all()) == 1


def test_the_page_names_the_company_and_hides_a_total_under_five(
    client: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    company = open_company(arrange)
    bring(arrange, campaign, company, ReferralState.TO_ROUTE, 4)
    page = look(client, PAGE)
    assert "Les mentors de Filature du Nord" in page
    assert "Les premiers volontaires arrivent" in page
    bring(arrange, campaign, company, ReferralState.PLACED)
    assert '<strong class="num">5</strong> salariés se sont proposés' in look(client, PAGE)
    bring(arrange, campaign, company, ReferralState.PLACED, 4)
    assert '<strong class="num">5</strong> salariés se sont proposés' in look(client, PAGE)


def test_only_those_who_confirmed_and_did_not_withdraw_are_in_the_total(
    client: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    company = open_company(arrange)
    bring(arrange, campaign, company, ReferralState.PLACED, 5)
    for state in (ReferralState.AWAITING_CONSENT, ReferralState.WITHDRAWN, ReferralState.MERGED):
        bring(arrange, campaign, company, state, 2)
    bring(arrange, campaign, open_company(arrange, "autre"), ReferralState.PLACED, 9)
    assert '<strong class="num">5</strong>' in look(client, PAGE)


def test_a_company_whose_name_begins_with_a_vowel_is_named_as_french_says_it(
    client: FlaskClient, arrange: Session
) -> None:
    company = open_company(arrange)
    company.name = "Ateliers Rivoire"
    arrange.commit()
    assert "Les mentors d’Ateliers Rivoire" in look(client, PAGE)


def test_a_closed_link_says_so_politely_and_shows_the_way_on(client: FlaskClient, arrange: Session) -> None:
    open_company(arrange, closed=True)
    answer = client.get(PAGE)
    assert answer.status_code == 410
    assert "Ce lien est fermé" in text_of(answer)
    assert f'href="/{MENTOR}"' in text_of(answer)
    assert client.get(f"{PAGE}/devenir-mentor").location == PAGE


@pytest.mark.parametrize(
    "slug", ["inconnue", "%00", "a%00b", "%ED%A0%80", "%F4%8F%BF%BF", "a" * 900, "d\u2019abord", "1" * 400]
)
@pytest.mark.parametrize("path", ["/e/{}", "/e/{}/devenir-mentor"])
def test_an_unknown_link_is_not_found(client: FlaskClient, path: str, slug: str) -> None:
    assert client.get(path.format(slug)).status_code == 404


def test_the_public_can_neither_read_nor_undo_the_count(app: Flask, arrange: Session, campaign: Campaign) -> None:
    company = open_company(arrange)
    bring(arrange, campaign, company, ReferralState.PLACED)
    for statement in (
        "SELECT 1 FROM company_volunteer",
        "SELECT company_volunteers(id) FROM company",
        "DELETE FROM company_volunteer",
        "UPDATE company SET words = ''",
    ):
        with pytest.raises(ProgrammingError), acting_as(Scope(DatabaseRole.PUBLIC)) as session:
            session.execute(text(statement))


def test_nobody_counts_a_request_that_is_not_theirs_or_not_fresh(
    app: Flask, arrange: Session, campaign: Campaign
) -> None:
    company = open_company(arrange)
    mine = make_referral(arrange, campaign, side=Side.MENTOR, state=ReferralState.AWAITING_CONSENT)
    theirs = make_referral(arrange, campaign, side=Side.MENTOR, state=ReferralState.AWAITING_CONSENT)
    placed = make_referral(arrange, campaign, side=Side.MENTOR, state=ReferralState.PLACED)
    arrange.commit()
    for referral in (theirs, placed):
        bound = placed if referral is placed else mine
        with acting_as(Scope(DatabaseRole.PUBLIC)) as session:
            bind_link(token_digest(vault().link_token("tracking", bound.id, 1)))
            session.add(CompanyVolunteer(referral_id=referral.id, company_id=company.id))
            with pytest.raises(DBAPIError, match="row-level security"):
                session.flush()


def test_a_mentees_request_is_not_counted_by_the_operation_either(
    app: Flask, arrange: Session, campaign: Campaign
) -> None:
    open_company(arrange)
    mentee = make_referral(arrange, campaign, state=ReferralState.AWAITING_CONSENT)
    arrange.commit()
    with acting_as(Scope(DatabaseRole.PUBLIC)):
        assert count_volunteer(mentee.id, "filature-du-nord") is False


def test_a_count_that_the_database_refuses_does_not_undo_what_it_came_with(
    app: Flask, arrange: Session, campaign: Campaign
) -> None:
    open_company(arrange)
    old = make_referral(arrange, campaign, side=Side.MENTOR, state=ReferralState.PLACED)
    arrange.commit()
    with acting_as(Scope(DatabaseRole.PUBLIC)) as session:
        assert count_volunteer(old.id, "filature-du-nord") is False
        assert session.scalar(text("SELECT 1")) == 1
    assert counted(arrange) == []


def test_an_association_reads_nothing_of_companies(app: Flask, arrange: Session, campaign: Campaign) -> None:
    association = make_association(arrange)
    account = make_account(arrange, association=association)
    bring(arrange, campaign, open_company(arrange), ReferralState.PLACED)
    scope = Scope(DatabaseRole.ASSOCIATION, association_id=association.id, account_id=account.id)
    for model in (Company, CompanyVolunteer):
        with pytest.raises(ProgrammingError), acting_as(scope) as session:
            session.execute(select(model))
