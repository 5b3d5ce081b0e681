"""The figures that everybody may read: rounded, masked, and up to the last Sunday."""

from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as
from portal.jobs.figures import fold
from portal.models.campaign import Campaign
from portal.queries.figures_public import smallest
from portal.web.figures.masks import published_table
from tests.doors.admin.test_table import statements
from tests.figures import Network, noon

HOME = "/chiffres-du-mentorat"


@pytest.fixture
def network(arrange: Session, campaign: Campaign) -> Network:
    return Network(arrange, campaign)


def read(client: FlaskClient, address: str = HOME) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.get_data(as_text=True).replace("\u00a0", " ").replace("&nbsp;", " ")


def sheet(client: FlaskClient, name: str, asked: str = "") -> list[list[str]]:
    answer = client.get(f"{HOME}/donnees?graphique={name}{asked}")
    assert answer.content_type == "text/csv; charset=utf-8"
    return [line.split(";") for line in answer.get_data(as_text=True).removeprefix("\ufeff").splitlines()]


def test_an_empty_house_reads_well(client: FlaskClient, campaign: Campaign) -> None:
    page = read(client)
    assert "<h1>Le mentorat en chiffres</h1>" in page
    assert "Rien à compter pour l’instant" in page


def test_without_any_campaign_it_still_answers(client: FlaskClient, app: Flask) -> None:
    assert "Le mentorat en chiffres" in read(client)


def test_counts_are_rounded_down_and_few_are_masked(client: FlaskClient, network: Network) -> None:
    for _ in range(23):
        network.received(noon(10), departement="59")
    for _ in range(3):
        network.received(noon(10), departement="2A", age=12)
    fold()
    page = read(client)
    assert "<h1>25 jeunes ont demandé un mentorat</h1>" in page
    rows = {row[1]: row[2] for row in sheet(client, "carte")[1:]}
    assert (rows["59"], rows["2A"], rows["75"]) == ("20", "moins de 5", "0")
    assert "Corse-du-Sud : moins de 5" in page
    ages = {row[0]: row[1] for row in sheet(client, "ages")[1:]}
    assert ages == {"18-20\u00a0ans": "20", "11-14\u00a0ans": "moins de 5"}


def test_a_table_that_would_give_a_few_away_is_not_shown(client: FlaskClient, network: Network) -> None:
    """Five départements of which one alone is masked: what the others and the total leave over is four exactly."""
    for departement, number in (("59", 9), ("75", 9), ("13", 9), ("69", 9), ("2A", 4)):
        for _ in range(number):
            network.received(noon(10), departement=departement)
    page = read(client)
    assert "<h1>40 jeunes ont demandé un mentorat</h1>" in page
    assert "Trop peu de demandes pour que rien ne soit reconnaissable." in page
    assert "Corse-du-Sud" not in page
    assert {row[2] for row in sheet(client, "carte")[1:]} == {"0"}


TOLD = "SELECT side, measure, dimension, value, amount FROM network_told(:first, :last)"


def told_by_the_database(first: date, last: date) -> dict[tuple[str, ...], int]:
    with acting_as(Scope(DatabaseRole.PUBLIC)) as session:
        rows = session.execute(text(TOLD), {"first": first, "last": last}).all()
    return {tuple(row[:-1]): row[-1] for row in rows}


def test_the_public_role_has_rounded_sums_alone(app: Flask, network: Network) -> None:
    for number, age in ((9, 12), (3, 13), (4, 30)):
        for _ in range(number):
            network.received(noon(10), age=age)
    fold()
    network.received(noon(10), age=16)
    last = clock.today() - timedelta(days=clock.today().isoweekday())
    found = told_by_the_database(last - timedelta(days=364), last)
    assert {key[3]: n for key, n in found.items() if key[2] == "age"} == {"11": 10, "15": -1, "26": -1, None: 15}
    assert found["mentee", "received", "total", ""] == 15
    assert all(n == -1 or n % 5 == 0 for key, n in found.items() if key[2] != "median")
    for statement in ("SELECT amount FROM daily_figure", "SELECT amount FROM figure_delta"):
        with pytest.raises(ProgrammingError, match="permission denied"), acting_as(Scope(DatabaseRole.PUBLIC)) as own:
            own.execute(text(statement))


def test_no_other_period_than_the_page_s_is_told(app: Flask, network: Network, campaign: Campaign) -> None:
    for _ in range(20):
        network.received(noon(10))
    last = clock.today() - timedelta(days=clock.today().isoweekday())
    assert told_by_the_database(campaign.starts_on, last)
    for days in (-7, -1, 1, 7):
        assert told_by_the_database(campaign.starts_on + timedelta(days=days), last) == {}
    assert told_by_the_database(campaign.starts_on, last - timedelta(days=1)) == {}
    assert told_by_the_database(campaign.starts_on, last + timedelta(days=7)) == {}


@pytest.mark.parametrize(
    "counts",
    [(9, 9, 9, 9, 4), (1, 1, 1), (23, 3), (4, 4, 4, 4), (5, 1, 1), (0, 7, 2), (2,), (99, 14, 4, 3), ()],
)
def test_a_mask_says_the_same_of_what_the_database_rounded(counts: tuple[int, ...]) -> None:
    def rounded(n: int) -> int:
        return n // 5 * 5 if n > 4 else -1 if n else 0

    exact = {str(at): n for at, n in enumerate(counts)}
    table: dict[str | None, int] = {name: rounded(n) for name, n in exact.items()}
    assert published_table(smallest({**table, None: rounded(sum(counts))})) == published_table(exact)


def test_this_week_is_told_next_week(client: FlaskClient, network: Network) -> None:
    since_sunday = clock.today().isoweekday()
    for days in (since_sunday,) * 6 + (since_sunday - 1,) * 6:
        network.received(noon(days))
    assert "<h1>5 jeunes ont demandé un mentorat</h1>" in read(client)


def test_no_public_no_need_no_association_and_no_period_of_one_s_own(client: FlaskClient, network: Network) -> None:
    for _ in range(20):
        network.offered("Proxité", noon(9), referral=network.received(noon(10), publics={"refugee": True}))
    page = read(client, f"{HOME}?periode=30-jours&du=2026-01-01&au=2026-01-02")
    assert not any(word in page for word in ("Proxité", "réfugié", "premier emploi", "Période"))
    assert "<h1>20 jeunes ont demandé un mentorat</h1>" in page
    for name in ("publics-jeunes", "besoins", "motifs", "prescripteurs", ""):
        assert client.get(f"{HOME}/donnees?graphique={name}").status_code == 404


def test_each_side_has_its_weeks_and_its_map(client: FlaskClient, network: Network) -> None:
    for _ in range(12):
        network.received(noon(10), Side.MENTOR, departement="971")
    assert {row[1]: row[2] for row in sheet(client, "carte", "&cote=benevoles")[1:]}["971"] == "10"
    assert {row[2] for row in sheet(client, "carte")[1:]} == {"0"}
    assert "<h1>10 bénévoles ont demandé un mentorat</h1>" in read(client)


def test_the_page_asks_the_same_number_of_questions_however_much_happened(
    app: Flask, client: FlaskClient, network: Network
) -> None:
    network.received(noon(9))
    read(client)
    with statements(app, DatabaseRole.PUBLIC) as few:
        read(client)
    for days in range(8, 40):
        network.received(noon(days), departement=f"{days:02}")
    with statements(app, DatabaseRole.PUBLIC) as many:
        read(client, f"{HOME}?cote=benevoles")
    assert len(many) == len(few) < 9
