"""The associations as staff see them: attainment, places, pauses, what waits; and one of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.foundation.permissions import Role
from portal.foundation.tenancy import DatabaseRole
from portal.models.account import Membership
from portal.models.campaign import Campaign
from portal.models.objective import OutsideCount
from portal.models.programme import ProgrammeVersion
from tests.doors.admin.scene import Scene, days_ago, set_scene
from tests.factories import (
    make_account,
    make_assignment,
    make_association,
    make_capacity,
    make_objective,
    make_programme,
    make_referral,
)

LIST = "/collectif/associations"


@pytest.fixture
def scene(arrange: Session, campaign: Campaign) -> Scene:
    return set_scene(arrange, campaign)


def read(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return unescape(answer.text)


def row_of(page: str, name: str) -> str:
    return next(row for row in page.split("<tr>") if f">{name}</a>" in row)


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    sent: list[str] = []
    engine = db.engines[DatabaseRole.STAFF]

    def note(_c: object, _cu: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def test_each_association_shows_where_it_stands(staff: FlaskClient, arrange: Session, scene: Scene) -> None:
    proxite, programme = scene.associations["Proxité"], scene.programmes["Proxité"]
    for offered in (0, 1, 20):
        referral = make_referral(arrange, scene.campaign)
        make_assignment(arrange, referral, proxite, programme, offered_at=days_ago(offered))
    arrange.add(
        OutsideCount(
            association_id=proxite.id,
            campaign_id=scene.campaign.id,
            side=Side.MENTEE,
            amount=7,
            declared_on=clock.today(),
        )
    )
    arrange.commit()
    page = read(staff, LIST)
    assert "5\u00a0associations, 3\u00a0demandes à traiter, 1 en retard" in page
    row = row_of(page, "Proxité")
    assert "10 / 40" in row
    assert "25\u00a0%" in row
    assert "30" in row
    assert ">1<" in row


def test_the_other_side_has_its_own_figures(staff: FlaskClient, arrange: Session, scene: Scene) -> None:
    make_objective(arrange, scene.associations["Proxité"], scene.campaign, 70, side=Side.MENTOR)
    arrange.commit()
    assert "0 / 70" in row_of(read(staff, f"{LIST}?cote=benevoles"), "Proxité")
    assert "0 / 40" in row_of(read(staff, LIST), "Proxité")


def test_a_pause_is_seen(staff: FlaskClient, arrange: Session, scene: Scene) -> None:
    today = clock.today()
    scene.associations["Proxité"].paused_from = today - timedelta(days=1)
    scene.associations["Télémaque"].paused_from = today + timedelta(days=1)
    scene.associations["Afev"].paused_from = today - timedelta(days=9)
    scene.associations["Afev"].paused_until = today - timedelta(days=2)
    arrange.commit()
    page = read(staff, LIST)
    assert "En pause" in row_of(page, "Proxité")
    assert "En pause" not in row_of(page, "Télémaque")
    assert "En pause" not in row_of(page, "Afev")


def names_in_order(page: str, names: set[str]) -> list[str]:
    return sorted(names, key=lambda name: page.index(f">{name}</a>"))


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("nom", "Afev"),
        ("a-traiter", "Télémaque"),
        ("places", "Proxité"),
        ("avancement", "Afev"),
        ("en-retard", "Télémaque"),
        ("inconnu", "Afev"),
    ],
)
def test_the_list_is_sorted_as_asked(staff: FlaskClient, arrange: Session, scene: Scene, sort: str, first: str) -> None:
    referral = make_referral(arrange, scene.campaign)
    telemaque = scene.associations["Télémaque"]
    make_assignment(arrange, referral, telemaque, scene.programmes["Télémaque"], offered_at=days_ago(20))
    arrange.commit()
    page = read(staff, f"{LIST}?tri={sort}&cote=jeunes")
    assert names_in_order(page, set(scene.associations))[0] == first


def test_without_a_campaign_the_list_still_stands(staff: FlaskClient, arrange: Session) -> None:
    association = make_association(arrange, "Entraide")
    arrange.commit()
    assert "Aucune campagne n’est ouverte" in read(staff, LIST)
    assert "Aucune place déclarée" in read(staff, f"{LIST}/{association.id}")


def test_no_association_at_all_says_so(staff: FlaskClient) -> None:
    assert "Aucune association" in read(staff, LIST)


def test_five_or_fifty_associations_ask_the_same_number_of_questions(
    app: Flask, staff: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    counts = []
    for more in (5, 45):
        for _ in range(more):
            association = make_association(arrange)
            make_objective(arrange, association, campaign)
            make_capacity(arrange, association, campaign)
            programme = make_programme(arrange, association)
            make_assignment(arrange, make_referral(arrange, campaign), association, programme)
        arrange.commit()
        with statements(app) as sent:
            read(staff, LIST)
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 10


def test_one_association_shows_its_places_and_criteria(staff: FlaskClient, arrange: Session, scene: Scene) -> None:
    proxite = scene.associations["Proxité"]
    make_capacity(arrange, proxite, scene.campaign, 200, place="remote", or_more=True)
    arrange.commit()
    page = read(staff, f"{LIST}/{proxite.id}")
    for said in (
        "Proxité",
        "Nord",
        "À distance",
        "200 ou plus",
        "30\u00a0libres",
        "De 16\u00a0à 26\u00a0ans",
        "version 1",
    ):
        assert said in page
    assert f"association={proxite.id}" in page


def test_one_association_names_who_signs_in_for_it(staff: FlaskClient, arrange: Session, scene: Scene) -> None:
    proxite, other = scene.associations["Proxité"], scene.associations["Afev"]
    claire = make_account(arrange, "claire@example.org", association=proxite)
    claire.name = "Claire Vasseur"
    left = make_account(arrange, "partie@example.org", association=proxite)
    arrange.scalars(select(Membership).where(Membership.account_id == left.id)).one().ended_at = clock.now()
    make_account(arrange, "fermee@example.org", association=proxite).closed_at = clock.now()
    make_account(arrange, "nadia@example.org", association=other, role=Role.ADMINISTRATOR)
    arrange.commit()
    page = read(staff, f"{LIST}/{proxite.id}")
    for said in ("Claire Vasseur", "claire@example.org", "Coordination", "1\u00a0personne"):
        assert said in page
    for absent in ("partie@example.org", "fermee@example.org", "nadia@example.org"):
        assert absent not in page
    assert "nadia@example.org" in read(staff, f"{LIST}/{other.id}")
    assert "Personne ne se connecte pour elle" in read(staff, f"{LIST}/{scene.associations['LA CLÉ'].id}")


@pytest.mark.parametrize(
    ("criteria", "said"),
    [
        ({"all": []}, "Tout le monde"),
        ({"not": {"test": "public", "any_of": ["detainee"]}}, "Sauf détenu"),
        ({"any": [{"test": "public", "any_of": ["qpv"]}, {"test": "channel", "any_of": ["professional"]}]},
         "Habitant un quartier prioritaire ou orienté par un professionnel"),
        ({"all": [{"test": "territory", "any_of": [f"departement:{n}" for n in range(30, 50)]}]}, "ou 8\u00a0autres lieux"),
        ({"all": [{"test": "modality", "any_of": ["in_person", "hybrid"]}]}, "En présentiel (au moins en partie)"),
        ({"nonsense": 1}, "Critères illisibles"),
    ],
)  # fmt: skip
def test_criteria_are_read_aloud(
    staff: FlaskClient, arrange: Session, campaign: Campaign, criteria: dict[str, object], said: str
) -> None:
    association = make_association(arrange)
    make_programme(arrange, association, criteria)
    arrange.commit()
    assert said in read(staff, f"{LIST}/{association.id}")


def test_only_the_version_in_force_is_shown(staff: FlaskClient, arrange: Session, scene: Scene) -> None:
    programme = scene.programmes["Proxité"]
    arrange.add(
        ProgrammeVersion(
            association_id=programme.association_id,
            programme_id=programme.id,
            side=Side.MENTEE,
            number=2,
            criteria={"test": "age", "min": 30},
        )
    )
    arrange.commit()
    page = read(staff, f"{LIST}/{programme.association_id}")
    assert "À partir de 30\u00a0ans" in page
    assert "e 16\u00a0à 26" not in page


def test_an_unknown_association_is_a_404(staff: FlaskClient) -> None:
    assert staff.get(f"{LIST}/{uuid4()}").status_code == 404
