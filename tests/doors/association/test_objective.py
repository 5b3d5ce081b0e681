"""An association reads its objectives, and declares who came by other ways, with the effect told first."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.permissions import Role
from portal.models.campaign import Campaign
from portal.models.objective import OutsideCount
from portal.models.routing import AssociationStanding
from tests.doors.association.conftest import SignIn
from tests.doors.association.house import House, Tab, signed_in_as, text_of
from tests.factories import make_account, make_objective

PAGE = "/objectif"


@pytest.fixture
def administrator(app: Flask, arrange: Session, house: House) -> Tab:
    account = make_account(arrange, association=house.association, role=Role.ADMINISTRATOR)
    account.name = "Claire Vasseur"
    arrange.commit()
    return signed_in_as(app, arrange, account, house.association)


@pytest.fixture
def under_way(arrange: Session, house: House) -> House:
    """12 of 40."""
    make_objective(arrange, house.association, house.campaign, 40)
    own = {"association_id": house.association.id, "campaign_id": house.campaign.id, "side": Side.MENTEE}
    arrange.add(AssociationStanding(committed=12, **own))
    arrange.commit()
    return house


def seen(page: str) -> str:
    return page.split('name="seen" value="')[1].split('"', maxsplit=1)[0]


def declare(tab: Tab, amount: str, mark: str = "none", address: str = PAGE) -> tuple[int, str]:
    data = {"side": "mentee", "mentee-amount": amount, "seen": mark}
    answer = tab.post(address, data=data)
    return answer.status_code, text_of(answer)


def counts(arrange: Session) -> list[int]:
    arrange.expire_all()
    return list(arrange.scalars(select(OutsideCount.amount).order_by(OutsideCount.declared_on)))


def test_everybody_of_the_association_reads_where_it_stands(under_way: House, coordinator: Tab) -> None:
    page = text_of(coordinator.get(PAGE))

    assert "30 % de l’objectif pour les jeunes" in page
    assert "12 engagées sur 40" in page
    assert "Objectif validé par le Collectif" in page
    assert "Bénévoles" not in page
    assert "<form" not in page.split("<main")[1].split("</main>")[0]


def test_only_the_administration_declares(arrange: Session, under_way: House, coordinator: Tab) -> None:
    assert declare(coordinator, "4")[0] == 403
    assert declare(coordinator, "4", address=f"{PAGE}/apercu")[0] == 403
    assert counts(arrange) == []


def test_the_effect_is_shown_before_and_nothing_is_kept(arrange: Session, under_way: House, administrator: Tab) -> None:
    status, page = declare(administrator, "8", address=f"{PAGE}/apercu")

    assert status == 200
    assert "Avancement : 30 % → 50 %" in page
    assert "20 engagées en tout, au lieu de 12" in page
    assert "Non enregistré" in page
    assert counts(arrange) == []


def test_a_count_is_declared_then_corrected_the_same_day(
    arrange: Session, under_way: House, administrator: Tab
) -> None:
    assert declare(administrator, "8")[0] == 303
    page = text_of(administrator.get(PAGE))
    assert "50 % de l’objectif pour les jeunes" in page
    assert "8 hors portail" in page
    assert "selon Claire Vasseur" in page
    assert "Corriger le nombre d’aujourd’hui" in page

    assert declare(administrator, "10", seen(page))[0] == 303
    assert counts(arrange) == [10]


def test_the_history_keeps_each_day(arrange: Session, under_way: House, administrator: Tab) -> None:
    own = {"association_id": under_way.association.id, "campaign_id": under_way.campaign.id, "side": Side.MENTEE}
    arrange.add(OutsideCount(amount=3, declared_on=clock.today() - timedelta(days=40), **own))
    arrange.commit()

    declare(administrator, "8", seen(text_of(administrator.get(PAGE))))

    page = text_of(administrator.get(PAGE))
    assert counts(arrange) == [3, 8]
    assert "2 déclarations" in page
    assert "un ancien membre" in page


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("", "Indiquez un nombre, 0 s’il n’y en a pas."),
        ("douze", "Écrivez un nombre entier, par exemple 120."),
        ("-1", "Écrivez un nombre entier, par exemple 120."),
        ("1 000 000", "Indiquez un nombre entre 0 et 999 999."),
    ],
)
def test_a_number_that_cannot_be_is_refused_on_its_field_and_kept(
    arrange: Session, under_way: House, administrator: Tab, amount: str, said: str
) -> None:
    status, page = declare(administrator, amount)

    assert status == 422
    assert said in page.split('id="mentee-amount-error"')[1].split("</p>")[0]
    assert f'value="{amount}"' in page
    assert counts(arrange) == []


def test_a_colleagues_count_is_not_overwritten_unseen(arrange: Session, under_way: House, administrator: Tab) -> None:
    declare(administrator, "8")

    status, page = declare(administrator, "3")

    assert status == 409
    assert "il est maintenant de 8" in page
    assert 'value="3"' in page
    assert counts(arrange) == [8]
    assert declare(administrator, "3", seen(page))[0] == 303


@pytest.mark.parametrize("side", ["", "personne"])
def test_a_side_that_does_not_exist_is_not_found(under_way: House, administrator: Tab, side: str) -> None:
    assert administrator.post(PAGE, data={"side": side, "amount": "3"}).status_code == 404


def test_another_associations_figures_are_nobody_elses_business(
    arrange: Session, campaign: Campaign, under_way: House, neighbour: House, sign_in: SignIn
) -> None:
    own = {"campaign_id": campaign.id, "side": Side.MENTEE}
    arrange.add(OutsideCount(association_id=under_way.association.id, amount=777, declared_on=clock.today(), **own))
    arrange.commit()

    page = text_of(sign_in(neighbour).get(PAGE))

    assert "Pas encore d’objectif" in page
    assert "777" not in page


def test_without_a_campaign_the_page_says_so_and_declares_nothing(
    arrange: Session, under_way: House, administrator: Tab
) -> None:
    under_way.campaign.ends_on = clock.today() - timedelta(days=1)
    arrange.commit()

    assert "Aucune campagne n’est en cours" in text_of(administrator.get(PAGE))
    assert declare(administrator, "4")[0] == 422
    assert counts(arrange) == []


def test_the_page_is_a_tab_of_the_figures(under_way: House, coordinator: Tab) -> None:
    page = text_of(coordinator.get(PAGE))

    tabs = page.split('aria-label="Chiffres, objectif et rapports"')[1].split("</nav>")[0]
    assert 'href="/objectif" aria-current="page"' in tabs
