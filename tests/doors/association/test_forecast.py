"""An association reads, on the page of its objective, where it will stand at the end: its own figures, and no others."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.models.forecast import Forecast
from tests.doors.association.conftest import SignIn
from tests.doors.association.house import House, Tab, text_of
from tests.factories import make_objective

PAGE = "/objectif"


def foreseen(
    arrange: Session, house: House, figures: tuple[int, int, int], *, objective: int = 40, days_ago: int = 0
) -> None:
    low, expected, high = figures
    arrange.add(
        Forecast(
            association_id=house.association.id,
            campaign_id=house.campaign.id,
            side=Side.MENTEE,
            made_on=clock.today() - timedelta(days=days_ago),
            committed=12,
            objective=objective,
            low=low,
            expected=expected,
            high=high,
        )
    )
    arrange.commit()


@pytest.fixture
def aimed(arrange: Session, house: House) -> House:
    make_objective(arrange, house.association, house.campaign, 40)
    arrange.commit()
    house.offer("Léa", days_ago=30)
    return house


def test_where_it_ends_is_said_in_a_sentence_drawn_and_tabled(arrange: Session, aimed: House, coordinator: Tab) -> None:
    foreseen(arrange, aimed, (31, 38, 46))
    page = text_of(coordinator.get(PAGE))

    assert "À ce rythme, vous finirez entre 31 et 46 jeunes (objectif 40)." in page
    assert "Jeunes : objectif plutôt manqué" in page
    assert "Ce n’est pas un engagement" in page
    assert page.count('class="chart chart--') == 4
    assert "entre 31 et 46, 38 au milieu. L’objectif est de 40." in page
    assert '<th scope="col" class="num ">Au plus</th>' in page


@pytest.mark.parametrize(
    ("figures", "said", "title"),
    [
        ((40, 40, 40), "vous finirez autour de 40 jeunes (objectif 40)", "l’objectif devrait être atteint"),
        ((12, 20, 30), "entre 12 et 30 jeunes", "l’objectif serait manqué"),
        ((35, 44, 60), "entre 35 et 60 jeunes", "objectif plutôt atteint"),
        ((0, 1, 1), "entre 0 et 1 jeune (objectif 40)", "l’objectif serait manqué"),
    ],
)
def test_the_title_is_what_the_figures_say(
    arrange: Session, aimed: House, coordinator: Tab, figures: tuple[int, int, int], said: str, title: str
) -> None:
    foreseen(arrange, aimed, figures)
    page = text_of(coordinator.get(PAGE))

    assert said in page
    assert title in page


def test_without_an_objective_the_figures_alone_are_told(arrange: Session, house: House, coordinator: Tab) -> None:
    house.offer("Léa", days_ago=30)
    foreseen(arrange, house, (5, 9, 14), objective=0)
    page = text_of(coordinator.get(PAGE))

    assert "À ce rythme, vous finirez entre 5 et 14 jeunes." in page
    assert "Jeunes : autour de 9 à la fin" in page


def test_no_forecast_says_so_and_an_old_one_is_none(arrange: Session, aimed: House, coordinator: Tab) -> None:
    assert "Pas encore de prévision. Il faut au moins deux semaines" in text_of(coordinator.get(PAGE))

    foreseen(arrange, aimed, (31, 38, 46), days_ago=8)
    page = text_of(coordinator.get(PAGE))
    assert "Pas encore de prévision" in page
    assert "vous finirez" not in page


def test_another_association_s_forecast_is_nowhere(
    arrange: Session, aimed: House, neighbour: House, sign_in: SignIn
) -> None:
    foreseen(arrange, aimed, (31, 38, 46))
    page = text_of(sign_in(neighbour).get(PAGE))

    assert "vous finirez" not in page
    assert "Pas encore de prévision" in page
