"""The monthly report of an association: asked for, awaited, downloaded; never another's."""

from datetime import date, timedelta
from uuid import UUID

import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.identifiers import new_id
from portal.foundation.queue import Job, queue_of
from portal.models.document import Document, DocumentKind, DocumentState
from portal.models.figure import DailyFigure
from portal.paper import printing
from portal.queries.documents import PAGE
from tests.doors.association.house import House, Tab, text_of

LIST = "/chiffres/rapports"
Owner = psycopg.Connection[tuple[object, ...]]


def make_report(
    session: Session, house: House, state: DocumentState = DocumentState.READY, month: str = "2026-10", **fields: object
) -> UUID:
    ready = state is DocumentState.READY
    document = Document(
        id=new_id(),
        kind=DocumentKind.ASSOCIATION_REPORT,
        association_id=house.association.id,
        title="Rapport d’octobre 2026",
        parameters={"month": month},
        state=state,
        progress=100 if ready else 0,
        file=b"%PDF of " + house.association.name.encode() if ready else None,
        pages=4 if ready else None,
        asked_by=house.coordinator.id,
        expires_at=clock.now() + timedelta(days=90),
    )
    for name, value in fields.items():
        setattr(document, name, value)
    session.add(document)
    session.commit()
    return document.id


@pytest.fixture(autouse=True)
def counted(arrange: Session, house: House) -> DailyFigure:
    """The first request of the association, two months ago."""
    begun = last_month_begun() - timedelta(days=1)
    figure = DailyFigure(
        association_id=house.association.id, side=Side.MENTEE, measure="offered", dimension="total", day=begun,
        value="", amount=1,
    )  # fmt: skip
    arrange.add(figure)
    arrange.commit()
    return figure


def last_month_begun() -> date:
    return (clock.today().replace(day=1) - timedelta(days=1)).replace(day=1)


def last_month() -> str:
    return f"{clock.today().replace(day=1) - timedelta(days=1):%Y-%m}"


def test_the_last_whole_month_is_offered_first_and_asking_wakes_a_worker(coordinator: Tab, owner: Owner) -> None:
    page = coordinator.get(LIST).get_data(as_text=True)
    assert f'<option selected value="{last_month()}">' in page
    assert "(en cours)" in page
    answer = coordinator.post(LIST, data={"month": last_month()})
    assert (answer.status_code, answer.location) == (303, LIST)
    row = owner.execute("SELECT id, kind, parameters, state FROM document").fetchone()
    assert row
    assert row[1:] == ("association_report", {"month": last_month()}, "waiting")
    assert [(job.func_name, job.args) for job in queue_of(Job.DRAW_DOCUMENT).jobs] == [
        (Job.DRAW_DOCUMENT.value, [str(row[0])])
    ]
    assert "se prépare" in text_of(coordinator.get(LIST))


def test_months_before_anything_was_counted_are_neither_offered_nor_taken(
    coordinator: Tab, arrange: Session, counted: DailyFigure, owner: Owner
) -> None:
    before = f"{last_month_begun() - timedelta(days=40):%Y-%m}"
    assert coordinator.get(LIST).get_data(as_text=True).count("<option") == 3
    assert coordinator.post(LIST, data={"month": before}).status_code == 422
    counted.day = last_month_begun()
    arrange.commit()
    assert coordinator.get(LIST).get_data(as_text=True).count("<option") == 2
    arrange.delete(counted)
    arrange.commit()
    page = coordinator.get(LIST).get_data(as_text=True)
    assert page.count("<option") == 1
    assert "(en cours)" in page
    assert coordinator.post(LIST, data={"month": last_month()}).status_code == 422
    assert owner.execute("SELECT count(*) FROM document").fetchone() == (0,)


@pytest.mark.parametrize("typed", ["", "2019-01", "demain", "2026-13"])
def test_a_month_that_is_not_offered_is_refused_in_words_and_nothing_is_asked(
    coordinator: Tab, owner: Owner, typed: str
) -> None:
    answer = coordinator.post(LIST, data={"month": typed})
    assert answer.status_code == 422
    assert "Cette réponse n’est pas dans la liste." in text_of(answer)
    assert owner.execute("SELECT count(*) FROM document").fetchone() == (0,)


