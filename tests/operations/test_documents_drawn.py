"""Documents really drawn by the job, from the database to the PDF, each under the sight of whom it is for."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.queue import PAPER, queue, redis_connection, serializer
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs import documents as jobs
from portal.jobs.drawings import DRAWINGS
from portal.jobs.worker import run_worker
from portal.models.account import Account
from portal.models.assignment import AssignmentState
from portal.models.association import Association
from portal.models.company import OfferPage
from portal.models.document import DocumentKind
from portal.models.person import Applicant, Person
from portal.models.programme import Programme
from portal.operations.documents import (
    MOST_ATTEMPTS,
    ask_association_report,
    ask_board_report,
    ask_brochure,
    ask_company_kit,
    claim_document,
    lease,
)
from portal.paper import printing
from portal.paper.printing import UNAVAILABLE, NotPrinted, Printed, why_unavailable
from portal.queries.documents import company_kits, document_file
from portal.queries.figures import association_figures
from portal.queries.reports import association_month
from tests import factories
from tests.paper.places import ROUBAIX, make_present
from tests.paper.reading import plain

Owner = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def samir(arrange: Session) -> Account:
    account = factories.make_account(arrange, staff=True)
    arrange.commit()
    return account


def ask(samir: Account, asked: Callable[[], UUID]) -> UUID:
    with transaction(Scope(DatabaseRole.STAFF, account_id=samir.id)):
        return asked()


def brochure_of(samir: Account, place: str = ROUBAIX) -> UUID:
    return ask(samir, lambda: ask_brochure(place, by=samir.id).id)


def drawn(owner: Owner, document_id: UUID) -> tuple[str, int, bytes]:
    query = "SELECT state, pages, file, error FROM document WHERE id = %s"
    row = owner.execute(query, [document_id]).fetchone()
    assert row
    state, pages, file, error = row
    assert error is None
    return str(state), int(str(pages)), bytes(file)  # type: ignore[call-overload]


def failure(owner: Owner, document_id: UUID) -> tuple[object, ...]:
    row = owner.execute("SELECT state, error, file FROM document WHERE id = %s", [document_id]).fetchone()
    assert row
    return row


def test_asking_wakes_the_worker_who_draws_the_brochure(arrange: Session, samir: Account, owner: Owner) -> None:
    campaign = factories.make_campaign(arrange)
    for name in ("Proxité", "C’Possible"):
        make_present(arrange, campaign, name)
    arrange.commit()
    found = brochure_of(samir)

    run_worker([queue(PAPER)], redis_connection(), serializer(), burst=True)

    state, pages, file = drawn(owner, found)
    assert (state, pages) == ("ready", 6)
    assert file.startswith(b"%PDF-")


def test_progress_is_seen_by_others_while_it_is_drawn(
    samir: Account, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, seen = brochure_of(samir), []

    def looked_at(html: str, laid_out: Callable[[int], None]) -> Printed:
        seen.append(owner.execute("SELECT state, progress FROM document").fetchone())
        laid_out(4)
        seen.append(owner.execute("SELECT state, progress FROM document").fetchone())
        return Printed(b"%PDF", 4)

    monkeypatch.setattr(jobs, "print_pages", looked_at)
    jobs.draw(str(found))
    assert seen == [("drawing", jobs.COMPOSED), ("drawing", jobs.LAID_OUT)]
    assert owner.execute("SELECT state, progress FROM document").fetchone() == ("ready", 100)


def test_a_dead_workers_document_is_drawn_by_the_next_one(samir: Account, owner: Owner) -> None:
    found = brochure_of(samir)
    with transaction(Scope(DatabaseRole.JOBS)):
        assert claim_document(found)
    jobs.draw(str(found))
    assert failure(owner, found)[0] == "drawing"
    with clock.at(clock.now() + lease() + timedelta(seconds=1)):
        jobs.sweep()
        jobs.draw(str(found))
    assert drawn(owner, found)[0] == "ready"


def test_drawn_twice_by_two_wake_ups_it_is_drawn_once(samir: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    found, printed = brochure_of(samir), []

    def counted(html: str, laid_out: Callable[[int], None]) -> Printed:
        printed.append(html)
        return Printed(b"%PDF", 1)

    monkeypatch.setattr(jobs, "print_pages", counted)
    jobs.draw(str(found))
    jobs.draw(str(found))
    assert len(printed) == 1


def test_without_pango_the_document_says_why(samir: Account, owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "LIBRARIES", ("libpango-of-no-machine.so.0",))
    why_unavailable.cache_clear()
    try:
        found = brochure_of(samir)
        jobs.draw(str(found))
    finally:
        why_unavailable.cache_clear()
    assert failure(owner, found) == ("failed", UNAVAILABLE, None)


def test_a_press_that_gives_up_is_told_in_its_words(
    samir: Account, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> Printed:
        raise NotPrinted("Trop grand.")

    monkeypatch.setattr(jobs, "print_pages", refused)
    found = brochure_of(samir)
    jobs.draw(str(found))
    assert failure(owner, found) == ("failed", "Trop grand.", None)


def test_a_bug_fails_the_document_and_not_the_worker(
    samir: Account, owner: Owner, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> Printed:
        raise ZeroDivisionError

    monkeypatch.setattr(jobs, "print_pages", broken)
    found = brochure_of(samir)
    for _ in range(MOST_ATTEMPTS):
        jobs.draw(str(found))
    assert failure(owner, found) == ("failed", jobs.BROKEN, None)
    assert "document_broken" in caplog.text


def test_a_kit_whose_text_is_gone_says_so(samir: Account, owner: Owner) -> None:
    found = ask(samir, lambda: ask_company_kit(OfferPage.KIT_QUESTIONS, 99, by=samir.id).id)
    jobs.draw(str(found))
    assert failure(owner, found) == ("failed", "Ce texte n’existe plus.", None)


def test_the_sweep_has_every_kit_drawn_and_the_public_reads_it(app: Flask, owner: Owner) -> None:
    jobs.sweep()
    run_worker([queue(PAPER)], redis_connection(), serializer(), burst=True)
    kits = [page.value for page in OfferPage if page.kit]
    rows = owner.execute("SELECT parameters ->> 'page', state FROM document ORDER BY 1").fetchall()
    assert rows == [(kit, "ready") for kit in sorted(kits)]
    with transaction(Scope(DatabaseRole.PUBLIC, read_only=True)):
        found = company_kits()
        assert set(found) == {(page, 0) for page in OfferPage if page.kit}
        file = document_file(found[OfferPage.KIT_QUESTIONS, 0])
        assert file is not None
        assert file.file.startswith(b"%PDF-")


@pytest.fixture
def proxite(arrange: Session) -> tuple[Association, Account, Programme]:
    """Three requests of October: one accepted, one bounced, one to answer; and one of another association."""
    campaign = factories.make_campaign(arrange)
    association, other = (factories.make_association(arrange, name) for name in ("Proxité", "Afev"))
    programme, elsewhere = (factories.make_programme(arrange, one) for one in (association, other))
    programme.name = "Parrainage"
    elsewhere.name = "Chez les voisins"
    factories.make_objective(arrange, association, campaign, 30)
    account = factories.make_account(arrange, association=association)
    states = (AssignmentState.ACCEPTED, AssignmentState.BOUNCED, AssignmentState.OFFERED)
    for state in states:
        person = Person(Applicant("Canarella", "Secrette", "canari@example.org", "0639980001"))
        referral = factories.make_referral(arrange, campaign, person=person)
        factories.make_assignment(arrange, referral, association, programme, state=state)
    factories.make_assignment(arrange, factories.make_referral(arrange, campaign), other, elsewhere)
    arrange.commit()
    return association, account, programme


def test_an_associations_report_is_drawn_with_its_own_sight_and_names_nobody(
    proxite: tuple[Association, Account, Programme], owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    association, account, _ = proxite
    written: list[str] = []

    def kept(html: str, laid_out: Callable[[int], None]) -> Printed:
        written.append(html)
        return printing.print_pages(html, laid_out)

    monkeypatch.setattr(jobs, "print_pages", kept)
    scope = Scope(DatabaseRole.ASSOCIATION, association.id, account.id)
    with transaction(scope):
        month = clock.today().replace(day=1)
        found = ask_association_report(month, association_id=association.id, by=account.id).id
    jobs.draw(str(found))
    state, pages, file = drawn(owner, found)
    assert state == "ready"
    assert pages >= 1
    (html,) = written
    assert "Parrainage" in html
    for name in ("Canarella", "Secrette", "canari@", "Chez les voisins", "Afev"):
        assert name not in html
        assert name.encode() not in plain(file)


def test_the_month_counts_what_was_offered_in_it(proxite: tuple[Association, Account, Programme]) -> None:
    association, account, _ = proxite
    scope = Scope(DatabaseRole.ASSOCIATION, association.id, account.id, read_only=True)
    with transaction(scope):
        month = association_month(association.id, clock.today().replace(day=1))
        assert [(one.name, one.offered, one.accepted, one.bounced, one.waiting) for one in month.programmes] == [
            ("Parrainage", 3, 1, 1, 1)
        ]
        assert month.objectives[Side.MENTEE].objective == 30
        assert association_month(association.id, date(2020, 2, 1)).programmes == ()
        assert month.figures == association_figures(association.id, month.period)


def test_reports_are_read_under_the_sight_of_whom_they_are_for(
    app: Flask, proxite: tuple[Association, Account, Programme], samir: Account
) -> None:
    """Neither drawing can write, nor see with other eyes than those of whoever asked."""
    association, account, _ = proxite
    with transaction(Scope(DatabaseRole.ASSOCIATION, association.id, account.id)):
        own = ask_association_report(date(2026, 10, 1), association_id=association.id, by=account.id).id
    board = ask(samir, lambda: ask_board_report(date(2026, 9, 1), date(2026, 10, 1), by=samir.id).id)
    seen = []
    for document_id in (own, board):
        with transaction(Scope(DatabaseRole.JOBS)):
            claimed = claim_document(document_id)
            assert claimed
        seen.append(DRAWINGS[claimed.kind].scope_of(claimed))
    assert seen == [
        Scope(DatabaseRole.ASSOCIATION, association.id, account.id, read_only=True),
        Scope(DatabaseRole.STAFF, account_id=samir.id, read_only=True),
    ]


def test_the_boards_report_is_drawn_even_over_a_period_without_anything(samir: Account, owner: Owner) -> None:
    found = ask(samir, lambda: ask_board_report(date(2020, 1, 1), date(2020, 1, 31), by=samir.id).id)
    jobs.draw(str(found))
    assert drawn(owner, found)[0] == "ready"


def test_every_kind_of_document_can_be_drawn() -> None:
    assert set(DRAWINGS) == set(DocumentKind)
