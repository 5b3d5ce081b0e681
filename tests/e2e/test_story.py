"""The whole story in a browser: a request comes in, finds its association, is sent back, and is accepted."""

import re
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import expect

from portal.demo.logins import PASSWORD, STAFF
from portal.demo.roubaix import roubaix_associations
from tests.e2e.conftest import Site, Visitor
from tests.e2e.people import (
    COUNSELLOR,
    REFUGEE,
    VOLUNTEER,
    confirm,
    confirm_from_the_demos_mailbox,
    follow_until,
    mailed_link,
    send_form,
    tracking_link,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
Visit = Callable[..., Visitor]


def one(site: Site, query: str, *values: Any) -> Any:
    with site.owner() as owner:
        return owner.execute(query, values).fetchone()


def every(site: Site, query: str, *values: Any) -> list[Any]:
    with site.owner() as owner:
        return owner.execute(query, values).fetchall()


def coordinator_of(site: Site, association_id: UUID) -> str:
    """One of the demo's own: nobody knows the password of those whom other journeys invite."""
    (mail,) = one(
        site,
        "SELECT a.mail FROM account a JOIN membership m ON m.account_id = a.id WHERE m.association_id = %s"
        " AND m.ended_at IS NULL AND a.mail = ANY(%s) ORDER BY a.id LIMIT 1",
        association_id,
        list(site.accounts),
    )
    return str(mail)


def wait_for_offer(site: Site, number: str, other_than: UUID | None = None) -> tuple[UUID, UUID, str]:
    """The open assignment of a request: (assignment, association, its name)."""
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        found = one(
            site,
            "SELECT s.id, s.association_id, a.name FROM assignment s JOIN association a ON a.id = s.association_id"
            " WHERE s.referral_number = %s AND s.closed_at IS NULL AND s.state IN ('offered', 'seen')"
            " ORDER BY s.offered_at DESC LIMIT 1",
            number,
        )
        if found and found[1] != other_than:
            return found
        time.sleep(0.3)
    raise AssertionError(f"{number} was offered to nobody else")


def keys_before(site: Site, offer_id: UUID) -> dict[str, Fraction]:
    """(committed + V) ÷ (objective + V) of every association for mentees, as the sums stood before this offer."""
    rows = every(
        site,
        "SELECT a.name, st.committed - (st.association_id = s.association_id)::int, o.amount,"
        " o.virtual_start_numerator, o.virtual_start_denominator"
        " FROM assignment s JOIN association_standing st ON st.side = s.side AND st.campaign_id = s.campaign_id"
        " JOIN association a ON a.id = st.association_id"
        " JOIN objective o ON o.association_id = a.id AND o.side = s.side WHERE s.id = %s",
        offer_id,
    )
    keys = {}
    for name, committed, objective, numerator, denominator in rows:
        start = Fraction(numerator, denominator) if committed < objective else Fraction(0)
        keys[name] = (committed + start) / (objective + start)
    return keys


def sign_in(visit: Visit, mail: str, width: int = 1280) -> Visitor:
    return visit(width).sign_in(mail, PASSWORD)


def test_a_refugee_of_20_in_roubaix_finds_an_association_and_the_next_when_it_is_full(visit: Visit, site: Site) -> None:
    young = visit(390, 844)
    young.go("/").page.get_by_role("link", name="Commencer").click()
    number = send_form(young.page, REFUGEE)
    link = tracking_link(young.page)
    assert one(site, "SELECT state FROM referral WHERE number = %s", number) == ("awaiting_consent",)

    confirm_from_the_demos_mailbox(young.page, site.address, number)
    first, association, name = wait_for_offer(site, number)
    assert name in follow_until(young.page, link, re.escape(name))

    staff = sign_in(visit, STAFF[0][0])
    (referral,) = one(site, "SELECT id FROM referral WHERE number = %s", number)
    staff.go(f"/collectif/demandes/{referral}")
    decided = staff.page.inner_text("main")
    assert name in decided
    assert "DUO for a JOB" in decided
    rivals = [
        rival
        for rival in keys_before(site, first)
        if re.search(rf"{re.escape(rival)}.*\n?.*sur|{re.escape(rival)}", decided)
    ]
    assert name in rivals
    eligible_sheets = {each.name for each in roubaix_associations()} & set(rivals)
    assert "DUO for a JOB" in eligible_sheets

    coordinator = sign_in(visit, coordinator_of(site, association))
    coordinator.go(f"/demandes/{first}")
    page = coordinator.page
    expect(page.get_by_role("heading", name=re.compile("Samira H"))).to_be_visible()
    assert "Haddad" not in page.content()
    assert "samira.haddad" not in page.content()
    expect(page.get_by_text("Pourquoi vous")).to_be_visible()
    page.get_by_role("link", name=re.compile("Réorienter")).first.click()
    page.get_by_label(re.compile("Plus de place")).check(force=True)
    page.get_by_role("button", name=re.compile("Réorienter")).last.click()

    second, next_association, next_name = wait_for_offer(site, number, other_than=association)
    assert next_association != association
    assert next_name in follow_until(young.page, link, re.escape(next_name))
    page.goto(f"{site.address}/demandes/{first}")
    assert "Samira" not in page.content()

    other = sign_in(visit, coordinator_of(site, next_association), width=390)
    other.go(f"/demandes/{second}").page.get_by_role("button", name=re.compile("^Accepter")).first.click()
    follow_until(young.page, link, "a dit oui")
    deadline = time.monotonic() + 30
    while "samira.haddad@example.org" not in other.page.content() and time.monotonic() < deadline:
        other.go(f"/demandes/{second}")
        shown = other.page.get_by_role("button", name=re.compile("coordonnées"))
        if shown.count():
            shown.first.click()
    assert "samira.haddad@example.org" in other.page.content()
    journalled = every(site, "SELECT act FROM journal_entry WHERE referral_id = %s", referral)
    assert ("contact_read",) in journalled

    staff.go(f"/collectif/demandes/{referral}")
    history = staff.page.inner_text("main")
    assert name in history
    assert next_name in history
    assert len(every(site, "SELECT id FROM routing_decision WHERE referral_id = %s", referral)) == 2


def test_a_retired_volunteer_in_paris_is_accepted_by_the_association_arm_names(visit: Visit, site: Site) -> None:
    volunteer = visit(1280).go("/je-deviens-mentor")
    number = send_form(volunteer.page, VOLUNTEER)
    link = tracking_link(volunteer.page)
    confirm(volunteer.page, mailed_link(site.mail, "bernard.lefevre@example.org", "confirmer"))
    offer, association, name = wait_for_offer(site, number)
    (rank, objective) = one(
        site, "SELECT (excerpt->>'rank')::int, (excerpt->>'objective')::int FROM assignment WHERE id = %s", offer
    )
    assert rank == 1
    assert objective > 0
    coordinator = sign_in(visit, coordinator_of(site, association))
    coordinator.go(f"/demandes/{offer}").page.get_by_role("button", name=re.compile("^Accepter")).first.click()
    follow_until(volunteer.page, link, "a dit oui")
    assert name in volunteer.page.inner_text("main")


def test_a_counsellor_registers_a_young_person_who_then_withdraws(visit: Visit, site: Site) -> None:
    counsellor = visit(1280).go("/j-inscris-un-jeune")
    number = send_form(counsellor.page, COUNSELLOR)
    link = tracking_link(counsellor.page)
    confirm(counsellor.page, mailed_link(site.mail, "karima.said@example.org", "confirmer"))
    deadline = time.monotonic() + 40
    state = ""
    while state not in {"placed", "waitlisted", "unroutable"} and time.monotonic() < deadline:
        (state,) = one(site, "SELECT state FROM referral WHERE number = %s", number)
        time.sleep(0.3)
    assert state in {"placed", "waitlisted", "unroutable"}
    mailed_link(site.mail, "sophie.marchand@example.org", "suivi")
    page = counsellor.page
    page.goto(link)
    page.get_by_role("link", name=re.compile("Retirer")).first.click()
    page.get_by_role("button", name=re.compile("Retirer|retire")).first.click()
    follow_until(page, link, re.compile("[Rr]etirée"))
    assert one(site, "SELECT state FROM referral WHERE number = %s", number) == ("withdrawn",)
    assert every(site, "SELECT id FROM assignment WHERE referral_number = %s AND closed_at IS NULL", number) == []
