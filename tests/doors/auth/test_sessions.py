"""A session's life: idle, over, revoked, forged; going from one association to another; signing out."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.config import Environment
from portal.models.account import LoginSession, Membership
from portal.models.event import JournalAct, JournalEntry
from tests.doors.auth.conftest import SignedInAs
from tests.factories import make_account, make_association

STAFF_PAGE = "/collectif/demandes"


def opens(client: FlaskClient) -> bool:
    """Whether the browser is signed in: a staff page answers 200, or 403 to a coordinator."""
    return client.get(STAFF_PAGE).status_code in {200, 403}


@pytest.mark.parametrize(("idle", "open_still"), [(14, True), (16, False)])
def test_a_staff_session_closes_after_15_minutes_without_use(
    arrange: Session, signed_in_as: SignedInAs, idle: int, open_still: bool
) -> None:
    browser = signed_in_as(make_account(arrange, staff=True), seen=timedelta(minutes=idle))
    assert opens(browser) is open_still


@pytest.mark.parametrize(("idle", "open_still"), [(29, True), (31, False)])
def test_a_coordinators_session_closes_after_30_minutes_without_use(
    arrange: Session, signed_in_as: SignedInAs, idle: int, open_still: bool
) -> None:
    association = make_association(arrange)
    account = make_account(arrange, association=association)
    assert opens(signed_in_as(account, association=association, seen=timedelta(minutes=idle))) is open_still


@pytest.mark.parametrize(
    ("hours", "staff", "open_still"), [(3, True, True), (5, True, False), (9, False, True), (11, False, False)]
)
def test_a_session_in_use_ends_all_the_same(
    arrange: Session, signed_in_as: SignedInAs, hours: int, staff: bool, open_still: bool
) -> None:
    association = make_association(arrange)
    account = make_account(arrange, staff=staff, association=association)
    browser = signed_in_as(account, association=None if staff else association, started=timedelta(hours=hours))
    assert opens(browser) is open_still


def test_a_session_that_is_over_is_deleted(arrange: Session, signed_in_as: SignedInAs) -> None:
    browser = signed_in_as(make_account(arrange, staff=True), seen=timedelta(hours=1))
    browser.get(STAFF_PAGE)
    assert arrange.scalars(select(LoginSession)).all() == []


def test_use_is_written_at_most_once_a_minute(arrange: Session, signed_in_as: SignedInAs) -> None:
    account = make_account(arrange, staff=True)
    browser = signed_in_as(account, seen=timedelta(seconds=30))
    before = arrange.scalars(select(LoginSession.last_seen_at)).one()
    browser.get(STAFF_PAGE)
    arrange.expire_all()
    assert arrange.scalars(select(LoginSession.last_seen_at)).one() == before
    with clock.at(clock.now() + timedelta(minutes=5)):
        browser.get(STAFF_PAGE)
    arrange.expire_all()
    assert arrange.scalars(select(LoginSession.last_seen_at)).one() > before


def test_live_polling_never_prolongs_a_session(arrange: Session, signed_in_as: SignedInAs) -> None:
    browser = signed_in_as(make_account(arrange, staff=True), seen=timedelta(minutes=10))
    before = arrange.scalars(select(LoginSession.last_seen_at)).one()
    assert browser.get("/collectif/demandes/nouvelles?depuis=0", headers={"X-Live": "1"}).status_code < 400
    arrange.expire_all()
    assert arrange.scalars(select(LoginSession.last_seen_at)).one() == before


def test_a_closed_account_is_out_at_once(arrange: Session, signed_in_as: SignedInAs) -> None:
    account = make_account(arrange, staff=True)
    browser = signed_in_as(account)
    assert opens(browser)
    account.closed_at = clock.now()
    arrange.commit()
    assert not opens(browser)


def test_who_leaves_the_association_is_out_at_once(arrange: Session, signed_in_as: SignedInAs) -> None:
    association, other = make_association(arrange), make_association(arrange)
    account = make_account(arrange, association=association)
    arrange.add(Membership(account_id=account.id, association_id=other.id, role="coordinator"))
    browser = signed_in_as(account, association=association)
    assert opens(browser)
    membership = arrange.scalars(select(Membership).where(Membership.association_id == association.id)).one()
    membership.ended_at = clock.now()
    arrange.commit()
    assert not opens(browser)


def test_who_is_no_longer_staff_is_out_at_once(arrange: Session, signed_in_as: SignedInAs) -> None:
    account = make_account(arrange, staff=True)
    browser = signed_in_as(account)
    account.staff = False
    arrange.commit()
    assert not opens(browser)


@pytest.mark.parametrize("token", ["", "forged", 12, None, ["a"], "x" * 4000])
def test_a_token_nobody_gave_opens_nothing(app: Flask, token: object) -> None:
    browser = app.test_client()
    with browser.session_transaction() as cookie:
        cookie["token"] = token
    assert browser.get(STAFF_PAGE).status_code == 303


@pytest.mark.parametrize("cookie", ["", "garbage", "eyJ0b2tlbiI6ImEifQ.aaaa.bbbb", "a" * 3500])
def test_a_cookie_we_did_not_sign_opens_nothing(app: Flask, cookie: str) -> None:
    browser = app.test_client()
    browser.set_cookie("session", cookie)
    browser.set_cookie("remember_token", "1|forged")
    assert browser.get(STAFF_PAGE).status_code == 303


def test_a_stranger_is_sent_to_the_sign_in_page_which_remembers_the_way(client: FlaskClient) -> None:
    answer = client.get("/collectif/demandes?vue=en-retard")
    assert answer.status_code == 303
    assert answer.location == "/connexion?suite=/collectif/demandes?vue%3Den-retard"


def test_a_strangers_post_is_not_remembered(client: FlaskClient) -> None:
    assert client.post("/deconnexion").location == "/connexion"


@pytest.mark.parametrize("headers", [{"X-Live": "1"}, {"Sec-Fetch-Dest": "empty"}, {"HX-Request": "true"}])
def test_a_strangers_script_gets_a_bare_401(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.get(STAFF_PAGE, headers=headers)
    assert (answer.status_code, answer.text) == (401, "")


def test_signing_out_ends_the_session_and_is_journaled(arrange: Session, signed_in_as: SignedInAs) -> None:
    browser = signed_in_as(make_account(arrange, staff=True))
    answer = browser.post("/deconnexion")
    assert (answer.status_code, answer.location) == (303, "/connexion")
    assert arrange.scalars(select(LoginSession)).all() == []
    assert arrange.scalars(select(JournalEntry.act)).all() == [JournalAct.SIGNED_OUT]
    assert not opens(browser)


def test_signing_out_is_never_done_by_a_link(arrange: Session, signed_in_as: SignedInAs) -> None:
    browser = signed_in_as(make_account(arrange, staff=True))
    assert browser.get("/deconnexion").status_code == 405
    assert opens(browser)


def test_who_has_two_associations_goes_from_one_to_the_other(arrange: Session, signed_in_as: SignedInAs) -> None:
    first, second = make_association(arrange), make_association(arrange)
    account = make_account(arrange, association=first)
    arrange.add(Membership(account_id=account.id, association_id=second.id, role="coordinator"))
    browser = signed_in_as(account, association=first)
    answer = browser.post("/association", data={"association_id": str(second.id)})
    assert (answer.status_code, answer.location) == (303, "/demandes")
    assert arrange.scalars(select(LoginSession.association_id)).one() == second.id


def test_staff_who_are_members_too_have_both_sides(arrange: Session, signed_in_as: SignedInAs) -> None:
    association = make_association(arrange, "Entraide locale")
    browser = signed_in_as(make_account(arrange, staff=True, association=association))
    page = browser.get(STAFF_PAGE).text
    assert f"/association?association_id={association.id}" in page
    assert browser.post("/association", query_string={"association_id": str(association.id)}).location == "/demandes"
    assert browser.get(STAFF_PAGE).status_code == 403
    assert browser.post("/association", data={"association_id": ""}).location == STAFF_PAGE
    assert browser.get(STAFF_PAGE).status_code == 200


def test_nobody_goes_to_an_association_that_is_not_theirs(arrange: Session, signed_in_as: SignedInAs) -> None:
    own, other = make_association(arrange), make_association(arrange)
    account = make_account(arrange, association=own)
    browser = signed_in_as(account, association=own)
    for asked in (str(other.id), "", "not-an-id", "00000000-0000-0000-0000-000000000000"):
        assert browser.post("/association", data={"association_id": asked}).status_code == 404
    assert arrange.scalars(select(LoginSession.association_id)).one() == own.id


def test_the_demonstration_lets_its_visitors_take_their_time(
    app: Flask, arrange: Session, signed_in_as: SignedInAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    demonstration = app.config["SETTINGS"].model_copy(update={"environment": Environment.DEMO})
    monkeypatch.setitem(app.config, "SETTINGS", demonstration)
    account = make_account(arrange, staff=True)
    assert opens(signed_in_as(account, started=timedelta(hours=7), seen=timedelta(hours=7)))
    assert not opens(signed_in_as(account, started=timedelta(hours=9), seen=timedelta(hours=9)))
