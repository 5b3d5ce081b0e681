"""The Collectif's documents: the board's report, and the brochure of a place found by its name."""

from datetime import date, timedelta
from html import unescape
from uuid import UUID

import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.foundation import clock
from portal.foundation.identifiers import new_id
from portal.foundation.queue import PAPER, queue
from portal.models.account import Account
from portal.models.campaign import Campaign
from portal.models.document import Document, DocumentKind, DocumentState

LIST = "/collectif/documents"
ROUBAIX = "zone:cite-educative-roubaix"
Owner = psycopg.Connection[tuple[object, ...]]


def text_of(answer: TestResponse) -> str:
    return unescape(answer.get_data(as_text=True)).replace("\u00a0", " ")


def asked(owner: Owner) -> list[tuple[object, ...]]:
    return owner.execute("SELECT kind, parameters, title FROM document ORDER BY asked_at").fetchall()


def make_document(session: Session, kind: DocumentKind, **parameters: str) -> UUID:
    document = Document(
        id=new_id(),
        kind=kind,
        title="Un document",
        parameters=parameters,
        state=DocumentState.READY,
        progress=100,
        file=b"%PDF",
        pages=15,
        expires_at=clock.now() + timedelta(days=90),
    )
    session.add(document)
    session.commit()
    return document.id


def test_a_place_is_found_by_its_name_and_its_brochure_asked_for(staff: FlaskClient, owner: Owner) -> None:
    found = text_of(staff.get(f"{LIST}?lieu=cité éducative de roub"))
    assert "Cité éducative de Roubaix" in found
    assert "zone · Cité éducative, 2022" in found
    assert f'value="{ROUBAIX}"' in found
    answer = staff.post(f"{LIST}/brochure", data={"lieu": "cité éducative de roub", "place": ROUBAIX})
    assert (answer.status_code, answer.location) == (303, LIST)
    assert asked(owner) == [("territory_brochure", {"place": ROUBAIX}, "Brochure\u00a0: Cité éducative de Roubaix")]
    assert len(queue(PAPER).jobs) == 1


@pytest.mark.parametrize(("typed", "place"), [("Roubaix", ""), ("Roubaix", "zone:nulle-part"), ("", "'; --")])
def test_a_place_that_was_not_chosen_is_asked_for_in_words(
    staff: FlaskClient, owner: Owner, typed: str, place: str
) -> None:
    answer = staff.post(f"{LIST}/brochure", data={"lieu": typed, "place": place})
    assert answer.status_code == 422
    assert "Cherchez un lieu, puis choisissez-le" in text_of(answer)
    assert f'value="{typed}"' in text_of(answer)
    assert asked(owner) == []


def test_a_name_that_nobody_has_says_so(staff: FlaskClient) -> None:
    answer = staff.get(f"{LIST}?lieu=Xyzzyville")
    assert answer.status_code == 200
    assert "Aucun lieu ne porte ce nom" in text_of(answer)
    assert 'value="Xyzzyville"' in text_of(answer)


def test_the_boards_report_runs_from_the_beginning_of_the_campaign(
    staff: FlaskClient, owner: Owner, campaign: Campaign, arrange: Session
) -> None:
    arrange.commit()
    assert f'value="{campaign.starts_on}"' in text_of(staff.get(LIST))
    answer = staff.post(f"{LIST}/conseil", data={"first": "2026-09-01", "last": "2026-10-31"})
    assert answer.status_code == 303
    assert asked(owner) == [
        (
            "board_report",
            {"first": "2026-09-01", "last": "2026-10-31"},
            "Rapport pour le conseil, du 1er\u00a0septembre 2026 au 31\u00a0octobre 2026",
        )
    ]


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("", "2026-10-31", "Écrivez une date"),
        ("01/09/26", "2026-10-31", "Cette date n’existe pas"),
        ("2026-10-31", "2026-09-01", "Le dernier jour vient avant le premier."),
        ("2020-01-01", "2026-09-01", "Choisissez deux ans au plus."),
        ("1999-12-01", "1999-12-31", "Cette date n’existe pas"),
        ("9999-01-01", "9999-12-31", "Cette date n’existe pas"),
        ("2099-01-01", "2099-12-31", "Ce jour n’est pas encore venu"),
    ],
)
def test_days_that_make_no_period_are_refused_in_words(
    staff: FlaskClient, owner: Owner, first: str, last: str, said: str
) -> None:
    answer = staff.post(f"{LIST}/conseil", data={"first": first, "last": last})
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert f'value="{last}"' in text_of(answer)
    assert asked(owner) == []


def test_documents_are_downloaded_under_names_of_ours(staff: FlaskClient, arrange: Session) -> None:
    brochure = make_document(arrange, DocumentKind.TERRITORY_BROCHURE, place=ROUBAIX)
    answer = staff.get(f"{LIST}/{brochure}.pdf")
    assert answer.data == b"%PDF"
    assert answer.headers["Content-Disposition"] == ('attachment; filename="brochure-zone-cite-educative-roubaix.pdf"')
    assert answer.headers["Cache-Control"] == "no-store"
    assert staff.get(f"{LIST}/{new_id()}.pdf").status_code == 404


def test_the_list_shows_the_collectifs_reports_and_brochures(staff: FlaskClient, arrange: Session) -> None:
    make_document(arrange, DocumentKind.BOARD_REPORT, first=str(date(2026, 9, 1)), last=str(date(2026, 9, 30)))
    page = text_of(staff.get(f"{LIST}/avancement"))
    assert "Un document" in page
    assert "15 pages" in page
    assert "<html" not in page


def test_ten_waiting_documents_are_enough(staff: FlaskClient, samir: Account, arrange: Session, owner: Owner) -> None:
    for number in range(10):
        key = make_document(arrange, DocumentKind.TERRITORY_BROCHURE, place=f"departement:{number + 10}")
        owner.execute(
            "UPDATE document SET state = 'waiting', file = NULL, asked_by = %s WHERE id = %s", [samir.id, key]
        )
    answer = staff.post(f"{LIST}/brochure", data={"lieu": "Roubaix", "place": ROUBAIX})
    assert answer.status_code == 422
    assert "laissez-les se terminer" in text_of(answer)
