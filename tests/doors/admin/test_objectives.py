"""Staff see where every association stands, declare objectives with their effect told first, and validate them."""

from datetime import timedelta
from html import unescape
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.models.account import Account
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.objective import Objective, OutsideCount
from portal.models.routing import AssociationStanding
from tests.doors.admin.test_associations import statements
from tests.factories import make_association, make_capacity, make_objective, make_programme

LIST = "/collectif/objectifs"


def join(arrange: Session, campaign: Campaign, name: str, objective: int = 0, taken: int = 0) -> Association:
    association = make_association(arrange, name)
    make_programme(arrange, association)
    make_capacity(arrange, association, campaign, 50)
    if objective:
        make_objective(arrange, association, campaign, objective)
    arrange.add(
        AssociationStanding(association_id=association.id, campaign_id=campaign.id, side=Side.MENTEE, committed=taken)
    )
    arrange.commit()
    return association


@pytest.fixture
def proxite(arrange: Session, campaign: Campaign) -> Association:
    return join(arrange, campaign, "Proxité", 40, 12)


def read(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return plain(answer.text)


def plain(text: str) -> str:
    return unescape(text).replace("\u00a0", " ")


def heading(page: str) -> str:
    return page.split("<h1>")[1].split("</h1>", maxsplit=1)[0]


def names(page: str) -> list[str]:
    rows = page.split("<tbody>")[1].split("<tr>")[1:]
    return [row.split("</a>")[0].rpartition(">")[2] for row in rows]


def declare(
    client: FlaskClient, association: Association, amount: str, version: int = 1, **more: str
) -> tuple[int, str]:
    data = {"amount": amount, "source": "Appel à projets", "version": str(version), **more}
    answer = client.post(f"{LIST}/{association.id}", data=data)
    return answer.status_code, plain(answer.text)


def amounts(arrange: Session, association: Association) -> list[int]:
    arrange.expire_all()
    query = select(Objective.amount).where(Objective.association_id == association.id).order_by(Objective.version)
    return list(arrange.scalars(query))


def test_the_table_says_where_each_stands_and_who_has_no_objective(
    staff: FlaskClient, arrange: Session, campaign: Campaign, proxite: Association
) -> None:
    join(arrange, campaign, "Télémaque", 100, 80)
    join(arrange, campaign, "Afev")
    own = {"campaign_id": campaign.id, "side": Side.MENTEE, "association_id": proxite.id}
    arrange.add(OutsideCount(amount=8, declared_on=clock.today(), **own))
    arrange.commit()

    page = read(staff, LIST)

    assert heading(page) == "1 association n’a pas encore d’objectif"
    assert names(page) == ["Télémaque", "Proxité", "Afev"]
    row = next(row for row in page.split("<tr>") if "Proxité" in row)
    assert "50 %" in row
    assert ">20<" in row
    assert "</span>8<" in row
    assert "médiane, 65 %" in page


@pytest.mark.parametrize(
    ("order", "expected"),
    [("avancement", ["Télémaque", "Proxité", "Afev"]), ("retard", ["Proxité", "Télémaque", "Afev"])],
)
def test_the_table_is_sorted_by_attainment_either_way_those_without_objective_last(
    staff: FlaskClient, arrange: Session, campaign: Campaign, proxite: Association, order: str, expected: list[str]
) -> None:
    join(arrange, campaign, "Afev", 0, 3)
    join(arrange, campaign, "Télémaque", 100, 80)

    assert names(read(staff, f"{LIST}?tri={order}")) == expected


def test_when_all_have_one_the_title_is_the_range(
    staff: FlaskClient, arrange: Session, campaign: Campaign, proxite: Association
) -> None:
    join(arrange, campaign, "Télémaque", 100, 80)

    assert heading(read(staff, LIST)) == "De 30 à 80 % de l’objectif"
    assert heading(read(staff, f"{LIST}?cote=benevoles")) == "Aucun objectif n’est déclaré de ce côté"


def test_without_any_campaign_the_page_says_to_open_one(staff: FlaskClient) -> None:
    assert heading(read(staff, LIST)) == "Aucune campagne n’est ouverte"


NOBODY = UUID(int=7)  # the same in every process of the run


@pytest.mark.parametrize("address", [f"{LIST}?campagne=autre", f"{LIST}?campagne={NOBODY}", f"{LIST}/{NOBODY}"])
def test_what_does_not_exist_is_not_found(staff: FlaskClient, proxite: Association, address: str) -> None:
    read(staff, address, 404)


def test_a_new_version_is_kept_with_who_and_why(
    staff: FlaskClient, arrange: Session, samir: Account, proxite: Association
) -> None:
    status, _ = declare(staff, proxite, "1 200")
    page = read(staff, f"{LIST}/{proxite.id}")

    assert status == 303
    assert amounts(arrange, proxite) == [40, 1200]
    assert heading(page) == "Proxité : 1 % de l’objectif"
    assert "Appel à projets" in page
    assert f"par {samir.name}" in page


def test_the_effect_is_shown_before_and_nothing_is_kept(
    staff: FlaskClient, arrange: Session, campaign: Campaign, proxite: Association
) -> None:
    join(arrange, campaign, "Télémaque", 100, 10)

    answer = staff.post(f"{LIST}/{proxite.id}/apercu", data={"amount": "120", "source": "", "version": "1"})
    page = plain(answer.text)

    assert answer.status_code == 200
    assert "Avancement : 30 % → 10 %" in page
    assert "Non enregistré" in page
    assert "Pas de départ virtuel" in page
    assert "Servie la première" in page
    assert amounts(arrange, proxite) == [40]


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("", "Indiquez un objectif"),
        ("beaucoup", "Écrivez un nombre entier"),
        ("-3", "Écrivez un nombre entier"),
        ("12000000", "Indiquez un nombre entre 0 et 999 999."),
        ("40", "C’est déjà l’objectif en vigueur."),
    ],
)
def test_an_amount_that_cannot_be_is_refused_on_its_field_and_kept(
    staff: FlaskClient, arrange: Session, proxite: Association, amount: str, said: str
) -> None:
    status, page = declare(staff, proxite, amount)

    assert status == 422
    assert said in page.split('id="amount-error"')[1].split("</p>")[0]
    assert f'value="{amount}"' in page
    assert amounts(arrange, proxite) == [40]


