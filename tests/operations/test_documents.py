"""A document is asked for once, drawn under a lease by one worker at a time, and kept for a while."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, timedelta
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.errors import DomainError
from portal.foundation.queue import PAPER, Job, queue
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.models.account import Account
from portal.models.company import OfferPage
from portal.operations.documents import (
    INTERRUPTED,
    MOST_A_DAY,
    MOST_WAITING,
    MOST_WAITING_TOGETHER,
    ask_association_report,
    ask_board_report,
    ask_brochure,
    claim_document,
    erase_expired_documents,
    fail_document,
    finish_document,
    keep_company_kits,
    lease,
    note_progress,
    sweep_documents,
)
from portal.places import UnknownPlaceError
from tests import factories

Owner = psycopg.Connection[tuple[object, ...]]
JOBS = Scope(DatabaseRole.JOBS)
ROUBAIX = "zone:cite-educative-roubaix"


@pytest.fixture
def samir(arrange: Session) -> Account:
    account = factories.make_account(arrange, staff=True)
    arrange.commit()
    return account


def as_staff(account: Account) -> Scope:
    return Scope(DatabaseRole.STAFF, account_id=account.id)


def asked_by(samir: Account, place: str = ROUBAIX) -> UUID:
    with transaction(as_staff(samir)):
        return ask_brochure(place, by=samir.id).id


def woken() -> list[str]:
    return [job.args[0] for job in queue(PAPER).jobs if job.func_name == Job.DRAW_DOCUMENT]


def told(owner: Owner, document_id: UUID) -> tuple[object, ...]:
    row = owner.execute("SELECT state, progress, attempts, error FROM document WHERE id = %s", [document_id]).fetchone()
    assert row
    return row


def test_asking_writes_a_row_and_wakes_a_worker(samir: Account, owner: Owner) -> None:
    found = asked_by(samir)
    assert told(owner, found) == ("waiting", 0, 0, None)
    assert woken() == [str(found)]


def test_asked_twice_within_a_minute_the_same_document_is_shown(samir: Account) -> None:
    first = asked_by(samir)
    assert asked_by(samir) == first
    assert asked_by(samir, "departement:59") != first
    assert len(woken()) == 2


def test_after_a_minute_or_once_ready_it_is_asked_anew(samir: Account) -> None:
    first = asked_by(samir)
    with clock.at(clock.now() + timedelta(seconds=61)):
        second = asked_by(samir)
        with transaction(JOBS):
            claimed = claim_document(second)
            assert claimed
            finish_document(claimed, b"%PDF", 1)
        third = asked_by(samir)
    assert len({first, second, third}) == 3


def test_two_associations_asking_for_the_same_month_get_each_their_own(arrange: Session, owner: Owner) -> None:
    found = set()
    for name in ("Proxité", "Afev"):
        association = factories.make_association(arrange, name)
        account = factories.make_account(arrange, association=association)
        arrange.commit()
        with transaction(Scope(DatabaseRole.ASSOCIATION, association.id, account.id)):
            document = ask_association_report(date(2026, 10, 1), association_id=association.id, by=account.id)
            assert document.title == "Rapport d’octobre 2026"
            found.add(document.id)
    assert len(found) == 2


def test_an_unknown_place_or_days_the_wrong_way_round_are_refused(samir: Account) -> None:
    with transaction(as_staff(samir)):
        with pytest.raises(UnknownPlaceError):
            ask_brochure("zone:nulle-part", by=samir.id)
        with pytest.raises(DomainError, match="avant le premier"):
            ask_board_report(date(2026, 10, 2), date(2026, 10, 1), by=samir.id)
    assert woken() == []


def test_nobody_fills_the_queue_alone(samir: Account) -> None:
    for number in range(MOST_WAITING):
        asked_by(samir, f"departement:{number + 10}")
    with pytest.raises(DomainError, match="Trois de vos documents"):
        asked_by(samir, "departement:75")


@pytest.fixture
def team(arrange: Session) -> Callable[[int, int], UUID]:
    """An association of three who ask for its reports."""
    association = factories.make_association(arrange, "Proxité")
    people = [factories.make_account(arrange, association=association) for _ in range(3)]
    arrange.commit()

    def ask(member: int, month: int) -> UUID:
        by = people[member].id
        with transaction(Scope(DatabaseRole.ASSOCIATION, association.id, by)):
            asked = date(2024 + month // 12, month % 12 + 1, 1)
            return ask_association_report(asked, association_id=association.id, by=by).id

    return ask


def drawn(document_id: UUID) -> None:
    with transaction(JOBS):
        claimed = claim_document(document_id)
        assert claimed
        finish_document(claimed, b"%PDF", 1)


def test_no_association_fills_the_queue_together(team: Callable[[int, int], UUID]) -> None:
    first, *_ = [team(month % 2, month) for month in range(MOST_WAITING_TOGETHER)]
    with pytest.raises(DomainError, match="Cinq documents de votre association"):
        team(2, 9)
    drawn(first)
    assert team(2, 9)


def test_many_who_ask_at_once_do_not_get_past_the_bound(app: Flask, team: Callable[[int, int], UUID]) -> None:
    def one(month: int) -> bool:
        with app.app_context(), suppress(DomainError):
            return bool(team(month % 3, month))
        return False

    with ThreadPoolExecutor(6) as together:
        assert sum(together.map(one, range(12))) == MOST_WAITING_TOGETHER


def test_an_association_has_thirty_documents_a_day(team: Callable[[int, int], UUID]) -> None:
    for month in range(MOST_A_DAY):
        drawn(team(0, month))
    with pytest.raises(DomainError, match="trente documents en vingt-quatre heures"):
        team(1, MOST_A_DAY)
    with clock.at(clock.now() + timedelta(days=1, seconds=1)):
        assert team(1, MOST_A_DAY)


def test_two_workers_never_draw_the_same_document(app: Flask, samir: Account) -> None:
    found = asked_by(samir)
    with transaction(JOBS):
        assert claim_document(found)
    with transaction(JOBS):
        assert claim_document(found) is None


def test_what_a_dead_worker_left_is_taken_up_after_two_minutes(samir: Account, owner: Owner) -> None:
    found = asked_by(samir)
    with transaction(JOBS):
        dead = claim_document(found)
        assert dead
        note_progress(dead, 45)
    queue(PAPER).empty()
    with transaction(JOBS):
        assert sweep_documents() == 0
    with clock.at(clock.now() + lease() + timedelta(seconds=1)), transaction(JOBS):
        assert sweep_documents() == 1
    assert woken() == [str(found)]
    with clock.at(clock.now() + lease() + timedelta(seconds=1)), transaction(JOBS):
        alive = claim_document(found)
        assert alive
        assert alive.attempt == 2
    with transaction(JOBS):
        finish_document(dead, b"%PDF from beyond", 9)
    assert told(owner, found)[:2] == ("drawing", 0)
    with transaction(JOBS):
        finish_document(alive, b"%PDF", 1)
    assert told(owner, found)[:2] == ("ready", 100)


def test_left_three_times_it_is_given_up_and_says_so(samir: Account, owner: Owner) -> None:
    found, now = asked_by(samir), clock.now()
    for attempt in range(3):
        with clock.at(now + attempt * 2 * lease()), transaction(JOBS):
            assert claim_document(found)
    with clock.at(now + 10 * lease()), transaction(JOBS):
        assert claim_document(found) is None
        assert sweep_documents() == 0
    assert told(owner, found) == ("failed", 0, 3, INTERRUPTED)


def test_a_wake_up_that_was_lost_is_made_good_by_the_sweep(samir: Account) -> None:
    found = asked_by(samir)
    queue(PAPER).empty()
    with transaction(JOBS):
        assert sweep_documents() == 1
    assert woken() == [str(found)]


def test_a_failure_is_a_sentence_and_is_not_tried_again(samir: Account, owner: Owner) -> None:
    found = asked_by(samir)
    with transaction(JOBS):
        claimed = claim_document(found)
        assert claimed
        fail_document(claimed, "Le papier manque.")
    assert told(owner, found) == ("failed", 0, 1, "Le papier manque.")
    with transaction(JOBS):
        assert claim_document(found) is None
        assert sweep_documents() == 0


def test_every_kit_of_the_offer_is_asked_for_once(app: Flask, owner: Owner) -> None:
    for _ in range(2):
        with transaction(JOBS):
            keep_company_kits()
    pages = owner.execute("SELECT parameters ->> 'page' FROM document WHERE kind = 'company_kit' ORDER BY 1").fetchall()
    assert [row[0] for row in pages] == sorted(kit.value for kit in OfferPage if kit.kit)


def test_documents_past_their_time_are_erased(samir: Account, owner: Owner) -> None:
    asked_by(samir)
    with clock.at(clock.now() + timedelta(days=89)), transaction(JOBS):
        assert erase_expired_documents() == 0
    with clock.at(clock.now() + timedelta(days=91)), transaction(JOBS):
        assert erase_expired_documents() == 1
    assert owner.execute("SELECT count(*) FROM document").fetchone() == (0,)
