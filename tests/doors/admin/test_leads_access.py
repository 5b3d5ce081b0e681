"""The rooms of « Entreprises » are the Collectif's: nobody else comes in, whatever the route and the method."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.foundation.permissions import GRANTS, Permission, Role
from portal.models.company import Company, Lead, LeadState, OfferText
from portal.models.event import JournalEntry
from tests.doors.admin.company_scene import CLAIRE, make_company, make_lead
from tests.factories import make_account, make_association

ROOMS = ("leads.", "company_links.", "offer.")


def addresses(app: Flask, arrange: Session) -> Iterator[tuple[str, str]]:
    """Every method of every route of these rooms, on objects that exist."""
    known = {
        "lead_id": make_lead(arrange).id,
        "company_id": make_company(arrange).id,
        "page_slug": "informer",
        "number": 1,
    }
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith(ROOMS):
            path = app.url_map.bind("localhost").build(rule.endpoint, {name: known[name] for name in rule.arguments})
            yield from ((method, path) for method in sorted((rule.methods or set()) & {"GET", "POST"}))


def nothing_moved(arrange: Session) -> bool:
    arrange.expire_all()
    lead = arrange.scalars(select(Lead)).one()
    company = arrange.scalars(select(Company)).one()
    written = arrange.scalars(select(OfferText)).all() or arrange.scalars(select(JournalEntry)).all()
    return not written and lead.version == company.version == 1 and lead.state is LeadState.RECEIVED


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMINISTRATOR])
def test_a_member_of_an_association_gets_a_403_everywhere(
    app: Flask, arrange: Session, browser_of: Callable[..., FlaskClient], role: Role
) -> None:
    association = make_association(arrange)
    browser = browser_of(make_account(arrange, association=association, role=role), association)
    found = list(addresses(app, arrange))
    assert len(found) == 19
    for method, path in found:
        answer = browser.open(path, method=method)
        assert answer.status_code == 403, (method, path)
        assert "Filature" not in answer.text
        assert CLAIRE.name not in answer.text
    assert nothing_moved(arrange)


def test_a_stranger_is_sent_to_sign_in_everywhere(app: Flask, arrange: Session, client: FlaskClient) -> None:
    for method, path in addresses(app, arrange):
        answer = client.open(path, method=method)
        assert answer.status_code == 303, (method, path)
        assert answer.location.startswith("/connexion")
    assert nothing_moved(arrange)


def test_each_room_asks_for_its_own_permission(app: Flask) -> None:
    asked = {
        endpoint.split(".")[0]: app.view_functions[endpoint].guard.permission  # type: ignore[attr-defined]
        for endpoint in app.view_functions
        if endpoint.startswith(ROOMS)
    }
    assert asked == {
        "leads": Permission.LEADS_FOLLOW,
        "company_links": Permission.LEADS_FOLLOW,
        "offer": Permission.OFFER_EDIT,
    }
    for role in (Role.COORDINATOR, Role.ADMINISTRATOR):
        assert not GRANTS[role] & set(asked.values())


def test_a_get_never_writes(app: Flask, arrange: Session, staff: FlaskClient) -> None:
    for method, path in addresses(app, arrange):
        if method == "GET":
            assert staff.get(path).status_code in {200, 404}, path
    assert nothing_moved(arrange)
