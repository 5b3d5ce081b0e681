"""An administrator asks whether the provider answers: not too often, and without keeping the database waiting."""

from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.extensions import db
from portal.foundation.permissions import Role
from portal.models.account import LoginSession
from tests import factories
from tests.doors.association.house import Tab, signed_in_as, text_of
from tests.oidc.harness import Running

CHECK, PAGE = "/equipe/connexion/verifier", "/equipe/connexion"


def administrator(app: Flask, arrange: Session, town: SimpleNamespace) -> Tab:
    account = factories.make_account(arrange, association=town.own, role=Role.ADMINISTRATOR)
    tab = signed_in_as(app, arrange, account, town.own)
    arrange.query(LoginSession).update({"proof_at": clock.now()})
    arrange.commit()
    return tab


def test_no_connection_is_held_while_the_provider_makes_up_its_mind(
    app: Flask, arrange: Session, town: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []
    tab = administrator(app, arrange, town)
    engines = db.engines.values()
    monkeypatch.setattr(
        "portal.association.provider.discover", lambda _: held.append(sum(one.pool.checkedout() for one in engines))
    )

    assert tab.post(CHECK).status_code == 303

    assert held == [0]


def test_a_provider_that_answers_and_one_that_drips_are_told_apart(
    app: Flask, arrange: Session, town: SimpleNamespace, service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = administrator(app, arrange, town)
    tab.post(CHECK)
    assert "sait tout ce que le portail" in text_of(tab.get(PAGE))
    monkeypatch.setattr("portal.foundation.outbound.Bounded.left", lambda _: 0.5)
    service.behave("discovery: slow")
    tab.post(CHECK)
    assert "ne répond pas comme il faudrait" in text_of(tab.get(PAGE))
    service.behave()
    tab.post(CHECK)
    assert "ne répond pas comme il faudrait" in text_of(tab.get(PAGE))


def test_an_account_asks_six_times_a_minute_and_its_colleague_is_not_held_up(
    counting: Flask, arrange: Session, town: SimpleNamespace
) -> None:
    one, other = administrator(counting, arrange, town), administrator(counting, arrange, town)

    assert [one.post(CHECK).status_code for _ in range(7)] == [303] * 6 + [429]
    assert other.post(CHECK).status_code == 303