def test_a_form_drawn_before_another_version_is_refused_and_keeps_what_was_typed(
    staff: FlaskClient, arrange: Session, proxite: Association
) -> None:
    declare(staff, proxite, "60")
    status, page = declare(staff, proxite, "75", source="Avenant")

    assert status == 409
    assert "il vaut maintenant 60" in page
    assert 'value="75"' in page
    assert 'value="Avenant"' in page
    assert amounts(arrange, proxite) == [40, 60]
    version = page.split('name="version" value="')[1].split('"')[0]
    assert declare(staff, proxite, "75", int(version))[0] == 303


def test_more_associations_cost_no_more_statements(
    app: Flask, staff: FlaskClient, arrange: Session, campaign: Campaign, proxite: Association
) -> None:
    read(staff, LIST)
    with statements(app) as few:
        read(staff, LIST)
    for number in range(5):
        join(arrange, campaign, f"Association {number}", 10, number)
    with statements(app) as many:
        read(staff, LIST)

    assert len(many) == len(few) > 0


def make_provisional(arrange: Session) -> None:
    for one in arrange.scalars(select(Objective)):
        one.provisional = True
    arrange.commit()


def test_provisional_objectives_are_validated_together(
    staff: FlaskClient, arrange: Session, campaign: Campaign, proxite: Association
) -> None:
    """Those ticked, and those that are still what was ticked."""
    telemaque, afev = join(arrange, campaign, "Télémaque", 100, 80), join(arrange, campaign, "Afev", 30)
    make_provisional(arrange)
    assert heading(read(staff, LIST)) == "3 objectifs provisoires à valider"

    rows = [f"{proxite.id}:1", f"{telemaque.id}:0", "n’importe:quoi"]
    answer = staff.post(f"{LIST}/valider", data={"row": rows}, follow_redirects=True)

    page = plain(answer.text)
    assert "1 objectif validé." in page
    assert "1 a changé entre-temps" in page
    assert amounts(arrange, proxite) == [40, 40]
    assert amounts(arrange, telemaque) == [100]
    assert amounts(arrange, afev) == [30]
    assert heading(page) == "2 objectifs provisoires à valider"


def test_validating_nothing_says_so(staff: FlaskClient, proxite: Association) -> None:
    page = plain(staff.post(f"{LIST}/valider", follow_redirects=True).text)

    assert "Cochez au moins un objectif provisoire." in page


def test_a_campaign_that_is_over_is_read_only(
    staff: FlaskClient, arrange: Session, campaign: Campaign, proxite: Association
) -> None:
    campaign.starts_on -= timedelta(days=400)
    campaign.ends_on -= timedelta(days=400)
    arrange.commit()

    page = read(staff, f"{LIST}/{proxite.id}")
    status, refused = declare(staff, proxite, "60")

    assert "ses objectifs ne changent plus" in page
    assert 'name="amount"' not in page
    assert status == 422
    assert amounts(arrange, proxite) == [40]
    assert 'name="amount"' not in refused