def test_while_it_is_drawn_the_list_asks_for_itself_again_and_says_how_far_it_is(
    coordinator: Tab, arrange: Session, house: House
) -> None:
    make_report(arrange, house, DocumentState.DRAWING, progress=45)
    page = coordinator.get(LIST).get_data(as_text=True)
    assert 'hx-get="/chiffres/rapports/avancement" hx-trigger="every 2s" hx-swap="outerHTML"' in page
    assert '<progress value="45" max="100"' in page
    assert "Actualiser" in page
    fragment = coordinator.get(f"{LIST}/avancement", headers={"HX-Request": "true"}).get_data(as_text=True)
    assert fragment.lstrip().startswith('<section class="card" id="documents"')
    assert "<html" not in fragment


def test_once_everything_is_drawn_the_list_stops_asking(coordinator: Tab, arrange: Session, house: House) -> None:
    make_report(arrange, house)
    page = coordinator.get(f"{LIST}/avancement").get_data(as_text=True)
    assert "hx-get" not in page
    assert "Actualiser" not in page
    assert "4\u00a0pages" in page


def test_a_failure_is_told_in_the_list(coordinator: Tab, arrange: Session, house: House) -> None:
    make_report(arrange, house, DocumentState.FAILED, error="Il manque Pango.")
    page = text_of(coordinator.get(LIST))
    assert "Impossible" in page
    assert "Il manque Pango." in page


def test_the_file_is_handed_out_under_a_name_of_ours_and_kept_by_nobody(
    coordinator: Tab, arrange: Session, house: House
) -> None:
    answer = coordinator.get(f"{LIST}/{make_report(arrange, house)}.pdf")
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="rapport-2026-10.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.data.startswith(b"%PDF")


def test_another_associations_report_is_not_there(
    coordinator: Tab, arrange: Session, neighbour: House, house: House
) -> None:
    foreign = make_report(arrange, neighbour, title="Rapport des voisins")
    waiting = make_report(arrange, house, DocumentState.WAITING)
    answers = [coordinator.get(f"{LIST}/{key}.pdf") for key in (foreign, new_id(), waiting)]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert all(b"%PDF" not in answer.data for answer in answers)
    assert "Rapport des voisins" not in text_of(coordinator.get(LIST))


def test_the_collectifs_documents_are_not_there_either(coordinator: Tab, arrange: Session, house: House) -> None:
    board = make_report(arrange, house, association_id=None, kind=DocumentKind.BOARD_REPORT)
    assert coordinator.get(f"{LIST}/{board}.pdf").status_code == 404


def test_a_form_drawn_for_another_association_asks_for_nothing(
    coordinator: Tab, owner: Owner, neighbour: House
) -> None:
    answer = coordinator.post(LIST, data={"month": last_month(), "association": str(neighbour.association.id)})
    assert answer.status_code == 409
    assert owner.execute("SELECT count(*) FROM document").fetchone() == (0,)


def test_older_ones_are_on_the_following_page(coordinator: Tab, arrange: Session, house: House) -> None:
    keys = [make_report(arrange, house, title=f"Rapport numéro {number}") for number in range(PAGE + 1)]
    first = coordinator.get(LIST).get_data(as_text=True)
    assert f"Rapport numéro {PAGE}" in first
    assert "Rapport numéro 0<" not in first
    oldest_shown = keys[1]
    assert f"avant={oldest_shown}" in first
    second = coordinator.get(f"{LIST}?avant={oldest_shown}").get_data(as_text=True)
    assert "Rapport numéro 0<" in second
    assert coordinator.get(f"{LIST}?avant=rien").status_code == 200


def test_where_pango_is_missing_it_is_said_before_one_asks(
    coordinator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing, "LIBRARIES", ("libpango-of-no-machine.so.0",))
    printing.why_unavailable.cache_clear()
    try:
        page = coordinator.get(LIST).get_data(as_text=True)
    finally:
        printing.why_unavailable.cache_clear()
    assert "il y manque Pango" in page
    assert "disabled" in page[page.index("Préparer le rapport") - 400 : page.index("Préparer le rapport")]
